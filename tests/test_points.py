"""Points in the plane lie where their names say, as many as asked for, within [-1, 1].

平面上的点落在名字所说的地方，数目如所求，且都在 [-1, 1] 之内。
"""

import math

import numpy as np
import pytest
import torch

from course_utils import points
from course_utils.randomness import seeded

SETS = [points.circle, points.moons, points.rings, points.spiral]


@pytest.mark.parametrize("build", SETS)
@pytest.mark.parametrize("n", [1, 2, 3, 8, 61, 200])
def test_there_are_n_different_points_within_the_square(build, n):
    cloud = build(n)
    assert cloud.shape == (n, 2) and bool((cloud.abs() <= 1).all())
    assert len(cloud.round(decimals=4).unique(dim=0)) == n


@pytest.mark.parametrize("build", SETS)
@pytest.mark.parametrize("n", [0, -3, 2.5, True, "8", None])
def test_no_other_number_will_do(build, n, refused):
    with refused(repr(n)):
        build(n)


def test_the_circle_is_even_and_begins_at_the_right():
    cloud = points.circle(8)
    torch.testing.assert_close(cloud.norm(dim=1), torch.full((8,), 0.8))
    torch.testing.assert_close(cloud[0], torch.tensor([0.8, 0.0]))
    torch.testing.assert_close(cloud.mean(0), torch.zeros(2), atol=1e-6, rtol=0)
    gaps = (cloud - cloud.roll(1, 0)).norm(dim=1)
    torch.testing.assert_close(gaps, torch.full((8,), 1.6 * math.sin(math.pi / 8)))


def test_the_moons_are_two_half_circles_that_mirror_one_another():
    cloud = points.moons(100)
    for half, centre in ((cloud[:50], (-0.3, -0.15)), (cloud[50:], (0.3, 0.15))):
        torch.testing.assert_close((half - torch.tensor(centre)).norm(dim=1), torch.full((50,), 0.6))
    torch.testing.assert_close(-cloud[50:], cloud[:50], atol=1e-6, rtol=0)
    assert points.moons(7)[:4, 1].min() > -0.16, "the odd one belongs to the upper moon"


def test_the_rings_share_one_centre_and_are_equally_dense():
    radius = points.rings(130).norm(dim=1)
    outer, inner = radius > 0.65, radius < 0.65
    torch.testing.assert_close(radius[outer], torch.full((int(outer.sum()),), 0.9))
    torch.testing.assert_close(radius[inner], torch.full((int(inner.sum()),), 0.4))
    assert float(outer.sum() / inner.sum()) == pytest.approx(0.9 / 0.4, rel=0.15)


def test_the_spiral_turns_once_and_a_half_and_is_nearly_even():
    cloud = points.spiral(400)
    radius = cloud.norm(dim=1)
    assert bool((radius.diff() > 0).all()) and float(radius[-1]) == pytest.approx(0.9, abs=1e-5)
    torch.testing.assert_close(cloud[-1], torch.tensor([-0.9, 0.0]), atol=1e-4, rtol=0)
    gaps = cloud.diff(dim=0).norm(dim=1)[40:]
    assert float(gaps.max() / gaps.min()) < 1.3


def test_own_points_are_taken_as_they_are():
    given = [(0, 1), (-0.5, 0.25), [0.1, -1]]
    torch.testing.assert_close(points.from_list(given), torch.tensor([[0, 1], [-0.5, 0.25], [0.1, -1]]))
    cloud = points.moons(5)
    assert points.from_list(cloud).equal(cloud)


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        None,
        3,
        "ab",
        [(0, 2)],
        [(0, math.nan)],
        [(0, math.inf)],
        [(0, 0, 0)],
        [(0,)],
        [0.1, 0.2],
        [("a", 0)],
        [None],
    ],
    ids=repr,
)
def test_what_are_no_points_is_refused(pairs, refused):
    with refused(repr(pairs)):
        points.from_list(pairs)


def test_long_lists_are_not_repeated_in_full(refused):
    with refused("…") as caught:
        points.from_list([(0, 5)] * 1000)
    assert len(caught.value.en) < 300


@pytest.mark.parametrize("k, limit", [(1, 1.0), (3, 1.3), (17, 2.0)])
def test_the_lattice_is_even_and_runs_row_by_row_from_below(k, limit):
    at = points.lattice(k, limit)
    along = torch.linspace(-limit, limit, k)
    assert at.shape == (k * k, 2)
    x, y = at.reshape(k, k, 2).unbind(2)
    assert x.equal(along.expand(k, k)) and y.equal(along[:, None].expand(k, k))


def free_walk(steps, grains, seed):
    """The walk of the grains if there were no walls."""
    return torch.randn(steps + 1, grains, 2, generator=seeded(seed)).mul(0.04).cumsum(0)


def test_iodine_keeps_its_grains_and_its_walls():
    drop, cloud = points.iodine([0, 300], grains=200)
    assert drop.shape == cloud.shape == (200, 2) and float(cloud.abs().max()) < 1
    assert float(drop.std()) == pytest.approx(0.04, rel=0.2) and float(cloud.std()) > 5 * float(drop.std())


def test_iodine_walks_freely_within_the_walls_and_is_thrown_back_by_them():
    free = free_walk(400, 300, seed=3)
    walked = points.iodine(range(401), grains=300, seed=3)
    beyond = free[-1].abs() > 1
    assert beyond.sum() > 50 and (free[-1].abs() > 3).sum() == 0, "some met one wall, none came to the other after it"
    expected = torch.where(beyond, 2 * free[-1].sign() - free[-1], free[-1])
    torch.testing.assert_close(walked[-1], expected, atol=1e-5, rtol=0)
    hit = free.abs().amax(0) > 1
    assert not bool((walked[-1][hit].abs() > 0.9999).all()), "what meets a wall does not stick to it"


def test_iodine_has_a_seed():
    once, again, other = (points.iodine([40], grains=50, seed=seed)[0] for seed in (1, 1, 2))
    assert once.equal(again) and not torch.allclose(once, other)
    assert once.equal(points.iodine([40, 7], grains=50, seed=1)[0]), "the times that are asked for change no walk"


@pytest.mark.parametrize("steps", [[], 5, None, "12", [-1], [2.0], [True], torch.tensor(3)], ids=repr)
def test_iodine_wants_a_list_of_whole_numbers(steps, refused):
    with refused("step"):
        points.iodine(steps)
    with refused("grains", "0"):
        points.iodine([1], grains=0)


def test_points_are_float32_whatever_torch_takes_for_granted(double_by_default):
    for build in (*SETS, points.lattice, lambda: points.iodine([3])[0], lambda: points.from_list([(0, 0.5)])):
        assert build().dtype == torch.float32
    assert points.iodine([50], grains=20)[0].dtype == torch.float32
    torch.testing.assert_close(points.circle(4), torch.tensor([[0.8, 0], [0, 0.8], [-0.8, 0], [0, -0.8]]).float())


@pytest.mark.parametrize("number", ["1", None, math.nan, math.inf, -0.5, True, [1.0]], ids=repr)
def test_a_size_that_is_no_number(number, refused):
    for build in (lambda: points.circle(4, number), lambda: points.lattice(3, number)):
        with refused("0"):
            build()


@pytest.mark.parametrize("n", [np.int64(6), np.uint8(6), torch.tensor(6)], ids=repr)
def test_whole_numbers_of_other_libraries_will_do(n):
    for build in SETS:
        assert build(n).equal(build(6))
    assert points.lattice(n).shape == (36, 2)
