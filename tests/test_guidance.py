"""Guidance: a straight line through two guesses, exact at its ends, and the same line in x_0 as in eps.

引导：过两个猜测的一条直线，两端精确，在 x_0 与在 eps 里是同一条线。
"""

import math

import pytest
import torch
from scipy import integrate

from course_utils import oracle, schedules
from course_utils.classifier import NoiseAwareClassifier
from course_utils.denoisers import clipped, eps_of, from_eps, from_network, thresholded
from course_utils.forward import score_from_eps, v_from_eps
from course_utils.guidance import (
    classifier_free_guided,
    classifier_guided,
    guided,
    label_log_probability,
    log_snr_between,
    no_labels,
    uphill,
)
from course_utils.mlp import MLP
from course_utils.samplers import ddim, ddpm, finish
from course_utils.times import even_times, log_snr_times
from course_utils.weights import pretrained

COSINE = schedules.cosine()
MEANS = torch.tensor([[0.7, 0.2], [0.1, -0.8], [-0.6, 0.5]], dtype=torch.float64)
DATA = oracle.labelled(oracle.mixture(COSINE, MEANS, torch.tensor([0.3, 0.2, 0.4])), torch.tensor([1, 1, 0]))
SCALES = [-1.0, 0.0, 0.5, 1.0, 2.0, 7.5]


def noise(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def both(label=1):
    return DATA.conditional(label), DATA.unconditional


@pytest.mark.parametrize("t", [1, 300, 700, 1000])
def test_scale_0_and_1_are_the_two_denoisers_to_the_last_bit_and_only_that_one_is_asked(t):
    xt, asked = noise((9, 2)), []
    first, second = both()
    pair = (lambda x, t: asked.append("c") or first(x, t)), (lambda x, t: asked.append("u") or second(x, t))
    assert guided(*pair, 1)(xt, t).equal(first(xt, t)) and guided(*pair, 0.0)(xt, t).equal(second(xt, t))
    assert asked == ["c", "u"]
    guided(*pair, 2)(xt, t)
    assert sorted(asked) == ["c", "c", "u", "u"]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("t", [1, 300, 700, 990])
def test_mixed_guesses_are_the_papers_mixed_eps_and_v_and_scores(t, scale):
    xt, (first, second) = noise((9, 2)), both()
    found = eps_of(COSINE, guided(first, second, scale))(xt, t)
    w = scale - 1  # of Ho & Salimans 2022, eq. (6)
    torch.testing.assert_close(found, (1 + w) * first.eps(xt, t) - w * second.eps(xt, t), rtol=1e-7, atol=1e-8)
    for convert in (v_from_eps, score_from_eps):
        c, u, both_ = (convert(COSINE, xt, t, eps) for eps in (first.eps(xt, t), second.eps(xt, t), found))
        torch.testing.assert_close(both_, u + scale * (c - u), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("scale", SCALES)
def test_the_librarys_guidance_scale_is_ours_and_that_of_the_first_paper_is_one_less(scale):
    guiders = pytest.importorskip("diffusers.guiders")
    xt, t, (first, second) = noise((9, 2)), 400, both()
    found = eps_of(COSINE, guided(first, second, scale))(xt, t)
    for theirs, original in ((scale, False), (scale - 1, True)):
        library = guiders.ClassifierFreeGuidance(guidance_scale=theirs, use_original_formulation=original)
        expected = library.forward(first.eps(xt, t), second.eps(xt, t)).pred
        torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-8)


def test_guesses_lie_on_one_line_and_equally_spaced():
    xt, (first, second) = noise((9, 2)), both()
    at = [guided(first, second, scale)(xt, 400) for scale in (0, 1, 2, 3)]
    for here, there in zip(at, at[1:], strict=False):
        torch.testing.assert_close(there - here, at[1] - at[0], rtol=1e-9, atol=1e-12)


def test_outside_the_interval_the_conditional_alone_is_asked():
    (first, second), xt = both(), noise((5, 2))
    denoiser = guided(first, second, 3, log_snr_between(COSINE, -2, 4))
    for t in (1, 50, 400, 600, 900, 1000):
        inside = -2 <= float(COSINE.log_snr[t]) <= 4
        expected = guided(first, second, 3)(xt, t) if inside else first(xt, t)
        assert denoiser(xt, t).equal(expected)
    assert {t for t in (1, 50, 400, 600, 900, 1000) if log_snr_between(COSINE, -2, 4)(t)} == {400, 600}


def test_an_interval_holds_its_ends_and_may_be_open():
    t = 321
    level = float(COSINE.log_snr[t])
    assert log_snr_between(COSINE, level, level + 1)(t) and log_snr_between(COSINE, level - 1, level)(t)
    assert not log_snr_between(COSINE, level + 1e-9, level + 1)(t)
    assert all(log_snr_between(COSINE)(t) for t in (0, 1, 1000))
    assert [log_snr_between(COSINE, low=0)(t) for t in (1, 1000)] == [True, False]


@pytest.mark.parametrize("t", [1, 300, 700, 1000])
def test_the_exact_classifier_makes_the_exact_conditional_denoiser(t):
    xt = COSINE.signal[t] * MEANS.repeat(3, 1) + COSINE.noise[t] * noise((9, 2))
    found = classifier_guided(COSINE, DATA.unconditional, DATA.log_probability(1))(xt, t)
    torch.testing.assert_close(found, DATA.conditional(1)(xt, t), rtol=1e-7, atol=1e-7 / float(COSINE.signal[t]))


@pytest.mark.parametrize("scale", SCALES)
def test_classifier_guidance_is_classifier_free_guidance_where_both_are_exact(scale):
    xt, t = noise((9, 2)), 500
    by_classifier = classifier_guided(COSINE, DATA.unconditional, DATA.log_probability(1), scale)(xt, t)
    torch.testing.assert_close(by_classifier, guided(*both(), scale)(xt, t), rtol=1e-8, atol=1e-8)


def test_in_eps_the_gradient_has_the_noise_before_it():
    xt, t = noise((9, 2)), 500
    found = eps_of(COSINE, classifier_guided(COSINE, DATA.unconditional, DATA.log_probability(1), 2.0))(xt, t)
    slope = uphill(xt, t, DATA.log_probability(1))
    expected = DATA.unconditional.eps(xt, t) - 2 * COSINE.noise[t] * slope  # Dhariwal & Nichol 2021, eq. (14)
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-8)


def test_negative_conditions_and_autoguidance_are_guidance():
    """Away from class 0 instead of from all; away from a denoiser of blurred data, which leads to where data are."""
    xt, t = noise((9, 2)), 500
    wanted, unwanted = DATA.conditional(1), DATA.conditional(0)
    eps = eps_of(COSINE, guided(wanted, unwanted, 3))(xt, t)
    slope = uphill(xt, t, lambda x, t: DATA.log_probability(1)(x, t) - DATA.log_probability(0)(x, t))
    expected = unwanted.eps(xt, t) - 3 * COSINE.noise[t] * slope
    torch.testing.assert_close(eps, expected, rtol=1e-7, atol=1e-7)
    good = oracle.mixture(COSINE, MEANS, torch.full((3,), 0.1))
    worse = oracle.mixture(COSINE, MEANS, torch.full((3,), 0.4))
    times, xT = log_snr_times(COSINE, 60), noise((300, 2))
    ends = [finish(ddim(COSINE, d, xT, times)) for d in (worse, good, guided(good, worse, 2))]
    far = [float(torch.cdist(x0, MEANS).amin(1).mean()) for x0 in ends]
    assert far[0] > far[1] > far[2], "nearer to the data than the good one"


def sharpened(scale):
    """Mean and standard deviation of p(x) p(y|x)^scale, two classes of N(±1, 0.5²), by quadrature."""

    def density(x):
        own, other = (math.exp(-((x - m) ** 2) / 0.5) for m in (1.0, -1.0))
        return (own + other) * (own / (own + other)) ** scale

    total, first, second = (
        integrate.quad(lambda x, k=k: x**k * density(x), -4, 5, epsabs=1e-12, limit=200)[0] for k in (0, 1, 2)
    )
    return first / total, (second / total - (first / total) ** 2) ** 0.5


def test_guided_sampling_does_not_sample_the_sharpened_density(seeded):
    """Two classes on a line, scale 3: walks end further out and closer together than p(x) p(y|x)^3, DDIM's most."""
    data = oracle.labelled(
        oracle.mixture(COSINE, torch.tensor([[1.0], [-1.0]]), torch.tensor([0.5, 0.5])), torch.tensor([0, 1])
    )
    n, times = 4000, log_snr_times(COSINE, 100)
    x0 = {
        scale: finish(ddim(COSINE, guided(data.conditional(0), data.unconditional, scale), noise((n, 1)), times))
        for scale in (1, 3)
    }
    assert float(x0[1].mean()) == pytest.approx(1.0, abs=4 * 0.5 / n**0.5)
    assert float(x0[1].std()) == pytest.approx(0.5, abs=4 * 0.5 / (2 * n) ** 0.5)
    mean, std = sharpened(3)
    spread = float(x0[3].std())
    assert float(x0[3].mean()) - mean > 20 * spread / n**0.5 and std - spread > 10 * spread / (2 * n) ** 0.5
    led = guided(data.conditional(0), data.unconditional, 3)
    with_fresh_noise = finish(ddpm(COSINE, led, noise((n, 1)), even_times(COSINE, 200), generator=seeded(1)))
    assert mean + 0.1 < float(with_fresh_noise.mean()) < float(x0[3].mean()) - 0.1


# One network, asked for both


@pytest.fixture
def network(awake):
    return awake(classes=3)


def test_one_doubled_call_gives_what_two_calls_give(network, seeded):
    xt, labels = torch.randn(4, 1, 8, 8, generator=seeded(0)), torch.tensor([2, 0, 1, 1])
    calls = []
    network.register_forward_hook(lambda _, given, __: calls.append(len(given[0])))
    plain = from_network(COSINE, network, labels), from_network(COSINE, network, no_labels(network, 4))
    for scale in SCALES:
        found = classifier_free_guided(COSINE, network, labels, scale)(xt, 500)
        expected = guided(*plain, scale)(xt, 500)
        assert found.equal(expected) if scale in (0, 1) else True
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    calls.clear()
    classifier_free_guided(COSINE, network, labels, 2)(xt, 500)
    classifier_free_guided(COSINE, network, labels, 2, log_snr_between(COSINE, -2, 4))(xt, 1000)
    assert calls == [8, 4], "twice the batch where it guides, once where it does not"


def test_no_label_is_the_last_row_of_the_table(network, refused):
    assert no_labels(network, 2).tolist() == [3, 3] and no_labels(network, 2).dtype == torch.int64
    for wrong, given in ((MLP(2), "MLP"), (None, "NoneType"), (lambda xt, log_snr: xt, "function")):
        with refused(given, "UNet(classes=...)"):
            no_labels(wrong, 2)
    with refused("n "):
        no_labels(network, 0)


# The noise-aware classifier


def test_the_classifier_says_log_probabilities_of_its_labels(seeded):
    torch.manual_seed(0)
    network = NoiseAwareClassifier(classes=4, width=8).train()
    xt, t = torch.randn(4, 1, 28, 28, generator=seeded(0)), 400
    found = torch.stack(
        [label_log_probability(COSINE, network, torch.full((4,), label))(xt, t) for label in range(4)], 1
    )
    torch.testing.assert_close(found.exp().sum(1), torch.ones(4))
    expected = network.eval()(xt, COSINE.log_snr[t].float()).log_softmax(1)
    torch.testing.assert_close(found, expected)
    mixed = label_log_probability(COSINE, network, torch.tensor([3, 0, 1, 2]))(xt, t)
    assert mixed.equal(found[range(4), [3, 0, 1, 2]])


def test_a_gradient_is_of_its_sample_alone_and_leaves_no_trace(seeded):
    torch.manual_seed(0)
    network = NoiseAwareClassifier(classes=4, width=8)
    xt, told = torch.randn(3, 1, 28, 28, generator=seeded(0)), torch.tensor([1, 2, 3])
    with torch.no_grad():  # within a sampler's loop
        together = uphill(xt, 400, label_log_probability(COSINE, network, told))
        alone = [uphill(xt[[i]], 400, label_log_probability(COSINE, network, told[[i]])) for i in range(3)]
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-4, atol=1e-6)
    assert not together.requires_grad and not xt.requires_grad
    assert all(weight.grad is None for weight in network.parameters()) and network.training


def test_it_is_told_the_noise_level_and_refuses_other_images(seeded, refused):
    network = NoiseAwareClassifier(width=8).eval()
    x = torch.randn(2, 1, 28, 28, generator=seeded(0))
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.1 * torch.randn(weight.shape, generator=seeded(1)))
    assert network(x, torch.tensor(3.0)).shape == (2, 10)
    assert not network(x, torch.tensor(3.0)).allclose(network(x, torch.tensor(-3.0)), atol=1e-3)
    for wrong, given in (
        (lambda: network(x[..., :8, :8], torch.tensor(0.0)), "(2, 1, 8, 8)"),
        (lambda: network(x.double(), torch.tensor(0.0)), "torch.float64"),
        (lambda: network(x * math.nan, torch.tensor(0.0)), "nan"),
        (lambda: network(x, 400), "log_snr"),
        (lambda: NoiseAwareClassifier(width=12), "width"),
        (lambda: NoiseAwareClassifier(classes=0), "classes"),
        (lambda: label_log_probability(COSINE, network, torch.tensor([0, 10]))(x, 5), "labels"),
    ):
        with refused(given):
            wrong()


def test_the_shipped_one_guides_an_unconditional_walk_to_the_class_that_was_asked_for():
    labels = torch.arange(10).repeat(4)
    network, classifier = pretrained("fashion_mnist"), pretrained("noise_aware_classifier")
    plain = from_network(COSINE, network, no_labels(network, len(labels)))
    led = classifier_guided(COSINE, plain, label_log_probability(COSINE, classifier, labels), 2.0)
    xT, times = noise((len(labels), 1, 28, 28)).float(), [1000, *log_snr_times(COSINE, 19, loudest=4, quietest=0.03)]
    judge = pretrained("classifier")
    right = [
        float((judge(finish(ddim(COSINE, clipped(d), xT, times))).argmax(1) == labels).float().mean())
        for d in (plain, led)
    ]
    assert right[0] < 0.25 and right[1] > 0.35, right  # measured with 100 garments: 0.09 and 0.48 (0.05)


# Dynamic thresholding


def test_thresholding_is_clipping_where_nothing_goes_too_far():
    x = noise((6, 1, 8, 8)).clamp(-1.2, 1.2)
    x[:3] *= 0.5
    x[3:] *= 4
    found = thresholded(lambda xt, t: x)(x, 5)
    assert found[:3].equal(x[:3].clamp(-1, 1)) and float(found.abs().max()) <= 1
    assert not found[3:].allclose(x[3:].clamp(-1, 1), atol=0.1)


def test_thresholding_shrinks_a_sample_by_its_own_range_and_keeps_what_clipping_loses():
    x = noise((3, 1, 8, 8)) * torch.tensor([0.2, 2.0, 20.0], dtype=torch.float64)[:, None, None, None]
    whole = thresholded(lambda xt, t: x, share=1.0)(x, 5)
    torch.testing.assert_close(whole[1:], x[1:] / x[1:].abs().amax((1, 2, 3), keepdim=True))
    clipped_, kept = clipped(lambda xt, t: x)(x, 5)[2], thresholded(lambda xt, t: x, share=0.9)(x, 5)[2]
    assert len(clipped_.unique()) < len(kept.unique())


def test_thresholding_is_that_of_diffusers(seeded):
    from diffusers import DDPMScheduler

    x = 3 * torch.randn(5, 1, 8, 8, generator=seeded(0))
    library = DDPMScheduler(thresholding=True, dynamic_thresholding_ratio=0.9, sample_max_value=1e9)
    found = thresholded(lambda xt, t: x, share=0.9)(x, 5)
    torch.testing.assert_close(found, library._threshold_sample(x))


# What is refused

X = torch.zeros(3, 2)


@pytest.mark.parametrize(
    "build, given",
    [
        (lambda d: guided(None, d, 2), ("conditional", "None")),
        (lambda d: guided(d, 3, 2), ("unconditional", "3")),
        (lambda d: guided(d, d, "2"), ("scale", "'2'")),
        (lambda d: guided(d, d, math.nan), ("scale", "nan")),
        (lambda d: guided(d, d, 2, (-2, 4)), ("interval", "log_snr_between(schedule, -2, 4)")),
        (lambda d: guided(lambda xt, t: xt[:1], d, 2)(X, 5), ("(1, 2)", "(3, 2)")),
        (lambda d: log_snr_between(None, -2, 4), ("schedule", "None")),
        (lambda d: log_snr_between(COSINE, 4, -2), ("4", "-2")),
        (lambda d: log_snr_between(COSINE, 1, 1), ("1",)),
        (lambda d: log_snr_between(COSINE, math.nan, 1), ("low", "nan")),
        (lambda d: log_snr_between(COSINE, -2, "4"), ("high", "'4'")),
        (lambda d: log_snr_between(COSINE, -2, 4)(1001), ("t ", "1001")),
        (lambda d: log_snr_between(COSINE, -2, 4)(torch.tensor([1, 2])), ("t ", "(2,)")),
        (lambda d: classifier_guided(None, d, d), ("schedule", "None")),
        (lambda d: classifier_guided(COSINE, None, d), ("denoiser", "None")),
        (lambda d: classifier_guided(COSINE, d, 5), ("log_probability", "5")),
        (lambda d: classifier_guided(COSINE, d, d, None), ("scale", "None")),
        (lambda d: classifier_guided(COSINE, d, d)(X, 5), ("(3, 2)", "3")),
        (lambda d: classifier_guided(COSINE, d, lambda x, t: x.detach().sum(1))(X, 5), ("(3,)", "detach()")),
        (lambda d: classifier_guided(COSINE, d, lambda x, t: x.sum(1) * math.nan)(X, 5), ("nan",)),
        (lambda d: classifier_guided(COSINE, d, lambda x, t: x.sum(1))(X, 0), ("0", "1000")),
        (lambda d: uphill(X.int(), 5, lambda x, t: x.sum(1)), ("x_t",)),
        (lambda d: label_log_probability(COSINE, None, X), ("network", "None")),
        (lambda d: label_log_probability(3, MLP(2), X), ("schedule", "3")),
        (lambda d: thresholded(None), ("denoiser", "None")),
        (lambda d: thresholded(d, 1.5), ("share", "1.5")),
        (lambda d: thresholded(d, "0.9"), ("share", "'0.9'")),
        (lambda d: thresholded(lambda xt, t: 0)(X, 5), ("0",)),
        (lambda d: classifier_free_guided(COSINE, MLP(2), torch.zeros(3).long(), 2), ("MLP",)),
        (lambda d: classifier_free_guided(None, MLP(2), torch.zeros(3).long(), 2), ("schedule", "None")),
    ],
)
def test_what_cannot_guide(build, given, refused):
    with refused(*given):
        build(lambda xt, t: xt)


@pytest.mark.parametrize("labels", [None, [0, 1], torch.tensor([0, 1, 2]), torch.tensor([0, 4]), torch.zeros(2)])
def test_labels_that_do_not_fit_a_guided_network(network, labels, refused):
    for scale in (1, 2):
        with refused("labels", "2", "3"):
            classifier_free_guided(COSINE, network, labels, scale)(torch.zeros(2, 1, 8, 8), 5)


def test_a_guided_denoiser_takes_any_denoiser_of_any_floating_type(seeded):
    for dtype in (torch.float32, torch.float64):
        xt = torch.randn(3, 2, generator=seeded(0)).to(dtype)
        first, second = both()
        assert guided(first, second, 3)(xt, 500).dtype == dtype
        led = classifier_guided(COSINE, from_eps(COSINE, lambda xt, t: xt), DATA.log_probability(0))(xt, 500)
        assert led.dtype == dtype and not led.requires_grad
