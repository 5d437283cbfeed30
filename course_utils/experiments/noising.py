"""What lesson 02 measures on the forward process: variances, shapes of noise, paths of a pixel.

第 02 课在前向过程上测量的量：方差、噪声的形状、像素的路径。
"""

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.data import photograph
from course_utils.forward import forward_jump, forward_step
from course_utils.randomness import seeded


def first_normal() -> int:
    """The first t, of the linear schedule, at which the palace's pixels are within D = 0.1 of N(0, 1); exactly.

    线性调度下，楼阁照片的像素与 N(0, 1) 的距离首次不超过 D = 0.1 的 t；精确计算，不靠随机数。
    """
    schedule, x0 = schedules.linear(), photograph("palace", 64).flatten().double()
    at = torch.linspace(-5, 5, 101, dtype=torch.float64)
    bell = torch.exp(-(at**2) / 2)
    low, high = 0, schedule.T  # D falls with t
    while high - low > 1:
        t = (low + high) // 2
        mean, std = schedule.signal[t] * x0, schedule.noise[t]
        density = torch.exp(-(((at - mean[:, None]) / std) ** 2) / 2).mean(0) / std
        near = float((density - bell).abs().sum()) * 0.1 / 2 / (2 * torch.pi) ** 0.5 <= 0.1
        low, high = (low, t) if near else (t, high)
    return high


def variances(T: int = 1000) -> dict[str, list[float]]:
    """The variance of x_t over t, from data of variance 1, for the right step and two wrong ones; by recursion.

    从方差为 1 的数据出发，x_t 的方差随 t 的变化：正确的一步，以及两种错误的一步；递推得到。
    """
    beta = schedules.linear(T).beta.tolist()
    laws = {
        r"$\sqrt{1-\beta}\,x+\sqrt{\beta}\,\epsilon$": lambda v, b: (1 - b) * v + b,
        r"$x+\sqrt{\beta}\,\epsilon$": lambda v, b: v + b,
        r"$\sqrt{1-\beta}\,x+\beta\,\epsilon$": lambda v, b: (1 - b) * v + b * b,
    }
    curves = {}
    for name, law in laws.items():
        curves[name] = [1.0]
        for b in beta[1:]:
            curves[name].append(law(curves[name][-1], b))
    return curves


def uniform_steps(n: int = 10_000) -> dict[str, Tensor]:
    """Noise of x_t scaled to variance 1, after 1, 2 and 1000 steps with centred uniform noise of variance 1 each.

    每步用方差为 1、以 0 为中心的均匀噪声，走 1、2、1000 步之后，x_t 中的噪声（缩放到方差 1）。
    """
    schedule, generator = schedules.linear(), seeded(0)
    x, seen = torch.zeros(n), {}
    for t in range(1, schedule.T + 1):
        x = forward_step(schedule, x, t, (torch.rand(n, generator=generator) - 0.5) * 12**0.5).xt
        if t in (1, 2, 1000):
            seen[f"$t = {t}$"] = x / schedule.noise[t]
    return seen


def two_films(t: int = 500, n: int = 10_000) -> tuple[float, float]:
    """The correlation of a pixel at t and at t + 1, given x_0: along a chain of steps, and between two fresh jumps.

    给定 x_0，同一像素在 t 与 t + 1 的相关系数：沿一步步走的链，以及两次各抽噪声的跳跃。
    """
    schedule, generator = schedules.linear(), seeded(0)
    x0 = torch.full((n,), -0.6)
    xt, _ = forward_jump(schedule, x0, t, generator=generator)
    after, _ = forward_step(schedule, xt, t + 1, generator=generator)
    fresh, _ = forward_jump(schedule, x0, t + 1, generator=generator)
    return tuple(float(torch.corrcoef(torch.stack([xt, other]))[0, 1]) for other in (after, fresh))


def one_pixel(last: int = 1000) -> dict[str, Tensor]:
    """One pixel over t, from x_0 = -0.6: by a fresh jump to each t, and by steps. 一个像素随 t 的变化。"""
    schedule, generator = schedules.linear(), seeded(1)
    start = torch.tensor([-0.6])
    steps, jumps = [start], [start]
    for t in range(1, last + 1):
        steps.append(forward_step(schedule, steps[-1], t, generator=generator).xt)
        jumps.append(forward_jump(schedule, start, t, generator=generator).xt)
    return {"jumps": torch.cat(jumps), "steps": torch.cat(steps)}
