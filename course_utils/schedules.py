"""Noise schedules: one array, alpha_bar, and everything that follows from it. Nothing of images or networks.

噪声调度：只存一个数组 alpha_bar，其余一切由它推出。这里不涉及图像与网络。

Indices are the papers': t = 0 is the clean image, t = 1..T are noisy. Most libraries count from 0 and call
alpha_bar `alphas_cumprod`: t_library = t - 1.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.gates import check_callable, check_kind, check_number, check_whole
from course_utils.gates.saying import has_values, in_words, written
from course_utils.language import CourseError

REFERENCE_STEPS = 1000


@dataclass(frozen=True, eq=False)
class Schedule:
    """A noise schedule: alpha_bar[0..T] in float64 with alpha_bar[0] = 1, falling, never reaching 0.

    噪声调度：float64 数组 alpha_bar[0..T]，alpha_bar[0] = 1，逐项下降，但不到 0。

    Every derived array has T + 1 entries, so that index t means timestep t; entry 0 belongs to the clean image. All are
    read alike, `schedule.beta[t]`, t a whole number or a tensor of them.
    Raises: CourseError if the array is not such a one.
    Paper: Ho et al. 2020, section 2 and eq. (4).
    """

    alpha_bar: Tensor

    def __post_init__(self):
        a = self.alpha_bar
        shape_ok = isinstance(a, Tensor) and has_values(a) and a.dtype == torch.float64 and a.ndim == 1 and len(a) >= 2
        if not (shape_ok and a[0] == 1 and a[-1] > 0 and bool((a.diff() < 0).all())):
            given = f"{a.dtype} {tuple(a.shape)}" if isinstance(a, Tensor) else type(a).__name__
            raise CourseError(
                f"alpha_bar is {given}, or does not fall from 1 towards 0. It must be a float64 tensor, start at "
                "exactly 1, fall at every step and stay above 0. Use Schedule.from_beta(beta).",
                f"alpha_bar 是 {given}，或者没有从 1 逐步降向 0。它必须是 float64 张量，以 1 开头，每一步都下降，"
                "且始终大于 0。请用 Schedule.from_beta(beta)。",
            )

    @classmethod
    def from_beta(cls, beta: Tensor) -> "Schedule":
        """Build a schedule of T steps from beta_1..beta_T, each above 0 and below 1.

        由 beta_1..beta_T（每个都大于 0 且小于 1）得到 T 步的调度。

        Shapes: beta (T,).  Raises: CourseError for a beta outside (0, 1).  Paper: Ho et al. 2020, section 2.
        """
        try:
            complex_ = "complex" in str(getattr(beta, "dtype", ""))
            beta = torch.as_tensor([] if complex_ else beta, dtype=torch.float64)
        except (TypeError, ValueError, RuntimeError):  # words, None, a list of lists of several lengths
            beta = torch.empty(0)
        if not has_values(beta) or beta.ndim != 1 or not len(beta) or not bool(((beta > 0) & (beta < 1)).all()):
            raise CourseError(
                f"beta has shape {tuple(beta.shape)} or values that are not between 0 and 1. It must be a list of T "
                "variances, each above 0 and below 1. Check the end points of the schedule.",
                f"beta 的形状是 {tuple(beta.shape)}，或者有值不在 0 与 1 之间。它应当是 T 个方差，每个都大于 0 "
                "且小于 1。请检查调度的起点与终点。",
            )
        return cls(torch.cat([beta.new_ones(1), (1 - beta).cumprod(0)]))

    @property
    def T(self) -> int:
        """The number of steps. 步数。"""
        return len(self.alpha_bar) - 1

    @property
    def alpha(self) -> Tensor:
        """alpha_t = alpha_bar_t / alpha_bar_{t-1}, the variance kept by step t; alpha_0 = 1.

        第 t 步保留的方差 alpha_t；alpha_0 = 1。
        """
        a = self.alpha_bar
        return torch.cat([a.new_ones(1), a[1:] / a[:-1]])

    @property
    def beta(self) -> Tensor:
        """beta_t = 1 - alpha_t, the variance of the noise of step t; beta_0 = 0.

        第 t 步加入的噪声方差 beta_t；beta_0 = 0。
        """
        a = self.alpha_bar
        return torch.cat([a.new_zeros(1), (a[:-1] - a[1:]) / a[:-1]])  # 1 - alpha has few digits where a step is short

    @property
    def snr(self) -> Tensor:
        """alpha_bar_t / (1 - alpha_bar_t), signal variance over noise variance; infinite at t = 0.

        信噪比：信号方差比噪声方差；t = 0 时为无穷大。
        """
        return self.alpha_bar / (1 - self.alpha_bar)

    @property
    def log_snr(self) -> Tensor:
        """The natural logarithm of `snr`, which networks are told. `snr` 的自然对数，网络由它得知噪声水平。"""
        return self.snr.log()

    @property
    def posterior_variance(self) -> Tensor:
        """The variance of q(x_{t-1} | x_t, x_0), beta tilde; 0 at t = 1, and 0 at t = 0 where no step arrives.

        q(x_{t-1} | x_t, x_0) 的方差；t = 1 时为 0，t = 0 处没有任何一步，也记作 0。

        Paper: Ho et al. 2020, eq. (7).
        """
        before = torch.cat([self.alpha_bar.new_ones(1), self.alpha_bar[:-1]])
        return torch.cat([before.new_zeros(1), ((1 - before) / (1 - self.alpha_bar) * self.beta)[1:]])

    @property
    def signal(self) -> Tensor:
        """The factor of x_0 in x_t, sqrt(alpha_bar_t). x_t 中 x_0 的系数。"""
        return self.alpha_bar.sqrt()

    @property
    def noise(self) -> Tensor:
        """The factor of eps in x_t, sqrt(1 - alpha_bar_t). x_t 中噪声的系数。"""
        return (1 - self.alpha_bar).sqrt()

    @property
    def noise_to_signal(self) -> Tensor:
        """sqrt(1 - alpha_bar_t) / sqrt(alpha_bar_t), the sigma of Karras et al. 2022; 0 at t = 0.

        噪声与信号之比，即 Karras 等（2022）的 sigma；t = 0 时为 0。
        """
        return self.noise / self.signal

    def check_time(self, t: int | Tensor, first: int = 0) -> Tensor:
        """Return t as an int64 tensor on the CPU, or say why it is no timestep of this schedule.

        把 t 变成 CPU 上的 int64 张量；若它不是本调度的时间步，则说明原因。

        Raises: CourseError if t is not made of integers from `first` to T.
        """
        if type(t) is int and first <= t <= self.T:
            return torch.tensor(t)
        asked = t
        try:
            t = torch.as_tensor(t)
            t = t.cpu() if has_values(t) else torch.tensor(torch.nan)
        except (TypeError, ValueError, RuntimeError, OverflowError):  # a word, None: nothing that could be a time
            t = torch.tensor(torch.nan)
        if isinstance(asked, list | tuple) and any(isinstance(time, bool) for time in asked):
            t = t.bool()  # True beside whole numbers would be read as 1
        whole = not (t.is_floating_point() or t.is_complex() or t.dtype == torch.bool)
        t = t.long() if whole else t  # a byte could not be compared with T = 1000
        if whole and t.ndim > 1:
            raise CourseError(
                f"t has the shape {tuple(t.shape)}. Give a single t, or one number for each sample, (b,).",
                f"t 的形状是 {tuple(t.shape)}。请给单独一个 t，或每个样本一个数，即 (b,)。",
            )
        if not whole or bool(((t < first) | (t > self.T)).any()):
            given = written(asked)[:60] if t.ndim == 0 and not isinstance(asked, Tensor) else t.tolist()
            given = in_words(asked) if isinstance(asked, Tensor) and not has_values(asked) else given
            given = given if t.numel() <= 8 else f"{t.flatten()[:8].tolist()}…"
            why_en = " At t = 0 there is no noise: eps and the score divide by 0 there." if first else ""
            why_zh = "t = 0 处没有噪声，求 eps 与得分都要除以 0。" if first else ""
            raise CourseError(
                f"t is {given}. It must be a whole number from {first} to {self.T}, or a one-dimensional tensor of "
                f"them, one per sample.{why_en} Libraries that count from 0 call the same timestep t - 1.",
                f"t 为 {given}。它应当是 {first} 到 {self.T} 的整数，或由这样的整数组成的一维张量，每个样本一个。"
                f"{why_zh}从 0 数起的程序库里，同一时间步写作 t - 1。",
            )
        return t


def raw_linear(T: int, first: float = 1e-4, last: float = 0.02) -> Schedule:
    """T values of beta on a straight line. At small T it does not end in noise; `linear` does.

    beta 取直线上的 T 个值。T 小时终点并不是噪声；`linear` 则是。

    Raises: CourseError unless 1 <= T <= 10,000 and every beta lies between 0 and 1.
    Paper: Ho et al. 2020, section 4.
    """
    first, last = _ends(first, last)
    return Schedule.from_beta(torch.linspace(first, last, _steps(T), dtype=torch.float64))


def raw_quadratic(T: int, first: float = 1e-4, last: float = 0.02) -> Schedule:
    """T values of beta whose square roots lie on a straight line.

    beta 的 T 个值，其平方根在一条直线上。

    Raises: as `raw_linear`.
    """
    first, last = _ends(first, last)
    root = torch.linspace(first**0.5, last**0.5, _steps(T), dtype=torch.float64)
    return Schedule.from_beta(root**2)


def raw_sigmoid(T: int, first: float = 1e-4, last: float = 0.02) -> Schedule:
    """T values of beta along a logistic curve from -6 to 6.

    beta 的 T 个值，沿逻辑斯谛曲线从 -6 到 6。

    Raises: as `raw_linear`.
    """
    first, last = _ends(first, last)
    curve = torch.linspace(-6, 6, _steps(T), dtype=torch.float64).sigmoid()
    return Schedule.from_beta(first + (last - first) * curve)


def raw_cosine(T: int, offset: float = 0.008, beta_min: float = 1e-4, beta_max: float = 0.9999) -> Schedule:
    """alpha_bar as a squared cosine, its betas held between two bounds.

    alpha_bar 取余弦的平方，beta 限制在上下界之间。

    The bounds matter at the ends: the paper and `diffusers` take beta_min=0 and beta_max=0.999.
    Raises: CourseError unless 1 <= T <= 10,000, the offset is 0 or more and the bounds lie in [0, 1].
    Paper: Nichol & Dhariwal 2021, eq. (17).
    """
    T, offset = _steps(T), check_number("offset", offset, 0)
    beta_min, beta_max = check_number("beta_min", beta_min, 0, 1), check_number("beta_max", beta_max, 0, 1)
    u = torch.arange(T + 1, dtype=torch.float64) / T
    f = ((u + offset) / (1 + offset) * math.pi / 2).cos() ** 2
    return Schedule.from_beta((1 - f[1:] / f[:-1]).clip(beta_min, beta_max))


def linear(T: int = REFERENCE_STEPS) -> Schedule:
    """The linear schedule of 1000 steps, read at T + 1 equally spaced times.

    1000 步的线性调度，在等间隔的 T + 1 个时刻读取。

    Raises: CourseError unless 2 <= T <= 10,000.
    """
    return read_at(raw_linear, T)


def quadratic(T: int = REFERENCE_STEPS) -> Schedule:
    """The quadratic schedule of 1000 steps, read at T + 1 equally spaced times.

    1000 步的二次调度，在等间隔的 T + 1 个时刻读取。

    Raises: CourseError unless 2 <= T <= 10,000.
    """
    return read_at(raw_quadratic, T)


def sigmoid(T: int = REFERENCE_STEPS) -> Schedule:
    """The sigmoid schedule of 1000 steps, read at T + 1 equally spaced times.

    1000 步的 S 形调度，在等间隔的 T + 1 个时刻读取。

    Raises: CourseError unless 2 <= T <= 10,000.
    """
    return read_at(raw_sigmoid, T)


def cosine(
    T: int = REFERENCE_STEPS, offset: float = 0.008, beta_min: float = 1e-4, beta_max: float = 0.9999
) -> Schedule:
    """The cosine schedule of 1000 steps, read at T + 1 equally spaced times.

    1000 步的余弦调度，在等间隔的 T + 1 个时刻读取。

    Raises: CourseError unless 2 <= T <= 10,000.
    """
    return read_at(lambda steps: raw_cosine(steps, offset, beta_min, beta_max), T)


def read_at(raw: Callable[[int], Schedule], T: int) -> Schedule:
    """Read log alpha_bar of the 1000-step schedule `raw(1000)` at T + 1 equally spaced times, ends included.

    在等间隔的 T + 1 个时刻（含两端）读取 1000 步调度 `raw(1000)` 的 log alpha_bar。

    Whatever T is, the last state is then as noisy as after 1000 steps. Between two entries log alpha_bar is a
    straight line. Raises: CourseError unless 2 <= T <= 10,000 and raw(1000) is a schedule of 1000 steps.
    """
    T = _steps(T, 2)
    reference = check_schedule(check_callable("raw", raw, "schedules.raw_linear")(REFERENCE_STEPS))
    check_whole(("the T of raw(1000)", "raw(1000) 的 T"), reference.T, REFERENCE_STEPS, REFERENCE_STEPS)
    if T == REFERENCE_STEPS:
        return reference
    log_alpha_bar = reference.alpha_bar.log()
    place = torch.arange(T + 1, dtype=torch.float64) * REFERENCE_STEPS / T
    left = place.floor().long().clamp(max=REFERENCE_STEPS - 1)
    return Schedule(torch.lerp(log_alpha_bar[left], log_alpha_bar[left + 1], place - left).exp())


def rescaled(schedule: Schedule, end: float) -> Schedule:
    """The schedule with sqrt(alpha_bar) shifted and scaled so that it ends at `end`; sqrt(alpha_bar_1) stays.

    平移并缩放 sqrt(alpha_bar)，使它停在 `end`；sqrt(alpha_bar_1) 不变。

    The paper takes end = 0, where x_T is noise alone: eps is then x_T itself, and tells nothing of x_0. Here it is
    above 0, so that x_0 can be computed from eps.
    Raises: CourseError unless T >= 2 and 0 < end < sqrt(alpha_bar_1).
    Paper: Lin et al. 2024, Algorithm 1 and section 3.2.
    """
    root = check_schedule(schedule).alpha_bar.sqrt()
    end = check_number("end", end, so=(f"Here T is {schedule.T}.", f"这里 T 为 {schedule.T}。"))
    if schedule.T < 2 or not 0 < end < root[1]:
        raise CourseError(
            f"end is {end} for T = {schedule.T}. The factor of x_0 at T must lie above 0 and below that at t = 1, and "
            "T be at least 2: for example rescaled(raw_linear(200), end=0.006).",
            f"T = {schedule.T} 时 end 为 {end}。T 处 x_0 的系数应当大于 0 且小于 t = 1 处的系数，T 至少为 2："
            "例如 rescaled(raw_linear(200), end=0.006)。",
        )
    moved = end + (root[1:] - root[-1]) * (root[1] - end) / (root[1] - root[-1])
    return Schedule(torch.cat([root[:1], moved**2]))


def shifted(schedule: Schedule, by: float) -> Schedule:
    """The schedule with `by` added to its log-SNR, at every t from 1 on: below 0, more noise at the same t.

    从 t = 1 起，每一处的对数信噪比都加上 `by` 的调度：取负值，同一个 t 处的噪声就更多。

    by = 2 log(64 / d) makes a schedule for images 64 wide one for images d wide: averaged over squares down to a
    width of 64, these are then as noisy as those.
    Raises: CourseError unless -20 <= by <= 20.
    Paper: Hoogeboom et al. 2023 (simple diffusion), section 3.1.
    """
    so = "For images four times as wide: 2 * math.log(64 / 256).", "图像宽到四倍时用 2 * math.log(64 / 256)。"
    by = check_number("by", by, -20, 20, so=so)
    log_snr = check_schedule(schedule).log_snr[1:] + by
    return Schedule(torch.cat([schedule.alpha_bar[:1], log_snr.sigmoid()]))


def check_schedule(schedule: Schedule) -> Schedule:
    """Return a schedule, or say that there is none where one belongs. 返回调度；若该是调度的地方不是，则说明。

    Raises: CourseError for anything but a `Schedule`.
    """
    return check_kind("schedule", schedule, Schedule, "schedules.cosine(1000)")


def _steps(T: int, least: int = 1) -> int:
    return check_whole(
        "T", T, least, 10_000, so=("It is the number of steps, for example T=1000.", "它是步数，例如 T=1000。")
    )


def _ends(first: float, last: float) -> tuple[float, float]:
    return check_number("first", first, 0, 1), check_number("last", last, 0, 1)
