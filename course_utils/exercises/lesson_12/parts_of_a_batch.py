"""Exercise 12.accumulate: the gradient of a large batch, a part at a time.

练习 12.accumulate：一部分一部分地算出大批的梯度。
"""

from collections.abc import Callable
from typing import NamedTuple
from weakref import WeakSet

import torch
from torch import Tensor

from course_utils.exercises.judging import BLANK, number
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said

TRIALS = ((7, 3), (8, 4), (5, 1), (6, 10), (10, 4), (9, 8))


def in_parts(loss, x, at_once):
    """The mean loss of a batch, its gradient left on the weights, with at most so many images in memory at once. 分批求梯度。"""
    shares = []
    for part in x.split(at_once):
        share = loss(part).sum() / len(x)
        share.backward()
        shares.append(float(share.detach()))
    return sum(shares)


class _Kept:
    """What a part keeps for its way back; gone when the graph lets it go."""

    def __init__(self, tensor: Tensor, call: int, images: int):
        self.tensor, self.call, self.images = tensor, call, images


class Asked:
    """A loss with a weight of its own that notes how many images each call was given, and each way back.

    带权重的损失，记下每次调用给了几幅图像，以及每次反向。
    """

    def __init__(self, columns: int, dtype: torch.dtype, generator: torch.Generator):
        self.weight = (0.3 * torch.randn(columns, generator=generator, dtype=dtype)).requires_grad_()
        self.events: list[int] = []  # images of a call, 0 for a way back
        self.weight.register_hook(lambda _: self.events.append(0))
        self.kept: WeakSet[_Kept] = WeakSet()
        self.most_kept = 0  # images whose ways back were there at once, of which a call had just begun

    def __call__(self, x: Tensor) -> Tensor:
        self.events.append(len(x))
        self.most_kept = max(self.most_kept, len(x) + sum({kept.call: kept.images for kept in self.kept}.values()))

        def keep(tensor: Tensor) -> _Kept:
            kept = _Kept(tensor, len(self.events), len(x))
            self.kept.add(kept)
            return kept

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda kept: kept.tensor):
            return self.values(x)

    def most_held(self) -> int:
        """The most images that went forward between two ways back. 两次反向之间，最多前向了几幅图像。"""
        held = most = 0
        for event in self.events:
            held = held + event if event else 0
            most = max(most, held)
        return most

    def values(self, x: Tensor) -> Tensor:
        """One value an image. 每幅图像一个值。"""
        return ((x @ self.weight).tanh() - x[:, 0]) ** 2

    def gradient(self, value: Tensor) -> Tensor:
        """Of a value by the weight. 某个值对权重的梯度。"""
        noted = list(self.events)
        [found] = torch.autograd.grad(value, [self.weight])
        self.events = noted
        return found


class Way(NamedTuple):
    """Another way of adding the parts up: what it weighs each value with, and what is wrong with it.

    另一种合计各部分的办法：给每个值的权重，以及错在哪里。
    """

    weights: Callable[[list[int], int], list[float]]  # sizes of the parts, at_once -> a weight for the values of each
    en: str
    zh: str


WAYS = [
    Way(lambda n, k: [1 / (m * len(n)) for m in n], "it is the mean of the parts' means: where the last part is smaller, its images count for more. Divide sums by the size of the whole batch", "这是各份均值的均值：最后一份若小一些，其中的图像就算重了。应当把各份之和除以整批的大小"),
    Way(lambda n, k: [1 / m for m in n], "the parts' means are added up and not divided: with p parts the gradient is about p times as large", "各份的均值加了起来，没有再除：分成 p 份，梯度就大约是 p 倍"),
    Way(lambda n, k: [1.0] * len(n), "the values are added up and not divided by the number of images", "各个值加了起来，没有除以图像数"),
    Way(lambda n, k: [1 / (k * len(n))] * len(n), "it is divided by at_once times the number of parts, which is more than the images where the last part is smaller", "除的是 at_once 乘份数；最后一份小一些时，那比图像数要多"),
    Way(lambda n, k: [1 / k] * len(n), "it is divided by at_once; the size of the whole batch belongs there", "除的是 at_once；应当除以整批的大小"),
    Way(lambda n, k: [0.0] * (len(n) - 1) + [1 / n[-1]], "only the last part counts: what the others left was put to 0", "只有最后一份算数：别的各份留下的被改成了 0"),
    Way(lambda n, k: [0.0] * (len(n) - 1) + [1 / sum(n)], "only the last part counts: what the others left was put to 0", "只有最后一份算数：别的各份留下的被改成了 0"),
    Way(lambda n, k: [1 / sum(n) ** 2] * len(n), "it is divided by the number of images twice", "除了两遍图像数"),
    Way(lambda n, k: [1 / sum(n) / len(n)] * len(n), "it is divided by the number of parts once too often: the sums are parts of one mean already", "多除了一遍份数：各份之和本来就只是同一个均值的几部分"),
]  # fmt: skip


def judge_accumulate(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's gradient in parts, or None. 读者分批求的梯度错在哪里；正确时为 None。"""
    for i, (n, at_once) in enumerate(TRIALS):
        dtype = (torch.float32, torch.float64)[i % 2]
        loss, x = Asked(4, dtype, generator), torch.randn(n, 4, generator=generator, dtype=dtype)
        handed = x.clone()
        told = answer(loss, handed, at_once)
        if (told is None or told is ...) and not loss.events:
            return BLANK
        fault = _form_fault(loss, x, handed, at_once) or _gradient_fault(loss, x, at_once)
        fault = fault or _value_fault(loss, x, told)
        if fault is not None:
            return f"with {n} images, {at_once} at once, {fault[0]}", f"{n} 幅图像、每次 {at_once} 幅时，{fault[1]}"
    return None


def _form_fault(loss: Asked, x: Tensor, handed: Tensor, at_once: int) -> Said | None:
    """Which parts were asked, and in which order with the ways back?"""
    if not torch.equal(x, handed):
        return "it changes the images that it is handed", "它改动了传进来的图像"
    sizes = [size for size in loss.events if size]
    if not sizes:
        return "the loss is never asked: call `loss(part)`", "从没有算过损失：请调用 `loss(part)`"
    if max(sizes) > at_once:
        return (
            f"{max(sizes)} images go through the network at once, and so much memory is needed; at most {at_once} are "
            "allowed",
            f"一次有 {max(sizes)} 幅图像经过网络，就要那么多内存；最多只许 {at_once} 幅",
        )
    if sum(sizes) != len(x):
        return (
            f"{sum(sizes)} images are asked about in all: each has to come once, the last, smaller part, too",
            f"一共问了 {sum(sizes)} 幅图像：每幅都要问一次，也只问一次，包括最后较小的那一份",
        )
    if loss.weight.grad is None:
        return (
            "the weights get no gradient: call `.backward()` on what each part gives",
            "权重没有得到梯度：请对每一份的结果调用 `.backward()`",
        )
    if (held := loss.most_held()) > at_once:
        return (
            f"parts go forward before those before them went back: {held} images are held in memory at once, where at "
            f"most {at_once} are allowed. Go back after each part",
            f"前面的份还没反向，后面的就前向了：内存里同时有 {held} 幅图像，最多只许 {at_once} 幅。每做完一份就应当反向",
        )
    if loss.most_kept > at_once:
        return (
            "what a part keeps for its way back is still there when the next goes forward: let `.backward()` free it, "
            "without `retain_graph`, and keep plain numbers of it",
            "下一份前向时，上一份为反向留着的还占着内存：让 `.backward()` 把它放掉，不要用 `retain_graph`，自己只留普通的数",
        )
    return None


def _gradient_fault(loss: Asked, x: Tensor, at_once: int) -> Said | None:
    values, found = loss.values(x), loss.weight.grad.clone()
    if _near(found, loss.gradient(values.mean())):
        return None
    sizes = [size for size in loss.events if size]
    for way in WAYS:
        weights = torch.cat([values.new_full((m,), w) for m, w in zip(sizes, way.weights(sizes, at_once), strict=True)])
        if _near(found, loss.gradient((weights * loss.values(x)).sum())):
            return way.en, way.zh
    exact = loss.gradient(loss.values(x).mean())
    for factor in (2.0, -1.0, 0.0):
        if _near(found, factor * exact):
            return f"the gradient is {factor:g} times what it should be", f"梯度是应有的 {factor:g} 倍"
    off = float((found - exact).abs().max())
    return f"the gradient departs from that of the whole batch by up to {off:.2g}", f"梯度与整批的梯度最多差 {off:.2g}"


def _value_fault(loss: Asked, x: Tensor, told: object) -> Said | None:
    values = loss.values(x).detach()
    exact, value = float(values.mean()), number(told.detach() if isinstance(told, Tensor) else told)
    if value is None:
        return (
            "the gradient is right, but the mean loss of the batch is not returned as one number",
            "梯度对了，但没有返回这一批损失的均值（一个数）",
        )
    if isinstance(told, Tensor) and told.requires_grad:
        return (
            "the gradient is right, but what is returned carries the graph of a part with it, and its memory: return a "
            "plain number, `float(...)`",
            "梯度对了，但返回的张量还带着某一份的计算图，内存也就放不掉：请返回普通的数 `float(...)`",
        )
    if abs(value - exact) < 1e-5 * max(1, abs(exact)):
        return None
    return (
        f"the gradient is right, but it returns {value:.4g}; the mean loss of the batch is {exact:.4g}",
        f"梯度对了，但返回的是 {value:.4g}；这一批损失的均值是 {exact:.4g}",
    )


def _near(found: Tensor, exact: Tensor) -> bool:
    return found.shape == exact.shape and bool(((found - exact).abs() < 1e-5 * max(1, float(exact.abs().max()))).all())


ACCUMULATE = Exercise(
    reference=lambda: in_parts,
    judge=judge_accumulate,
    hints=(
        (
            "`.backward()` adds to the gradients that are there. What must be added up, so that the sum is the gradient of "
            "the mean over all images?",
            "`.backward()` 会加到已有的梯度上。加进去的应当是什么，总和才是全部图像损失均值的梯度？",
        ),
        (
            "A mean is a sum over n. Each part gives the sum of its own values over n, the size of the whole batch; then "
            "the last part may be as small as it likes.",
            "均值就是总和除以 n。每一份贡献自己各值之和除以 n（整批的大小）；最后一份再小也没关系。",
        ),
        (
            "`for part in x.split(at_once):`, `share = loss(part).sum() / len(x)`, `share.backward()`, and add up "
            "`float(share.detach())`.",
            "`for part in x.split(at_once):`，`share = loss(part).sum() / len(x)`，`share.backward()`，再把 "
            "`float(share.detach())` 加起来。",
        ),
    ),
)
