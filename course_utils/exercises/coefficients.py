"""The numbers of a schedule at t that formulas are made of; several lessons' mistakes are written with them.

公式中用到的、调度在 t 处的各个数；几课的常见错误都用它来写。
"""

from collections.abc import Callable

from torch import Tensor

from course_utils.schedules import Schedule


class At:
    """The numbers of a schedule at t that formulas are made of. 公式中用到的、调度在 t 处的各个数。"""

    def __init__(self, schedule: Schedule, t: int):
        alpha_bar, alpha, beta, tilde = schedule.alpha_bar, schedule.alpha, schedule.beta, schedule.posterior_variance
        self.last = t == 1
        self.a, self.a_s, self.a_ss, self.a_next = (
            alpha_bar[i] for i in (t, t - 1, max(t - 2, 0), min(t + 1, len(alpha) - 1))
        )
        self.alpha, self.alpha_s, self.beta, self.beta_s = alpha[t], alpha[t - 1], beta[t], beta[t - 1]
        self.tilde, self.tilde_s, self.tilde_2 = tilde[t], tilde[t - 1], tilde[max(t, 2)]
        self.signal, self.signal_s, self.noise, self.noise_s = (
            self.a**0.5,
            self.a_s**0.5,
            (1 - self.a) ** 0.5,
            (1 - self.a_s) ** 0.5,
        )
        self.of_x0 = self.signal_s * self.beta / (1 - self.a)
        self.of_xt = self.alpha**0.5 * (1 - self.a_s) / (1 - self.a)
        self.of_eps = -self.beta / self.noise / self.alpha**0.5
        self.prior, self.likelihood = 1 - self.a_s, self.beta / self.alpha  # variances over x_{t-1}

    def averaged(self, weight: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        """The weights of x0 and xt if the two centres are averaged, each weighted by a function of its variance.

        把两个中心加权平均时 x0 与 xt 的权重；各自的权是其方差的函数。
        """
        of_prior, of_likelihood = weight(self.prior), weight(self.likelihood)
        total = of_prior + of_likelihood
        return of_prior / total * self.signal_s, of_likelihood / total / self.alpha**0.5


def between(schedule: Schedule, t: int, s: int) -> dict[str, float]:
    """What the factors of a step from t to s are made of, by their symbols. 从 t 到 s 的一步，系数由哪些数构成。"""
    a, b = float(schedule.alpha_bar[t]), float(schedule.alpha_bar[s])
    ratio = schedule.noise_to_signal
    at = {"ᾱ_t": a, "ᾱ_s": b, "1 − ᾱ_t": 1 - a, "1 − ᾱ_s": 1 - b, "r_t − r_s": float(ratio[t] - ratio[s])}
    return at | {"t − s": float(t - s), "T": float(schedule.T), "1 − ᾱ_t / ᾱ_s": 1 - a / b, "ᾱ_s / ᾱ_t − 1": b / a - 1}
