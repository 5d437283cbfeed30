"""The samplers' widgets: each control changes the picture, which keeps its size and tells the truth.

采样器的控件：每个控件都改变图，图的尺寸不变，数也如实。
"""

import re

import pytest
import torch
from panels import controls, every_move_is_seen

from course_utils import data, metrics, oracle, points, samplers, schedules, times
from course_utils.experiments import moons
from course_utils.explorers import sampling as explorers
from course_utils.explorers.sampling import duel_explorer, sampler_explorer, trajectory_explorer
from course_utils.reverse import sigma_beta

SCHEDULE = schedules.cosine()


def kept(steps: int = 6) -> list[samplers.Sample]:
    """A walk of four digits with the exact denoiser."""
    truth = oracle.finite(SCHEDULE, data.digits().x[:50])
    noise = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    return list(samplers.ddim(SCHEDULE, truth, noise, times.even_times(SCHEDULE, steps)))


def towards_labels(labels):
    """A denoiser of garments that knows one image for each label: grey, the darker the larger the label."""
    x0 = (1 - labels / 5).reshape(-1, 1, 1, 1).expand(-1, 1, 28, 28)

    def denoise(xt, t):
        ratio = SCHEDULE.noise_to_signal[t]
        pulled = (x0 * (1 - 0.5 * ratio / (1 + ratio)) + 0.3 * xt).clamp(-1, 1)
        return ((xt - SCHEDULE.signal[t] * pulled) / SCHEDULE.noise[t]).float()

    return denoise


@pytest.mark.parametrize(
    "build, moves",
    [
        (
            sampler_explorer,
            {
                "sampler": ["DDPM β̃", "DDPM β", "Heun", "DPM++ 2M", "DDIM"],
                "spacing": ["leading", "both ends", "log-SNR", "Karras", "focused", "even"],
                "steps": [2, 20, 50, 8],
                "η": [0.5, 1.0, 0.0],
                "seed": [1, 5, 0],
            },
        ),
        (lambda: trajectory_explorer(SCHEDULE, kept(), 2), {"k": [0, 6, 1, 2]}),
        (
            lambda: duel_explorer(SCHEDULE, towards_labels, 4),
            {
                "above": ["Heun", "Euler a", "DDPM β", "DDIM"],
                "below": ["DDIM", "Heun", "DPM++ 2M"],
                "steps": [2, 20, 6],
                "seed": [3, 5, 0],
            },
        ),
    ],
    ids=["playground", "trajectory", "duel"],
)
def test_each_control_changes_the_picture_and_never_its_size(build, moves):
    panel = build()
    assert set(controls(panel)) == set(moves)
    every_move_is_seen(panel, moves)


def test_widths_are_explicit_and_slow_panels_wait_for_the_hand():
    playground, walk = sampler_explorer(), trajectory_explorer(SCHEDULE, kept())
    duel = duel_explorer(SCHEDULE, towards_labels)
    for panel, width in ((playground, 400), (walk, 720), (duel, 704)):
        assert all(control.layout.width.endswith("px") for control in controls(panel).values())
        assert panel.image.layout.width == f"{width}px"
    assert not any(controls(playground)[name].continuous_update for name in ("steps", "η", "seed"))
    assert not any(controls(duel)[name].continuous_update for name in ("steps", "seed"))
    assert controls(walk)["k"].continuous_update


def test_the_playground_prints_the_error_of_its_particles(seeded):
    panel = sampler_explorer("DPM++ 2M", steps=10, spacing="Karras", seed=3)
    truth = oracle.mixture(SCHEDULE, points.moons(60), torch.full((60,), moons.STD))
    noise = torch.randn(300, 2, generator=seeded(3), dtype=torch.float64)
    x0 = samplers.finish(samplers.dpm_solver(SCHEDULE, truth, noise, times.karras_times(SCHEDULE, 10)))
    fine = schedules.cosine(10_000)
    exact_truth = oracle.mixture(fine, truth.means, truth.stds)
    along = [10_000, *times.log_snr_times(fine, 150)]
    exact = samplers.finish(samplers.dpm_solver(fine, exact_truth, noise, along))
    expected = float((x0 - exact).norm(dim=1).mean() / exact.norm(dim=1).mean())
    told = re.search(r"(\d+) evaluations +distance (\S+) +error (\S+) %", panel.picture.en)
    assert int(told[1]) == 10 and float(told[3]) == pytest.approx(100 * expected, rel=0.02)
    distance = metrics.energy_distance(x0, truth.draw(1000, seeded(0)))
    assert float(told[2]) == pytest.approx(distance, abs=6e-5)


@pytest.mark.parametrize(
    "name, told",
    [("DDIM", True), ("Heun", True), ("DPM++ 2M", True)] + [(n, False) for n in ("DDPM β̃", "DDPM β", "Euler a")],
)
def test_only_samplers_without_fresh_noise_have_an_error(name, told):
    panel = sampler_explorer(name, steps=5)
    asked = 9 if name == "Heun" else 5
    assert ("error" in panel.picture.en) == ("error" in panel.picture.zh) == told
    assert panel.picture.en.count(f"{asked} evaluations") == 1
    assert controls(panel)["η"].disabled == (name != "DDIM")  # what does nothing looks it
    controls(panel)["η"].value = 0.5
    assert ("error" in panel.picture.en) == (told and name != "DDIM")


def test_those_with_fresh_noise_are_three_names_for_one_step():
    shown = {}
    for name in ("DDPM β̃", "Euler a", "DDIM"):
        panel = sampler_explorer(name, steps=12)
        if name == "DDIM":
            controls(panel)["η"].value = 1.0
        shown[name] = panel.picture.en
    assert len(set(shown.values())) == 1


def test_fresh_noise_is_not_the_first_noise_again(seeded):
    panel = sampler_explorer("DDPM β", steps=5, spacing="leading", seed=2)
    truth, generator = oracle.mixture(SCHEDULE, points.moons(60), torch.full((60,), moons.STD)), seeded(2)
    noise = torch.randn(300, 2, generator=generator, dtype=torch.float64)
    walk = samplers.ddpm(
        SCHEDULE, truth, noise, times.leading_times(SCHEDULE, 5), sigma=sigma_beta, generator=generator
    )
    distance = metrics.energy_distance(samplers.finish(walk), truth.draw(1000, seeded(0)))
    assert float(re.search(r"distance (\S+)", panel.picture.en)[1]) == pytest.approx(distance, abs=6e-5)


@pytest.mark.parametrize("spacing", moons.SPACINGS)
def test_more_steps_come_nearer_with_every_spacing(spacing):
    panel, found = sampler_explorer("DDIM", spacing=spacing), []
    for n in (6, 12, 50):
        controls(panel)["steps"].value = n
        found.append(float(re.search(r"error (\S+) %", panel.picture.en)[1]))
    assert found[0] > found[1] > found[2]


@pytest.mark.parametrize("share, told", [(0.00523, "0.523 %"), (0.171, "17.1 %"), (49.82, "4,982 %"), (1.0, "100 %")])
def test_per_cents_are_read_at_a_glance(share, told):
    assert explorers._percent(share) == told


def test_the_trajectory_tells_its_time_and_its_noise():
    samples = kept()
    panel = trajectory_explorer(SCHEDULE, samples, 4)
    assert (controls(panel)["k"].min, controls(panel)["k"].max) == (0, 6)
    for k in range(7):
        controls(panel)["k"].value = k
        told = re.search(r"k = (\d+) +t = (\d+) +noise (\S+)", panel.picture.en)
        t = samples[k].t
        assert (int(told[1]), int(told[2])) == (k, t)
        assert float(told[3].replace(",", "")) == pytest.approx(float(SCHEDULE.noise_to_signal[t]), rel=0.01)
        assert told[0] in panel.picture.zh


def test_the_duel_starts_both_from_the_same_noise():
    seen = []

    def denoiser_of_labels(labels):
        assert labels.tolist() == [0, 1, 2]
        inner = towards_labels(labels)

        def denoise(xt, t):
            seen.append((t, xt))
            return inner(xt, t)

        return denoise

    panel = duel_explorer(SCHEDULE, denoiser_of_labels, 3)
    along = times.log_snr_times(SCHEDULE, 6)
    assert [t for t, _ in seen] == 2 * along[:-1] and torch.equal(seen[0][1], seen[6][1])
    assert "DDIM: 6 evaluations, DPM++ 2M: 6 evaluations" in panel.picture.en
    controls(panel)["below"].value = "Heun"
    assert "DDIM: 6 evaluations, Heun: 11 evaluations" in panel.picture.zh
    assert len(seen) == 12 + 11, "the row that stayed is not drawn anew"
    controls(panel)["below"].value = "DPM++ 2M"
    assert len(seen) == 12 + 11, "nor is one that was seen before"


def test_the_duel_counts_what_it_asks():
    asked = []

    def denoiser_of_labels(labels):
        inner = towards_labels(labels)
        return lambda xt, t: asked.append(t) or inner(xt, t)

    panel = duel_explorer(SCHEDULE, denoiser_of_labels, 1)
    for name in moons.SAMPLERS:
        asked.clear()
        controls(panel)["above"].value = "Heun" if name == "DDIM" else "DDIM"
        asked.clear()
        controls(panel)["steps"].value = 5 if name != "DDIM" else 4
        controls(panel)["above"].value = name
        told = int(re.search(rf"{re.escape(name)}: (\d+)", panel.picture.en)[1])
        assert told == {"Heun": 9}.get(name, 4 if name == "DDIM" else 5)


@pytest.mark.parametrize(
    "build, given",
    [
        (lambda: sampler_explorer("Milstein"), "Milstein"),
        (lambda: sampler_explorer(spacing="random"), "random"),
        (lambda: sampler_explorer(steps=1), "1"),
        (lambda: sampler_explorer(steps=51), "51"),
        (lambda: sampler_explorer(steps=[8]), "[8]"),
        (lambda: sampler_explorer(seed=6), "6"),
        (lambda: trajectory_explorer(SCHEDULE, []), "ddim"),
        (lambda: trajectory_explorer(SCHEDULE, kept(), 7), "7"),
        (lambda: trajectory_explorer(SCHEDULE, kept(), -1), "-1"),
        (lambda: trajectory_explorer(SCHEDULE, kept(), True), "True"),
        (lambda: duel_explorer(SCHEDULE, towards_labels, 0), "0"),
        (lambda: duel_explorer(SCHEDULE, towards_labels, 2.5), "2.5"),
    ],
)
def test_what_a_panel_cannot_show_is_refused(build, given, refused):
    with refused(given):
        build()
