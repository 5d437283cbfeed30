"""Exercise 10.likely: the log-density of data, by walking them to the noise and noting what the flow stretches.

练习 10.likely：让数据沿流走到噪声，记下流把体积拉伸了多少，由此求对数密度。
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said

Field = Callable[[Tensor, float], Tensor]
STEPS = 160
NEAR = 0.025  # of 1 and of the largest log-density: Euler misses it by a third of that with these steps
TRIALS = (((5, 2), torch.float64), ((4, 1, 2, 2), torch.float32), ((6, 3), torch.float64))


def log_density(velocity, divergence, x, times):
    """Log-density of x at times[0], 0 the data, by Euler steps along the flow to N(0, I). 沿流走到 N(0, I) 求对数密度。"""
    stretched = torch.zeros(len(x), dtype=x.dtype)
    for t, s in pairwise(times):
        stretched = stretched + (s - t) * divergence(x, t)
        x = x + (s - t) * velocity(x, t)
    return stretched - (x**2 + math.log(2 * math.pi)).flatten(1).sum(1) / 2


class Walked:
    """What a walk by Euler's method gives for a formula to be made of. 欧拉法走一遍得到的、公式所需的各个量。"""

    def __init__(self, velocity: Field, divergence: Field, x: Tensor, times: Sequence[float], direction: float = 1.0):
        self.start, self.n, self.d = x, len(times) - 1, x[0].numel()
        self.first = divergence(x, times[0])
        self.stretched, self.summed, self.fixed = (torch.zeros(len(x), dtype=torch.float64) for _ in range(3))
        for t, s in pairwise(times):
            here = divergence(x, t)
            self.stretched = self.stretched + (s - t) * here
            self.summed = self.summed + here
            self.fixed = self.fixed + (s - t) * divergence(self.start, t)
            x = x + direction * (s - t) * velocity(x, t)
        self.last, self.end = divergence(x, times[-1]), x
        self.squares, self.log = x.square().flatten(1).sum(1), math.log(2 * math.pi)

    @property
    def normal(self) -> Tensor:
        """log N(x_1; 0, I). 终点的标准正态对数密度。"""
        return -(self.squares + self.d * self.log) / 2


@lru_cache(maxsize=9)  # one judging has three flows, walked three ways
def _walked(velocity: Field, divergence: Field, x: Tensor, times: tuple[float, ...], direction: float) -> Walked:
    return Walked(velocity, divergence, x, times, direction)


def _of(formula: Callable[[Walked], Tensor], direction: float = 1.0, back: bool = False) -> Callable[..., Tensor]:
    """The answer that a formula of a walk gives; walked the wrong way where `back`, or with the velocity reversed."""

    def gives(velocity: Field, divergence: Field, x: Tensor, times: Sequence[float]) -> Tensor:
        walked = tuple(reversed(times)) if back else tuple(times)
        return formula(_walked(velocity, divergence, x, walked, direction)).to(x.dtype)

    return gives


def _at_the_start(walk: Walked) -> Tensor:
    return walk.stretched - (walk.start.square().flatten(1).sum(1) + walk.d * walk.log) / 2


def _by_even_steps(velocity: Field, divergence: Field, x: Tensor, times: Sequence[float]) -> Tensor:
    """The answer of one who takes all steps to be equally long."""
    even = 1 / (len(times) - 1)
    stretched = torch.zeros(len(x), dtype=torch.float64)
    for t in times[:-1]:
        stretched, x = stretched + even * divergence(x, t), x + even * velocity(x, t)
    return (stretched - (x**2 + math.log(2 * math.pi)).flatten(1).sum(1) / 2).to(x.dtype)


LIKELY_MISTAKES = [
    Mistake(gives, en, zh)
    for gives, en, zh in (
        (_of(lambda w: w.normal), "the change of variables is missing: where the flow stretches a crowd its density falls, and the divergence along the way says by how much", "漏了变量替换：流把一群点拉开，密度就下降；拉开了多少，由沿途的散度说出"),
        (_of(lambda w: w.normal - w.stretched), "the sign of the divergence: where the way to the noise stretches, the data lay denser than their noise does, so it is added", "散度的符号反了：走向噪声的路上若拉开了，数据处就比噪声处更密，所以应当加上"),
        (_of(lambda w: w.stretched + w.normal, -1.0), "x walks against the velocity: it points to the noise, and the times rise, so x + (s − t) v", "x 逆着速度走了：速度指向噪声，时刻又在增大，应为 x + (s − t) v"),
        (_of(lambda w: w.stretched + w.normal, back=True), "the times are walked backwards: x is data, and must be taken from 0 to the noise at 1", "时刻倒着走了：x 是数据，应当从 0 走到 1 处的噪声"),
        (_of(lambda w: w.normal - w.stretched, back=True), "the times are walked backwards: x is data, and must be taken from 0 to the noise at 1 (and the divergence then be added)", "时刻倒着走了：x 是数据，应当从 0 走到 1 处的噪声（散度也应加上）"),
        (_of(lambda w: w.stretched - w.squares / 2), "log 2π is missing: a normal density has −d/2 log 2π beside −|x|² / 2", "漏了 log 2π：正态密度除了 −|x|² / 2，还有 −d/2 log 2π"),
        (_of(lambda w: w.stretched - w.squares / 2 - w.log / 2), "log 2π is there once; each of the d numbers of a sample brings its own half", "log 2π 只算了一次；样本的 d 个数各有一份 ½ log 2π"),
        (_of(lambda w: w.stretched - w.squares / 2 - w.d * w.log), "half of log 2π for each number: −d/2, not −d", "每个数只有半个 log 2π：系数是 −d/2，不是 −d"),
        (_of(lambda w: w.stretched - w.squares - w.d * w.log / 2), "|x|² is not halved: a normal density has −|x|² / 2", "|x|² 没有折半：正态密度里是 −|x|² / 2"),
        (_of(lambda w: w.stretched + w.squares / 2 - w.d * w.log / 2), "the sign of |x|²: far from 0 a normal density is small", "|x|² 的符号反了：离 0 越远，正态密度越小"),
        (_of(lambda w: w.stretched - w.squares / 2 + w.d * w.log / 2), "the sign of log 2π: it lies below the fraction, so it is subtracted", "log 2π 的符号反了：它在分母里，应当减去"),
        (_of(lambda w: w.first + w.normal), "the divergence is asked at the first time alone; it changes on the way, so sum (s − t) times it over the steps", "散度只在最初的时刻问了一次；它沿途在变，要逐步求和，每步乘 s − t"),
        (_of(lambda w: w.last + w.normal), "the divergence is asked at the last time alone; it changes on the way, so sum (s − t) times it over the steps", "散度只在最后的时刻问了一次；它沿途在变，要逐步求和，每步乘 s − t"),
        (_of(lambda w: w.fixed + w.normal), "the divergence is asked at the place where x began; ask it where x is by then", "散度总在 x 的起点处问；应在 x 当时所在处问"),
        (_of(lambda w: w.summed + w.normal), "the divergences are summed without the length of their steps, s − t", "各步的散度相加时，没有乘步长 s − t"),
        (_of(lambda w: w.summed / w.n + w.normal), "every step counts alike, as in a plain mean; the steps are not equally long: weigh each by s − t", "每一步都同样算，成了普通的均值；各步并不一样长，应以 s − t 为权"),
        (_by_even_steps, "all steps are taken to be equally long, 1 / n; they are not: each is s − t, from one time of the list to the next", "把每一步都当成一样长，取了 1 / n；各步并不一样长：每步是 s − t，从表中一个时刻到下一个"),
        (_of(lambda w: w.stretched + w.normal / w.d), "the mean over a sample's numbers is taken; the logarithms of a product add up: sum them", "对样本的各个数取了均值；乘积的对数是对数之和：应求和"),
        (_of(lambda w: (w.stretched + w.normal) / w.d), "this is per number of a sample; the log-density of the whole sample is asked for", "这是平均到每个数的值；题目要的是整个样本的对数密度"),
        (_of(lambda w: -(w.stretched + w.normal)), "this is minus the log-density, a loss; the log-density is asked for", "这是负的对数密度，即损失；题目要的是对数密度"),
        (_of(lambda w: (w.stretched + w.normal).exp()), "this is the density; its logarithm is asked for", "这是密度；题目要的是它的对数"),
        (_of(_at_the_start), "the normal density is taken where x began; it is that of the noise where x arrives", "正态密度取在了 x 的起点；应取在 x 走到的终点，即噪声处"),
        (_of(lambda w: (w.stretched + w.normal) / math.log(2)), "this is in bits; the natural logarithm is asked for", "这是以比特计的；题目要的是自然对数"),
        (_of(lambda w: w.stretched + w.normal.sum()), "the normal density is summed over the whole batch; sum it over each sample", "正态对数密度对整批求了和；应对每个样本求和"),
        (_of(lambda w: w.stretched), "this is only what is stretched; the log-density of the noise where x arrives comes to it", "这只是拉伸的那份；还要加上终点（噪声）处的对数密度"),
        (_of(lambda w: w.normal + w.stretched / 2), "half of the divergence is added; all of it belongs there", "散度只加了一半；应当全加"),
    )
]  # fmt: skip


def _gaussian(shape: tuple[int, ...], generator: torch.Generator) -> tuple[Field, Field, Callable[[Tensor], Tensor]]:
    """The flow of N(mean, std^2), each number its own std, on the straight path; its divergence; its log-density."""
    mean, std = torch.rand(2, *shape, generator=generator, dtype=torch.float64) + torch.tensor([-0.5, 0.6]).view(2, *[1] * len(shape))  # fmt: skip

    def pace(t: float) -> Tensor:
        return (t - (1 - t) * std**2) / ((1 - t) ** 2 * std**2 + t**2)

    def velocity(x: Tensor, t: float) -> Tensor:
        return (pace(t) * (x.double() - (1 - t) * mean) - mean).to(x.dtype)

    def divergence(x: Tensor, t: float) -> Tensor:
        return pace(t).sum().expand(len(x)).to(x.dtype)

    def exact(x: Tensor) -> Tensor:
        each = ((x.double() - mean) / std) ** 2 + 2 * std.log() + math.log(2 * math.pi)
        return -each.flatten(1).sum(1).to(x.dtype) / 2

    return velocity, divergence, exact


def _bent(
    shape: tuple[int, ...], generator: torch.Generator, sign: float
) -> tuple[Field, Field, Callable[[Tensor], Tensor]]:
    """A flow that is not linear, dx/dt = 2 c t tanh x, along which sinh x grows by e^c."""
    c = sign * (0.7 + 0.6 * torch.rand(shape, generator=generator, dtype=torch.float64))

    def velocity(x: Tensor, t: float) -> Tensor:
        return (2 * c * t * torch.tanh(x.double())).to(x.dtype)

    def divergence(x: Tensor, t: float) -> Tensor:
        return (2 * c * t / torch.cosh(x.double()) ** 2).flatten(1).sum(1).to(x.dtype)

    def exact(x: Tensor) -> Tensor:
        grown = c.exp() * torch.sinh(x.double())
        each = torch.asinh(grown) ** 2 + math.log(2 * math.pi)
        stretched = c + torch.cosh(x.double()).log() - (1 + grown**2).log() / 2
        return (stretched - each / 2).flatten(1).sum(1).to(x.dtype)

    return velocity, divergence, exact


def _cases(generator: torch.Generator) -> tuple[list[dict[str, Any]], list[Callable[[Tensor], Tensor]]]:
    """Walks of uneven steps, longer towards the noise, so that no step may be taken for another."""
    cases, exact = [], []
    for make, (shape, dtype) in zip(
        (_gaussian, partial(_bent, sign=1.0), partial(_bent, sign=-1.0)), TRIALS, strict=True
    ):
        velocity, divergence, known = make(shape[1:], generator)
        power = 1.3 + 0.4 * float(torch.rand((), generator=generator))
        times = (torch.linspace(0, 1, STEPS + 1, dtype=torch.float64) ** power).tolist()
        x = 1.2 * torch.randn(shape, generator=generator, dtype=dtype).clamp(-1.8, 1.8)
        cases.append({"velocity": velocity, "divergence": divergence, "x": x, "times": times})
        exact.append(known)
    return cases, exact


def judge_likely(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's log-density, or None. 读者求的对数密度错在哪里；正确时为 None。"""
    cases, exact = _cases(generator)
    known = {id(case["velocity"]): density for case, density in zip(cases, exact, strict=True)}

    def truth(velocity: Field, divergence: Field, x: Tensor, times: Sequence[float]) -> Tensor:
        return known[id(velocity)](x)

    def listed(velocity: Field, divergence: Field, x: Tensor, times: Sequence[float]) -> Any:
        return answer(velocity, divergence, x, list(times))

    fault = judge_function(listed, truth, cases, LIKELY_MISTAKES, NEAR, explain=lambda _: _nearest(listed, cases))
    return fault or _left_out(listed, cases[0]) or _at_rest(listed, cases)


def _at_rest(answer: Callable, cases: Sequence[dict[str, Any]]) -> Said | None:
    """Is it exact where nothing moves and the divergence is 2 everywhere? There every method is. 不动之处是否精确？"""

    def truth(velocity: Field, divergence: Field, x: Tensor, times: Sequence[float]) -> Tensor:
        return 2 - (x**2 + math.log(2 * math.pi)).flatten(1).sum(1) / 2

    rest = {"velocity": lambda x, t: 0 * x, "divergence": lambda x, t: torch.full((len(x),), 2.0, dtype=x.dtype)}
    fault = judge_function(answer, truth, [case | rest for case in cases[:2]])
    return fault and (
        f"where nothing moves, and the divergence is 2 everywhere, it should be exact, but {fault[0]}",
        f"若处处不动，散度又处处为 2，它应当是精确的，可是{fault[1]}",
    )


def _left_out(answer: Callable, case: dict[str, Any]) -> Said | None:
    """A step that nobody's tolerance would miss: every time but the last is one at which a method must ask the velocity."""
    asked: list[float] = []

    def watched(x: Tensor, t: float) -> Tensor:
        asked.append(float(t))
        return case["velocity"](x, t)

    answer(watched, *list(case.values())[1:])
    missed = [t for t in case["times"][:-1] if not any(abs(t - now) < 1e-9 for now in asked)]
    if not missed and max(asked) < case["times"][-2] + 1e-9 and len(asked) >= len(case["times"]):
        missed = case["times"][-2:-1]  # it asks twice a step, and its last step ends there
    if not missed:
        return None
    return (
        f"the velocity is never asked at t = {missed[0]:.3g}, where a step begins: one step from each time to the next",
        f"t = {missed[0]:.3g} 是一步的起点，却没有在那里问过速度：每两个相邻时刻走一步",
    )


def _nearest(answer: Callable, cases: Sequence[dict[str, Any]]) -> Said | None:
    """The mistake that an answer with steps of its own, which are not Euler's, comes nearest to. 步法不同的答案最接近哪种错误。"""
    given = [answer(*case.values()) for case in cases]

    def off(mistake: Mistake) -> float:
        pairs = [(g, mistake.gives(*case.values())) for g, case in zip(given, cases, strict=True)]
        return max(float((g - m).abs().max() / m.abs().max().clamp(min=1)) for g, m in pairs)

    nearest = min(LIKELY_MISTAKES, key=lambda mistake: math.inf if math.isnan(off(mistake)) else off(mistake))
    return (nearest.en, nearest.zh) if off(nearest) < 3 * NEAR else None


LIKELY = Exercise(
    reference=lambda: log_density,
    judge=judge_likely,
    hints=(
        (
            "The density of the noise where x arrives is known. Between there and here the flow has stretched or squeezed the crowd: "
            "what says by how much, at each moment?",
            "x 走到噪声时，那里的密度是已知的。从那里到这里，流把这群点拉开或压紧了：每一刻拉了多少，由什么说出？",
        ),
        (
            "Along the way the log-density falls at the rate of the divergence. So here it is log N(x_1; 0, I) plus the integral of "
            "the divergence: in each step (s − t) times it, where x is.",
            "沿途对数密度以散度的速率下降。所以这里的对数密度是 log N(x_1; 0, I) 加上散度的积分：每一步加 (s − t) 乘 x 所在处的散度。",
        ),
        (
            "For t, s in pairwise(times): add `(s - t) * divergence(x, t)` to a sum (b,), then x becomes `x + (s - t) * velocity(x, t)`. In the end "
            "subtract (x² + log 2π) / 2, summed over each sample.",
            "对 pairwise(times) 里的 t, s：先把 `(s - t) * divergence(x, t)` 加进形状 (b,) 的和，再把 x 换成 `x + (s - t) * velocity(x, t)`。"
            "最后减去 (x² + log 2π) / 2，对每个样本求和。",
        ),
    ),
)
