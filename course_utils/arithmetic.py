"""Arithmetic: in which precision networks compute, and on how many threads.

算术：网络以什么精度、用几个线程计算。
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


def quick_arithmetic(x: Tensor) -> torch.autocast:
    """A context in which networks of float32 images compute in bfloat16, on a CPU with tiles for it (AMX) only.

    在这个上下文中，处理 float32 图像的网络用 bfloat16 计算；仅限于带有相应矩阵单元（AMX）的 CPU。

    Paper: Micikevicius et al. 2018 (weights, and what the optimizer keeps, stay in float32).
    """
    images = x.device.type == "cpu" and x.ndim == 4 and x.dtype == torch.float32
    return torch.autocast("cpu", torch.bfloat16, enabled=images and quick_in_bfloat16(x.device))


def quick_in_bfloat16(device: torch.device) -> bool:
    """Are products of matrices quicker in bfloat16 there? On a GPU; on a CPU only with tiles for it (AMX), else slower.

    那里的矩阵乘法用 bfloat16 是否更快？GPU 上更快；CPU 只有带相应矩阵单元（AMX）时才更快，否则反而慢得多。
    """
    return device.type != "cpu" or bool(getattr(torch.cpu, "get_capabilities", dict)().get("amx_bf16"))


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
