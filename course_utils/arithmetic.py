"""Arithmetic: where networks compute, in which precision, and on how many threads.

算术：网络在哪里、以什么精度、用几个线程计算。
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

_MAY_BE_QUICK = ContextVar("may be quick", default=True)


def device_here() -> torch.device:
    """Where this process computes: on its own GPU, one for each process of a machine, if there is one; else on the CPU.

    本进程在哪里计算：有 GPU 就用 GPU（同一台机器上每个进程各用一块），否则用 CPU。
    """
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)) % torch.cuda.device_count())


def quick_arithmetic(x: Tensor) -> torch.autocast:
    """A context in which networks of float32 images compute in bfloat16, where that is quicker.

    在这个上下文中，若 bfloat16 更快，处理 float32 图像的网络就用它计算。

    Paper: Micikevicius et al. 2018 (weights, and what the optimizer keeps, stay in float32).
    """
    quick = x.ndim == 4 and x.dtype == torch.float32 and quick_in_bfloat16(x.device)
    return torch.autocast(x.device.type, torch.bfloat16, enabled=quick)


def quick_in_bfloat16(device: torch.device) -> bool:
    """Are products of matrices quicker in bfloat16 there? On GPUs that have it; on CPUs only with tiles for it (AMX).

    那里的矩阵乘法用 bfloat16 是否更快？有此类型的 GPU 上更快；CPU 只有带相应矩阵单元（AMX）时才更快，否则反而慢得多。
    """
    if not _MAY_BE_QUICK.get():
        return False
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and bool(getattr(torch.cpu, "get_capabilities", dict)().get("amx_bf16"))


@contextmanager
def full_precision() -> Iterator[None]:
    """Within the block everything is computed in the type that it has, quicker or not.

    在块内一切都以原有的类型计算，不论快慢。

    Sums of bfloat16 depend on their order in the third digit; where two ways to compute must agree, it is too coarse.
    """
    token = _MAY_BE_QUICK.set(False)
    try:
        yield
    finally:
        _MAY_BE_QUICK.reset(token)


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Let torch compute on n threads within the block (or a function, as `@threads(1)`), then on as many as before.

    在块内（或写作 `@threads(1)`，在函数内）让 torch 用 n 个线程，之后恢复原来的线程数。

    Small tensors are too small to share out: a second thread gains little alone, and beside other work each waits for
    the other most of the time.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def threads_that_pay(work: Callable[[], object], most: int) -> int:
    """1 or `most`, whichever does `work` sooner on this machine just now; `most` only if it saves a tenth.

    1 或 `most`：此刻在这台机器上哪个线程数做完 `work` 更快；`most` 至少要省下十分之一才算数。

    Each is tried three times in turn, after a first time that does not count.
    """
    work()
    spent = {1: 0.0, most: 0.0}
    for n in (1, most) * 3:
        with threads(n):
            began = time.perf_counter()
            work()
            spent[n] += time.perf_counter() - began
    return most if spent[most] < 0.9 * spent[1] else 1
