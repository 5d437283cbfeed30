"""Lesson 07: its questions, to be answered before looking.

第 07 课的题目：先预测，再看。
"""

import torch

from course_utils import plots
from course_utils.exercises import Question
from course_utils.experiments.garments import by_steps, by_variance
from course_utils.experiments.moons import by_names, gaussian_errors, gone_over_t, two_moons


def grainy() -> int:
    """The option that says whose neighbouring pixels differ more. 谁的相邻像素差别更大。"""
    small, large = (float(x.diff(dim=3).abs().mean()) for x in by_variance().values())
    return 0 if max(small, large) < 1.3 * min(small, large) else 1 if small > large else 2


def who_keeps_the_garment() -> int:
    """The option that says with which sampler the garments stay the same. 用哪个采样器，衣物保持不变。"""
    x = by_steps()
    moved = [float((x[f"{name}, 10"] - x[f"{name}, 50"]).abs().mean()) for name in ("DDIM", "DDPM")]
    same = [change < 0.1 for change in moved]
    return {(True, True): 0, (True, False): 1, (False, True): 2, (False, False): 3}[tuple(same)]


def how_different() -> int:
    """The option that says how many of the three differ. 三者之中有几个不同。"""
    one, *others = by_names().values()
    same = [torch.allclose(one, other, atol=1e-9) for other in others]
    return 0 if all(same) else 1 if same[0] else 2 if same[1] else 3


def after_doubling() -> int:
    """The option nearest to the share of Heun's error that is left when its steps double. 步数加倍后误差剩下几成。"""
    _, (before, after) = gaussian_errors((80, 160))["Heun"]
    return min(range(4), key=lambda i: abs((1.0, 0.5, 0.25, 0.125)[i] - after / before))


def gone_by_700() -> int:
    """The option nearest to the share gone after 300 of 1000 steps. 1000 步走了 300 步后，走完几成。"""
    share = float(gone_over_t()["linear"][300])
    return min(range(4), key=lambda i: abs((0.6, 0.3, 0.15, 0.04)[i] - share))


QUESTIONS = {
    "noise": Question(
        text=(
            "Garments in 20 steps of DDPM, once with variance β̃, once with the larger β, from the same noise. What will you see?",
            "用 DDPM 走 20 步画衣物，一次方差取 β̃，一次取更大的 β，起点的噪声相同。会看到什么？",
        ),
        options=(
            ("no difference worth mentioning", "没有值得一提的差别"),
            ("grain with β̃", "用 β̃ 的有颗粒"),
            ("grain with β", "用 β 的有颗粒"),
        ),
        answer=grainy,
        replies=(
            (
                "With 1000 steps, yes; with 20 the two variances are far apart.",
                "走 1000 步的确如此；走 20 步时，两个方差相差很大。",
            ),
            ("β̃ is the smaller one, so less noise is added, not more.", "β̃ 是较小的那个，加的噪声更少，而不是更多。"),
            None,
        ),
        why=(
            "β adds more noise than the data allow, and x_s is noisier than s says. The background is cleaned all the same; on "
            "the garment the surplus passes for texture.",
            "β 加的噪声超过了数据所容许的，x_s 的噪声比 s 所说的更多。背景照样被擦干净；在衣物上，多出来的噪声被当成了花纹。",
        ),
        figure=lambda: plots.rows(by_variance(), zoom=3),
    ),
    "seed": Question(
        text=(
            "The same first noise, in 10 steps and in 50. With which sampler do we get the same garments both times?",
            "同一份初始噪声，一次走 10 步，一次走 50 步。用哪个采样器，两次会得到同样的衣物？",
        ),
        options=(
            ("with both", "两个都会"),
            ("with DDIM (η = 0) only", "只有 DDIM（η = 0）"),
            ("with DDPM only", "只有 DDPM"),
            ("with neither", "都不会"),
        ),
        answer=who_keeps_the_garment,
        replies=(
            (
                "On its way DDPM draws noise, and other draws with 50 steps than with 10.",
                "DDPM 一路上都抽噪声，走 50 步抽到的与走 10 步的不同。",
            ),
            None,
            (
                "It is the other way round: DDPM is the one that draws noise on its way.",
                "正好反了：一路抽噪声的是 DDPM。",
            ),
            (
                "Where nothing is drawn on the way, the first noise decides everything.",
                "途中什么也不抽，一切就都由初始噪声决定。",
            ),
        ),
        why=(
            "Without fresh noise the walk follows one curve from the first noise on, and fewer steps follow it more roughly. DDPM "
            "draws noise at every step, so other steps mean other draws.",
            "没有新噪声，采样就从初始噪声出发沿着同一条曲线走，步数少只是走得粗些。DDPM 每一步都抽噪声，步数一变，抽到的也变了。",
        ),
        figure=lambda: plots.rows(by_steps(), zoom=3),
    ),
    "three": Question(
        text=(
            "DDPM with β̃, DDIM with η = 1, and Euler a, from the same noise, with the same fresh noise and the same times. "
            "How different are the results?",
            "用 β̃ 的 DDPM、η = 1 的 DDIM 与 Euler a，初始噪声、新噪声、时间步都相同。结果有多大差别？",
        ),
        options=(
            ("none: all three are the same", "没有差别：三者相同"),
            ("DDPM and DDIM agree, Euler a differs", "DDPM 与 DDIM 相同，Euler a 不同"),
            ("DDPM and Euler a agree, DDIM differs", "DDPM 与 Euler a 相同，DDIM 不同"),
            ("all three differ", "三者都不同"),
        ),
        answer=how_different,
        replies=(
            None,
            (
                "In programs Euler a does look different, but its step is the same posterior.",
                "Euler a 在程序里写法确实不同，它的一步却是同一个后验。",
            ),
            ("With η = 1, σ in DDIM is √β̃, just as in this DDPM.", "η = 1 时，DDIM 的 σ 就是 √β̃，与这里的 DDPM 一样。"),
            (
                "There are three names and three derivations, but one mean and one variance.",
                "名字有三个，推导有三种，均值与方差却只有一个。",
            ),
        ),
        why=(
            "Euler a steps down to the noise ratio r_s² / r_t and comes up by fresh noise. Multiply it out, and it is the posterior's "
            "mean and variance, which is what the other two compute.",
            "Euler a 先把噪声与信号之比降到 r_s² / r_t，再加新噪声升上来。展开一算，正是后验的均值与方差，另外两个算的也是它。",
        ),
        figure=lambda: plots.plane({name: (two_moons().means, x0) for name, x0 in by_names().items()}),
    ),
    "order": Question(
        text=(
            "Heun's method, which already takes many steps, takes twice as many. What becomes of its error?",
            "Heun 法的步数加倍（原本已经很多）。误差会怎样？",
        ),
        options=(
            ("it stays the same", "不变"),
            ("a half is left", "剩二分之一"),
            ("a quarter is left", "剩四分之一"),
            ("an eighth is left", "剩八分之一"),
        ),
        answer=after_doubling,
        replies=(
            ("It goes on falling until it meets the rounding errors.", "在碰到舍入误差之前，它会一直下降。"),
            ("That is Euler's method, which uses one slope only.", "那是欧拉法，它只用一处斜率。"),
            None,
            ("That would be a method of third order; Heun's is of second order.", "那是三阶方法；Heun 法是二阶。"),
        ),
        why=(
            "The mean of both slopes cancels the error's leading part. What is left falls with the square of the step length: half "
            "the length, a quarter of the error.",
            "两处斜率的均值抵消了误差的主要部分，剩下的随步长的平方下降：步长减半，误差剩四分之一。",
        ),
        figure=lambda: plots.convergence({"Heun": gaussian_errors((20, 40, 80, 160))["Heun"]}),
    ),
    "share": Question(
        text=(
            "The linear schedule, 1000 even steps. After the first 300 of them (t = 1000 to 700), what share of its whole way has "
            "the guess of x_0 gone?",
            "线性调度，等间隔走 1000 步。走完前 300 步（t = 1000 到 700）时，对 x_0 的猜测走完了自己全程的几成？",
        ),
        options=(
            ("about 60 %", "约 60 %"),
            ("about 30 %", "约 30 %"),
            ("about 15 %", "约 15 %"),
            ("less than 5 %", "不到 5 %"),
        ),
        answer=gone_by_700,
        replies=(
            (
                "The steps are even in t, but what they decide is not: most of the way lies at middle noise, farther down.",
                "步子按 t 等间隔，路程却不是：大半路程在更后面，噪声居中的地方。",
            ),
            (
                "It would be 30 % if every step went equally far; while x_t is nearly all noise, the guess hardly moves.",
                "每一步走得一样远，才是 30 %；x_t 几乎全是噪声时，猜测几乎不动。",
            ),
            (
                "Still too much: at t = 700 ᾱ is below 0.01, and x_t tells little of x_0.",
                "还是太多：t = 700 时 ᾱ 不到 0.01，x_t 还透露不了多少 x_0。",
            ),
            None,
        ),
        why=(
            "Up there x_t is nearly all noise, and the guess is the mean of the data, whatever x_t is. There is nothing to decide yet.",
            "在那里 x_t 几乎全是噪声，无论 x_t 是什么，猜测都是数据的均值。还没有什么可决定的。",
        ),
        figure=lambda: plots.curves({"share of the way": gone_over_t()}, x=range(1000, 0, -1)),
    ),
}
