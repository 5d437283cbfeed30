"""Strata, the line in 1/n and the bootstrap: each against a case whose answer is known.

分层、对 1/n 的直线与自助法：各用一个答案已知的情形检验。
"""

import math
from itertools import product

import numpy as np
import pytest
import torch

from course_utils.data import Images
from course_utils.estimates import Estimate, bootstrapped, drawn_again, extrapolated, stratified
from course_utils.metrics import Moments, frechet_distance, moments

ATOMS = {
    3: torch.tensor([[0.0, 1], [1, 5], [5, 0]], dtype=torch.float64),
    7: torch.tensor([[2.0, 2], [4, -1]], dtype=torch.float64),
}
SHARES = torch.tensor([0.3, 0.7], dtype=torch.float64)


def mixture_moments(shares):
    """Of all atoms, those of a class equally likely."""
    x = torch.cat(list(ATOMS.values()))
    p = torch.cat(
        [w / len(atoms) * torch.ones(len(atoms)).double() for w, atoms in zip(shares, ATOMS.values(), strict=True)]
    )
    mean = p @ x
    return Moments(mean, (x - mean).T @ (p[:, None] * (x - mean)))


@pytest.mark.parametrize("shares", [None, SHARES])
@pytest.mark.parametrize("counts", [(2, 2), (3, 2)])
def test_stratified_moments_are_those_of_the_mixture_on_average_over_every_draw(shares, counts):
    labels = torch.cat([torch.full((n,), label) for n, label in zip(counts, ATOMS, strict=True)])
    every = product(*(product(atoms, repeat=n) for n, atoms in zip(counts, ATOMS.values(), strict=True)))
    found = [stratified(torch.stack([*first, *second]), labels, shares) for first, second in every]
    truth = mixture_moments(SHARES.new_tensor([0.5, 0.5]) if shares is None else shares)
    assert len(found) == 3 ** counts[0] * 2 ** counts[1]
    for mean, of_all in ((0, truth.mean), (1, truth.covariance)):
        assert torch.allclose(torch.stack([one[mean] for one in found]).mean(0), of_all, atol=1e-12)


def in_classes(n, seeded, seed=0, classes=4, d=3):
    generator, y = seeded(seed), torch.arange(n) % classes
    means = 3 * torch.randn(classes, d, generator=seeded(1), dtype=torch.float64)
    return torch.randn(n, d, generator=generator, dtype=torch.float64) * (1 + y[:, None]) + means[y], y


def test_of_a_balanced_set_they_are_the_plain_moments_but_for_what_a_mean_costs(seeded):
    x, y = in_classes(80, seeded)
    found, plain = stratified(x, y), moments(x)
    within = torch.stack([moments(x[y == c]).covariance for c in range(4)]).mean(0)
    assert torch.allclose(found.mean, plain.mean)
    assert torch.allclose(found.covariance, (79 * plain.covariance + within) / 80)


def test_shares_take_the_place_of_counts_and_follow_the_labels(seeded):
    x, y = in_classes(60, seeded)
    some = torch.cat([torch.arange(60)[y == c][:n] for c, n in enumerate((15, 3, 9, 2))])
    shares = torch.tensor([0.1, 0.2, 0.3, 0.4])
    found, order = stratified(x[some], 10 * y[some] + 1, shares), torch.randperm(len(some), generator=seeded(0))
    expected = sum(w * x[some][y[some] == c].mean(0) for c, w in enumerate(shares.double()))
    assert torch.allclose(found.mean, expected)
    shuffled = stratified(x[some][order], 10 * y[some][order] + 1, shares)
    assert torch.allclose(found.covariance, shuffled.covariance) and found.covariance.dtype == torch.float64
    alone = stratified(x, y, torch.tensor([0.0, 1, 0, 0]))
    assert torch.allclose(alone.covariance, moments(x[y == 1]).covariance)


def test_they_take_the_chance_of_the_classes_out_of_the_distance(seeded):
    """Classes drawn at random, eight of them far apart: nearly all of the distance is that of their counts."""
    means = 10 * torch.randn(8, 2, generator=seeded(0), dtype=torch.float64)
    truth = Moments(means.mean(0), torch.cov(means.T, correction=0) + torch.eye(2, dtype=torch.float64))
    plain, layered = 0.0, 0.0
    for seed in range(20):
        y = torch.randint(8, (200,), generator=seeded(seed))
        x = means[y] + torch.randn(200, 2, generator=seeded(100 + seed), dtype=torch.float64)
        plain, layered = plain + frechet_distance(x, truth), layered + frechet_distance(stratified(x, y), truth)
    assert layered < plain / 20


def test_strata_that_are_none_are_refused(seeded, refused):
    x, y = in_classes(12, seeded)
    with refused("(12,)"):
        stratified(torch.zeros(12), y)
    for labels in (y[:-1], y.double(), None):
        with refused("12"):
            stratified(x, labels)
    with refused("5"):
        stratified(x, torch.tensor([5] + [3] * 11))
    for shares in ([0.5, 0.5], [0.25, 0.25, 0.25, 0.5], [0.5, 0.7, -0.2, 0.0]):
        with refused("4", str(shares[0])):
            stratified(x, y, torch.tensor(shares))


def test_a_line_in_one_over_n_is_found_exactly():
    sizes = [50, 100, 100, 400]
    assert extrapolated(sizes, [0.2 + 60 / n for n in sizes]) == (pytest.approx(0.2), pytest.approx(0, abs=1e-12))
    value, error = extrapolated([1, 2, 2], [3.0, 1, 2])  # 1/n = 1, .5, .5: through 3 and the mean 1.5
    assert (value, error) == (pytest.approx(0), pytest.approx(math.sqrt(0.5 * (1 / 3 + (2 / 3) ** 2 * 6))))


def test_the_error_of_the_line_is_how_far_its_end_scatters(seeded):
    sizes, generator = [50] * 3 + [100] * 3 + [200] * 3, seeded(0)
    noise = 0.1 * torch.randn(800, 9, generator=generator, dtype=torch.float64)
    found = [extrapolated(sizes, [1 + 5 / n + e for n, e in zip(sizes, row, strict=True)]) for row in noise.tolist()]
    values, errors = torch.tensor(found, dtype=torch.float64).T
    assert values.mean() == pytest.approx(1, abs=4 * float(values.std()) / 800**0.5)
    assert errors.square().mean().sqrt() == pytest.approx(float(values.std()), rel=0.12)


def expected_on_a_line(n, mean, deviation):
    """From n draws of N(mean, deviation^2) to N(0, 1), on average: their deviation is c4(n) of the true one."""
    c4 = math.sqrt(2 / (n - 1)) * math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2))
    return mean**2 + deviation**2 / n + deviation**2 + 1 - 2 * deviation * c4


@pytest.mark.parametrize("mean, deviation", [(0.0, 1.0), (0.5, 1.3)])
def test_on_a_line_the_bias_of_the_frechet_distance_is_known_and_extrapolated_away(mean, deviation, seeded):
    truth, sizes, draws = Moments(torch.zeros(1), torch.eye(1)), [20, 40, 80], 150
    generator, all_sizes, found = seeded(0), [], []
    for n in sizes:
        clouds = torch.randn(draws, n, 1, generator=generator, dtype=torch.float64) * deviation + mean
        distances = torch.tensor([frechet_distance(cloud, truth) for cloud in clouds], dtype=torch.float64)
        bar = float(distances.std()) / draws**0.5
        assert distances.mean() == pytest.approx(expected_on_a_line(n, mean, deviation), abs=4 * bar)
        all_sizes, found = all_sizes + [n] * draws, found + distances.tolist()
    exact = [expected_on_a_line(n, mean, deviation) for n in sizes]
    limit = mean**2 + (deviation - 1) ** 2
    assert extrapolated(sizes, exact).value == pytest.approx(limit, abs=1e-3) and exact[0] > limit + 0.06
    value, error = extrapolated(all_sizes, found)
    assert value == pytest.approx(limit, abs=4 * error) and error < 0.03


def test_what_is_no_line_is_refused(refused):
    for sizes, distances in (([1, 2], [1.0, 2]), ([5, 5, 5], [1.0, 2, 3]), ([1, 2, 3], [1.0, 2])):
        with refused(str(len(distances))):
            extrapolated(sizes, distances)
    with refused("nan"):
        extrapolated([1, 2, 3], [1.0, math.nan, 2])
    with refused("0"):
        extrapolated([0, 2, 3], [1.0, 1, 2])


def mean_of(x):
    return float(x.mean())


def test_the_error_of_a_mean_is_its_deviation_over_the_root_of_n(seeded):
    x = torch.randn(400, generator=seeded(0)) * 3
    found = bootstrapped(mean_of, x, draws=1000)
    assert found == pytest.approx(float(x.std()) / 20, rel=0.08)
    assert found == bootstrapped(mean_of, x, draws=1000) != bootstrapped(mean_of, x, draws=1000, seed=1)


def test_each_cloud_is_drawn_by_itself(seeded):
    x = torch.randn(400, generator=seeded(0))
    apart = bootstrapped(lambda a, b: mean_of(a) - mean_of(b), x, x, draws=1000)
    assert apart == pytest.approx(math.sqrt(2) * float(x.std()) / 20, rel=0.08)


def test_rows_stay_together_and_so_do_the_counts_of_the_labels():
    y = torch.tensor([4] * 10 + [0] * 30 + [9] * 2)
    x, seen = torch.stack([y, torch.arange(42)], 1).double(), set()

    def look(cloud):
        features, labels = cloud
        assert torch.equal(features[:, 0].long(), labels) and torch.equal(labels.bincount(), y.bincount())
        seen.add(tuple(features[:, 1].tolist()))
        return mean_of(features[:, 0])

    assert bootstrapped(look, (x, y), draws=50) == pytest.approx(0, abs=1e-12) and len(seen) == 50
    assert bootstrapped(lambda cloud: mean_of(cloud[0][:, 0]), (x, x), draws=50) > 0, "without labels chance sets them"


def test_the_reader_s_own_randomness_is_left_alone():
    state = torch.get_rng_state()
    bootstrapped(mean_of, torch.arange(5.0))
    assert torch.equal(state, torch.get_rng_state())


def test_what_cannot_be_drawn_again_is_refused(refused):
    x = torch.arange(6.0)
    for cloud, given in ((None, "NoneType"), ((x, x[:5]), "6, 5"), ((), "tuple"), (x[:0], "Tensor")):
        with refused(given):
            bootstrapped(mean_of, cloud)
    with refused("bootstrapped(measure"):
        bootstrapped(mean_of)
    with refused("1"):
        bootstrapped(mean_of, x, draws=1)
    for answer in (math.nan, None, "0.3"):
        with refused(repr(answer)):
            bootstrapped(lambda _, answer=answer: answer, x)
    with refused("measure"):
        bootstrapped(x, x)


def test_an_estimate_is_a_pair():
    assert Estimate(0.5, 0.1) == (0.5, 0.1)


@pytest.mark.parametrize(
    "sizes, distances, given",
    [
        ([1, 2, 3], 0.5, "0.5"),
        ([1, 2, 3], None, "None"),
        ([1, 2, 3], torch.tensor(0.5), "0.5"),
        ([1, 2, 3], "abc", "'abc'"),
        ([1, 2, 3], {1: 0.5, 2: 0.4, 3: 0.3}, "0.4"),
        (5, [0.5, 0.4, 0.3], "5"),
        ([1, 2, 3], [0.5, 0.4], "2"),
        ([0, 2, 3], [0.5, 0.4, 0.3], "0"),
        ([200], [0.5], "1"),
    ],
)
def test_a_line_needs_two_lists(sizes, distances, given, refused):
    with refused(given):
        extrapolated(sizes, distances)


def test_a_line_may_be_given_in_arrays():
    sizes, distances = [100, 200, 400], [0.7, 0.4, 0.25]
    for form in (np.array, torch.tensor, tuple):
        assert extrapolated(form(sizes), form(distances)).value == pytest.approx(0.1, abs=1e-6)


def test_what_can_be_drawn_in_one_way_only_has_no_error(seeded, refused):
    x, y = torch.randn(6, 2, generator=seeded(0)), torch.tensor([0, 0, 0, 1, 1, 2])
    for cloud in (x[:1], (x[:1],), (x, y), (x[:3], torch.arange(3))):
        with refused("2", "0"):
            bootstrapped(lambda cloud: 1.0, cloud)
    with refused("Moments"):
        bootstrapped(lambda cloud: 1.0, moments(x))


def test_a_named_pair_keeps_its_names(seeded):
    crowd = Images(torch.randn(20, 2, generator=seeded(0)), torch.arange(20) % 2)
    found = bootstrapped(lambda cloud: float(cloud.x[cloud.y == 0].mean()), crowd)
    assert found == bootstrapped(lambda cloud: float(cloud[0][cloud[1] == 0].mean()), tuple(crowd)) > 0


def test_several_numbers_may_be_measured_of_the_same_draws(seeded):
    x, y = torch.randn(20, generator=seeded(0)), torch.randn(15, generator=seeded(1))
    measures = (lambda a, b: float(a.mean()), lambda a, b: float(a.max() - b.max()))
    rows = [[measure(*clouds) for measure in measures] for clouds in drawn_again(x, y, draws=50, generator=seeded(0))]
    errors = [bootstrapped(measure, x, y, draws=50) for measure in measures]
    assert torch.tensor(rows, dtype=torch.float64).std(0).tolist() == pytest.approx(errors, rel=1e-12)
