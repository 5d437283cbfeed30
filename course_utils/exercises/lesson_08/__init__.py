"""Lesson 08, Guidance and inpainting: its exercises and its question.

第 08 课“条件、引导与修补”的练习与题目。
"""

from course_utils import plots
from course_utils.exercises import Exercise, Question
from course_utils.exercises.lesson_08.judges import even_time, judge_even, judge_snr
from course_utils.exercises.lesson_08.mistakes import ratio
from course_utils.schedules import cosine

TIMES = (250, 500, 750)


def equal_shares() -> int:
    """The option nearest to the t at which alpha_bar of the cosine is 1/2. 最接近余弦调度半衰点的选项。"""
    t = int((cosine().alpha_bar - 0.5).abs().argmin())
    return min(range(len(TIMES)), key=lambda i: abs(TIMES[i] - t))


EXERCISES = {
    "snr": Exercise(
        reference=lambda: ratio,
        judge=judge_snr,
        hints=(
            ("Two shares, one above the other.", "两个份额，一个比另一个。"),
            ("The noise has what the image leaves.", "图像占剩下的，就是噪声的。"),
            ("Divide `alpha_bar` by `1 - alpha_bar`.", "用 `alpha_bar` 除以 `1 - alpha_bar`。"),
        ),
    ),
    "even": Exercise(
        reference=even_time,
        judge=judge_even,
        hints=(
            ("Watch the number beside SNR.", "盯住 SNR 旁边的数。"),
            ("It is 1 where the two curves above cross.", "上面两条曲线相交处，它等于 1。"),
            ("It lies between 450 and 550.", "它在 450 与 550 之间。"),
        ),
    ),
}

QUESTIONS = {
    "equal": Question(
        text=(
            "On the cosine schedule of 1000 steps: at which t have image and noise equal shares?",
            "1000 步的余弦调度：在哪个 t，图像与噪声各占一半？",
        ),
        options=tuple((f"about t = {t}", f"约 t = {t}") for t in TIMES),
        answer=equal_shares,
        why=(
            "There ᾱ_t = 1/2. The cosine falls slowly at both ends and fastest in the middle, where it passes 1/2.",
            "那里 ᾱ_t = 1/2。余弦调度两端降得慢，中间最快，也正是在中间经过 1/2。",
        ),
        replies=(
            (
                "There the image still has 85 %: the cosine falls slowly at first.",
                "那里图像还占 85 %：余弦调度起初降得慢。",
            ),
            None,
            ("There only 14 % are left to the image.", "那里图像只剩 14 %。"),
        ),
        figure=lambda: plots.curves({"share": {"image": cosine().alpha_bar, "noise": 1 - cosine().alpha_bar}}),
    ),
}
