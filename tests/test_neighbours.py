"""Nearest neighbours: against sets made by hand, whose answers can be counted.

最近邻：用手工造出的集合检验，答案数得出来。
"""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import neighbours
from course_utils.neighbours import memorised, nearest, support


def line(*places):
    return torch.tensor(places, dtype=torch.float64)[:, None]


def test_the_nearest_is_found_and_a_copy_is_at_0(seeded):
    among = torch.randn(40, 1, 6, 6, generator=seeded(0))
    samples = torch.cat([among[[7, 31]], among[[5]] + 0.25])
    distance, index = nearest(samples, among)
    assert index.tolist() == [7, 31, 5] and distance[:2].tolist() == [0, 0]
    assert float(distance[2]) == pytest.approx(0.25 * 6) and distance.dtype == torch.float64


def test_nearest_by_loops_and_in_pieces(seeded, monkeypatch):
    samples, among = (torch.randn(n, 3, generator=seeded(n), dtype=torch.float64) for n in (23, 50))
    every = [[math.dist(x, y) for y in among.tolist()] for x in samples.tolist()]
    for rows in (500, 7):
        monkeypatch.setattr(neighbours, "ROWS", rows)
        distance, index = nearest(samples, among)
        assert index.tolist() == [row.index(min(row)) for row in every]
        assert distance.tolist() == pytest.approx([min(row) for row in every])


def test_support_of_points_on_a_line():
    """A ball reaches to the next neighbour: by 1, 1, 3, 2, 3 from the real, by 0.5, 0.5, 2.5, 26 from what was made."""
    real, made = line(0, 1, 10, 3, 13), line(1, 1.5, 4, 30)
    found = support(real, made, k=1)
    assert found.precision == pytest.approx(3 / 4)  # 1 and 1.5 and 4 are among the real, 30 is not
    assert found.recall == pytest.approx(4 / 5)  # 1 in [0.5, 1.5], 3 in [1.5, 6.5], 10 and 13 in [4, 56]
    balls = {1: 2 + 1, 1.5: 1 + 1, 4: 1, 30: 0}  # 1 lies in those of 0, 1 and, on its edge, of 3
    assert found.density == pytest.approx(sum(balls.values()) / 4)
    assert found.coverage == pytest.approx(3 / 5)  # those of 0, 1 and 3 hold something


def test_a_part_has_precision_1_and_the_recall_of_its_part():
    """Real 0..9; made 0..4: each reaches its neighbour at 1, so that of the real 0..5 are among them."""
    real = line(*range(10))
    found = support(real, real[:5], k=1)
    assert found.precision == 1 and found.recall == pytest.approx(6 / 10) and found.coverage == pytest.approx(6 / 10)
    whole = support(real, real, k=1)
    assert whole[:2] == (1, 1) and whole.coverage == 1
    assert whole.density == pytest.approx(28 / 10), "each lies in its own ball and in those of its neighbours"


def test_far_away_there_is_nothing_and_in_the_thick_of_it_more_than_1(seeded):
    real = torch.randn(200, 3, generator=seeded(0))
    assert support(real, real + 100) == (0, 0, 0, 0)
    thick = support(line(-1, 0, 1), line(0, 0, 0), k=1)
    assert thick == (1, pytest.approx(1 / 3), 3, 1), "all in three balls; none of them reaches beyond 0"


def test_equal_distributions_are_crowded_by_1_and_a_far_sample_lets_much_in(seeded):
    real, made = (torch.randn(600, 2, generator=seeded(seed)) for seed in range(2))
    same = support(real, made)
    assert same.density == pytest.approx(1, abs=0.08) and min(same.precision, same.recall, same.coverage) > 0.95
    spread = 12 * torch.rand(600, 2, generator=seeded(3)) - 6
    strays = torch.cat([real[:590], 6 * real[590:]])
    assert support(real, spread).precision < 0.5 and support(strays, spread).precision > 0.9
    assert support(strays, spread).density < 0.6, "which still tells"


def test_support_by_loops_and_in_pieces(seeded, monkeypatch):
    real, made, k = torch.randn(30, 4, generator=seeded(0)), 0.8 * torch.randn(20, 4, generator=seeded(1)) + 0.3, 3

    def reach(cloud):
        return [sorted(math.dist(x, y) for y in cloud.tolist())[k] for x in cloud.tolist()]

    inside = [[math.dist(x, y) <= r for y in made.tolist()] for x, r in zip(real.tolist(), reach(real), strict=True)]
    within = [[math.dist(x, y) <= r for x in real.tolist()] for y, r in zip(made.tolist(), reach(made), strict=True)]
    expected = (
        sum(map(any, zip(*inside, strict=True))) / 20,
        sum(map(any, zip(*within, strict=True))) / 30,
        sum(map(sum, inside)) / 20 / k,
        sum(map(any, inside)) / 30,
    )
    for rows in (500, 7):
        monkeypatch.setattr(neighbours, "ROWS", rows)
        assert support(real, made, k) == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4), st.integers(1, 5))
def test_neither_order_nor_a_rotation_nor_scale_counts(seed, k, d):
    generator = torch.Generator().manual_seed(seed)
    real, made = (torch.randn(n, d, generator=generator, dtype=torch.float64) for n in (12, 9))
    turn = 7 * torch.linalg.qr(torch.randn(d, d, generator=generator, dtype=torch.float64)).Q
    found = support(real, made, k)
    assert support(real @ turn, made @ turn, k) == found
    assert support(real[torch.randperm(12, generator=generator)], made, k) == pytest.approx(found)
    turned = support(made, real, k)
    assert (turned.precision, turned.recall) == (found.recall, found.precision)


def test_where_the_origin_lies_does_not_count(seeded):
    """Far off, |x|^2 - 2 x.y + |y|^2 has no digits left for what is near; from 26 on it is computed so."""
    real, made = (torch.randn(60, 4, generator=seeded(seed)).double().mul(64).round() / 64 for seed in (0, 1))
    made[:7] = real[:7]
    for shift in (1e3, 1e6, 1e8):
        far = real + shift, made + shift
        assert support(*far) == support(real, made) and nearest(*far).index.equal(nearest(real, made).index)
        assert nearest(*far).distance.allclose(nearest(real, made).distance, rtol=0, atol=1e-6 * shift / 1e6)
        assert memorised(far[1], far[0], far[0] + 0.25).value == memorised(made, real, real + 0.25).value


def three(n, seeded, d=4):
    return [torch.randn(n, d, generator=seeded(seed)) for seed in range(3)]


def test_copies_are_learned_by_heart_and_those_of_the_unseen_are_not(seeded):
    training, unseen, _ = three(50, seeded)
    assert memorised(training[:20], training, unseen) == (1, 0)
    assert memorised(unseen[:20], training, unseen) == (0, 0)
    assert memorised(training + 1e-4, training, unseen).value == 1, "and noise hides nothing"
    both = torch.cat([training[:10], unseen[:30]])
    assert memorised(both, training, unseen) == (0.25, pytest.approx(math.sqrt(0.25 * 0.75 / 40)))


def test_fresh_draws_are_at_half_as_far_as_its_error_says(seeded):
    """The error holds for few hubs and for many: in one dimension, in four, and where all samples are ten."""
    for copies, d in ((1, 1), (1, 4), (20, 4)):
        found = []
        for seed in range(150):
            training, unseen, fresh = (torch.randn(60, d, generator=seeded(3 * seed + i)) for i in range(3))
            found.append(memorised(fresh[: 60 // copies].repeat(copies, 1), training, unseen))
        values, errors = torch.tensor(found, dtype=torch.float64).T
        assert values.mean() == pytest.approx(0.5, abs=4 * float(values.std()) / 150**0.5)
        if copies == 1:
            assert errors.square().mean().sqrt() == pytest.approx(float(values.std()), rel=0.2)
        else:
            assert float(errors.square().mean().sqrt()) > 0.7 * float(values.std()) > 2 * math.sqrt(0.25 / 60)


def test_ties_are_halves(seeded):
    training, unseen, fresh = three(30, seeded)
    assert memorised(fresh, training, training).value == 0.5
    shared = torch.cat([training[:15], unseen[:15]])
    assert memorised(training[:15], training, shared).value == 0.5
    assert memorised(line(0), line(-1), line(1)) == (0.5, 0.5)


def test_a_flipped_copy_is_not_seen_in_pixels_and_is_in_features_that_do_not_know_a_flip(seeded):
    training, unseen, _ = (torch.rand(40, 8, 8, generator=seeded(seed)) for seed in range(3))
    flipped = training.flip(-1)
    assert memorised(flipped, training, unseen).value < 0.75
    features = [(x + x.flip(-1)).flatten(1) for x in (flipped, training, unseen)]
    assert memorised(*features).value == 1


def test_more_training_images_than_unseen_are_refused_as_is_what_does_not_fit(refused):
    with refused("6", "4") as caught:
        memorised(torch.zeros(3, 2), torch.zeros(6, 2), torch.zeros(4, 2))
    assert "by their number alone" in caught.value.en and "数目" in caught.value.zh
    for call in (
        lambda: nearest(torch.zeros(3, 2), torch.zeros(4, 3)),
        lambda: support(torch.zeros(9, 2), torch.zeros(9, 3)),
        lambda: support(torch.zeros(9, 2), torch.zeros(5, 2)),
        lambda: nearest(torch.zeros(0, 2), torch.zeros(4, 2)),
        lambda: memorised(torch.zeros(3), torch.zeros(3), torch.zeros(3)),
        lambda: memorised(torch.zeros(3, 2), torch.zeros(4, 3), torch.zeros(4, 3)),
        lambda: nearest(torch.zeros(3, 2).numpy(), torch.zeros(3, 2)),
    ):
        with refused("("):
            call()
    with refused("nan"):
        nearest(torch.zeros(3, 2), torch.full((3, 2), math.nan))
    with refused("k", "0"):
        support(torch.zeros(9, 2), torch.zeros(9, 2), k=0)
