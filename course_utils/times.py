"""Choice of times: which timesteps a sampler visits on its way from noise to data.

时间步的选取：采样器从噪声走到数据，途经哪些时间步。

Each function returns a list that falls to 0, of as many steps as asked for. Libraries that count from 0 name the
same timesteps t - 1 and leave the final 0 out.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from course_utils.gates import check_number, check_whole, check_wholes
from course_utils.language import CourseError
from course_utils.schedules import Schedule, check_schedule


def falling(schedule: Schedule, times: Sequence[int]) -> list[tuple[int, int]]:
    """The steps (t, s) of a walk over these times, one from each time to the next.

    沿这些时间步走时的每一步 (t, s)：从一个时间步到下一个。

    Raises: CourseError unless the times fall from at most T to 0, at least one step.
    """
    return _steps_to_0(
        schedule,
        times,
        lambda t, s: s < t,
        "fall to 0, as in even_times(schedule, 50)",
        "逐个降到 0，例如 even_times(schedule, 50)",
    )


def wandering(schedule: Schedule, times: Sequence[int]) -> list[tuple[int, int]]:
    """The steps (t, s) of a walk that may rise on its way, as RePaint's does, and ends at 0.

    途中可以回升（如 RePaint）、最后到 0 的一段路的每一步 (t, s)。

    Raises: CourseError for times that stay, that do not end at 0, or that reach it before.
    """
    return _steps_to_0(
        schedule,
        times,
        lambda t, s: t not in (0, s),
        "reach 0 at the end alone, and may rise on their way but never stay, as in resampled(even_times(schedule, 50))",
        "只在最后到 0，途中可以回升，但不能停留，例如 resampled(even_times(schedule, 50))",
    )


def resampled(times: Sequence[int], *, jump: int = 10, visits: int = 10) -> list[int]:
    """Falling times that go back up `jump` places, again and again, until each stretch is walked `visits` times.

    在下降的时间步中一再退回 `jump` 个位置，使每一段都走 `visits` 遍。

    With visits=1 they are the times themselves. Places are counted from the last time above 0; a rise is one leap, and
    costs no evaluation.
    Raises: CourseError for what is no list of whole numbers, a jump below 1, or visits outside 1 to 1,000.
    Paper: Lugmayr et al. 2022, section 4.2; 10 and 10 are its jump length and number of resamplings.
    """
    times = check_wholes("times", times, 0)
    jump, visits = check_whole("jump", jump, 1), check_whole("visits", visits, 1, 1_000)
    left = {place: visits - 1 for place in range(len(times) - 2, jump - 1, -jump)}
    walk, place = times[:1], 0
    while place + 1 < len(times):
        place += 1
        walk.append(times[place])
        if left.get(place):
            left[place] -= 1
            place -= jump
            walk.append(times[place])
    return walk


def even_times(schedule: Schedule, steps: int) -> list[int]:
    """The times T, ..., 0 of a walk of `steps` steps, as evenly spaced as whole numbers can be ("trailing").

    走 `steps` 步的时间步 T, ..., 0，在整数范围内尽量等间隔（程序库称 "trailing"）。

    Raises: CourseError unless 1 <= steps <= T.
    """
    steps = _steps(steps, check_schedule(schedule).T)
    return [(schedule.T * k + steps // 2) // steps for k in range(steps, -1, -1)]


def leading_times(schedule: Schedule, steps: int) -> list[int]:
    """Every (T // steps)-th time from t = 1 up, then 0 ("leading"): begins well below T, where x_t is not yet noise.

    从 t = 1 起每隔 T // steps 取一个，最后是 0（"leading"）：起点明显低于 T，那里的 x_t 还不是纯噪声。

    Raises: CourseError unless 1 <= steps <= T.  Source: the code of Song et al. 2021 (DDIM), where steps divides T.
    """
    steps = _steps(steps, check_schedule(schedule).T)
    return [1 + schedule.T // steps * k for k in range(steps - 1, -1, -1)] + [0]


def both_ends_times(schedule: Schedule, steps: int) -> list[int]:
    """T, ..., 1 evenly spaced with both ends in it, then 0 ("linspace"); a single step goes from T.

    从 T 到 1 等间隔、两端都取，最后是 0（"linspace"）；只走一步时从 T 出发。

    Raises: CourseError unless 1 <= steps <= T.
    """
    steps = _steps(steps, check_schedule(schedule).T)
    return [round(float(t)) for t in torch.linspace(schedule.T, 1, steps, dtype=torch.float64)] + [0]


def log_snr_times(schedule: Schedule, steps: int, *, loudest: float = 80.0, quietest: float = 0.0) -> list[int]:
    """Even in log-SNR, from the last t whose noise is at most `loudest` times the signal, then 0.

    按对数信噪比等间隔，从噪声不超过信号 `loudest` 倍的最后一个时间步出发，最后是 0。

    The last time before 0 is the first whose noise is at least `quietest` times the signal, t = 1 unless told.
    Raises: CourseError unless 0 <= quietest < loudest, and for more steps than there are times between them.
    Papers: Lu et al. 2022 (DPM-Solver), which takes its steps evenly in log-SNR; Karras et al. 2022, Table 1, for the
    80.
    """
    first, final = _between(schedule, loudest, quietest)
    steps = _steps(steps, max(0, first - final + 1))
    return _nearest(schedule, _line(schedule.log_snr[first], schedule.log_snr[final], steps))


def focused_times(schedule: Schedule, steps: int, *, loudest: float = 4.0, quietest: float = 0.03) -> list[int]:
    """T first, then even in log-SNR where the guess of x_0 changes, then 0: the spacing to choose for few steps.

    先是 T，再在猜测变化之处按对数信噪比等间隔，最后是 0：步数少时宜选的间隔。

    Above a noise ratio of 4 the guess is the mean of the data, whatever x_t is; below 0.03 nothing is left to decide.
    Raises: CourseError unless steps is at least 2, and as `log_snr_times`.
    """
    steps = _steps(steps, check_schedule(schedule).T, least=2)
    return [schedule.T, *log_snr_times(schedule, steps - 1, loudest=loudest, quietest=quietest)]


def karras_times(
    schedule: Schedule, steps: int, *, loudest: float = 80.0, quietest: float = 0.0, rho: float = 7.0
) -> list[int]:
    """Even in the noise-to-signal ratio to the power 1 / rho, over the same range; then 0.

    按噪声与信号之比的 1 / rho 次幂等间隔，范围同上，最后是 0。

    The larger rho, the shorter the steps near the data; without end it is `log_snr_times`.
    Raises: as `log_snr_times`, and unless rho is 1 or more.  Paper: Karras et al. 2022, eq. (5).
    """
    first, final = _between(schedule, loudest, quietest)
    steps, rho = _steps(steps, max(0, first - final + 1)), check_number("rho", rho, 1)
    high, low = (schedule.noise_to_signal[t] ** (1 / rho) for t in (first, final))
    return _nearest(schedule, -2 * rho * _line(high, low, steps).log())


def _between(schedule: Schedule, loudest: float, quietest: float) -> tuple[int, int]:
    """The loudest and the quietest time of a walk."""
    ratio = check_schedule(schedule).noise_to_signal[1:]
    so = ("The range is 0 <= quietest < loudest.", "范围是 0 <= quietest < loudest。")
    loudest = loudest if loudest is math.inf else check_number("loudest", loudest, so=so)
    quietest = check_number("quietest", quietest, so=so)
    if not 0 <= quietest < loudest:
        raise CourseError(
            f"The noise runs from {loudest} to {quietest} times the signal. It must fall and not below 0: "
            "0 <= quietest < loudest, for example 80 and 0.01.",
            f"噪声从信号的 {loudest} 倍到 {quietest} 倍。它应当下降且不小于 0："
            "0 <= quietest < loudest，例如 80 与 0.01。",
        )
    first, final = max(int((ratio <= loudest).sum()), 1), min(int((ratio < quietest).sum()) + 1, schedule.T)
    return first, final


def _line(start: Tensor, end: Tensor, steps: int) -> Tensor:
    return torch.linspace(float(start), float(end), steps, dtype=torch.float64)


def _nearest(schedule: Schedule, log_snr: Tensor) -> list[int]:
    """The timesteps nearest to these log-SNRs, each lower than the one before by at least 1; then 0."""
    near = (schedule.log_snr[1:] - log_snr[:, None]).abs().argmin(1).add(1).tolist()
    times: list[int] = []
    for left, t in zip(range(len(near), 0, -1), near, strict=True):
        times.append(max(left, min(t, times[-1] - 1) if times else t))
    return [*times, 0]


def _steps(steps: int, most: int, least: int = 1) -> int:
    so = (f"This walk has at most {most} steps.", f"这段路最多走 {most} 步。")
    return check_whole("steps", steps, least, most, so=so)


def _steps_to_0(
    schedule: Schedule, times: Sequence[int], goes: Callable[[int, int], bool], en: str, zh: str
) -> list[tuple[int, int]]:
    """The steps (t, s) over times that end at 0, if each of them goes as it must; else what they must do is said."""
    times = check_schedule(schedule).check_time(times).reshape(-1).tolist()
    steps = list(pairwise(times))
    if not steps or times[-1] != 0 or not all(goes(t, s) for t, s in steps):
        raise CourseError(
            f"The times are {times[:6]}… ({len(times)} of them). They must {en}.",
            f"时间步是 {times[:6]}…（共 {len(times)} 个）。它们应当{zh}。",
        )
    return steps
