"""Crowds of garments are judged as is said, on cases whose figures are known: copies, planted copies, shared ground.

成批的衣物按所说的方式评判：用答案已知的情形检验（副本、混入的副本、重合之处）。
"""

import pytest
import torch

from course_utils.data import Images
from course_utils.experiments import cheats, copying, judged_crowds, other_features
from course_utils.neighbours import Support, support


@pytest.fixture(scope="module")
def noise():
    """Images that have nothing to do with each other."""
    generator = torch.Generator().manual_seed(0)
    return torch.rand(120, 1, 28, 28, generator=generator) * 2 - 1


@pytest.fixture
def few(monkeypatch, noise):
    """Forty images that were trained on, forty that were not; twenty more are samples themselves."""
    monkeypatch.setattr(copying, "MEASURED_WITH", 20)
    labels = torch.arange(60) % 10
    return copying.sets_of(Images(noise[:40], labels[:40]), Images(noise[40:100], labels))


@pytest.mark.parametrize("name", cheats.COPIES)
def test_each_disguise_is_seen_through_by_the_measure_that_can(name, few):
    copies = cheats.COPIES[name](few.training[:20])
    row, bars = copying.copying_of(copies, few)
    assert copies.shape == (20, 1, 28, 28) and copies.abs().max() <= 1 and row.moved == 1 and bars.moved == 0
    shown = name in ("copies", "copies, noise 0.1", "halfway between two copies")
    assert (row.pixels == 1) == shown and (row.close == 1) == (name in ("copies", "copies, noise 0.1"))
    if name == "copies":
        assert row.features == 1


def test_images_that_owe_nothing_to_either_set_are_as_near_to_both(few, noise):
    row, bars = copying.copying_of(noise[100:], few)
    assert abs(row.pixels - 0.5) < 4 * bars.pixels and abs(row.moved - 0.5) < 4 * bars.moved and row.close == 0
    assert bars.distance > 0


def test_unseen_images_are_all_but_those_that_are_samples(few, noise):
    assert torch.equal(few.unseen, noise[60:100]) and len(few.reference.mean) == 128


def test_a_planted_share_is_that_share_and_each_copy_stands_where_it_stood():
    x, copies = torch.zeros(200, 1), torch.arange(1.0, 201)[:, None]
    for share in (0, 0.05, 0.2, 1):
        found = cheats.planted(x, copies, share)[:, 0]
        at = found.nonzero()[:, 0]
        assert len(at) == round(200 * share) and torch.equal(found[at], copies[at, 0])
        assert share in (0, 1) or at.diff().unique().tolist() == [round(1 / share)]


def test_places_are_ten_and_hold_what_was_moved_and_flipped(noise):
    found = copying.places(noise[:3]).reshape(10, 3, 1, 28, 28)
    assert len(found.flatten(1).unique(dim=0)) == 10 and torch.equal(found[0], noise[:3])
    for changed in (cheats.moved, cheats.flipped):
        assert any(torch.equal(place, changed(noise[:3])) for place in found)


def test_soft_images_keep_their_mean_and_lose_detail(noise):
    inside = torch.full((1, 1, 28, 28), -0.5)
    assert torch.allclose(cheats.softened(inside), inside)
    assert cheats.softened(noise).var() < 0.5 * noise.var()


def test_bent_noise_is_noise_that_the_judge_takes_for_the_images():
    judge = cheats.pretrained("classifier")
    x = torch.full((2, 1, 28, 28), -1.0)
    x[:, :, 8:20, 8:20] = 0.5
    found = cheats.bent(x)
    apart = (judge.features(found) - judge.features(x)).norm(dim=1)
    assert apart.max() < 0.5 * judge.features(x).norm(dim=1).min() and (found - x).abs().mean() > 0.3


def test_the_surest_are_as_many_of_each_class(noise):
    found = cheats.surest(noise[:60], 20)
    assert (found % 10).tolist() == list(range(10)) * 2 and len(found.unique()) == 20


def test_the_bars_are_those_of_a_mean_where_a_mean_is_measured(seeded):
    cloud = torch.randn(400, 4, generator=seeded(0), dtype=torch.float64)
    other = 2 * torch.randn(400, 4, generator=seeded(1), dtype=torch.float64)
    found = judged_crowds.left_out(lambda a, b: Support(*(a.mean(0) - b.mean(0)).tolist()), cloud, other)
    assert found == pytest.approx([(5 / 400) ** 0.5] * 4, rel=0.5)


def test_a_row_is_that_of_support_and_leaves_the_classes_in_turn(seeded):
    real, made = (torch.randn(400, 3, generator=seeded(k)) for k in (0, 1))
    row, bars = judged_crowds.shared(real, made, k=3)
    assert row == support(real, made, 3) and all(0 < bar < 0.2 for bar in bars)
    sizes = []
    judged_crowds.left_out(
        lambda a: sizes.append(a[:, 0].long() % 10) or Support(0, 0, 0, 0), torch.arange(400.0)[:, None]
    )
    assert len(sizes) == 20 and all(torch.equal(part, torch.arange(380) % 10) for part in sizes)


def test_the_other_networks_are_the_same_every_time_and_leave_the_reader_s_chance_alone(monkeypatch, noise):
    before = torch.get_rng_state()
    weights = [other_features.untrained.__wrapped__().state_dict() for _ in range(2)]
    assert all(torch.equal(w, weights[1][key]) for key, w in weights[0].items())
    monkeypatch.setattr(other_features, "EPOCHS", 1)
    monkeypatch.setattr(other_features.data, "digits", lambda size: Images(noise[:20], torch.arange(20) % 10))
    taught = other_features.of_digits.__wrapped__()
    assert not torch.equal(taught.head.weight, weights[0]["head.weight"]) and not taught.training
    assert torch.equal(torch.get_rng_state(), before)


def test_distances_are_to_the_real_images_and_in_the_features_asked_for(noise):
    found = other_features.seen_by(
        other_features.coarse_pixels, {"same": noise[:60], "brighter": noise[:60] + 0.5}, noise[:60]
    )
    assert found["same"].value == pytest.approx(0, abs=1e-6)
    assert found["brighter"].value == pytest.approx(49 * 0.25, rel=1e-3) and found["brighter"].error > 0
    kernel = other_features.kernel_distances({"real": noise[60:]}, noise[:60])["real"]
    assert abs(kernel.value) < 4 * kernel.error


def test_every_stored_row_stands_beside_its_bars():
    assert list(judged_crowds.STORED) == list(judged_crowds.WAYS)
    assert list(judged_crowds.CHEATING) == list(judged_crowds.CHEATS) and list(judged_crowds.BY_K) == list(
        judged_crowds.NEIGHBOURS
    )
    assert set(cheats.COPIES) < set(copying.STORED) and "real, test" in copying.STORED
    for table in (copying.STORED, {"real": judged_crowds.REAL}, judged_crowds.STORED, judged_crowds.CHEATING):
        for row, bars in table.values():
            assert all(0 <= bar <= max(0.3 * figure, 0.03) for figure, bar in zip(row, bars, strict=True))
    assert list(other_features.STORED) == list(other_features.FEATURES)
    assert len({tuple(column) for column in other_features.STORED.values()}) == 1
