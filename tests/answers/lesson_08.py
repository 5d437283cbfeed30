"""Lesson 08: right answers, each in its own way, and wrong ones, each as somebody might write it.

第 08 课：各有各写法的正确答案，以及可能有人写出的错误答案。
"""

import math

import numpy as np
import torch

from answers import in_any_form, named, samplers_08
from course_utils import guidance, reverse
from course_utils.denoisers import clipped
from course_utils.exercises.lesson_08.gradient import GRADIENT_MISTAKES
from course_utils.exercises.lesson_08.guided import GUIDED_MISTAKES
from course_utils.exercises.lesson_08.inpaint import INPAINT_MISTAKES
from course_utils.exercises.lesson_08.interval import INTERVAL_MISTAKES
from course_utils.exercises.lesson_08.late import LATEST
from course_utils.exercises.lesson_08.paper import PULL_MISTAKES
from course_utils.exercises.lesson_08.scales import SCALES_MISTAKES
from course_utils.forward import eps_from_score, eps_from_x0, forward_jump, posterior, x0_from_eps

# What the gradient does to a guess, right and wrong.


def by_scores(schedule, xt, t, x0_hat, gradient):
    alpha_bar = schedule.alpha_bar[t]
    score = (alpha_bar.sqrt() * x0_hat - xt) / (1 - alpha_bar) + gradient
    return (xt + (1 - alpha_bar) * score) / alpha_bar.sqrt()


def by_noise(schedule, xt, t, x0_hat, gradient):
    eps_hat = eps_from_x0(schedule, xt, t, x0_hat) - schedule.noise[t] * gradient
    return x0_from_eps(schedule, xt, t, eps_hat)


def in_plain_numbers(schedule, xt, t, x0_hat, gradient):
    a = float(schedule.alpha_bar[t])
    return x0_hat + gradient * (1 - a) / math.sqrt(a)


def by_the_ratio(schedule, xt, t, x0_hat, gradient):
    return x0_hat + schedule.noise[t] * schedule.noise_to_signal[t] * gradient


def by_the_package(schedule, xt, t, x0_hat, gradient):
    return guidance.classifier_guided(schedule, lambda xt, t: x0_hat, lambda x, t: (x * gradient).flatten(1).sum(1))(
        xt, t
    )


def downhill(schedule, xt, t, x0_hat, gradient):
    return x0_hat - (1 - schedule.alpha_bar[t]) / schedule.signal[t] * gradient


def as_in_eps(schedule, xt, t, x0_hat, gradient):
    return x0_hat - schedule.noise[t] * gradient


def one_root(schedule, xt, t, x0_hat, gradient):
    return x0_hat + schedule.noise_to_signal[t] * gradient


def without_its_signal(schedule, xt, t, x0_hat, gradient):
    return x0_hat + schedule.noise[t] ** 2 * gradient


def sigma_squared(schedule, xt, t, x0_hat, gradient):
    return x0_hat + schedule.noise_to_signal[t] ** 2 * gradient


def from_xt(schedule, xt, t, x0_hat, gradient):
    return (xt + (1 - schedule.alpha_bar[t]) * gradient) / schedule.signal[t]


def still_eps(schedule, xt, t, x0_hat, gradient):
    return eps_from_x0(schedule, xt, t, x0_hat) - schedule.noise[t] * gradient


def eps_of_the_gradient(schedule, xt, t, x0_hat, gradient):
    return x0_hat + eps_from_score(schedule, xt, t, gradient)


def cubed(schedule, xt, t, x0_hat, gradient):
    return x0_hat + schedule.noise[t] ** 3 / schedule.signal[t] * gradient


def normalised(schedule, xt, t, x0_hat, gradient):
    return x0_hat + (1 - schedule.alpha_bar[t]) / schedule.signal[t] * gradient / gradient.std()


def held_within(*case):
    return in_plain_numbers(*case).clamp(-1, 1)


def adds_in_place(schedule, xt, t, x0_hat, gradient):
    x0_hat += (1 - schedule.alpha_bar[t]) / schedule.signal[t] * gradient
    return x0_hat


WRONG_GRADIENTS = {
    downhill: ("the sign", "符号反了"),
    as_in_eps: ("what the gradient does to ε̂", "对 ε̂ 的改动"),
    one_root: ("one √(1 − ᾱ_t) is missing", "少了一个 √(1 − ᾱ_t)"),
    without_its_signal: ("division by √ᾱ_t is missing", "漏了除以 √ᾱ_t"),
    sigma_squared: ("as if the gradient were one in x_0", "仿佛梯度是对 x_0 求的"),
    from_xt: ("leaves out the score without the label", "把无标签的得分丢了"),
    still_eps: ("this is ε̂ with the label", "有标签的 ε̂"),
    eps_of_the_gradient: ("done to x̂_0", "用到了 x̂_0 上"),
    cubed: ("the factor of gradient is", "gradient 的系数是"),
    normalised: ("gradient is divided by its own standard deviation", "gradient 除以了它自己的标准差"),
    held_within: ("clipped to [−1, 1]", "截断到了 [−1, 1]"),
    adds_in_place: ("changes x0_hat", "改动了 x0_hat"),
}

# Two denoisers made one, right and wrong.


def by_weights(conditional, unconditional, scale):
    return lambda xt, t: scale * conditional(xt, t) + (1 - scale) * unconditional(xt, t)


def by_lerp(conditional, unconditional, scale):
    return lambda xt, t: torch.lerp(unconditional(xt, t), conditional(xt, t), scale)


def from_the_label(conditional, unconditional, scale):
    def denoise(xt, t):
        with_label, without = conditional(xt, t), unconditional(xt, t)
        return with_label + (scale - 1) * (with_label - without)

    return denoise


def asks_one_where_one_will_do(conditional, unconditional, scale):
    return guidance.guided(conditional, unconditional, scale)


class Guiding:
    """Two denoisers as an object. 写成对象的两个去噪器。"""

    def __init__(self, conditional, unconditional, scale):
        self.both, self.scale = (conditional, unconditional), scale

    def __call__(self, xt, t):
        c, u = (denoiser(xt, t) for denoiser in self.both)
        return c * self.scale + u - u * self.scale


def w_of_the_paper(conditional, unconditional, w):
    return lambda xt, t: (1 + w) * conditional(xt, t) - w * unconditional(xt, t)


def branches_swapped(conditional, unconditional, scale):
    return by_weights(unconditional, conditional, scale)


def no_difference(conditional, unconditional, scale):
    return lambda xt, t: unconditional(xt, t) + scale * conditional(xt, t)


def clips_inside(conditional, unconditional, scale):
    return clipped(by_weights(conditional, unconditional, scale))


def clips_before(conditional, unconditional, scale):
    return by_weights(clipped(conditional), clipped(unconditional), scale)


def libraries_time(conditional, unconditional, scale):
    return lambda xt, t: by_weights(conditional, unconditional, scale)(xt, t - 1)


def asks_thrice(conditional, unconditional, scale):
    return lambda xt, t: unconditional(xt, t) + scale * (conditional(xt, t) - unconditional(xt, t))


def mixes_functions(conditional, unconditional, scale):
    return unconditional + scale * (conditional - unconditional)


def one_number(conditional, unconditional, scale):
    return scale


def silent_inside(conditional, unconditional, scale):
    def denoise(xt, t):
        by_weights(conditional, unconditional, scale)(xt, t)

    return denoise


def squares_the_scale(conditional, unconditional, scale):
    return by_weights(conditional, unconditional, scale**2)


def returns_both(conditional, unconditional, scale):
    return lambda xt, t: (conditional(xt, t), unconditional(xt, t))


WRONG_GUIDED = {
    w_of_the_paper: ("as w of the first paper does", "那篇论文的 w"),
    branches_swapped: ("the wrong way", "方向反了"),
    no_difference: ("the difference is lost", "漏了相减"),
    clips_inside: ("held within [−1, 1]", "限制在 [−1, 1] 之内"),
    clips_before: ("before they are mixed", "合成之前"),
    libraries_time: ("asked about t − 1", "给的是 t − 1"),
    asks_thrice: ("are asked 3 times", "问了 3 次"),
    mixes_functions: ("denoisers themselves", "把去噪器本身拿来计算"),
    one_number: ("it returns a float", "返回的是 float"),
    silent_inside: ("returns nothing yet", "还没有返回任何东西"),
    squares_the_scale: ("scale²", "scale²"),
    returns_both: ("it returns a tuple", "返回的是 tuple"),
}

# An interval of sigma, right and wrong.


def by_log_snr(schedule, low, high):
    def inside(t):
        return low <= math.exp(-float(schedule.log_snr[t]) / 2) <= high

    return inside


def by_a_table(schedule, low, high):
    sigma = (1 / schedule.alpha_bar - 1).sqrt()
    return ((sigma >= low) & (sigma <= high)).__getitem__


def by_numpy(schedule, low, high):
    a = schedule.alpha_bar.numpy()
    return lambda t: (np.sqrt(1 - a[t]) >= low * np.sqrt(a[t])) & (np.sqrt(1 - a[t]) <= high * np.sqrt(a[t]))


def by_a_set(schedule, low, high):
    inside = {t for t in range(schedule.T + 1) if low <= schedule.noise_to_signal[t] <= high}
    return lambda t: t in inside


def by_the_packages_interval(schedule, low, high):
    ends = (-2 * math.log(high), math.inf if low == 0 else -2 * math.log(low))
    return guidance.log_snr_between(schedule, *ends)


def read_as_log_snr(schedule, low, high):
    return guidance.log_snr_between(schedule, low, high)


def read_as_snr(schedule, low, high):
    return lambda t: low <= float(schedule.snr[t]) <= high


def read_as_variance(schedule, low, high):
    return lambda t: low <= float(1 / schedule.alpha_bar[t] - 1) <= high


def read_as_noise(schedule, low, high):
    return lambda t: low <= float(schedule.noise[t]) <= high


def read_as_time(schedule, low, high):
    return lambda t: low <= t <= high


def ends_swapped(schedule, low, high):
    return lambda t: high <= float(schedule.noise_to_signal[t]) <= low


def a_list(schedule, low, high):
    return [t for t in range(1, schedule.T + 1) if low <= schedule.noise_to_signal[t] <= high]


def a_tensor(schedule, low, high):
    sigma = schedule.noise_to_signal
    return (sigma >= low) & (sigma <= high)


def the_level_itself(schedule, low, high):
    return lambda t: float(schedule.noise_to_signal[t].clamp(low, high))


def by_logarithms(schedule, low, high):
    ends = math.log(low), math.log(high)
    return lambda t: ends[0] <= math.log(float(schedule.noise_to_signal[t])) <= ends[1]


def nothing_inside(schedule, low, high):
    return lambda t: None


def one_step_late(schedule, low, high):
    return lambda t: bool(low <= schedule.noise_to_signal[max(t - 1, 0)] <= high)


def never_at_the_end(schedule, low, high):
    return lambda t: t < schedule.T and bool(low <= schedule.noise_to_signal[t] <= high)


WRONG_INTERVALS = {
    read_as_log_snr: ("compared with log-SNR", "同对数信噪比比较"),
    read_as_snr: ("compared with the signal-to-noise ratio", "同信噪比"),
    read_as_variance: ("compared with σ²", "同 σ² 比较"),
    read_as_noise: ("compared with √(1 − ᾱ)", "同 √(1 − ᾱ) 比较"),
    read_as_time: ("compared with t itself", "同 t 本身比较"),
    ends_swapped: ("never True", "从不为 True"),
    a_list: ("it returns a list", "返回的是 list"),
    a_tensor: ("it returns a Tensor", "返回的是 Tensor"),
    the_level_itself: ("give True or False", "应当给 True 或 False"),
    by_logarithms: ("logarithm of 0", "对 0 取了对数"),
    nothing_inside: ("its function gives None", "给出 None"),
    one_step_late: ("that of t − 1", "t − 1 处的水平"),
    never_at_the_end: ("it gives False; σ is", "给出 False；那里的 σ 是"),
}

# One step of inpainting, right and wrong.


def by_the_packages_step(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    mean = reverse.reverse_step(schedule, xt, t, s, x0_hat, sigma=lambda *_: torch.zeros(()))
    sigma = reverse.sigma_posterior(schedule, torch.tensor(t), torch.tensor(s))
    put = forward_jump(schedule, known.nan_to_num().expand_as(eps), s, eps).xt
    return torch.where(mask, put, mean + sigma.to(z) * z)


def by_hand(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    a, b = schedule.alpha_bar[t], schedule.alpha_bar[s]
    beta = 1 - a / b
    mean = (b.sqrt() * beta * x0_hat + (a / b).sqrt() * (1 - b) * xt) / (1 - a)
    drawn = mean + (beta * (1 - b) / (1 - a)).sqrt() * z
    put = b.sqrt() * known + (1 - b).sqrt() * eps
    return torch.where(mask, put, drawn)


def multiplied(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    put = schedule.signal[s] * known + schedule.noise[s] * eps
    return mask * put + ~mask * step_of_ddpm(schedule, xt, t, s, x0_hat, z)


def jumped(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    return torch.where(mask, forward_jump(schedule, known, s, eps).xt, step_of_ddpm(schedule, xt, t, s, x0_hat, z))


def indexed(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    xs = step_of_ddpm(schedule, xt, t, s, x0_hat, z)
    xs[mask] = (schedule.signal[s] * known + schedule.noise[s] * eps)[mask].to(xs)
    return xs


def by_ddim(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    """With eta 1. eta 取 1。"""
    a, b = schedule.alpha_bar[t], schedule.alpha_bar[s]
    variance = (1 - b) / (1 - a) * (1 - a / b)
    eps_hat = eps_from_x0(schedule, xt, t, x0_hat)
    xs = b.sqrt() * x0_hat + (1 - b - variance).clamp(min=0).sqrt() * eps_hat + variance.sqrt() * z
    put = b.sqrt() * known + (1 - b).sqrt() * eps
    xs[mask.expand_as(xs)] = put[mask.expand_as(xs)]
    return xs


def by_filling_in(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    step = posterior(schedule, xt, t, x0_hat, s)
    xs, where = (step.mean + step.variance**0.5 * z).clone(), mask.expand_as(xt)
    xs[where] = (schedule.signal[s] * known + schedule.noise[s] * eps)[where]
    return xs


def step_of_ddpm(schedule, xt, t, s, x0_hat, z):
    step = posterior(schedule, xt, t, x0_hat, s)
    return step.mean + step.variance.sqrt() * z


def pasted(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    return torch.where(mask, known, step_of_ddpm(schedule, xt, t, s, x0_hat, z))


def noised_to_t(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    return torch.where(mask, forward_jump(schedule, known, t, eps).xt, step_of_ddpm(schedule, xt, t, s, x0_hat, z))


def inverted(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    return by_hand(schedule, xt, t, s, x0_hat, known, ~mask, z, eps)


def one_noise(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    return by_hand(schedule, xt, t, s, x0_hat, known, mask, z, z)


def put_in_before(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    xt = torch.where(mask, forward_jump(schedule, known, t, eps).xt, xt)
    return step_of_ddpm(schedule, xt, t, s, x0_hat, z)


def put_in_the_guess(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    return step_of_ddpm(schedule, xt, t, s, torch.where(mask, known, x0_hat), z)


def noisy_at_zero(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    put = forward_jump(schedule, known, max(s, 1), eps).xt
    return torch.where(mask, put, step_of_ddpm(schedule, xt, t, s, x0_hat, z))


def grain_at_zero(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    xs = by_hand(schedule, xt, t, s, x0_hat, known, mask, z, eps)
    return torch.where(mask, xs, xs + 0.1 * z) if s == 0 else xs


def multiplied_only(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    return mask * forward_jump(schedule, known, s, eps).xt + step_of_ddpm(schedule, xt, t, s, x0_hat, z)


def without_fresh_noise(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    xs = reverse.ddim_step(schedule, xt, t, s, x0_hat)
    return torch.where(mask, forward_jump(schedule, known, s, eps).xt, xs)


def wrong_weight_of_the_known(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    put = schedule.signal[t] * known + schedule.noise[s] * eps
    return torch.where(mask, put, step_of_ddpm(schedule, xt, t, s, x0_hat, z))


def both_at_once(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    return step_of_ddpm(schedule, xt, t, s, x0_hat, z), forward_jump(schedule, known, s, eps).xt


def one_minus_the_mask(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    put = forward_jump(schedule, known, s, eps).xt
    return mask * put + (1 - mask) * step_of_ddpm(schedule, xt, t, s, x0_hat, z)


def in_place(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    x0_hat[mask] = known[mask]
    return step_of_ddpm(schedule, xt, t, s, x0_hat, z)


WRONG_STEPS = {
    multiplied: ("0 times nan is nan", "0 乘 nan 还是 nan"),
    jumped: ("`forward_jump` refuses nan", "`forward_jump` 不接受 nan"),
    indexed: ("like a sample", "形状同单个样本"),
    pasted: ("put in without noise", "没有加噪就放进去了"),
    noised_to_t: ("are noised to t", "加噪到了 t"),
    inverted: ("the mask is inverted", "掩码反了"),
    one_noise: ("z is used twice", "z 用了两次"),
    put_in_before: ("before the step", "迈步之前"),
    put_in_the_guess: ("into the guess", "放进了猜测"),
    noisy_at_zero: ("at s = 0 the known pixels are known itself", "s = 0 时，已知像素就应是 known 本身"),
    grain_at_zero: ("at s = 0 noise is added", "s = 0 时，未知处还加了噪声"),
    multiplied_only: ("still there under the known pixels", "还留着抽出来的值"),
    without_fresh_noise: ("where the mask is False, ", "掩码为 False 处，"),
    wrong_weight_of_the_known: (
        "where the mask is True, the factor of known is √ᾱ_t",
        "掩码为 True 处，known 的系数是 √ᾱ_t",
    ),
    both_at_once: ("it returns a tuple", "返回的是 tuple"),
    in_place: ("changes x0_hat", "改动了 x0_hat"),
    one_minus_the_mask: ("`~mask`, not `1 - mask`", "`~mask`，不是 `1 - mask`"),
}

# The scale that somebody used, right and wrong.


def by_lstsq(c, u, mixed):
    fitted = torch.linalg.lstsq((c - u).reshape(-1, 1).double(), (mixed - u).reshape(-1, 1).double())
    return fitted.solution.item()


def by_a_dot_product(c, u, mixed):
    apart = (c - u).flatten()
    return apart @ (mixed - u).flatten() / (apart @ apart)


def by_weighted_ratios(c, u, mixed):
    differ = c != u
    apart = (c - u)[differ]
    return ((mixed - u)[differ] / apart * apart**2).sum() / (apart**2).sum()


def from_the_label_on(c, u, mixed):
    return 1 + float(((mixed - c) * (c - u)).mean() / ((c - u) ** 2).mean())


def by_numpy_alone(c, u, mixed):
    apart = (c - u).numpy().ravel()
    return np.dot(apart, (mixed - u).numpy().ravel()) / np.dot(apart, apart)


def mean_of_ratios(c, u, mixed):
    return float(((mixed - u) / (c - u)).mean())


def mean_of_finite_ratios(c, u, mixed):
    ratios = (mixed - u)[c != u] / (c - u)[c != u]
    return ratios.mean()


def by_lengths(c, u, mixed):
    return (mixed - u).norm() / (c - u).norm()


def not_from_u(c, u, mixed):
    return ((c - u) * mixed).sum() / (c - u).square().sum()


def as_w(c, u, mixed):
    return ((mixed - c) * (c - u)).sum() / (c - u).square().sum()


def swapped(c, u, mixed):
    return ((u - c) * (mixed - c)).sum() / (u - c).square().sum()


def by_sums(c, u, mixed):
    return float((mixed - u).sum() / (c - u).sum())


def other_way_round(c, u, mixed):
    return ((mixed - u) * (c - u)).sum() / (mixed - u).square().sum()


def one_a_sample(c, u, mixed):
    return ((c - u) * (mixed - u)).flatten(1).sum(1) / (c - u).square().flatten(1).sum(1)


def cosine_of_the_angle(c, u, mixed):
    return torch.cosine_similarity((c - u).flatten(), (mixed - u).flatten(), dim=0)


def padded(c, u, mixed):
    return ((c - u) * (mixed - u)).sum() / ((c - u).square().sum() + 1)


def rounds(c, u, mixed):
    return round(by_lstsq(c, u, mixed) * 2) / 2


WRONG_SCALES = {
    mean_of_ratios: ("divides by 0", "除以了 0"),
    mean_of_finite_ratios: ("mean of the pixels' own ratios", "逐像素之比的均值"),
    by_lengths: ("has lost the sign", "丢了符号"),
    not_from_u: ("still in what is fitted", "还含着无标签的猜测"),
    as_w: ("one too small", "小了 1"),
    swapped: ("the two are swapped", "两者写反了"),
    by_sums: ("ratio of the sums", "和之比"),
    one_a_sample: ("not return a single number", "不是单个数"),
    cosine_of_the_angle: ("the cosine", "余弦"),
    other_way_round: ("departs from the truth", "与真值不符"),
    padded: ("departs from the truth", "与真值不符"),
    rounds: ("departs from the truth", "与真值不符"),
}

# How far guidance pulls, right and wrong.


def by_both_guesses(alpha_bar, m, s, p):
    spread = alpha_bar * s**2 + 1 - alpha_bar
    plus, minus = (centre * (1 - alpha_bar) / spread for centre in (m, -m))
    return plus - (p * plus + (1 - p) * minus)


def by_the_gradient(alpha_bar, m, s, p):
    gradient = (1 - p) * 2 * math.sqrt(alpha_bar) * m / (alpha_bar * s**2 + 1 - alpha_bar)
    return (1 - alpha_bar) / math.sqrt(alpha_bar) * gradient


def in_signal_to_noise(alpha_bar, m, s, p):
    return 2 * m * (1 - p) / (1 + s**2 * alpha_bar / (1 - alpha_bar))


def as_a_tensor(alpha_bar, m, s, p):
    return torch.tensor(by_both_guesses(alpha_bar, m, s, p))


def p_for_its_rest(alpha_bar, m, s, p):
    return p * 2 * m * (1 - alpha_bar) / (alpha_bar * s**2 + 1 - alpha_bar)


def half_of_it(alpha_bar, m, s, p):
    return by_both_guesses(alpha_bar, m, s, p) / 2


def s_not_squared(alpha_bar, m, s, p):
    return (1 - p) * 2 * m * (1 - alpha_bar) / (alpha_bar * s + 1 - alpha_bar)


def noise_alone_below(alpha_bar, m, s, p):
    return (1 - p) * 2 * m


def the_gradient_itself(alpha_bar, m, s, p):
    return (1 - p) * 2 * math.sqrt(alpha_bar) * m / (alpha_bar * s**2 + 1 - alpha_bar)


def slope_of_p(alpha_bar, m, s, p):
    return p * by_both_guesses(alpha_bar, m, s, p)


def both_classes_apart(alpha_bar, m, s, p):
    return by_both_guesses(alpha_bar, m, s, p) / (1 - p)


def clean_data(alpha_bar, m, s, p):
    return (1 - p) * 2 * m * (1 - alpha_bar) / (s**2 + 1 - alpha_bar)


def m_squared(alpha_bar, m, s, p):
    return m * by_both_guesses(alpha_bar, m, s, p)


def backwards(alpha_bar, m, s, p):
    return -by_both_guesses(alpha_bar, m, s, p)


def by_the_logit(alpha_bar, m, s, p):
    return math.log((1 - p) / p) * 2 * m * (1 - alpha_bar) / (alpha_bar * s**2 + 1 - alpha_bar)


WRONG_PULLS = {
    p_for_its_rest: ("where 1 − p belongs", "该用 1 − p 的地方用了 p"),
    half_of_it: ("the 2 is missing", "漏了 2"),
    s_not_squared: ("s is not squared", "s 没有平方"),
    noise_alone_below: ("the noise's alone", "只有噪声的方差"),
    the_gradient_itself: ("this is the gradient", "的梯度本身"),
    slope_of_p: ("the slope of p itself", "p 本身的斜率"),
    both_classes_apart: ("the difference of the two classes' guesses", "两类猜测之差"),
    clean_data: ("s² has the factor ᾱ", "s² 要乘 ᾱ"),
    m_squared: ("this is 2 ", "这是 2 "),
    backwards: ("the sign", "符号反了"),
    by_the_logit: ("departs from the truth", "与真值不符"),
}

RIGHT = {
    "08.gradient": [by_scores, by_noise, in_plain_numbers, by_the_ratio, by_the_package],
    "08.guided": [by_weights, by_lerp, from_the_label, asks_one_where_one_will_do, Guiding],
    "08.interval": [by_log_snr, by_a_table, by_numpy, by_a_set, by_the_packages_interval],
    "08.late": in_any_form(LATEST),
    "08.inpaint": [by_the_packages_step, by_hand, by_ddim, by_filling_in],
    "08.scales": [by_lstsq, by_a_dot_product, by_weighted_ratios, from_the_label_on, by_numpy_alone],
    "08.paper": [by_both_guesses, by_the_gradient, in_signal_to_noise, as_a_tensor],
    "08.build": samplers_08.RIGHT_SAMPLERS,
}
WRONG = {
    "08.gradient": named(WRONG_GRADIENTS),
    "08.guided": named(WRONG_GUIDED),
    "08.interval": named(WRONG_INTERVALS),
    "08.late": {
        "some stay on the other moon": (LATEST + 1, "stays on the other moon", "留在另一弯上"),
        "far too late": (7, "stays on the other moon", "留在另一弯上"),
        "earlier than need be": (LATEST - 1, "begin still later", "还可以开始得更晚"),
        "where the figure first changes": (-3, "begin still later", "还可以开始得更晚"),
        "between two": (LATEST + 0.5, "will not do", "不行"),
    },
    "08.inpaint": named(WRONG_STEPS),
    "08.scales": named(WRONG_SCALES),
    "08.paper": named(WRONG_PULLS),
    "08.build": named(samplers_08.WRONG_SAMPLERS),
}
HELD = {"08.build": samplers_08.HELD_SAMPLERS}
MISTAKES = {
    "08.gradient": GRADIENT_MISTAKES,
    "08.guided": GUIDED_MISTAKES,
    "08.interval": INTERVAL_MISTAKES,
    "08.inpaint": INPAINT_MISTAKES,
    "08.scales": SCALES_MISTAKES,
    "08.paper": PULL_MISTAKES,
}
