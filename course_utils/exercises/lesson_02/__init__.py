"""Lesson 02, The forward process: its exercises and its questions.

第 02 课“前向过程”的练习与题目。
"""

from course_utils import plots
from course_utils.exercises import Exercise, Question
from course_utils.exercises.lesson_02.build import BUILD
from course_utils.exercises.lesson_02.judges import judge_extract, judge_normal, judge_step
from course_utils.exercises.lesson_02.mistakes import extract, step
from course_utils.exercises.lesson_02.own_noise import judge_own_noise, noised
from course_utils.exercises.lesson_02.paper import PAPER
from course_utils.experiments.noising import first_normal, one_pixel, two_films, uniform_steps, variances


def without_shrinking() -> int:
    """The option nearest to the variance after 1000 steps that only add noise. 只加噪声，1000 步后最接近的选项。"""
    _, grown, _ = variances().values()
    return min(range(4), key=lambda i: abs((1, 2, 11, 1000)[i] - grown[-1]))


def shape_of_the_sum() -> int:
    """The option with the kurtosis of the histogram after 1000 uniform steps: flat 1.8, triangle 2.4, normal 3.

    1000 个均匀小步之后，直方图的峰度最接近哪个选项：平的 1.8，三角形 2.4，正态 3。
    """
    *_, z = uniform_steps().values()
    kurtosis = float((z**4).mean() / (z**2).mean() ** 2)
    return min(range(3), key=lambda i: abs((1.8, 2.4, 3.0)[i] - kurtosis))


def nearest_film() -> int:
    """The option nearest to the two correlations. 最接近这两个相关系数的选项。"""
    chain, jumps = two_films()
    options = ((1, 1), (1, 0), (0, 1), (0, 0))
    return min(range(4), key=lambda i: abs(options[i][0] - chain) + abs(options[i][1] - jumps))


EXERCISES = {
    "step": Exercise(
        reference=lambda: step,
        judge=judge_step,
        hints=(
            (
                "The mean of x_t is x made a little smaller; the noise is eps made much smaller. Only β_t is needed.",
                "x_t 的均值是略微缩小的 x，噪声是缩得很小的 eps。只需要 β_t。",
            ),
            (
                "N(mean, variance) names a variance; a draw is mean + √variance · eps.",
                "N（均值，方差）里写的是方差；抽取时算的是均值 + √方差 · eps。",
            ),
            (
                "The factor of x is `schedule.alpha[t].sqrt()`, that of eps `schedule.beta[t].sqrt()`.",
                "x 的系数是 `schedule.alpha[t].sqrt()`，eps 的系数是 `schedule.beta[t].sqrt()`。",
            ),
        ),
    ),
    "paper": PAPER,
    "normal": Exercise(
        reference=first_normal,
        judge=judge_normal,
        hints=(
            ("Watch D alone while you move t up from 0.", "把 t 从 0 往上调，只盯着 D。"),
            ("It lies in the first third of the steps.", "它在前三分之一的步数之内。"),
            ("Between 200 and 300, nearer to 200.", "在 200 与 300 之间，靠近 200。"),
        ),
    ),
    "extract": Exercise(
        reference=lambda: extract,
        judge=judge_extract,
        hints=(
            (
                "Three things: pick the entries at t, take over x's dtype, add axes of length 1.",
                "三件事：取出 t 处的项，换成 x 的类型，补上长为 1 的轴。",
            ),
            (
                "`values[t]` has shape (b,). x has `x.ndim` axes, so `x.ndim - 1` of them are missing.",
                "`values[t]` 的形状是 (b,)。x 有 `x.ndim` 个轴，所以还缺 `x.ndim - 1` 个。",
            ),
            (
                "`.to(x.dtype)`, then `.reshape(-1, *[1] * (x.ndim - 1))`.",
                "先 `.to(x.dtype)`，再 `.reshape(-1, *[1] * (x.ndim - 1))`。",
            ),
        ),
    ),
    "noise": Exercise(
        reference=lambda: noised,
        draws=True,
        judge=judge_own_noise,
        hints=(
            (
                "Draw once; use the draw in x_t and return the very same one.",
                "只抽一次；x_t 里用的和交还的，是同一份。",
            ),
            (
                "`torch.randn_like(x0)` has the shape and dtype of its own argument. For one t per image, use `per_sample`.",
                "`torch.randn_like(x0)` 的形状与类型都随它自己的参数。每幅图像一个 t 时，用 `per_sample`。",
            ),
            (
                "The factors are `per_sample(schedule.signal[t], x0)` and `per_sample(schedule.noise[t], x0)`; return `xt, eps`.",
                "两个系数是 `per_sample(schedule.signal[t], x0)` 与 `per_sample(schedule.noise[t], x0)`；返回 `xt, eps`。",
            ),
        ),
    ),
    "build": BUILD,
}
QUESTIONS = {
    "variance": Question(
        text=(
            "Leave the factor √(1 − β_t) away and only add noise of variance β_t at each step. The data have variance "
            "1, the schedule is linear with β from 0.0001 to 0.02. What is the variance after 1000 steps?",
            "去掉系数 √(1 − β_t)，每步只加方差为 β_t 的噪声。数据的方差为 1，线性调度的 β 从 0.0001 到 0.02。"
            "走 1000 步之后，方差是多少？",
        ),
        options=(
            ("still 1: the steps are tiny", "仍是 1：每步都很小"),
            ("about 2: the data, and noise of variance 1", "约 2：数据，加上方差为 1 的噪声"),
            ("about 11", "约 11"),
            ("about 1000: each step adds its share", "约 1000：每步都添一份"),
        ),
        answer=without_shrinking,
        replies=(
            (
                "Each step is tiny, but there are a thousand, and nothing takes away again what they add.",
                "每步虽小，却有一千步，而且加进去的再也没有取走。",
            ),
            (
                "Noise stays at variance 1 only because the factor keeps shrinking it; without the factor the β just add up.",
                "噪声的方差之所以停在 1，全靠那个系数不断把它缩小；去掉系数，β 就一路累加。",
            ),
            None,
            ("What a step adds is β_t, about 0.01 on average, and not 1.", "一步添的是 β_t，平均约 0.01，而不是 1。"),
        ),
        why=(
            "Independent noises add their variances: 1 + Σβ_t, and a thousand β of about 0.01 on average make about 10.",
            "独立的噪声，方差相加：1 + Σβ_t；一千个 β 平均约为 0.01，合起来约是 10。",
        ),
        figure=lambda: plots.curves({r"Var $x_t$": variances()}),
    ),
    "uniform": Question(
        text=(
            "A thousand small steps as in (1), but every noise is uniform instead of normal, with the right mean 0 and "
            "the right variance. What does the histogram of the noise in x_1000 look like?",
            "照式 (1) 走一千小步，只是每步的噪声都改成均匀的，均值仍为 0，方差也与原来相同。x_1000 中的噪声，直方图是什么样子？",
        ),
        options=(
            ("flat: uniform noises add up to uniform noise", "平的：均匀噪声相加还是均匀噪声"),
            ("a triangle", "三角形"),
            ("nearly the bell curve of N(0, 1)", "几乎就是 N(0, 1) 的钟形曲线"),
        ),
        answer=shape_of_the_sum,
        replies=(
            (
                "Throw two dice: sums in the middle come up more often than those at the ends.",
                "掷两颗骰子就知道：居中的和比两头的常见。",
            ),
            (
                "That is what two steps make; the others go on rounding it.",
                "那是两步的样子；后面的步子会把它继续磨圆。",
            ),
            None,
        ),
        why=(
            "One step is flat and two make a triangle, but a sum of many small independent terms is nearly normal, "
            "whatever each of them is: the central limit theorem.",
            "一步是平的，两步成三角形；而许多独立的小项相加，不论每一项是什么分布，和都接近正态：这就是中心极限定理。",
        ),
        figure=lambda: plots.histograms(uniform_steps()),
    ),
    "path": Question(
        text=(
            "Two films of one image, a frame for each t. Film A goes step by step. Film B jumps from x_0 to every t, "
            "each time with fresh noise. Given x_0, how strongly is a pixel of frame 500 correlated with itself in "
            "frame 501?",
            "同一幅图像的两部影片，每个 t 一帧。影片 A 一步一步走；影片 B 的每一帧都从 x_0 跳到 t，每次都抽新噪声。"
            "给定 x_0，同一像素在第 500 帧与第 501 帧的相关系数有多大？",
        ),
        options=(
            ("nearly 1 in both films", "两部都接近 1"),
            ("nearly 1 in A, 0 in B", "A 接近 1，B 为 0"),
            ("0 in A, nearly 1 in B", "A 为 0，B 接近 1"),
            ("0 in both films: noise is noise", "两部都为 0：噪声就是噪声"),
        ),
        answer=nearest_film,
        replies=(
            (
                "In B each frame draws its noise anew, so two frames have only x_0 in common, and x_0 is given.",
                "B 的每一帧都重新抽噪声，两帧共有的只是 x_0，而 x_0 是给定的。",
            ),
            None,
            (
                "It is the other way round: the walk keeps the noise it has, each jump throws it away.",
                "正好反了：一步步走会留着已有的噪声，每次跳跃才把它换掉。",
            ),
            (
                "In A frame 501 is made from frame 500, its noise included; only a little is new.",
                "A 的第 501 帧是由第 500 帧连同噪声做成的，新添的只有一点点。",
            ),
        ),
        why=(
            "A step keeps nearly all the noise that is there and adds a little; a jump with fresh noise keeps none of "
            "it. Every single frame of B is right, and yet B is no path of the chain.",
            "走一步，原有的噪声几乎都留着，只添一点；抽新噪声的跳跃则一点不留。B 的每一帧单看都对，合起来却不是链上的一条路径。",
        ),
        figure=lambda: plots.curves({r"$x_t$": one_pixel()}),
    ),
}
