"""What a walk forgives, by the share of noise in it: data N(0, std^2), where nothing need be drawn, for lesson 10.

噪声占多少，采样就原谅多少：数据为 N(0, std^2) 时都能直接算出，不必采样；供第 10 课使用。

The walk is dx = [f x - (1 + noise^2) / 2 g^2 score] dt + noise g dW. Everything is linear; what is pushed is a number.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import torch

from course_utils.experiments.scores import vp_path
from course_utils.gates import MANY, check_number, check_whole
from course_utils.paths import at
from course_utils.sde import rates

NOISES = (0.0, 0.5, 1.0, 1.5, 2.0)
WIDTH = 0.5  # of the data


def correlation(t: float, std: float = WIDTH) -> float:
    """Of x_0 and x_t: a std / sqrt(a^2 std^2 + b^2). x_0 与 x_t 的相关系数。"""
    now, std = at(vp_path(), check_number("t", t, 0, 1)), check_number("std", std, 1e-6)
    return float(now.signal * std / torch.hypot(now.signal * std, now.noise))


def kept_of_push(t: float, noise: float, std: float = WIDTH) -> float:
    """What is left at t = 0 of a push of x_t by one standard deviation of its own, in those of x_0.

    把 x_t 推偏它自己的一个标准差，到 t = 0 还剩几个 x_0 的标准差。

    correlation^(noise^2): the ODE keeps all of it, the reverse SDE as much as x_t tells of x_0.
    """
    return correlation(t, std) ** (check_number("noise", noise, 0) ** 2)


def harm_of_error(t: float, noise: float, std: float = WIDTH) -> float:
    """By how much an error of the score at t moves the end, the ODE being 1: (1 + noise^2) correlation^(noise^2).

    t 处得分的一点误差把终点移动多少，与概率流常微分方程相比：(1 + noise^2) correlation^(noise^2)。
    """
    kept = kept_of_push(t, noise, std)
    return (1 + noise**2) * kept


@cache
def even_harm(noise: float, std: float = WIDTH) -> float:
    """The t at which an error does as much harm with this noise as without; before it, near the noise, it does less.

    误差在哪个 t 处，有噪声与没有噪声时造成的后果一样大；更靠近噪声的 t 处，有噪声时后果更小。
    """
    low, high = 1e-6, 1.0
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (low, middle) if harm_of_error(middle, noise, std) < 1 else (middle, high)
    return high


def walked_width(noise: float, steps: int, factor: float = 1.0, std: float = WIDTH) -> float:
    """The std that the walk gives to such data, with a score `factor` times the true one: a recursion over its steps.

    得分为真值的 `factor` 倍时，采样给出的标准差：逐步递推，不采样。
    """
    steps, noise, variance = check_whole("steps", steps, 1, MANY), check_number("noise", noise, 0), 1.0
    for t, s in pairwise(torch.linspace(1, 0, steps + 1, dtype=torch.float64).tolist()):
        now, (f, g2) = at(vp_path(), t), rates(vp_path(), t)
        slope = -factor / (now.signal**2 * std**2 + now.noise**2)
        gain = 1 + (s - t) * float(f - (1 + noise**2) / 2 * g2 * slope)
        variance = gain**2 * variance + noise**2 * float((t - s) * g2)
    return variance**0.5


def width_errors(steps: Sequence[int]) -> dict[str, tuple[list[int], list[float]]]:
    """Relative errors of that std with the exact score, by the share of noise; nothing is drawn. 标准差的相对误差。"""
    found: dict[str, tuple[list[int], list[float]]] = {}
    for noise in NOISES:
        errors = [abs(walked_width(noise, n) / WIDTH - 1) for n in steps]
        found[f"noise {noise:g}"] = list(steps), errors
    return found


def by_noise(measure: Callable[[float], float], noises: Sequence[float] = NOISES) -> list[float]:
    """A measure at every share of noise. 各个噪声份额下的一项度量。"""
    return [measure(noise) for noise in noises]
