"""What is commonly got wrong in the exact denoiser of labelled data.

带标签数据的精确去噪器中常见的错误。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake
from course_utils.exercises.lesson_04.mistakes import WEIGHT_MISTAKES, weights
from course_utils.schedules import Schedule

Ask = Callable[..., Tensor]


def _by_weights(shares: Callable) -> Ask:
    return lambda schedule, x, y, xt, t: shares(schedule, x, xt, t) @ x


def _eps(schedule: Schedule, x: Tensor, y: Tensor, xt: Tensor, t: int) -> Tensor:
    x0_hat = weights(schedule, x, xt, t) @ x
    return (xt - schedule.signal[t] * x0_hat) / schedule.noise[t]


def _scaled(schedule: Schedule, x: Tensor, y: Tensor, xt: Tensor, t: int) -> Tensor:
    return schedule.signal[t] * (weights(schedule, x, xt, t) @ x)


def _clamped(schedule: Schedule, x: Tensor, y: Tensor, xt: Tensor, t: int) -> Tensor:
    return (weights(schedule, x, xt, t) @ x).clamp(-1, 1)


POINT_MISTAKES = [
    *(Mistake(_by_weights(mistake.gives), mistake.en, mistake.zh) for mistake in WEIGHT_MISTAKES),
    Mistake(_eps, "this is ε̂; a denoiser answers with x̂_0", "这是 ε̂；去噪器要回答的是 x̂_0"),
    Mistake(_scaled, "this is √ᾱ x̂_0: the data are scaled in the distance only, not in the mean", "这是 √ᾱ x̂_0：数据只在距离里缩小，求均值时不缩小"),
]  # fmt: skip
FAR_MISTAKES = [
    *POINT_MISTAKES[-2:],
    Mistake(_clamped, "the guess is cut off to −1 … 1; data may lie farther out, and a mean of data needs no clipping", "猜测被截断到了 −1…1；数据可以在这之外，而数据的均值无须截断"),
]  # fmt: skip
NOT_AT_ALL = {
    name: (f"it does not look at {name}, which is handed over", f"没有用到传进来的 {name}")
    for name in ("x", "t", "labels")
}
TOO_LATE = (
    "at t = 1, where x_t is far from the class that is asked for, all weights of that class have been rounded to 0 before the "
    "other classes were taken out. Take them out of the exponents, before the softmax",
    "t = 1 而 x_t 离所要的类很远时，去掉别的类之前，这一类的权重已经全部舍入成 0。应当在 softmax 之前就从指数里去掉别的类",
)
TOGETHER = (
    "with labels, one time for each sample goes wrong, though it holds without: who takes some samples out of xt takes the same "
    "ones out of t",
    "给了标签，每个样本一个时间步就出了错，不给标签时却是对的：从 xt 里挑出哪些样本，就要从 t 里挑出同样的那些",
)
FINITE = (
    "a finite number, such as −1e9, stands where other classes are taken out of the exponents; far from a class its own exponents "
    "are lower than that, and the others come back. Use `-torch.inf`",
    "在指数里去掉别的类时，用的是有限的数，例如 −1e9；离所要的类很远时，这一类自己的指数比它还低，别的类就又回来了。请用 `-torch.inf`",
)
UNDERFLOWN = (
    "far from all data at t = 1 it is no longer the nearest datum: every exp(…) is rounded to 0 there. Give the "
    "exponents to softmax, which subtracts the largest of each row first",
    "当 t = 1 而 x_t 离所有数据都远时，得到的不再是最近的数据点：那里每个 exp(…) 都舍入成 0。请把指数交给 softmax，它会先减去每一行最大的指数",
)
ROUNDED = (
    "at t = 1, for float32 images that differ by little, it is not what the same numbers give in float64: large terms "
    "cancel, and what is left is rounding. Compute in float64 inside, and return the dtype of xt",
    "当 t = 1、float32 图像彼此相差很小时，结果与同样的数按 float64 计算不同：大数相减，剩下的全是舍入误差。请在内部用 float64 计算，最后再变回 xt 的类型",
)


def time_mistakes(ask: Ask) -> list[Mistake]:
    """Mistakes with one time for each sample, made of the reader's own guesses. 每个样本一个时间步时的错误。"""

    def at(time: Callable) -> Ask:
        return lambda schedule, x, y, xt, t: ask(schedule, x, y, xt, int(time(t)))

    def in_reverse(schedule: Schedule, x: Tensor, y: Tensor, xt: Tensor, t: Tensor) -> Tensor:
        return torch.cat([ask(schedule, x, y, xt[i : i + 1], int(t.flip(0)[i])) for i in range(len(xt))])

    return [
        Mistake(at(lambda t: t[0]), "the first sample's time is used for the whole batch", "整批都用了第一个样本的时间步"),
        Mistake(at(lambda t: t[-1]), "the last sample's time is used for the whole batch", "整批都用了最后一个样本的时间步"),
        Mistake(at(lambda t: t.double().mean()), "the mean of the times is used for the whole batch", "整批都用了时间步的均值"),
        Mistake(at(max), "the largest of the times is used for the whole batch", "整批都用了最大的时间步"),
        Mistake(in_reverse, "the times go to the samples in the reverse order", "时间步按颠倒的次序给了各个样本"),
    ]  # fmt: skip


def label_mistakes(ask: Ask) -> list[Mistake]:
    """Mistakes with labels, made of the reader's own guesses where that can be. 与标签有关的错误。"""

    def of(chosen: Callable[[Tensor, Tensor, int], Tensor]) -> Ask:
        def gives(schedule: Schedule, x: Tensor, y: Tensor, xt: Tensor, t: int, labels: Tensor) -> Tensor:
            mine = [chosen(y, labels, i) for i in range(len(xt))]
            return torch.cat([ask(schedule, x[m], y[m], xt[i : i + 1], t) for i, m in enumerate(mine)])

        return gives

    def with_weights(change: Callable[[Tensor, Tensor], Tensor], whole: bool = True) -> Ask:
        def gives(schedule: Schedule, x: Tensor, y: Tensor, xt: Tensor, t: int, labels: Tensor) -> Tensor:
            mine = (labels[:, None] == y) | (labels[:, None] == -1)
            distance = (xt[:, None] - schedule.signal[t] * x).flatten(2).square().sum(2)
            distance = distance if whole else distance - xt.flatten(1).square().sum(1, keepdim=True)
            shares = change(-distance / (2 * (1 - schedule.alpha_bar[t])), mine)
            return (shares @ x.flatten(1)).reshape(xt.shape)

        return gives

    def mine(y: Tensor, labels: Tensor, i: int) -> Tensor:
        return y == labels[i]

    known: list[tuple[Ask, str, str]] = [
        (of(lambda y, labels, i: y == y), "the labels make no difference: every sample gets the guess over all data", "标签没有起作用：每个样本都是凭全部数据猜的"),
        (of(lambda y, labels, i: mine(y, labels, 0) | (labels[0] == -1)), "the first label is used for the whole batch", "整批都用了第一个标签"),
        (of(lambda y, labels, i: mine(y, labels, 0) | (labels[i] == -1)), "the first label is used for the whole batch", "整批都用了第一个标签"),
        (of(lambda y, labels, i: mine(y, labels, i) | (labels[i] <= 0)), "label 0 is taken for no label; only -1 asks for all data, and 0 is a class like any other", "把标签 0 当成了没有标签；只有 -1 表示全部数据，0 是与别的一样的类"),
        (of(lambda y, labels, i: torch.isin(y, labels)), "every sample gets the guess over all the labels of the batch together; each should get its own alone", "每个样本都把这一批里所有标签的数据合在一起来猜；各自只该看自己的那一类"),
        (of(lambda y, labels, i: ~mine(y, labels, i)), "the mask is the wrong way round: each sample sees all classes but its own", "掩码反了：每个样本看到的恰是别的类"),
        (with_weights(lambda e, m: e.softmax(1) * m), "data of other classes are taken out after the softmax, so the weights no longer sum to 1; take them out before", "别的类在 softmax 之后才去掉，权重之和不再是 1；应当在它之前去掉"),
        *((with_weights(lambda e, m: (e * m).softmax(1), whole), "the exponents of other classes are set to 0, and exp(0) is 1; they must be −∞", "别的类的指数设成了 0，而 exp(0) 是 1；应当是 −∞") for whole in (True, False)),
    ]  # fmt: skip
    return [Mistake(*entry) for entry in known]


def far_class_mistakes(ask: Ask) -> list[Mistake]:
    """Other classes taken out by a finite number: put for the exponents, or added to them. 用有限的数去掉别的类。"""

    def mean_of_others(schedule: Schedule, x: Tensor, y: Tensor, xt: Tensor, t: int, labels: Tensor) -> Tensor:
        return torch.stack([x[y != k].mean(0) for k in labels])

    return [Mistake(mean_of_others, *FINITE), Mistake(lambda *case: ask(*case[:5]), *FINITE)]
