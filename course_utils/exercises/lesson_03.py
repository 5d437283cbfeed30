"""Lesson 03, The reverse process: its exercises and its questions.

第 03 课“反向过程”的练习与题目。
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from course_utils import data, plots, schedules
from course_utils.exercises import Exercise, Question
from course_utils.exercises.judging import Mistake, asked_number, is_named, judge_function
from course_utils.exercises.reverse_mistakes import MEAN_MISTAKES, STEP_MISTAKES, X0_MISTAKES, At, shifted
from course_utils.forward import eps_from_x0, forward_jump, forward_step, posterior, x0_from_eps
from course_utils.language import Said
from course_utils.oracle import Oracle, mixture
from course_utils.samplers import ddpm
from course_utils.schedules import Schedule

TOLERANCE = 1e-4  # other right formulas divide by a small alpha_T and lose digits in float32
AT_THE_ENDS = 1e-3  # in float32, 1 - alpha_bar_1 = 0.00004 has an error of 1 in 1000
SHAPES = (((4, 1, 8, 8), torch.float32), ((3, 2), torch.float64), ((1, 3, 5, 7), torch.float32))


def reverse_density(oracle: Oracle, x: Tensor, xt: float, t: int, s: int) -> Tensor:
    """The exact density of q(x_s | x_t) on a grid, by Bayes' rule: q(x_t | x_s) q(x_s), scaled to area 1.

    在网格上按贝叶斯公式算出 q(x_s | x_t) 的精确密度：q(x_t | x_s) q(x_s)，归一化到面积为 1。

    Shapes: x (n,) equally spaced, 1 <= s < t <= T -> (n,) float64.
    """
    kept = oracle.schedule.alpha_bar[t] / oracle.schedule.alpha_bar[s]
    log = oracle.log_density(x[:, None], s) - (xt - kept.sqrt() * x) ** 2 / (2 * (1 - kept))
    return log.softmax(0) / (x[1] - x[0])


def bell_like(density: Tensor, x: Tensor) -> Tensor:
    """The Gaussian density with the mean and the variance of a density on a grid.

    与网格上某个密度均值、方差相同的高斯密度。

    Shapes: both (n,), x equally spaced -> (n,).
    """
    share = density / density.sum()
    mean = (share * x).sum()
    return (-((x - mean) ** 2) / (2 * (share * (x - mean) ** 2).sum())).softmax(0) / (x[1] - x[0])


def mean(schedule: Schedule, x0: Tensor, xt: Tensor, t: int) -> Tensor:
    """The mean of q(x_{t-1} | x_t, x_0). q(x_{t-1} | x_t, x_0) 的均值。"""
    now, before, beta = schedule.alpha_bar[t], schedule.alpha_bar[t - 1], schedule.beta[t]
    of_x0 = before.sqrt() * beta / (1 - now)
    of_xt = (1 - beta).sqrt() * (1 - before) / (1 - now)
    return of_x0 * x0 + of_xt * xt


def x0_of(schedule: Schedule, xt: Tensor, t: int, eps: Tensor) -> Tensor:
    """x_0, from x_t and all the noise in it. 由 x_t 与其中的全部噪声求 x_0。"""
    return (xt - schedule.noise(t) * eps) / schedule.signal(t)


def step(schedule: Schedule, xt: Tensor, t: int, eps_hat: Tensor, noise: Tensor) -> Tensor:
    """One step of Algorithm 2 with the posterior's variance. 算法 2 的一步，方差取后验方差。"""
    alpha, beta = schedule.alpha[t], schedule.beta[t]
    mean = (xt - beta / schedule.noise(t) * eps_hat) / alpha.sqrt()
    return mean + schedule.posterior_variance[t].sqrt() * noise  # 0 at t = 1


def _drawn(names: Sequence[str], schedule: Schedule, t: int, i: int, generator: torch.Generator) -> dict[str, Any]:
    """The arguments of a trial: the schedule, t, and tensors of the i-th shape for the other names."""
    shape, dtype = SHAPES[i % len(SHAPES)]
    given = {"schedule": schedule, "t": t}
    for name in names:
        given.setdefault(name, torch.randn(shape, generator=generator, dtype=dtype))
    return {name: given[name] for name in ("schedule", *names)}


def _judged(truth: Callable, names: Sequence[str], mistakes: Sequence[Mistake]) -> Callable:
    """Judge on several schedules and at any t; what fails at an end in a way of its own is named in the middle, or there."""

    def judge(answer: Callable, generator: torch.Generator) -> Said | None:
        def any_from(low: int, high: int) -> int:
            return int(torch.randint(low, high + 1, (), generator=generator))

        middle, ends = [], {"t = 1": [], "t = 2": [], "t = 3": [], "t = T − 1": [], "t = T": []}
        several = (schedules.cosine(), schedules.linear(any_from(100, 400)), schedules.raw_quadratic(50))
        for schedule in (*several, schedules.linear(any_from(8, 12))):
            T = schedule.T
            for i in range(len(SHAPES)):
                for t in (T // 2, any_from(T // 8 + 3, T - 2)):
                    middle.append(_drawn(names, schedule, t, i, generator))
            for i, (cases, t) in enumerate(zip(ends.values(), (1, 2, 3, T - 1, T), strict=True), T):
                cases.append(_drawn(names, schedule, t, i, generator))
        fault = judge_function(answer, truth, middle + sum(ends.values(), []), mistakes, TOLERANCE)
        if fault is None or is_named(fault, mistakes):
            return fault
        fault = judge_function(answer, truth, middle, mistakes, TOLERANCE)
        for end, cases in ends.items():
            if fault is None and (there := judge_function(answer, truth, cases, mistakes, AT_THE_ENDS)):
                fault = (
                    f"it is right in between, but not at {end}: {there[0]}",
                    f"中间都对，但 {end} 时不对：{there[1]}",
                )
        return fault

    return judge


judge_mean = _judged(mean, ("x0", "xt", "t"), MEAN_MISTAKES + shifted(mean, 3))
judge_x0 = _judged(x0_of, ("xt", "t", "eps"), X0_MISTAKES + shifted(x0_of, 2))
judge_step = _judged(step, ("xt", "t", "eps_hat", "noise"), STEP_MISTAKES + shifted(step, 2))


def last_heavy_x0() -> int:
    """The largest t at which x_0 weighs more than x_t in the posterior mean, linear schedule, T = 1000.

    T = 1000 的线性调度下，x_0 在后验均值中的权重仍大于 x_t 的最大的 t。
    """
    t, one = torch.arange(1, 1001), torch.ones(1000, dtype=torch.float64)
    of_x0, of_xt = (posterior(schedules.linear(1000), a * one, (1 - a) * one, t).mean for a in (1, 0))
    return int(t[of_x0 > of_xt].max())


def judge_weigh(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the largest t at which x_0 weighs more? 是不是 x_0 权重更大的最大的 t？"""
    t, fault = asked_number(answer, 1, 1000)
    right = last_heavy_x0()
    if fault is not None or t == right:
        return fault
    at = At(schedules.linear(1000), t)
    read = f"{at.of_x0:.3f} x_0 + {at.of_xt:.3f} x_t"
    if t > right:
        return (
            f"at T = 1000 and t = {t} the mean is {read}: x_t weighs more already. Is T at 1000? Move t down",
            f"T = 1000、t = {t} 时，均值是 {read}：x_t 的权重已经更大。T 调到 1000 了吗？把 t 往下调",
        )
    return (
        f"at t = {t} the mean is {read}, so x_0 does weigh more, but it is not the largest such t",
        f"t = {t} 时，均值是 {read}，x_0 的权重确实更大，但这还不是最大的 t",
    )


def two_values() -> Oracle:
    """Data of one pixel that is nearly −1 or nearly 1, each half of the time. 只有一个像素的数据：约为 −1 或约为 1，各占一半。"""
    return mixture(schedules.linear(1000), torch.tensor([[-1.0], [1.0]]), torch.tensor([0.05, 0.05]))


def _shapes() -> dict[str, dict[str, Tensor]]:
    x, oracle = torch.linspace(-2.5, 2.5, 1001, dtype=torch.float64), two_values()
    return {f"$q(x_{{{s}}}|x_{{300}}=0)$": {"": reverse_density(oracle, x, 0.0, 300, s)} for s in (299, 50)}


def shape_of_a_step() -> int:
    """The option that names the peaks of q(x_299 | x_300) and of q(x_50 | x_300). 说出两者峰数的选项。"""
    peaks = [int(((p[1:-1] > p[:-2]) & (p[1:-1] > p[2:])).sum()) for (p,) in (d.values() for d in _shapes().values())]
    return [(1, 1), (2, 2), (2, 1), (1, 2)].index(tuple(peaks))


def _last_steps_noise() -> dict[str, Tensor]:
    """The photograph, x_100 after 100 steps, and what the last step's noise makes of x_0."""
    schedule, generator = schedules.linear(1000), torch.Generator().manual_seed(0)
    x0 = data.photograph("palace", 32)
    xt, _ = forward_jump(schedule, x0, 99, generator=generator)
    xt, eps = forward_step(schedule, xt, 100, generator=generator)
    return {"$x_0$": x0, "$x_{100}$": xt, "?": x0_from_eps(schedule, xt, 100, eps)}


def which_noise() -> int:
    """The option that says how near x_0 the last step's noise leads. 说出用最后一步的噪声离 x_0 多近的选项。"""
    x0, xt, guess = _last_steps_noise().values()
    before, after = (float((x - x0).abs().mean()) for x in (xt, guess))
    return 0 if after < 1e-3 else 1 if after < 0.5 * before else 2 if after < before else 3


def _disturbed(size: float = 0.3, T: int = 1000) -> list[float]:
    """How far a walk with the true ε, wrong by `size` at every t > 1, is from the undisturbed one, from T to 0."""
    schedule, x0 = schedules.linear(T), torch.zeros(2, 1, dtype=torch.float64)
    error = torch.tensor([[0.0], [size]], dtype=torch.float64)

    def wrong(xt: Tensor, t: int) -> Tensor:
        return eps_from_x0(schedule, xt, t, x0) + error * (t > 1)

    walk = ddpm(schedule, wrong, torch.ones_like(x0), range(T, -1, -1), sigma=lambda *_: torch.zeros(()))
    return [float((sample.xt[1] - sample.xt[0]).abs()) for sample in walk]


def error_left() -> int:
    """The option that says how wrong x_0 is after errors of 0.3 at every t > 1. 说出误差还剩多少的选项。"""
    left = _disturbed()[-1]
    return 0 if left > 1 else 1 if left > 0.1 else 2 if left > 1e-6 else 3


EXERCISES = {
    "mean": Exercise(
        reference=lambda: mean,
        judge=judge_mean,
        hints=(
            (
                "Two weights, one for x0 and one for xt. Each bell has a say in proportion to how narrow it is.",
                "两个权重，x0 与 xt 各一个。钟形曲线越窄，说话越有分量。",
            ),
            (
                "Both weights are divided by 1 − ᾱ_t. Above stand √ᾱ_{t−1} β_t for x0 and √α_t (1 − ᾱ_{t−1}) for xt.",
                "两个权重的分母都是 1 − ᾱ_t。分子：x0 的是 √ᾱ_{t−1} β_t，xt 的是 √α_t (1 − ᾱ_{t−1})。",
            ),
            (
                "ᾱ_{t−1} is `schedule.alpha_bar[t - 1]`, α_t is `schedule.alpha[t]`, β_t is `schedule.beta[t]`.",
                "ᾱ_{t−1} 是 `schedule.alpha_bar[t - 1]`，α_t 是 `schedule.alpha[t]`，β_t 是 `schedule.beta[t]`。",
            ),
        ),
    ),
    "weigh": Exercise(
        reference=last_heavy_x0,
        judge=judge_weigh,
        hints=(
            (
                "Set T to 1000 first, then read the two weights at the upper right while t moves.",
                "先把 T 调到 1000，再一边移动 t，一边看右上角的两个权重。",
            ),
            (
                "At t = 1 the mean is x_0 itself. Begin there and go up in single steps (arrow keys).",
                "t = 1 时均值就是 x_0。从那里开始，用方向键一步一步往上走。",
            ),
            (
                "With small betas the weights are about β_t : (β_1 + … + β_{t−1}), and neighbouring betas are nearly "
                "equal. So x_0 weighs more as long as β_t exceeds the sum of all the betas before it.",
                "β 很小时，两个权重之比约为 β_t : (β_1 + … + β_{t−1})，而相邻的 β 几乎相等。所以只要 β_t 大于它前面所有 β 之和，"
                "x_0 的权重就更大。",
            ),
        ),
    ),
    "x0": Exercise(
        reference=lambda: x0_of,
        judge=judge_x0,
        hints=(
            (
                "Write down the forward jump and solve it for x_0.",
                "写下前向跳跃的式子，从中解出 x_0。",
            ),
            (
                "First take the noise away, with its factor; then divide all of it by the factor of x_0.",
                "先减去噪声，连同它的系数；再整个除以 x_0 的系数。",
            ),
            (
                "The factors are `schedule.noise(t)` and `schedule.signal(t)`.",
                "两个系数是 `schedule.noise(t)` 与 `schedule.signal(t)`。",
            ),
        ),
    ),
    "step": Exercise(
        reference=lambda: step,
        judge=judge_step,
        hints=(
            (
                "The mean from eps_hat, plus a standard deviation times the noise; at t = 1 the mean alone.",
                "由 eps_hat 得到均值，加上标准差乘噪声；t = 1 时只有均值。",
            ),
            (
                "The mean is (xt − β_t / √(1 − ᾱ_t) eps_hat) / √α_t, the standard deviation √β̃_t.",
                "均值是 (xt − β_t / √(1 − ᾱ_t) eps_hat) / √α_t，标准差是 √β̃_t。",
            ),
            (
                "`schedule.posterior_variance[t]` is β̃_t; it is 0 at t = 1, so the last step needs no `if`.",
                "`schedule.posterior_variance[t]` 就是 β̃_t；t = 1 时它为 0，所以最后一步不用写 `if`。",
            ),
        ),
    ),
}

QUESTIONS = {
    "shape": Question(
        text=(
            "In a data set every image is one pixel, about −1 or about 1. Noised to t = 300 of 1000, the pixel of one "
            "of them is 0. Where was it before? What shape has q(x_299 | x_300 = 0), one step back, and q(x_50 | x_300 = 0)?",
            "某个数据集的图像都只有一个像素，取值约为 −1 或约为 1。把其中一幅加噪到 t = 300（共 1000 步），像素值为 0。"
            "在这之前它在哪里？退回一步的 q(x_299 | x_300 = 0) 与 q(x_50 | x_300 = 0) 各是什么形状？",
        ),
        options=(
            ("one peak each", "都只有一个峰"),
            ("two peaks each", "都有两个峰"),
            ("two peaks one step back, one peak at t = 50", "退回一步时两个峰，t = 50 处一个峰"),
            ("one peak one step back, two peaks at t = 50", "退回一步时一个峰，t = 50 处两个峰"),
        ),
        answer=shape_of_a_step,
        why=(
            "One step is so small that the pixel must have been close to 0 a moment ago, whatever the data are. At "
            "t = 50 there is little noise, so it was near one of the two values, and we cannot know which.",
            "一步非常小，不管数据是什么，片刻之前像素一定就在 0 附近。t = 50 时噪声很少，像素必在两个值之一的附近，"
            "只是无从知道是哪一个。",
        ),
        figure=lambda: plots.curves(_shapes(), x=torch.linspace(-2.5, 2.5, 1001), xlabel="$x_s$"),
    ),
    "which": Question(
        text=(
            "A photograph took 100 noise steps, and we kept the noise of the 100th. Put this noise in place of ε into "
            "x_0 = (x_t − √(1 − ᾱ_t) ε) / √ᾱ_t. What comes out?",
            "给一张照片加了 100 步噪声，并把第 100 步的噪声留了下来。把这一份当作 ε 代入 x_0 = (x_t − √(1 − ᾱ_t) ε) / √ᾱ_t，"
            "会得到什么？",
        ),
        options=(
            ("the photograph, exactly", "恰好是原照片"),
            ("the photograph with far less noise than x_100", "照片，噪声比 x_100 少得多"),
            ("the photograph with a little less noise than x_100", "照片，噪声比 x_100 略少"),
            ("the photograph with more noise than x_100", "照片，噪声比 x_100 还多"),
        ),
        answer=which_noise,
        why=(
            "The noise in x_100 is the sum of 100 draws, and the last is only one of them. Subtracted with the factor "
            "of the whole, it takes little away and adds itself.",
            "x_100 里的噪声是 100 份噪声之和，最后一份只是其中之一。用总噪声的系数把它减去，去掉的很少，反而把它自己添了进去。",
        ),
        figure=lambda: plots.grids(_last_steps_noise()),
    ),
    "error": Question(
        text=(
            "We walk back from t = 1000 with the true ε (x_0 is known), but at every t from 1000 to 2 we add 0.3 to "
            "it. Only at t = 1 is it right. How wrong is x_0 in the end?",
            "用真正的 ε（已知 x_0）从 t = 1000 往回走，但在 t = 1000 到 2 的每一步都给它加上 0.3，只有 t = 1 时正确。"
            "最后得到的 x_0 会偏多少？",
        ),
        options=(
            ("more than 1: the errors add up", "超过 1：误差会累积"),
            ("about 0.3", "约 0.3"),
            ("about 0.003", "约 0.003"),
            ("not at all, but for rounding", "除了舍入误差，一点不偏"),
        ),
        answer=error_left,
        why=(
            "The true ε is taken from the current x_t, so it contains whatever went wrong before, and the last step "
            "takes it all away: at t = 1 the posterior mean is x_0, and x_t has weight 0 in it.",
            "真正的 ε 取自当前的 x_t，先前出的错都包含在内，最后一步便一并去掉：t = 1 时后验均值就是 x_0，x_t 的权重为 0。",
        ),
        figure=lambda: plots.curves({r"$|\Delta x_t|$": {"": _disturbed()}}, x=range(1000, -1, -1)),
    ),
}
