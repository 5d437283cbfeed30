"""What is commonly got wrong in a reverse step: in the posterior mean, in Algorithm 2.

反向步中常见的错误：后验均值、算法 2。
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from course_utils.exercises.coefficients import At
from course_utils.exercises.judging import Mistake
from course_utils.schedules import Schedule, linear


def _weighed(of_x0: Callable[[At], Any], of_xt: Callable[[At], Any]) -> Callable:
    """A function with the arguments (schedule, x0, xt, t) that weighs x0 and xt."""

    def gives(schedule: Schedule, x0: Tensor, xt: Tensor, t: int) -> Tensor:
        at = At(schedule, t)
        return of_x0(at) * x0 + of_xt(at) * xt

    return gives


def _averaged(weight: Callable[[Tensor], Any]) -> tuple[Callable[[At], Tensor], Callable[[At], Tensor]]:
    return lambda at: at.averaged(weight)[0], lambda at: at.averaged(weight)[1]


def _stepped(
    of_xt: Callable[[At], Any] | None = None,
    of_eps: Callable[[At], Any] | None = None,
    of_noise: Callable[[At], Any] = lambda at: at.tilde**0.5,
) -> Callable:
    """A function with the arguments (schedule, xt, t, eps_hat, noise) that weighs the three; None is the right weight."""

    def gives(schedule: Schedule, xt: Tensor, t: int, eps_hat: Tensor, noise: Tensor) -> Tensor:
        at = At(schedule, t)
        a = of_xt(at) if of_xt else at.alpha**-0.5
        b = of_eps(at) if of_eps else at.of_eps
        return a * xt + b * eps_hat + of_noise(at) * noise

    return gives


def _page() -> At:
    """The numbers that lie about on the page, from its derivation: 10 steps, t = 4."""
    return At(linear(10), 4)


def _clipped(gives: Callable) -> Callable:
    return lambda *given: gives(*given).clamp(-1, 1)


def _with_clipped_x0(schedule: Schedule, xt: Tensor, t: int, eps_hat: Tensor, noise: Tensor) -> Tensor:
    at = At(schedule, t)
    x0_hat = ((xt - at.noise * eps_hat) / at.signal).clamp(-1, 1)
    return at.of_x0 * x0_hat + at.of_xt * xt + at.tilde**0.5 * noise


def shifted(truth: Callable, place: int) -> list[Mistake]:
    """Mistakes that take t one too small or one too large; `place` is where t stands among the arguments.

    t 小 1 或大 1 的错误；`place` 是 t 在参数中的位置。
    """

    def by(shift: int) -> Callable:
        def gives(schedule: Schedule, *rest: Any) -> Tensor:
            moved = list(rest)
            moved[place - 1] = min(max(moved[place - 1] + shift, 1), schedule.T)
            return truth(schedule, *moved)

        return gives

    return [
        Mistake(by(-1), "t is one too small: here t counts from 0, the clean image", "t 小了 1：这里 t = 0 是干净图像"),
        Mistake(by(1), "t is one too large", "t 大了 1"),
    ]


MEAN_MISTAKES = [
    Mistake(_weighed(of_x0, of_xt), en, zh)
    for of_x0, of_xt, en, zh in (
        (lambda at: at.of_xt, lambda at: at.of_x0, "the two weights are swapped", "两个权重写反了"),
        (lambda at: at.signal * at.beta / (1 - at.a), lambda at: at.alpha**0.5, "it has ᾱ_t where ᾱ of t − 1 belongs: the step ends at s = t − 1", "该用 ᾱ_{t−1} 的地方用了 ᾱ_t：这一步的终点是 s = t − 1"),
        (lambda at: at.signal * at.beta / (1 - at.a), lambda at: at.of_xt, "the weight of x0 has √ᾱ_t; it needs √ᾱ of t − 1", "x0 的权重里用了 √ᾱ_t；应为 √ᾱ_{t−1}"),
        (lambda at: at.of_x0, lambda at: at.alpha**0.5, "the weight of xt has 1 − ᾱ_t above and below, and cancels; above belongs 1 − ᾱ of t − 1", "xt 的权重上下都是 1 − ᾱ_t，约掉了；分子应为 1 − ᾱ_{t−1}"),
        (lambda at: at.a_s * at.beta / (1 - at.a), lambda at: at.alpha * (1 - at.a_s) / (1 - at.a), "both square roots are missing: √ᾱ_{t−1} and √α_t", "两个平方根都漏了：√ᾱ_{t−1} 与 √α_t"),
        (lambda at: at.a_s * at.beta / (1 - at.a), lambda at: at.of_xt, "the weight of x0 has ᾱ_{t−1} without its square root", "x0 权重里的 ᾱ_{t−1} 漏了平方根"),
        (lambda at: at.of_x0, lambda at: at.alpha * (1 - at.a_s) / (1 - at.a), "the weight of xt has α_t without its square root", "xt 权重里的 α_t 漏了平方根"),
        (lambda at: at.a_s**0.5 * at.tilde / (1 - at.a), lambda at: at.of_xt, "the weight of x0 has β̃_t, the posterior's variance; it needs β_t", "x0 的权重里用了后验方差 β̃_t；应为 β_t"),
        (lambda at: at.a_s**0.5 * at.beta**0.5 / (1 - at.a), lambda at: at.of_xt, "the weight of x0 has √β_t; it needs β_t", "x0 的权重里用了 √β_t；应为 β_t"),
        (lambda at: at.of_x0 / (at.of_x0 + at.of_xt), lambda at: at.of_xt / (at.of_x0 + at.of_xt), "the weights are made to add up to 1; they do not", "权重被凑成相加为 1；其实并非如此"),
        (lambda at: at.of_x0, lambda at: 1 - at.of_x0, "the weight of xt is taken as 1 minus that of x0; the weights do not add up to 1", "xt 的权重取成了 1 减去 x0 的权重；两者之和并不是 1"),
        (lambda at: 1 - at.of_xt, lambda at: at.of_xt, "the weight of x0 is taken as 1 minus that of xt; the weights do not add up to 1", "x0 的权重取成了 1 减去 xt 的权重；两者之和并不是 1"),
        (lambda at: at.a_s**0.5, lambda _: 0, "this is the mean of q(x_{t−1} | x_0), which knows nothing of xt", "这是 q(x_{t−1} | x_0) 的均值，与 xt 无关"),
        (lambda at: at.signal, lambda _: 0, "this is the forward mean √ᾱ_t x0, the mean of x_t", "这是前向均值 √ᾱ_t x0，即 x_t 的均值"),
        (lambda _: 0, lambda at: at.alpha**-0.5, "this is where the likelihood is centred, xt / √α_t; x0 has no say", "这是似然的中心 xt / √α_t，没有用到 x0"),
        (lambda at: at.a_s**0.5 * at.beta, lambda at: at.alpha**0.5 * (1 - at.a_s), "both weights must be divided by 1 − ᾱ_t", "两个权重都还要除以 1 − ᾱ_t"),
        (lambda at: at.a_s**0.5 * at.beta / at.noise, lambda at: at.alpha**0.5 * (1 - at.a_s) / at.noise, "it divides by √(1 − ᾱ_t), a standard deviation; the variance 1 − ᾱ_t is needed", "除以的是标准差 √(1 − ᾱ_t)；应除以方差 1 − ᾱ_t"),
        (lambda at: at.of_x0, lambda at: at.signal * (1 - at.a_s) / (1 - at.a), "the weight of xt has √ᾱ_t; it needs √α_t, that of one step", "xt 的权重里用了 √ᾱ_t；应为单步的 √α_t"),
        (lambda at: -at.of_x0, lambda at: at.of_xt, "x0 is subtracted; both bells pull, so both weights are positive", "x0 被减去了；两条钟形曲线都在拉，两个权重都是正的"),
        (lambda _: _page().of_x0, lambda _: _page().of_xt, "the weights are always those of t = 4 in 10 steps: the names a_t, a_s, alpha, beta of section 3. Read them from `schedule` at `t`", "权重总是 10 步、t = 4 时的那两个：用到了第 3 节留下的 a_t、a_s、alpha、beta。请从 `schedule` 中按 `t` 读取"),
        (lambda _: 0, lambda _: 1, "this is xt itself, unchanged", "这就是 xt 本身，原样返回"),
        (lambda _: 1, lambda _: 0, "this is x0 itself; the step goes to t − 1 only", "这就是 x0 本身；这一步只走到 t − 1"),
        (lambda at: at.of_x0, lambda at: -at.of_xt, "xt is subtracted; both bells pull, so both weights are positive", "xt 被减去了；两条钟形曲线都在拉，两个权重都是正的"),
        (lambda at: at.signal_s * at.beta / (1 - at.alpha), lambda at: at.alpha**0.5 * (1 - at.a_s) / (1 - at.alpha), "it divides by 1 − α_t; the bar is missing: 1 − ᾱ_t", "除以的是 1 − α_t；漏了横线，应为 1 − ᾱ_t"),
        (lambda at: at.signal_s * at.beta / (1 - at.a_s), lambda at: at.alpha**0.5, "it divides by 1 − ᾱ of t − 1; both weights are divided by 1 − ᾱ_t", "除以的是 1 − ᾱ_{t−1}；两个权重都应除以 1 − ᾱ_t"),
        (lambda at: at.signal_s / (1 - at.a), lambda at: at.of_xt, "the weight of x0 lacks its factor β_t", "x0 的权重漏了因子 β_t"),
        (lambda at: at.alpha**0.5 * at.beta / (1 - at.a), lambda at: at.signal_s * (1 - at.a_s) / (1 - at.a), "the two roots have changed places: √ᾱ of t − 1 goes with x0, √α_t with xt", "两个根号换了位置：√ᾱ_{t−1} 属于 x0，√α_t 属于 xt"),
        (lambda at: at.alpha**0.5 * at.beta / (1 - at.a), lambda at: at.of_xt, "the weight of x0 has √α_t; it needs √ᾱ of t − 1", "x0 的权重里用了 √α_t；应为 √ᾱ_{t−1}"),
        (lambda at: at.of_x0, lambda at: at.signal_s * (1 - at.a_s) / (1 - at.a), "the weight of xt has √ᾱ of t − 1; it needs √α_t", "xt 的权重里用了 √ᾱ_{t−1}；应为 √α_t"),
        (lambda at: at.of_x0, lambda at: at.alpha**0.5 * at.noise_s / (1 - at.a), "the weight of xt has √(1 − ᾱ) of t − 1, a standard deviation; it needs the variance", "xt 的权重里用了标准差 √(1 − ᾱ_{t−1})；应为方差"),
        (lambda at: at.signal_s / (1 - at.a_s), lambda at: at.alpha**0.5 / at.beta, "this is B of (4); the mean is B / A", "这是 (4) 中的 B；均值是 B / A"),
        (*_averaged(lambda variance: 1), "it is the plain average of the two centres; the narrower bell has more say", "这是两个中心的简单平均；更窄的那条钟形曲线应当占更大的份量"),
        (*_averaged(lambda variance: variance), "each centre is weighted by its variance; it should be by its precision, one over the variance", "每个中心都按方差加权了；应按精度，即方差的倒数"),
        (*_averaged(lambda variance: variance**-0.5), "each centre is weighted by one over its standard deviation; it should be one over the variance", "每个中心的权重取成了标准差的倒数；应为方差的倒数"),
        (lambda at: at.averaged(lambda v: 1 / v)[0] / at.signal_s, lambda at: at.averaged(lambda v: 1 / v)[1] * at.alpha**0.5, "x0 and xt themselves are averaged; the centres are √ᾱ x0, with ᾱ of t − 1, and xt / √α_t", "被平均的是 x0 与 xt 本身；应当是两个中心：√ᾱ_{t−1} x0 与 xt / √α_t"),
        (lambda at: -at.beta / at.noise / at.alpha**0.5, lambda at: at.alpha**-0.5, "x0 is put where ε stands in a formula for the mean", "把 x0 代入了均值公式中 ε 的位置"),
        (lambda at: at.signal_s * at.beta_s / (1 - at.a), lambda at: at.alpha_s**0.5 * (1 - at.a_s) / (1 - at.a), "α and β are those of t − 1; only ᾱ is needed there", "α 与 β 取了 t − 1 处的值；那里只用得到 ᾱ"),
        (lambda at: at.a_ss**0.5 * at.beta / (1 - at.a_s), lambda at: at.alpha**0.5 * (1 - at.a_ss) / (1 - at.a_s), "ᾱ is read one step too early, at t − 1 and t − 2; it is needed at t and t − 1", "ᾱ 早读了一步，取在 t − 1 与 t − 2；应取在 t 与 t − 1"),
        (lambda at: at.a_next**0.5 * at.beta / (1 - at.a), lambda at: at.alpha**0.5 * (1 - at.a_next) / (1 - at.a), "it has ᾱ of t + 1 where ᾱ of t − 1 belongs: the step leads to t − 1", "该用 ᾱ_{t−1} 的地方用了 ᾱ_{t+1}：这一步走向 t − 1"),
    )
] + [
    Mistake(_clipped(_weighed(lambda at: at.of_x0, lambda at: at.of_xt)), "the result is clipped to [−1, 1]; a noisy x_{t−1} may well lie outside", "结果被截断到 [−1, 1]；带噪声的 x_{t−1} 本来就可以超出这个范围"),
    Mistake(lambda schedule, x0, xt, t: _weighed(lambda at: at.of_x0, lambda at: at.of_xt)(schedule, x0.clamp(-1, 1), xt, t), "x0 is clipped to [−1, 1]; take it as it is handed in", "x0 被截断到 [−1, 1]；传进来是什么就用什么"),
]  # fmt: skip
STEP_MISTAKES = [
    Mistake(_stepped(*weights), en, zh)
    for *weights, en, zh in (
        (None, None, lambda at: at.beta**0.5 if at.last else at.tilde**0.5, "noise is added at the last step: at t = 1 return the mean", "最后一步也加了噪声：t = 1 时应直接返回均值"),
        (None, None, lambda at: at.beta**0.5, "σ² = β_t, and noise is added at the last step, too: at t = 1 return the mean, before that take σ² = β̃_t", "σ² 取了 β_t，最后一步还加了噪声：t = 1 时返回均值，其余取 σ² = β̃_t"),
        (None, None, lambda at: 0 if at.last else at.beta**0.5, "σ² = β_t: a choice that the paper allows, too, but β̃_t was asked for", "σ² 取了 β_t：论文也允许，但这里要的是 β̃_t"),
        (None, None, lambda at: at.tilde, "the noise is scaled by β̃, a variance; the factor is its root", "噪声乘的是方差 β̃；系数应为它的平方根"),
        (None, None, lambda at: at.beta, "the noise is scaled by β; the factor is √β̃", "噪声乘的是 β；系数应为 √β̃"),
        (None, None, lambda _: 0, "no noise is added: this is the mean alone", "没有加噪声：这只是均值"),
        (None, None, lambda at: 0 if at.last else 1, "the noise has no factor; it is √β̃", "噪声没有系数；应为 √β̃"),
        (None, None, lambda _: 1, "the noise has no factor, and is added at the last step, too; the factor is √β̃, 0 at t = 1", "噪声没有系数，最后一步也加了；系数应为 √β̃，t = 1 时为 0"),
        (None, lambda at: -at.beta / (1 - at.a) / at.alpha**0.5, "it divides by 1 − ᾱ; the factor of eps_hat is β / √(1 − ᾱ)", "除以的是 1 − ᾱ；eps_hat 的系数是 β / √(1 − ᾱ)"),
        (None, lambda at: -(at.beta**0.5) / at.noise / at.alpha**0.5, "eps_hat has √β / √(1 − ᾱ); the factor is β / √(1 − ᾱ)", "eps_hat 的系数写成了 √β / √(1 − ᾱ)；应为 β / √(1 − ᾱ)"),
        (None, lambda at: -(at.beta**0.5) / at.alpha**0.5, "it takes √β eps_hat away, as if eps_hat were the last step's noise; it is all the noise in xt: β / √(1 − ᾱ)", "减去的是 √β eps_hat，把 eps_hat 当成了最后一步的噪声；它是 xt 中的全部噪声：系数为 β / √(1 − ᾱ)"),
        (lambda at: 1 / at.signal, lambda at: -at.beta / at.noise / at.signal, "it divides by √ᾱ_t; one step back divides by √α_t", "除以的是 √ᾱ_t；退回一步应除以 √α_t"),
        (lambda at: 1 / at.alpha, lambda at: -at.beta / at.noise / at.alpha, "it divides by α_t; the factor is 1 / √α_t", "除以的是 α_t；系数应为 1 / √α_t"),
        (lambda _: 1, lambda at: -at.beta / at.noise, "the division by √α_t is missing", "漏了除以 √α_t"),
        (lambda at: at.alpha**-0.5, lambda at: -at.beta / at.noise, "it divides xt before it subtracts; √α_t divides the whole bracket", "先除后减了；√α_t 除的是整个括号"),
        (None, lambda at: at.beta / at.noise / at.alpha**0.5, "eps_hat is added; the step takes noise away", "eps_hat 被加上了；这一步应当去掉噪声"),
        (lambda at: 1 / at.signal, lambda at: -at.noise / at.signal, lambda _: 0, "this is the guess of x_0; the step goes to t − 1 only", "这是对 x_0 的猜测；这一步只走到 t − 1"),
        (lambda at: at.a_s**0.5 / at.signal, lambda at: -(at.a_s**0.5) * at.noise / at.signal, lambda at: (1 - at.a_s) ** 0.5, "this guesses x_0 and jumps forwards again with fresh noise; the posterior also keeps much of xt", "这是先猜 x_0，再用新噪声向前跳；后验还保留了 xt 的大部分"),
        (lambda at: at.a_s**0.5 / at.signal, lambda at: (1 - at.a_s) ** 0.5 - at.a_s**0.5 * at.noise / at.signal, lambda _: 0, "this is the DDIM step, which adds no fresh noise; Algorithm 2 does", "这是不加新噪声的 DDIM 步；算法 2 要加"),
        (None, None, lambda at: at.tilde_2**0.5, "noise is added at the last step: at t = 1 return the mean", "最后一步也加了噪声：t = 1 时应直接返回均值"),
        (lambda _: 1, lambda _: 0, lambda _: 0, "this is xt itself, unchanged", "这就是 xt 本身，原样返回"),
        (None, lambda at: at.of_eps + at.tilde**0.5, lambda _: 0, "the noise that is added is eps_hat once more; use the fresh noise", "加上的噪声又是 eps_hat；应当用新噪声"),
        (None, lambda at: at.tilde**0.5, lambda at: at.of_eps, "eps_hat and noise are swapped", "eps_hat 与噪声写反了"),
        (None, None, lambda at: -(at.tilde**0.5), "the noise is subtracted; by chance alone that is as good, but Algorithm 2 adds it", "新噪声被减去了；论随机性没有差别，但算法 2 是加上"),
        (None, None, lambda at: (at.tilde / at.alpha) ** 0.5, "the noise stands inside the bracket; √α_t divides the mean only", "新噪声写进了括号里；√α_t 只除均值那一部分"),
        (None, None, lambda at: at.tilde_s**0.5, "β̃ is that of t − 1; the step from t has β̃_t", "β̃ 取了 t − 1 处的值；从 t 出发的一步用 β̃_t"),
        (None, None, lambda at: at.beta_s**0.5, "the variance is β of t − 1; the step from t has β̃_t", "方差取了 β_{t−1}；从 t 出发的一步用 β̃_t"),
        (None, None, lambda at: 0 if at.last else ((1 - at.a) / (1 - at.a_s) * at.beta) ** 0.5, "the ratio in β̃ is upside down; it is below 1", "β̃ 里的比值颠倒了；它应小于 1"),
        (None, None, lambda at: ((1 - at.a_s) / (1 - at.a)) ** 0.5, "the factor β_t is missing in β̃", "β̃ 里漏了因子 β_t"),
        (None, None, lambda at: at.noise_s, "the noise has √(1 − ᾱ) of t − 1, as in a jump from x_0; a step adds √β̃_t", "噪声的系数用了 √(1 − ᾱ_{t−1})，那是从 x_0 跳过来的；一步只加 √β̃_t"),
        (None, None, lambda at: at.noise, "the noise has √(1 − ᾱ_t), all the noise of xt; a step adds √β̃_t", "噪声的系数用了 √(1 − ᾱ_t)，那是 xt 中的全部噪声；一步只加 √β̃_t"),
        (None, None, lambda at: (at.beta * at.tilde) ** 0.25, "this variance lies between β and β̃; β̃_t was asked for", "这个方差介于 β 与 β̃ 之间；这里要的是 β̃_t"),
        (None, lambda at: -at.beta / at.alpha**0.5, "it takes β eps_hat away; the factor is β / √(1 − ᾱ)", "减去的是 β eps_hat；系数应为 β / √(1 − ᾱ)"),
        (None, lambda at: -at.beta / at.noise_s / at.alpha**0.5, "√(1 − ᾱ) is that of t − 1; the factor of eps_hat is β / √(1 − ᾱ_t)", "√(1 − ᾱ) 取了 t − 1 处的值；eps_hat 的系数是 β / √(1 − ᾱ_t)"),
        (None, lambda at: -at.noise / at.alpha**0.5, "it takes all the noise away, √(1 − ᾱ) eps_hat; one step takes β / √(1 − ᾱ)", "一下子去掉了全部噪声 √(1 − ᾱ) eps_hat；一步只去掉 β / √(1 − ᾱ)"),
        (lambda at: at.alpha**0.5, lambda at: -at.beta / at.noise * at.alpha**0.5, "it multiplies by √α_t; the way back divides", "乘了 √α_t；往回走应当除"),
        (lambda at: 1 / at.signal, lambda at: -at.noise / at.signal, "noise is added to the guess of x_0; the mean of the step lies near xt", "噪声加到了对 x_0 的猜测上；这一步的均值在 xt 附近"),
        (lambda at: at.signal_s / at.signal, lambda at: at.noise_s - at.signal_s * at.noise / at.signal, "fresh noise is added to a full DDIM step; with it, eps_hat needs less than √(1 − ᾱ) of t − 1", "在完整的 DDIM 步上又加了新噪声；既然加了，eps_hat 的系数就要小于 √(1 − ᾱ_{t−1})"),
        (lambda at: at.alpha**-0.5, lambda at: -(at.beta**0.5) / at.alpha**0.5, lambda _: 0, "this undoes a forward step, as if eps_hat were its noise, and adds none", "这是倒推一个前向步，把 eps_hat 当成了那一步的噪声，也没有加新噪声"),
        (lambda at: at.alpha**-0.5, lambda _: 0, lambda at: -(at.beta**0.5) / at.alpha**0.5, "this undoes a forward step with the fresh noise, which is not in xt; eps_hat is", "这是用新噪声倒推一个前向步；可 xt 里没有这份噪声，有的是 eps_hat"),
        (lambda at: at.alpha**0.5, lambda _: 0, lambda at: at.beta**0.5, "this is a forward step", "这是一个前向步"),
        (lambda at: at.of_xt, lambda at: at.of_x0, "eps_hat is put where x_0 stands in (7)", "把 eps_hat 代入了 (7) 中 x_0 的位置"),
        (lambda at: at.alpha**0.5, lambda at: -at.signal_s * at.beta / at.noise, "eps_hat is put where v stands in (10)", "把 eps_hat 代入了 (10) 中 v 的位置"),
        (lambda _: 0, lambda _: 1, "eps_hat is taken for the mean itself", "把 eps_hat 当成了均值本身"),
    )
] + [
    Mistake(_with_clipped_x0, "the guess of x_0 is clipped to [−1, 1]; samplers may do so, but (9) was asked for", "对 x_0 的猜测被截断到 [−1, 1]；采样器可以这样做，但这里要的是 (9)"),
    Mistake(_clipped(_stepped()), "the result is clipped to [−1, 1]; a noisy x_{t−1} may well lie outside", "结果被截断到 [−1, 1]；带噪声的 x_{t−1} 本来就可以超出这个范围"),
]  # fmt: skip
