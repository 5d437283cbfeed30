"""Labelled data: the exact denoiser of a class and the exact classifier, against brute force and Bayes.

带标签的数据：某一类的精确去噪器与精确分类器，与直接计算、与贝叶斯公式相符。
"""

import pytest
import torch

from course_utils import data, oracle, schedules
from course_utils.forward import forward_jump
from course_utils.guidance import uphill

COSINE = schedules.cosine()
MEANS = torch.tensor([[0.5, -0.3], [-0.7, 0.2], [0.1, 0.9], [-0.2, -0.8]], dtype=torch.float64)
STDS, WEIGHTS = torch.tensor([0.2, 0.3, 0.5, 0.1]), torch.tensor([1.0, 3.0, 2.0, 1.5])
LABELS = torch.tensor([2, 0, 2, 1])
TIMES = [1, 2, 250, 600, 999, 1000]


def labelled(schedule):
    return oracle.labelled(oracle.mixture(schedule, MEANS, STDS, WEIGHTS), LABELS)


def places(schedule, t, seeded):
    return forward_jump(schedule, MEANS.repeat(5, 1), t, generator=seeded(t)).xt


@pytest.mark.parametrize("label", [0, 1, 2])
def test_a_class_is_the_mixture_of_its_own_components(schedule, label, seeded):
    own = label == LABELS
    alone = oracle.mixture(schedule, MEANS[own], STDS[own], WEIGHTS[own])
    found = labelled(schedule).conditional(label)
    for t in TIMES:
        xt = places(schedule, t, seeded)
        torch.testing.assert_close(found(xt, t), alone(xt, t), rtol=1e-12, atol=1e-12)
    assert float(found.weights.sum()) == pytest.approx(1)


@pytest.mark.parametrize("t", TIMES)
def test_the_classifier_is_bayes_by_brute_force(schedule, t, seeded):
    xt, a = places(schedule, t, seeded), schedule.alpha_bar[t]
    scale = (a * STDS.double() ** 2 + 1 - a).sqrt()
    bells = torch.distributions.Normal(a.sqrt() * MEANS, scale[:, None]).log_prob(xt[:, None]).sum(2)
    joint = bells + (WEIGHTS.double() / WEIGHTS.sum()).log()  # (b, k)
    for label in (0, 1, 2):
        expected = joint[:, label == LABELS].logsumexp(1) - joint.logsumexp(1)
        found = labelled(schedule).log_probability(label)(xt, t)
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("t", TIMES)
def test_probabilities_sum_to_1_and_forget_everything_but_the_prior(schedule, t, seeded):
    truth, xt = labelled(schedule), places(schedule, t, seeded)
    found = torch.stack([truth.log_probability(label)(xt, t).exp() for label in (0, 1, 2)], 1)
    torch.testing.assert_close(found.sum(1), torch.ones(20, dtype=torch.float64))
    if t == 1000:
        prior = torch.tensor([3.0, 1.5, 3.0], dtype=torch.float64) / 7.5
        torch.testing.assert_close(found, prior.expand(20, 3), rtol=0, atol=0.05)


@pytest.mark.parametrize("label", [0, 1, 2])
@pytest.mark.parametrize("t", TIMES)
def test_bayes_in_gradients(schedule, t, label, seeded):
    """grad log p(x|y) - grad log p(x) = grad log p(y|x), to 1e-9 of the larger score."""
    truth, xt = labelled(schedule), places(schedule, t, seeded)
    parts = truth.conditional(label).score(xt, t), truth.unconditional.score(xt, t)
    gradient = uphill(xt, t, truth.log_probability(label))
    size = max(float(part.abs().max()) for part in parts)
    torch.testing.assert_close(parts[0] - parts[1], gradient, rtol=0, atol=1e-9 * max(1.0, size))


def test_finite_sets_have_labels_too(seeded):
    x, y = data.digits()
    truth = oracle.labelled(oracle.finite(COSINE, x), y)
    xt = forward_jump(COSINE, x[:6].double(), 300, generator=seeded(0)).xt
    for label in (0, 7):
        expected = oracle.finite(COSINE, x[y == label])(xt, 300)
        torch.testing.assert_close(truth.conditional(label)(xt, 300), expected, rtol=1e-9, atol=1e-12)
    told = torch.stack([truth.log_probability(int(label))(xt[[i]], 300)[0] for i, label in enumerate(y[:6])])
    assert bool((told > torch.tensor(0.5).log()).all()), "it is rarely wrong about what it has seen, half noised"


def test_labels_that_do_not_belong_are_refused(refused):
    truth = labelled(COSINE)
    for wrong, given in (
        (lambda: oracle.labelled(MEANS, LABELS), ("truth", "Oracle")),
        (lambda: oracle.labelled(truth.unconditional, LABELS[:3]), ("labels", "4")),
        (lambda: oracle.labelled(truth.unconditional, LABELS.float()), ("labels", "float32")),
        (lambda: oracle.labelled(truth.unconditional, -LABELS), ("labels", "-2")),
        (lambda: oracle.labelled(truth.unconditional, LABELS.tolist()), ("labels", "list")),
        (lambda: truth.conditional(3), ("label", "3", "[0, 1, 2]")),
        (lambda: truth.conditional("a"), ("label", "'a'")),
        (lambda: truth.log_probability(-1), ("label", "-1")),
        (lambda: truth.log_probability(torch.tensor([0, 1])), ("label", "(2,)")),
    ):
        with refused(*given):
            wrong()
