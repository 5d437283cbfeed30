"""The command from its words to its folder.

整条命令：从各个词，到写出的文件夹。
"""

import io
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress

import torch

from course_utils import checkpoints
from course_utils.arithmetic import device_here, full_precision, quick_in_bfloat16
from course_utils.language import CourseError, say
from course_utils.shares import Share, launched
from course_utils.train.asking import Asked, asked_for
from course_utils.train.ending import REPORT, hand_over
from course_utils.train.found import FoundPictures, look_at, split_of
from course_utils.train.going_on import go_on
from course_utils.train.plans import Plan, check_goes_on, network_for, read_plan, steps_in, write_plan
from course_utils.train.running import KEPT, Run, agreed, fresh_state, pace


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
    finally:
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


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


def prepared(asked: Asked, share: Share) -> Run:
    """The run that was asked for, at its beginning or where it was left. 所要的训练：从头开始，或停在上次离开之处。

    Raises: CourseError for pictures or a folder that do not do.
    """
    plan = read_plan(asked.out)  # what is wrong with the folder is said before anything is read
    share.total(0)  # nobody writes before all have read
    found = look_at(asked.folder, asked.size, labels=asked.labels)
    if plan is None:
        plan = _planned(asked, found, share)
    else:
        check_goes_on(asked.out, plan, asked, found)
    state = fresh_state(plan.network, asked.seed)
    run = Run(plan, split_of(found, asked.seed), asked.out, state, share, asked.at_once)
    checkpoints.resume(run.out / KEPT, state)
    agreed(run)
    _say_plan(run, asked)
    if asked.compiled:
        state.network.compile()
    return run


def _planned(asked: Asked, found: FoundPictures, share: Share) -> Plan:
    """A new plan, the same in every process, and written down by the first."""
    n, channels = found.x.shape[:2]
    network = network_for(asked.size, channels, n, len(found.classes))
    plan = Plan(
        asked.settings(), found.digest(), list(found.classes), network, asked.steps or 10**6, _machine(asked, share)
    )
    if asked.steps is None:
        trial = Run(
            plan, split_of(found, asked.seed), asked.out, fresh_state(network, asked.seed), share, asked.at_once
        )
        seconds = share.total(pace(trial)) / share.processes
        plan = Plan(**{**vars(plan), "steps": steps_in(asked.minutes, seconds)})
    if share.process == 0:
        write_plan(asked.out, plan)
        _list_left_out(asked, found)
    return plan


def _machine(asked: Asked, share: Share) -> dict:
    device = device_here()
    kind = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    quick = "bfloat16" if quick_in_bfloat16(device) else "float32"
    how = {"device": kind, "processes": share.processes, "threads": torch.get_num_threads()}
    return how | {"arithmetic": quick, "at_once": asked.at_once, "compiled": asked.compiled, "torch": torch.__version__}


def _say_plan(run: Run, asked: Asked) -> None:
    plan, now = run.plan, _machine(asked, run.share)
    weights, kept, held = (
        sum(w.numel() for w in run.state.network.parameters()),
        len(run.split.x),
        len(run.split.held_x),
    )
    say(
        f"{kept:,} to learn from, {held:,} kept out. UNet of {weights:,} weights, {plan.steps:,} steps of "
        f"{plan.asked['batch']}, on {now['device']} (processes: {now['processes']}, threads of each: "
        f"{now['threads']}, {now['arithmetic']}).",
        f"用来学的 {kept:,} 幅，留出 {held:,} 幅。UNet 有 {weights:,} 个权重，共 {plan.steps:,} 步，每步 "
        f"{plan.asked['batch']} 幅；用 {now['device']}（进程 {now['processes']} 个，每个 {now['threads']} 线程，"
        f"{now['arithmetic']}）。",
    )
    if 0 < run.state.step < plan.steps:
        say(f"Going on from step {run.state.step:,}.", f"从第 {run.state.step:,} 步接着训练。")
        apart = {
            name: (plan.machine.get(name), value) for name, value in now.items() if plan.machine.get(name) != value
        }
        if apart:
            was, is_now = (", ".join(f"{name} {pair[i]}" for name, pair in apart.items()) for i in (0, 1))
            say(
                f"It was begun with {was}, and goes on with {is_now}: the same training, but for the last digits.",
                f"开始时是 {was}，现在是 {is_now}：仍是同一次训练，只有末几位数字会不同。",
            )


def _list_left_out(asked: Asked, found: FoundPictures) -> None:
    if found.left_out:
        lines = [f"{name}\t{en}\t{zh}" for name, (en, zh) in found.left_out]
        (asked.out / "left_out.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", errors="replace")


def _say_if_alone(share: Share) -> None:
    """`accelerate launch --num_processes 2` begins a single process where there are no GPUs, and says nothing."""
    if share.processes == 1 and "MASTER_ADDR" in os.environ:
        say(
            "accelerate has begun a single process. Without GPUs several want `--multi_gpu` beside `--num_processes`: "
            "it is the name for several processes of any kind.",
            "accelerate 只启动了一个进程。没有 GPU 时要启动几个进程，除了 `--num_processes` 还得加上 `--multi_gpu`："
            "名字里有 gpu，说的其实是多个进程，有没有 GPU 都行。",
        )
