"""Judges of a reader's walk along a velocity: its order, and whole samples beside the package's.

评判读者沿速度走得怎样：阶是多少，整份样本与本包的是否一致。
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from course_utils import flows
from course_utils.exercises.lesson_10.build_trials import Labelled, Small, apart, asked, made, walked
from course_utils.language import Said
from course_utils.paths import straight

Velocity = Callable[[Tensor, float], Tensor]


def heun(velocity: Velocity, x: Tensor, times: Sequence[float]) -> Tensor:
    """Heun's method, the last step to 0 by Euler's. Heun 法，走到 0 的最后一步用欧拉法。"""
    return _walk(lambda v, x, t, s, k: x + (s - t) * (k + v(x + (s - t) * k, s)) / 2)(velocity, x, times)


def _euler(v: Velocity, x: Tensor, t: float, s: float, k: Tensor) -> Tensor:
    return x + (s - t) * k


def _walk(step: Callable[..., Tensor], last: Callable[..., Tensor] = _euler) -> Callable[..., Tensor]:
    def walk(velocity: Velocity, x: Tensor, times: Sequence[float]) -> Tensor:
        for t, s in pairwise(times):
            x = (step if s > 0 else last)(velocity, x, t, s, velocity(x, t))
        return x

    return walk


def _of_times(change: Callable[[list[float]], list[float]]) -> Callable[..., Tensor]:
    return lambda velocity, x, times: heun(velocity, x, change(list(times)))


def _of_equal_steps(v: Velocity, x: Tensor, times: Sequence[float]) -> Tensor:
    h = (times[-1] - times[0]) / (len(times) - 1)
    return _walk(lambda v, x, t, s, k: x + h * (k + v(x + h * k, s)) / 2, lambda v, x, t, s, k: x + h * k)(v, x, times)


def _midpoint(v: Velocity, x: Tensor, t: float, s: float, k: Tensor) -> Tensor:
    return x + (s - t) * v(x + (s - t) / 2 * k, (t + s) / 2)


def _walk_and_last(last: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Heun's method, but for the last step, wherever it goes."""

    def walk(velocity: Velocity, x: Tensor, times: Sequence[float]) -> Tensor:
        x, (t, s) = heun(velocity, x, times[:-1]), times[-2:]
        return last(velocity, x, t, s, velocity(x, t))

    return walk


WALKS: Sequence[tuple[Callable[..., Tensor], str, str]] = (
    (_walk(_euler), "this is Euler's method, of first order: ask for the slope at the step's far end, too, and take the mean of both", "这是欧拉法，只有一阶：还要问这一步另一头的斜率，取两者的均值"),
    (_walk(lambda v, x, t, s, k: x + (s - t) * (k + v(x + (s - t) * k, t)) / 2), "the second slope is asked for at the old time t; it is that of s", "第二个斜率是在旧时刻 t 问的；应在 s 问"),
    (_walk(lambda v, x, t, s, k: x + (s - t) * (k + v(x, s)) / 2), "the second slope is asked for at the old place; ask where Euler's step arrives", "第二个斜率是在旧位置问的；应在欧拉步到达处问"),
    (_walk(lambda v, x, t, s, k: x + (s - t) * v(x + (s - t) * k, s)), "only the second slope is used, which is of first order again; take the mean of both", "只用了第二个斜率，又成了一阶；应取两者的均值"),
    (_walk(lambda v, x, t, s, k: x + (s - t) * (k + v(x + (s - t) * k, s))), "the two slopes are added; their mean is needed", "两个斜率相加了；应取均值"),
    (_walk(lambda v, x, t, s, k: x + (s - t) * k + (s - t) * (k + v(x + (s - t) * k, s)) / 2), "the mean slope is walked from where Euler's step arrived; walk it from where the step began", "斜率的均值是从欧拉步的终点走的；应从这一步的起点走"),
    (_walk(lambda v, x, t, s, k: x + (s - t) * k + (s - t) * v(x + (s - t) * k, s)), "the second slope is walked after the first, which is twice the way; walk their mean from where the step began", "走完第一个斜率又走第二个，路走了两倍；应从起点走两者的均值"),
    (_walk(lambda v, x, t, s, k: x + (t - s) * (k + v(x + (t - s) * k, s)) / 2, lambda v, x, t, s, k: x + (t - s) * k), "time runs the wrong way: t falls, so a step adds (s − t) times the slope, which is below 0", "时间走反了：t 下降，一步加的是 (s − t) 乘斜率，s − t 小于 0"),
    (_walk(lambda v, x, t, s, k: x + (s - t) * (k + v(x + (t - s) * k, s)) / 2), "the trial step goes the wrong way: x + (s − t) times the slope", "试探的那一步走反了：应为 x + (s − t) 乘斜率"),
    (_of_times(lambda times: times[:-1]), "the last step, to 0, is missing", "缺了走到 0 的最后一步"),
    (_of_times(lambda times: times[1:]), "the first step is missing", "缺了第一步"),
    (_of_times(lambda times: times[:2]), "it returns after the first step; put the return after the loop", "走一步就返回了；请把 return 放到循环之后"),
    (_walk(_midpoint, _midpoint), "this is the midpoint method, which is of second order, too, but other samples come of it; Heun's was asked for, with Euler's for the last step", "这是中点法，也是二阶，但得到的样本不同；题目要的是 Heun 法，最后一步用欧拉法"),
    (_walk(_midpoint), "this is the midpoint method, which is of second order, too, but other samples come of it; Heun's was asked for", "这是中点法，也是二阶，但得到的样本不同；题目要的是 Heun 法"),
    (_of_equal_steps, "all steps are taken equally long; a step from t to s is s − t long", "每一步都当成一样长；从 t 到 s 的一步长 s − t"),
    (_walk(lambda v, x, t, s, k: x + (s - t) * (k + 3 * v(x + 2 / 3 * (s - t) * k, t + 2 / 3 * (s - t))) / 4), "this is Ralston's method, which is of second order, too, but other samples come of it; Heun's was asked for", "这是 Ralston 法，也是二阶，但得到的样本不同；题目要的是 Heun 法"),
)  # fmt: skip
NOT_TO_ZERO: Sequence[tuple[Callable[..., Tensor], str, str]] = (
    (_walk_and_last(_euler), "where the list ends above 0 its last step is Heun's like all others; only a step to 0 is Euler's: ask `s > 0`, not whether it is the last", "列表的终点若大于 0，最后一步也和别的一样用 Heun 法；只有走到 0 的一步才用欧拉法：要看 `s > 0`，不是看是不是最后一步"),
    (_of_times(lambda times: [*times, 0.0]), "it walks on to 0, though the list ends above 0: the walk ends at the last of the times", "列表在 0 以上就结束了，它却一直走到了 0：应停在最后一个时刻"),
    (_of_times(lambda times: [*times[:-1], 0.0]), "it walks to 0, though the list ends above 0: the walk ends at the last of the times", "列表在 0 以上就结束了，它却走到了 0：应停在最后一个时刻"),
    (_of_times(lambda times: times[:-1]), "where the list does not end at 0 the last step is missing", "列表若不在 0 处结束，就缺了最后一步"),
)  # fmt: skip
AT_ZERO: Said = (
    "the velocity is asked for at t = 0, where it would divide by 0; the last step, to 0, is Euler's and asks at t alone",
    "在 t = 0 处问了速度，那里要除以 0；走到 0 的最后一步用欧拉法，只在 t 处问",
)


class Probe:
    """A velocity that is known, put in the place of the reader's, and what was asked of it. 换上的已知速度，以及问了它什么。"""

    def __init__(self, velocity: Velocity):
        self.known, self.times = velocity, []

    def __call__(self, xt: Tensor, t: float) -> Tensor:
        self.times.append(float(t))
        if float(t) == 0:
            return torch.full_like(xt, torch.nan)
        return self.known(xt, float(t))


def _probed(answer: Callable, known: Velocity, x: Tensor, times: list[float]) -> tuple[Any, Probe, Said | None]:
    """Where the reader's walk along a known velocity ends. 读者沿已知速度走到哪里。"""
    probe = Probe(known)
    flow, fault = made(answer, Labelled(lambda x, log_snr: x), torch.zeros(len(x), dtype=torch.long))
    if fault is not None:
        return None, probe, fault
    flow.velocity = probe
    end, fault = walked(flow, x, times)
    if not probe.times and (fault is None or "labels" not in fault[0]):
        fault = fault or (
            "`sample` does not ask `self.velocity`, which it should walk along",
            "`sample` 没有去问 `self.velocity`；它应当沿那个速度走",
        )
    return end, probe, fault


def _known(t_x: tuple[float, float]) -> Velocity:
    """A velocity that bends, of place and time."""
    a, b = t_x
    return lambda x, t: a * math.cos(2 * t) * torch.sin(x) + b * t * x


def judge_order(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is the walk of second order, and does it never ask at t = 0? 走法是不是二阶，有没有在 t = 0 处问速度？"""
    x = 0.4 + torch.rand(5, 3, generator=generator, dtype=torch.float64)
    exact, errors, asks = x / (1 + x * math.sin(1.0)), [], []
    for n in (16, 32, 64):
        times = [1 - k / n for k in range(n)] + [0.0]
        end, probe, fault = _probed(answer, lambda x, t: math.cos(t) * x**2, x, times)
        if fault is not None:
            return fault
        if 0.0 in probe.times:
            return AT_ZERO
        asks.append((len(probe.times), 2 * n - 1, n))
        errors.append(float((end - exact).abs().max()))
    order = math.log2(errors[1] / errors[2]) if min(errors) > 0 and all(map(math.isfinite, errors)) else math.nan
    if not (order > 1.7 and errors[2] < 1e-2):
        return _named(answer, generator) or (
            f"walked with 16, 32 and 64 steps it misses the exact end by {', '.join(f'{e:.2g}' for e in errors)}: that is no second order",
            f"走 16、32、64 步，与精确终点相差 {'、'.join(f'{e:.2g}' for e in errors)}：不是二阶",
        )
    most, allowed, n = asks[0]
    if most > 2 * n:
        return (
            f"in {n} steps the velocity is asked for {most} times; two a step will do, and one in the last ({allowed})",
            f"{n} 步里问了 {most} 次速度；每步两次就够，最后一步一次（共 {allowed} 次）",
        )
    return None


def _trial(generator: torch.Generator) -> tuple[Velocity, Tensor, list[float]]:
    factors = (1 + torch.rand(2, generator=generator, dtype=torch.float64)).tolist()
    x = torch.randn(4, 3, generator=generator, dtype=torch.float64)
    return _known((factors[0], factors[1])), x, [1.0, 0.86, 0.6, 0.47, 0.2, 0.0]


def _named(answer: Callable, generator: torch.Generator) -> Said | None:
    """The walk that the reader's is, if it is one of those known; None if it is Heun's. 读者的走法是已知的哪一种。"""
    known, x, times = _trial(generator)
    end, probe, fault = _probed(answer, known, x, times)
    if fault is not None or 0.0 in probe.times:
        return fault or AT_ZERO
    if not apart(end, heun(known, x, times), 1e-6):
        return None
    return next(((en, zh) for walk, en, zh in WALKS if not apart(end, walk(known, x, times), 1e-6)), (
        "walked along a known velocity at uneven times it does not arrive where Heun's method does, with Euler's for the last step",
        "沿一个已知的速度、按不等间隔的时刻走，终点与 Heun 法（最后一步用欧拉法）的不同",
    ))  # fmt: skip


def _short_of_zero(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a walk over times that end before 0, if it is known. 时刻在 0 之前结束时，走法错在哪里（若认得出）。"""
    known, x, times = _trial(generator)
    end, _, fault = _probed(answer, known, x, times[:-1])
    if fault is not None or not apart(end, heun(known, x, times[:-1]), 1e-6):
        return fault
    return next(((en, zh) for walk, en, zh in NOT_TO_ZERO if not apart(end, walk(known, x, times[:-1]), 1e-6)), None)


def judge_whole(answer: Callable, generator: torch.Generator) -> Said | None:
    """Are whole samples those of the package, without gradients? 整份样本与本包的一致吗？有没有留下梯度？"""
    fault = _named(answer, generator) or _short_of_zero(answer, generator)
    if fault is not None:
        return fault
    for shape, dtype, with_labels in (((3, 4), torch.float64, True), ((2, 1, 3, 2), torch.float32, False), ((5, 2), torch.float32, True)):  # fmt: skip
        network, noise = (
            Small(math.prod(shape[1:]), generator, dtype),
            torch.randn(shape, generator=generator, dtype=dtype),
        )
        labels = torch.randint(10, shape[:1], generator=generator) if with_labels else None
        flow, fault = made(answer, network, labels)
        if fault is not None:
            return fault
        times = [1.0, 0.9, 0.7, 0.55, 0.3, 0.1, 0.0]
        for upto in (len(times), len(times) - 2):
            end, fault = walked(flow, noise, times[:upto])
            if fault is not None:
                return fault
            velocity = flows.velocity_field(straight, flows.guess_with_gradients(network, labels))
            with torch.no_grad():
                exact = heun(velocity, noise, times[:upto])
            if apart(end, exact, 2e-4):
                return _because(answer, (network, labels), noise, velocity)
        slope = asked(answer, network, labels, noise, 0.5)[0]
        if end.requires_grad or slope is not None and slope.requires_grad:
            return (
                "what comes out keeps gradients, and with them all that the network computed; write `@torch.no_grad()` over the method",
                "结果还带着梯度，网络算过的一切都留在内存里；请在方法上写 `@torch.no_grad()`",
            )
    return None


def _because(answer: Callable, given: tuple, noise: Tensor, velocity: Velocity) -> Said:
    for t in (1.0, 0.55, 0.1):
        slope, fault = asked(answer, *given, noise, t)
        if fault is not None:
            return fault
        if apart(slope, velocity(noise, t), 2e-4):
            return (
                f"whole samples differ from the package's, as the velocity does already at t = {t}: see the parts above",
                f"整份样本与本包的不同，因为 t = {t} 处速度就已不同：请看上面各部分",
            )
    return (
        "the velocity is right and so is the walk, but the whole sample is another: what is kept from one step to the next?",
        "速度对，走法也对，整份样本却不对：从一步到下一步，留下了什么？",
    )
