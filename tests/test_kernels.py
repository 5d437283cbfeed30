"""The kernel distance: against sums over finite distributions, which are exact; its error against the spread.

核距离：与有限分布上的精确求和相比；它的误差与多次抽取的散布相比。
"""

import math
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import kernels
from course_utils.kernels import kernel_distance
from course_utils.metrics import frechet_distance

A = torch.tensor([[0.0, 1], [1, 1], [2, -1]], dtype=torch.float64), torch.tensor([0.5, 0.3, 0.2]).double()
B = torch.tensor([[1.0, 0], [-1, 1]], dtype=torch.float64), torch.tensor([0.6, 0.4]).double()


def kernel(a, b):
    return (a @ b.T / a.shape[1] + 1) ** 3


def exact(a, b):
    """Of two finite distributions, (atoms, probabilities)."""
    (x, p), (y, q) = a, b
    return float(p @ kernel(x, x) @ p + q @ kernel(y, y) @ q - 2 * p @ kernel(x, y) @ q)


def drawn(distribution, n, generator):
    atoms, p = distribution
    return atoms[torch.multinomial(p, n, replacement=True, generator=generator)]


def test_it_is_right_on_average_over_every_draw():
    """Two of A and three of B, every way: the mean is that of the distributions, exactly."""
    mean, below = 0.0, 0
    for i in product(range(3), repeat=2):
        for j in product(range(2), repeat=3):
            value = kernel_distance(A[0][list(i)], B[0][list(j)]).value
            mean, below = mean + value * float(A[1][list(i)].prod() * B[1][list(j)].prod()), below + (value < 0)
    assert mean == pytest.approx(exact(A, B)) and exact(A, B) > 0.5 and below > 0, (
        "below 0, as what is unbiased must be"
    )


@pytest.mark.parametrize("other", [A, B], ids=["the same", "another"])
@pytest.mark.parametrize("n, m", [(40, 60), (60, 40)])
def test_its_error_is_how_far_it_scatters(other, n, m, seeded):
    generator, times = seeded(0), 200
    found = [kernel_distance(drawn(A, n, generator), drawn(other, m, generator)) for _ in range(times)]
    values, errors = torch.tensor(found, dtype=torch.float64).T
    assert values.mean() == pytest.approx(exact(A, other), abs=4 * float(values.std()) / times**0.5)
    spread, said = float(values.std()), float(errors.square().mean().sqrt())
    assert 0.88 * spread < said < (1.6 if other is A else 1.15) * spread
    assert (values < 0).any() if other is A else (values > 0).all()


def test_by_loops_with_features_of_any_number(seeded):
    a, b = (torch.randn(n, 5, generator=seeded(n), dtype=torch.float64) for n in (6, 9))

    def mean(x, y, same):
        pairs = [(i, j) for i in range(len(x)) for j in range(len(y)) if not (same and i == j)]
        return sum((float(x[i] @ y[j]) / 5 + 1) ** 3 for i, j in pairs) / len(pairs)

    expected = mean(a, a, True) + mean(b, b, True) - 2 * mean(a, b, False)
    assert kernel_distance(a, b).value == pytest.approx(expected)


def test_pieces_give_what_the_whole_gives(seeded, monkeypatch):
    a, b = (torch.randn(n, 4, generator=seeded(n)) for n in (23, 31))
    whole = kernel_distance(a, b)
    monkeypatch.setattr(kernels, "ROWS", 7)
    assert kernel_distance(a, b) == (pytest.approx(whole.value), pytest.approx(whole.error))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 12), st.integers(2, 12), st.integers(1, 6))
def test_neither_order_nor_a_rotation_counts(seed, n, m, d):
    generator = torch.Generator().manual_seed(seed)
    a, b = (torch.randn(size, d, generator=generator, dtype=torch.float64) for size in (n, m))
    turn = torch.linalg.qr(torch.randn(d, d, generator=generator, dtype=torch.float64)).Q
    found = kernel_distance(a, b)
    same = pytest.approx(found.value, abs=1e-9), pytest.approx(found.error, abs=1e-7)
    assert kernel_distance(b, a) == same and kernel_distance(a @ turn, b @ turn) == same
    assert kernel_distance(a[torch.randperm(n, generator=generator)], b) == same


ROOT = math.sqrt(2)
TWO = torch.tensor([[-1.0], [1]], dtype=torch.float64), torch.tensor([0.5, 0.5]).double()
THREE = torch.tensor([[-ROOT], [0], [ROOT]], dtype=torch.float64), torch.tensor([0.25, 0.5, 0.25]).double()
SKEW = torch.tensor([[-0.5], [2]], dtype=torch.float64), torch.tensor([0.8, 0.2]).double()


def test_it_sees_three_moments_and_no_fourth(seeded):
    """All three have mean 0 and variance 1; SKEW differs in the third moment, TWO and THREE in the fourth alone."""
    assert exact(TWO, THREE) == pytest.approx(0, abs=1e-12) and exact(TWO, SKEW) > 1
    two, skew = (drawn(one, 800, seeded(seed)) for seed, one in enumerate((TWO, SKEW)))
    assert frechet_distance(two, skew) < 0.02
    value, error = kernel_distance(two, skew)
    assert value > 5 * error


@pytest.mark.parametrize("bad", [(1, 3), (5,), (5, 2), (0, 3)])
def test_what_cannot_be_compared_is_refused(bad, refused):
    for pair in ((bad, (5, 3)), ((5, 3), bad)):
        with refused("("):
            kernel_distance(*map(torch.zeros, pair))
    with refused("nan"):
        kernel_distance(torch.zeros(5, 3), torch.full((5, 3), math.nan))
