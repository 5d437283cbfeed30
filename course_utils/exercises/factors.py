"""Read the factors off a reader's formula: which of its terms has a wrong one, and what that one is, in symbols.

从读者的公式里读出各项的系数：哪一项的系数错了，错的那个写成符号是什么。

A formula that is a sum of tensors gives away its factors to least squares; a factor that is a product of powers of the
schedule's numbers gives away its exponents, as its logarithm is a sum.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.judging import called, describe, number
from course_utils.exercises.symbols import Numbers, formula_of
from course_utils.language import Said
from course_utils.schedules import Schedule

Case = dict[str, Any]
NOTHING = 1e-5  # of what a factor should be: so small, it is none
Follows = dict[str, Callable[[dict[str, Tensor], Sequence[Numbers]], Tensor]]


@dataclass(frozen=True, eq=False)
class Sum:
    """A formula that is a sum of terms, each a tensor with a factor, and trials of it in float64.

    由若干项相加而成的公式，每一项是张量乘系数；以及它的双精度试验。

    `terms` gives the tensors of a trial by their names, `numbers` what factors are made of, by their symbols; `follows`
    says of a factor what the other factors make of it, right or wrong, so that one mistake is named once.
    """

    truth: Callable[..., Tensor]
    draw: Callable[[torch.Generator], Sequence[Case]]
    terms: Callable[[Case], dict[str, Tensor]]
    numbers: Callable[[Case], Numbers]
    follows: Follows = field(default_factory=dict)


def around(schedule: Schedule, t: int) -> Numbers:
    """What the factors of one step are made of, and its neighbours. 一步的系数由哪些数构成，外加相邻两步的。"""
    a, alpha, beta = schedule.alpha_bar, schedule.alpha, schedule.beta
    at = {"ᾱ_t": a[t], "1 − ᾱ_t": 1 - a[t], "α_t": alpha[t], "β_t": beta[t], "β̃_t": schedule.posterior_variance[t]}
    at |= {"ᾱ_{t−1}": a[t - 1], "1 − ᾱ_{t−1}": 1 - a[t - 1], "α_{t−1}": alpha[t - 1], "β_{t−1}": beta[t - 1]}
    at |= {"ᾱ_{t+1}": a[t + 1], "1 − ᾱ_{t+1}": 1 - a[t + 1]}
    return {name: float(value) for name, value in at.items()}


def of_one_step(truth: Callable[..., Tensor], *names: str) -> Sum:
    """A sum whose arguments are a schedule and these, t among them, and whose terms are the others.

    参数为调度与这些名称（其中有 t）的和，其余各名称就是它的项。
    """
    tensors = [name for name in names if name != "t"]
    return Sum(
        truth,
        partial(_steps, names),
        lambda case: {name: case[name] for name in tensors},
        lambda case: around(case["schedule"], case["t"]),
    )


def _steps(names: Sequence[str], generator: torch.Generator) -> list[Case]:
    cases = []
    for schedule in (schedules.linear(200), schedules.cosine(300), schedules.quadratic(90)):
        for _ in range(8):
            t = int(torch.randint(schedule.T // 8, schedule.T * 7 // 8, (), generator=generator))
            drawn = torch.randn(len(names), 3, 5, generator=generator, dtype=torch.float64)
            case = {name: t if name == "t" else x for name, x in zip(names, drawn, strict=True)}
            cases.append({"schedule": schedule} | case)
    return cases


def wrong_factors(answer: Callable, formula: Sum, generator: torch.Generator) -> Said | None:
    """Which factors are wrong, and what they are; None if all are right in these trials, or it is no such sum.

    哪些系数错了，错成了什么；若这些试验中都对，或它根本不是这样的和，则为 None。
    """
    cases = formula.draw(generator)
    given, exact = [called(answer, case)[0] for case in cases], [formula.truth(*case.values()) for case in cases]
    terms, numbers = [formula.terms(case) for case in cases], [formula.numbers(case) for case in cases]
    where = [describe(_plain(case)) or describe(dict(at)) for case, at in zip(cases, numbers, strict=True)]
    whole = all(isinstance(value, Tensor) for value in given)
    found = fitted(terms, given) if whole else None
    if found is not None and bool((found.std(0) > 1e-6).any()):  # plain numbers have names of their own
        for name, value in cases[0].items():
            if not isinstance(value, Tensor) and _ignores(answer, cases, name):
                return f"it does not look at {name}, which is handed over", f"没有用到传进来的 {name}"
    return told_apart(terms, given, exact, numbers, where, follows=formula.follows)


def _ignores(answer: Callable, cases: Sequence[Case], name: str) -> bool:
    """Does the result stay the same when this argument, a schedule or a number, is another?"""
    for case in cases[:3] + cases[-3:]:
        value = case[name]
        other = (schedules.raw_quadratic if isinstance(value, Schedule) else (0.9).__mul__)(getattr(value, "T", value))
        other = value - 1 if isinstance(value, int) else other
        before, after = (called(answer, case | {name: v})[0] for v in (value, other))
        if not isinstance(before, Tensor) or not isinstance(after, Tensor) or not torch.equal(before, after):
            return False
    return True


def wrong_number(
    answer: Callable, truth: Callable, cases: Sequence[Case], numbers: Callable[[Case], Numbers]
) -> Said | None:
    """What formula a wrong number comes from, where one number is asked for; None where that is not found.

    题目要一个数时，错的那个数是什么公式；找不到则为 None。
    """
    known = [numbers(case) for case in cases]
    given = [number(called(answer, case)[0]) for case in cases]
    if any(value is None for value in given):
        return None
    wrong = formula_of(torch.tensor(given).double(), known)
    right = formula_of(torch.tensor([number(truth(*case.values())) for case in cases]).double(), known)
    if wrong is None or wrong == right:
        return None
    if right is None:  # the truth is no such product
        return f"this is {wrong}, which it is not", f"这是 {wrong}，答案不是这个"
    return f"this is {wrong}; it should be {right}", f"这是 {wrong}；应为 {right}"


def told_apart(
    terms: Sequence[dict[str, Tensor]],
    given: Sequence[Any],
    exact: Sequence[Tensor],
    numbers: Sequence[Numbers],
    where: Sequence[str],
    *,
    follows: Follows | None = None,
) -> Said | None:
    """The same for sums that are there already: their terms, what came out, what should have, one entry a trial.

    对已经算好的和做同样的事：各项、得到的值、应有的值，每次试验一个。
    """
    if any(not isinstance(g, Tensor) or g.shape != e.shape for g, e in zip(given, exact, strict=True)):
        return None
    finite = [i for i, value in enumerate(given) if bool(value.isfinite().all())]
    if len(finite) < min(9, len(given)):
        return None
    terms, given, exact, numbers, where = ([x[i] for i in finite] for x in (terms, given, exact, numbers, where))
    right, found = fitted(terms, exact), fitted(terms, given)
    if found is None or right is None:
        return changed(terms, given, exact)
    if not torch.allclose(found[:, -1], right[:, -1], atol=1e-6):
        fault = changed(terms, given, exact)
        if fault is not None:
            return fault
    said, of = [], dict(zip(terms[0], found.T, strict=False))
    for name, f, r in zip([*terms[0], None], found.T, right.T, strict=True):
        consistent = name in (follows or {}) and torch.allclose(f, follows[name](of, numbers), rtol=1e-4, atol=1e-6)
        if not consistent and not torch.allclose(f, r, rtol=1e-4, atol=1e-6):
            tensors = [each[name] for each in terms] if name else []
            said.append(_said(name, f, r, tensors, numbers, where))
    return ("; ".join(en for en, _ in said), "；".join(zh for _, zh in said)) if said else None


def _plain(case: Case) -> Case:
    return {key: value for key, value in case.items() if not isinstance(value, Tensor)}


def fitted(terms: Sequence[dict[str, Tensor]], sums: Sequence[Tensor], *, number: bool = True) -> Tensor | None:
    """The factors of the terms in each trial, and the number that is added, last, or none; None if there is more to it.

    每次试验中各项的系数，最后是外加的数（也可以不许有）；若不止于此则为 None。
    """
    found = []
    for tensors, value in zip(terms, sums, strict=True):
        wanted = value.detach().flatten().double()[:, None]
        columns = torch.stack(
            [x.flatten().double() for x in tensors.values()] + [torch.ones_like(wanted[:, 0])] * number, 1
        )
        if not bool(columns.isfinite().all() and wanted.isfinite().all()):
            return None
        factors = torch.linalg.lstsq(columns, wanted).solution
        off = (columns @ factors - wanted).abs().max()
        if not bool(off <= 1e-5 * (1 + wanted.abs().max())):  # nor where it is no number
            return None
        found.append(factors[:, 0])
    return torch.stack(found)


def _said(
    name: str | None,
    found: Tensor,
    right: Tensor,
    tensors: list[Tensor],
    numbers: Sequence[Numbers],
    where: Sequence[str],
) -> Said:
    if name is None:
        return "a bare number is added, which no tensor multiplies", "加上了一个光秃秃的数，没有乘任何张量"
    nothing = bool((found.abs() <= NOTHING * right.abs() + 1e-6).all())  # what is left of 0 in single precision
    wanted, wrong = formula_of(right, numbers), "0" if nothing else formula_of(found, numbers)
    i = int((found - right).abs().argmax())
    wanted = wanted or f"{float(right[i]):.3g}"
    if wrong is None and (apart := formula_of(found - right, numbers)) is not None:
        wrong = f"{wanted} {'−' if apart.startswith('−') else '+'} {apart.lstrip('−')}"
    if wrong is None:
        widths = torch.stack([x.double().std() for x in tensors])
        if torch.allclose(found * widths, right, rtol=1e-3):
            return f"{name} is divided by its own standard deviation; take it as it is", f"{name} 除以了它自己的标准差；应当原样使用"  # fmt: skip
        f, r, at = (
            f"{0 if found[i].abs() < NOTHING * right[i].abs() else float(found[i]):.3g}",
            f"{float(right[i]):.3g}",
            where[i],
        )
        return (
            f"the factor of {name} is wrong: with {at} it is {f}, and should be {wanted} ({r})",
            f"{name} 的系数不对：{at} 时它是 {f}，应为 {wanted}（{r}）",
        )
    if wrong == "0":
        return f"{name} is missing; its factor is {wanted}", f"漏了 {name}；它的系数应为 {wanted}"
    if wanted == "0":
        return f"{name} does not belong there; its factor is {wrong}", f"{name} 不该出现；它的系数是 {wrong}"
    if wrong == "1":
        return f"{name} has no factor; it should be {wanted}", f"{name} 没有系数；应为 {wanted}"
    if wrong.lstrip("−") == wanted.lstrip("−"):
        return f"the sign of {name}: its factor is {wrong}, and should be {wanted}", f"{name} 的符号反了：系数是 {wrong}，应为 {wanted}"  # fmt: skip
    return f"the factor of {name} is {wrong}; it should be {wanted}", f"{name} 的系数是 {wrong}；应为 {wanted}"


# What is done to one tensor, or to the result, and how it is named.
DONE: list[tuple[Callable[[Tensor], Tensor], str, str]] = [
    (torch.abs, "made positive, by its absolute values", "取了绝对值，只剩一种符号"),
    (lambda x: x.clamp(-1, 1), "clipped to [−1, 1]", "截断到了 [−1, 1]"),
    (lambda x: x.clamp(0, 1), "clipped to [0, 1]", "截断到了 [0, 1]"),
    (lambda x: x.clamp(min=0), "cut off below 0", "去掉了小于 0 的值"),
    (lambda x: x / x.std(), "divided by its own standard deviation", "除以了它自己的标准差"),
    (lambda x: (x - x.mean()) / x.std(), "brought to mean 0 and standard deviation 1", "调成了均值 0、标准差 1"),
    (lambda x: x - x.mean(), "moved so that its mean is 0", "挪到了均值为 0 的地方"),
    (lambda x: x.flatten()[0].expand(x.shape), "one single value for all pixels", "所有像素只用了同一个值"),
    (lambda x: x[:, :1].expand(x.shape), "one value for each image", "每幅图像只用了一个值"),
    (lambda x: x[:1].expand(x.shape), "that of the first image for the whole batch", "整批只用了第一幅的"),
    (lambda x: x.flip(0), "reversed in the order of its samples", "样本的次序颠倒了"),
    (torch.square, "squared", "平方了"),
    (torch.sign, "replaced by its sign", "只取了符号"),
    (torch.round, "rounded", "取整了"),
    (lambda x: (x + 1) / 2, "moved to [0, 1]", "挪到了 [0, 1]"),
    (lambda x: 2 * x - 1, "moved from [0, 1] to [−1, 1]", "从 [0, 1] 挪到了 [−1, 1]"),
]


def changed(terms: Sequence[dict[str, Tensor]], given: Sequence[Tensor], exact: Sequence[Tensor]) -> Said | None:
    """Was one tensor, or the result, clipped, scaled, repeated, on the way? 途中有没有张量或结果被截断、缩放或重复？"""
    if all(torch.allclose(g.double(), e.double(), rtol=1e-4, atol=1e-5) for g, e in zip(given, exact, strict=True)):
        return None  # nothing was done to it
    low, high = (float(f(torch.stack([f(g) for g in given]))) for f in (torch.min, torch.max))
    clipped = lambda x: x.clamp(low, high), f"clipped to [{low:.3g}, {high:.3g}]", f"截断到了 [{low:.3g}, {high:.3g}]"
    for change, en, zh in [*DONE, clipped]:
        changed = ((g.double(), change(e.double())) for g, e in zip(given, exact, strict=True))
        if all(torch.allclose(g, e, rtol=1e-4, atol=1e-5) for g, e in changed):
            return f"the result would be right, but it is {en}", f"结果本来对了，却又{zh}"
    for name in terms[0]:
        for change, en, zh in DONE:
            moved = [{**tensors, name: change(tensors[name])} for tensors in terms]
            if fitted(moved, given, number=False) is not None:
                return f"{name} is {en}; take it as it is", f"{name} {zh}；应当原样使用"
    for one, other in combinations(terms[0], 2):
        if (
            fitted([{**tensors, "product": tensors[one] * tensors[other]} for tensors in terms], given, number=False)
            is not None
        ):
            return (
                f"{one} and {other} are multiplied; add them, each with its factor",
                f"{one} 与 {other} 相乘了；应各乘系数后相加",
            )
    return None
