"""The command from its words to its folder.

整条命令：从各个词，到写出的文件夹。
"""

import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress

import torch

from course_utils.arithmetic import full_precision
from course_utils.language import CourseError, language_kept, say
from course_utils.shares import Share, launched
from course_utils.train.asking import Asked, asked_for
from course_utils.train.beginning import prepared
from course_utils.train.ending import REPORT, hand_over
from course_utils.train.going_on import go_on
from course_utils.train.holding import held_alone
from course_utils.train.plans import read_plan


@contextmanager
def _as_in_a_terminal() -> Iterator[None]:
    """Numbers are float32, whatever a notebook has set; it gets that back, and its language."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        with language_kept():
            yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def _memory_named() -> Iterator[None]:
    """An error for want of memory says which option spares it."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        said = str(error)
        if isinstance(error, RuntimeError) and not any(words in said for words in NO_MEMORY):
            raise
        raise CourseError(
            "The memory is too small for this. Repeat the command with --at-once 8 (images computed at a time: the "
            "result is the same, but for the last digits), or give a smaller --size and a new --out.",
            "内存不够。请在原来的命令后加上 --at-once 8（一次算多少幅；结果相同，只有末几位数字会不同），"
            "或改用较小的 --size，并另给一个 --out。",
        ) from None


NO_MEMORY = "out of memory", "allocate memory", "enough memory"  # of a GPU, and of torch on Linux and Windows


@_as_in_a_terminal()
def run_command(words: Sequence[str]) -> int:
    """Do what the words ask for; returns 0 when all is done, 2 for words that cannot be, 1 for what went wrong.

    照命令的各个词去做；全部完成返回 0，要求不对返回 2，中途出错返回 1。

    Stopped by a signal it returns 128 and the signal's number, as a shell would: 130 for Ctrl-C, 143 for SIGTERM.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # a console that has no 汉字
    try:
        asked = asked_for(words)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        return train_folder(asked)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before the first step, or while it hands over
        say(
            "Stopped by SIGINT. Nothing is lost: the same command goes on from here.",
            "收到 SIGINT，已停下。什么都没丢：再运行同一条命令就会接着做。",
        )
        return 128 + signal.SIGINT
    finally:
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


@_memory_named()
def train_folder(asked: Asked) -> int:
    """Look, plan, train, hand over: begins, or goes on where the same was stopped. 看、计划、训练、交付；可以接着做。

    Returns: 0, or 128 and the number of the signal that stopped it.
    Raises: CourseError for what cannot be trained on or written.
    """
    share = launched()
    with ExitStack() as stack:
        if asked.float32:
            stack.enter_context(full_precision())
        if share.process:  # the first speaks for all
            stack.enter_context(redirect_stdout(io.StringIO()))
            stack.enter_context(redirect_stderr(io.StringIO()))
        _say_if_alone(share)
        read_plan(asked.out)  # what is wrong with the folder is said before anything is made or read
        stack.enter_context(held_alone(asked.out, share))
        run = prepared(asked, share)
        if (run.out / REPORT).exists():
            say(
                f"{str(run.out)!r} is finished: see {REPORT}, or begin another with a new --out.",
                f"{str(run.out)!r} 已经完成：见 {REPORT}；要另训练一个，请给新的 --out。",
            )
            return 0
        stopped = go_on(run, asked.save_every)
        if stopped:
            say(
                f"Stopped by {signal.Signals(stopped).name} after step {run.state.step:,} of {run.plan.steps:,}. "
                "Nothing is lost: the same command goes on from here.",
                f"收到 {signal.Signals(stopped).name}，在第 {run.state.step:,} 步之后停下，共 {run.plan.steps:,} 步。"
                "什么都没丢：再运行同一条命令就会接着训练。",
            )
            return 128 + stopped
        if share.process == 0:
            hand_over(run, asked)
    return 0


def _say_if_alone(share: Share) -> None:
    """`accelerate launch --num_processes 2` begins a single process where there are no GPUs, and says nothing."""
    if share.processes == 1 and "MASTER_ADDR" in os.environ:
        say(
            "accelerate has begun a single process. Without GPUs several want `--multi_gpu` beside `--num_processes`: "
            "it is the name for several processes of any kind.",
            "accelerate 只启动了一个进程。没有 GPU 时要启动几个进程，除了 `--num_processes` 还得加上 `--multi_gpu`："
            "名字里有 gpu，说的其实是多个进程，有没有 GPU 都行。",
        )
