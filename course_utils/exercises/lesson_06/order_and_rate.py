"""Judge how a reader's training walks through its data, and its learning rate.

评判读者的训练怎样走过数据，以及它的学习率。
"""

import math
from functools import cache
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import BLANK, Mistake, judge_function
from course_utils.exercises.lesson_06.trials import given, lacks, made, truth
from course_utils.language import Said

WALK = 10  # batches that are looked at


def judge_order(answer: Any, generator: torch.Generator) -> Said | None:
    """Does every image come once an epoch, in the order drawn from the seed? 每个轮次里每幅图像是否恰好一次？"""
    for n, batch in ((10, 4), (12, 4), (5, 5), (23, 8)):
        what = given(generator, n=n, batch=batch)
        run = made(answer, what)
        if run is None or run is ... or (first := run.indices()) is None or first is ...:
            return BLANK
        found = [first] + [run.indices() for _ in range(WALK - 1)]
        fault = _of_the_form(found, batch) or _of_the_epochs(torch.cat([*map(torch.as_tensor, found)]), n, batch)
        fault = fault or _of_the_draw(answer, what, found)
        if fault is not None:
            return fault
    return None


def _of_the_form(found: list, batch: int) -> Said | None:
    for index in map(torch.as_tensor, found):
        if index.is_floating_point() or index.dtype == torch.bool or index.ndim != 1:
            given_ = f"{index.dtype}, {tuple(index.shape)}"
            return (
                f"`indices` gives {given_}; it should give {batch} whole numbers, the places of the images",
                f"`indices` 给出的是 {given_}；应当给出 {batch} 个整数，即图像的下标",
            )
        if len(index) != batch:
            return (
                f"a batch of {len(index)} where {batch} are asked for: what is left of an epoch is filled up from the next",
                f"要的是 {batch} 个，却有一批是 {len(index)} 个：轮次末尾剩下的，应由下一轮次补足",
            )
    return None


def _of_the_epochs(walked: Tensor, n: int, batch: int) -> Said | None:
    if int(walked.min()) < 0 or int(walked.max()) >= n:
        return (
            f"there are indices outside of 0 to {n - 1} (n = {n}, {batch} in a batch)",
            f"有的下标不在 0 到 {n - 1} 之内（n = {n}，每批 {batch} 个）",
        )
    epochs = walked[: len(walked) // n * n].reshape(-1, n)
    if not bool((epochs.sort(1).values == torch.arange(n)).all()):
        used = n // batch * batch
        short = walked[: len(walked) // used * used].reshape(-1, used).sort(1).values
        if used < n and bool((short.diff(dim=1) > 0).all()):
            return (
                f"what is left of an epoch, {n - used} images of {n}, is thrown away; it should begin the next batch",
                f"轮次末尾剩下的图像（{n} 幅中的 {n - used} 幅）被丢掉了；它们应当排在下一批的开头",
            )
        return (
            f"some images come twice before all {n} have come once (n = {n}, {batch} in a batch)",
            f"{n} 幅图像还没全部出现一次，就有图像出现了两次（n = {n}，每批 {batch} 个）",
        )
    if bool((epochs == torch.arange(n)).all()):
        return "the images are never shuffled", "图像从不打乱"
    if len(epochs) > 1 and bool((epochs == epochs[0]).all()):
        return "each epoch has the order of the first; draw a new one", "每个轮次的次序都与第一个相同；应当重新抽"
    return None


def _of_the_draw(answer: Any, what: tuple, found: list) -> Said | None:
    """The same batches as the course draws, also when times and noise are drawn between them?"""
    run, own, again = made(answer, what), truth(what), made(answer, what)
    for index in found:
        if not torch.equal(torch.as_tensor(again.indices()), torch.as_tensor(index)):
            return (
                "two trainings of one seed go through the data in two orders: draw from `generator`, made by `seeded(seed)`",
                "种子相同的两次训练，数据次序却不同：请从 `seeded(seed)` 造的 `generator` 抽取",
            )
    if not isinstance(getattr(run, "generator", None), torch.Generator):
        return (
            "the training has no `generator`, `seeded(seed)`, from which everything is drawn",
            "训练没有 `generator`（即 `seeded(seed)`），一切都该从它抽取",
        )
    plain = truth(what)
    alike = all(torch.equal(torch.as_tensor(index), plain.indices()) for index in found)
    for _ in range(WALK):
        if not torch.equal(torch.as_tensor(run.indices()), own.indices()):
            break
        for between in (run, own):
            torch.rand(3, generator=between.generator)
    else:
        return None
    if alike:
        return (
            "an order is drawn too early or too late: only when fewer than a batch are left, as times and noise come "
            "from the same generator in between",
            "次序抽得太早或太晚：剩下的不够一批时才抽，因为其间时间步与噪声也出自同一个发生器",
        )
    return (
        "it is a good order, but not the one of this seed: one `torch.randperm(n, generator=...)` an epoch, nothing else",
        "次序没有毛病，却不是这个种子的那一份：每个轮次只用一次 `torch.randperm(n, generator=...)`，别的都不抽",
    )


def _warm(steps: int) -> int:
    return min(100, max(1, steps // 10))


def _right(steps: int, step: int, lr: float) -> float:
    return lr * min(1, (step + 1) / _warm(steps)) * (1 + math.cos(math.pi * step / steps)) / 2


def _wave(share: float) -> float:
    return (1 + math.cos(math.pi * share)) / 2


# steps, step, lr -> rate
RATE_MISTAKES = [
    Mistake(lambda n, k, lr: lr, "the rate never changes: it should warm up, then fall", "学习率从不变化：应当先升后降"),
    Mistake(lambda n, k, lr: lr * _wave(k / n), "the warm-up is missing", "漏了预热"),
    Mistake(lambda n, k, lr: lr * min(1, (k + 1) / _warm(n)), "it warms up and never falls: half a wave of the cosine is missing", "升上去就不再下降：漏了半个余弦波"),
    Mistake(lambda n, k, lr: lr * min(1, k / _warm(n)) * _wave(k / n), "the first step has the rate 0 and is wasted: the ramp begins at one stair, 1 / W", "第一步的学习率为 0，白走了一步：斜坡从一级台阶 1 / W 起"),
    Mistake(lambda n, k, lr: lr * min(1, (k + 1) / _warm(n)) * _wave((k + 1) / n), "the wave is one step ahead: it is 1 at step 0, so that the last step still moves", "余弦波早了一步：第 0 步处应为 1，这样最后一步仍会走动"),
    Mistake(lambda n, k, lr: lr * min(1, (k + 1) / _warm(n)) * _wave(max(0, k - _warm(n)) / (n - _warm(n))), "the wave begins after the warm-up; it should begin with step 0, and the two be multiplied", "余弦波从预热之后才开始；它应从第 0 步起，与斜坡相乘"),
    Mistake(lambda n, k, lr: lr * (k + 1) / _warm(n) if k < _warm(n) else lr * _wave(k / n), "in the warm-up the wave is left out; the two are multiplied at every step", "预热时漏了余弦波；两者在每一步都相乘"),
    Mistake(lambda n, k, lr: lr * min(1, (k + 1) / max(1, n // 10)) * _wave(k / n), "the warm-up of a long run is too long: 100 steps at most", "长训练的预热太长：至多 100 步"),
    Mistake(lambda n, k, lr: lr * min(1, (k + 1) / min(100, max(1, n / 10))) * _wave(k / n), "W is not rounded: with 57 steps it is 5, not 5.7 (`steps // 10`)", "W 没有取整：57 步时应为 5，而不是 5.7（`steps // 10`）"),
    Mistake(lambda n, k, lr: lr * min(1, 10 * (k + 1) / n) * _wave(k / n), "W is steps / 10 as it stands; it is rounded down (`steps // 10`), and held between 1 and 100", "W 直接取了 steps / 10；应向下取整（`steps // 10`），并限制在 1 到 100 之间"),
    Mistake(lambda n, k, lr: lr * min(1, (k + 1) / _warm(n)) * _wave(k / (n - 1)), "the wave reaches 0 in the last step, which is numbered `steps` − 1; it would reach 0 in the step after that", "余弦波在最后一步（编号 `steps` − 1）就降到了 0；应到再下一步才会是 0"),
    Mistake(lambda n, k, lr: lr * min(1, (k + 1) / _warm(n)) * 2 * _wave(k / n), "the wave goes from 2 to 0: 1 + cos is to be halved", "余弦波从 2 降到 0：1 + cos 还要减半"),
    Mistake(lambda n, k, lr: lr * min(1, (k + 1) / min(100, max(1, round(n / 10)))) * _wave(k / n), "W is rounded to the nearest whole number; rounded down it is 5 with 57 steps, not 6 (`steps // 10`)", "W 是四舍五入的；向下取整，57 步时应为 5，而不是 6（`steps // 10`）"),
    Mistake(lambda n, k, lr: lr * min(1, (k + 1) / min(100, max(1, math.ceil(n / 10)))) * _wave(k / n), "W is rounded up; rounded down it is 5 with 57 steps, not 6 (`steps // 10`)", "W 是向上取整的；向下取整，57 步时应为 5，而不是 6（`steps // 10`）"),
    Mistake(lambda n, k, lr: lr * min(1, (k + 1) / 100) * _wave(k / n), "the warm-up always takes 100 steps: a tenth of the steps, if that is fewer", "预热总是 100 步：总步数的十分之一若更少，就用十分之一"),
    Mistake(lambda n, k, lr: min(1, (k + 1) / _warm(n)) * _wave(k / n), "`lr` is left out: this is its share", "漏了 `lr`：这只是它的份额"),
    Mistake(lambda n, k, lr: lr * min(1, (k + 1) / _warm(n)) * math.cos(math.pi * k / n / 2), "this is a quarter of a wave; half a wave, lifted and halved, goes from 1 to 0 and is 0.5 in the middle", "这是四分之一个波；抬高再减半的半个波，从 1 到 0，中点为 0.5"),
    Mistake(lambda n, k, lr: lr * min(1, (k + 1) / _warm(n)) * math.cos(math.pi * k / n), "the rate falls below 0: lift the wave by 1 and halve it", "学习率降到了 0 以下：余弦波要加 1 再减半"),
    Mistake(lambda n, k, lr: lr * min(1, (k + 1) / _warm(n)) * (1 - k / n), "it falls along a straight line; half a wave of the cosine is asked for", "它沿直线下降；要的是半个余弦波"),
    Mistake(lambda n, k, lr: lr * min(1, (k + 1) / _warm(n)) * (1 - math.cos(math.pi * k / n)) / 2, "the wave rises from 0 to 1; it should fall from 1 to 0", "余弦波从 0 升到 1；应当从 1 降到 0"),
]  # fmt: skip


def judge_rate(answer: Any, generator: torch.Generator) -> Said | None:
    """Does the rate warm up and fall as it should, at any number of steps? 学习率的升与降是否正确，不论总步数多少？"""
    network, images, schedule, _, batch, _, decay, seed = given(generator)

    @cache
    def run_of(steps: int, lr: float) -> Any:
        return made(answer, (network, images, schedule, steps, batch, lr, decay, seed))

    def rate_of(steps: int, step: int, lr: float) -> Any:
        run = run_of(steps, lr)
        return None if run is None or run is ... else run.rate(step)

    try:
        rate_of(7, 0, 1.0)
    except ZeroDivisionError:
        return (
            "with 7 steps it divides by 0: a tenth of them, rounded down, is 0; the warm-up takes at least 1 step",
            "共 7 步时除以了 0：十分之一向下取整是 0；预热至少 1 步",
        )
    cases = []
    for steps in (7, 15, 57, 232, 3000):  # whose tenths have a fraction
        drawn = torch.randint(steps, (3,), generator=generator).tolist()
        at = {0, 1, _warm(steps) - 1, _warm(steps), steps // 2, steps - 1, *drawn}
        cases += [
            {"steps": steps, "step": step, "lr": lr} for step, lr in zip(sorted(at), (1.0, 3.0) * 9, strict=False)
        ]
    return judge_function(rate_of, _right, cases, RATE_MISTAKES, 1e-6) or lacks(run_of(7, 1.0), "lr")
