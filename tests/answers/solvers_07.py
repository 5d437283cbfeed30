"""Lesson 07's sampler, harness and paper: right answers, each in its own way, and wrong ones, as people write them.

第 07 课的采样器、量具与纸笔题：各有各写法的正确答案，以及人们会写出的错误答案。
"""

import math
from itertools import pairwise

import numpy as np
import torch

from course_utils import reverse
from course_utils.forward import eps_from_x0
from course_utils.oracle import mixture
from course_utils.reverse import ddim_step, euler_step
from course_utils.samplers import Sample, ddim, dpm_solver, finish, heun

# A sampler that looks a second time half way, right, each in its own way.


def by_the_midway_guess(schedule, denoiser, xT, times):
    """With the line of 2M, drawn forward: from t through m to half way."""
    xt = xT
    lam = schedule.log_snr
    for t, s in pairwise(times):
        x0_hat = denoiser(xt, t)
        yield Sample(t, xt, x0_hat)
        between = torch.arange(s + 1, t)
        if s == 0 or len(between) == 0:
            xt = ddim_step(schedule, xt, t, s, x0_hat)
            continue
        m = int(between[(lam[between] - lam[[t, s]].mean()).abs().argmin()])
        there = denoiser(ddim_step(schedule, xt, t, m, x0_hat), m)
        share = (lam[[t, s]].mean() - lam[t]) / (lam[m] - lam[t])
        xt = ddim_step(schedule, xt, t, s, (1 - share) * x0_hat + share * there)
    yield Sample(0, xt, xt)


def as_the_paper_has_it(schedule, denoiser, xT, times):
    """In lambda, half the log-SNR, with r1 and the exponential integrator written out."""
    lam, x = schedule.log_snr / 2, xT

    def step(x, t, s, d):
        return schedule.noise[s] / schedule.noise[t] * x + schedule.signal[s] * (1 - torch.exp(lam[t] - lam[s])) * d

    for i in range(len(times) - 1):
        t, s = times[i], times[i + 1]
        d = denoiser(x, t)
        yield Sample(t, x, d)
        if s == 0:
            x = d
        elif t - s == 1:
            x = step(x, t, s, d)
        else:
            m = min(range(s + 1, t), key=lambda k: abs(float(lam[k] - (lam[t] + lam[s]) / 2)))
            r1 = (lam[m] - lam[t]) / (lam[s] - lam[t])
            u = step(x, t, m, d)
            x = step(x, t, s, (1 - 1 / (2 * r1)) * d + 1 / (2 * r1) * denoiser(u, m))
    yield Sample(0, x, x)


def by_slopes(schedule, denoiser, xT, times):
    """With euler_step, whose straight line is DDIM's."""
    states, xt = [], xT.clone()
    for t, s in zip(times, times[1:], strict=False):
        guess = denoiser(xt, t)
        states.append(Sample(t, xt, guess))
        if s and s < t - 1:
            clock = schedule.log_snr[s : t + 1]
            half = (clock[0] + clock[-1]) / 2
            k = int((clock[1:-1] - half).abs().argmin()) + 1
            m = s + k
            xm = euler_step(schedule, xt, t, m, eps_from_x0(schedule, xt, t, guess))
            guess = torch.lerp(guess, denoiser(xm, m), ((half - clock[-1]) / (clock[k] - clock[-1])).to(guess))
        xt = euler_step(schedule, xt, t, s, eps_from_x0(schedule, xt, t, guess))
    return [*states, Sample(0, xt, xt)]


def by_searching(schedule, denoiser, xT, times):
    """The two neighbours of half way, found by bisection, and the nearer of them."""
    lam, xt = schedule.log_snr.numpy(), xT
    for t, s in pairwise(times):
        x0_hat = denoiser(xt, t)
        yield Sample(t, xt, x0_hat)
        if s > 0 and t - s > 1:
            half = (lam[t] + lam[s]) / 2
            above = t - int(np.searchsorted(lam[t:s:-1], half))
            m = min((k for k in (above, above + 1) if s < k < t), key=lambda k: abs(lam[k] - half))
            other = denoiser(ddim_step(schedule, xt, t, m, x0_hat), m)
            x0_hat = x0_hat + float((half - lam[t]) / (lam[m] - lam[t])) * (other - x0_hat)
        xt = ddim_step(schedule, xt, t, s, x0_hat)
    yield Sample(0, xt, xt)


# And wrong, each as somebody has written it.


def looked(
    schedule,
    denoiser,
    xT,
    times,
    half=None,
    place=None,
    told=None,
    mix=None,
    onward=None,
    share=None,
    plain=lambda t, s: s == 0 or t - s == 1,
    last=True,
):
    clock, xt = schedule.log_snr, xT
    for t, s in pairwise(times):
        x0_hat = guess = denoiser(xt, t)
        yield Sample(t, xt, x0_hat)
        if plain(t, s):
            xt = ddim_step(schedule, xt, t, s, guess)
            continue
        middle = (clock[t] + clock[s]) / 2
        m = half(schedule, t, s) if half else s + 1 + int((clock[s + 1 : t] - middle).abs().argmin())
        xm = place(schedule, xt, t, m, s, x0_hat) if place else ddim_step(schedule, xt, t, m, x0_hat)
        seen = denoiser(xm, told(t, m, s) if told else m)
        by = share(clock, t, m, s) if share else (middle - clock[t]) / (clock[m] - clock[t])
        guess = mix(x0_hat, seen, by) if mix else x0_hat + by * (seen - x0_hat)
        xt = onward(schedule, xt, xm, t, m, s, guess) if onward else ddim_step(schedule, xt, t, s, guess)
    if last:
        yield Sample(0, xt, xt)


def is_ddim(schedule, denoiser, xT, times):
    yield from ddim(schedule, denoiser, xT, times)


def is_2m(schedule, denoiser, xT, times):
    yield from dpm_solver(schedule, denoiser, xT, times)


def is_heun(schedule, denoiser, xT, times):
    yield from heun(schedule, denoiser, xT, times)


def half_way_in_t(*case):
    yield from looked(*case, half=lambda schedule, t, s: (t + s) // 2)


def nearest(schedule, t, s):
    lam = schedule.log_snr
    return int((lam[s + 1 : t] - (lam[t] + lam[s]) / 2).abs().argmin())


def forgets_where_the_slice_begins(*case):
    yield from looked(*case, half=lambda schedule, t, s: s + nearest(schedule, t, s))


def counts_one_too_many(*case):
    yield from looked(*case, half=lambda schedule, t, s: min(s + 2 + nearest(schedule, t, s), t - 1))


def counts_from_the_wrong_end(*case):
    yield from looked(*case, half=lambda schedule, t, s: t - 1 - nearest(schedule, t, s))


def counts_down_from_t(*case):
    yield from looked(*case, half=lambda schedule, t, s: t - nearest(schedule, t, s))


def searches_on_one_side(*case):
    def half(schedule, t, s):
        lam = schedule.log_snr.numpy()
        return min(max(t - int(np.searchsorted(lam[t:s:-1], (lam[t] + lam[s]) / 2)), s + 1), t - 1)

    yield from looked(*case, half=half)


def stays_at_t(*case):
    yield from looked(*case, half=lambda schedule, t, s: t)


def half_way_in_alpha_bar(*case):
    def half(schedule, t, s):
        a = schedule.alpha_bar
        return s + 1 + int((a[s + 1 : t] - (a[t] + a[s]) / 2).abs().argmin())

    yield from looked(*case, half=half)


def asks_where_it_stands(*case):
    yield from looked(*case, place=lambda schedule, xt, t, m, s, x0_hat: xt)


def asks_at_the_far_end(*case):
    yield from looked(*case, place=lambda schedule, xt, t, m, s, x0_hat: ddim_step(schedule, xt, t, s, x0_hat))


def asks_at_the_mean_of_both(*case):
    def place(schedule, xt, t, m, s, x0_hat):
        return (xt + ddim_step(schedule, xt, t, s, x0_hat)) / 2

    yield from looked(*case, place=place)


def shows_the_guess_itself(*case):
    yield from looked(*case, place=lambda schedule, xt, t, m, s, x0_hat: x0_hat)


def takes_the_second_guess_as_it_is(*case):
    yield from looked(*case, mix=lambda one, two, share: two)


def takes_the_mean_of_both(*case):
    yield from looked(*case, mix=lambda one, two, share: (one + two) / 2)


def rounded_half_way(*case):
    yield from looked(*case, mix=lambda one, two, share: (one + share * (two - one)).float().to(one))


def goes_all_the_way(*case):
    yield from looked(*case, mix=lambda one, two, share: one + 2 * share * (two - one))


def ratio_upside_down(*case):
    yield from looked(*case, mix=lambda one, two, share: one + (two - one) / share)


def sets_out_from_the_second(*case):
    yield from looked(*case, mix=lambda one, two, share: two + share * (two - one))


def a_line_over_t(*case):
    yield from looked(*case, share=lambda clock, t, m, s: (s - t) / 2 / (m - t))


def a_share_from_s(*case):
    yield from looked(*case, share=lambda clock, t, m, s: (clock[t] - clock[s]) / 2 / (clock[m] - clock[s]))


def weights_swapped(*case):
    yield from looked(*case, mix=lambda one, two, share: share * one + (1 - share) * two)


def onward_as_2m(schedule, denoiser, xT, times):
    lam = schedule.log_snr
    mix = lambda one, two, share: two + share * (two - one)  # noqa: E731
    share = lambda clock, t, m, s: (lam[s] - lam[m]) / 2 / (lam[m] - lam[t])  # noqa: E731
    yield from looked(schedule, denoiser, xT, times, mix=mix, share=share)


def never_uses_it(*case):
    yield from looked(*case, mix=lambda one, two, share: one)


def along_the_slope_half_way(*case):
    def onward(schedule, xt, xm, t, m, s, guess):
        return euler_step(schedule, xt, t, s, eps_from_x0(schedule, xm, m, guess))

    yield from looked(*case, mix=lambda one, two, share: two, onward=onward)


def two_steps_instead(*case):
    def onward(schedule, xt, xm, t, m, s, guess):
        return ddim_step(schedule, xm, m, s, guess)

    yield from looked(*case, onward=onward)


def infinite_at_zero(schedule, denoiser, xT, times):
    yield from looked(schedule, denoiser, xT, times, plain=lambda t, s: t - s == 1)


def stops_between_neighbours(*case):
    yield from looked(*case, plain=lambda t, s: s == 0)


def plain_at_one_too(*case):
    yield from looked(*case, plain=lambda t, s: s <= 1 or t - s < 4)


def forgets_the_last_state(*case):
    yield from looked(*case, last=False)


def returns_x0_alone(*case):
    return finish(looked(*case))


def hands_out_the_mixed_guess(schedule, denoiser, xT, times):
    *walk, end = looked(schedule, denoiser, xT, times)
    for state in walk:
        yield Sample(state.t, state.xt, 0.9 * state.x0_hat)
    yield end


def hands_out_tuples(*case):
    for state in looked(*case):
        yield state.t, state.xt


def in_float64(schedule, denoiser, xT, times):
    for state in looked(schedule, denoiser, xT, times):
        yield Sample(state.t, state.xt.double(), state.x0_hat)


def never_steps(schedule, denoiser, xT, times):
    while True:
        yield Sample(times[0], xT, denoiser(xT, times[0]))


def asks_without_end(schedule, denoiser, xT, times):
    while True:
        denoiser(xT, times[0])
    yield


def asks_between_whole_numbers(*case):
    yield from looked(*case, told=lambda t, m, s: (t + s) / 2 + 0.25)


def changes_its_noise(schedule, denoiser, xT, times):
    yield from looked(schedule, denoiser, xT.clone(), times)
    xT *= 0


WRONG_SOLVERS = {
    is_ddim: ("there is no second look", "没有看第二眼"),
    is_2m: ("there is no second look", "没有看第二眼"),
    is_heun: ("at s, where Heun looks", "那是 Heun 看的地方"),
    half_way_in_t: ("half way in t", "t 的半路"),
    forgets_where_the_slice_begins: ("one time below the nearest", "最近的再小 1"),
    counts_one_too_many: ("one time above the nearest", "最近的再大 1"),
    counts_from_the_wrong_end: ("from the wrong end", "从另一头数"),
    counts_down_from_t: ("from the wrong end", "从另一头数"),
    searches_on_one_side: ("on one side of half way", "半路同一侧"),
    stays_at_t: ("is m counted rightly", "m 数对了吗"),
    a_line_over_t: ("the line drawn over t", "以 t 为横轴的直线"),
    a_share_from_s: ("measured from s", "从 s 量起"),
    weights_swapped: ("their weights are swapped", "权重对调"),
    onward_as_2m: ("ahead of m, as 2M", "从 m 向前外推"),
    half_way_in_alpha_bar: ("half way in ᾱ", "ᾱ 的半路"),
    asks_where_it_stands: ("x_t itself", "看的还是 x_t"),
    asks_at_the_far_end: ("the place at s", "整步到达的 s 处"),
    asks_at_the_mean_of_both: ("the mean of x_t and x_s", "x_t 与 x_s 的均值"),
    shows_the_guess_itself: ("at a place that is off", "最多相差"),
    takes_the_second_guess_as_it_is: ("the guess at m as it stands", "m 处的猜测本身"),
    takes_the_mean_of_both: ("the mean of both guesses", "两个猜测的均值"),
    rounded_half_way: ("off by up to", "最多偏了"),
    goes_all_the_way: ("the line read at s", "直线在 s 处的值"),
    ratio_upside_down: ("upside down", "颠倒了"),
    sets_out_from_the_second: ("set out from the guess at m", "从 m 处的猜测出发"),
    never_uses_it: ("the second look is not used", "第二眼没有用上"),
    along_the_slope_half_way: ("along the slope ε̂ that was seen at m", "沿着 m 处看到的斜率"),
    two_steps_instead: ("goes on from the place half way", "从半路上接着走了"),
    infinite_at_zero: ("not finite", "不是有限数"),
    stops_between_neighbours: ("where nothing lies half way", "没有半路可言"),
    plain_at_one_too: ("it asks 8 times", "问了 8 次"),
    forgets_the_last_state: ("the last state is missing", "缺了最后一个状态"),
    returns_x0_alone: ("it returns a tensor", "它返回了一个张量"),
    hands_out_the_mixed_guess: ("do not belong together", "对不上"),
    hands_out_tuples: ("does not hand out states", "没有交出状态"),
    in_float64: ("torch.float64", "torch.float64"),
    never_steps: ("the states handed out", "交出的状态却是"),
    asks_without_end: ("does a loop not end", "循环停不下来"),
    asks_between_whole_numbers: ("times are whole numbers", "时间步是整数"),
    changes_its_noise: ("changes xT itself", "改动了 xT 本身"),
}
HELD_SOLVERS = {
    "rounded_half_way": {"states", "plain", "asked", "place", "second"},
    "is_ddim": {"states", "plain"},
    "is_2m": {"states", "second"},
    "forgets_where_the_slice_begins": {"states", "plain", "place", "line", "second"},
    "searches_on_one_side": {"states", "plain", "place", "line", "second"},
    "a_line_over_t": {"states", "plain", "asked", "place", "second"},
    "half_way_in_t": {"states", "plain", "place", "line", "second"},
    "asks_where_it_stands": {"states", "plain", "asked", "line"},
    "takes_the_second_guess_as_it_is": {"states", "plain", "asked", "place", "second"},
    "never_uses_it": {"states", "plain", "asked", "place"},
    "along_the_slope_half_way": {"states", "plain", "asked", "place", "second"},
    "forgets_the_last_state": {"asked", "place", "line", "second"},
    "returns_x0_alone": {"plain", "asked", "place", "line", "second"},
    "infinite_at_zero": {"place", "line", "second"},
    "changes_its_noise": {"plain", "asked", "place", "line", "second"},
}

# The harness, right, each in its own way.


def by_the_mixture(sampler, schedule, std, walks):
    """Two particles at once, their distance, and the line by least squares."""
    denoise, points = mixture(schedule, torch.zeros(1, 2), torch.tensor([std])), []
    x = torch.tensor([[1.0, -2.0]]).double()
    for walk in walks:
        a = float(schedule.alpha_bar[walk[0]])
        exact = x * std / math.sqrt(a * std * std + 1 - a)
        off = float((finish(sampler(schedule, denoise, x, walk)) - exact).norm())
        points.append((1.0, math.log(len(walk) - 1), math.log(off)))
    points = np.array(points)
    return -np.linalg.lstsq(points[:, :2], points[:, 2], rcond=None)[0][1]


def by_noise_ratios(sampler, schedule, std, walks):
    """In x over its signal, with many particles and their mean distance."""
    x = torch.randn(50, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    points = []
    for walk in walks:
        r = schedule.noise_to_signal[walk[0]]
        exact = std / (std**2 + r**2).sqrt() * x / schedule.signal[walk[0]]
        end = list(sampler(schedule, mixture(schedule, torch.zeros(1, 1), torch.tensor([std])), x, walk))[-1].xt
        points.append((math.log(len(walk) - 1), float((end - exact).abs().mean().log())))
    u, v = torch.tensor(points).double().T
    return -float(((u - u.mean()) * (v - v.mean())).sum() / ((u - u.mean()) ** 2).sum())


def with_a_denoiser_of_its_own(sampler, schedule, std, walks):
    def denoise(xt, t):
        a = schedule.alpha_bar[t]
        return a.sqrt() * std**2 / (a * std**2 + 1 - a) * xt

    one, logs = torch.ones(1, dtype=torch.float64), []
    for walk in walks:
        a = schedule.alpha_bar[walk[0]]
        gain = finish(sampler(schedule, denoise, one, walk))
        logs.append((gain * (a * std**2 + 1 - a).sqrt() / std - 1).abs().log().item())
    steps = np.log([len(walk) - 1 for walk in walks])
    return np.polyfit(-steps, logs, 1)[0]


def as_a_tensor(sampler, schedule, std, walks):
    return torch.tensor([with_a_denoiser_of_its_own(sampler, schedule, std, walks)])


# And wrong.


def logs(sampler, schedule, std, walks):
    """Log steps and log errors, to be put together wrongly."""
    truth, one = mixture(schedule, torch.zeros(1, 1), torch.tensor([std])), torch.ones(1, 1, dtype=torch.float64)
    steps, errors = np.log([len(walk) - 1 for walk in walks]), []
    for walk in walks:
        a = schedule.alpha_bar[walk[0]]
        errors.append(abs(float(finish(sampler(schedule, truth, one, walk)) - std / (a * std**2 + 1 - a).sqrt())))
    return steps, np.log(errors)


def loses_the_sign(*case):
    return abs(np.polyfit(*logs(*case), 1)[0])


def by_the_last_two(*case):
    u, v = logs(*case)
    return float((v[-2] - v[-1]) / (u[-1] - u[-2]))


def by_the_ends(*case):
    u, v = logs(*case)
    few, many = u.argmin(), u.argmax()
    return float((v[few] - v[many]) / (u[many] - u[few]))


def mean_of_the_slopes(*case):
    u, v = logs(*case)
    return -float((np.diff(v) / np.diff(u)).mean())


def through_the_origin(*case):
    u, v = logs(*case)
    return -float(u @ v / (u @ u))


def fitted_and_turned(*case):
    u, v = logs(*case)
    return -1 / float(np.polyfit(v, u, 1)[0])


def with_a_guess(factor):
    """A harness that is right but for its denoiser, which answers with x_t times a number."""

    def harness(sampler, schedule, std, walks):
        def denoise(xt, t):
            return factor(std, float(schedule.noise_to_signal[t]), float(schedule.signal[t])) * xt

        def handed(schedule, _, xT, walk):
            return sampler(schedule, denoise, xT, walk)

        return with_a_denoiser_of_its_own(handed, schedule, std, walks)

    return harness


def shrinks_xt(*case):
    return with_a_guess(lambda std, r, signal: std**2 / (std**2 + r**2))(*case)


def guesses_x_bar(*case):
    return with_a_guess(lambda std, r, signal: 1 / signal)(*case)


def guesses_with_swapped_weights(*case):
    return with_a_guess(lambda std, r, signal: r**2 / (std**2 + r**2) / signal)(*case)


def guesses_without_squares(*case):
    return with_a_guess(lambda std, r, signal: std / (std + r) / signal)(*case)


def guesses_the_end_of_the_flow(*case):
    return with_a_guess(lambda std, r, signal: std / (std**2 + r**2) ** 0.5 / signal)(*case)


def answers_with_eps(*case):
    return with_a_guess(lambda std, r, signal: r / (std**2 + r**2) / signal)(*case)


def noise_of_xt(*case):
    return with_a_guess(lambda std, r, signal: std**2 / (std**2 + 1 - signal**2) / signal)(*case)


def guesses_for_a_wider_cloud(*case):
    return with_a_guess(lambda std, r, signal: 4 * std**2 / (4 * std**2 + r**2) / signal)(*case)


def guesses_one_particle(sampler, schedule, std, walks):
    def handed(schedule, denoise, xT, walk):
        return sampler(schedule, lambda xt, t: denoise(xt, t)[0], xT, walk)

    return with_a_denoiser_of_its_own(handed, schedule, std, walks)


def truth_by_a_finer_walk(sampler, schedule, std, walks):
    """From T, whatever the walks begin with."""
    truth, one, errors = mixture(schedule, torch.zeros(1, 1), torch.tensor([std])), torch.ones(1, 1).double(), []
    finest = finish(ddim(schedule, truth, one, [*range(schedule.T, 0, -8), 0]))
    for walk in walks:
        errors.append(float((finish(sampler(schedule, truth, one, walk)) - finest).abs()))
    return -float(np.polyfit(np.log([len(walk) - 1 for walk in walks]), np.log(errors), 1)[0])


def harness(
    sampler,
    schedule,
    std,
    walks,
    exact=None,
    over=lambda walk: math.log(len(walk) - 1),
    of=math.log,
    sign=-1,
    dtype=torch.float64,
    swap=False,
):
    truth, one = mixture(schedule, torch.zeros(1, 1), torch.tensor([std])), torch.ones(1, 1, dtype=dtype)
    errors = []
    for walk in walks:
        a = schedule.alpha_bar[walk[0]]
        right = exact(std, a) if exact else std / (a * std**2 + 1 - a).sqrt()
        errors.append(abs(float(finish(sampler(schedule, truth, one, walk))) - float(right)))
    axes = [over(walk) for walk in walks], [of(e) for e in errors]
    return sign * float(np.polyfit(*(axes[::-1] if swap else axes), 1)[0])


def counts_the_times(*case):
    return harness(*case, over=lambda walk: math.log(len(walk)))


def flows_to_the_last_but_one(sampler, schedule, std, walks):
    errors, one = [], torch.ones(1, 1).double()
    for walk in walks:
        a, b = schedule.alpha_bar[walk[0]], schedule.alpha_bar[walk[-2]]
        end = finish(sampler(schedule, mixture(schedule, torch.zeros(1, 1), torch.tensor([std])), one, walk))
        errors.append(abs(float(end - ((b * std**2 + 1 - b) / (a * std**2 + 1 - a)).sqrt())))
    return -float(np.polyfit(np.log([len(walk) - 1 for walk in walks]), np.log(errors), 1)[0])


def squares_the_errors(*case):
    return harness(*case, of=lambda error: math.log(error**2))


def no_logarithm_at_all(*case):
    return harness(*case, over=lambda walk: len(walk) - 1, of=lambda error: error)


def axes_swapped(sampler, schedule, std, walks):
    return harness(sampler, schedule, std, walks, swap=True)


def each_with_the_next(sampler, schedule, std, walks):
    truth, one = mixture(schedule, torch.zeros(1, 1), torch.tensor([std])), torch.ones(1, 1).double()
    ends = [float(finish(sampler(schedule, truth, one, walk))) for walk in walks]
    moved = np.log(np.abs(np.diff(ends)))
    return -float(np.polyfit(np.log([len(walk) - 1 for walk in walks[1:]]), moved, 1)[0])


def rises(*case):
    return harness(*case, sign=1)


def over_plain_steps(*case):
    return harness(*case, over=lambda walk: len(walk) - 1)


def plain_errors(*case):
    return harness(*case, of=lambda error: error)


def ends_at_std(*case):
    return harness(*case, exact=lambda std, a: std)


def ends_at_zero(*case):
    return harness(*case, exact=lambda std, a: 0.0)


def ends_at_one(*case):
    return harness(*case, exact=lambda std, a: 1.0)


def variance_for_std(*case):
    return harness(*case, exact=lambda std, a: std / (a * std**2 + 1 - a))


def its_own_finest(sampler, schedule, std, walks):
    truth, one = mixture(schedule, torch.zeros(1, 1), torch.tensor([std])), torch.ones(1, 1).double()
    *coarse, finest = (float(finish(sampler(schedule, truth, one, walk))) for walk in walks)
    steps = np.log([len(walk) - 1 for walk in walks[:-1]])
    return -float(np.polyfit(steps, np.log([abs(end - finest) for end in coarse]), 1)[0])


def always_doubles(sampler, schedule, std, walks):
    truth, one, errors = mixture(schedule, torch.zeros(1, 1), torch.tensor([std])), torch.ones(1, 1).double(), []
    for walk in walks:
        a = schedule.alpha_bar[walk[0]]
        errors.append(abs(float(finish(sampler(schedule, truth, one, walk)) - std / (a * std**2 + 1 - a).sqrt())))
    return float(np.mean([math.log2(a / b) for a, b in pairwise(errors)]))


def only_the_ratio(sampler, schedule, std, walks):
    truth, one, errors = mixture(schedule, torch.zeros(1, 1), torch.tensor([std])), torch.ones(1, 1).double(), []
    for walk in walks[-2:]:
        a = schedule.alpha_bar[walk[0]]
        errors.append(abs(float(finish(sampler(schedule, truth, one, walk)) - std / (a * std**2 + 1 - a).sqrt())))
    return errors[0] / errors[1]


def says_two(sampler, schedule, std, walks):
    return 2.0


def all_the_errors(sampler, schedule, std, walks):
    return [0.1 for _ in walks]


def of_the_samples(sampler, schedule, std, walks):
    """Compares the spread of samples with std, as one would with a network."""
    truth, errors = mixture(schedule, torch.zeros(1, 1), torch.tensor([std])), []
    x = torch.randn(200, 1, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for walk in walks:
        errors.append(abs(float(finish(sampler(schedule, truth, x, walk)).std()) - std))
    return -float(np.polyfit(np.log([len(walk) - 1 for walk in walks]), np.log(errors), 1)[0])


def walks_up(sampler, schedule, std, walks):
    return harness(sampler, schedule, std, [walk[::-1] for walk in walks])


WRONG_HARNESSES = {
    rises: ("the sign", "符号反了"),
    over_plain_steps: ("the logarithm of the steps is missing", "步数没有取对数"),
    plain_errors: ("logarithm of the error is missing", "误差没有取对数"),
    no_logarithm_at_all: ("neither axis is logarithmic", "两轴都没有取对数"),
    axes_swapped: ("the axes are swapped", "两轴对调了"),
    counts_the_times: ("times are counted, not steps", "数的是时间步的个数"),
    flows_to_the_last_but_one: ("taken to `walk[-2]`", "只走到了 `walk[-2]`"),
    squares_the_errors: ("is the error squared", "误差是否取了平方"),
    each_with_the_next: ("compared with each other", "相邻两次采样"),
    ends_at_std: ("std · x_T", "std · x_T"),
    ends_at_zero: ("the slope of x_0 itself", "x_0 本身的斜率"),
    ends_at_one: ("it finds", "量出"),
    variance_for_std: ("divided by the variance", "除以了 walk[0] 处的方差"),
    its_own_finest: ("its own finest walk", "自己最细的那次"),
    always_doubles: ("twice the steps", "上一次的两倍"),
    only_the_ratio: ("the ratio of two errors", "两个误差之比"),
    says_two: ("it finds 2.00", "量出 2.00"),
    loses_the_sign: ("the sign is lost", "丢了符号"),
    by_the_last_two: ("fitted to all of them", "由全部采样拟合"),
    by_the_ends: ("fitted to all of them", "由全部采样拟合"),
    mean_of_the_slopes: ("the mean of the slopes", "逐次斜率的均值"),
    through_the_origin: ("through the origin", "限定过原点"),
    fitted_and_turned: ("turned over", "再取倒数"),
    shrinks_xt: ("it shrinks x_t", "收缩的是 x_t"),
    guesses_x_bar: ("x̄ as it stands", "把 x̄ 直接当成猜测"),
    guesses_with_swapped_weights: ("the weights are swapped", "权重对调了"),
    guesses_without_squares: ("neither std nor r is squared", "都没有平方"),
    guesses_the_end_of_the_flow: ("where the flow ends", "流的终点"),
    answers_with_eps: ("it answers with ε̂", "它回答的是 ε̂"),
    noise_of_xt: ("the variance 1 − ᾱ_t", "方差当成了 1 − ᾱ_t"),
    guesses_for_a_wider_cloud: ("the best guess is", "最优猜测是"),
    guesses_one_particle: ("asked about", "量"),
    truth_by_a_finer_walk: ("the exact flow is missed by", "与精确流的终点相差"),
    all_the_errors: ("a single number", "不是单个数"),
    of_the_samples: ("asked about", "量"),
    walks_up: ("CourseError", "CourseError"),
}
HELD_HARNESSES = {
    "its_own_finest": set(),
    "always_doubles": {"first", "second", "zero"},
    "rises": {"zero"},
    "loses_the_sign": {"first", "second", "zero"},
    "by_the_last_two": {"first", "second", "zero"},
    "fitted_and_turned": {"first", "second", "zero"},
    "counts_the_times": {"first", "second", "zero"},
    "flows_to_the_last_but_one": {"first", "second", "zero"},
}

# The exact flow, right and wrong.


def by_the_spreads(schedule, mean, std, xt, t, s):
    """Each x_t keeps its place in the cloud: so many standard deviations from the mean."""
    a_t, a_s = schedule.alpha_bar[t], schedule.alpha_bar[s]
    place = (xt - a_t.sqrt() * mean) / (a_t * std**2 + 1 - a_t).sqrt()
    return a_s.sqrt() * mean + (a_s * std**2 + 1 - a_s).sqrt() * place


def in_plain_numbers(schedule, mean, std, xt, t, s):
    r_t, r_s = float(schedule.noise_to_signal[t]), float(schedule.noise_to_signal[s])
    x = xt / float(schedule.signal[t])
    return float(schedule.signal[s]) * (mean + math.hypot(std, r_s) / math.hypot(std, r_t) * (x - mean))


def flowing(schedule, mean, std, xt, t, s, power=0.5, with_std=True, with_mean=True, scaled=True):
    r = schedule.noise_to_signal
    width = std**2 if with_std else 0.0
    mean = mean if with_mean else 0.0
    shrunk = ((width + r[s] ** 2) / (width + r[t] ** 2)) ** power
    x = mean + shrunk * (xt / schedule.signal[t] - mean)
    return schedule.signal[s] * x if scaled else x


def no_root(*case):
    return flowing(*case, power=1.0)


def std_not_squared(schedule, mean, std, xt, t, s):
    return flowing(schedule, mean, std**0.5, xt, t, s)


def mean_as_it_is(schedule, mean, std, xt, t, s):
    r = schedule.noise_to_signal
    shrunk = ((std**2 + r[s] ** 2) / (std**2 + r[t] ** 2)).sqrt()
    return mean + schedule.signal[s] * shrunk * (xt / schedule.signal[t] - mean)


def as_for_one_point(*case):
    return flowing(*case, with_std=False)


def upside_down(*case):
    return flowing(*case, power=-0.5)


def no_mean(*case):
    return flowing(*case, with_mean=False)


def never_scaled_back(*case):
    return flowing(*case, scaled=False)


def straight_to_the_data(schedule, mean, std, xt, t, s):
    return mean + std * xt


def one_ddim_step(schedule, mean, std, xt, t, s):
    truth = mixture(schedule, torch.full((1, 1), mean), torch.tensor([std]))
    return reverse.ddim_step(schedule, xt, t, s, truth(xt.reshape(-1, 1), t).reshape(xt.shape))


def in_four_ddim_steps(schedule, mean, std, xt, t, s):
    """Nearer, but not the formula."""
    times = [t, *sorted({t - (t - s) * k // 4 for k in (1, 2, 3)} - {t, s}, reverse=True), s]
    for u, v in pairwise(times):
        xt = one_ddim_step(schedule, mean, std, xt, u, v)
    return xt


def swapped(schedule, mean, std, xt, t, s):
    return flowing(schedule, std, mean, xt, t, s)


WRONG_FLOWS = {
    no_root: ("the root is missing", "漏了开方"),
    std_not_squared: ("std is not squared", "std 没有平方"),
    mean_as_it_is: ("multiplies only the distance", "只乘了到均值的距离"),
    as_for_one_point: ("std is not used", "没有用到 std"),
    upside_down: ("upside down", "颠倒了"),
    no_mean: ("mean is not used", "没有用到 mean"),
    never_scaled_back: ("x_s over its signal", "x_s 除以信号系数"),
    straight_to_the_data: ("at once", "一步走到数据"),
    one_ddim_step: ("one step of DDIM", "DDIM 的一步"),
    in_four_ddim_steps: ("departs from the truth", "与真值不符"),
    swapped: ("departs from the truth", "与真值不符"),
}
