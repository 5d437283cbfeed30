"""The dial between ODE and SDE: closed forms against walks, scores that are wrong, and the widget.

ODE 与 SDE 之间的刻度盘：公式对照实际行走，各种错误的得分，以及控件。
"""

import math
import re

import pytest
import torch
from panels import controls, every_move_is_seen

from course_utils import flows, oracle, paths, schedules, sde
from course_utils.experiments import dial, flow_moons, forgiving, scores
from course_utils.explorers.dial import PLAYED, dial_explorer
from course_utils.metrics import energy_distance

TOLD = re.compile(r"noise (\S+) +(\d+) steps +distance (\S+) +floor (\S+)")


@pytest.fixture(scope="module")
def bell():
    """The exact score of N(0, 0.5^2) on the path."""
    truth = oracle.mixture(schedules.linear(), torch.zeros(1, 1), torch.tensor([0.5]))
    return flows.score_field(scores.vp_path(), flows.guess_of_oracle(truth))


def by_hand(score, noise, x, times):
    """The drift alone, step by step: what it does to a push."""
    for t, s in zip(times, times[1:], strict=False):
        f, g2 = sde.rates(scores.vp_path(), t)
        x = x + (s - t) * (float(f) * x - (1 + noise**2) / 2 * float(g2) * score(x, t))
    return x


@pytest.mark.parametrize("noise, t", [(0.0, 0.8), (0.5, 0.3), (1.0, 0.3), (2.0, 0.1)])
def test_what_is_kept_of_a_push_is_the_correlation_to_the_power_of_noise_squared(bell, noise, t):
    now = paths.at(scores.vp_path(), t)
    spread = float(torch.hypot(now.signal * 0.5, now.noise))
    left = by_hand(bell, noise, torch.full((1, 1), spread).double(), torch.linspace(t, 0, 401).double().tolist())
    assert float(left) / 0.5 == pytest.approx(forgiving.kept_of_push(t, noise), rel=0.05, abs=2e-3)


def test_lesson_03_is_found_again_at_both_ends_of_the_dial():
    now = paths.at(scores.vp_path(), 0.8)
    spread = float(torch.hypot(now.signal * 0.5, now.noise))
    kept = [forgiving.kept_of_push(0.8, noise) * 0.5 / spread for noise in (1.0, 0.0)]
    assert kept == pytest.approx([0.0098, 0.499], rel=0.01)


@pytest.mark.parametrize("noise", [0.5, 1.0])
def test_an_error_of_the_score_harms_alike_where_it_is_said_to(bell, noise):
    even = forgiving.even_harm(noise)
    assert 0.1 < even < 0.4

    when = torch.tensor([even + 0.1, even, even - 0.1], dtype=torch.float64)[:, None]

    def wrong(x, now):  # each row at a time of its own
        return bell(x, now) + ((when - now).abs() < 0.005).double()

    times = torch.linspace(even + 0.12, 0, 301).double().tolist()
    harm, as_ode = (by_hand(wrong, share, torch.zeros(3, 1).double(), times)[:, 0].tolist() for share in (noise, 0.0))
    assert harm[0] < as_ode[0] and harm[2] > as_ode[2] and harm[1] == pytest.approx(as_ode[1], rel=0.03)
    assert forgiving.correlation(forgiving.even_harm(1.0)) == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize("noise, factor", [(0.0, 1.0), (1.0, 0.9), (2.0, 1.1)])
def test_the_recursion_of_the_width_is_the_walk(bell, noise, factor):
    generator = torch.Generator().manual_seed(0)
    xT = torch.randn(10_000, 1, generator=generator).double()
    walk = sde.reverse_sde(
        scores.vp_path(),
        dial.scaled(bell, factor),
        xT,
        torch.linspace(1, 0, 41).tolist(),
        noise=noise,
        generator=generator,
    )
    *_, last = walk
    assert float(last.xt.std()) == pytest.approx(forgiving.walked_width(noise, 40, factor), rel=0.02)


def test_with_the_exact_score_every_share_of_noise_comes_to_the_same_width_to_first_order():
    for steps, errors in forgiving.width_errors([400, 800]).values():
        assert steps == [400, 800] and errors[1] < 0.003 and errors[1] == pytest.approx(errors[0] / 2, rel=0.1)


def test_a_score_of_wrong_size_is_forgiven_by_noise_alone():
    weak = [forgiving.walked_width(noise, 500, 0.9) / 0.5 for noise in (0.0, 1.0, 2.0)]
    assert weak[0] > 1.7 and 1.1 < weak[1] < 1.15 and 1.05 < weak[2] < 1.1
    alpha_bar, v = float(schedules.linear().alpha_bar[-1]), 0.25
    ode = (v * alpha_bar / (alpha_bar * v + 1 - alpha_bar)) ** -0.05  # the flow's own formula, small steps
    assert forgiving.walked_width(0.0, 2000, 0.9) / 0.5 == pytest.approx(ode, rel=0.02)


def test_wrong_scores_are_wrong_by_as_much_as_is_said_and_where():
    exact, x = dial.exact_moon_score(), torch.tensor([[0.3, -0.2]]).double()
    torch.testing.assert_close(dial.scaled(exact, 0.9)(x, 0.4), 0.9 * exact(x, 0.4))
    wrong = dial.wrong_between(exact, (0.5, 0.7))
    for t, off in ((0.5, 0), (0.6, 0.3), (0.7, 0.3), (0.71, 0)):
        b = float(paths.at(scores.vp_path(), t).noise)
        torch.testing.assert_close(-b * (wrong(x, t) - exact(x, t)), torch.tensor([[off, 0.0]]).double())


def test_walks_with_the_exact_score_end_at_the_moons_and_a_weak_one_needs_noise():
    weak = dial.scaled(dial.exact_moon_score(), 0.9)
    near, ode, walked = (
        flow_moons.distance_to_moons(dial.dialled(score, noise, 60, n=400), 1000, dial.COMPARED)
        for score, noise in ((dial.exact_moon_score(), 0.5), (weak, 0.0), (weak, 1.5))
    )
    assert near < 0.006 and walked < 0.01 and ode > 0.025


def test_a_learned_score_gets_better_and_is_the_same_for_a_seed():
    x = torch.randn(50, 2, generator=torch.Generator().manual_seed(0)).double()
    short, longer = (dial.learned_score.__wrapped__(steps, 1) for steps in (5, 60))
    errors = [float((score(x, 0.1) - dial.exact_moon_score()(x, 0.1)).square().mean()) for score in (short, longer)]
    assert errors[1] < errors[0]
    assert torch.equal(short(x, 0.1), dial.learned_score.__wrapped__(5, 1)(x, 0.1))


def test_means_over_seeds_have_their_errors():
    assert scores.averaged(torch.tensor([1.0, 3.0])) == (2.0, pytest.approx(1.0))
    floor = dial.dial_floor(100, 200, 10)
    assert 0 < floor.error < floor.value < 0.05


def test_each_control_changes_the_picture_and_never_its_size():
    panel = dial_explorer(steps=10)
    assert {"noise", "steps", "seed"} <= set(controls(panel))
    every_move_is_seen(panel, {"noise": [0.0, 2.0, 1.0], "steps": [20, 10], "seed": [5, 0]})


def test_what_it_prints_is_true():
    panel = dial_explorer(0.5, 20, "10 % weak", 2)
    x0 = dial.dialled(dial.scaled(dial.exact_moon_score(), 0.9), 0.5, 20, 2, 200)
    told = [float(value) for value in TOLD.search(panel.picture.en).groups()]
    distance = energy_distance(x0, dial.exact_draws(1000, 1_000_000))
    assert told == pytest.approx([0.5, 20, distance, dial.dial_floor(200, 1000).value], abs=6e-5)


@pytest.mark.parametrize(
    "given, named", [(dict(noise=2.5), "2.5"), (dict(steps=5), "5"), (dict(score="none"), "none"), (dict(seed=6), "6")]
)
def test_what_it_cannot_show_is_refused(given, named, refused):
    with refused(named):
        dial_explorer(**given)


def test_every_score_is_stored_for_every_share_of_noise_and_all_but_networks_can_be_played():
    assert list(dial.STORED) == list(dial.dial_scores())
    assert {len(row) for row in [*dial.STORED.values(), *dial.STEPS_STORED.values()]} == {len(forgiving.NOISES)}
    assert list(PLAYED) == [name for name in dial.STORED if "trained" not in name]


def clearly_less(a, b):
    """By more than three errors of the difference."""
    return b[0] - a[0] > 3 * math.hypot(a[1], b[1])


def test_what_is_stored_says_where_noise_forgives_and_where_it_harms():
    assert list(dial.STEPS_STORED) == list(dial.STEPS_TRIED)
    ode, sde_, much = (
        {name: row[forgiving.NOISES.index(noise)] for name, row in dial.STORED.items()} for noise in (0, 1, 2)
    )
    for name in ("10 % weak", "10 % strong", "wrong early"):
        assert clearly_less(sde_[name], ode[name])
    for name in ("wrong late", "trained 150 steps", "trained 500 steps"):
        assert clearly_less(ode[name], much[name])


@pytest.mark.full
def test_a_stored_distance_comes_out_again():
    stored = dial.STORED["wrong late"][2]
    found = dial.measured_distance(dial.dial_scores()["wrong late"], 1.0, dial.STEPS)
    assert found.value == pytest.approx(stored[0], rel=0.02)
