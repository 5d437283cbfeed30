"""First answers of people who have just read the page, by the words that must name what is wrong with them.

刚读完页面的人会写出的第一个答案，以及必须说出错在哪里的那几个词。
"""

import math

import torch
from torch import nn

from answers.lesson_01 import changed, open_by
from answers.solvers_07 import looked
from answers.unets import FloorByFloor
from course_utils.blocks import ResidualBlock
from course_utils.exercises import exercise
from course_utils.exercises.lesson_07.sampler_mistakes import algorithm_2
from course_utils.forward import forward_jump
from course_utils.reverse import sigma_posterior

Exploding, Training = (exercise(f"{lesson}.build").reference() for lesson in ("03", "06"))


# 01.build: the 0 at t = 1 is written by hand


def zero_first(weigh):
    """The open variance as `open_by` has it, with 0 at t = 1."""
    made = open_by(weigh)
    return lambda s: torch.cat([torch.zeros(2).double(), made(s)[2:]])


def at_t(s):
    return torch.cat([torch.zeros(2).double(), (1 / (1 / (1 - s.alpha_bar[1:]) + s.alpha[1:] / s.beta[1:]))[1:]])


def rolled(s):
    return (1 - s.alpha_bar.roll(1)) / (1 - s.alpha_bar) * s.beta


# 03.build


class PriorOfT(Exploding):
    def reverse(self, xt, t, s, m, w):
        prior, added = w**2 + float(self.sigma[t]) ** 2, float(self.sigma[t] ** 2 - self.sigma[s] ** 2)
        return (m * added + xt * prior) / (prior + added), prior * added / (prior + added)


# 04


def not_flattened(schedule, data, xt, t):
    apart = torch.cdist(xt, schedule.signal[t].to(xt) * data)
    return (-(apart**2) / (2 * float(1 - schedule.alpha_bar[t]))).softmax(1)


def denoiser_of_points(schedule, x, y):
    return lambda xt, t, labels=None: (not_flattened(schedule, x.to(xt), xt, t) @ x.to(xt)).reshape(xt.shape)


def spread_with(left=lambda a_s, sigma: max(float(1 - a_s - sigma**2), 0) ** 0.5, c=lambda a, V: (1 - a) ** 0.5 / V):
    """A walk of spreads by (5), from c alone."""

    def answer(schedule, std, times, eta):
        stds = [1.0]
        for t, s in zip(times, times[1:], strict=False):
            a_t, a_s = float(schedule.alpha_bar[t]), float(schedule.alpha_bar[s])
            sigma, of_eps = eta * float(sigma_posterior(schedule, t, s)), c(a_t, a_t * std**2 + 1 - a_t)
            g = a_s**0.5 * (1 - (1 - a_t) ** 0.5 * of_eps) / a_t**0.5 + left(a_s, sigma) * of_eps
            stds.append((g**2 * stds[-1] ** 2 + sigma**2) ** 0.5)
        return stds

    return answer


def spread_by_plain_numbers(schedule, std, times, eta):
    """Below 0, a plain number has a complex root."""
    walk = zip(times, times[1:], strict=False)
    return [
        1.0,
        *((float(1 - schedule.alpha_bar[s]) - eta * float(sigma_posterior(schedule, t, s))) ** 0.5 for t, s in walk),
    ]


def spread_by_one_step(schedule, std, times, eta):
    values = []
    for t, s in zip(times, times[1:], strict=False):
        values.append((1 - schedule.alpha_bar[s] - eta**2 * schedule.posterior_variance[t]).sqrt())
    return [1.0, *values]


# 05


def turned(put):
    def answer(seen, frequency, s):
        sin, cos = seen.chunk(2, dim=1)
        angle = s[:, None] * frequency
        return put(sin, cos, angle)

    return answer


def taking_turns(sin, cos, a):
    later = sin * a.cos() + cos * a.sin(), cos * a.cos() - sin * a.sin()
    return torch.stack(later, 2).flatten(1)


def attending(turn):
    return lambda q, k, v: (q @ turn(k) / q.shape[-1] ** 0.5).softmax(-1) @ v


def two_to_a_block(x, skips, up):
    for block in up:
        x = block(x, skips.pop())
    return x


class OneUpBlockAFloor(FloorByFloor):
    """One block on each floor of the way up; the second skip of a floor is left over."""

    def two_up(self, above, widths, i, e):
        below = widths[min(i + 1, len(widths) - 1)]
        return nn.ModuleList([ResidualBlock(below + widths[i], widths[i], e)])


# 06


def tells_the_same_t(schedule, predictor, x0):
    t = torch.randint(1, schedule.T + 1, (len(x0),))
    xt, eps = forward_jump(schedule, x0, t)
    return (predictor(xt, torch.full_like(t, 3)) - eps).square().mean()


def rated(rate):
    """The right training but for its rate; rate(lr, steps, step)."""
    return type("Rated", (Training,), {"rate": lambda self, step: rate(self.lr, self.steps, step)})


def wave(share):
    return (1 + math.cos(math.pi * share)) / 2


def warm(steps):
    return min(100, max(1, steps // 10))


# 07


def in_other_order(pick):
    return lambda schedule, denoiser, xT, z: algorithm_2(schedule, denoiser, xT, z[pick(schedule.T)])


def posterior_at_t(schedule, denoiser, xT, z):
    xt = xT
    for t in range(schedule.T, 0, -1):
        of_x0 = schedule.signal[t] * schedule.beta[t] / (1 - schedule.alpha_bar[t])
        of_xt = schedule.alpha[t].sqrt() * (1 - schedule.alpha_bar[t - 1]) / (1 - schedule.alpha_bar[t])
        xt = of_x0 * denoiser(xt, t) + of_xt * xt + (schedule.beta[t].sqrt() * z[t] if t > 1 else 0)
    return xt


def last_step_right_alone(schedule, denoiser, xT, z):
    """Noise of its own making in all steps but the last."""
    return algorithm_2(schedule, denoiser, xT, z.sin())


def midway_in_t(s, u, t, to, of_u, of_t):
    lam = s.log_snr
    return of_t if to == 0 else of_t + (lam[(t + to) // 2] - lam[t]) / (lam[t] - lam[u]) * (of_t - of_u)


def flow_with(put):
    """The exact flow with its pieces put together by put(signal_t, signal_s, shrunk, mean, xt)."""

    def answer(s, mean, std, xt, t, to):
        r = s.noise_to_signal
        return put(s.signal[t], s.signal[to], ((std**2 + r[to] ** 2) / (std**2 + r[t] ** 2)).sqrt(), mean, xt)

    return answer


def best_guess(s, mean, std, xt, t, to):
    return mean + std**2 / (std**2 + s.noise_to_signal[t] ** 2) * (xt / s.signal[t] - mean)


def shows_the_guess_scaled(*case):
    yield from looked(*case, place=lambda schedule, xt, t, m, s, x0_hat: schedule.signal[m].to(xt) * x0_hat)


def noises_the_guess_anew(*case):
    def place(schedule, xt, t, m, s, x0_hat):
        return forward_jump(schedule, x0_hat, m).xt

    yield from looked(*case, place=place)


BY_NAME = [
    ("01.paper", lambda T, d, z: 1 - (d * z**2 / (1 + d * z**2)) ** (1 / T), "solved the wrong way", "解反了"),
    ("01.paper", lambda T, d, z: 1 - (z**2 / (d**2 + z**2)) ** (1 / T), "d is squared", "d 被平方了"),
    ("01.paper", lambda T, d, z: 1 - (z**2 / (d + z**2)) ** (1 // T), "write `1 / T`", "请写 `1 / T`"),
    ("01.paper", lambda T, d, z: 1 - (d / (d + z**2)) ** (1 / T), "the T-th root of 1 − ᾱ_T", "对噪声的份额 1 − ᾱ_T 开了"),
    ("01.build", changed("Rolled", alpha=lambda s: s.alpha_bar / s.alpha_bar.roll(1)), "alpha[0] is divided by ᾱ_T", "alpha[0] 就除以了 ᾱ_T"),
    ("01.build", changed("OpenAtT", posterior_variance=at_t), "here stands that of x_t", "这里写成了 x_t 的"),
    ("01.build", changed("OpenBySums", posterior_variance=zero_first(lambda A, beta, alpha: A + beta / alpha)), "the variances are added", "把方差加了起来"),
    ("01.build", changed("OpenRolled", posterior_variance=rolled), "is nan at t = 0", "在 t = 0 处是 nan"),
    ("01.build", changed("OpenByInverses", posterior_variance=open_by(lambda A, beta, alpha: A * (beta / A) / (A + beta))), "is nan at t = 1", "在 t = 1 处是 nan"),
    ("02.paper", lambda b: b**0.5 / (1 - b**0.5), "below stands 1 − √β", "分母写成了 1 − √β"),
    ("02.paper", lambda b: (b - b**2) ** 0.5 / (1 - (1 - b) ** 0.5), "the last step's own √β is missing", "漏了最后一步自己的 √β"),
    ("03.build", PriorOfT, "the prior is that of x_t", "先验用成了 x_t 的"),
    ("04.weights", not_flattened, "for points it runs, for images it stops", "对点能运行，对图像却中断"),
    ("04.build", denoiser_of_points, "for points it runs, for images it stops", "对点能运行，对图像却中断"),
    ("04.spread", spread_with(left=lambda a_s, sigma: max(float(1 - a_s - sigma), 0) ** 0.5), "under the root stands σ", "根号里减去的是 σ"),
    ("04.spread", spread_with(c=lambda a, V: (1 - a) / V), "1 − ᾱ_t over V_t", "1 − ᾱ_t 除以 V_t"),
    ("04.spread", spread_by_plain_numbers, "1 − ᾱ_s − σ² falls below 0", "根号里的 1 − ᾱ_s − σ² 小于 0"),
    ("04.spread", spread_by_one_step, "so σ² is too large", "可见 σ² 太大"),
    ("05.turn", turned(lambda sin, cos, a: torch.cat([sin + a, cos + a], 1)), "added to the readings themselves", "加到了读数本身上"),
    ("05.turn", turned(taking_turns), "in what it returns sines and cosines take turns", "返回的结果里正弦与余弦交替"),
    ("05.turn", turned(lambda sin, cos, a: torch.cat([sin * a.sin() + cos * a.cos(), cos * a.sin() - sin * a.cos()], 1)), "have changed places", "正弦与余弦弄反了"),
    ("05.attention", attending(lambda k: k.permute(2, 1, 0)), "wrong axes of k", "交换错了轴"),
    ("05.attention", attending(lambda k: k.transpose(0, 1)), "wrong axes of k", "交换错了轴"),
    ("05.paper", lambda c, s: (s**2 - 2) * c**2, "n² c multiplications each", "各要 n² c 次乘法"),
    ("05.paper", lambda c, s: 7 * c, "right for 3x3 convolutions alone", "只对 3x3 卷积成立"),
    ("05.skips", two_to_a_block, "in your own code `block` is called", "在你自己的代码里，调用 `block`"),
    ("05.skips", lambda x: x, "leave its first line as it is", "第一行请保持原样"),
    ("05.build", OneUpBlockAFloor, "there are 8 residual blocks, not 11", "残差块有 8 个，应有 11 个"),
    ("06.step", tells_the_same_t, "told one and the same t", "t 全都一样"),
    ("06.paper", lambda n, m: n / m * (1 - (n / (n + m)) ** n), "where d never changes", "d 始终不变时"),
    ("06.paper", lambda n, m: n**2 / (n + m), "d w with the last d and w", "最后一步的 d 乘 w"),
    ("06.paper", lambda n, m: m / (m + 1), "after the first step", "第一步之后"),
    ("06.paper", lambda n, m: 1 / (m + 1), "n of them are taken", "一共走了 n 步"),
    ("06.paper", lambda n, m: -n / (m + 1), "the sign", "符号反了"),
    ("06.build", rated(lambda lr, n, k: lr * min(1, (k + 1) / warm(n)) * wave(k / (n - 1))), "numbered `steps` − 1", "编号 `steps` − 1"),
    ("06.build", rated(lambda lr, n, k: lr * min(1, (k + 1) / (n / 10)) * wave(k / n)), "held between 1 and 100", "限制在 1 到 100 之间"),
    ("06.build", rated(lambda lr, n, k: lr * min(1, (k + 1) / warm(n)) * (1 + math.cos(math.pi * k / n))), "from 2 to 0", "从 2 降到 0"),
    ("07.algorithm2", in_other_order(lambda T: [0, *range(T, 0, -1)]), "counted from the first step on", "从第一步数起了"),
    ("07.algorithm2", in_other_order(lambda T: [*range(T, -1, -1)]), "counted from the first step on", "从第一步数起了"),
    ("07.algorithm2", posterior_at_t, "it needs √ᾱ of t − 1", "应当用这一步到达的 t − 1"),
    ("07.midway", midway_in_t, "the time half way, (t + s) / 2", "时间步的半路 (t + s) / 2"),
    ("07.paper", flow_with(lambda a, b, shrunk, m, x: b * (m + shrunk * (x - m))), "x_t is not divided by its signal", "没有除以信号系数"),
    ("07.paper", flow_with(lambda a, b, shrunk, m, x: a * (m + shrunk * (x / b - m))), "have changed places", "弄反了"),
    ("07.paper", best_guess, "the first half of the problem", "只是题目的前一半"),
    ("07.build", shows_the_guess_scaled, "the guess times √ᾱ_m alone", "只是猜测乘 √ᾱ_m"),
    ("07.build", noises_the_guess_anew, "fresh noise is drawn on the way", "途中抽了新噪声"),
]  # fmt: skip
