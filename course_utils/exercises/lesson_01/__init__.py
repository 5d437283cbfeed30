"""Lesson 01, Noise schedules: its exercises and its questions.

第 01 课“噪声调度”的练习与题目。
"""

import math

from course_utils import plots
from course_utils.exercises import Exercise, Question
from course_utils.exercises.lesson_01.build import BUILD
from course_utils.exercises.lesson_01.judges import (
    bytes_of,
    cosine_alpha_bar,
    half_time,
    judge_bytes,
    judge_cosine,
    judge_half,
    judge_last,
    judge_merged,
    last_beta,
    merged_beta,
)
from course_utils.exercises.lesson_01.paper import PAPER
from course_utils.schedules import cosine, linear, quadratic, raw_linear, sigmoid

NAMED = {"linear": linear, "quadratic": quadratic, "sigmoid": sigmoid, "cosine": cosine}


def most_destroyed() -> int:
    """Which of the four has the smallest alpha_bar at t = 250. 四者之中 t = 250 处 alpha_bar 最小的是哪个。"""
    left = [float(schedule().alpha_bar[250]) for schedule in NAMED.values()]
    return left.index(min(left))


def amplitude_left() -> int:
    """The option nearest to sqrt(alpha_bar_T) of the raw linear schedule at T = 200. 最接近答案的选项。"""
    left = float(raw_linear(200).signal[200])
    return min(range(4), key=lambda i: abs((0.0, 0.006, 0.04, 0.36)[i] - left))


def _signals_figure() -> plots.Picture:
    lines = {f"$T={T}$": raw_linear(T).alpha_bar.sqrt() for T in (200, 1000)}
    lines = {name: [*line.tolist(), *[math.inf] * (1001 - len(line))] for name, line in lines.items()}
    return plots.curves({r"$\sqrt{\bar\alpha_t}$": lines})


EXERCISES = {
    "bytes": Exercise(
        lambda: bytes_of,
        judge_bytes,
        (
            ("Three things: hold, stretch, round. In which order does nothing get lost?", "三件事：截断、拉伸、取整。按什么顺序才不会出错？"),
            ("-1 becomes 0 and 1 becomes 255: add 1, then multiply by 127.5.", "-1 变成 0，1 变成 255：加 1，再乘 127.5。"),
            ("`x.clamp(-1, 1)`, then `+ 1`, `* 127.5`, `.round()`, `.to(torch.uint8)`.", "先 `x.clamp(-1, 1)`，再 `+ 1`、`* 127.5`、`.round()`、`.to(torch.uint8)`。"),
        ),
    ),
    "merged": Exercise(
        lambda: merged_beta,
        judge_merged,
        (
            ("What is left of the image after the k steps, as a share of what was there before them? The rest is noise.", "走完这 k 步，图像还剩下走之前的几分之几？其余的都是噪声。"),
            ("Shares of shares multiply: k steps together keep the product of their 1 − β, and their β is 1 minus that.", "份额的份额要相乘：k 步合起来，留下各个 1 − β 之积；用 1 去减，就是它们的 β。"),
            ("`beta.reshape(-1, k)` has a row for each k steps that follow each other; `.prod(1)` multiplies along the rows.", "`beta.reshape(-1, k)` 把相邻的 k 步排成一行；`.prod(1)` 沿着行连乘。"),
        ),
    ),
    "half": Exercise(
        half_time,
        judge_half,
        (
            ("Watch the bar, not the picture: blue and orange must be equally long.", "看色条，别看图：蓝与橙应当一样长。"),
            ("It is well before the middle of the steps.", "它远在步数的中点之前。"),
            ("`(linear().alpha_bar - 0.5).abs().argmin()` finds it without a slider.", "`(linear().alpha_bar - 0.5).abs().argmin()` 不用滑块也能找到。"),
        ),
    ),
    "paper": PAPER,
    "cosine": Exercise(
        lambda: cosine_alpha_bar,
        judge_cosine,
        (
            ("For how many steps has the angle been growing at t, and for how many at T? Their ratio is its share of a right angle.", "到 t 为止，角已经增大了多少步？到 T 为止呢？两者之比就是它占直角的几分之几。"),
            ("t + offset · T steps of T + offset · T; so f is the square of the cosine of (t/T + offset) / (1 + offset) · π/2. Divide it by its own first entry.", "T + offset · T 步中的 t + offset · T 步；所以 f 是 (t/T + offset) / (1 + offset) · π/2 的余弦的平方。再除以它自己的第一项。"),
            ("`u = torch.arange(T + 1, dtype=torch.float64) / T`, then `f = torch.cos(...) ** 2` and `f / f[0]`.", "`u = torch.arange(T + 1, dtype=torch.float64) / T`，然后 `f = torch.cos(...) ** 2`，最后 `f / f[0]`。"),
        ),
    ),
    "last": Exercise(
        last_beta,
        judge_last,
        (
            ("Move β_T alone, and read √ᾱ_T above the right-hand curve.", "只移动 β_T，看右边曲线上方的 √ᾱ_T。"),
            ("log ᾱ_T is about −300 times the mean β. The mean must grow to about three times what it was, and β_T with it.", "log ᾱ_T 约为 −300 乘以 β 的均值。均值要增到原来的三倍左右，β_T 也一样。"),
            ("ᾱ_T = 0.01² ≈ exp(−300 · β_T / 2) gives β_T ≈ 0.0614; the slider finds the first value a little below that.", "由 ᾱ_T = 0.01² ≈ exp(−300 · β_T / 2) 得 β_T ≈ 0.0614；滑块上最先够用的值比它略小一点。"),
        ),
    ),
    "build": BUILD,
}  # fmt: skip
QUESTIONS = {
    "fastest": Question(
        text=(
            "All four take T = 1000 steps, and three of them go up to β = 0.02. "
            "Which one leaves the least of the photograph at t = 250?",
            "四种调度都走 T = 1000 步，其中三种的 β 最后都升到 0.02。到 t = 250 时，哪一种给照片留下的最少？",
        ),
        options=(
            ("linear: its β climbs at the same pace from start to end", "线性：它的 β 从头到尾以同样的速度增大"),
            ("quadratic: squares grow faster than a line", "二次：平方比直线涨得快"),
            ("sigmoid: its curve is the steepest in the middle", "S 形：它的曲线在中间最陡"),
            ("cosine: its β goes highest of all", "余弦：它的 β 最终升得最高"),
        ),
        answer=most_destroyed,
        replies=(
            None,
            (
                "A square is quick only later on: all the way up to 0.02 it stays below the straight line.",
                "平方到后来才快：在升到 0.02 的一路上，它始终在直线之下。",
            ),
            (
                "Steep in the middle means flat at the start, and t = 250 comes before the middle.",
                "中间陡，起步就平；而 t = 250 还没到中间。",
            ),
            (
                "Its large β come at the very end; up to t = 250 they are small.",
                "它大的 β 都在最后；到 t = 250 为止都很小。",
            ),
        ),
        why=(
            "What counts is the sum of the β so far. The quadratic and the sigmoid start flat and the cosine saves its large "
            "β for the end, so that up to t = 250 all three stay well below the straight line.",
            "要紧的是到此为止 β 的总和。二次与 S 形起步平缓，余弦则把大的 β 留到最后，所以到 t = 250 为止，三者都远低于那条直线。",
        ),
        figure=lambda: plots.curves({r"$\bar\alpha_t$": {name: make().alpha_bar for name, make in NAMED.items()}}),
    ),
    "end": Question(
        text=(
            "β on a straight line from 1e-4 to 0.02, the usual end points, but in T = 200 steps instead of 1000. "
            "How much of the image's amplitude, √ᾱ_T, is left in x_T?",
            "β 沿直线从 1e-4 升到 0.02，两端与通常一样，但只走 T = 200 步而不是 1000 步。"
            "x_T 中还剩下图像幅度的多少，即 √ᾱ_T 是多少？",
        ),
        options=(
            ("nothing: the last state is noise by definition", "一点不剩：按定义，最后的状态就是噪声"),
            ("0.6 %, as with T = 1000: the end points are the same", "0.6 %，与 T = 1000 时一样：两端相同"),
            ("about 4 %", "约 4 %"),
            ("about 36 %", "约 36 %"),
        ),
        answer=amplitude_left,
        replies=(
            (
                "No definition makes it noise: what is left is the product of the α, and 200 factors close to 1 do not come near 0.",
                "没有哪条定义能让它变成噪声：剩下多少，要看 α 的连乘；200 个接近 1 的因子乘起来，离 0 还远。",
            ),
            (
                "The end points are the same, but there are fewer steps, and each one takes its share away.",
                "两端虽同，步数却少了；每少走一步，就少取走一份。",
            ),
            (
                "For 4 % the β would have to sum to −2 ln 0.04 ≈ 6.4; here Σβ ≈ 2.",
                "要降到 4 %，β 的总和得是 −2 ln 0.04 ≈ 6.4；而这里 Σβ ≈ 2。",
            ),
            None,
        ),
        why=(
            "The mean β is about 0.01, so 200 steps leave ᾱ_T ≈ exp(−200 · 0.01) = exp(−2) ≈ 0.14, and √ᾱ_T ≈ 0.37. "
            "With a fifth of the steps, log ᾱ_T comes only a fifth of the way.",
            "β 的均值约为 0.01，走 200 步剩下 ᾱ_T ≈ exp(−200 · 0.01) = exp(−2) ≈ 0.14，√ᾱ_T ≈ 0.37。"
            "步数只有五分之一，log ᾱ_T 也就只走了五分之一的路。",
        ),
        figure=_signals_figure,
    ),
}
