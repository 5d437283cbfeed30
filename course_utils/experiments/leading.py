"""Ways to draw garments under guidance: scales, intervals, autoguidance, and what holds the guess within its range.

在引导下画衣物的几种方式：强度、区间、自引导，以及怎样把猜测限制在范围之内。
"""

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from course_utils.denoisers import Denoiser, clipped, from_network, image_denoiser, thresholded
from course_utils.experiments.garments import BATCH, drawn_in_batches
from course_utils.guidance import classifier_free_guided, guided, log_snr_between, no_labels
from course_utils.samplers import Sample, dpm_solver
from course_utils.schedules import cosine
from course_utils.times import focused_times
from course_utils.weights import pretrained

DenoiserOfLabels = Callable[[Tensor], Denoiser]
STEPS = 10
LOW, HIGH = -2.0, 4.0  # log-SNR: where guidance is let work


def by_scale(
    scale: float, low: float = -math.inf, high: float = math.inf, hold: Callable = clipped
) -> DenoiserOfLabels:
    """Guidance between two log-SNRs, held within [-1, 1] afterwards. 在两个对数信噪比之间引导，之后限制在 [-1, 1]。"""

    def of(labels: Tensor) -> Denoiser:
        schedule, network = cosine(), pretrained("fashion_mnist")
        interval = log_snr_between(schedule, low, high)
        return hold(classifier_free_guided(schedule, network, labels, scale, interval))

    return of


def autoguided(scale: float) -> DenoiserOfLabels:
    """Away from the same network as it was after 600 steps of training, same label. 自引导：远离半途的自己。"""

    def of(labels: Tensor) -> Denoiser:
        better, worse = (
            from_network(cosine(), pretrained(name), labels) for name in ("fashion_mnist", "fashion_mnist_halfway")
        )
        return clipped(guided(better, worse, scale))

    return of


def clipped_before(scale: float) -> DenoiserOfLabels:
    """The other order: both guesses are clipped, their mix is not. 另一种次序：先截断两个猜测，混合之后不再截断。"""

    def of(labels: Tensor) -> Denoiser:
        network = pretrained("fashion_mnist")
        told = labels, no_labels(network, len(labels))
        return guided(*(image_denoiser(cosine(), network, label) for label in told), scale)

    return of


DRAWN_BY: dict[str, DenoiserOfLabels] = {
    **{f"{scale:g}": by_scale(scale) for scale in (0, 1, 1.5, 2, 3, 4, 8)},
    "2, below -2": by_scale(2, high=LOW),
    "2, -2 to 4": by_scale(2, LOW, HIGH),
    "2, above 4": by_scale(2, low=HIGH),
    "4, -2 to 4": by_scale(4, LOW, HIGH),
    "autoguided 2": autoguided(2),
    "4, clipped before": clipped_before(4),
    "4, thresholded": by_scale(4, hold=thresholded),
}
NO_LABEL = "0"  # its labels are not told: agreement is chance, and the judge sorts its samples into classes


def led_garments(name: str, n: int, *, first_seed: int = 0, each: Callable[[Sample], object] | None = None) -> Tensor:
    """n garments drawn this way, (n, 1, 28, 28) in [-1, 1]. 用这种方式画的 n 件衣物。"""
    times = focused_times(cosine(), STEPS)
    batches = drawn_in_batches(DRAWN_BY[name], dpm_solver, times, n, first_seed=first_seed, each=each)
    return torch.cat(list(batches)).clamp(-1, 1)  # as a file of an image holds them


def states_led(n: int, names: Iterable[str] = tuple(DRAWN_BY)) -> int:
    """How many states are passed when n garments are drawn each way. 每种方式各画 n 件，一共经过多少个状态。"""
    return math.ceil(n / BATCH) * len(list(names)) * (STEPS + 1)
