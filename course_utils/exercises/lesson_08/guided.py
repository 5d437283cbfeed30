"""Exercise 08.guided: two denoisers become one, from the guess without the label to that with it, and beyond.

练习 08.guided：两个去噪器合成一个，从无标签的猜测走到有标签的猜测，再越过它。
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils.denoisers import Denoiser
from course_utils.exercises.factors import Sum, wrong_factors
from course_utils.exercises.judging import BLANK, Mistake, called, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said

SHAPES = (((3, 2), torch.float64), ((2, 1, 4, 4), torch.float32), ((1, 5), torch.float64))
SCALES = (0.0, 1.0, 2.0, -1.5, 3.5, 7.5)
Guided = Callable[[Denoiser, Denoiser, float], Denoiser]


def guided(conditional: Denoiser, unconditional: Denoiser, scale: float) -> Denoiser:
    """From the guess without the label towards that with it, and beyond. 从无标签的猜测走向有标签的，再越过它。"""

    def denoise(xt, t):
        x0_hat = unconditional(xt, t)
        return x0_hat + scale * (conditional(xt, t) - x0_hat)

    return denoise


def leaning(generator: torch.Generator) -> Denoiser:
    """A made-up denoiser that knows t, whose guesses go beyond [-1, 1]. 虚构的去噪器，与 t 有关，猜测会超出 [-1, 1]。"""
    a, b, c = (torch.rand(3, generator=generator, dtype=torch.float64) + 0.5).tolist()
    return lambda xt, t: 2 * torch.tanh(a * xt + c) + torch.sin(torch.tensor(b * float(t))).to(xt)


def _mixing(mix: Callable[[Tensor, Tensor, float], Tensor], told: int = 0) -> Guided:
    """`guided` with another mix of c and u, or told another time."""

    def gives(conditional: Denoiser, unconditional: Denoiser, scale: float) -> Denoiser:
        return lambda xt, t: mix(conditional(xt, t + told), unconditional(xt, t + told), scale)

    return gives


GUIDED_MISTAKES = [
    Mistake(_mixing(*mix), en, zh)
    for *mix, en, zh in (
        (lambda c, u, s: c + s * (c - u), "this counts from the guess with the label, as w of the first paper does: there scale 0 is already the label. Here scale 1 is", "这是从有标签的猜测数起，即最初那篇论文的 w：那里 0 就已经是有标签的了。这里 1 才是"),
        (lambda c, u, s: u + (s - 1) * (c - u), "one too little: with scale 1 this is the guess without the label", "少走了一份：scale 为 1 时，这是无标签的猜测"),
        (lambda c, u, s: c + s * (u - c), "the wrong way: with scale 0 this is the guess with the label, and more scale leads away from it, as if the two were swapped", "方向反了：scale 为 0 时，这是有标签的猜测，scale 越大离它越远，像是把两者写反了"),
        (lambda c, u, s: u - s * (c - u), "the sign: this leads away from the label", "符号反了：这是在远离标签"),
        (lambda c, u, s: u + s * c, "the difference is lost: it is c − u, from one guess to the other, that scale multiplies", "漏了相减：scale 乘的应是两个猜测之差 c − u"),
        (lambda c, u, s: c + s * u, "the difference is lost: it is c − u, from one guess to the other, that scale multiplies, and the start is u", "漏了相减：scale 乘的应是两个猜测之差 c − u，而且从 u 出发"),
        (lambda c, u, s: s * (c - u), "this is the way alone; it sets out from the guess without the label", "这只是要走的那一段；还要从无标签的猜测出发"),
        (lambda c, u, s: s * c, "the guess without the label is not used", "没有用到无标签的猜测"),
        (lambda c, u, s: s * c - u, "the weights do not sum to 1: u has 1 − scale", "两个权重之和不是 1：u 的权重是 1 − scale"),
        (lambda c, u, s: (c + s * u) / (1 + s), "this is a mean of the two, which never goes beyond the label", "这是两者的加权均值，永远越不过有标签的猜测"),
        (lambda c, u, s: u + torch.as_tensor(s).clamp(max=1.0) * (c - u), "scale is held at 1; above 1 it goes beyond the label, which is the point of it", "scale 被限制在 1 以内；大于 1 就要越过有标签的猜测，引导正在于此"),
        (lambda c, u, s: u + abs(s) ** 0.5 * (c - u), "the root of scale is taken; scale itself is the factor", "取了 scale 的平方根；系数就是 scale 本身"),
        (lambda c, u, s: (u + s * (c - u)).clamp(-1, 1), "the guess is held within [−1, 1]; that is another denoiser's business, `clipped`, put around this one", "把猜测限制在 [−1, 1] 之内了；那是另一个去噪器 `clipped` 的事，套在这个外面"),
        (lambda c, u, s: u.clamp(-1, 1) + s * (c.clamp(-1, 1) - u.clamp(-1, 1)), "both guesses are held within [−1, 1] before they are mixed; take them as they are", "两个猜测在合成之前就被限制在 [−1, 1] 之内；应当原样使用"),
        (lambda c, u, s: c, "scale is not used: this is the guess with the label", "没有用到 scale：这就是有标签的猜测"),
        (lambda c, u, s: u, "this is the guess without the label, whatever scale is", "无论 scale 是多少，这都是无标签的猜测"),
        (lambda c, u, s: u + s * (c - u), -1, "the denoisers are asked about t − 1; x_t belongs to t", "问去噪器时给的是 t − 1；x_t 对应的是 t"),
    )
]  # fmt: skip


def _at_once(makes: Callable) -> Callable[..., Any]:
    """The guess itself, of a function that makes a denoiser."""
    return lambda conditional, unconditional, scale, xt, t: makes(conditional, unconditional, scale)(xt, t)


def _cases(generator: torch.Generator, scales: tuple[float, ...]) -> list[dict[str, Any]]:
    cases = []
    for i, scale in enumerate(scales):
        shape, dtype = SHAPES[i % len(SHAPES)]
        case = {"conditional": leaning(generator), "unconditional": leaning(generator), "scale": scale}
        xt = 2 * torch.randn(shape, generator=generator, dtype=dtype)
        cases.append(case | {"xt": xt, "t": int(torch.randint(1, 900, (), generator=generator))})
    return cases


def _terms(case: dict[str, Any]) -> dict[str, Tensor]:
    named = {"c": case["conditional"], "u": case["unconditional"]}
    return {name: denoiser(case["xt"], case["t"]) for name, denoiser in named.items()}


def _numbers(case: dict[str, Any]) -> dict[str, float]:
    return {"scale": case["scale"], "(scale − 1)": case["scale"] - 1, "(1 + scale)": 1 + case["scale"]}


def _steeper(generator: torch.Generator) -> list[dict[str, Any]]:
    """Trials in float64 with scales above 1, whose factors give themselves away. 双精度、scale 大于 1 的试验。"""
    cases = [case for _ in range(3) for case in _cases(generator, (1.7, 2.6, 3.1, 4.3, 5.9, 8.2))]
    return [case | {"xt": torch.randn(4, 3, generator=generator, dtype=torch.float64)} for case in cases]


def judge_guided(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's guided denoiser, or None. 读者的引导去噪器错在哪里；正确时为 None。"""
    cases = _cases(generator, SCALES)
    made, fault = called(answer, dict(list(cases[0].items())[:3]))
    if fault is not None:
        return _in_functions(fault)
    if not callable(made):
        kind = type(made).__name__
        return (
            f"it returns a {kind}; return a denoiser, a function of xt and t that asks the two and mixes what they answer",
            f"返回的是 {kind}；应当返回一个去噪器，即关于 xt 与 t 的函数，由它去问那两个并合成它们的回答",
        )
    mistakes = [Mistake(_at_once(mistake.gives), mistake.en, mistake.zh) for mistake in GUIDED_MISTAKES]
    explain = partial(_explained, generator=generator)
    fault = judge_function(_at_once(answer), _at_once(guided), cases, mistakes, explain=explain)
    if fault is BLANK:
        return "it makes a function that returns nothing yet", "它造出的函数还没有返回任何东西"
    return _in_functions(fault) if fault else _remembers(answer, generator) or _asked_too_often(answer, cases[-1])


def _remembers(answer: Callable, generator: torch.Generator) -> Said | None:
    """Whether what it makes answers the second question as well as the first. 造出的去噪器，第二次问时是否也答得对？"""
    case = _cases(generator, (2.0,))[0]
    both = case["conditional"], case["unconditional"], 2.0
    made, exact = answer(*both), guided(*both)
    for t in (case["t"], case["t"], case["t"] + 1):
        xt = torch.randn(3, 2, generator=generator, dtype=torch.float64)
        given, fault = called(made, {"xt": xt, "t": t})
        if fault is not None or not torch.allclose(given, exact(xt, t)):
            return (
                "asked a second time, the denoiser that it makes answers wrongly: keep nothing from one question to the next",
                "第二次问，它造出的去噪器就答错了：不要把上一次的东西留到下一次",
            )
    return None


def _in_functions(fault: Said) -> Said:
    """The fault, or what it comes of where functions are added or multiplied. 错误本身；若是把函数相加或相乘，则说明这一点。"""
    if "unsupported operand" not in fault[0] or "'function'" not in fault[0]:
        return fault
    return (
        "it computes with the denoisers themselves, which are functions; ask them about xt and t, and mix what they answer",
        "把去噪器本身拿来计算了，可它们是函数；应当用 xt 与 t 去问它们，再合成它们的回答",
    )


def _explained(answer: Callable, generator: torch.Generator) -> Said | None:
    return wrong_factors(answer, Sum(_at_once(guided), _steeper, _terms, _numbers), generator)


def _asked_too_often(answer: Callable, case: dict[str, Any]) -> Said | None:
    asked = [0, 0]

    def counting(i: int, denoiser: Denoiser) -> Denoiser:
        def denoise(xt: Tensor, t: int) -> Tensor:
            asked[i] += 1
            return denoiser(xt, t)

        return denoise

    both = (counting(0, case["conditional"]), counting(1, case["unconditional"]))
    answer(*both, case["scale"])(case["xt"], case["t"])
    if max(asked) < 2:
        return None
    return (
        f"the guess is right, but to make it the denoisers are asked {sum(asked)} times, and each time costs; keep what "
        "they answer, ask each once",
        f"猜测是对的，但为此一共问了 {sum(asked)} 次去噪器，每问一次都有代价；把回答存下来，每个只问一次",
    )


GUIDED = Exercise(
    reference=lambda: guided,
    judge=judge_guided,
    hints=(
        (
            "Return a function of xt and t. In it, ask both, and think of the two answers as two points: scale says where on "
            "the line through them.",
            "返回一个关于 xt 与 t 的函数。在里面问那两个去噪器，把两个回答看成两个点，连成一条直线：scale 说的是落在这条直线的何处。",
        ),
        (
            "Set out from the guess without the label, u. The way to the one with it is c − u; go scale times that way.",
            "从无标签的猜测 u 出发。走到有标签的猜测，要走 c − u；走它的 scale 倍。",
        ),
        (
            "`def denoise(xt, t):`, in it `u = unconditional(xt, t)` and `return u + scale * (conditional(xt, t) - u)`; after "
            "it `return denoise`.",
            "`def denoise(xt, t):`，里面写 `u = unconditional(xt, t)` 与 `return u + scale * (conditional(xt, t) - u)`；"
            "之后 `return denoise`。",
        ),
    ),
)
