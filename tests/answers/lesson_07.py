"""Lesson 07: right answers, each in its own way, and wrong ones, each as somebody has written it.

第 07 课：各有各写法的正确答案，以及有人写过的错误答案。
"""

import math

import numpy as np
import torch

from answers import in_any_form, named, solvers_07
from course_utils import reverse
from course_utils.exercises.lesson_07.paper import FLOW_MISTAKES
from course_utils.exercises.lesson_07.sampler_mistakes import ALGORITHM_2_MISTAKES, DDIM_MISTAKES
from course_utils.exercises.lesson_07.solver_mistakes import HEUN_MISTAKES, MIDWAY_MISTAKES, TIMES_MISTAKES
from course_utils.experiments.sick_samplers import PATIENTS
from course_utils.forward import eps_from_x0, posterior, x0_from_eps
from course_utils.reverse import euler_step, midway_guess
from course_utils.times import log_snr_times

# Algorithm 2, right, each in its own way.


def by_the_posterior(schedule, denoiser, xT, z):
    xt = xT
    for t in reversed(range(1, schedule.T + 1)):
        xt = posterior(schedule, xt, t, denoiser(xt, t)).mean
        xt = xt if t == 1 else xt + schedule.beta[t].sqrt() * z[t]
    return xt


def told_a_batch_of_times(schedule, denoiser, xT, z):
    xt = xT
    for t in range(schedule.T, 0, -1):
        eps_hat = eps_from_x0(schedule, xt, t, denoiser(xt, torch.full((len(xt),), t)))
        sigma = schedule.beta[t].sqrt() if t > 1 else 0
        xt = (xt - (1 - schedule.alpha[t]) / schedule.noise[t] * eps_hat) / schedule.alpha[t].sqrt() + sigma * z[t]
    return xt


def in_place_on_a_copy(schedule, denoiser, xT, z):
    xt = xT.clone()
    for t in range(schedule.T, 0, -1):
        eps_hat = (xt - schedule.alpha_bar[t].sqrt() * denoiser(xt, t)) / (1 - schedule.alpha_bar[t]).sqrt()
        xt -= schedule.beta[t] / (1 - schedule.alpha_bar[t]).sqrt() * eps_hat
        xt /= schedule.alpha[t].sqrt()
        if t != 1:
            xt += schedule.beta[t].sqrt() * z[t]
    return xt


def by_the_packages_step(schedule, denoiser, xT, z):
    xt = xT
    for t in range(schedule.T, 0, -1):
        mean = reverse.reverse_step(schedule, xt, t, t - 1, denoiser(xt, t), sigma=lambda *_: torch.zeros(()))
        xt = mean + reverse.sigma_beta(schedule, torch.tensor(t), torch.tensor(t - 1)).to(xt) * z[t]
    return xt


# Algorithm 2, wrong, each as somebody has written it.


def loop(schedule, denoiser, xT, z, times=None, told=0, sigma=None, last_too=False, index=0, to_eps=eps_from_x0):
    xt = xT
    for t in times or range(schedule.T, 0, -1):
        mean = xt - schedule.beta[t] / schedule.noise[t] * to_eps(schedule, xt, t, denoiser(xt, t + told))
        xt = mean / schedule.alpha[t].sqrt()
        if t > 1 or last_too:
            xt = xt + (schedule.beta if sigma is None else sigma)[t].sqrt() * z[t + index]
    return xt


def grain_at_the_end(*case):
    return loop(*case, last_too=True)


def with_beta_tilde(schedule, *case):
    return loop(schedule, *case, sigma=schedule.posterior_variance)


def libraries_times(schedule, *case):
    return loop(schedule, *case, told=-1)


def noise_of_the_step_before(*case):
    return loop(*case, index=-1)


def stops_at_two(schedule, *case):
    return loop(schedule, *case, times=range(schedule.T, 1, -1))


def starts_late(schedule, *case):
    return loop(schedule, *case, times=range(schedule.T - 1, 0, -1))


def upwards(schedule, *case):
    return loop(schedule, *case, times=range(1, schedule.T + 1))


def returns_at_once(schedule, *case):
    return loop(schedule, *case, times=[schedule.T])


def seeds_count(schedule, denoiser, xT, z):
    xt = xT
    for t in range(schedule.T)[::-1]:
        eps_hat = (xt - schedule.signal[t] * denoiser(xt, t)) / schedule.noise[t]
        xt = (xt - schedule.beta[t] / schedule.noise[t] * eps_hat) / schedule.alpha[t].sqrt()
        xt = xt + schedule.beta[t].sqrt() * z[t] if t else xt
    return xt


def draws_its_own_noise(schedule, denoiser, xT, z):
    return loop(schedule, denoiser, xT, torch.randn_like(z))


def changes_the_first_noise(schedule, denoiser, xT, z):
    xT -= 0.1
    return loop(schedule, denoiser, xT, z)


def clipped_at_the_end(*case):
    return loop(*case).clamp(-1, 1)


def all_of_the_states(schedule, denoiser, xT, z):
    return [xT, loop(schedule, denoiser, xT, z)]


def takes_the_guess_for_eps(*case):
    return loop(*case, to_eps=lambda schedule, xt, t, x0_hat: x0_hat)


def the_rest_is_eps(*case):
    return loop(*case, to_eps=lambda schedule, xt, t, x0_hat: xt - x0_hat)


def forgets_to_divide(*case):
    return loop(*case, to_eps=lambda schedule, xt, t, x0_hat: xt - schedule.signal[t] * x0_hat)


def divides_by_the_variance(*case):
    return loop(*case, to_eps=lambda schedule, xt, t, x0_hat: eps_from_x0(schedule, xt, t, x0_hat) / schedule.noise[t])


def the_other_way_round(*case):
    return loop(*case, to_eps=x0_from_eps)


WRONG_LOOPS = {
    clipped_at_the_end: ("after the last step", "最后一步之后"),
    takes_the_guess_for_eps: ("stands where line 4 has ε̂", "第 4 行 ε̂ 的位置"),
    the_rest_is_eps: ("both have factors", "两者各有系数"),
    forgets_to_divide: ("a division by √(1 − ᾱ_t) is missing", "漏了除以 √(1 − ᾱ_t)"),
    divides_by_the_variance: ("where √(1 − ᾱ_t) belongs", "除以了 1 − ᾱ_t"),
    the_other_way_round: ("taken for ε̂", "当成 ε̂"),
    grain_at_the_end: ("at the last step, too", "最后一步也加了噪声"),
    with_beta_tilde: ("β_t was asked for", "这里要的是 β_t"),
    libraries_times: ("asked about t − 1", "给的是 t − 1"),
    noise_of_the_step_before: ("z[t − 1] is taken", "用了 z[t − 1]"),
    stops_at_two: ("ends too early", "结束得太早"),
    starts_late: ("begins at T − 1", "从 T − 1 开始"),
    upwards: ("runs upwards", "方向反了"),
    returns_at_once: ("after the first step", "走一步就返回"),
    seeds_count: ("asked about t = 19, 18, 17, …, 1, 0", "t = 19, 18, 17, …, 1, 0"),
    draws_its_own_noise: ("random numbers of its own", "另抽了随机数"),
    changes_the_first_noise: ("changes xT", "改动了 xT"),
    all_of_the_states: ("list", "list"),
}


# DDIM's step, right and wrong.


def by_variances(schedule, xt, t, s, eps_hat, eta, noise):
    variance = eta**2 * posterior(schedule, xt, t, xt, s).variance
    rest = (1 - schedule.alpha_bar[s] - variance).clamp(min=0) ** 0.5
    return schedule.signal[s] * x0_from_eps(schedule, xt, t, eps_hat) + rest * eps_hat + variance**0.5 * noise


def in_plain_numbers(schedule, xt, t, s, eps_hat, eta, noise):
    a, b = float(schedule.alpha_bar[t]), float(schedule.alpha_bar[s])
    sigma = eta * math.sqrt((1 - b) / (1 - a) * (1 - a / b))
    x0_hat = (xt - math.sqrt(1 - a) * eps_hat) / math.sqrt(a)
    return math.sqrt(b) * x0_hat + math.sqrt(1 - b - sigma**2) * eps_hat + sigma * noise


def one_bracket(schedule, xt, t, s, eps_hat, eta, noise):
    a, b = schedule.alpha_bar[t], schedule.alpha_bar[s]
    sigma = eta * torch.sqrt((1 - b) * (b - a) / (b * (1 - a)))
    return (b / a).sqrt() * xt + ((1 - b - sigma**2).sqrt() - (b * (1 - a) / a).sqrt()) * eps_hat + sigma * noise


def ddim_like(schedule, xt, t, s, eps_hat, sigma, noise, room=None):
    room = (1 - schedule.alpha_bar[s] - sigma**2).clamp(min=0).sqrt() if room is None else room
    return schedule.signal[s] * x0_from_eps(schedule, xt, t, eps_hat) + room * eps_hat + sigma * noise


def tilde(schedule, t, s):
    return reverse.sigma_posterior(schedule, torch.tensor(t), torch.tensor(s))


def no_eta(schedule, xt, t, s, eps_hat, eta, noise):
    return ddim_like(schedule, xt, t, s, eps_hat, tilde(schedule, t, s), noise)


def never_noise(schedule, xt, t, s, eps_hat, eta, noise):
    return ddim_like(schedule, xt, t, s, eps_hat, 0 * tilde(schedule, t, s), noise)


def no_room(schedule, xt, t, s, eps_hat, eta, noise):
    return ddim_like(schedule, xt, t, s, eps_hat, eta * tilde(schedule, t, s), noise, schedule.noise[s])


def stds_subtracted(schedule, xt, t, s, eps_hat, eta, noise):
    sigma = eta * tilde(schedule, t, s)
    return ddim_like(schedule, xt, t, s, eps_hat, sigma, noise, schedule.noise[s] - sigma)


def eta_under_the_root(schedule, xt, t, s, eps_hat, eta, noise):
    return ddim_like(schedule, xt, t, s, eps_hat, eta**0.5 * tilde(schedule, t, s), noise)


def one_steps_variance(schedule, xt, t, s, eps_hat, eta, noise):
    return ddim_like(schedule, xt, t, s, eps_hat, eta * schedule.posterior_variance[t].sqrt(), noise)


def t_and_s_swapped(schedule, xt, t, s, eps_hat, eta, noise):
    return in_tensors(schedule, xt, s, t, eps_hat, eta, noise)


def in_tensors(schedule, xt, t, s, eps_hat, eta, noise):
    a, b = schedule.alpha_bar[t], schedule.alpha_bar[s]
    sigma = eta * ((1 - b) / (1 - a) * (1 - a / b)).sqrt()
    return b.sqrt() * (xt - (1 - a).sqrt() * eps_hat) / a.sqrt() + (1 - b - sigma**2).sqrt() * eps_hat + sigma * noise


def only_the_guess(schedule, xt, t, s, eps_hat, eta, noise):
    return x0_from_eps(schedule, xt, t, eps_hat)


def eps_for_the_noise(schedule, xt, t, s, eps_hat, eta, noise):
    return in_tensors(schedule, xt, t, s, eps_hat, eta, eps_hat)


def wrong_at_zero(schedule, xt, t, s, eps_hat, eta, noise):
    return in_tensors(schedule, xt, t, max(s, 1), eps_hat, eta, noise)


def the_guess_at_one(schedule, xt, t, s, eps_hat, eta, noise):
    return in_tensors(schedule, xt, t, s if s > 1 else 0, eps_hat, eta, noise)


def nothing_fresh_at_one(schedule, xt, t, s, eps_hat, eta, noise):
    return in_tensors(schedule, xt, t, s, eps_hat, eta if s > 1 else 0.0, noise)


def still_at_the_top(schedule, xt, t, s, eps_hat, eta, noise):
    return xt if t == schedule.T else in_tensors(schedule, xt, t, s, eps_hat, eta, noise)


def not_a_number(*case):
    return in_tensors(*case) * math.nan


WRONG_DDIM = {
    the_guess_at_one: ("s = 1", "s = 1"),
    nothing_fresh_at_one: ("s = 1", "s = 1"),
    still_at_the_top: ("T = ", "T = "),
    not_a_number: ("not finite", "不是有限数"),
    no_eta: ("as with η = 1", "相当于 η = 1"),
    never_noise: ("σ is always 0", "σ 始终是 0"),
    no_room: ("no room is left", "没有给新噪声留出方差"),
    stds_subtracted: ("standard deviations", "标准差"),
    eta_under_the_root: ("under the root", "根号里"),
    one_steps_variance: ("the step to t − 1", "走到 t − 1"),
    t_and_s_swapped: ("t and s swapped", "t 与 s 写反"),
    only_the_guess: ("this is x̂_0", "x̂_0 本身"),
    eps_for_the_noise: ("ε̂ once more", "又是 ε̂"),
    wrong_at_zero: ("at s = 0", "s = 0 时"),
}


# Heun's step, right and wrong.


def mean_of_two_arrivals(schedule, predictor, xt, t, s):
    slope = predictor(xt, t)
    first = euler_step(schedule, xt, t, s, slope)
    return first if s == 0 else (first + euler_step(schedule, xt, t, s, predictor(first, s))) / 2


def in_scaled_letters(schedule, predictor, xt, t, s):
    r_t, r_s, x = schedule.noise_to_signal[t], schedule.noise_to_signal[s], xt / schedule.signal[t]
    d = predictor(xt, t)
    if s > 0:
        d = 0.5 * d + 0.5 * predictor(schedule.signal[s] * (x + (r_s - r_t) * d), s)
    return schedule.signal[s] * (x + (r_s - r_t) * d)


def heun_like(schedule, predictor, xt, t, s, place="xs", time="s", mix=lambda a, b: (a + b) / 2, back=True):
    slope = predictor(xt, t)
    xs = euler_step(schedule, xt, t, s, slope)
    if s == 0:
        return xs
    there = predictor({"xs": xs, "xt": xt}[place], {"s": s, "t": t}[time])
    return euler_step(schedule, xt if back else xs, t, s, mix(slope, there))


def plain_euler(*case):
    return heun_like(*case, mix=lambda a, b: a)


def asked_at_t_again(*case):
    return heun_like(*case, time="t")


def asked_at_the_old_place(*case):
    return heun_like(*case, place="xt")


def never_went_back(*case):
    return heun_like(*case, back=False)


def sum_for_mean(*case):
    return heun_like(*case, mix=lambda a, b: a + b)


def only_the_far_slope(*case):
    return heun_like(*case, mix=lambda a, b: b)


def corrected_at_zero(schedule, predictor, xt, t, s):
    slope = predictor(xt, t)
    there = predictor(euler_step(schedule, xt, t, s, slope), s)
    return euler_step(schedule, xt, t, s, (slope + there) / 2)


def stops_at_zero(schedule, predictor, xt, t, s):
    return None if s == 0 else heun_like(schedule, predictor, xt, t, s)


def swaps_the_times(schedule, predictor, xt, t, s):
    return euler_step(schedule, xt, s, t, predictor(xt, t))


def plain_at_one(schedule, predictor, xt, t, s):
    return euler_step(schedule, xt, t, s, predictor(xt, t)) if s <= 1 else heun_like(schedule, predictor, xt, t, s)


def asks_three_times(schedule, predictor, xt, t, s):
    if s == 0:
        return euler_step(schedule, xt, t, s, predictor(xt, t))
    xs = euler_step(schedule, xt, t, s, predictor(xt, t))
    return euler_step(schedule, xt, t, s, (predictor(xt, t) + predictor(xs, s)) / 2)


WRONG_HEUN = {
    asks_three_times: ("asks the predictor 3 times", "问了预测器 3 次"),
    plain_at_one: ("at s = 1, too", "s = 1 时也"),
    plain_euler: ("this is Euler's step", "这是欧拉步"),
    asked_at_t_again: ("with the time t", "时间却给了 t"),
    asked_at_the_old_place: ("ask at x_s", "x_s 处问"),
    never_went_back: ("begins at x_s", "从 x_s 出发"),
    sum_for_mean: ("are added", "相加"),
    only_the_far_slope: ("only the slope at s", "只用了 s 处"),
    corrected_at_zero: ("not defined", "没有定义"),
    swaps_the_times: ("CourseError", "CourseError"),
}


# The guess half way, right and wrong.


def by_the_package(schedule, u, t, s, x0_hat_u, x0_hat_t):
    return midway_guess(schedule, u, t, s, x0_hat_u, x0_hat_t)


def as_the_paper_writes_it(schedule, u, t, s, x0_hat_u, x0_hat_t):
    """With lambda half the log-SNR, and r the last step over the next."""
    if s == 0:
        return x0_hat_t
    at = 0.5 * schedule.snr[[u, t, s]].log()
    r = (at[1] - at[0]) / (at[2] - at[1])
    return (1 + 1 / (2 * r)) * x0_hat_t - 1 / (2 * r) * x0_hat_u


def by_interpolation(schedule, u, t, s, x0_hat_u, x0_hat_t):
    if s == 0:
        return x0_hat_t.clone()
    clock = schedule.log_snr
    half_way = (clock[t] + clock[s]) / 2
    return torch.lerp(x0_hat_u, x0_hat_t, ((half_way - clock[u]) / (clock[t] - clock[u])).to(x0_hat_t))


def midway_like(schedule, u, t, s, of_u, of_t, clock=None, over=2.0, upside_down=False):
    if s == 0:
        return of_t
    clock = schedule.log_snr if clock is None else clock
    ratio = (clock[s] - clock[t]) / (clock[t] - clock[u])
    return of_t + (1 / ratio if upside_down else ratio) / over * (of_t - of_u)


def all_the_way(*case):
    return midway_like(*case, over=1.0)


def ratio_turned(*case):
    return midway_like(*case, upside_down=True)


def t_is_the_clock(schedule, *case):
    return midway_like(schedule, *case, clock=torch.arange(schedule.T + 1).double())


def noise_is_the_clock(schedule, *case):
    return midway_like(schedule, *case, clock=schedule.noise_to_signal[torch.arange(schedule.T + 1)])


def guesses_swapped(schedule, u, t, s, of_u, of_t):
    return of_t if s == 0 else midway_like(schedule, u, t, s, of_t, of_u)


def infinite_at_zero(schedule, u, t, s, of_u, of_t):
    clock = schedule.log_snr
    return of_t + (clock[s] - clock[t]) / (clock[t] - clock[u]) / 2 * (of_t - of_u)


def backwards(schedule, u, t, s, of_u, of_t):
    return of_t if s == 0 else 2 * of_t - midway_like(schedule, u, t, s, of_u, of_t)


def nothing_new(schedule, u, t, s, of_u, of_t):
    return of_t


def plain_midway_at_one(schedule, u, t, s, of_u, of_t):
    return of_t if s <= 1 else midway_like(schedule, u, t, s, of_u, of_t)


def plain_when_the_last_was_the_first(schedule, u, t, s, of_u, of_t):
    return of_t if u == schedule.T else midway_like(schedule, u, t, s, of_u, of_t)


WRONG_MIDWAY = {
    plain_midway_at_one: ("at s = 1, too", "s = 1 时也"),
    plain_when_the_last_was_the_first: ("departs from the truth", "与真值不符"),
    all_the_way: ("the 2 is missing", "漏了 2"),
    ratio_turned: ("upside down", "颠倒了"),
    t_is_the_clock: ("the clock is t", "时钟取成了 t"),
    noise_is_the_clock: ("noise over signal", "噪声与信号之比"),
    guesses_swapped: ("swapped", "写反了"),
    infinite_at_zero: ("log-SNR is infinite", "无穷大"),
    backwards: ("the sign", "符号反了"),
    nothing_new: ("as in DDIM", "与 DDIM 一样"),
}


# The choice of times, right and wrong.


def by_numpy(schedule, steps, first, final):
    clock = schedule.log_snr.numpy()
    ticks = np.linspace(clock[first], clock[final], steps)
    return [int(np.abs(clock - tick).argmin()) for tick in ticks] + [0]


def by_searching(schedule, steps, first, final):
    """Rounds down instead of to the nearest."""
    rising = schedule.log_snr.flip(0)
    ticks = torch.linspace(float(schedule.log_snr[first]), float(schedule.log_snr[final]), steps).double()
    times = (schedule.T - torch.searchsorted(rising, ticks)).tolist()
    return (first, *times[1:-1], final, 0)


def as_a_tensor(schedule, steps, first, final):
    return torch.tensor(by_numpy(schedule, steps, first, final))


def as_an_array(*case):
    return np.array(by_numpy(*case))


def as_numbers_of_torch(*case):
    return [torch.tensor(t) for t in by_numpy(*case)]


def even_in_t(schedule, steps, first, final):
    return np.linspace(first, final, steps).round().astype(int).tolist() + [0]


def without_zero(*case):
    return by_numpy(*case)[:-1]


def upward(*case):
    return by_numpy(*case)[::-1]


def one_too_many(schedule, steps, first, final):
    return by_numpy(schedule, steps + 1, first, final)


def from_the_top(schedule, steps, first, final):
    return by_numpy(schedule, steps, schedule.T, final)


def counted_from_zero(*case):
    return [t - 1 for t in by_numpy(*case)[:-1]] + [0]


def clocks_not_times(schedule, steps, first, final):
    return torch.linspace(float(schedule.log_snr[first]), float(schedule.log_snr[final]), steps)


def one_number(schedule, steps, first, final):
    return first


def always_the_same(schedule, steps, first, final):
    return [first, final, 0]


def ours_alone(schedule, steps, first, final):
    return log_snr_times(schedule, steps)


def first_one_lower(*case):
    start, *rest = by_numpy(*case)
    return [start - 1, *rest]


def inner_ones_two_lower(*case):
    start, *inner, final, zero = by_numpy(*case)
    return [start, *(t - 2 for t in inner), final, zero]


def one_column(*case):
    return as_a_tensor(*case)[:, None]


def floats(*case):
    return [float(t) for t in by_numpy(*case)]


def rounded_floats(schedule, steps, first, final):
    return as_a_tensor(schedule, steps, first, final).float().round()


def infinite_times(schedule, steps, first, final):
    return [math.inf] * steps + [math.nan]


def none_at_all(*case):
    return []


WRONG_TIMES = {
    first_one_lower: ("the first is", "第一个是"),
    inner_ones_two_lower: ("log-SNR is not even", "不等间隔"),
    one_column: ("a list of whole numbers", "整数组成的列表"),
    floats: ("a list of whole numbers", "整数组成的列表"),
    rounded_floats: ("a list of whole numbers", "整数组成的列表"),
    infinite_times: ("a list of whole numbers", "整数组成的列表"),
    none_at_all: ("it gives 0 times", "给出了 0 个"),
    even_in_t: ("even in t", "按 t 等间隔"),
    without_zero: ("final 0 is missing", "缺了 0"),
    upward: ("they rise", "递增"),
    one_too_many: ("one too many", "多了一个"),
    from_the_top: ("begins at T", "从 T 出发"),
    counted_from_zero: ("one too small", "小了 1"),
    clocks_not_times: ("a list of whole numbers", "整数组成的列表"),
    one_number: ("a list of whole numbers", "整数组成的列表"),
    always_the_same: ("times; wanted are", "个时间步；应是"),
    ours_alone: ("the first is", "第一个是"),
}

WRONG_FEWEST = [
    (
        n,
        f"{n}: with so few steps of DPM++ 2M on `focused` the error is 1 % or more",
        f"{n}：DPM++ 2M 配 `focused`，这么少的步数，误差不小于 1 %",
    )
    for n in (2, 8, 10)
]
WRONG_FEWEST += [
    (n, f"{n}: with DPM++ 2M on `focused` fewer steps", f"{n}：DPM++ 2M 配 `focused`，步数再少些") for n in (12, 14, 50)
]
WRONG_FEWEST += [(n, "2 to 50", "2 到 50") for n in (0, 51, -3, 11.5, "11", True, math.nan, [11], print)]

# The clinic: words for five patients.

WELL = dict(PATIENTS)
TWO_SWAPPED = WELL | {"A": WELL["C"], "C": WELL["A"]}
NOT_THE_NOISE = WELL | {"D": "mean"}
ONLY_TWO = {"A": "beta", "B": WELL["B"], "E": WELL["E"]}
WRONG_DIAGNOSES = {
    "two swapped": (TWO_SWAPPED, "not `last`: with it", "不是 `last`：若是它"),
    "mean for same": (NOT_THE_NOISE, "between the moons", "两弯月牙之间"),
    "only two": (ONLY_TWO, "nothing is returned yet", "还没有返回任何东西"),
    "variance for start": (WELL | {"E": "variance"}, "the narrower the more", "步数越多越窄"),
    "heun for room": (WELL | {"A": "heun"}, "thrown off in 20 steps", "走 20 步时粒子被甩开"),
    "beta for last": (WELL | {"C": "beta"}, "not thicker by half", "厚度却增加不到一半"),
    "start for clip": (WELL | {"B": "start"}, "the crowd is in the inner halves", "粒子挤在"),
    "room for heun and beta": (WELL | {"A": "beta", "C": "room"}, "the wider the more", "步数越多越宽"),
    "all the same": (dict.fromkeys(PATIENTS, "last"), "not `last`", "不是 `last`"),
    "a word that is not there": (WELL | {"D": "seed"}, "'seed' is none of", "'seed' 不在其中"),
    "numbers": (dict.fromkeys(PATIENTS, 3), "3 is none of", "3 不在其中"),
    "a list too short": (["room", "clip"], "give a dictionary", "请给一个由字母与代号组成的字典"),
    "one number": (7, "give a dictionary", "请给一个由字母与代号组成的字典"),
    "a function": (named, "give a dictionary", "请给一个由字母与代号组成的字典"),
}
HELD_DIAGNOSES = {
    "two swapped": {"B", "D", "E"},
    "only two": {"B", "E"},
    "all the same": {"C"},
    "one number": set(),
}

RIGHT = {
    "07.algorithm2": [by_the_posterior, told_a_batch_of_times, in_place_on_a_copy, by_the_packages_step],
    "07.ddim": [by_variances, in_plain_numbers, one_bracket, in_tensors],
    "07.heun": [mean_of_two_arrivals, in_scaled_letters],
    "07.midway": [by_the_package, as_the_paper_writes_it, by_interpolation],
    "07.times": [by_numpy, by_searching, as_a_tensor, as_an_array, as_numbers_of_torch],
    "07.fewest": in_any_form(11),
    "07.paper": [solvers_07.by_the_spreads, solvers_07.in_plain_numbers],
    "07.slope": [
        solvers_07.by_the_mixture,
        solvers_07.by_noise_ratios,
        solvers_07.with_a_denoiser_of_its_own,
        solvers_07.as_a_tensor,
    ],
    "07.build": [
        solvers_07.by_the_midway_guess,
        solvers_07.as_the_paper_has_it,
        solvers_07.by_slopes,
        solvers_07.by_searching,
    ],
    "07.clinic": [
        WELL,
        {letter.lower(): f" `{word}` " for letter, word in WELL.items()},
        list(WELL.values()),
        ", ".join(WELL.values()),
    ],
}
WRONG = {
    "07.algorithm2": named(WRONG_LOOPS),
    "07.ddim": named(WRONG_DDIM),
    "07.heun": named(WRONG_HEUN),
    "07.midway": named(WRONG_MIDWAY),
    "07.times": named(WRONG_TIMES),
    "07.fewest": named(WRONG_FEWEST),
    "07.paper": named(solvers_07.WRONG_FLOWS),
    "07.slope": named(solvers_07.WRONG_HARNESSES),
    "07.build": named(solvers_07.WRONG_SOLVERS),
    "07.clinic": WRONG_DIAGNOSES,
}
HELD = {
    "07.slope": solvers_07.HELD_HARNESSES,
    "07.build": solvers_07.HELD_SOLVERS,
    "07.clinic": HELD_DIAGNOSES,
}
BLANK = {"07.heun": [stops_at_zero], "07.clinic": [{}, dict.fromkeys(PATIENTS, ...)]}
MISTAKES = {
    "07.algorithm2": ALGORITHM_2_MISTAKES,
    "07.ddim": DDIM_MISTAKES,
    "07.heun": HEUN_MISTAKES,
    "07.midway": MIDWAY_MISTAKES,
    "07.times": TIMES_MISTAKES,
    "07.paper": FLOW_MISTAKES,
}
FIGURES_UNDER = 50_000
