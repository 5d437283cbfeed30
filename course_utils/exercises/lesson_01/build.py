"""Lesson 01's piece of work: a schedule of one's own from any alpha_bar, its parts and their hints.

第 01 课的作业：由任意 alpha_bar 得到自己的调度，它的各部分与提示。
"""

import torch

from course_utils.exercises.kinds import Part, Piece
from course_utils.exercises.lesson_01.build_judges import judge_of
from course_utils.exercises.lesson_01.build_methods import judge_at, judge_ending


class OwnSchedule:
    """A schedule from any alpha_bar that falls from 1, at any T, ending at any noise.

    由任何从 1 逐步下降的 alpha_bar 得到的调度，步数不限，终点的噪声不限。
    """

    def __init__(self, alpha_bar):
        a = alpha_bar.double()
        self.T, self.alpha_bar = len(a) - 1, a
        self.alpha = torch.cat([a.new_ones(1), a[1:] / a[:-1]])
        self.beta = torch.cat([a.new_zeros(1), (a[:-1] - a[1:]) / a[:-1]])  # 1 - alpha would lose digits
        self.signal, self.noise = a.sqrt(), (1 - a).sqrt()
        self.snr = a / (1 - a)
        self.log_snr = self.snr.log()
        known = 1 / (1 - a[:-1]) + self.alpha[1:] / self.beta[1:]  # by x_0, and by x_t
        self.posterior_variance = torch.cat([a.new_zeros(1), 1 / known])

    def at(self, T):
        place = torch.arange(T + 1, dtype=torch.float64) * self.T / T
        left = place.long().clamp(max=self.T - 1)
        a = self.alpha_bar
        return type(self)(torch.lerp(a[left], a[left + 1], place - left))

    def ending(self, d, z):
        a, end = self.alpha_bar, z**2 / (d + z**2)
        return type(self)(end + (1 - end) * ((a - a[-1]) / (1 - a[-1])))  # from 1 down to end, to all digits


BUILD = Piece(
    lambda: OwnSchedule,
    {
        "arrays": Part(
            ("T + 1 entries each; the products of alpha are alpha_bar", "各有 T + 1 项；alpha 的连乘就是 alpha_bar"),
            judge_of("alpha_bar", "alpha", "beta", whole=("T",)),
            (
                (
                    "ᾱ_t is α_t times what stood before it. What, then, is α_t, and what belongs to t = 0, where no step has been taken?",
                    "ᾱ_t 是前一项再乘 α_t。那么 α_t 是什么？t = 0 时一步也没走，那里该放什么？",
                ),
                (
                    "`a = alpha_bar.double()`; neighbours are `a[1:]` and `a[:-1]`, T of each; in front `torch.cat` puts `a.new_ones(1)`. T is one less than there are entries. β is by how much ᾱ falls over what it was before the step: (`a[:-1] - a[1:]`) / `a[:-1]` keeps the digits that 1 − α has lost.",
                    "`a = alpha_bar.double()`；相邻两项是 `a[1:]` 与 `a[:-1]`，各 T 项；再用 `torch.cat` 在前面放 `a.new_ones(1)`。T 比项数少一。β 是 ᾱ 的下降量除以这一步之前的 ᾱ：(`a[:-1] - a[1:]`) / `a[:-1]` 保住了 1 − α 丢掉的有效数字。",
                ),
            ),
        ),
        "ratios": Part(
            ("signal² + noise² = 1, and snr is signal² / noise²", "signal² + noise² = 1，snr 就是 signal² / noise²"),
            judge_of("signal", "noise", "snr", "log_snr"),
            (
                (
                    "Shares are variances and factors are their roots: which of the four are which? At t = 0 let torch divide by 0.",
                    "份额是方差，系数是它的平方根：这四个各是哪一种？t = 0 处，让 torch 去除以 0 就好。",
                ),
                (
                    "The two factors of (2) are the roots of ᾱ and of 1 − ᾱ; snr is ᾱ over 1 − ᾱ, without roots; then `.log()`. All in float64, from the start.",
                    "(2) 的两个系数是 ᾱ 与 1 − ᾱ 的平方根；snr 是 ᾱ 除以 1 − ᾱ，不开方；再取 `.log()`。从头到尾都用 float64。",
                ),
            ),
        ),
        "posterior_variance": Part(
            ("less than β, and 0 at t = 1", "比 β 小，t = 1 时为 0"),
            judge_of("posterior_variance"),
            (
                (
                    "Two messages about the same number, one with the variance 1 − ᾱ_{t−1}, one with β_t / α_t: the inverses of the variances add up, and so the result is below both.",
                    "关于同一个数有两条消息，方差一个是 1 − ᾱ_{t−1}，一个是 β_t / α_t：相加的是方差的倒数，所以结果比两者都小。",
                ),
                (
                    "For t = 1, …, T: 1 over (1 / (1 − ᾱ_{t−1}) + α_t / β_t), that is `a[:-1]`, `alpha[1:]` and `beta[1:]`. At t = 1 torch makes 1 / 0 infinite and 1 / inf 0, which is right; put a 0 in front.",
                    "对 t = 1, …, T：1 除以 (1 / (1 − ᾱ_{t−1}) + α_t / β_t)，即 `a[:-1]`、`alpha[1:]` 与 `beta[1:]`。t = 1 时 torch 把 1 / 0 算作无穷大，1 / inf 算作 0，正合适；最前面放一个 0。",
                ),
            ),
        ),
        "at": Part(
            ("the same curve and the same end, in T steps", "改走 T 步，曲线不变，终点不变"),
            judge_at,
            (
                (
                    "Step t of the new schedule stands at the fraction t / T of the way. Which place in the old array is that, and what if it lies between two entries?",
                    "新调度的第 t 步走完了全程的 t / T。它对应旧数组的哪个位置？落在两项之间又怎么办？",
                ),
                (
                    "`place = torch.arange(T + 1, dtype=torch.float64) * self.T / T`; `left` is its whole part, at most `self.T - 1`; between `a[left]` and `a[left + 1]` go on by `place - left`, as `torch.lerp` does. Make a new schedule of the result.",
                    "`place = torch.arange(T + 1, dtype=torch.float64) * self.T / T`；`left` 是它的整数部分，最大 `self.T - 1`；在 `a[left]` 与 `a[left + 1]` 之间按 `place - left` 过渡，`torch.lerp` 正是这样。用结果造一个新调度。",
                ),
            ),
        ),
        "ending": Part(
            ("the z asked for, and the same shape", "z 如所要求，形状不变"),
            judge_ending,
            (
                (
                    "Which ᾱ_T has, by (4), this z for d numbers? Mind that SNR is ᾱ over 1 − ᾱ. Then: by what must 1 − ᾱ_T be multiplied to get there?",
                    "按 (4)，d 个数要有这个 z，ᾱ_T 应是多少？别忘了 SNR 是 ᾱ 除以 1 − ᾱ。然后：1 − ᾱ_T 要乘以多少才到得了那里？",
                ),
                (
                    "SNR_T = z² / d gives the new ᾱ_T = z² / (d + z²). Every 1 − ᾱ_t is multiplied by the new 1 − ᾱ_T and divided by the old one. Taken from 1, a tiny ᾱ_T would lose its digits; so write `end + (1 - end) * ((a - a[-1]) / (1 - a[-1]))`, which is the same, and make a new schedule of it.",
                    "由 SNR_T = z² / d 得新的 ᾱ_T = z² / (d + z²)。每个 1 − ᾱ_t 都乘以新的 1 − ᾱ_T，再除以旧的。若最后用 1 去减，很小的 ᾱ_T 就丢了有效数字；所以请写成 `end + (1 - end) * ((a - a[-1]) / (1 - a[-1]))`，两者是一回事，再用它造一个新调度。",
                ),
            ),
        ),
    },
)  # fmt: skip
