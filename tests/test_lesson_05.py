"""What lesson 05 claims. 第 05 课所说的每一件事。"""

import re

import pytest
import torch
import torch.nn.functional as F
from lesson_runs import printed
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from course_utils import attention, blocks, data
from course_utils.anatomy import dissect
from course_utils.exercises import exercise
from course_utils.experiments.assembled import carry_over, cut_skip
from course_utils.experiments.features import agreement_at
from course_utils.experiments.networks import by_hand, multiplications, pile_losses, without
from course_utils.language import CourseError
from course_utils.notes_unets import AnnotatedUNet, SimpleUNet
from course_utils.objectives import held_out
from course_utils.schedules import cosine
from course_utils.unet import UNet
from course_utils.weights import pretrained

PARTS = "embed stem down.0 down.1 down.2 middle.0 middle.1 middle.2 up.0 up.1 up.2 up.3 up.4 head".split()


def way_up(x, skips, up):
    for block, skip in zip(up, reversed(skips), strict=True):
        x = block(torch.cat([x, skip], dim=1))
    return x


def test_what_goes_in_and_what_comes_out_have_the_shapes_of_the_prose(page, facts):
    images, level, out = facts["shapes"]
    assert images == out == [8, 1, 8, 8] and level == []
    assert pretrained("digits")(torch.zeros(3, 1, 8, 8), torch.zeros(3)).shape == (3, 1, 8, 8)
    assert printed(page, "job-show") == "(8, 1, 8, 8) -> (8, 1, 8, 8)"


def test_the_parts_have_the_names_and_shapes_of_the_diagram(facts):
    shapes = {name: shape for name, (_, _, shape) in facts["parts"].items()}
    assert list(shapes) == PARTS
    assert shapes["stem"] == shapes["down.0"] == [32, 8, 8] and shapes["down.1"] == [32, 4, 4]
    assert shapes["down.2"] == shapes["middle.1"] == [64, 4, 4] and shapes["up.2"] == [64, 8, 8]
    assert shapes["head"] == [1, 8, 8]


def test_from_20_to_30_the_noise_grows_by_a_third():
    assert float(cosine().noise[30] / cosine().noise[20]) == pytest.approx(4 / 3, abs=0.05)


def test_more_clocks_bring_the_most_similar_time_nearer(page):
    told = printed(page, "clocks-show")
    rows = re.findall(r"(\d+) frequencies: .* time +(\d+) steps away, at ([\d.]+); t = 101: ([\d.]+)", told)
    assert [(int(n), int(away)) for n, away, *_ in rows] == [(2, 622), (4, 63), (16, 1)]
    assert float(rows[0][2]) < 0.1 * float(rows[0][3])


def test_with_16_clocks_no_far_time_comes_near():
    seen = blocks.sinusoids(torch.arange(1001).double(), blocks.paper_frequencies(16).double())
    apart, steps = torch.cdist(seen, seen), (torch.arange(1001)[:, None] - torch.arange(1001)).abs()
    assert apart[steps > 20].min() > 2.5 * apart[steps == 1].max()


def test_neither_order_nor_exponent_matters(page):
    told = printed(page, "order-show")
    assert "order does not matter: True" in told
    assert re.findall(r"1/(\d+), each ([\d.]+)", told) == [("5623", "1.78"), ("10000", "1.85")]
    slowest = blocks.paper_frequencies(16)[-1]
    assert 2 * torch.pi / slowest == pytest.approx(35_000, rel=0.02) and 2 * torch.pi == pytest.approx(6.3, abs=0.05)


def test_the_course_embeds_log_snr_from_0_05_to_3_and_holds_it_at_20():
    embed = pretrained("digits").embed
    assert embed.frequency.aminmax() == pytest.approx((0.05, 3), rel=1e-3) and len(embed.frequency) == 16
    assert torch.equal(embed(torch.tensor([20.0, -20.0])), embed(torch.tensor([50.0, -30.0])))
    steepness = cosine().log_snr[1:].diff().abs()
    assert steepness[450:550].max() < 0.2 * min(steepness[5], steepness[-5])


def test_group_norm_forgets_size_and_offset_and_makes_groups_of_16_or_8(page, seeded):
    assert printed(page, "norm-show").endswith("True")
    assert [blocks.group_norm(c).num_groups for c in (16, 32, 64, 24, 8)] == [1, 2, 4, 3, 1]
    h = torch.randn(2, 32, 8, 8, generator=seeded(0))
    told = blocks.group_norm(32)(h).unflatten(1, (2, 16)).flatten(2)
    assert told.mean(2).abs().max() < 1e-5 and (told.std(2) - 1).abs().max() < 1e-2


def test_the_histograms_of_the_norm_lie_where_the_prose_says(facts):
    group = facts["group"]
    (before, wide), (moved, wider) = group["$h$"], group["$3h+1$"]
    assert moved == pytest.approx(3 * before + 1, abs=1e-3) and wider == pytest.approx(3 * wide, rel=1e-3)
    for name in ("$GN(h)$", "$GN(3h+1)$"):
        assert group[name] == pytest.approx([0, 1], abs=0.01)


def test_the_parts_of_the_reader_give_the_answer_of_the_network(page):
    assert printed(page, "yours") == "the same answer: True"


def test_a_part_that_is_wrong_changes_the_answer_computed_by_hand(seeded):
    network, level = pretrained("digits"), torch.tensor(1.0)
    xt = torch.randn(2, 1, 8, 8, generator=seeded(0))
    right = {
        "sinusoids": blocks.sinusoids,
        "block": lambda block, x, embedding: block(x, embedding),
        "attention": F.scaled_dot_product_attention,
        "way_up": way_up,
    }
    with torch.no_grad():
        truth = network(xt, level)
    assert torch.allclose(by_hand(network, xt, level, **right), truth, atol=1e-4)
    wrong = {
        "sinusoids": lambda x, f: blocks.sinusoids(x, f).flip(1),
        "block": lambda block, x, embedding: block(x, 0 * embedding),
        "attention": lambda q, k, v: v,
        "way_up": lambda x, skips, up: way_up(x, [0 * skip for skip in skips], up),
    }
    for part, answer in wrong.items():
        assert not torch.allclose(by_hand(network, xt, level, **right | {part: answer}), truth, atol=1e-3), part


def test_what_is_lost_without_a_part_is_what_the_prose_says(facts):
    lost = facts["lost"]
    without, whole = facts["attention lost"]
    assert whole * 0.98 < without <= whole
    assert (whole + lost["level"][0]) / whole == pytest.approx(1.8, abs=0.2)
    assert (whole + lost["skips"][0]) / whole == pytest.approx(4.2, abs=0.4)
    times = [worse / own for worse, own in zip(lost["level"][1:], lost[""][1:], strict=True)]
    assert min(times[0], times[9]) > 2 > 1.3 > min(times[4:6])
    assert lost["norms"][0] > 1e3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_next_to_nothing_is_lost_without_attention_whatever_the_noise(seed):
    network, x = pretrained("digits"), data.digits().x[::5]
    whole, bare = (held_out(cosine(), net, x, seed=seed).errors for net in (network, without(network, "attention")))
    assert 0 < abs(float((bare - whole).mean())) < 0.01 * float(whole.mean())


def test_a_part_is_taken_out_of_a_copy(seeded):
    network, level, xt = pretrained("digits"), torch.tensor(3.0), torch.randn(2, 1, 8, 8, generator=seeded(0))
    with torch.no_grad():
        before = network(xt, level)
        assert torch.equal(without(network, "")(xt, level), before)
        for part in ("attention", "level", "skips", "norms"):
            assert not torch.allclose(without(network, part)(xt, level), before), part
        told = without(network, "level").embed
        assert torch.equal(told(level[None]), told(-level[None])) and not torch.equal(
            told(level[None]), network.embed(level[None])
        )
        assert torch.equal(network(xt, level), before)


def test_what_was_built_draws_the_digits_of_the_package(page, facts):
    assert facts["drawn"] < 1e-3 and printed(page, "build-walk").endswith("True")


def test_the_counts_that_are_asked_for_are_those_of_what_is_to_be_built(page):
    rows = re.findall(r"MyUNet\((\d+), \(([\d, ]+)\), (\d+)\) has ([\d,]+)", printed(page, "build-asked"))
    assert len(rows) == 3
    for channels, widths, e, asked in rows:
        network = exercise("05.build").reference()(int(channels), tuple(map(int, widths.split(","))), int(e))
        assert sum(w.numel() for w in network.parameters()) == int(asked.replace(",", ""))


def test_images_of_28_go_through_four_floors_as_32(seeded):
    built, seen = exercise("05.build").reference()(3, (16, 32, 64, 64), 64), []
    built.stem.register_forward_pre_hook(lambda _, given: seen.append(tuple(given[0].shape)))
    with torch.no_grad():
        answer = built(torch.randn(1, 3, 28, 28, generator=seeded(0)), torch.tensor(0.0))
    assert seen == [(1, 3, 32, 32)] and answer.shape == (1, 3, 28, 28)


def test_weights_are_carried_over_in_the_order_of_work_or_not_at_all(seeded):
    network, level, xt = pretrained("digits"), torch.tensor(1.0), torch.randn(2, 1, 8, 8, generator=seeded(0))
    with torch.no_grad():
        built = carry_over(network, exercise("05.build").reference()(1, (32, 64), 128), xt, level)
        assert torch.allclose(built(xt, level), network(xt, level), atol=1e-5)
        for n in (1, 2, 3, 4):
            assert not torch.allclose(cut_skip(built, n, xt, level)(xt, level), network(xt, level), atol=1e-4)
        assert torch.allclose(built(xt, level), network(xt, level), atol=1e-5)
    for other in (UNet(1, 32, (1, 1)), UNet(1, 32, (1, 2, 2)), SimpleUNet()):
        with pytest.raises(CourseError):
            carry_over(network, other, xt, level)


def test_of_the_four_skips_the_third_is_missed_most_and_in_light_noise(facts):
    assert facts["uncut"][0] == pytest.approx(0.142, abs=0.001) and facts["uncut"][1] == pytest.approx(0.44, abs=0.01)
    claimed = {"1": (0.002, 0.001), "2": (0.007, 0.001), "3": (0.20, 0.01), "4": (0.073, 0.003)}
    for n, (more, give_or_take) in claimed.items():
        found, spread, *tenths = facts["cuts"][n]
        assert found == pytest.approx(more, abs=give_or_take) and spread <= 1.5 * give_or_take
        assert abs(tenths[9] - facts["uncut"][10]) <= 0.0002
    assert facts["cuts"]["3"][2] == pytest.approx(1.59, abs=0.05)


def test_attention_breaks_even_at_7_places_a_channel(page):
    rows = re.findall(
        r"(\d+) channels, (\d+) places: attention ([\d,]+), two convolutions ([\d,]+)", printed(page, "paper-show")
    )
    assert [(int(c), int(n)) for c, n, *_ in rows] == [(c, 7 * c) for c in (32, 64, 128)]
    assert all(ours == theirs for *_, ours, theirs in rows)
    share = {}
    for side in (4, 16, 32):
        maps = torch.zeros(1, 64, side, side)
        pair = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1), nn.Conv2d(64, 64, 3, padding=1))
        share[side] = multiplications(attention.Attention(64), maps) / multiplications(pair, maps)
    assert share == pytest.approx({4: 0.25, 16: 2 / 3, 32: 2}) and 448**0.5 == pytest.approx(21, abs=0.5)


def test_factors_follow_the_noise_level(page, facts):
    for left, right, moved, negative in facts["flips"].values():
        assert min(left, right) > 0.3 and moved > 0.5 and negative > 0.05
    assert printed(page, "told-two").count("contrast kept by the shift: True") == 3


def test_heavy_noise_flattens_some_channels_of_the_first_block_and_not_others(facts):
    spread = facts["contrast"]
    heavy, light = torch.tensor(spread["log SNR -6"]), torch.tensor(spread["log SNR 6"])
    before = torch.tensor(spread["before"])
    assert len(before) == 8 and (heavy < 0.5 * before).sum() >= 3 and (heavy > 0.8 * before).any()
    assert (light > 0.7 * before).sum() >= 4


def test_a_new_block_returns_its_input(page):
    assert printed(page, "block-start").endswith("True")


def test_a_deep_pile_learns_with_short_cuts_only(facts):
    assert facts["pile"]["with short cuts"][0] < 0.5 and facts["bump"]
    assert 0.9 < facts["pile"]["without"][0] < 1.1 and facts["pile"]["without"][1] > 0.85


def test_a_few_blocks_learn_either_way():
    assert all(sum(pile_losses(cuts, depth=4)[-10:]) / 10 < 0.6 for cuts in (True, False))


def test_two_3x3_see_5x5_and_convnext_sees_11x11_for_twice_the_price(page, facts):
    assert list(facts["inside"]) == ["ResidualBlock", "ResNetBlock", "ConvNextBlock"]
    for name, inside in facts["inside"].items():
        assert inside > facts["outside"][name] and facts["outside"][name] < 0.1, name
    rows = re.findall(r"(\d+) parameters, ([\d.]+) million", printed(page, "kinds-show"))
    (p, w), (p2, w2), (p3, w3) = [(int(count), float(work)) for count, work in rows]
    assert abs(p2 / p - 1) < 0.05 and w == w2
    assert 1.9 < p3 / p < 2.2 and 1.9 < w3 / w < 2.2


def test_the_convnext_block_widens_to_twice_with_3x3_and_norms_all_channels_together():
    block = blocks.ConvNextBlock(32, 32, 8)
    assert block.within.kernel_size == (7, 7) and block.within.groups == 32 and block.shift.out_features == 32
    assert block.conv1.out_channels == 2 * 32 and block.conv1.kernel_size == block.conv2.kernel_size == (3, 3)
    assert block.norm1.num_groups == block.norm2.num_groups == 1


def test_random_products_have_a_standard_deviation_of_the_root_of_d(seeded):
    q, k = torch.randn(2, 20_000, 64, generator=seeded(0))
    assert float((q * k).sum(1).std()) == pytest.approx(8, rel=0.02)


def test_attention_picks_places_and_other_ones_for_another_digit(page, facts):
    assert 0.15 < float(re.search(r"makes: ([\d.]+)", printed(page, "attention-show"))[1]) < 0.25
    assert facts["sums"] == pytest.approx([1] * 32, abs=1e-4)
    assert min(facts["largest"]) > 2 / 16 and sum(m > 0.3 for m in facts["moves"]) >= 2
    assert facts["added"] == pytest.approx([0.2, 0.2], abs=0.05)


def test_linear_attention_is_another_layer_with_a_cheaper_order(page, facts, seeded):
    assert printed(page, "linear-same").endswith("True")
    linear, full = facts["cost"]["LinearAttention"], facts["cost"]["Attention"]
    assert linear[0] == full[0] and round(full[3] / linear[3]) == 22
    assert [b / a for a, b in zip(linear, linear[1:], strict=False)] == pytest.approx([4, 4, 4])
    assert 13 < full[3] / full[2] < 16
    q, k, v = torch.randn(3, 1, 16, 8, generator=seeded(0))
    cheap = q.softmax(2) @ (k.softmax(1).transpose(1, 2) @ v)
    assert (cheap - F.scaled_dot_product_attention(q, k, v)).abs().max() > 0.1


def test_linear_attention_makes_no_table_of_all_pairs():
    class Largest(TorchDispatchMode):
        numbers = 0

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            made = func(*args, **(kwargs or {}))
            self.numbers = max([self.numbers, *(m.numel() for m in tree_leaves(made) if torch.is_tensor(m))])
            return made

    used = []
    for side in (32, 64):
        with Largest() as largest, torch.no_grad():
            attention.LinearAttention(64, 1, 64)(torch.zeros(1, 64, side, side))
        used.append(largest.numbers)
    assert used[1] == 4 * used[0] < 64**4


def test_ours_has_one_head_and_the_annotated_one_four_of_width_32():
    kinds = (attention.Attention, attention.LinearAttention)
    ours, annotated = ([m for m in net.modules() if isinstance(m, kinds)] for net in (UNet(), AnnotatedUNet()))
    assert [layer.heads for layer in ours] == [1]
    assert {layer.heads for layer in annotated} == {4}
    assert {layer.qkv.out_channels for layer in annotated} == {3 * 4 * 32}


def test_chequers_come_from_overlaps_and_from_weights_but_not_from_repeating(facts):
    three, four, drawn, repeat = (torch.tensor(rows) for rows in facts["ways"].values())
    assert set(three.flatten().tolist()) == {1.0, 2.0, 4.0} and (four == 4).all()
    assert torch.allclose(drawn[:-2], drawn[2:]) and torch.allclose(drawn[:, :-2], drawn[:, 2:])
    assert len(drawn[:2, :2].flatten().unique()) == 4 and drawn.std() > 0.05
    assert torch.allclose(repeat, repeat[0, 0].expand(7, 7), atol=1e-6)
    kinds = [type(layer) for net in (SimpleUNet(), AnnotatedUNet()) for layer in net.modules()]
    assert nn.ConvTranspose2d in kinds and nn.ConvTranspose2d not in [type(layer) for layer in UNet().modules()]


def test_the_notes_halve_with_4x4_and_ours_with_3x3():
    for network, size in ((SimpleUNet(), 4), (AnnotatedUNet(), 4), (UNet(), 3)):
        halving = [m for m in network.modules() if type(m) is nn.Conv2d and m.stride == (2, 2)]
        assert halving and {m.kernel_size for m in halving} == {(size, size)}


def test_downsampling_costs_a_quarter_below():
    block, told = blocks.ResidualBlock(16, 16, 8), torch.zeros(1, 8)
    above, below = (multiplications(block, torch.zeros(1, 16, n, n), told) for n in (32, 16))
    assert above / below == pytest.approx(4, rel=0.01)
    assert blocks.halve(16)(torch.zeros(1, 16, 8, 8)).shape == (1, 16, 4, 4)


def test_without_skips_light_noise_is_lost_and_heavy_noise_is_not(facts):
    with_skips, without = facts["tenths"]["with"], facts["tenths"]["without"]
    gaps = [b - a for a, b in zip(with_skips, without, strict=True)]
    assert without[0] > 0.9 and with_skips[0] < 0.75 and gaps[0] > 0.2
    assert max(abs(gap) for gap in gaps[-2:]) < 0.02 and gaps[0] > gaps[5] > gaps[8]
    assert facts["kept out"] == [360, 1797]
    away = facts["away"]
    assert away["without"] > 0.9 * away["xt"] and away["with"] < 0.8 * away["xt"]


def test_parameters_sit_at_the_bottom_and_multiplications_at_the_top(facts):
    counts = {name: (parameters, work) for name, (parameters, work, _) in facts["parts"].items()}
    by_parameters, by_work = (sorted(counts, key=lambda name, i=i: -counts[name][i]) for i in (0, 1))
    assert set(by_parameters[:4]) == {"up.0", "up.1", "middle.0", "middle.2"}
    assert {"up.2", "up.3"} == set(by_work[:2]) and counts["up.4"][1] > counts["middle.0"][1]
    total = sum(work for _, work in counts.values())
    assert counts["stem"][1] + counts["head"][1] < 0.01 * total and counts["middle.1"][1] < 0.03 * total


def test_the_plain_one_does_worse_in_heavy_noise_than_handing_x_t_back(facts):
    """With v = 0 the answer is eps_hat = sqrt(1 - alpha_bar) x_t, whose error is known."""
    a, size = cosine().alpha_bar, float(data.digits().x.square().mean())
    floors = (a * (a + (1 - a) * size))[1:].reshape(10, 100).mean(1).tolist()
    plain, ours = (facts["tenths"][name] for name in ("SimpleUNet", "with"))
    assert plain[9] > 5 * floors[9] and plain[8] > floors[8], "it loses some of x_t on the way"
    assert ours[9] < 0.7 * floors[9] and ours[8] < 0.5 * floors[8], "ours begins there"


def test_v_is_like_the_noise_at_first_and_like_the_turned_image_at_last(page, facts):
    rows = re.findall(r"t = +(\d+) .*eps +(-?[\d.]+), with x_0 +(-?[\d.]+)", printed(page, "v-show"))
    likeness = {int(t): (float(eps), float(x0)) for t, eps, x0 in rows}
    assert likeness[20][0] > 0.5 and abs(likeness[20][1]) < 0.2
    assert likeness[980][1] < -0.5 and abs(likeness[980][0]) < 0.2
    assert facts["alike"]["$t = 980$"] < 0.3 < facts["alike"]["$t = 300$"]


def test_same_falls_and_rises_again_behind_the_stem():
    assert [agreement_at(t, "stem") > 0.1 for t in (100, 300, 500, 800, 1000)] == [True, True, True, False, False]
    for name in ("down.0", "middle.2", "up.2"):
        light, middle, heavy = (agreement_at(t, name) for t in (100, 600, 1000))
        assert middle < light - 0.1 and heavy > middle + 0.1, name


def test_an_untrained_unet_leaves_the_layers_only_the_rest():
    a = cosine().alpha_bar[980]
    xt = torch.ones(1, 1, 8, 8)
    assert torch.allclose(UNet(1, 16)(xt, cosine().log_snr[980].float()), (1 - a).sqrt().float() * xt)


def test_the_notes_networks_have_the_sizes_of_the_prose(page):
    rows = re.findall(r"(.+?) +([\d,]+) parameters +(\d+) million", printed(page, "notes-show"))
    size = {name: int(parameters.replace(",", "")) for name, parameters, _ in rows}
    assert size["SimpleUNet, published"] == 62_438_883 and size["AnnotatedUNet, ConvNeXt"] == 2_996_315
    assert size["AnnotatedUNet, ResNet"] == 1_694_929
    assert 85 < size["SimpleUNet, published"] / size["UNet of the digits"] < 90


def test_28_channels_make_4_groups_and_no_8():
    with pytest.raises(ValueError):
        nn.GroupNorm(8, 28)
    assert blocks.ResNetBlock(28, 28, 8).norm1.num_groups == 4


def given_on_the_way_up(network, layers):
    """What the layers are given for images of 16 x 16, in the order in which they work."""
    given = []
    for layer in layers:
        layer.register_forward_pre_hook(lambda _, args: given.append(args[0]))
    with torch.no_grad():
        network.eval()(torch.randn(1, 1, 16, 16), torch.zeros(1))
    return given


def test_the_plain_one_gives_its_lowest_block_the_same_maps_twice():
    network = SimpleUNet()
    low, high = given_on_the_way_up(network, network.up)
    assert torch.equal(*low.chunk(2, dim=1)) and not torch.equal(*high.chunk(2, dim=1))


def test_in_the_annotated_one_nothing_crosses_at_full_size():
    network = AnnotatedUNet()
    given = given_on_the_way_up(network, [floor[0] for floor in network.up])
    assert [maps.shape[-1] for maps in given] == [4, 8]


def test_classes_and_patches_are_asleep_in_the_digits_and_awake_in_the_garments():
    digits, garments = pretrained("digits").config, pretrained("fashion_mnist").config
    assert (digits["classes"], digits["patch"]) == (0, 1) and (garments["classes"], garments["patch"]) == (10, 2)
    x = torch.randn(1, 2, 4, 4)
    assert torch.equal(F.pixel_unshuffle(x, 1), x) and F.pixel_unshuffle(x, 2).shape == (1, 8, 2, 2)


def test_the_published_one_refuses_28_and_ours_takes_any_size():
    network, level = SimpleUNet(3, (8, 8, 8, 8, 8)).eval(), torch.zeros(1)
    for side in (32, 64):
        assert network(torch.zeros(1, 3, side, side), level).shape[-1] == side
    with pytest.raises(CourseError):
        network(torch.zeros(1, 3, 28, 28), level)
    assert UNet(3, 8, (1, 1, 1, 1, 1))(torch.zeros(1, 3, 28, 28), level).shape[-1] == 28


def test_the_plain_one_does_well_but_for_heavy_noise(facts):
    mean, tenths = facts["mean"], facts["tenths"]
    assert mean["with"] < mean["SimpleUNet"] < 0.8 * mean["without"]
    assert tenths["SimpleUNet"][-1] > 3 * tenths["with"][-1]
    sizes = {
        part.name: part.output.shape[-1]
        for part in dissect(SimpleUNet().eval(), torch.zeros(1, 1, 8, 8), torch.zeros(1))
    }
    assert sizes["down.0"] == 4, "the highest skip begins below the first halving"
    worst = [a / b for a, b in zip(tenths["SimpleUNet"], tenths["with"], strict=True)]
    assert worst.index(max(worst)) == 9
