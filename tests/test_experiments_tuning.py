"""Going on from the digits' network: folders that share nothing, ways that begin where they say, tables that are true.

由手写数字网络接着训练：各份图像互不重复，各种方式从所说的地方开始，表中的数属实。
"""

import pytest
import torch

from course_utils import data
from course_utils.experiments import tuning
from course_utils.low_rank import low_rank_layers
from course_utils.weights import pretrained


@pytest.mark.parametrize("name, channels", [("boots", 1), ("coloured_digits", 3)])
def test_a_folder_is_small_in_range_and_its_parts_share_no_image(name, channels):
    folder = tuning.FOLDERS[name]()
    assert [len(x) for x in folder] == [200, 200 if channels == 1 else 360, 1437, 360]
    for x in folder:
        assert data.check_images(x).shape[1:] == (channels, 8, 8)
    for seen, unseen in ((folder.new, folder.unseen), (folder.old, folder.old_unseen)):
        assert float(torch.cdist(seen.flatten(1), unseen.flatten(1)).min()) > 0.1


def test_the_digits_kept_out_are_those_that_the_shipped_network_never_saw():
    assert tuning.boots().old_unseen.equal(data.digits().x[::5])


def test_a_coloured_image_has_two_colours_between_which_it_runs_as_the_grey_one_did(seeded):
    x = data.digits().x[:50]
    colour = tuning.coloured(x, seeded(0))
    assert data.check_images(colour).shape == (50, 3, 8, 8)
    light, dark = (
        colour.flatten(2)[torch.arange(50), :, at] for at in (x.flatten(1).argmax(1), x.flatten(1).argmin(1))
    )
    share = (x + 1) / 2
    between = (share - share.amin((1, 2, 3), True)) / (share.amax((1, 2, 3), True) - share.amin((1, 2, 3), True))
    torch.testing.assert_close(
        colour, torch.lerp(dark[..., None, None], light[..., None, None], between), atol=1e-5, rtol=0
    )
    assert not tuning.coloured(x, seeded(1)).equal(colour) and tuning.coloured(x, seeded(0)).equal(colour)


@pytest.mark.parametrize("channels", [1, 3])
def test_each_way_begins_where_it_says(channels, seeded):
    x = torch.randn(2, channels, 8, 8, generator=seeded(0))
    level = torch.zeros(2)
    with torch.no_grad():
        answer = {name: way.network(channels, 0)(x, level) for name, way in tuning.WAYS.items()}
        known = tuning.known(channels)(x, level)
    for name, of in answer.items():
        assert of.equal(known) == (name != "from nothing"), name
    counted = {name: tuning.learning(way.network(channels, 0)) for name, way in tuning.WAYS.items()}
    assert (
        counted["all weights"] == counted["from nothing"] == sum(w.numel() for w in tuning.known(channels).parameters())
    )
    assert counted["low rank"] < counted["all weights"] / 40
    outer = set(tuning.OUTER) & set(low_rank_layers(tuning.WAYS["low rank"].network(channels, 0)))
    assert outer == (set(tuning.OUTER) if channels == 3 else set())


def test_two_steps_are_the_same_again_and_change_no_shipped_weight():
    folder, way = tuning.boots(), tuning.WAYS["low rank"]
    one, two, other = (tuning.tuned(folder, way, 2, seed=seed).state_dict() for seed in (0, 0, 1))
    assert all(value.equal(two[key]) for key, value in one.items())
    assert not all(value.equal(other[key]) for key, value in one.items())
    shipped = pretrained("digits").state_dict()
    assert all(
        one[key.replace("embed.mlp.0.", "embed.mlp.0.layer.")].equal(shipped[key]) for key in ("embed.mlp.0.weight",)
    )


def test_where_old_images_are_replayed_about_half_of_a_batch_is_old(monkeypatch):
    seen = {}
    monkeypatch.setattr(tuning, "train", lambda state, schedule, x, steps, **how: seen.update(x=x) or [])
    tuning.tuned(tuning.boots(), tuning.WAYS["low rank, replayed"], 2)
    assert len(seen["x"]) == 400 and seen["x"][200:].equal(tuning.boots().old[:200])
    tuning.tuned(tuning.boots(), tuning.WAYS["low rank"], 2)
    assert seen["x"].equal(tuning.boots().new)


@pytest.mark.parametrize("name", list(tuning.FOLDERS))
def test_the_stored_tables_begin_with_what_is_quickly_measured_again(name):
    rows, folder = tuning.STORED[name], tuning.FOLDERS[name]()
    channels = folder.new.shape[1]
    for told, network in (
        ("before", tuning.known(channels)),
        ("untrained", tuning.WAYS["from nothing"].network(channels, 0)),
    ):
        found = tuning.losses_of(network, folder)
        assert [mean for mean, _ in rows[told]] == pytest.approx(list(found), rel=0.01), told
    assert list(rows) == ["before", "untrained", *(row for row, _, _ in tuning.asked_of(name))]


def test_the_stored_tables_say_what_the_page_reads_in_them():
    """Each difference named on the page is larger than twice its error."""

    def apart(more, less):
        (a, e), (b, f) = more, less
        return a - b > 2 * (e**2 + f**2) ** 0.5

    boots = {row: dict(zip(("new", "old"), pair, strict=True)) for row, pair in tuning.STORED["boots"].items()}
    for row in ("all weights", "low rank"):
        assert apart(boots["from nothing"]["new"], boots[row]["new"]), "a start from digits helps with boots"
        assert apart(boots[row]["old"], boots["before"]["old"]), "and the digits are forgotten"
        assert apart(boots[row]["old"], boots[f"{row}, replayed"]["old"]), "less where they are replayed"
    assert apart(boots["low rank"]["new"], boots["all weights"]["new"]), "low rank learns less"
    colour = {row: new for row, (new, _) in tuning.STORED["coloured_digits"].items()}
    for row in ("all weights", "low rank"):
        assert apart(colour["untrained"], colour[row]) and apart(colour[row], colour["from nothing"]), "not with colour"
