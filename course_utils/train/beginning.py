"""The beginning: a plan, new or read, and the run that was asked for, from the start or from where it was left.

开始：定下计划或读出计划，备好所要的训练，从头开始或从上次离开之处接着。
"""

from dataclasses import replace

import torch

from course_utils import checkpoints
from course_utils.arithmetic import device_here, quick_in_bfloat16
from course_utils.files import write_whole
from course_utils.language import say
from course_utils.shares import Share
from course_utils.train.asking import Asked
from course_utils.train.earlier import CHECKS
from course_utils.train.ending import REPORT
from course_utils.train.found import FoundPictures, Split, look_at, split_of
from course_utils.train.pacing import ON_A_PAGE, pace, page_in, seconds_a_sample, seconds_beside, steps_in
from course_utils.train.plans import Plan, check_goes_on, network_for, read_plan, write_plan
from course_utils.train.running import KEPT, Run, agreed, fresh_state


def prepared(asked: Asked, share: Share) -> Run:
    """The run that was asked for, at its beginning or where it was left. 所要的训练：从头开始，或停在上次离开之处。

    Raises: CourseError for pictures or a folder that do not do.
    """
    begun = any((asked.out / name).exists() for name in (KEPT, CHECKS, REPORT))
    plan = read_plan(asked.out) if begun else None  # a plan of which no step was kept binds nobody
    share.total(0)  # nobody writes before all have read
    found = look_at(asked.folder, asked.size, labels=asked.labels)
    split = split_of(found, asked.seed)
    if plan is None:
        plan = _planned(asked, found, split, share)
    else:
        check_goes_on(asked.out, plan, asked, found)
    state = fresh_state(plan.network, asked.seed)
    run = Run(plan, split, asked.out, state, share, asked.at_once)
    checkpoints.resume(run.out / KEPT, state)
    agreed(run)
    _say_plan(run, asked)
    if asked.compiled and _can_compile():
        state.network.compile()
    return run


def _planned(asked: Asked, found: FoundPictures, split: Split, share: Share) -> Plan:
    """A new plan, the same in every process, and written down by the first."""
    n, channels = found.x.shape[:2]
    network = network_for(asked.size, channels, n, len(found.classes))
    plan = Plan(
        asked.settings(),
        found.digest(),
        list(found.classes),
        network,
        asked.steps or 10**6,
        ON_A_PAGE,
        _machine(asked, share),
    )
    if asked.steps is None:
        trial = Run(plan, split, asked.out, fresh_state(network, asked.seed), share, asked.at_once)
        step, sample = (share.total(seconds(trial)) / share.processes for seconds in (pace, seconds_a_sample))
        page = page_in(asked.minutes, sample)
        steps = steps_in(asked.minutes, step, seconds_beside(split, page, sample))
        plan = replace(plan, steps=steps, on_a_page=page)
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
        write_whole(asked.out / "left_out.txt", ("\n".join(lines) + "\n").encode(errors="replace"))


def _can_compile() -> bool:
    """Is there a compiler for torch.compile? It is asked to compile next to nothing."""
    try:
        torch.compile(lambda x: x + 1)(torch.zeros(2, device=device_here()))
    except (RuntimeError, OSError) as error:
        why = (str(error).splitlines() or [""])[0][:80]
        say(
            f"torch.compile does not work here ({why}): it goes on without.",
            f"torch.compile 在这里用不了（{why}）：不编译，照常训练。",
        )
        return False
    return True
