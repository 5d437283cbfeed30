"""Judge what a sampler does where its times rise: x_t is noised up to there, and nobody is asked.

评判时间步回升时采样器怎样做：把 x_t 加噪到那里，谁也不问。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.lesson_08.build_trials import Case, Run, departs, ran, some_known, trial
from course_utils.language import Said
from course_utils.schedules import Schedule

UPWARDS: Said = (
    "a step of the reverse process is taken upwards, where s > t: there go forward, and noise x_t on to s",
    "s > t 时也走了反向过程的一步；回升时应当走前向过程，把 x_t 继续加噪到 s",
)


def judge_rises(answer: Callable, generator: torch.Generator) -> Said | None:
    """Where the times rise, is x_t noised on, and does the walk then go on as before? 回升处是否继续加噪，之后照常走下去？"""
    for schedule, known in ((schedules.cosine(60), False), (schedules.linear(50), True)):
        t, u, v, s = (45, 40, 20, 12) if known else (35, 46, 30, 25)
        t, u, v, s = (at + int(torch.randint(-2, 3, (), generator=generator)) for at in (t, u, v, s))
        told = some_known(generator) if known else {}
        case = trial(generator, schedule, [t, s, u, v, 0], **told)
        down = ran(answer, case | {"times": [t, s, 0], "z": case["z"][[0, 3]]})
        if down.fault is not None:
            return down.fault
        run = ran(answer, case)
        if run.fault is not None:
            return UPWARDS if "s < t" in run.fault[0] else run.fault
        fault = _asked_fault(case["times"], run) or _rise_fault(case, down.at(1), run)
        if fault is not None:
            return fault
        on = ran(answer, case | {"xT": run.at(1), "times": [u, v, 0], "z": case["z"][2:]})
        if on.fault is not None or departs(run.at(2), on.at(1)) or departs(run.end, on.end):
            return (
                "after the rise the walk does not go on as one that begins there, with the noise that is left: the i-th step, "
                "up or down, has z[i]",
                "回升之后，接下去的路与从那里出发、用剩下的噪声走的不同：第 i 步无论上下，都用 z[i]",
            )
    return None


def _asked_fault(times: list[int], run: Run) -> Said | None:
    t, s, u, v, _ = times
    found = run.times
    if found == [t, u, v]:
        return None
    if found == [t, s, u, v]:
        return (
            f"on the times {times} it asks at t = {s}, too, where the times rise; going up needs no guess",
            f"走时间步 {times} 时，在回升处 t = {s} 也问了；往上走用不着猜测",
        )
    return (
        f"on the times {times} it asks about t = {found}; wanted is {[t, u, v]}",
        f"走时间步 {times} 时，问的是 t = {found}；应当是 {[t, u, v]}",
    )


def _rise_fault(case: Case, xs: Tensor, run: Run) -> Said | None:
    """What stands at the time that the times rise to, in place of x_s noised on."""
    (t, s, u, *_), schedule, z = case["times"], case["schedule"], case["z"]
    found, fresh = run.at(1), z[1, 0]
    kept = schedule.alpha_bar[u] / schedule.alpha_bar[s]
    if not departs(found, kept.sqrt() * xs + (1 - kept).sqrt() * fresh):
        return None
    for exact, en, zh in _instead(case, schedule, xs, s, u, t):
        if not departs(found, exact):
            return f"from {s} up to {u} {en}", f"从 {s} 升到 {u} 时，{zh}"
    return (
        f"from {s} up to {u} x is not noised as the forward process does it: q(x_s | x_t) for s > t, with z[i][0]",
        f"从 {s} 升到 {u} 时，加噪与前向过程不符：应是 s > t 时的 q(x_s | x_t)，用 z[i][0]",
    )


def _instead(case: Case, schedule: Schedule, xs: Tensor, s: int, u: int, t: int) -> list[tuple[Tensor, str, str]]:
    kept, (fresh, eps), (before, _) = schedule.alpha_bar[u] / schedule.alpha_bar[s], case["z"][1], case["z"][0]
    a_u, alpha, beta = schedule.alpha_bar[u], schedule.alpha[u], schedule.beta[u]
    guess, risen = case["conditional"](case["xT"], t), kept.sqrt() * xs + (1 - kept).sqrt() * fresh
    put = a_u.sqrt() * case["known"] + (1 - a_u).sqrt() * eps
    return [
        (xs, "x stays as it is; noise it on to there", "x 原样没动；应当继续加噪到那里"),
        (kept.sqrt() * xs + (1 - kept).sqrt() * eps, "z[i][1] is used; the rise has z[i][0]", "用了 z[i][1]；回升用 z[i][0]"),
        (kept.sqrt() * xs + (1 - kept).sqrt() * before, "the noise of the step before is used again; rises, too, are counted, and have a z[i] of their own", "又用了前一步的噪声；回升也算一步，有自己的 z[i]"),
        (a_u.sqrt() * xs + (1 - a_u).sqrt() * fresh, "x is noised as if it were clean: it has noise already, and only ᾱ of the one over ᾱ of the other is left of it", "把 x 当成干净的来加噪了：它已带着噪声，剩下的份额是两处 ᾱ 之比"),
        (a_u.sqrt() * guess + (1 - a_u).sqrt() * fresh, "the last guess is noised, and x is forgotten; go on from x", "加噪的是上一次的猜测，把 x 忘了；应从 x 接着走"),
        (alpha.sqrt() * xs + beta.sqrt() * fresh, "one forward step is taken, with β of one time; the rise leaps over several", "只走了一个前向步，用的是一个时间步的 β；回升一次跨过好几个"),
        (kept * xs + (1 - kept) * fresh, "the roots are missing in the rise", "回升时漏了开方"),
        (xs + (1 - kept).sqrt() * fresh, "noise is added, but x is not shrunk", "加了噪声，x 却没有缩小"),
        (torch.where(case["mask"], put, risen), "the known pixels are put in, too; on a rise the whole x is noised, and they are put in after steps down only", "还放入了已知像素；回升时整个 x 一起加噪，只在往下走之后才放入"),
    ]  # fmt: skip
