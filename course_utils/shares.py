"""Shares of a batch: what one of several processes computes of it, and how their gradients become that of the whole.

一批数据的分工：几个进程各算哪一份，各自的梯度怎样合成整批的梯度。
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_utils.arithmetic import device_here
from course_utils.gates import check_whole
from course_utils.language import CourseError


@dataclass(frozen=True)
class Share:
    """Which images of every batch this process computes: each `processes`-th, beginning with number `process`.

    本进程负责每批中的哪些图像：从第 `process` 幅起，每隔 `processes` 幅取一幅。

    Every process draws the whole batch, its times and its noise, from the same generator, and so they agree without
    a word which image, time and noise belong to which number; only then each takes its own. However many share a batch,
    it is the same batch. Several processes need a process group of torch.distributed, which `accelerate launch` makes.

    Raises: CourseError for a process that is none of them.
    """

    process: int = 0
    processes: int = 1

    def __post_init__(self):
        check_whole("process", self.process, 0, check_whole("processes", self.processes, 1) - 1)

    def parts(self, batch: int, at_once: int | None = None) -> Iterator[slice]:
        """Where this process's images stand in the batch: at most `at_once` in each part, by default all in one.

        本进程的图像在一批中的位置：每份至多 `at_once` 幅，默认一份全包。
        """
        own = range(batch)[self.process :: self.processes]
        for first in range(0, len(own), at_once or batch):
            part = own[first : first + (at_once or batch)]
            yield slice(part.start, part.stop, part.step)

    def whole(self, network: nn.Module, values: list[Tensor], batch: int) -> Tensor:
        """Make the gradients those of the whole batch, the sum over all processes; return its values, (batch,).

        把各进程的梯度相加，成为整批的梯度；返回整批的值，形状 (batch,)。

        Args: values: those of this process, part by part.
        """
        own = torch.cat(values)
        if self.processes == 1:
            return own
        grads = [weight.grad for weight in network.parameters() if weight.grad is not None]
        found = own.new_zeros(batch)
        found[self.process :: self.processes] = own
        flat = torch.cat([tensor.flatten() for tensor in (*grads, found.to(grads[0]))])
        torch.distributed.all_reduce(flat)  # one message a step: the sum, the same bits in every process
        *summed, found = flat.split([tensor.numel() for tensor in (*grads, found)])
        for grad, total in zip(grads, summed, strict=True):
            grad.copy_(total.view_as(grad))
        return found.to(own)

    def total(self, value: float) -> float:
        """The sum of a number over all processes: each is told the same. 一个数对各进程求和：各进程得到同一个答案。"""
        if self.processes == 1:
            return value
        told = torch.tensor([value], dtype=torch.float64, device=device_here())
        torch.distributed.all_reduce(told)
        return float(told)


ALONE = Share()
LAUNCHED = "RANK", "MASTER_ADDR", "MASTER_PORT"  # what a launcher tells each process


def launched() -> Share:
    """The share of this process, as `accelerate launch` (or torchrun) has begun it; of one that is alone, all.

    本进程的那一份，由 `accelerate launch`（或 torchrun）启动时定下；单独运行的进程负责全部。

    The processes talk by NCCL where they have GPUs, else by gloo. WORLD_SIZE alone, as clusters set it, is no launch.
    """
    told = os.environ.get("WORLD_SIZE", "")
    if not told.isdecimal() or int(told) < 2 or not all(name in os.environ for name in LAUNCHED):
        return ALONE
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return Share(torch.distributed.get_rank(), int(told))


def check_share(share: Share, network: nn.Module, batch: int, at_once: int | None) -> None:
    """Say what is wrong if a batch cannot be shared so. 若一批数据不能这样分工，就说明原因。

    Raises: CourseError then: more processes than images, or a network that looks at its whole batch at once.
    """
    if at_once is not None:
        check_whole("at_once", at_once, 1)
    if share.processes > batch:
        raise CourseError(
            f"{share.processes} processes cannot share a batch of {batch}. Give a batch of at least as many images.",
            f"{share.processes} 个进程分不了一批 {batch} 幅。每批至少要有与进程一样多的图像。",
        )
    split = share.processes > 1 or (at_once or batch) < batch
    if split and any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in network.modules()):
        raise CourseError(
            f"This {type(network).__name__} has batch norm, which takes the mean over all it is shown: in parts it "
            "would be another. Train it whole and alone, or take a network with group norm, such as UNet.",
            f"这个 {type(network).__name__} 用了批归一化，均值取自眼前的全部图像：分成几份，均值就变了。"
            "请不分份、单进程训练，或换用组归一化的网络，例如 UNet。",
        )
