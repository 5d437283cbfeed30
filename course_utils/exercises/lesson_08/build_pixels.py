"""Judges of what a sampler does with known pixels: how it keeps them, and what it does with a hole.

评判采样器怎样对待已知像素：怎样保住它们，又怎样对待缺口。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.lesson_08.build_trials import (
    Case,
    Run,
    departs,
    falling_times,
    ran,
    some_known,
    trial,
)
from course_utils.language import Said
from course_utils.schedules import Schedule

LEAKS: Said = (
    "known is nan where the mask is False, and that nan gets into the result: 0 · nan is nan, so choose with `torch.where` "
    "and do not multiply by the mask",
    "掩码为 False 处 known 是 nan，这个 nan 混进了结果：0 乘 nan 还是 nan，应当用 `torch.where` 二选一，不要乘掩码",
)
REFUSED: Said = (
    "known is nan where the mask is False, and a function of the course, such as `forward_jump`, refuses nan: noise the known "
    "pixels by hand, or fill the hole first, with `torch.where(mask, known, 0)`",
    "掩码为 False 处 known 是 nan，而课程的函数（例如 `forward_jump`）拒绝 nan：请自己写出加噪，"
    "或先用 `torch.where(mask, known, 0)` 补上缺口",
)


def judge_keeps(answer: Callable, generator: torch.Generator) -> Said | None:
    """Are the known pixels put in after each step down, noised to where it arrives? 每走下一步，是否都放入加噪到该处的已知像素？"""
    for schedule in (schedules.cosine(60), schedules.linear(50), schedules.raw_quadratic(40)):
        times = falling_times(schedule, 4, generator)
        case = trial(generator, schedule, times, **some_known(generator))
        run, plain = ran(answer, case), ran(answer, case | {"mask": torch.zeros_like(case["mask"])})
        if run.fault is not None:
            return run.fault
        if run.times != times[:-1]:
            return f"on the times {times} it asks about t = {run.times}", f"走时间步 {times} 时，问的是 t = {run.times}"
        beside = plain.at(1) if plain.fault is None else None
        fault = _first_fault(case, run) or _put_fault(case, run, beside)
        if fault is not None:
            return fault
    return None


def _first_fault(case: Case, run: Run) -> Said | None:
    if not departs(run.at(0), case["xT"]):
        return None
    return (
        "the first question is not about xT as it is: known pixels are put in after each step, not before the first",
        "第一次提问，问的不是原样的 xT：已知像素是每走一步之后放进去，不是在第一步之前",
    )


def _put_fault(case: Case, run: Run, beside: Tensor | None) -> Said | None:
    """What is wrong after a step, at the known pixels or, after the first, beside them, where nothing is known."""
    schedule, known, mask, times, z = (case[name] for name in ("schedule", "known", "mask", "times", "z"))
    for i, s in enumerate(times[1:]):
        found, put = run.at(i + 1) if s else run.end, _noised(schedule, known, s, z[i, 1])
        said_en, said_zh = f"after the step to {s}", f"走到 {s} 之后"
        if departs(found[mask], put[mask], 1e-5 if s else 1e-6):
            en, zh = _at_known(case, run, i, s)
            if i == 0 and not departs(found[~mask], put[~mask]):
                en, zh = "known stands where the mask is False: it is inverted", "known 出现在掩码为 False 处：掩码反了"
            elif i == 0 and beside is not None and not departs(found, beside):
                en, zh = "the known pixels are not put in", "没有放入已知像素"
            return f"{said_en} {en}", f"{said_zh}，{zh}"
        if i == 0 and beside is not None and departs(found[~mask], beside[~mask]):
            return (
                f"{said_en}, where the mask is False, it stands elsewhere than with nothing known; the mask changes nothing there yet",
                f"{said_zh}，掩码为 False 处的值，与没有已知像素时不同；此时掩码在那里还不起作用",
            )
    return None


def _noised(schedule: Schedule, known: Tensor, s: int, eps: Tensor) -> Tensor:
    return schedule.signal[s] * known + schedule.noise[s] * eps


def _at_known(case: Case, run: Run, i: int, s: int) -> Said:
    """What stands at the known pixels instead, after the i-th step, to s."""
    found, mask = (run.at(i + 1) if s else run.end), case["mask"]
    for exact, en, zh in (_instead if s else _instead_at_zero)(case, run, i, s):
        if not departs(found[mask], exact[mask]):
            return en, zh
    return f"the known pixels are not known noised to {s} with z[i][1]", f"已知像素处不是用 z[i][1] 加噪到 {s} 的 known"


def _instead_at_zero(case: Case, run: Run, i: int, s: int) -> list[tuple[Tensor, str, str]]:
    schedule, known, t, eps = case["schedule"], case["known"], case["times"][i], case["z"][i, 1]
    return [
        (_noised(schedule, known, t, eps), "the known pixels are still as noisy as before; at 0 they must be known itself", "已知像素还带着上一步的噪声；到 0 处就应是 known 本身"),
        (_noised(schedule, known, 1, eps), "the known pixels still have noise; at 0 they must be known itself", "已知像素还带着噪声；到 0 处就应是 known 本身"),
        (case["conditional"](run.at(i), t), "the known pixels are what the denoiser guesses; at 0 they must be known itself", "已知像素是去噪器的猜测；到 0 处就应是 known 本身"),
    ]  # fmt: skip


def _instead(case: Case, run: Run, i: int, s: int) -> list[tuple[Tensor, str, str]]:
    schedule, known, t, z, a = (
        case["schedule"],
        case["known"],
        case["times"][i],
        case["z"],
        case["schedule"].alpha_bar[s],
    )
    return [
        (known, "the known pixels stand there without noise; noise them to where the step arrives", "已知像素没有加噪；应加噪到这一步到达的时间步"),
        (_noised(schedule, known, t, z[i, 1]), "the known pixels are noised to where the step began, not to where it arrives", "已知像素加噪到了出发的时间步，而不是到达的"),
        (_noised(schedule, known, s, z[i, 0]), "the known pixels have z[i][0] in them, which the step has used already; theirs is z[i][1]", "已知像素用了 z[i][0]，迈步已经用过它；应当用 z[i][1]"),
        (_noised(schedule, known, s, z[0, 1]), "the known pixels have the noise of the first step again; each step has its own, z[i][1]", "已知像素又用了第一步的噪声；每步各有一份，即 z[i][1]"),
        (_noised(schedule, known, s, z[i + 1, 1]), "the known pixels have the noise of the step that comes next; the i-th step has z[i]", "已知像素用了下一步的噪声；第 i 步用 z[i]"),
        (a * known + (1 - a) * z[i, 1], "the roots are missing: the known pixels have √ᾱ_s, their noise √(1 − ᾱ_s)", "漏了开方：已知像素的系数是 √ᾱ_s，噪声的是 √(1 − ᾱ_s)"),
    ]  # fmt: skip


def judge_hole(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does nan beside the mask stay out, whatever the mask's shape, and does it walk without one? 掩码之外的 nan 是否进不来？"""
    schedule = schedules.cosine(60)
    times = falling_times(schedule, 4, generator)
    told = some_known(generator)
    whole = trial(generator, schedule, times, **told)
    holed = torch.where(told["mask"], told["known"], torch.nan)
    used, idle = (ran(answer, whole | {"mask": mask}) for mask in (told["mask"], torch.zeros_like(told["mask"])))
    if used.fault is not None or idle.fault is not None:
        return used.fault or idle.fault
    if not departs(used.end, idle.end):
        return "known and mask are not used yet: first comes **keeps**", "还没有用到 known 与 mask：先做 **keeps**"
    one, one_mask = told["known"][0], told["mask"][0]
    one_holed = torch.where(one_mask, one, torch.nan)
    nothing, alone = torch.zeros_like(told["mask"]), {"mask": one_mask.expand(told["mask"].shape).clone()}
    no_mask = whole | {"mask": nothing}
    for like, changed, en, zh in (
        (whole, {"known": holed}, "a mask for each sample", "每个样本各有掩码"),
        (whole | alone | {"known": one.expand_as(holed).clone()}, {"known": one_holed, "mask": one_mask}, "known and mask of one sample's shape", "known 与掩码只有单个样本的形状"),
        (whole | alone, {"known": torch.where(one_mask, told["known"], torch.nan), "mask": one_mask}, "known like xT and a mask of one sample's shape", "known 同 xT、掩码只有单个样本的形状"),
        (whole | {"known": one.expand_as(holed).clone()}, {"known": one}, "known of one sample's shape and a mask for each sample", "known 只有单个样本的形状、每个样本各有掩码"),
        (no_mask, {"known": torch.full_like(holed, torch.nan), "mask": nothing}, "a mask that is False everywhere", "掩码处处为 False"),
        (no_mask, {"known": None, "mask": None}, "mask and known None", "mask 与 known 为 None"),
    ):  # fmt: skip
        fault = _hole_fault(answer, like, like | changed)
        if fault is not None:
            return f"with {en}: {fault[0]}", f"{zh}：{fault[1]}"
    return None


def _hole_fault(answer: Callable, like: Case, case: Case) -> Said | None:
    exact, run = ran(answer, like), ran(answer, case)
    if exact.fault is not None:
        return exact.fault
    if not all(
        bool(x.isfinite().all()) for x in (*(question.xt for question in run.asked), *([] if run.fault else [run.end]))
    ):
        return LEAKS
    if run.fault is not None:
        return REFUSED if "CourseError" in run.fault[0] and "nan" in run.fault[0] else run.fault
    if not departs(run.end, exact.end, 1e-4):
        return None
    return (
        "the result is another than with the hole filled and the mask written out for every sample",
        "结果与补上缺口、给每个样本写全掩码时不同",
    )
