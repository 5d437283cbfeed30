"""Lesson 04, The exact denoiser: its exercises and its questions.

第 04 课“精确去噪器”的练习与题目。
"""

import torch

from course_utils import plots, points, schedules
from course_utils.exercises import Exercise, Question
from course_utils.exercises.lesson_04.build import BUILD
from course_utils.exercises.lesson_04.judges import judge_fewest, judge_turn, judge_weights
from course_utils.exercises.lesson_04.mistakes import weights
from course_utils.exercises.lesson_04.paper import PAPER
from course_utils.exercises.lesson_04.spread import SPREAD
from course_utils.experiments.plane import (
    arrows_at,
    digits_drawn,
    fewest_ddim_steps,
    floors,
    noise_like,
    stds,
    turning_time,
)
from course_utils.oracle import finite


def far_guess() -> int:
    """The option that the exact guess of x_0 at t = T is nearest to, seen from 50 places. 最接近的选项。"""
    schedule, eight = schedules.cosine(), points.circle(8).double()
    xt = noise_like(eight, 50, seed=0)
    guess = finite(schedule, eight)(xt, schedule.T)
    nearest = eight[torch.cdist(xt, eight).argmin(1)]
    options = (nearest, torch.zeros_like(xt), 2 * xt, xt)
    return min(range(4), key=lambda i: float((guess - options[i]).norm(dim=1).mean()))


def what_comes_back() -> int:
    """The option "copies" if all samples are digits of the set to the pixel, else "new ones". 是否逐像素照抄。"""
    drawn, nearest = digits_drawn(4, 20)
    return 1 if float((drawn - nearest).abs().max()) < 1e-3 else 0


def largest_floor() -> int:
    """The option at which the perfect predictor errs most. 完美预测器误差最大的选项。"""
    at = floors()
    least, most = min(at.values()), max(at.values())
    return 3 if most - least < 0.1 else max(range(3), key=lambda i: at[(1, 500, 1000)[i]])


def narrower() -> int:
    """How the std after 10 steps of DDIM compares with the data's 0.3. 10 步 DDIM 之后的标准差与 0.3 相比。"""
    [found] = stds((10,))["DDIM 0"]
    return 0 if abs(found - 0.3) < 0.003 else 1 if found < 0.3 else 2


EXERCISES = {
    "weights": Exercise(
        reference=lambda: weights,
        judge=judge_weights,
        hints=(
            (
                "Every datum x_i could have become x_t. How likely is that? A Gaussian with mean √ᾱ x_i, variance 1 − ᾱ.",
                "每个数据点 x_i 都可能变成 x_t。可能性多大？看均值 √ᾱ x_i、方差 1 − ᾱ 的高斯。",
            ),
            (
                "Distances first: `xt[:, None] - schedule.signal[t] * data` has shape (b, n, ...); `.flatten(2)`, square, "
                "sum over the last axis.",
                "先算距离：`xt[:, None] - schedule.signal[t] * data` 的形状是 (b, n, ...)；再 `.flatten(2)`，平方，沿最后一轴求和。",
            ),
            (
                "Then `(-distance / (2 * (1 - schedule.alpha_bar[t]))).softmax(1)`.",
                "然后 `(-distance / (2 * (1 - schedule.alpha_bar[t]))).softmax(1)`。",
            ),
        ),
    ),
    "paper": PAPER,
    "turn": Exercise(
        reference=turning_time,
        judge=judge_turn,
        hints=(
            ("Read the number above the picture: the largest share.", "看图上方的数：最大的份额。"),
            ("It grows as t falls. Stop where it passes 0.5.", "t 越小，它越大。在它越过 0.5 的地方停下。"),
            ("Below t = 300, above t = 100.", "在 t = 300 以下、t = 100 以上。"),
        ),
    ),
    "spread": SPREAD,
    "fewest": Exercise(
        reference=fewest_ddim_steps,
        judge=judge_fewest,
        hints=(
            ("Set moons, schedule cosine, η = 0; move steps.", "点集选 moons，调度选 cosine，η = 0；移动 steps。"),
            (
                "Try several seeds: the distance should be below 0.02 with each.",
                "多试几个种子：每次距离都应小于 0.02。",
            ),
            ("More than 5, fewer than 12.", "多于 5，少于 12。"),
        ),
    ),
    "build": BUILD,
}
QUESTIONS = {
    "far": Question(
        text=(
            "Eight points lie on a circle. At t = T, x_t is pure noise. From each place in the plane we draw an arrow to "
            "the best guess of x_0. Where do the arrows point?",
            "八个点在一个圆上。t = T 时，x_t 是纯噪声。从平面上每一处画一支箭头，指向 x_0 的最优猜测。箭头都指向哪里？",
        ),
        options=(
            ("to the nearest of the eight points", "指向八个点中最近的一个"),
            ("all to the centre of the circle", "全都指向圆心"),
            ("outwards, away from the data", "向外，远离数据"),
            ("nowhere: the arrows have length 0", "哪儿也不指：箭头长度为 0"),
        ),
        answer=far_guess,
        replies=(
            (
                "That is so at small t; at t = T the place where x_t lies has nothing to do with the point that it came from.",
                "t 小的时候是这样；t = T 时，x_t 在哪里，与它来自哪个点毫无关系。",
            ),
            None,
            (
                "A guess is an average of the eight points, so it lies among them and never beyond.",
                "猜测是八个点的平均，只会落在它们中间，不会跑到外面去。",
            ),
            (
                "Only at the mean itself is there nowhere to go; from any other place the arrow has some way to it.",
                "只有正好站在均值上，才无处可去；在别处，到均值总有一段路。",
            ),
        ),
        why=(
            "Pure noise says nothing about x_0, so all eight points weigh the same, and the best guess is their mean, "
            "where no point lies.",
            "纯噪声没有透露 x_0 的任何信息，所以八个点一样重，最优猜测就是它们的均值，而那里一个点也没有。",
        ),
        figure=lambda: plots.arrows(arrows_at((1000,), 11)),
    ),
    "copies": Question(
        text=(
            "We sample digits with the exact denoiser of all 1797 real ones, each walk from noise of its own. What comes out?",
            "用全部 1797 个真实数字的精确去噪器来采样，每次都从各自的噪声出发。会得到什么？",
        ),
        options=(
            ("digits that nobody wrote, in perfect handwriting", "谁也没写过的数字，笔迹完美"),
            ("digits of the data set, pixel by pixel", "数据集里的数字，逐像素一样"),
            ("blurred averages of several digits", "几个数字的模糊平均"),
            ("noise: a formula cannot draw", "噪声：公式不会画画"),
        ),
        answer=what_comes_back,
        replies=(
            (
                "For that it would have to know what makes a digit; the formula knows 1797 of them, and nothing in between.",
                "那得懂得怎样才算一个数字；公式只认得 1797 个，它们之间有什么，它一无所知。",
            ),
            None,
            (
                "Such is the guess while the noise is heavy; as the noise goes, one datum takes all the weight.",
                "噪声重的时候，猜测是这样的；噪声退去，权重就全归了一个数据点。",
            ),
            (
                "At every t the guess is a weighted mean of real digits; whoever follows it does not end in noise.",
                "在每个 t，猜测都是真实数字的加权均值；跟着它走，终点不会是噪声。",
            ),
        ),
        why=(
            "As t falls, one datum takes all the weight, and the guess of x_0 is that datum. Nothing else has ever been in "
            "the formula.",
            "随着 t 变小，权重全归一个数据点，对 x_0 的猜测就是它。公式里除了数据，本来就没有别的。",
        ),
        figure=lambda: plots.rows(dict(zip(("new", "data"), digits_drawn(8, 20), strict=True)), zoom=4),
    ),
    "floor": Question(
        text=(
            "Data spread smoothly around two moons. The perfect predictor answers E[ε | x_t]. At which noise level is its "
            "mean squared error the largest?",
            "数据平滑地散布在两弯月牙周围。完美的预测器回答 E[ε | x_t]。在哪个噪声水平，它的均方误差最大？",
        ),
        options=(
            ("t = 1, hardly any noise", "t = 1，几乎没有噪声"),
            ("t = 500, in the middle", "t = 500，中间"),
            ("t = 1000, pure noise", "t = 1000，纯噪声"),
            ("the same everywhere", "处处一样"),
        ),
        answer=largest_floor,
        replies=(
            None,
            (
                "In the middle image and noise can be told apart fairly well; the finer the noise, the harder it gets.",
                "居中时，图像与噪声还算分得开；噪声越细，越难分辨。",
            ),
            (
                "Pure noise makes x_0 hard to guess, but ε easy: x_t is ε.",
                "纯噪声让 x_0 难猜，却让 ε 好猜：x_t 就是 ε。",
            ),
            (
                "It would be, if x_t told equally much of ε at every t; but it is nearly all ε at one end, and hardly any at the other.",
                "除非 x_t 在每个 t 都同样透露 ε；可它在一头几乎全是 ε，在另一头却几乎没有。",
            ),
        ),
        why=(
            "At t = 1000 x_t is the noise, and can be read off. At t = 1 the noise is much finer than the spread of "
            "the data, so x_t says nothing about which noise it was.",
            "t = 1000 时，x_t 就是噪声，直接读出即可。t = 1 时，噪声比数据本身的散布细得多，从 x_t 几乎看不出是哪一份噪声。",
        ),
        figure=lambda: plots.curves(
            {r"$E\|\epsilon-\hat\epsilon\|^2$ / 2": {"floor": list(floors().values())}}, list(floors())
        ),
    ),
    "few": Question(
        text=(
            "The data are normal, with standard deviation 0.3. DDIM (η = 0) walks 10 steps with the exact denoiser. What is "
            "the standard deviation of the samples?",
            "数据服从正态分布，标准差为 0.3。用精确去噪器走 10 步 DDIM（η = 0）。样本的标准差是多少？",
        ),
        options=(
            ("0.3: the denoiser is exact", "0.3：去噪器是精确的"),
            ("less than 0.3", "小于 0.3"),
            ("more than 0.3", "大于 0.3"),
        ),
        answer=narrower,
        replies=(
            (
                "It is exact at the 10 times where it is asked; in between the walk goes straight on without asking.",
                "它只在问到的 10 个时刻精确；两次之间，走的是不再过问的直线。",
            ),
            None,
            (
                "The straight steps do miss the bend, but on the side of the mean: the path flattens out, and the tangent goes "
                "on towards it.",
                "直着走的确会错过弯道，但偏向均值一侧：路径渐渐变平，切线却继续朝均值走。",
            ),
        ),
        why=(
            "The denoiser is exact at each time, but a step of finite length goes straight (in x_t / √ᾱ_t, over the noise "
            "ratio: lesson 7) where the true path bends; every such step pulls the samples a little too close together.",
            "去噪器在每一时刻都精确，但真正的路径是弯的，有限长的一步却是直的（以噪声与信号之比为横轴看 x_t / √ᾱ_t，见第 7 课）；"
            "每一步都把样本拉得过拢一点。",
        ),
        figure=lambda: plots.curves(
            {"std": {"DDIM 0": stds((5, 10, 20, 50, 100))["DDIM 0"]}}, (5, 10, 20, 50, 100), "steps", "x"
        ),
    ),
}
