"""The parts of the piece of lesson 10, a network walked as a flow, with their hints.

第 10 课的作业（把网络当作流来走）的各个部分与提示。
"""

from course_utils.exercises.kinds import Part, Piece
from course_utils.exercises.lesson_10.build_flow import Flow
from course_utils.exercises.lesson_10.build_judges import judge_labels, judge_scaled, judge_told, judge_velocity
from course_utils.exercises.lesson_10.build_solver import judge_order, judge_whole

BUILD = Piece(
    reference=lambda: Flow,
    parts={
        "told": Part(
            (
                "the network is told the log-SNR of the straight path, within −20 and 20",
                "告诉网络的是直线路径的对数信噪比，限制在 −20 到 20",
            ),
            judge_told,
            (
                (
                    "SNR is a ratio of variances. What are those of signal and noise at t, and what becomes of the logarithm at t = 1?",
                    "信噪比是方差之比。t 处信号与噪声的方差各是多少？到 t = 1，对数又会怎样？",
                ),
                (
                    "log-SNR is 2 log((1 − t) / t), and −20 at t = 1; hand it over as `torch.tensor(...)`, after `.clamp(-20, 20)`.",
                    "对数信噪比是 2 log((1 − t) / t)，t = 1 处取 −20；写成 `torch.tensor(...)`，再 `.clamp(-20, 20)`。",
                ),
            ),
        ),
        "scaled": Part(
            (
                "the network is shown x_t scaled to signal² + noise² = 1",
                "给网络看的是缩放到 signal² + noise² = 1 的 x_t",
            ),
            judge_scaled,
            (
                (
                    "x_t = (1 − t) x_0 + t ε. By which number must it be divided, for the squares of the two factors to sum to 1?",
                    "x_t = (1 − t) x_0 + t ε。除以哪个数，两个系数的平方和才是 1？",
                ),
                (
                    "`x = xt / math.hypot(1 - t, t)`: the root of (1 − t)² + t².",
                    "`x = xt / math.hypot(1 - t, t)`：即 (1 − t)² + t² 的平方根。",
                ),
            ),
        ),
        "velocity": Part(
            ("the velocity is right at every t above 0, also at 1", "t > 0 时速度处处都对，t = 1 也对"),
            judge_velocity,
            (
                (
                    "The velocity is ε̂ − x̂_0. The network answers ε̂: from which x, with which factors, comes x̂_0, so that nothing is "
                    "divided by 0 at t = 1?",
                    "速度是 ε̂ − x̂_0。网络回答的是 ε̂：由哪个 x、用什么系数求 x̂_0，才不会在 t = 1 处除以 0？",
                ),
                (
                    "With `signal, noise = log_snr.sigmoid().sqrt(), (-log_snr).sigmoid().sqrt()` it is (x − noise ε̂) / signal, x the "
                    "scaled one. Return (x_t − x̂_0) / t, or ε̂ − x̂_0.",
                    "令 `signal, noise = log_snr.sigmoid().sqrt(), (-log_snr).sigmoid().sqrt()`，则 x̂_0 是 (x − noise ε̂) / signal（noise 即噪声的系数），"
                    "x 为缩放后的。返回 (x_t − x̂_0) / t，或 ε̂ − x̂_0。",
                ),
            ),
        ),
        "labels": Part(
            (
                "labels reach the network; where there are none it is handed none",
                "标签传到了网络；没有标签时什么也不传",
            ),
            judge_labels,
            (
                (
                    "A network that was trained without labels takes two arguments. What then, if labels is None?",
                    "不带标签训练的网络只收两个参数。labels 为 None 时怎么办？",
                ),
                (
                    "`told = (x, log_snr) if self.labels is None else (x, log_snr, self.labels)`, then `self.network(*told)`.",
                    "`told = (x, log_snr) if self.labels is None else (x, log_snr, self.labels)`，再 `self.network(*told)`。",
                ),
            ),
        ),
        "order": Part(
            (
                "the walk is of second order, and never asks at t = 0",
                "走法是二阶的，而且从不在 t = 0 处问",
            ),
            judge_order,
            (
                (
                    "Euler's step trusts the slope where it begins. Where else could one ask, and which slope is better than either?",
                    "欧拉步只信起点处的斜率。还可以在哪里再问一次？用哪个斜率，比这两个都好？",
                ),
                (
                    "`slope = self.velocity(x, t)`, `ahead = x + (s - t) * slope`; if s > 0, `ahead = x + (s - t) * (slope + "
                    "self.velocity(ahead, s)) / 2`; then `x = ahead`.",
                    "`slope = self.velocity(x, t)`，`ahead = x + (s - t) * slope`；若 s > 0，`ahead = x + (s - t) * (slope + "
                    "self.velocity(ahead, s)) / 2`；再 `x = ahead`。",
                ),
            ),
        ),
        "whole": Part(
            (
                "whole samples are the package's, by Heun's method at any times, and keep no gradients",
                "整份样本与本包的一致：任意时刻上的 Heun 法，而且不留梯度",
            ),
            judge_whole,
            (
                (
                    "Are all the other parts right? Then look at the method that was asked for, and at what the result still carries with it.",
                    "其他各部分都对了吗？那就看题目要的是哪种方法，以及结果还带着什么。",
                ),
                (
                    "Heun's method at the times given, whatever their distances; the step to 0 alone is Euler's; `@torch.no_grad()` over "
                    "`velocity`.",
                    "在给定的时刻上用 Heun 法，间隔多大都行；只有走到 0 的一步用欧拉法；`velocity` 上面写 `@torch.no_grad()`。",
                ),
            ),
        ),
    },
)
