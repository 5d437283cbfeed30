"""The forward step and extract, and what is commonly got wrong in them.

前向步与 extract，以及其中常见的错误。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.judging import Mistake
from course_utils.language import Said
from course_utils.schedules import Schedule


def step(schedule: Schedule, x: Tensor, t: int, eps: Tensor) -> Tensor:
    """One forward step, with the noise given. 给定噪声的一个前向步。"""
    return schedule.alpha[t].sqrt() * x + schedule.beta[t].sqrt() * eps


def _scaled(signal: Callable, noise: Callable) -> Callable:
    """A function with the arguments of `step` that scales x and eps by other factors: functions of β_t and ᾱ_t."""

    def gives(schedule: Schedule, x: Tensor, t: int, eps: Tensor) -> Tensor:
        beta, a = schedule.beta[t], schedule.alpha_bar[t]
        return (signal(beta, a) * x + noise(beta, a) * eps).to(x.dtype)

    return gives


def _shifted(by: int) -> Callable:
    """The step with the factors of a neighbouring time, within the schedule."""
    return lambda schedule, x, t, eps: step(schedule, x, min(t + by, schedule.T), eps)


def _right_signal(beta: Tensor, a: Tensor) -> Tensor:
    return (1 - beta).sqrt()


def _right_noise(beta: Tensor, a: Tensor) -> Tensor:
    return beta.sqrt()


OTHER: Said = (
    "its β are those of the linear schedule, whatever schedule is handed over; read `schedule`",
    "不论传进来的是什么调度，用的都是线性调度的 β；请从 `schedule` 里读",
)
STEP_MISTAKES = [
    Mistake(_scaled(signal, noise), en, zh)
    for signal, noise, en, zh in (
        (lambda b, a: 1 - b, lambda b, a: b, "both square roots are missing: √α = √(1 − β) for x, √β for eps", "两个平方根都漏了：x 乘 √α = √(1 − β)，eps 乘 √β"),
        (_right_signal, lambda b, a: b, "it scales eps by β, a variance; the factor is √β", "eps 乘的是方差 β；系数应为 √β"),
        (lambda b, a: 1 - b, _right_noise, "it scales x by α; the factor is √α = √(1 − β)", "x 乘的是 α；系数应为 √α = √(1 − β)"),
        (lambda b, a: a.sqrt(), lambda b, a: (1 - a).sqrt(), "this is the jump from x_0, with ᾱ_t; one step uses α_t and β_t alone", "这是从 x_0 起的跳跃，用的是 ᾱ_t；走一步只用 α_t 与 β_t"),
        (_right_signal, lambda b, a: (1 - a).sqrt(), "its noise is that of the whole jump, √(1 − ᾱ_t); one step adds √β_t", "噪声是整次跳跃的 √(1 − ᾱ_t)；走一步只加 √β_t"),
        (lambda b, a: a.sqrt(), _right_noise, "it scales x by √ᾱ_t, as if x were x_0; one step scales x_{t−1} by √α_t", "x 乘的是 √ᾱ_t，好像 x 就是 x_0；走一步应把 x_{t−1} 乘以 √α_t"),
        (_right_signal, lambda b, a: 1 - (1 - b).sqrt(), "it scales eps by 1 − √α; it is the squares of the two factors that add up to 1", "eps 乘的是 1 − √α；相加为 1 的是两个系数的平方"),
        (lambda b, a: 1, _right_noise, "x is not scaled down, so the variance grows without end; its factor is √α = √(1 − β)", "x 没有缩小，方差会一直增大；系数应为 √α = √(1 − β)"),
        (lambda b, a: 1, lambda b, a: b, "x is not scaled down, and eps is scaled by β for √β", "x 没有缩小，eps 又乘了 β 而不是 √β"),
        (lambda b, a: b.sqrt(), _right_signal, "the two factors are swapped: √α belongs to x, √β to eps", "两个系数写反了：√α 属于 x，√β 属于 eps"),
        (_right_signal, lambda b, a: 1, "eps has no factor; it is √β", "eps 没有系数；应为 √β"),
        (lambda b, a: 1, lambda b, a: 1, "x and eps are simply added; each needs its factor", "只是把 x 与 eps 相加；两者各有系数"),
        (_right_signal, lambda b, a: -b.sqrt(), "the noise is subtracted; the forward process adds it", "噪声被减去了；前向过程是加上它"),
        (_right_signal, lambda b, a: 0, "there is no noise in it: this is the mean of x_t", "里面没有噪声：这只是 x_t 的均值"),
        (lambda b, a: 1 / (1 - b).sqrt(), _right_noise, "it divides x by √α; the forward process multiplies", "x 除以了 √α；前向过程是乘"),
        (lambda b, a: 1 / (1 - b).sqrt(), lambda b, a: -(b / (1 - b)).sqrt(), "this is the way back, from x_t to x_{t−1}; the forward step goes from x_{t−1} to x_t", "这是往回走，从 x_t 到 x_{t−1}；前向步是从 x_{t−1} 到 x_t"),
        (lambda b, a: 1 - b.sqrt(), _right_noise, "it scales x by 1 − √β; it is the squares of the two factors that add up to 1", "x 乘的是 1 − √β；相加为 1 的是两个系数的平方"),
        (lambda b, a: b, lambda b, a: 1 - b, "the two factors are swapped, and both square roots are missing: √α belongs to x, √β to eps", "两个系数写反了，平方根也都漏了：√α 属于 x，√β 属于 eps"),
        (lambda b, a: a, lambda b, a: 1 - a, "this is the jump from x_0, with ᾱ_t and without the square roots; one step uses α_t and β_t alone", "这是从 x_0 起的跳跃，用的是 ᾱ_t，还漏了平方根；走一步只用 α_t 与 β_t"),
        (lambda b, a: 1, lambda b, a: (1 - a).sqrt(), "x is not scaled down, and the noise is that of the whole jump; the factors are √α_t and √β_t", "x 没有缩小，噪声又是整次跳跃的；两个系数应为 √α_t 与 √β_t"),
        (_right_signal, _right_signal, "x and eps have the same factor, √α; that of eps is √β", "x 与 eps 用了同一个系数 √α；eps 的系数应为 √β"),
        (_right_noise, _right_noise, "x and eps have the same factor, √β; that of x is √α", "x 与 eps 用了同一个系数 √β；x 的系数应为 √α"),
        (lambda b, a: 1, lambda b, a: 0, "it is x itself; shrink x and add noise", "返回的就是 x 本身；要缩小 x，再加噪声"),
        (lambda b, a: 0, lambda b, a: 1, "it is eps itself; x is missing", "返回的就是 eps 本身；x 不见了"),
    )
] + [
    Mistake(lambda schedule, x, t, eps: step(schedule, x, t, torch.ones_like(eps)), "it adds the bare number √β; eps is missing", "加上的只是 √β 这个数；eps 不见了"),
    Mistake(lambda schedule, x, t, eps: step(schedule, x, t, eps).clamp(-1, 1), "the result is clamped to [−1, 1]; noise leads beyond, and it must", "结果被截断到 [−1, 1]；噪声会越出这个范围，也应当越出"),
    Mistake(lambda schedule, x, t, eps: step(schedule, x, t, eps[:1]), "the first sample's noise is used for the whole batch", "整批都用了第一个样本的噪声"),
    Mistake(lambda schedule, x, t, eps: step(schedules.linear(), x, t, eps), OTHER[0], OTHER[1]),
    Mistake(lambda schedule, x, t, eps: step(schedules.raw_linear(schedule.T), x, t, eps), OTHER[0], OTHER[1]),
    Mistake(_shifted(-1), "its β is one step early: `schedule.beta[t]` is β_t itself, for entry 0 belongs to the clean image", "β 早了一步：`schedule.beta[t]` 就是 β_t，第 0 项属于干净图像"),
    Mistake(_shifted(1), "its β is one step late: it is that of t + 1", "β 晚了一步：用的是 t + 1 的"),
]  # fmt: skip


def extract(values: Tensor, t: Tensor, x: Tensor) -> Tensor:
    """One value per sample, shaped to multiply x: (T + 1,), (b,), (b, ...) -> (b, 1, ...) with x's dtype.

    每个样本取一个值，形状便于与 x 相乘。
    """
    return values[t].to(x.dtype).reshape(-1, *[1] * (x.ndim - 1))


def _in_order(order: Callable[[Tensor], Tensor]) -> Callable:
    """`extract` at other times."""
    return lambda values, t, x: extract(values, order(t).clamp(0, len(values) - 1), x)


EXTRACT_MISTAKES = [
    Mistake(_in_order(lambda t: t - 1), "it reads one entry early: `values[t]` belongs to t, for entry 0 is the clean image's", "读早了一项：`values[t]` 就是 t 的值，第 0 项属于干净图像"),
    Mistake(_in_order(lambda t: t + 1), "it reads one entry late", "读晚了一项"),
    Mistake(_in_order(lambda t: t[:1].expand(len(t))), "every sample gets the first one's value", "每个样本拿到的都是第一个样本的值"),
    Mistake(_in_order(lambda t: torch.arange(len(t))), "it takes the first b values and does not look at t", "它取了开头的 b 个值，没有看 t"),
    Mistake(_in_order(lambda t: t.sort().values), "the values are in the order of t, not of the samples", "值按 t 的大小排列，而不是按样本的次序"),
    Mistake(_in_order(lambda t: t.sort(descending=True).values), "the values are in the order of t, not of the samples", "值按 t 的大小排列，而不是按样本的次序"),
    Mistake(_in_order(lambda t: t.flip(0)), "the values stand in reverse: the first sample has the last one's", "次序反了：第一个样本拿到的是最后一个的值"),
    Mistake(_in_order(lambda t: t.max().expand(len(t))), "every sample gets the value of the largest t", "每个样本拿到的都是最大的 t 的值"),
    Mistake(lambda values, t, x: extract(values.flip(0), t, x), "it reads values from the end", "它从末尾倒着读 values"),
    Mistake(lambda values, t, x: extract(values, -t, x), "it reads values from the end", "它从末尾倒着读 values"),
    Mistake(lambda values, t, x: extract(values.sqrt(), t, x), "it takes a square root; hand the values on as they are", "它取了平方根；值要原样交出"),
    Mistake(lambda values, t, x: extract(values**2, t, x), "it squares; hand the values on as they are", "它取了平方；值要原样交出"),
    Mistake(lambda values, t, x: extract(1 - values, t, x), "it returns 1 minus the value; hand the values on as they are", "它返回的是 1 减去那个值；值要原样交出"),
    Mistake(lambda values, t, x: extract((1 - values).sqrt(), t, x), "it turns ᾱ into the factor of the noise; hand the values on as they are", "它把 ᾱ 换成了噪声的系数；值要原样交出"),
    Mistake(lambda values, t, x: t.to(x.dtype).reshape(-1, *[1] * (x.ndim - 1)), "it returns t itself; read values at t", "返回的就是 t；要到 values 里取 t 处的值"),
    Mistake(lambda values, t, x: extract(schedules.linear().alpha_bar, t, x), "it reads ᾱ of the linear schedule, not the `values` that are handed over", "它读的是线性调度的 ᾱ，而不是传进来的 `values`"),
]  # fmt: skip


UNREAD = ("it has as many values as `values`; take the entries at t", "它的值与 `values` 一样多；请取出 t 处的那些项")


def shape_mistakes(values: Tensor, t: Tensor, x: Tensor) -> dict[tuple, Said]:
    """What a result of a certain shape shows."""
    b = len(t)
    return {
        (b,): (
            f"its shape is ({b},): multiplied with x, it would vary along the last axis, the width, and where b = w "
            "without an error. Put one axis of length 1 behind it for each further axis of x",
            f"形状是 ({b},)：与 x 相乘时，它沿最后一个轴（宽）变化；b = w 时连错都不报。x 每多一个轴，后面就要补一个长为 1 的轴",
        ),
        (1, b, 1, 1): (
            "it varies along the second axis, the channels; the samples are the first axis",
            "它沿第二个轴（通道）变化；样本在第一个轴",
        ),
        (1, 1, 1, b): (
            "it varies along the last axis, the width; the samples are the first axis",
            "它沿最后一个轴（宽）变化；样本在第一个轴",
        ),
        tuple(x.shape): (
            "it has the full shape of x; asked for is the factor alone, one value per sample, (b, 1, …)",
            "它的形状与 x 完全相同；这里只要系数本身，每个样本一个值，即 (b, 1, …)",
        ),
        (): ("it is a single value; each sample has its own t", "它只是一个值；而每个样本各有自己的 t"),
        **dict.fromkeys((tuple(values.shape), (len(values), *[1] * (x.ndim - 1))), UNREAD),
    }
