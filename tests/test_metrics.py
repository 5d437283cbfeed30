"""The distances: against their definitions, closed forms and other libraries; 0 only for what is the same.

各种距离：与定义、公式和别的库相符；只有相同时才为 0。
"""

import math

import pytest
import torch
from scipy.linalg import sqrtm
from scipy.stats import energy_distance as on_a_line

from course_utils import metrics
from course_utils.metrics import energy_distance, energy_distance_to, frechet_distance, moments


def by_loops(a, b):
    def mean(p, q):
        return sum(math.dist(x, y) for x in p.flatten(1).tolist() for y in q.flatten(1).tolist()) / len(p) / len(q)

    return 2 * mean(a, b) - mean(a, a) - mean(b, b)


@pytest.mark.parametrize("shape", [(1,), (2,), (1, 3, 3)])
@pytest.mark.parametrize("n, m", [(1, 1), (5, 8), (30, 7)])
def test_it_is_its_definition_for_samples_of_any_shape(shape, n, m, seeded):
    a, b = (torch.randn(k, *shape, generator=seeded(k), dtype=torch.float64) for k in (n, m + 100))
    b = b[:m]
    assert energy_distance(a, b) == pytest.approx(by_loops(a, b), rel=1e-6, abs=1e-9)
    assert energy_distance(a, b) == pytest.approx(energy_distance(b, a), rel=1e-9)


@pytest.mark.parametrize("shift", [1e3, 1e6, -1e7])
def test_where_both_clouds_lie_does_not_matter(shift, seeded):
    a, b = (torch.randn(200, 2, generator=seeded(k), dtype=torch.float64) for k in (0, 1))
    moved = energy_distance(a + shift, b + shift)
    assert moved == pytest.approx(energy_distance(a, b), abs=1e-8 * max(1, abs(shift) / 1e6))


def test_far_from_each_other_they_are_twice_their_distance_apart(seeded):
    a, b = (torch.randn(50, 2, generator=seeded(k), dtype=torch.float64) for k in (0, 1))
    far = b + torch.tensor([1e6, 0.0])
    assert energy_distance(a, far) == pytest.approx(by_loops(a, far), rel=1e-12)


def test_to_one_cloud_again_and_again_is_the_same_distance(seeded):
    a, other, b = (torch.randn(n, 1, 3, generator=seeded(n)) for n in (20, 30, 40))
    to_b = energy_distance_to(b)
    assert [to_b(a), to_b(other), to_b(b)] == [energy_distance(x, b) for x in (a, other, b)]


def test_two_points_are_twice_their_distance_apart():
    assert energy_distance(torch.zeros(1, 2), torch.tensor([[3.0, 4.0]])) == pytest.approx(10)


def test_on_a_line_it_is_twice_the_squared_distance_of_scipy(seeded):
    a, b = torch.randn(200, generator=seeded(0)), torch.randn(150, generator=seeded(1)) * 2 + 1
    assert energy_distance(a[:, None], b[:, None]) == pytest.approx(on_a_line(a, b) ** 2, rel=1e-5)


def unbounded(monkeypatch):
    """What the distance is before it is held at 0."""
    monkeypatch.setattr(metrics, "max", lambda low, value: value, raising=False)


def test_a_cloud_is_at_0_from_itself_and_never_below(seeded, monkeypatch):
    clouds = [torch.randn(300, 2, generator=seeded(seed)) for seed in range(12)]
    mixed = [(a, a[torch.randperm(300, generator=seeded(seed))]) for seed, a in enumerate(clouds)]
    found = [energy_distance(*pair) for pair in mixed]
    assert all(0 <= distance < 1e-9 for distance in found)
    assert energy_distance(clouds[0], clouds[0]) < 1e-9 and energy_distance(clouds[0], clouds[0].double()) < 1e-9
    near = [
        (features(60, 8, seed), features(60, 8, seed)[torch.randperm(60, generator=seeded(seed))]) for seed in range(12)
    ]
    assert all(frechet_distance(*pair) >= 0 for pair in near)
    unbounded(monkeypatch)
    assert any(energy_distance(*pair) < 0 for pair in mixed), "else the clouds do not show it"
    assert any(frechet_distance(*pair) < 0 for pair in near)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_has_diverged_has_no_distance(bad, seeded, refused):
    real = torch.randn(50, 2, generator=seeded(0))
    one = real.clone()
    one[3, 1] = bad
    for broken in (torch.full((50, 2), bad), one):
        for distance in (energy_distance, frechet_distance):
            for pair in ((broken, real), (real, broken), (broken, broken)):
                with refused("nan"):
                    distance(*pair)
        with refused("features", "nan"):
            moments(broken)
    kept = moments(real)
    for broken in (kept._replace(mean=kept.mean * bad), kept._replace(covariance=kept.covariance * bad)):
        with refused("nan"):
            frechet_distance(broken, kept)
        with refused("nan"):
            frechet_distance(real, broken)


def test_a_distance_too_large_to_be_told_is_not_called_0(refused):
    far = torch.full((3, 2), 1e200, dtype=torch.float64)
    for distance in (energy_distance, frechet_distance):
        with refused("nan"):
            distance(far, -far + torch.eye(3, 2))


@pytest.mark.parametrize(
    "cloud", [None, [[0.0, 1.0]], torch.zeros(3, 2).int(), torch.zeros(5), torch.tensor(0.0)], ids=str
)
def test_what_is_no_cloud_is_refused(cloud, refused):
    for pair in ((cloud, torch.zeros(3, 2)), (torch.zeros(3, 2), cloud)):
        with refused("("):
            energy_distance(*pair)


def test_the_floor_is_the_mean_distance_over_n(seeded):
    """Equal distributions: the mean is E|A - A'| (1/n + 1/m), which the docstring promises."""
    n, m = 40, 60
    found = [
        energy_distance(torch.randn(n, 2, generator=seeded(k)), torch.randn(m, 2, generator=seeded(1000 + k)))
        for k in range(300)
    ]
    expected = math.sqrt(math.pi) * (1 / n + 1 / m)  # E|A - A'| of N(0, I) in the plane is sqrt(pi)
    assert sum(found) / len(found) == pytest.approx(expected, rel=0.1)


def test_it_sees_a_shift_a_spread_and_a_missing_part(seeded):
    a, b = (torch.randn(800, 2, generator=seeded(k)) for k in (0, 1))
    floor = energy_distance(a, b)
    for other in (b + 0.5, b * 1.5, b * 0.6, b[b[:, 0] > 0]):
        assert energy_distance(a, other) > 5 * floor


@pytest.mark.parametrize(
    "a, b, given", [((0, 2), (4, 2), "(0, 2)"), ((4, 2), (0, 2), "(0, 2)"), ((4, 2), (4, 3), "(4, 3)")]
)
def test_clouds_that_do_not_fit_are_refused(a, b, given, refused):
    with refused(given):
        energy_distance(torch.zeros(a), torch.zeros(b))


def features(n, d, seed, scale=1.0, shift=0.0):
    generator = torch.Generator().manual_seed(seed)
    mix = torch.randn(d, d, generator=torch.Generator().manual_seed(seed % 2), dtype=torch.float64)
    return torch.randn(n, d, generator=generator, dtype=torch.float64) @ mix * scale + shift


@pytest.mark.parametrize("n, m, d", [(50, 70, 4), (200, 300, 16), (10, 12, 16), (9, 9, 1)])
def test_the_frechet_distance_is_its_definition(n, m, d):
    a, b = features(n, d, 0), features(m, d, 1, 1.5, 0.3)
    cov_a, cov_b = (torch.cov(x.T).reshape(d, d).numpy() for x in (a, b))
    expected = float((a.mean(0) - b.mean(0)).square().sum()) + (cov_a + cov_b - 2 * sqrtm(cov_a @ cov_b).real).trace()
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-5)
    assert frechet_distance(b, a) == pytest.approx(expected, rel=1e-5)


def test_the_frechet_distance_of_a_cloud_to_itself_is_0_and_a_shift_counts_squared():
    a = features(400, 8, 0)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(a, a + 0.5) == pytest.approx(8 * 0.25)
    assert frechet_distance(a, a.float()) == pytest.approx(0, abs=1e-6)


def test_two_bells_on_a_line_differ_by_their_means_and_deviations():
    line = torch.linspace(-1, 1, 101, dtype=torch.float64)[:, None]
    deviation = float(line.std())
    assert frechet_distance(line, 3 * line + 2) == pytest.approx(4 + (2 * deviation) ** 2)


def test_few_samples_make_the_frechet_distance_too_large_by_about_a_constant_over_n():
    def mean_at(n):
        return sum(frechet_distance(features(n, 8, s), features(n, 8, s + 2)) for s in range(0, 40, 4)) / 10

    found = {n: mean_at(n) for n in (50, 200, 800)}
    assert found[50] > 3 * found[200] > 9 * found[800] > 0


@pytest.mark.parametrize("wrong", [(1, 3), (5,), (5, 1, 2, 2)])
def test_what_is_no_table_of_features_is_refused(wrong, refused):
    for pair in ((wrong, (5, 3)), ((5, 3), wrong)):
        with refused(str(wrong)):
            frechet_distance(*map(torch.zeros, pair))
    with refused("list"):
        moments([1.0, 2.0])


def test_features_of_two_networks_are_not_compared(refused):
    with refused("3", "4"):
        frechet_distance(torch.zeros(5, 3), moments(torch.zeros(5, 4)))


def test_moments_stand_for_the_features_they_are_of():
    a, b = features(50, 8, 0), features(70, 8, 2)
    assert torch.allclose(moments(a).mean, a.double().mean(0)) and moments(a).covariance.shape == (8, 8)
    expected = frechet_distance(a, b)
    for pair in ((moments(a), b), (a, moments(b)), (moments(a), moments(b))):
        assert frechet_distance(*pair) == pytest.approx(expected, rel=1e-12)


COVARIANCE = torch.tensor([[2.0, 0.5], [0.5, 1.0]])


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_moments_kept_in_any_type_are_compared_in_float64(dtype):
    a = features(50, 2, 0)
    kept = metrics.Moments(torch.ones(2, dtype=dtype), COVARIANCE.to(dtype))  # exact in each type
    exact = metrics.Moments(torch.ones(2).double(), COVARIANCE.double())
    for pair in ((kept, a), (a, kept)):
        assert frechet_distance(*pair) == pytest.approx(frechet_distance(exact, a), rel=1e-12)


@pytest.mark.parametrize(
    ("mean", "covariance", "given"),
    [
        ([1.0, 1.0], COVARIANCE, "list"),
        (None, None, "None"),
        (torch.ones(2), COVARIANCE.numpy(), "ndarray"),
        (torch.ones(3), COVARIANCE, "(3,)"),
        (torch.ones(2), torch.ones(2), "(2,)"),
        (COVARIANCE, torch.ones(2), "(2, 2)"),
        (torch.ones(2), -COVARIANCE, "(2, 2)"),
        (torch.ones(2), torch.tensor([[1.0, 2.0], [0.0, 1.0]]), "(2, 2)"),
        (torch.zeros(0), torch.zeros(0, 0), "(0, 0)"),
    ],
    ids=str,
)
def test_what_are_no_moments_is_refused(mean, covariance, given, refused):
    broken, real = metrics.Moments(mean, covariance), features(50, 2, 0)
    for pair in ((broken, real), (real, broken)):
        with refused(given):
            frechet_distance(*pair)


def test_features_too_large_to_be_squared_have_no_moments(refused):
    with refused("covariance", "nan"):
        moments(torch.tensor([[1e200], [-1e200]], dtype=torch.float64))
