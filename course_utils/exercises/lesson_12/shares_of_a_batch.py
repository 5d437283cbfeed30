"""Exercise 12.share: which images of a batch a process takes.

练习 12.share：一个进程取一批里的哪些图像。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.exercises.judging import called
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said

TRIALS = ((8, 2), (12, 3), (6, 1), (4, 4), (10, 5), (9, 3))
ASKED_AGAIN: Said = (
    "a process that is asked again takes other images: which ones may depend on `index`, `process` and `processes` "
    "alone, since processes do not know how often the others were asked",
    "同一个进程再问一次，取的就不一样了：取哪些只能由 `index`、`process` 与 `processes` 决定，因为各进程不知道别的被问了几次",
)


def share(index, process, processes):
    """The part of a batch's indices that one of several processes takes, in their order. 几个进程之一所取的下标。"""
    return index[process::processes]


def judge_share(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's shares, or None: any even split will do. 读者的分法错在哪里；怎样均分都行。"""
    for n, processes in TRIALS:
        index = torch.randperm(1000, generator=generator)[:n]
        shares = []
        for process in (*range(processes), *reversed(range(processes))):
            part, fault = called(answer, {"index": index, "process": process, "processes": processes})
            if fault is not None:
                return fault
            if not isinstance(part, Tensor) or part.ndim != 1 or part.dtype != index.dtype:
                kind = f"{part.dtype} {tuple(part.shape)}" if isinstance(part, Tensor) else type(part).__name__
                return (
                    f"it returns {kind}; return some of the indices, a tensor (k,) of whole numbers",
                    f"返回的是 {kind}；应当返回其中一部分下标，即整数张量 (k,)",
                )
            shares.append(part)
        first, again = shares[:processes], shares[: processes - 1 : -1]
        if (fault := _fault(index, first)) is None and not all(map(torch.equal, first, again)):
            fault = ASKED_AGAIN
        if fault is not None:
            where = f"{n} images, {processes} processes", f"{n} 幅图像、{processes} 个进程"
            return f"with {where[0]} {fault[0]}", f"{where[1]}时，{fault[1]}"
    return None


def _fault(index: Tensor, shares: list[Tensor]) -> Said | None:
    n, processes, taken = len(index), len(shares), torch.cat(shares)
    if processes > 1 and all(torch.equal(part, index) for part in shares):
        return (
            "every process takes the whole batch: all do the same work, and nothing is gained",
            "每个进程都取了整批：大家做同样的活，什么也没省下",
        )
    if processes > 1 and len(taken) and all(torch.equal(part, shares[0]) for part in shares):
        return (
            "all processes take the same images: the mean of their gradients is that of one part of the batch",
            "各进程取了同样的图像：梯度的均值只是这批中一部分的梯度",
        )
    places = torch.arange(n)
    if len(taken) and not torch.isin(taken, index).all():
        return (
            "numbers are returned that are not among the indices: places in the batch, perhaps; read `index` there"
            if torch.isin(taken, places).all()
            else "numbers are returned that are not among the indices",
            "返回的数不在这些下标之中：大概是批里的位置；请再按位置去取 `index` 里的值"
            if torch.isin(taken, places).all()
            else "返回的数不在这些下标之中",
        )
    if len(taken.unique()) < len(taken):
        return "an image is taken twice, and so counts twice", "有图像被取了两次，也就算了两次"
    missing = n - len(taken)
    if missing:
        return (
            f"nobody takes {missing} of the {n} images: the last of the batch, perhaps, or those of process 0, which is "
            "the first",
            f"{n} 幅图像中有 {missing} 幅谁也没取：大概漏了这一批的最后几幅，或漏了 0 号进程的，它是第一个",
        )
    if len({len(part) for part in shares}) > 1:
        return (
            f"the shares hold {', '.join(str(len(part)) for part in shares)} images; where they differ, the mean of the "
            "processes is no mean of the images",
            f"各份分别有 {'、'.join(str(len(part)) for part in shares)} 幅图像；各份不一样多，对各进程取均值就不等于对图像取均值",
        )
    return None


SHARE = Exercise(
    reference=lambda: share,
    judge=judge_share,
    hints=(
        (
            "All processes know the whole list, the same one. What must be true of all their parts together?",
            "每个进程都知道整张表，而且是同一张。它们的各份合起来，应当满足什么？",
        ),
        (
            "Every index in one part and only one, all parts of one length. Deal them out like cards, or cut the list into "
            "pieces.",
            "每个下标恰好在一份里，各份一样长。可以像发牌那样轮流分，也可以把表切成几段。",
        ),
        (
            "Like cards: begin at `process`, and take every `processes`-th, with a slice of three parts, `index[a::b]`.",
            "像发牌：从 `process` 起，每 `processes` 个取一个，用三段的切片 `index[a::b]`。",
        ),
    ),
)
