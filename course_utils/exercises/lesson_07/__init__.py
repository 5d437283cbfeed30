"""Lesson 07, Sampling: its exercises and its questions.

第 07 课“采样”的练习与题目。
"""

from course_utils.exercises import Exercise
from course_utils.exercises.lesson_07.build import BUILD
from course_utils.exercises.lesson_07.clinic import CLINIC
from course_utils.exercises.lesson_07.judges import (
    judge_algorithm_2,
    judge_ddim,
    judge_fewest,
    judge_heun,
    judge_midway,
    judge_times,
)
from course_utils.exercises.lesson_07.paper import PAPER
from course_utils.exercises.lesson_07.questions import QUESTIONS
from course_utils.exercises.lesson_07.sampler_mistakes import algorithm_2, ddim
from course_utils.exercises.lesson_07.slope import SLOPE
from course_utils.exercises.lesson_07.solver_mistakes import heun, midway, times

FEWEST = 11  # the fewest steps that come below an error of 0.01, as `fewest_solver_steps` computes
EXERCISES = {
    "algorithm2": Exercise(
        reference=lambda: algorithm_2,
        draws=True,
        judge=judge_algorithm_2,
        hints=(
            (
                "A loop over t from schedule.T down to 1. In it: ask the denoiser, find ε̂, take the mean, add noise.",
                "让 t 从 schedule.T 往下循环到 1。循环里：问去噪器，求 ε̂，取均值，加噪声。",
            ),
            (
                "x_t = √ᾱ_t x̂_0 + √(1 − ᾱ_t) ε̂ gives ε̂. Add √β_t z[t] to the mean unless t is 1. Return after the loop.",
                "由 x_t = √ᾱ_t x̂_0 + √(1 − ᾱ_t) ε̂ 求出 ε̂。t 不是 1 时，给均值加上 √β_t z[t]。循环之后再返回。",
            ),
            (
                "`for t in range(schedule.T, 0, -1):`; `eps_hat = (xt - schedule.signal[t] * denoiser(xt, t)) / schedule.noise[t]`; "
                "then line 4 with `schedule.beta[t]`, `schedule.alpha[t]`.",
                "`for t in range(schedule.T, 0, -1):`；`eps_hat = (xt - schedule.signal[t] * denoiser(xt, t)) / schedule.noise[t]`；"
                "再代入第 4 行，用到 `schedule.beta[t]`、`schedule.alpha[t]`。",
            ),
        ),
    ),
    "ddim": Exercise(
        reference=lambda: ddim,
        judge=judge_ddim,
        hints=(
            (
                "Three terms: the guess of x_0 at the signal of s, ε̂ with the room that is left, the fresh noise.",
                "三项：x_0 的猜测乘以 s 处的信号系数，ε̂ 乘以余下方差的平方根，再加上新噪声。",
            ),
            (
                "First σ = η σ̃ from (2), then c from c² + σ² = 1 − ᾱ_s, then x̂_0 = (xt − √(1 − ᾱ_t) ε̂) / √ᾱ_t, then (1).",
                "先由 (2) 求 σ = η σ̃，由 c² + σ² = 1 − ᾱ_s 求 c，再求 x̂_0 = (xt − √(1 − ᾱ_t) ε̂) / √ᾱ_t，最后代入 (1)。",
            ),
            (
                "`sigma = eta * ((1 - a_s) / (1 - a_t) * (1 - a_t / a_s)).sqrt()`; ε̂ has `(1 - a_s - sigma**2).sqrt()`.",
                "`sigma = eta * ((1 - a_s) / (1 - a_t) * (1 - a_t / a_s)).sqrt()`；ε̂ 的系数是 `(1 - a_s - sigma**2).sqrt()`。",
            ),
        ),
    ),
    "heun": Exercise(
        reference=lambda: heun,
        judge=judge_heun,
        hints=(
            (
                "Two calls of the predictor, two calls of reverse.euler_step, both steps from xt.",
                "预测器问两次，reverse.euler_step 调两次，两次都从 xt 出发。",
            ),
            (
                "First `xs = reverse.euler_step(schedule, xt, t, s, slope)`. Then the slope at xs and s, and the mean of both.",
                "先 `xs = reverse.euler_step(schedule, xt, t, s, slope)`。再求 xs 与 s 处的斜率，取两者的均值。",
            ),
            (
                "If s is 0, return xs. Else `reverse.euler_step(schedule, xt, t, s, (slope + predictor(xs, s)) / 2)`.",
                "s 为 0 时返回 xs；否则 `reverse.euler_step(schedule, xt, t, s, (slope + predictor(xs, s)) / 2)`。",
            ),
        ),
    ),
    "midway": Exercise(
        reference=lambda: midway,
        judge=judge_midway,
        hints=(
            (
                "From the guess at t, go on by a share of its difference from the guess at u.",
                "用 t 处的猜测减去 u 处的猜测，乘上一个系数，再加到 t 处的猜测上。",
            ),
            (
                "The share: half of the step ahead over the previous step, both in log-SNR.",
                "这个系数：将走的一步的一半，除以上一步，都按对数信噪比计。",
            ),
            (
                "`(clock[s] - clock[t]) / (clock[t] - clock[u]) / 2`, with `clock = schedule.log_snr`; x0_hat_t if s is 0.",
                "`(clock[s] - clock[t]) / (clock[t] - clock[u]) / 2`，其中 `clock = schedule.log_snr`；s 为 0 时返回 x0_hat_t。",
            ),
        ),
    ),
    "times": Exercise(
        reference=lambda: times,
        judge=judge_times,
        hints=(
            (
                "First choose the log-SNRs, evenly; then look for the timestep nearest to each.",
                "先等间隔地选好对数信噪比，再为每个值找最近的时间步。",
            ),
            (
                "`torch.linspace(clock[first], clock[final], steps)`, with `clock = schedule.log_snr`.",
                "`torch.linspace(clock[first], clock[final], steps)`，其中 `clock = schedule.log_snr`。",
            ),
            (
                "For each tick `int((clock[1:] - tick).abs().argmin()) + 1` (clock[0] is infinite); at the end `+ [0]`.",
                "每个刻度对应 `int((clock[1:] - tick).abs().argmin()) + 1`（clock[0] 是无穷大）；最后 `+ [0]`。",
            ),
        ),
    ),
    "fewest": Exercise(
        reference=lambda: FEWEST,
        judge=judge_fewest,
        hints=(
            (
                "Set the sampler to DPM++ 2M and the spacing to focused; move steps.",
                "采样器选 DPM++ 2M，间隔选 focused；移动 steps。",
            ),
            ("Read the error above the picture; try several seeds.", "看图上方的误差；多试几个种子。"),
            ("More than 8, fewer than 14.", "多于 8，少于 14。"),
        ),
    ),
    "paper": PAPER,
    "slope": SLOPE,
    "build": BUILD,
    "clinic": CLINIC,
}

__all__ = ["EXERCISES", "QUESTIONS"]
