"""Lesson 06, Training: its exercises and its questions.

第 06 课“训练”的练习与题目。
"""

from course_utils import schedules
from course_utils.exercises import Exercise
from course_utils.exercises.lesson_06.build import BUILD
from course_utils.exercises.lesson_06.clinic import judge_patients
from course_utils.exercises.lesson_06.judges import judge_ema, judge_half, judge_v, judge_weight
from course_utils.exercises.lesson_06.mistakes import bound_weight, followed, v_weight
from course_utils.exercises.lesson_06.paper import PAPER
from course_utils.exercises.lesson_06.questions import QUESTIONS
from course_utils.exercises.lesson_06.repair import REPAIR
from course_utils.exercises.lesson_06.training_step import judge_step, simple_loss
from course_utils.experiments.bound import half_of_the_bound
from course_utils.experiments.clinic import PATIENTS

EXERCISES = {
    "weight": Exercise(
        reference=lambda: bound_weight,
        judge=judge_weight,
        hints=(
            (
                "Put (5) into (4): square the factor of ε in the mean, and divide by twice the variance.",
                "把 (5) 代入 (4)：均值中 ε 的系数取平方，再除以方差的两倍。",
            ),
            (
                "The factor is β_t / (√α_t √(1 − ᾱ_t)). Squared, all roots are gone.",
                "系数是 β_t / (√α_t √(1 − ᾱ_t))。平方之后，根号就都没有了。",
            ),
            (
                "`schedule.beta[t]**2` over `2 * variance * schedule.alpha[t] * (1 - schedule.alpha_bar[t])`.",
                "`schedule.beta[t]**2` 除以 `2 * variance * schedule.alpha[t] * (1 - schedule.alpha_bar[t])`。",
            ),
        ),
    ),
    "half": Exercise(
        reference=lambda: half_of_the_bound(schedules.linear()),
        judge=judge_half,
        hints=(
            (
                "Leave the menus at linear and β; read “bound” in the line above.",
                "菜单保持 linear 与 β；看上方那一行的 bound。",
            ),
            ("On the right, the blue curve must reach 0.5 at the black line.", "看右图：蓝色曲线应在黑线处到达 0.5。"),
            ("Between 300 and 400.", "在 300 与 400 之间。"),
        ),
    ),
    "step": Exercise(
        reference=lambda: simple_loss,
        draws=True,
        judge=judge_step,
        hints=(
            (
                "Five things, in order: t for each image, noise, the jump, the question, the mean square.",
                "依次五件事：每幅图像的 t、噪声、跳跃、提问、平方的均值。",
            ),
            (
                "`torch.randint(1, schedule.T + 1, (len(x0),))`; `forward_jump(schedule, x0, t)` returns x_t and its noise.",
                "`torch.randint(1, schedule.T + 1, (len(x0),))`；`forward_jump(schedule, x0, t)` 返回 x_t 与其中的噪声。",
            ),
            (
                "At the end `(predictor(xt, t) - eps).square().mean()`, with the eps of the jump.",
                "最后是 `(predictor(xt, t) - eps).square().mean()`，其中的 eps 就是跳跃用的那份。",
            ),
        ),
    ),
    "snr": Exercise(
        reference=lambda: v_weight,
        judge=judge_v,
        hints=(
            (
                "ε̂ = √(1 − ᾱ) x_t + √ᾱ v̂. So how are the errors of ε̂ and v̂ related, when x_t is given?",
                "ε̂ = √(1 − ᾱ) x_t + √ᾱ v̂。给定 x_t，ε̂ 的误差与 v̂ 的误差是什么关系？",
            ),
            (
                "The error of v is that of ε divided by √ᾱ. Square it: 1 / ᾱ. Now write ᾱ by means of snr = ᾱ / (1 − ᾱ).",
                "v 的误差等于 ε 的误差除以 √ᾱ，平方就是 1 / ᾱ。再用 snr = ᾱ / (1 − ᾱ) 表示 ᾱ。",
            ),
            ("In full: 1 / ᾱ = (ᾱ + 1 − ᾱ) / ᾱ = 1 + 1 / snr.", "完整写出：1 / ᾱ = (ᾱ + 1 − ᾱ) / ᾱ = 1 + 1 / snr。"),
        ),
    ),
    "ema": Exercise(
        reference=lambda: followed,
        judge=judge_ema,
        hints=(
            (
                "Take the rule with `every` 1 first: what share does the average keep of itself? Then apply it twice with the "
                "same weights: what share of the old average is left?",
                "先看 `every` 为 1：平均保留自己的多少？再用同样的权重跟两次：旧的平均还剩多少？",
            ),
            (
                "After `every` times the share `decay**every` of the old average is left; all the rest is the new weights.",
                "跟 `every` 次之后，旧的平均还剩 `decay**every`；其余的都是新权重。",
            ),
            (
                "With `keeps = decay**every`, return `keeps * average + (1 - keeps) * weights`.",
                "令 `keeps = decay**every`，返回 `keeps * average + (1 - keeps) * weights`。",
            ),
        ),
    ),
    "patients": Exercise(
        reference=lambda: dict(PATIENTS),
        judge=judge_patients,
        hints=(
            (
                "Compare each blue curve with the grey one first; then look at the two sets of samples.",
                "先把每条蓝线与灰线对照，再看两组样本。",
            ),
            (
                "One loss is impossibly low, one grows, one is stuck. Of the rest, one has strange samples on the right "
                "alone, one has no black, and one is too high where the noise is heaviest.",
                "有一个损失低得离谱，有一个在增长，有一个卡住不动。其余三个：一个只有右边的样本怪，一个没有黑色，一个在噪声最重处偏高。",
            ),
            (
                "The one that is impossibly low is `noise`; the one that grows is `gradients`.",
                "低得离谱的是 `noise`；增长的是 `gradients`。",
            ),
        ),
    ),
    "paper": PAPER,
    "build": BUILD,
    "repair": REPAIR,
}

__all__ = ["EXERCISES", "QUESTIONS"]
