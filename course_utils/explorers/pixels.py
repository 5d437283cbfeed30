"""Conditions from pixels under the hand: holes that are filled, and an image that becomes another.

动手试以像素为条件：补上缺口，以及把一幅图像变成另一幅。
"""

from collections.abc import Callable, Iterator
from functools import cache, partial

import torch
from torch import Tensor, nn

from course_utils import plots
from course_utils.conditions import pseudoinverse_guided, replaced, replacing, sdedit
from course_utils.denoisers import clipped, from_eps, image_denoiser, predict_eps
from course_utils.explorers.guidance import label_slider, let_go, seed_slider
from course_utils.gates import check_images
from course_utils.gaussians import coordinates
from course_utils.guidance import no_labels
from course_utils.language import CourseError
from course_utils.randomness import seeded
from course_utils.samplers import Sample, ddpm, dpm_solver, stepwise
from course_utils.schedules import Schedule, check_schedule
from course_utils.times import even_times, focused_times, resampled
from course_utils.widgets import Panel, choice

COMPLETIONS, RESULTS, START_STEPS = 6, 4, 10
METHODS = ("replaced", "RePaint", "PiGDM")


def masks(height: int, width: int) -> dict[str, Tensor]:
    """Masks by a sign that is black where pixels are hidden: right half, lower half, middle, every other row.

    以符号为名的掩码，黑处为隐去的像素：右半、下半、中间、隔行。

    Shapes: -> (1, h, w) of bools, True where a pixel is known.
    """
    row, column = torch.arange(height)[:, None], torch.arange(width)[None]
    near = ((row - (height - 1) / 2).abs() < height / 4) & ((column - (width - 1) / 2).abs() < width / 4)
    hidden = {"◨": column >= width / 2, "⬓": row >= height / 2, "▣": near, "▤": row % 2 == 1}
    return {sign: ~where.expand(height, width)[None] for sign, where in hidden.items()}


def inpainting_explorer(
    schedule: Schedule, network: nn.Module, x0: Tensor, *, mask: str = "◨", method: str = "replaced", seed: int = 0
) -> Panel:
    """Mask, method and seed: an image, the same with a hole, and 6 completions of it, without a label.

    掩码、方法与种子：一幅图像、挖去一块的同一幅，以及不给标签的 6 种补法。

    `replaced` in 20 steps of DDPM, RePaint in 10 that are walked 3 times each, PiGDM (ΠGDM) in 10, which
    go back through the network. Drawn when a control is let go, each setting once.
    Args: network, one that knows "no label"; mask a sign of `masks`, method one of METHODS, seed from 0 to 5.
    Shapes: x0 (1, c, h, w).  Raises: CourseError otherwise.
    """
    check_schedule(schedule), _one_image(x0)
    signs = masks(*x0.shape[-2:])
    which, over_method = choice("mask", list(signs), mask), choice("method", list(METHODS), method)
    over_seed = seed_slider(seed)
    no_labels(network, 1)

    @cache
    def row(sign: str, method: str, seed: int) -> tuple[str, Tensor]:
        mask, generator = signs[sign], seeded(seed)
        xT = torch.randn(COMPLETIONS, *x0.shape[1:], generator=generator)
        *asked, end = completing_walk(schedule, network, x0[0], mask, method)(xT, generator=generator)
        return f"{method}: {len(asked)} evaluations", torch.cat([x0, torch.where(mask, x0, 0), end.xt])

    def draw() -> plots.Picture:
        word, images = row(which.value, over_method.value, over_seed.value)
        en = f"An image, the same with a hole, {which.value}, and {COMPLETIONS} completions, {word}"
        zh = f"一幅图像、挖去一块（{which.value}）的同一幅，以及 {COMPLETIONS} 种补法，{word}"
        return plots.Picture(plots.duel_frame([(word, images)]).content, en, zh)

    return Panel([which, over_method, over_seed], draw, width=704, slow=True)


def completing_walk(
    schedule: Schedule, network: nn.Module, known: Tensor, mask: Tensor, method: str
) -> Callable[..., Iterator[Sample]]:
    """A walk that completes what is known by one of METHODS, (x_T, generator=) -> states. 用某种方法补全的走法。"""
    labels = no_labels(network, COMPLETIONS)
    plain, times = image_denoiser(schedule, network, labels), even_times(schedule, 10)
    if method == "replaced":
        told = replaced(plain, known, mask)
        return lambda xT, generator: ddpm(schedule, told, xT, even_times(schedule, 20), generator=generator)
    if method == "RePaint":
        again, step = resampled(times, jump=1, visits=3), replacing(known, mask)
        return lambda xT, generator: stepwise(schedule, plain, xT, again, step=step, generator=generator)
    with_gradients = from_eps(schedule, partial(predict_eps, schedule, network, labels=labels))
    led = pseudoinverse_guided(schedule, with_gradients, coordinates(mask), known[mask], spread=0.5)
    return lambda xT, generator: ddpm(schedule, clipped(led), xT, times, generator=generator)


def start_explorer(
    schedule: Schedule, network: nn.Module, x0: Tensor, *, y: int = 9, t: int = 700, seed: int = 0
) -> Panel:
    """Start time, label and seed: an image, the same noised to t, and 4 images of the label that begin there.

    起始时间、标签与种子：一幅图像、加噪到 t 的同一幅，以及从那里出发、带这个标签的 4 幅图像。

    DPM++ 2M on those of 10 `focused_times` that lie below t. Drawn when a slider is let go, each setting once.
    Args: network, one that knows labels; y one of them; t from 1 to T, seed from 0 to 5.
    Shapes: x0 (1, c, h, w).  Raises: CourseError otherwise.
    """
    check_schedule(schedule), _one_image(x0)
    over_t, over_y, over_seed = let_go("t", 1, schedule.T, t), label_slider(network, y), seed_slider(seed)
    times = focused_times(schedule, START_STEPS)

    @cache
    def row(t: int, y: int, seed: int) -> tuple[str, Tensor]:
        start = sdedit(schedule, x0.expand(RESULTS, -1, -1, -1), t, times, generator=seeded(seed))
        denoiser = image_denoiser(schedule, network, torch.full((RESULTS,), y))
        *asked, end = dpm_solver(schedule, denoiser, *start)
        return f"t = {t}, y = {y}: {len(asked)} evaluations", torch.cat([x0, start.xT[:1], end.xt])

    def draw() -> plots.Picture:
        word, images = row(over_t.value, over_y.value, over_seed.value)
        en = f"An image, the same noised, and {RESULTS} images that begin there, {word}"
        zh = f"一幅图像、加噪后的同一幅，以及从那里出发的 {RESULTS} 幅图像，{word}"
        return plots.Picture(plots.duel_frame([(word, images)]).content, en, zh)

    return Panel([over_t, over_y, over_seed], draw, width=528, slow=True)


def _one_image(x0: Tensor) -> None:
    if len(check_images(x0)) != 1:
        raise CourseError(
            f"There are {len(x0)} images. One at a time is completed or changed: x0[:1].",
            f"共有 {len(x0)} 幅图像。每次只补全或改变一幅：x0[:1]。",
        )
