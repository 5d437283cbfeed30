"""Lesson 00, Start here: its exercises and its question.

第 00 课“从这里开始”的练习与题目。
"""

from course_utils import plots, schedules
from course_utils.exercises import Exercise, Question
from course_utils.exercises.lesson_00.judges import judge_jump, judge_mystery
from course_utils.exercises.lesson_00.mistakes import jump
from course_utils.experiments.digits import hidden_digit


def half_noise() -> int:
    """The option nearest to the t at which alpha_bar of the linear schedule is 1/2. 最接近线性调度半衰点的选项。"""
    t = int((schedules.linear().alpha_bar - 0.5).abs().argmin())
    return min(range(4), key=lambda i: abs((100, 250, 500, 750)[i] - t))


EXERCISES = {
    "mystery": Exercise(
        reference=hidden_digit,
        judge=judge_mystery,
        hints=(
            (
                "Read the blue share of the bar: around a half, big shapes begin to show.",
                "看色条的蓝色占比：到一半左右，大的轮廓就开始显现。",
            ),
            (
                "Half-close your eyes, or step back: that averages the noise away.",
                "眯起眼，或离远一点：这样能把噪声平均掉。",
            ),
            ("At t = 0 there is no noise at all.", "t = 0 时完全没有噪声。"),
        ),
    ),
    "jump": Exercise(
        reference=lambda: jump,
        judge=judge_jump,
        hints=(
            (
                "x_t is x0 made smaller, plus eps made smaller. Both factors depend on t alone.",
                "x_t 是缩小了的 x0，加上缩小了的 eps。两个系数都只取决于 t。",
            ),
            (
                "The factors are square roots, and their squares add up to 1: ᾱ_t and 1 − ᾱ_t.",
                "两个系数都是平方根，平方之和为 1：ᾱ_t 与 1 − ᾱ_t。",
            ),
            (
                "`schedule.signal[t]` is √ᾱ_t and `schedule.noise[t]` is √(1 − ᾱ_t).",
                "`schedule.signal[t]` 就是 √ᾱ_t，`schedule.noise[t]` 就是 √(1 − ᾱ_t)。",
            ),
        ),
    ),
}
QUESTIONS = {
    "half": Question(
        text=(
            "The linear schedule takes a digit to pure noise in 1000 steps. "
            "At which t is ᾱ_t = 1/2, that is, image and noise in equal shares?",
            "线性调度用 1000 步把数字变成纯噪声。在哪个 t，ᾱ_t = 1/2，即图像与噪声各占一半？",
        ),
        options=(
            ("about t = 100", "约 t = 100"),
            ("about t = 250", "约 t = 250"),
            ("about t = 500", "约 t = 500"),
            ("about t = 750", "约 t = 750"),
        ),
        answer=half_noise,
        replies=(
            (
                "At t = 100 nine tenths still belong to the image: the first β are tiny.",
                "t = 100 时图像还占九成：开头的 β 小得很。",
            ),
            None,
            (
                "Half of the steps is not half of the noise: at t = 500 less than a tenth belongs to the image.",
                "步数走了一半，噪声可不止一半：t = 500 时，图像已不到一成。",
            ),
            ("At t = 750 less than a hundredth is left of the image.", "t = 750 时，图像连百分之一都不剩了。"),
        ),
        why=(
            "Each step keeps a share of what is left, and these shares multiply: after about a quarter of the steps "
            "half of the image's share is gone, and the other three quarters work on what is mostly noise.",
            "每一步只留下剩余部分的一份，这些份额是连乘的：大约走了四分之一的步数，图像就只剩一半；其余四分之三的步数面对的，大半是噪声。",
        ),
        figure=lambda: plots.curves(
            {
                "share": {
                    r"$\bar\alpha_t$": schedules.linear().alpha_bar,
                    r"$1-\bar\alpha_t$": 1 - schedules.linear().alpha_bar,
                }
            }
        ),
    ),
}
