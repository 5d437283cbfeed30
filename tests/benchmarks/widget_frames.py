"""How long a frame of each widget takes: python tests/benchmarks/widget_frames.py [moves]

每个控件重画一帧要多久：python tests/benchmarks/widget_frames.py [次数]
"""

import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import ipywidgets
import torch

from course_utils import data, oracle, points
from course_utils.denoisers import image_denoiser
from course_utils.experiments.own_folder import write_own_folder
from course_utils.experiments.ring import learned_from
from course_utils.experiments.ring_learners import filmed
from course_utils.explorers.browser import folder_explorer
from course_utils.explorers.clocks import clock_explorer
from course_utils.explorers.dial import dial_explorer
from course_utils.explorers.features import feature_explorer
from course_utils.explorers.forward import histogram_explorer
from course_utils.explorers.game import game_explorer
from course_utils.explorers.guidance import garment_explorer, guidance_explorer
from course_utils.explorers.pixels import inpainting_explorer, start_explorer
from course_utils.explorers.plane import field_explorer, playground_explorer
from course_utils.explorers.reverse import posterior_explorer
from course_utils.explorers.sampling import duel_explorer, sampler_explorer, trajectory_explorer
from course_utils.explorers.schedules import schedule_explorer
from course_utils.explorers.strength import strength_explorer
from course_utils.explorers.support import support_explorer
from course_utils.explorers.training import weight_explorer
from course_utils.samplers import Sample, ddim
from course_utils.schedules import cosine, linear
from course_utils.times import even_times
from course_utils.weights import pretrained
from course_utils.widgets import Panel, noise_slider

PLACE = tempfile.TemporaryDirectory()
PALACE = data.photograph("palace", 64)


def walk_of_digits() -> list[Sample]:
    """A walk of 16 digits of 28x28 with the exact denoiser."""
    schedule = cosine()
    truth = oracle.finite(schedule, data.digits(28).x[:100])
    noise = torch.randn(16, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    return list(ddim(schedule, truth, noise, even_times(schedule, 50)))


def of_garments(labels: torch.Tensor):
    """The denoiser of garments with these labels."""
    return image_denoiser(cosine(), pretrained("fashion_mnist"), labels)


def square() -> torch.Tensor:
    """A light square on black, in place of a garment."""
    x0 = -torch.ones(1, 1, 28, 28)
    x0[..., 6:22, 6:22] = 0.5
    return x0


def in_a_folder() -> Panel:
    """The lesson's own folder, written to a place that stays until the end."""
    place = write_own_folder(Path(PLACE.name) / "own")
    return folder_explorer(place, data.album(place))


PANELS = {
    "noise_slider": lambda: noise_slider(linear(), PALACE, t=300),
    "schedule_explorer": lambda: schedule_explorer(PALACE),
    "histogram_explorer": lambda: histogram_explorer(linear(), PALACE),
    "posterior_explorer": lambda: posterior_explorer(),
    "field_explorer": lambda: field_explorer(linear(), {"circle": points.circle(8), "moons": points.moons(60)}),
    "playground_explorer": lambda: playground_explorer(),
    "feature_explorer": lambda: feature_explorer(linear(), pretrained("digits"), data.digits().x[:1]),
    "weight_explorer": lambda: weight_explorer(),
    "sampler_explorer": lambda: sampler_explorer(),
    "strength_explorer": lambda: strength_explorer(),
    "trajectory_explorer": lambda: trajectory_explorer(cosine(), walk_of_digits()),
    "duel_explorer": lambda: duel_explorer(cosine(), of_garments),
    "guidance_explorer": lambda: guidance_explorer(),
    "clock_explorer": lambda: clock_explorer(),
    "dial_explorer": lambda: dial_explorer(steps=20),
    "support_explorer": lambda: support_explorer(),
    "garment_explorer": lambda: garment_explorer(cosine(), pretrained("fashion_mnist")),
    "game_explorer": lambda: game_explorer({f"R1 {r1:g}": list(filmed(learned_from(0), 40, r1=r1)) for r1 in (0, 0.1)}),
    "folder_explorer": in_a_folder,
    "inpainting_explorer": lambda: inpainting_explorer(cosine(), pretrained("fashion_mnist"), square()),
    "start_explorer": lambda: start_explorer(cosine(), pretrained("fashion_mnist"), square()),
}


def controls(box: ipywidgets.Box):
    """All controls with a range or a choice, at any depth."""
    for child in box.children:
        if isinstance(child, ipywidgets.Box):
            yield from controls(child)
        elif hasattr(child, "options") or hasattr(child, "min"):
            yield child


def move(control: ipywidgets.Widget, draw: random.Random) -> None:
    """Move a control to another of its values."""
    if hasattr(control, "options"):
        control.index = draw.choice([i for i in range(len(control.options)) if i != control.index])
    else:
        low, high = (10**v if isinstance(control, ipywidgets.FloatLogSlider) else v for v in (control.min, control.max))
        value = draw.uniform(low, high)
        control.value = round(value) if isinstance(control, ipywidgets.IntSlider) else value


def main(moves: int = 20) -> None:
    print(f"milliseconds a frame, median and maximum of {moves} moves of each control")
    draw = random.Random(0)
    for name, make in PANELS.items():
        panel = make()
        for control in controls(panel.box):
            times = []
            for _ in range(moves):
                began = time.perf_counter()
                move(control, draw)
                times.append(1000 * (time.perf_counter() - began))
            print(f"{name:20} {control.description:9} {median(times):7.1f} {max(times):7.1f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
