"""The forward process as a component of the reader's own: a jump, from anywhere to anywhere, the way back, and between.

读者自己的部件“前向过程”：跳一次，从任意一点到任意一点，往回走，以及补上两帧之间的一帧。
"""

from course_utils.exercises import Part, Piece
from course_utils.exercises.lesson_02.build_batches import judge_batch
from course_utils.exercises.lesson_02.build_bridge import judge_bridge
from course_utils.exercises.lesson_02.build_judges import (
    judge_between,
    judge_jump,
    judge_mean,
    judge_variance,
)
from course_utils.forward import per_sample


class ForwardProcess:
    """A schedule and its forward process, with the noise handed in. 调度与它的前向过程，噪声由外面给。"""

    def __init__(self, schedule):
        self.schedule = schedule

    def jump(self, x0, t, eps):
        return self.between(x0, 0, t, eps)

    def between(self, xs, s, t, eps):
        kept = self.schedule.alpha_bar[t] / self.schedule.alpha_bar[s]
        return per_sample(kept.sqrt(), xs) * xs + per_sample((1 - kept).sqrt(), xs) * eps

    def posterior(self, xt, t, x0):
        return self.bridge(x0, 0, t - 1, t, xt)

    def bridge(self, xs, s, t, u, xu):
        a = self.schedule.alpha_bar
        before, after = a[t] / a[s], a[u] / a[t]
        left = 1 - before * after  # the sum of both variances, times `after`: 0 only where s = u
        of_xs, of_xu = before.sqrt() * (1 - after) / left, after.sqrt() * (1 - before) / left
        mean = per_sample(of_xs, xs) * xs + per_sample(of_xu, xs) * xu
        return mean, per_sample((1 - before) * (1 - after) / left, xs)


BUILD = Piece(
    reference=lambda: ForwardProcess,
    parts={
        "jump": Part(
            holds=("from x_0 to any t by (2); at t = 0 it is x_0 itself", "照式 (2)，从 x_0 到任意的 t；t = 0 时就是 x_0 本身"),
            judge=judge_jump,
            hints=(
                ("Equation (2) and section 8. No loop: one computation, for every t from 0 to T.", "看式 (2) 与第 8 节。不用循环，一次算完；t 从 0 到 T 都要行。"),
                ("`self.schedule.signal[t]` times x0, `self.schedule.noise[t]` times eps; or let `between` do it, from 0 to t.", "x0 乘 `self.schedule.signal[t]`，eps 乘 `self.schedule.noise[t]`；也可以交给 `between`，从 0 到 t。"),
            ),
        ),
        "between": Part(
            holds=("first to s, then from there to t, is one jump to t", "先跳到 s，再从那里去 t，等于一次跳到 t"),
            judge=judge_between,
            hints=(
                ("Section 2 joins two steps: the α are multiplied, and the noise is what is missing to 1. Join the steps s + 1 to t in the same way. Which product of α is that, and how do you get it from ᾱ_t and ᾱ_s?", "第 2 节把两步并成一步：α 相乘，噪声补足到 1。用同样的办法把第 s + 1 步到第 t 步并起来。那是哪些 α 的乘积？怎样由 ᾱ_t 与 ᾱ_s 得到？"),
                ("The α from s + 1 to t make ᾱ_t / ᾱ_s. Call it k, divided in float64: √k times xs, √(1 − k) times eps.", "从 s + 1 到 t 的 α 相乘，是 ᾱ_t / ᾱ_s。记作 k，用 float64 来除：xs 乘 √k，eps 乘 √(1 − k)。"),
            ),
        ),
        "mean": Part(
            holds=("the mean of x_{t−1}, given x_t and x_0; x_0 at t = 1", "给定 x_t 与 x_0，x_{t−1} 的均值；t = 1 时就是 x_0"),
            judge=judge_mean,
            hints=(
                ("Two witnesses of one x_{t−1}. By (2), with t − 1 for t, x_0 names a centre and a variance. By (1), solved for x_{t−1}, so does x_t: what is divided by √α_t, and so what becomes of the variance of √β_t ε? Weight each centre by one over its variance.", "同一个 x_{t−1}，两个证人。把式 (2) 里的 t 换成 t − 1，x_0 给出一个中心与一个方差。由式 (1) 解出 x_{t−1}，x_t 也给出一个：各项都除以 √α_t，那么 √β_t ε 的方差变成多少？两个中心各以方差的倒数为权重。"),
                ("Centres c = √ᾱ_{t−1} x_0 and d = x_t / √α_t, variances V = 1 − ᾱ_{t−1} and W = β_t / α_t. Multiply both weights, 1/V and 1/W, by V W, so that nothing is divided by V, which is 0 at t = 1: the mean is (W c + V d) / (V + W).", "两个中心是 c = √ᾱ_{t−1} x_0 与 d = x_t / √α_t，方差是 V = 1 − ᾱ_{t−1} 与 W = β_t / α_t。把两个权重 1/V 与 1/W 都乘以 V W，就不必除以 V（t = 1 时它是 0）：均值是 (W c + V d) / (V + W)。"),
            ),
        ),
        "variance": Part(
            holds=("the variance of x_{t−1}, given both; 0 at t = 1", "两者都给定时，x_{t−1} 的方差；t = 1 时为 0"),
            judge=judge_variance,
            hints=(
                ("Two witnesses know more than one, so it is smaller than both variances, that of the jump to t − 1 and that of the step, read backwards. Which numbers add up when independent witnesses are put together?", "两个证人比一个知道得多，所以它比两个方差都小：一个是跳到 t − 1 的方差，一个是把走一步倒过来读的方差。把独立的证人合起来，相加的是什么数？"),
                ("With V = 1 − ᾱ_{t−1} and W = β_t / α_t: one over it is 1/V + 1/W, so it is V W / (V + W), which is 0 at t = 1 without dividing by 0.", "设 V = 1 − ᾱ_{t−1}，W = β_t / α_t：它的倒数是 1/V + 1/W，所以它是 V W / (V + W)；这样 t = 1 时直接得 0，也不会除以 0。"),
            ),
        ),
        "bridge": Part(
            holds=("mean and variance of x_t between a known x_s and x_u; certain at both ends", "已知 x_s 与 x_u，夹在中间的 x_t 的均值与方差；在两端没有悬念"),
            judge=judge_bridge,
            hints=(
                ("Again two witnesses, now of x_t. What x_s says is in your `between`, from s to t. What x_u says is in it, too, from t to u: write that line as an equation, x_u = … x_t + …, and solve it for x_t, as you solved (1).", "还是两个证人，只是问的是 x_t。x_s 的证词就在你的 `between` 里，从 s 到 t；x_u 的也在里面，从 t 到 u：把那一行写成等式 x_u = … x_t + …，再解出 x_t，就像先前解式 (1) 那样。"),
                ("With p = ᾱ_t / ᾱ_s and q = ᾱ_u / ᾱ_t: centres √p xs and xu / √q, variances V = 1 − p and W = (1 − q) / q. The mean is (W √p xs + V xu / √q) / (V + W), the variance V W / (V + W). And the posterior is `bridge(x0, 0, t - 1, t, xt)`.", "设 p = ᾱ_t / ᾱ_s，q = ᾱ_u / ᾱ_t：两个中心是 √p xs 与 xu / √q，方差是 V = 1 − p 与 W = (1 − q) / q。均值是 (W √p xs + V xu / √q) / (V + W)，方差是 V W / (V + W)。而后验就是 `bridge(x0, 0, t - 1, t, xt)`。"),
            ),
        ),
        "batch": Part(
            holds=("one time a sample, for any shape of x; its dtype is kept", "每个样本一个时刻，x 的形状不限，类型不变"),
            judge=judge_batch,
            hints=(
                ("Section 8: read with t as it comes, then shape. An `if` cannot judge a whole batch, not with `.any()` or `.all()` either, as each sample has its own t; and the variance needs a shape, too.", "看第 8 节：t 是什么样就怎么读，然后调整形状。`if` 判断不了一整批，加上 `.any()` 或 `.all()` 也不行，因为每个样本各有自己的 t；而方差也要调整形状。"),
                ("Compute each factor in float64, straight from the arrays, then hand it through `per_sample(factor, x)`, and the variance as well.", "每个系数都直接由数组在 float64 里算好，再经过 `per_sample(factor, x)`；方差也一样。"),
            ),
        ),
    },
)  # fmt: skip
