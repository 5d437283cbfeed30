"""Judges of the sampler's walk, its guidance, and how often it asks.

评判采样器怎样走、怎样引导，以及问了几次。
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils import reverse, schedules
from course_utils.denoisers import Denoiser
from course_utils.exercises.coefficients import between
from course_utils.exercises.factors import told_apart
from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.lesson_08.build_sampler import sampler
from course_utils.exercises.lesson_08.build_trials import AT, Case, departs, falling_times, ran, trial
from course_utils.exercises.lesson_08.guided import GUIDED_MISTAKES, leaning
from course_utils.forward import per_sample, posterior
from course_utils.language import Said

SHAPES = (((3, 2, 4), torch.float64), ((2, 1, 4, 4), torch.float32), ((4, 5), torch.float64))


def _walked(
    spread: Callable[..., Any] = lambda schedule, t, s, variance: variance.sqrt(),
    pick: Callable[[Tensor, int], Tensor] = lambda z, i: z[i][0],
    to: Callable[[int, int], int] = lambda t, s: s,
    hold: Callable[[Tensor], Tensor] = lambda x0_hat: x0_hat,
    steps: int | None = None,
) -> Callable[..., Tensor]:
    """DDPM down a list of times, with another spread, noise or target, the guess held, or steps left out."""

    def gives(schedule, conditional, unconditional, scale, known, mask, xT, times, z) -> Tensor:
        xt = xT
        for i, (t, s) in enumerate(list(zip(times, times[1:], strict=False))[:steps]):
            step = posterior(schedule, xt, t, hold(conditional(xt, t)), to(t, s))
            xt = step.mean + spread(schedule, t, s, step.variance) * pick(z, i)
        return xt

    return gives


def _by_ddim(schedule, conditional, unconditional, scale, known, mask, xT, times, z) -> Tensor:
    xt = xT
    for t, s in zip(times, times[1:], strict=False):
        xt = reverse.ddim_step(schedule, xt, t, s, conditional(xt, t))
    return xt


def _beta(schedule, t, s, variance) -> Tensor:
    return (1 - schedule.alpha_bar[t] / schedule.alpha_bar[s]).sqrt()


WALKS_MISTAKES = [
    Mistake(gives, en, zh)
    for gives, en, zh in (
        (_walked(lambda schedule, t, s, variance: 0.0), "no fresh noise is drawn: these are the means alone", "没有加新噪声：这只是一路取均值"),
        (_by_ddim, "this is DDIM, which draws nothing; DDPM's step was asked for", "这是 DDIM，不抽噪声；题目要的是 DDPM 的一步"),
        (_walked(lambda *at: _beta(*at) if at[2] else 0.0), "the noise has the variance β; the posterior's was asked for", "噪声的方差取了 β；题目要的是后验方差"),
        (_walked(_beta), "the noise has the variance β, and at the last step, too, it is added; the posterior's was asked for, which is 0 there", "噪声的方差取了 β，最后一步也加了；题目要的是后验方差，它在那里是 0"),
        (_walked(lambda schedule, t, s, variance: variance), "the noise is scaled by the variance; its factor is the root of it", "噪声乘的是方差；系数应为它的平方根"),
        (_walked(lambda schedule, t, s, variance: schedule.posterior_variance[t].sqrt() if s else 0.0), "the variance is that of a step to t − 1; the step goes to s", "方差是走到 t − 1 那一步的；这一步走到 s"),
        (_walked(to=lambda t, s: t - 1), "each step goes to t − 1, whatever comes next in the list; go to s", "每一步都走到 t − 1，没有看列表里的下一个；应走到 s"),
        (_walked(pick=lambda z, i: z[0][0]), "the same noise is added in every step; the i-th step has z[i][0]", "每一步加的是同一份噪声；第 i 步用 z[i][0]"),
        (_walked(pick=lambda z, i: z[i][1]), "z[i][1] is taken, which is for the known pixels; the walk has z[i][0]", "用了 z[i][1]，那是给已知像素的；迈步用 z[i][0]"),
        (_walked(pick=lambda z, i: z[-1 - i][0]), "the noise is taken from the end; the first step has z[0]", "噪声从末尾取起了；第一步用 z[0]"),
        (_walked(hold=lambda x0_hat: x0_hat.clamp(-1, 1)), "the guess is held within [−1, 1]; take it as it is", "把猜测限制在 [−1, 1] 之内了；应当原样使用"),
        (_walked(steps=-1), "it stops before 0: the last step is missing", "没有走到 0：缺了最后一步"),
        (_walked(steps=1), "it returns after the first step; put the return after the loop", "走一步就返回了；请把 return 放到循环之后"),
    )
]  # fmt: skip


def judge_walks(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does it take DDPM's steps, down any list of times? 它沿任意一串时间步走的，是不是 DDPM 的步？"""
    cases = []
    for i, schedule in enumerate((schedules.cosine(60), schedules.linear(50), schedules.raw_quadratic(40))):
        times = falling_times(schedule, 4, generator)
        cases += [trial(generator, schedule, at, *SHAPES[i]) for at in (times, [times[1], 0])]
    explain = partial(_of_one_step, generator=generator)
    return _judged(answer, cases, WALKS_MISTAKES, explain)


def _judged(
    answer: Callable,
    cases: list[Case],
    mistakes: list[Mistake],
    explain: Callable[[Callable], Said | None] | None = None,
) -> Said | None:
    """`judge_function`, after a look at whether it walks at all; each time with a list of times of its own."""
    fault = ran(answer, cases[0]).fault
    if fault is not None:
        return fault

    def own(*given: Any) -> Any:
        return answer(*given[:7], list(given[7]), *given[8:])

    return judge_function(own, sampler, cases, mistakes, 1e-4, explain=explain and (lambda _: explain(answer)))


def _of_one_step(answer: Callable, generator: torch.Generator) -> Said | None:
    """Which factors of the first step are wrong, by what is asked about after it. 由下一次提问看第一步的哪些系数错了。"""
    terms, given, exact, numbers, places = [], [], [], [], []
    for schedule in (schedules.cosine(60), schedules.linear(50), schedules.raw_quadratic(40)) * 5:
        t, s, *_ = falling_times(schedule, 3, generator)
        case = trial(generator, schedule, [t, s, 0], (6, 4))
        step, xT, z = posterior(schedule, case["xT"], t, case["conditional"](case["xT"], t), s), case["xT"], case["z"]
        run = ran(answer, case)
        if run.fault is not None or run.times != [t, s]:
            return None
        terms.append({"x_t": xT, "x̂_0": case["conditional"](xT, t), "z[i][0]": z[0, 0], "z[i][1]": z[0, 1]})
        given.append(run.at(1))
        exact.append(step.mean + step.variance.sqrt() * z[0, 0])
        numbers.append(between(schedule, t, s))
        places.append(f"T = {schedule.T}, t = {t}, s = {s}")
    fault = told_apart(terms, given, exact, numbers, places)
    return fault and (f"in the step from t to s, {fault[0]}", f"从 t 到 s 的一步里，{fault[1]}")


def _led(makes: Callable, scale: Callable[[Any, Tensor], Any] = per_sample) -> Callable[..., Tensor]:
    """The guess of another guidance, to which a walk of one step leads, with the scales of the samples shaped so."""

    def gives(schedule, conditional, unconditional, scales, known, mask, xT, times, z) -> Tensor:
        shaped = scale(scales, xT) if isinstance(scales, Tensor) else scales
        return makes(conditional, unconditional, shaped)(xT, times[0])

    return gives


def _right(conditional, unconditional, scale):
    return lambda xt, t: unconditional(xt, t) + scale * (conditional(xt, t) - unconditional(xt, t))


MISLED = [Mistake(_led(mistake.gives), mistake.en, mistake.zh) for mistake in GUIDED_MISTAKES]
EACH_MISLED = [
    Mistake(_led(_right, scale), en, zh)
    for scale, en, zh in (
        (lambda scales, xT: scales, "the scales lie along the last axis of x_t; each sample has one, so give them an axis of length 1 for each further axis", "各个 scale 落到了 x_t 的最后一轴上；它们是每个样本一个，其余每个轴要补一个长为 1 的轴"),
        (lambda scales, xT: scales[0], "all samples are led by the first one's scale", "所有样本都用了第一个样本的 scale"),
        (lambda scales, xT: scales.mean(), "all samples are led by the mean of the scales", "所有样本都用了各个 scale 的均值"),
        (lambda scales, xT: scales.max(), "all samples are led by the largest scale", "所有样本都用了最大的 scale"),
        (lambda scales, xT: 1.0, "with one scale a sample nothing is led: this is the guess with the label", "每个样本各有 scale 时，没有引导：这就是有标签的猜测"),
        (lambda scales, xT: 0.0, "with one scale a sample nothing is led: this is the guess without the label", "每个样本各有 scale 时，没有引导：这就是无标签的猜测"),
    )
]  # fmt: skip


def _two(generator: torch.Generator) -> Case:
    return {"conditional": leaning(generator), "unconditional": leaning(generator)}


def judge_guides(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does one step to 0 lead to the guided guess, each sample's by its own scale? 走一步到 0，得到的是不是引导后的猜测？"""
    schedule, numbers, each = schedules.linear(60), [], []
    for i, scale in enumerate((0.0, 1.0, 2.0, 3.5, 7.5, 0.4)):
        times = [int(torch.randint(2, 50, (), generator=generator)), 0]
        numbers.append(trial(generator, schedule, times, *SHAPES[i % 3], **_two(generator), scale=scale))
    fault = _judged(answer, numbers, MISLED)
    if fault is not None:
        return fault
    for shape, dtype in (((4, 2, 3, 4), torch.float64), ((3, 3), torch.float64), ((2, 1, 4, 2), torch.float32)):
        scale = torch.rand(shape[:1], generator=generator, dtype=dtype) * 4 + 1.2
        scale[1] = 0.0
        times = [int(torch.randint(2, 50, (), generator=generator)), 0]
        each.append(trial(generator, schedule, times, shape, dtype, **_two(generator), scale=scale))
    fault = _judged(answer, each, EACH_MISLED)
    if fault is None:
        return _over_several_steps(answer, generator)
    return fault and (f"one scale for all is right; with one for each sample, {fault[0]}", f"共用一个 scale 时都对；每个样本各有一个时，{fault[1]}")  # fmt: skip


def _over_several_steps(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does a longer walk at a scale equal one at scale 1 with what that scale makes? 走好几步，是否每一步都同样引导？"""
    schedule = schedules.linear(60)
    for scale in (3.5, -1.0, torch.tensor([0.0, 2.5, 4.0]).double()):
        case = trial(generator, schedule, falling_times(schedule, 4, generator), **_two(generator), scale=scale)
        weight = torch.as_tensor(scale).reshape(-1, *[1] * (case["xT"].ndim - 1))
        c, u = case["conditional"], case["unconditional"]

        def mixed(xt: Tensor, t: int, c: Denoiser = c, u: Denoiser = u, weight: Tensor = weight) -> Tensor:
            return u(xt, t) + weight * (c(xt, t) - u(xt, t))

        found, exact = ran(answer, case), ran(answer, case | {"conditional": mixed, "scale": 1.0})
        if found.fault is not None or exact.fault is not None:
            return found.fault or exact.fault
        if departs(found.end, exact.end):
            return (
                "one step to 0 is right; over several steps, or with a scale below 0, it is not: guide every step alike",
                "走一步到 0 时都对；走好几步，或 scale 小于 0 时就不对了：每一步都要同样引导",
            )
    return None


def judge_asks(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does it ask no more than it must? 它有没有多问？"""
    schedule = schedules.cosine(60)
    one, none, mixed = torch.ones(3).double(), torch.zeros(3).double(), torch.tensor([0.0, 1.0, 1.0]).double()
    for scale, wanted in ((2.0, (1, 1)), (1.0, (1, 0)), (0.0, (0, 1)), (one, (1, 0)), (none, (0, 1)), (mixed, (1, 1))):
        times = falling_times(schedule, 4, generator)
        case = trial(generator, schedule, times, (3, 3), **_two(generator), scale=scale)
        run = ran(answer, case)
        if run.fault is not None:
            return run.fault
        found = {who: [question.t for question in run.asked if question.who == who] for who in AT.values()}
        for who, times_asked in found.items():
            fault = _asked_fault(who, times_asked, times[:-1] * wanted[who == "unconditional"], times, scale)
            if fault is not None:
                return fault
    return None


def _asked_fault(who: str, found: list[int], wanted: list[int], times: list[int], scale: Any) -> Said | None:
    if found == wanted:
        return None
    at = f"scale = {scale.tolist() if isinstance(scale, Tensor) else scale}, times = {times}"
    if not wanted:
        return (
            f"with {at} `{who}` is asked {len(found)} times, and its guess has the weight 0; each question costs",
            f"{at} 时，`{who}` 被问了 {len(found)} 次，而它的猜测权重是 0；每问一次都有代价",
        )
    if len(found) > len(wanted):
        return (
            f"with {at} `{who}` is asked {len(found)} times in {len(wanted)} steps; keep what it answers, ask once a step",
            f"{at} 时，{len(wanted)} 步里 `{who}` 被问了 {len(found)} 次；把回答存下来，每步只问一次",
        )
    return (
        f"with {at} `{who}` is asked about t = {found}; wanted is {wanted}",
        f"{at} 时，问 `{who}` 的是 t = {found}；应当是 {wanted}",
    )
