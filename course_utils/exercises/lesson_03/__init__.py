"""Lesson 03, The reverse process: its exercises and its questions.

第 03 课“反向过程”的练习与题目。
"""

import torch

from course_utils import plots
from course_utils.exercises import Exercise, Question
from course_utils.exercises.lesson_03.build import BUILD
from course_utils.exercises.lesson_03.judges import judge_mean, judge_step, judge_weigh, mean, step
from course_utils.exercises.lesson_03.paper import judge_paper, mean_from_v
from course_utils.experiments.bells import disturbed_walk, last_heavy_x0, last_steps_noise, reverse_densities


def shape_of_a_step() -> int:
    """The option that names the peaks of q(x_299 | x_300) and of q(x_50 | x_300). 说出两者峰数的选项。"""
    peaks = [
        int(((p[1:-1] > p[:-2]) & (p[1:-1] > p[2:])).sum())
        for (p,) in (d.values() for d in reverse_densities().values())
    ]
    return [(1, 1), (2, 2), (2, 1), (1, 2)].index(tuple(peaks))


def which_noise() -> int:
    """The option that says how near x_0 the last step's noise leads. 说出用最后一步的噪声离 x_0 多近的选项。"""
    x0, xt, guess = last_steps_noise().values()
    before, after = (float((x - x0).abs().mean()) for x in (xt, guess))
    return 0 if after < 1e-3 else 1 if after < 0.5 * before else 2 if after < before else 3


def error_left() -> int:
    """The option that says how wrong x_0 is after errors of 0.3 at every t > 1. 说出误差还剩多少的选项。"""
    left = disturbed_walk()[-1]
    return 0 if left > 1 else 1 if left > 0.1 else 2 if left > 1e-6 else 3


EXERCISES = {
    "mean": Exercise(
        reference=lambda: mean,
        judge=judge_mean,
        hints=(
            (
                "Two weights, one for x0 and one for xt. Each bell has a say in proportion to how narrow it is.",
                "两个权重，x0 与 xt 各一个。钟形曲线越窄，说话越有分量。",
            ),
            (
                "Both weights are divided by 1 − ᾱ_t. Above stand √ᾱ_{t−1} β_t for x0 and √α_t (1 − ᾱ_{t−1}) for xt.",
                "两个权重的分母都是 1 − ᾱ_t。分子：x0 的是 √ᾱ_{t−1} β_t，xt 的是 √α_t (1 − ᾱ_{t−1})。",
            ),
            (
                "ᾱ_{t−1} is `schedule.alpha_bar[t - 1]`, α_t is `schedule.alpha[t]`, β_t is `schedule.beta[t]`.",
                "ᾱ_{t−1} 是 `schedule.alpha_bar[t - 1]`，α_t 是 `schedule.alpha[t]`，β_t 是 `schedule.beta[t]`。",
            ),
        ),
    ),
    "weigh": Exercise(
        reference=last_heavy_x0,
        judge=judge_weigh,
        hints=(
            (
                "Set T to 1000 first, then read the two weights at the upper right while t moves.",
                "先把 T 调到 1000，再一边移动 t，一边看右上角的两个权重。",
            ),
            (
                "At t = 1 the mean is x_0 itself. Begin there and go up in single steps (arrow keys).",
                "t = 1 时均值就是 x_0。从那里开始，用方向键一步一步往上走。",
            ),
            (
                "With small betas the weights are about β_t : (β_1 + … + β_{t−1}), and neighbouring betas are nearly "
                "equal. So x_0 weighs more as long as β_t exceeds the sum of all the betas before it.",
                "β 很小时，两个权重之比约为 β_t : (β_1 + … + β_{t−1})，而相邻的 β 几乎相等。所以只要 β_t 大于它前面所有 β 之和，"
                "x_0 的权重就更大。",
            ),
        ),
    ),
    "paper": Exercise(
        reference=lambda: mean_from_v,
        judge=judge_paper,
        hints=(
            (
                "Put x_0 = √ᾱ_t x_t − √(1 − ᾱ_t) v into (7) and gather what stands with x_t and what stands with v.",
                "把 x_0 = √ᾱ_t x_t − √(1 − ᾱ_t) v 代入 (7)，分别归并 x_t 的项与 v 的项。",
            ),
            (
                "With two numbers only: α_t is a_t / a_s, and β_t is 1 − a_t / a_s. One of the two factors becomes very short.",
                "只用两个数：α_t 就是 a_t / a_s，β_t 就是 1 − a_t / a_s。两个系数中有一个会变得很短。",
            ),
            (
                "The factor of xt is √α_t. That of v is −√ᾱ_{t−1} β_t / √(1 − ᾱ_t).",
                "xt 的系数是 √α_t，v 的系数是 −√ᾱ_{t−1} β_t / √(1 − ᾱ_t)。",
            ),
        ),
    ),
    "step": Exercise(
        reference=lambda: step,
        judge=judge_step,
        hints=(
            (
                "The mean from eps_hat, plus a standard deviation times the noise; at t = 1 the mean alone.",
                "由 eps_hat 得到均值，加上标准差乘噪声；t = 1 时只有均值。",
            ),
            (
                "The mean is (xt − β_t / √(1 − ᾱ_t) eps_hat) / √α_t, the standard deviation √β̃_t.",
                "均值是 (xt − β_t / √(1 − ᾱ_t) eps_hat) / √α_t，标准差是 √β̃_t。",
            ),
            (
                "`schedule.posterior_variance[t]` is β̃_t; it is 0 at t = 1, so the last step needs no `if`.",
                "`schedule.posterior_variance[t]` 就是 β̃_t；t = 1 时它为 0，所以最后一步不用写 `if`。",
            ),
        ),
    ),
    "build": BUILD,
}
QUESTIONS = {
    "shape": Question(
        text=(
            "In a data set every image is one pixel, about −1 or about 1. Noised to t = 300 of 1000, the pixel of one "
            "of them is 0. Where was it before? What shape has q(x_299 | x_300 = 0), one step back, and q(x_50 | x_300 = 0)?",
            "某个数据集的图像都只有一个像素，取值约为 −1 或约为 1。把其中一幅加噪到 t = 300（共 1000 步），像素值为 0。"
            "在这之前它在哪里？退回一步的 q(x_299 | x_300 = 0) 与 q(x_50 | x_300 = 0) 各是什么形状？",
        ),
        options=(
            ("one peak each", "都只有一个峰"),
            ("two peaks each", "都有两个峰"),
            ("two peaks one step back, one peak at t = 50", "退回一步时两个峰，t = 50 处一个峰"),
            ("one peak one step back, two peaks at t = 50", "退回一步时一个峰，t = 50 处两个峰"),
        ),
        answer=shape_of_a_step,
        replies=(
            (
                "At t = 50 little noise is left, and the data have nothing between −1 and 1: the pixel cannot have stayed near 0.",
                "t = 50 时噪声已很少，而数据在 −1 与 1 之间什么也没有：像素不会还停在 0 附近。",
            ),
            (
                "A single step moves the pixel by about √β, which is far from enough to reach −1 or 1.",
                "一步只让像素移动约 √β，离 −1 或 1 还远得很。",
            ),
            (
                "It is the other way round: the farther back, the nearer to the data, and these have two values.",
                "正好反了：退得越远，越接近数据，而数据有两个值。",
            ),
            None,
        ),
        why=(
            "One step is so small that the pixel must have been close to 0 a moment ago, whatever the data are. At "
            "t = 50 there is little noise, so it was near one of the two values, and we cannot know which.",
            "一步非常小，不管数据是什么，片刻之前像素一定就在 0 附近。t = 50 时噪声很少，像素必在两个值之一的附近，"
            "只是无从知道是哪一个。",
        ),
        figure=lambda: plots.curves(reverse_densities(), x=torch.linspace(-2.5, 2.5, 1001), xlabel="$x_s$"),
    ),
    "which": Question(
        text=(
            "A photograph took 100 noise steps, and we kept the noise of the 100th. Put this noise in place of ε into "
            "x_0 = (x_t − √(1 − ᾱ_t) ε) / √ᾱ_t. What comes out?",
            "给一张照片加了 100 步噪声，并把第 100 步的噪声留了下来。把这一份当作 ε 代入 x_0 = (x_t − √(1 − ᾱ_t) ε) / √ᾱ_t，"
            "会得到什么？",
        ),
        options=(
            ("the photograph, exactly", "恰好是原照片"),
            ("the photograph with far less noise than x_100", "照片，噪声比 x_100 少得多"),
            ("the photograph with a little less noise than x_100", "照片，噪声比 x_100 略少"),
            ("the photograph with more noise than x_100", "照片，噪声比 x_100 还多"),
        ),
        answer=which_noise,
        replies=(
            (
                "For that you need all the noise in x_100; the one of step 100 is a small part of it.",
                "那需要 x_100 里的全部噪声；第 100 步的只占其中一小份。",
            ),
            (
                "The last noise has little to do with the sum, so subtracting it takes little of the sum away.",
                "最后一份噪声与总和关系不大，减去它，总和里去掉的并不多。",
            ),
            (
                "A little is taken away indeed; but with the factor of the whole, √(1 − ᾱ_t), more is put in than taken out.",
                "确实去掉了一点；但乘的是总噪声的系数 √(1 − ᾱ_t)，添进去的比去掉的多。",
            ),
            None,
        ),
        why=(
            "The noise in x_100 is the sum of 100 draws, and the last is only one of them. Subtracted with the factor "
            "of the whole, it takes little away and adds itself.",
            "x_100 里的噪声是 100 份噪声之和，最后一份只是其中之一。用总噪声的系数把它减去，去掉的很少，反而把它自己添了进去。",
        ),
        figure=lambda: plots.grids(last_steps_noise()),
    ),
    "error": Question(
        text=(
            "We walk back from t = 1000 with the true ε (x_0 is known), but at every t from 1000 to 2 we add 0.3 to "
            "it. Only at t = 1 is it right. How wrong is x_0 in the end?",
            "用真正的 ε（已知 x_0）从 t = 1000 往回走，但在 t = 1000 到 2 的每一步都给它加上 0.3，只有 t = 1 时正确。"
            "最后得到的 x_0 会偏多少？",
        ),
        options=(
            ("more than 1: the errors add up", "超过 1：误差会累积"),
            ("about 0.3", "约 0.3"),
            ("about 0.003", "约 0.003"),
            ("not at all, but for rounding", "除了舍入误差，一点不偏"),
        ),
        answer=error_left,
        replies=(
            (
                "On the way x_t is indeed pushed aside; but the true ε is computed at the place where x_t now stands, and so it knows.",
                "途中 x_t 的确被推开了；但真正的 ε 是在 x_t 当前的位置上算的，推开了多少，它都知道。",
            ),
            (
                "0.3 is how wrong ε was, not x_0; and at t = 1 nothing was wrong.",
                "0.3 是 ε 的误差，不是 x_0 的；何况 t = 1 那一步没有出错。",
            ),
            (
                "So much would be left if t = 1 were wrong, too: 0.3 √(1 − ᾱ_1) / √ᾱ_1.",
                "要是 t = 1 也错，才会剩这么多：0.3 √(1 − ᾱ_1) / √ᾱ_1。",
            ),
            None,
        ),
        why=(
            "The true ε is taken from the current x_t, so it contains whatever went wrong before, and the last step "
            "takes it all away: at t = 1 the posterior mean is x_0, and x_t has weight 0 in it.",
            "真正的 ε 取自当前的 x_t，先前出的错都包含在内，最后一步便一并去掉：t = 1 时后验均值就是 x_0，x_t 的权重为 0。",
        ),
        figure=lambda: plots.curves({r"$|\Delta x_t|$": {"": disturbed_walk()}}, x=range(1000, -1, -1)),
    ),
}
