"""Lesson 08: samplers of one's own that take a label, a scale and a mask, right ones and wrong ones.

第 08 课：自己写的、接收标签、scale 与掩码的采样器，有对的，也有错的。
"""

from itertools import pairwise

import torch

from course_utils import guidance, reverse
from course_utils.forward import eps_from_x0, forward_jump, per_sample, posterior
from course_utils.samplers import Sample

# Right, each in its own way.


def with_a_closure(schedule, conditional, unconditional, scale, known, mask, xT, times, z):
    scale = torch.as_tensor(scale).to(xT)
    weight = per_sample(scale, xT)

    def guess(xt, t):
        if bool((scale == 1.0).all()):
            return conditional(xt, t)
        if bool((scale == 0.0).all()):
            return unconditional(xt, t)
        return weight * conditional(xt, t) + (1 - weight) * unconditional(xt, t)

    xt = xT
    for i, (t, s) in enumerate(pairwise(times)):
        if s < t:
            step = posterior(schedule, xt, t, guess(xt, t), s)
            xt = step.mean + step.variance**0.5 * z[i, 0]
            if mask is not None:
                xt = torch.where(mask, schedule.signal[s] * known + schedule.noise[s] * z[i, 1], xt)
        else:
            ratio = schedule.signal[s] / schedule.signal[t]
            xt = ratio * xt + (1 - ratio**2) ** 0.5 * z[i, 0]
    return xt


def with_the_hole_filled(schedule, conditional, unconditional, scale, known, mask, xT, times, z):
    """By the package's step, and its jump. 用本包的步与跳跃。"""
    mask = torch.zeros_like(xT, dtype=torch.bool) if mask is None else mask.expand(xT.shape)
    known = torch.zeros_like(xT) if known is None else torch.where(mask, known, 0.0)
    weights = torch.as_tensor(scale, dtype=xT.dtype).expand(len(xT))
    xt = xT.clone()
    for (t, s), noises in zip(pairwise(times), z, strict=True):
        if s > t:
            kept = (schedule.alpha_bar[s] / schedule.alpha_bar[t]).item()
            xt = kept**0.5 * xt + (1 - kept) ** 0.5 * noises[0]
            continue
        c = conditional(xt, t) if weights.any() else None
        u = unconditional(xt, t) if (weights != 1).any() else None
        x0_hat = c if u is None else u if c is None else u + per_sample(weights, xT) * (c - u)
        mean = reverse.reverse_step(schedule, xt, t, s, x0_hat, sigma=lambda *_: torch.zeros(()))
        xs = mean + reverse.sigma_posterior(schedule, torch.tensor(t), torch.tensor(s)).to(xT) * noises[0]
        xt = torch.where(mask, forward_jump(schedule, known, s, noises[1]).xt, xs)
    return xt


def by_hand_in_place(schedule, conditional, unconditional, scale, known, mask, xT, times, z):
    x, i = xT.clone(), 0
    t, rest = times[0], times[1:]
    scale = scale if isinstance(scale, torch.Tensor) else torch.full((len(xT),), scale, dtype=xT.dtype)
    while rest:
        s, *rest = rest
        a, b = float(schedule.alpha_bar[t]), float(schedule.alpha_bar[s])
        if s > t:
            x = (b / a) ** 0.5 * x + (1 - b / a) ** 0.5 * z[i][0]
        else:
            guesses = []
            if not bool((scale == 0).all()):
                guesses.append((scale, conditional(x, t)))
            if not bool((scale == 1).all()):
                guesses.append((1 - scale, unconditional(x, t)))
            x0_hat = sum(w.view(-1, *(1,) * (x.dim() - 1)) * guess for w, guess in guesses)
            beta = 1 - a / b
            x = (b**0.5 * beta * x0_hat + (a / b) ** 0.5 * (1 - b) * x) / (1 - a)
            x = x + (beta * (1 - b) / (1 - a)) ** 0.5 * z[i][0]
            if mask is not None:
                where = mask.expand_as(x)
                x[where] = (b**0.5 * known.expand_as(x) + (1 - b) ** 0.5 * z[i][1])[where]
        t, i = s, i + 1
    return x


class Walker:
    """DDIM with eta 1, and the guidance of the package with the scales shaped. 用 eta = 1 的 DDIM 与本包的引导。"""

    def __init__(self, schedule, known, mask):
        self.schedule, self.known, self.mask = schedule, known, mask

    def down(self, x, t, s, x0_hat, noise, fresh):
        a, b = self.schedule.alpha_bar[t], self.schedule.alpha_bar[s]
        variance = (1 - b) / (1 - a) * (1 - a / b)
        eps_hat = eps_from_x0(self.schedule, x, t, x0_hat)
        x = b.sqrt() * x0_hat + (1 - b - variance).clamp(min=0).sqrt() * eps_hat + variance.sqrt() * noise
        if self.mask is None:
            return x
        return torch.where(self.mask, b.sqrt() * self.known + (1 - b).sqrt() * fresh, x)

    def up(self, x, t, s, noise):
        kept = self.schedule.alpha_bar[t + 1 : s + 1].div(self.schedule.alpha_bar[t:s]).prod()
        return kept.sqrt() * x + (1 - kept).sqrt() * noise


def as_an_object(schedule, conditional, unconditional, scale, known, mask, xT, times, z):
    walker, x = Walker(schedule, known, mask), xT
    shaped = torch.as_tensor(scale, dtype=xT.dtype).reshape((-1,) + (1,) * (xT.ndim - 1))
    for i in range(len(times) - 1):
        t, s = times[i], times[i + 1]
        if t < s:
            x = walker.up(x, t, s, z[i, 0])
        elif torch.equal(shaped, torch.ones_like(shaped)):
            x = walker.down(x, t, s, conditional(x, t), *z[i])
        elif not shaped.any():
            x = walker.down(x, t, s, unconditional(x, t), *z[i])
        else:
            u = unconditional(x, t)
            x = walker.down(x, t, s, torch.lerp(u, conditional(x, t), shaped.expand_as(u)), *z[i])
    return x


# Wrong, each as somebody might write it.


def shaped(scale, xT):
    return torch.as_tensor(scale, dtype=xT.dtype).reshape(-1, *[1] * (xT.ndim - 1))


def frugal(conditional, unconditional, weight, xt, t):
    if (weight == 1).all():
        return conditional(xt, t)
    if (weight == 0).all():
        return unconditional(xt, t)
    u = unconditional(xt, t)
    return u + weight * (conditional(xt, t) - u)


def risen(schedule, xt, t, s, fresh, eps):
    kept = schedule.alpha_bar[s] / schedule.alpha_bar[t]
    return kept.sqrt() * xt + (1 - kept).sqrt() * fresh


def stepped(schedule, xt, t, s, x0_hat, fresh):
    step = posterior(schedule, xt, t, x0_hat, s)
    return step.mean + step.variance.sqrt() * fresh


def put_in(schedule, xt, t, s, known, mask, fresh, eps):
    return xt if mask is None else torch.where(mask, schedule.signal[s] * known + schedule.noise[s] * eps, xt)


def sampling(guess=frugal, rise=risen, step=stepped, put=put_in, weigh=shaped, noises=None):
    """A right sampler but for one of its pieces. 除某一处之外都正确的采样器。"""

    def walk(schedule, conditional, unconditional, scale, known, mask, xT, times, z):
        xt, weight = xT, weigh(scale, xT)
        for i, (t, s) in enumerate(pairwise(times)):
            fresh, eps = (noises or (lambda z, i, t, times: z[i]))(z, i, t, times)
            if s > t and rise:
                xt = rise(schedule, xt, t, s, fresh, eps)
            else:
                xt = step(schedule, xt, t, s, guess(conditional, unconditional, weight, xt, t), fresh)
                xt = put(schedule, xt, t, s, known, mask, fresh, eps)
        return xt

    return walk


def called(name, walk):
    walk.__name__ = name
    return walk


def asks_both(conditional, unconditional, weight, xt, t):
    return unconditional(xt, t) + weight * (conditional(xt, t) - unconditional(xt, t))


def as_w(conditional, unconditional, weight, xt, t):
    return frugal(conditional, unconditional, weight + 1, xt, t)


def swapped(conditional, unconditional, weight, xt, t):
    return frugal(unconditional, conditional, weight, xt, t)


def by_the_number(schedule, conditional, unconditional, scale, known, mask, xT, times, z):
    """Compares a tensor of scales with 1 as if it were a number. 把一组 scale 当成一个数与 1 比较。"""

    def guess(conditional, unconditional, weight, xt, t):
        return conditional(xt, t) if scale == 1 else guidance.guided(conditional, unconditional, scale)(xt, t)

    return sampling(guess)(schedule, conditional, unconditional, scale, known, mask, xT, times, z)


def only_numbers_are_frugal(schedule, conditional, unconditional, scale, known, mask, xT, times, z):
    guess = asks_both if isinstance(scale, torch.Tensor) else frugal
    return sampling(guess)(schedule, conditional, unconditional, scale, known, mask, xT, times, z)


def multiplies(schedule, xt, t, s, known, mask, fresh, eps):
    if mask is None:
        return xt
    return mask * (schedule.signal[s] * known + schedule.noise[s] * eps) + ~mask * xt


def jumps(schedule, xt, t, s, known, mask, fresh, eps):
    return xt if mask is None else torch.where(mask, forward_jump(schedule, known, s, eps).xt, xt)


def needs_a_mask(schedule, xt, t, s, known, mask, fresh, eps):
    return torch.where(mask, schedule.signal[s] * known + schedule.noise[s] * eps, xt)


def clean(schedule, xt, t, s, known, mask, fresh, eps):
    return xt if mask is None else torch.where(mask, known, xt)


def as_at_t(schedule, xt, t, s, known, mask, fresh, eps):
    return put_in(schedule, xt, t, t if s else 0, known, mask, fresh, eps)


def noisy_at_the_end(schedule, xt, t, s, known, mask, fresh, eps):
    return put_in(schedule, xt, t, max(s, 1), known, mask, fresh, eps)


def with_one_noise(schedule, xt, t, s, known, mask, fresh, eps):
    return put_in(schedule, xt, t, s, known, mask, fresh, fresh)


def inverted(schedule, xt, t, s, known, mask, fresh, eps):
    return xt if mask is None else torch.where(mask, xt, schedule.signal[s] * known + schedule.noise[s] * eps)


def never_put(schedule, xt, t, s, known, mask, fresh, eps):
    return xt


def only_at_the_end(schedule, xt, t, s, known, mask, fresh, eps):
    return xt if mask is None or s else torch.where(mask, known, xt)


def put_before(schedule, conditional, unconditional, scale, known, mask, xT, times, z):
    """Puts the known pixels into x_t before each step, and in the end into x_0. 每步之前把已知像素放进 x_t。"""
    xt, weight = xT, shaped(scale, xT)
    for (t, s), (fresh, eps) in zip(pairwise(times), z, strict=True):
        if s > t:
            xt = risen(schedule, xt, t, s, fresh, eps)
            continue
        xt = put_in(schedule, xt, t, t, known, mask, fresh, eps)
        xt = stepped(schedule, xt, t, s, frugal(conditional, unconditional, weight, xt, t), fresh)
    return xt if mask is None else torch.where(mask, known, xt)


def in_the_guess(schedule, conditional, unconditional, scale, known, mask, xT, times, z):
    """Puts the known pixels into the guess. 把已知像素放进猜测。"""

    def guess(conditional, unconditional, weight, xt, t):
        x0_hat = frugal(conditional, unconditional, weight, xt, t)
        return x0_hat if mask is None else torch.where(mask, known, x0_hat)

    return sampling(guess, put=never_put)(schedule, conditional, unconditional, scale, known, mask, xT, times, z)


def as_if_clean(schedule, xt, t, s, fresh, eps):
    return schedule.signal[s] * xt + schedule.noise[s] * fresh


def one_forward_step(schedule, xt, t, s, fresh, eps):
    return schedule.alpha[s].sqrt() * xt + schedule.beta[s].sqrt() * fresh


def stays(schedule, xt, t, s, fresh, eps):
    return xt


def with_the_other_noise(schedule, xt, t, s, fresh, eps):
    return risen(schedule, xt, t, s, eps, fresh)


def asks_on_the_way_up(schedule, conditional, unconditional, scale, known, mask, xT, times, z):
    xt, weight = xT, shaped(scale, xT)
    for (t, s), (fresh, eps) in zip(pairwise(times), z, strict=True):
        x0_hat = frugal(conditional, unconditional, weight, xt, t)
        if s > t:
            xt = risen(schedule, xt, t, s, fresh, eps)
        else:
            xt = put_in(schedule, stepped(schedule, xt, t, s, x0_hat, fresh), t, s, known, mask, fresh, eps)
    return xt


def puts_in_after_rises(schedule, conditional, unconditional, scale, known, mask, xT, times, z):
    xt, weight = xT, shaped(scale, xT)
    for (t, s), (fresh, eps) in zip(pairwise(times), z, strict=True):
        if s > t:
            xt = risen(schedule, xt, t, s, fresh, eps)
        else:
            xt = stepped(schedule, xt, t, s, frugal(conditional, unconditional, weight, xt, t), fresh)
        xt = put_in(schedule, xt, t, s, known, mask, fresh, eps)
    return xt


def noises_the_guess_again(schedule, conditional, unconditional, scale, known, mask, xT, times, z):
    xt, weight, x0_hat = xT, shaped(scale, xT), xT
    for (t, s), (fresh, eps) in zip(pairwise(times), z, strict=True):
        if s > t:
            xt = forward_jump(schedule, x0_hat, s, fresh).xt
            continue
        x0_hat = frugal(conditional, unconditional, weight, xt, t)
        xt = put_in(schedule, stepped(schedule, xt, t, s, x0_hat, fresh), t, s, known, mask, fresh, eps)
    return xt


def counts_steps_down_alone(z, i, t, times):
    downs = sum(s < t for t, s in pairwise(times[: i + 1]))
    return z[downs] if times[i + 1] < times[i] else z[i]


def larger_variance(schedule, xt, t, s, x0_hat, fresh):
    step = posterior(schedule, xt, t, x0_hat, s)
    return step.mean + (1 - schedule.alpha_bar[t] / schedule.alpha_bar[s]).sqrt() * fresh * (s > 0)


def ddim(schedule, xt, t, s, x0_hat, fresh):
    return reverse.ddim_step(schedule, xt, t, s, x0_hat)


def root_forgotten(schedule, xt, t, s, x0_hat, fresh):
    step = posterior(schedule, xt, t, x0_hat, s)
    return step.mean + step.variance * fresh


def half_the_noise(schedule, xt, t, s, x0_hat, fresh):
    return stepped(schedule, xt, t, s, x0_hat, fresh / 2)


def holds_the_guess(schedule, xt, t, s, x0_hat, fresh):
    return stepped(schedule, xt, t, s, x0_hat.clamp(-1, 1), fresh)


def hands_out_states(schedule, conditional, unconditional, scale, known, mask, xT, times, z):
    walk = sampling()(schedule, conditional, unconditional, scale, known, mask, xT, times, z)
    yield Sample(0, walk, walk)


def draws_for_itself(schedule, conditional, unconditional, scale, known, mask, xT, times, z):
    return sampling()(schedule, conditional, unconditional, scale, known, mask, xT, times, torch.randn_like(z))


ALL = {"walks", "guides", "asks", "keeps", "hole", "rises"}
WRONG_PIECES = [
    (called("as w", sampling(as_w)), ALL - {"guides", "asks"}, "as w of the first paper does", "那篇论文的 w"),
    (called("branches swapped", sampling(swapped)), ALL - {"guides", "asks"}, "the wrong way", "方向反了"),
    (called("asks both always", sampling(asks_both)), ALL - {"asks"}, "is asked", "被问了"),
    (by_the_number, None, "a whole tensor stands where one number is wanted", "该是一个数的地方放了整个张量"),
    (only_numbers_are_frugal, ALL - {"asks"}, "its guess has the weight 0", "权重是 0"),
    (called("scales along the last axis", sampling(weigh=lambda scale, xT: torch.as_tensor(scale).to(xT))), ALL - {"guides"}, "along the last axis", "最后一轴"),
    (called("the first scale for all", sampling(weigh=lambda scale, xT: torch.as_tensor(scale).to(xT).flatten()[0])), ALL - {"guides", "asks"}, "led by the first one's scale", "用了第一个样本的 scale"),
    (called("multiplies by the mask", sampling(put=multiplies)), ALL - {"hole"}, "0 · nan is nan", "0 乘 nan 还是 nan"),
    (called("jumps with nan", sampling(put=jumps)), ALL - {"hole"}, "refuses nan", "拒绝 nan"),
    (called("needs a mask", sampling(put=needs_a_mask)), ALL - {"hole"}, "with mask and known None", "mask 与 known 为 None"),
    (called("clean pixels", sampling(put=clean)), ALL - {"keeps"}, "without noise", "没有加噪"),
    (called("as noisy as t", sampling(put=as_at_t)), ALL - {"keeps"}, "noised to where the step began", "加噪到了出发的时间步"),
    (called("noisy at the end", sampling(put=noisy_at_the_end)), ALL - {"keeps"}, "still have noise", "还带着噪声"),
    (called("one noise for both", sampling(put=with_one_noise)), ALL - {"keeps"}, "which the step has used already", "迈步已经用过它"),
    (called("mask inverted", sampling(put=inverted)), None, "it is inverted", "掩码反了"),
    (called("never put in", sampling(put=never_put)), ALL - {"keeps", "hole"}, "are not put in", "没有放入已知像素"),
    (called("only at the end", sampling(put=only_at_the_end)), ALL - {"keeps"}, "are not put in", "没有放入已知像素"),
    (put_before, None, "not before the first", "不是在第一步之前"),
    (in_the_guess, ALL - {"keeps"}, "are not known noised to", "加噪到"),
    (called("rises ignored", sampling(rise=None)), ALL - {"rises"}, "is taken upwards", "也走了反向过程的一步"),
    (called("rises as if clean", sampling(rise=as_if_clean)), ALL - {"rises"}, "as if it were clean", "当成干净的来加噪"),
    (called("rises by one step", sampling(rise=one_forward_step)), ALL - {"rises"}, "one forward step is taken", "只走了一个前向步"),
    (called("stays where it rises", sampling(rise=stays)), ALL - {"rises"}, "x stays as it is", "x 原样没动"),
    (called("rises with the other noise", sampling(rise=with_the_other_noise)), ALL - {"rises"}, "the rise has z[i][0]", "回升用 z[i][0]"),
    (asks_on_the_way_up, ALL - {"rises"}, "going up needs no guess", "往上走用不着猜测"),
    (puts_in_after_rises, ALL - {"rises"}, "the known pixels are put in, too", "还放入了已知像素"),
    (noises_the_guess_again, ALL - {"rises"}, "x is forgotten", "把 x 忘了"),
    (called("counts steps down alone", sampling(noises=counts_steps_down_alone)), ALL - {"rises"}, "the i-th step, up or down, has z[i]", "第 i 步无论上下"),
    (called("larger variance", sampling(step=larger_variance)), ALL - {"walks"}, "the variance β", "方差取了 β"),
    (called("by DDIM", sampling(step=ddim)), ALL - {"walks"}, "this is DDIM", "这是 DDIM"),
    (called("root forgotten", sampling(step=root_forgotten)), ALL - {"walks"}, "scaled by the variance", "乘的是方差"),
    (called("half the noise", sampling(step=half_the_noise)), ALL - {"walks"}, "in the step from t to s, the factor of z[i][0]", "从 t 到 s 的一步里，z[i][0] 的系数"),
    (called("holds the guess", sampling(step=holds_the_guess)), ALL - {"walks", "guides"}, "held within [−1, 1]", "限制在 [−1, 1] 之内"),
    (called("the first noise each time", sampling(noises=lambda z, i, t, times: z[0])), None, "the same noise is added in every step", "每一步加的是同一份噪声"),
    (hands_out_states, set(), "it returns a generator", "返回的是 generator"),
    (draws_for_itself, None, "random numbers of its own", "另抽了随机数"),
]  # fmt: skip
RIGHT_SAMPLERS = [with_a_closure, with_the_hole_filled, by_hand_in_place, as_an_object]
WRONG_SAMPLERS = [(answer, en, zh) for answer, _, en, zh in WRONG_PIECES]
HELD_SAMPLERS = {answer.__name__: held for answer, held, _, _ in WRONG_PIECES if held is not None}
