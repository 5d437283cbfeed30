"""Exercise 08.inpaint: one step of inpainting, which draws what is not known and puts in what is, as noisy as s.

练习 08.inpaint：修补的一步，未知的部分照常抽取，已知的部分加噪到 s 放进去。
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.coefficients import between
from course_utils.exercises.factors import told_apart
from course_utils.exercises.judging import Mistake, called, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.forward import forward_jump, posterior
from course_utils.language import Said
from course_utils.schedules import Schedule

SHAPES = (((3, 4), torch.float64), ((2, 1, 4, 4), torch.float32), ((1, 3, 2, 5), torch.float64))


def inpaint_step(
    schedule: Schedule,
    xt: Tensor,
    t: int,
    s: int,
    x0_hat: Tensor,
    known: Tensor,
    mask: Tensor,
    z: Tensor,
    eps: Tensor,
) -> Tensor:
    """One step down from t to s, after which the known pixels are put in, noised to s. 走一步，再放入加噪到 s 的已知像素。"""
    step = posterior(schedule, xt, t, x0_hat, s)
    drawn = step.mean + step.variance.sqrt() * z
    return torch.where(mask, schedule.signal[s] * known + schedule.noise[s] * eps, drawn)


def _painted(
    put: Callable[..., Tensor] = lambda schedule, known, t, s, z, eps: (
        schedule.signal[s] * known + schedule.noise[s] * eps
    ),
    spread: Callable[..., Any] = lambda schedule, t, s, variance: variance.sqrt(),
    to: Callable[[int, int], int] = lambda t, s: s,
    draw: Callable[[Tensor, Tensor], Tensor] = lambda z, eps: z,
    mix: Callable[..., Tensor] = torch.where,
) -> Callable[..., Tensor]:
    """`inpaint_step` with other known pixels, another spread, another time to step to, another noise, another mix."""

    def gives(schedule, xt, t, s, x0_hat, known, mask, z, eps) -> Tensor:
        step = posterior(schedule, xt, t, x0_hat, to(t, s))
        drawn = step.mean + spread(schedule, t, s, step.variance) * draw(z, eps)
        return mix(mask, put(schedule, known, t, s, z, eps), drawn)

    return gives


def _before(schedule, xt, t, s, x0_hat, known, mask, z, eps) -> Tensor:
    xt = torch.where(mask, forward_jump(schedule, known, t, eps).xt, xt)
    return _painted(mix=lambda mask, put, drawn: drawn)(schedule, xt, t, s, x0_hat, known, mask, z, eps)


def _in_the_guess(schedule, xt, t, s, x0_hat, known, mask, z, eps) -> Tensor:
    x0_hat = torch.where(mask, known, x0_hat)
    return _painted(mix=lambda mask, put, drawn: drawn)(schedule, xt, t, s, x0_hat, known, mask, z, eps)


def _jumped(schedule, xt, t, s, x0_hat, known, mask, z, eps) -> Tensor:
    pixels = forward_jump(schedule, known, s, eps).xt
    return torch.where(mask, pixels, forward_jump(schedule, x0_hat, s, z).xt)


INPAINT_MISTAKES = [
    Mistake(gives, en, zh)
    for gives, en, zh in (
        (_painted(lambda schedule, known, t, s, z, eps: known), "the known pixels are put in without noise; x_s is noisy everywhere, so noise them to s", "已知像素没有加噪就放进去了；x_s 处处带噪声，应先把它们加噪到 s"),
        (_painted(lambda schedule, known, t, s, z, eps: schedule.signal[s] * known), "the known pixels are shrunk to √ᾱ_s, but their noise is missing", "已知像素乘了 √ᾱ_s，却漏了噪声"),
        (_painted(lambda schedule, known, t, s, z, eps: known + schedule.noise[s] * eps), "the known pixels get noise, but not the factor √ᾱ_s", "已知像素加了噪声，却漏了系数 √ᾱ_s"),
        (_painted(lambda schedule, known, t, s, z, eps: schedule.signal[t] * known + schedule.noise[t] * eps), "the known pixels are noised to t; the step arrives at s", "已知像素加噪到了 t；这一步到达的是 s"),
        (_painted(lambda schedule, known, t, s, z, eps: schedule.signal[s - 1] * known + schedule.noise[s - 1] * eps), "the known pixels are noised to s − 1; the step arrives at s", "已知像素加噪到了 s − 1；这一步到达的是 s"),
        (_painted(lambda schedule, known, t, s, z, eps: schedule.alpha_bar[s] * known + (1 - schedule.alpha_bar[s]) * eps), "the roots are missing: the known pixels have √ᾱ_s, their noise √(1 − ᾱ_s)", "漏了开方：已知像素的系数是 √ᾱ_s，噪声的是 √(1 − ᾱ_s)"),
        (_painted(lambda schedule, known, t, s, z, eps: schedule.signal[s] * known + schedule.noise[s] * z), "z is used twice: the known pixels have fresh noise of their own, eps", "z 用了两次：已知像素另有自己的新噪声 eps"),
        (_painted(draw=lambda z, eps: eps), "eps is used twice: what is not known is drawn with z", "eps 用了两次：未知的部分用 z 来抽"),
        (_painted(lambda schedule, known, t, s, z, eps: schedule.signal[s] * known + schedule.noise[s] * z, draw=lambda z, eps: eps), "z and eps are swapped: z draws what is not known, eps noises what is", "z 与 eps 写反了：z 用来抽未知的部分，eps 用来给已知的部分加噪"),
        (_painted(mix=lambda mask, put, drawn: torch.where(mask, drawn, put)), "the mask is inverted: where it is True the pixel is known", "掩码反了：为 True 处，像素是已知的"),
        (_painted(mix=lambda mask, put, drawn: mask * put + drawn), "what was drawn is still there under the known pixels: choose one or the other", "已知像素之下还留着抽出来的值：两者只能取其一"),
        (_painted(mix=lambda mask, put, drawn: drawn), "the known pixels are not put in", "没有放入已知像素"),
        (_painted(mix=lambda mask, put, drawn: put), "known is put in everywhere; where the mask is False nothing is known", "到处都放了 known；掩码为 False 处什么也不知道"),
        (_before, "the known pixels are put into x_t, before the step, so that the step mixes them with its guess; put them into x_s, after it", "已知像素在迈步之前就放进了 x_t，这一步又把它们与猜测混在一起；应在迈步之后放进 x_s"),
        (_in_the_guess, "the known pixels are put into the guess x̂_0, and x_s there hangs on x_t and z; put them into x_s, noised with eps", "已知像素放进了猜测 x̂_0，那里的 x_s 就取决于 x_t 与 z；应放进 x_s，用 eps 加噪"),
        (_painted(spread=lambda schedule, t, s, variance: variance), "z is scaled by the variance; its factor is the root of it", "z 乘的是方差；系数应为它的平方根"),
        (_painted(spread=lambda schedule, t, s, variance: 0.0), "z is not used: what is not known is drawn, from its mean and variance", "没有用到 z：未知的部分要按均值与方差来抽"),
        (_painted(spread=lambda schedule, t, s, variance: 1.0), "z has no factor; it is the root of the posterior's variance", "z 没有乘系数；系数应为后验方差的平方根"),
        (_painted(spread=lambda schedule, t, s, variance: (1 - schedule.alpha_bar[t] / schedule.alpha_bar[s]).sqrt()), "z has the root of β, the larger variance; the posterior's was asked for", "z 的系数取了较大的方差 β 的平方根；题目要的是后验方差"),
        (_painted(to=lambda t, s: t - 1), "what is not known goes to t − 1 only; the step goes to s", "未知的部分只走到了 t − 1；这一步走到 s"),
        (_painted(to=lambda t, s: 0, spread=lambda schedule, t, s, variance: 0.0), "where nothing is known there stands the guess x̂_0 itself; step from x_t to s", "未知处放的是猜测 x̂_0 本身；应从 x_t 走到 s"),
        (_jumped, "what is not known is the guess noised to s anew, which forgets x_t; take the step of DDPM, from x_t", "未知的部分是把猜测重新加噪到 s，忘掉了 x_t；应从 x_t 走 DDPM 的一步"),
    )
]  # fmt: skip
TERMS = {"xt": "x_t", "x0_hat": "x̂_0", "known": "known", "z": "z", "eps": "eps"}
AT_ZERO: Said = (
    "it is right for s > 0, but at s = 0 the known pixels are known itself: at 0 there is no noise",
    "s > 0 时都对，但 s = 0 时，已知像素就应是 known 本身：0 处没有噪声",
)
NAN_GETS_IN: Said = (
    "nan beside the mask gets in: 0 times nan is nan. Choose, do not multiply: `torch.where` also fits a mask of one sample to all",
    "掩码之外的 nan 混了进来：0 乘 nan 还是 nan。要选，不要乘：`torch.where` 还能让单个样本的掩码配上整批",
)
NAN_REFUSED: Said = (
    "beside the mask `known` may be nan, and `forward_jump` refuses nan: write its sum out, `signal[s] * known + noise[s] * eps`, "
    "and let `torch.where` choose",
    "掩码之外 `known` 可以是 nan，而 `forward_jump` 不接受 nan：把它的式子写出来，`signal[s] * known + noise[s] * eps`，再由 `torch.where` 来选",
)
NOT_DRAWN_AT_ZERO: Said = (
    "it is right for s > 0, but at s = 0 noise is added where nothing is known; there the step returns its mean",
    "s > 0 时都对，但 s = 0 时，未知处还加了噪声；这时这一步应当只取均值",
)


def _case(
    schedule: Schedule, t: int, s: int, generator: torch.Generator, shape: tuple[int, ...], dtype: torch.dtype
) -> dict[str, Any]:
    xt, x0_hat, known, z, eps = torch.randn(5, *shape, generator=generator, dtype=dtype)
    mask = torch.rand(shape, generator=generator) < 0.5
    mask.view(-1)[:2] = torch.tensor([True, False])
    case = {"schedule": schedule, "xt": xt, "t": t, "s": s, "x0_hat": x0_hat, "known": known}
    return case | {"mask": mask, "z": z, "eps": eps}


def _steps(generator: torch.Generator, most: int) -> list[tuple[Schedule, int, int]]:
    steps = []
    for schedule in (schedules.cosine(200), schedules.linear(200), schedules.raw_quadratic(60)):
        for _ in range(most):
            s = int(torch.randint(4, schedule.T // 2, (), generator=generator))
            steps.append((schedule, int(torch.randint(s + 3, schedule.T * 9 // 10, (), generator=generator)), s))
    return steps


def judge_inpaint(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's step of inpainting, or None. 读者的修补步错在哪里；正确时为 None。"""
    steps = [*_steps(generator, 3), (schedules.linear(200), 200, 20), (schedules.cosine(200), 9, 8)]
    before = [_case(*step, generator, *SHAPES[i % len(SHAPES)]) for i, step in enumerate(steps)]
    explain = partial(_by_parts, generator=generator)
    fault = judge_function(answer, inpaint_step, before, INPAINT_MISTAKES, 1e-4, explain=explain)
    if fault is not None:
        return fault
    ends = [(schedule, t, 0) for schedule, t, _ in steps[2:8]] + [(schedules.linear(60), 1, 0)]
    at_zero = [_case(*step, generator, *SHAPES[i % len(SHAPES)]) for i, step in enumerate(ends)]
    fault = judge_function(answer, inpaint_step, at_zero, tolerance=1e-4)
    if fault is None:
        return _with_a_hole(answer, generator)
    if "departs" not in fault[0]:
        return fault
    given, case = called(answer, at_zero[0])[0], at_zero[0]
    return NOT_DRAWN_AT_ZERO if torch.allclose(given[case["mask"]], case["known"][case["mask"]]) else AT_ZERO


def _with_a_hole(answer: Callable, generator: torch.Generator) -> Said | None:
    """Whether nan beside the mask stays out, first in the shape of x_t, then of one sample. 掩码之外的 nan 是否进不来。"""
    case = _case(schedules.linear(200), 120, 60, generator, (3, 2, 4), torch.float32)
    one = {"known": case["known"][0], "mask": case["mask"][0]}
    for (en, zh), pixels in ((("like xt", "同 xt"), {}), (("like a sample", "同单个样本"), one)):
        asked = case | pixels
        asked |= {"known": torch.where(asked["mask"], asked["known"], torch.nan)}
        given, fault = called(answer, asked)
        if fault is None and not (torch.is_tensor(given) and given.shape == case["xt"].shape):
            fault = "x_s has another shape than x_t", "x_s 的形状与 x_t 不同"
        if fault is not None:
            said_en, said_zh = NAN_REFUSED if "nan or inf" in fault[0] else fault
            return (
                f"with known and mask {en}, and nan beside the mask: {said_en}",
                f"known 与 mask 的形状{zh}、掩码之外为 nan 时：{said_zh}",
            )
        if not bool(given.isfinite().all()):
            return NAN_GETS_IN
        if not torch.allclose(given, inpaint_step(*asked.values()), atol=1e-4):
            return f"it departs from the truth with known and mask {en}", f"known 与 mask 的形状{zh}时，与真值不符"
    return None


def _by_parts(answer: Callable, generator: torch.Generator) -> Said | None:
    """Which factors are wrong, where the mask is True or where it is False. 掩码为 True 处或 False 处，哪些系数错了。"""
    cases = [_case(*step, generator, (6, 8), torch.float64) for step in _steps(generator, 8)]
    given, exact = [called(answer, case)[0] for case in cases], [inpaint_step(*case.values()) for case in cases]
    if any(not isinstance(value, Tensor) or value.shape != (6, 8) for value in given):
        return None
    numbers = [between(case["schedule"], case["t"], case["s"]) for case in cases]
    places = [f"T = {case['schedule'].T}, t = {case['t']}, s = {case['s']}" for case in cases]
    for where in (True, False):
        at = [case["mask"] == where for case in cases]
        terms = [
            {called_: case[name][here][:, None] for name, called_ in TERMS.items()}
            for case, here in zip(cases, at, strict=True)
        ]
        parts = ([value[here][:, None] for value, here in zip(values, at, strict=True)] for values in (given, exact))
        fault = told_apart(terms, *parts, numbers, places)
        if fault is not None:
            return f"where the mask is {where}, {fault[0]}", f"掩码为 {where} 处，{fault[1]}"
    return None


INPAINT = Exercise(
    reference=lambda: inpaint_step,
    draws=True,
    judge=judge_inpaint,
    hints=(
        (
            "Two candidates for x_s, and the mask chooses between them, pixel by pixel. What must both have in common?",
            "x_s 有两个候选，由掩码逐像素二选一。这两个候选必须有什么共同之处？",
        ),
        (
            "One is the step of DDPM, the mean and variance of `posterior(schedule, xt, t, x0_hat, s)` and z; the other is "
            "known, jumped to s with eps.",
            "一个是 DDPM 的一步：`posterior(schedule, xt, t, x0_hat, s)` 的均值与方差，加上 z；另一个是 known，用 eps 跳到 s。",
        ),
        (
            "`torch.where(mask, schedule.signal[s] * known + schedule.noise[s] * eps, step.mean + step.variance.sqrt() * z)`, "
            "with `step` the posterior; `forward_jump` refuses nan, so its sum is written out.",
            "`torch.where(mask, schedule.signal[s] * known + schedule.noise[s] * eps, step.mean + step.variance.sqrt() * z)`，"
            "其中 `step` 是那个后验；`forward_jump` 拒绝 nan，所以把和式写出来。",
        ),
    ),
)
