"""What is commonly got wrong in Algorithm 2 and in DDIM's step.

算法 2 与 DDIM 的一步中常见的错误。
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from course_utils.denoisers import Denoiser
from course_utils.exercises.coefficients import At
from course_utils.exercises.judging import Mistake
from course_utils.schedules import Schedule


def algorithm_2(schedule: Schedule, denoiser: Denoiser, xT: Tensor, z: Tensor) -> Tensor:
    """Algorithm 2 with variance beta; z[t] is the noise of the step that leaves t. 方差取 beta 的算法 2。"""
    xt = xT
    for t in range(schedule.T, 0, -1):
        eps_hat = (xt - schedule.signal[t] * denoiser(xt, t)) / schedule.noise[t]
        mean = xt - schedule.beta[t] / schedule.noise[t] * eps_hat
        xt = mean / schedule.alpha[t].sqrt()
        if t > 1:
            xt = xt + schedule.beta[t].sqrt() * z[t]
    return xt


def ddim(schedule: Schedule, xt: Tensor, t: int, s: int, eps_hat: Tensor, eta: float, noise: Tensor) -> Tensor:
    """DDIM's step from t to s, with eta and the fresh noise. DDIM 从 t 到 s 的一步。"""
    a_t, a_s = schedule.alpha_bar[t], schedule.alpha_bar[s]
    sigma = eta * ((1 - a_s) / (1 - a_t) * (1 - a_t / a_s)).sqrt()
    x0_hat = (xt - (1 - a_t).sqrt() * eps_hat) / a_t.sqrt()
    return a_s.sqrt() * x0_hat + (1 - a_s - sigma**2).sqrt() * eps_hat + sigma * noise


def _looped(
    of_xt: Callable[[At], Any] = lambda at: at.alpha**-0.5,
    of_eps: Callable[[At], Any] = lambda at: at.of_eps,
    of_z: Callable[[At], Any] = lambda at: 0 if at.last else at.beta**0.5,
    over: Callable[[int], range] = lambda T: range(T, 0, -1),
    ask: Callable[[int], int] = lambda t: t,
    pick: Callable[[int], int] = lambda t: t,
    then: Callable[[Tensor], Tensor] = lambda xt: xt,
    stale: bool = False,
    to_eps: Callable[[At, Tensor, Tensor], Tensor] = lambda at, xt, x0_hat: (xt - at.signal * x0_hat) / at.noise,
) -> Callable:
    """Algorithm 2 with other weights, other times, another time told to the denoiser, another noise picked."""

    def gives(schedule: Schedule, denoiser: Denoiser, xT: Tensor, z: Tensor) -> Tensor:
        xt = xT
        for t in over(schedule.T):
            at = At(schedule, t)
            eps_hat = to_eps(at, xt, denoiser(xT if stale else xt, ask(t)))
            xt = then(of_xt(at) * xt + of_eps(at) * eps_hat + of_z(at) * z[pick(t)])
        return xt

    return gives


def _at_T(schedule: Schedule, denoiser: Denoiser, xT: Tensor, z: Tensor) -> Tensor:
    return algorithm_2(schedule, lambda xt, _: denoiser(xt, schedule.T), xT, z)


def _one_noise(schedule: Schedule, denoiser: Denoiser, xT: Tensor, z: Tensor) -> Tensor:
    return algorithm_2(schedule, denoiser, xT, z[-1:].expand_as(z))


ALGORITHM_2_MISTAKES = [
    Mistake(_looped(**changes), en, zh)
    for changes, en, zh in (
        (dict(of_z=lambda at: at.beta**0.5), "noise is added at the last step, too: at t = 1 return the mean", "最后一步也加了噪声：t = 1 时应直接返回均值"),
        (dict(of_z=lambda at: at.tilde**0.5), "σ² = β̃_t: the paper allows it, but β_t was asked for", "σ² 取了 β̃_t：论文也允许，但这里要的是 β_t"),
        (dict(of_z=lambda at: 0), "no fresh noise is added: these are the means alone", "没有加新噪声：这只是一路取均值"),
        (dict(of_z=lambda at: 0 if at.last else at.beta), "z is scaled by β, a variance; the factor is its root", "z 乘的是方差 β；系数应为它的平方根"),
        (dict(of_z=lambda at: at.beta), "z is scaled by β, a variance, and added at the last step, too", "z 乘的是方差 β，而且最后一步也加了"),
        (dict(of_z=lambda at: 0 if at.last else 1), "z has no factor; it should be √β", "z 没有系数；应为 √β"),
        (dict(of_z=lambda at: 0 if at.last else (at.beta / at.alpha) ** 0.5), "the noise stands inside the bracket; √α_t divides the mean only", "噪声写进了括号里；√α_t 只除均值那一部分"),
        (dict(of_z=lambda at: 0 if at.last else -(at.beta**0.5)), "the noise is subtracted; −z has the same distribution, but line 4 adds it", "新噪声被减去了；−z 的分布与 z 相同，但第 4 行是加上"),
        (dict(over=lambda T: range(T, 1, -1)), "the loop ends too early: the step from t = 1 to 0 is missing", "循环结束得太早：漏了从 t = 1 到 0 的那一步"),
        (dict(over=lambda T: range(T - 1, 0, -1)), "the loop begins at T − 1: the step from T is missing", "循环从 T − 1 开始：漏了从 T 出发的那一步"),
        (dict(over=lambda T: range(1, T + 1)), "the loop runs upwards, from 1 to T; sampling goes down", "循环从 1 走到 T，方向反了；采样要往下走"),
        (dict(over=lambda T: range(T, T - 1, -1)), "it returns after the first step; put the return after the loop", "走一步就返回了；请把 return 放到循环之后"),
        (dict(ask=lambda t: t - 1), "the denoiser is asked about t − 1; x_t belongs to t (only libraries that count from 0 name it t − 1)", "问去噪器时给的是 t − 1；x_t 对应的是 t（从 0 数起的程序库才把它叫作 t − 1）"),
        (dict(pick=lambda t: t - 1), "z[t − 1] is taken; the noise of the step that leaves t is z[t]", "用了 z[t − 1]；从 t 出发那一步的噪声是 z[t]"),
        *((dict(pick=lambda t, k=k: -t - k), "z is counted from the first step on; the noise of the step that leaves t is z[t], so the walk begins with z[T]", "z 从第一步数起了；从 t 出发那一步的噪声是 z[t]，所以采样从 z[T] 用起") for k in (0, 1)),
        (dict(of_xt=lambda at: at.of_xt + at.beta / (1 - at.a), of_eps=lambda at: -at.beta / at.noise), "in the mean of the posterior x̂_0 has √ᾱ_t; it needs √ᾱ of t − 1, where the step arrives", "后验均值里，x̂_0 的权重用了 √ᾱ_t；应当用这一步到达的 t − 1 处的 √ᾱ"),
        (dict(stale=True), "the denoiser is asked about xT again and again; ask it about the current x_t", "每次问去噪器的都是 xT；应当问当前的 x_t"),
        (dict(of_xt=lambda at: 1 / at.signal, of_eps=lambda at: -at.beta / at.noise / at.signal), "it divides by √ᾱ_t; one step back divides by √α_t", "除以的是 √ᾱ_t；退回一步应除以 √α_t"),
        (dict(of_xt=lambda at: 1 / at.alpha, of_eps=lambda at: -at.beta / at.noise / at.alpha), "it divides by α_t; the factor is 1 / √α_t", "除以的是 α_t；系数应为 1 / √α_t"),
        (dict(of_xt=lambda at: 1, of_eps=lambda at: -at.beta / at.noise), "the division by √α_t is missing", "漏了除以 √α_t"),
        (dict(of_xt=lambda at: at.alpha**0.5, of_eps=lambda at: -at.beta / at.noise * at.alpha**0.5), "it multiplies by √α_t; the way back divides", "乘了 √α_t；往回走应当除"),
        (dict(of_eps=lambda at: -at.beta / at.noise), "only x_t is divided by √α_t; it divides the whole bracket", "只有 x_t 除以了 √α_t；√α_t 除的是整个括号"),
        (dict(of_eps=lambda at: -at.beta / (1 - at.a) / at.alpha**0.5), "it divides by 1 − ᾱ_t where √(1 − ᾱ_t) belongs: in ε̂ = (x_t − √ᾱ_t x̂_0) / √(1 − ᾱ_t), or in β_t / √(1 − ᾱ_t)", "该除以 √(1 − ᾱ_t) 的地方除以了 1 − ᾱ_t：在 ε̂ = (x_t − √ᾱ_t x̂_0) / √(1 − ᾱ_t) 里，或在 β_t / √(1 − ᾱ_t) 里"),
        (dict(of_eps=lambda at: -at.beta / at.beta**0.5 / at.alpha**0.5), "ε̂ has √β, as if it were one step's noise; it is all the noise in x_t: β / √(1 − ᾱ)", "ε̂ 的系数取了 √β，把它当成了一步的噪声；它是 x_t 中的全部噪声：系数为 β / √(1 − ᾱ)"),
        (dict(of_eps=lambda at: -at.noise / at.alpha**0.5), "it takes all the noise away in one step, √(1 − ᾱ) ε̂; a step takes β / √(1 − ᾱ)", "一步就去掉了全部噪声 √(1 − ᾱ) ε̂；一步只去掉 β / √(1 − ᾱ)"),
        (dict(of_eps=lambda at: at.beta / at.noise / at.alpha**0.5), "ε̂ is added; the step takes noise away", "ε̂ 被加上了；这一步应当去掉噪声"),
        (dict(of_xt=lambda at: 1 / at.signal, of_eps=lambda at: -at.noise / at.signal, of_z=lambda at: 0), "each step goes all the way to the guess of x_0; a step goes to t − 1", "每一步都走到了对 x_0 的猜测；一步只走到 t − 1"),
        (dict(of_xt=lambda at: at.signal_s / at.signal, of_eps=lambda at: at.noise_s - at.signal_s * at.noise / at.signal, of_z=lambda at: 0), "this is DDIM with η = 0, which adds no fresh noise; Algorithm 2 does", "这是 η = 0 的 DDIM，不加新噪声；算法 2 要加"),
        (dict(to_eps=lambda at, xt, x0_hat: x0_hat), "the denoiser's answer is x̂_0, and stands where line 4 has ε̂; x_t = √ᾱ_t x̂_0 + √(1 − ᾱ_t) ε̂ leads from one to the other", "去噪器回答的是 x̂_0，却放到了第 4 行 ε̂ 的位置；两者由 x_t = √ᾱ_t x̂_0 + √(1 − ᾱ_t) ε̂ 换算"),
        (dict(to_eps=lambda at, xt, x0_hat: xt - x0_hat), "ε̂ is taken as x_t − x̂_0; in x_t both have factors: x_t = √ᾱ_t x̂_0 + √(1 − ᾱ_t) ε̂", "把 ε̂ 取成了 x_t − x̂_0；在 x_t 里两者各有系数：x_t = √ᾱ_t x̂_0 + √(1 − ᾱ_t) ε̂"),
        (dict(to_eps=lambda at, xt, x0_hat: (xt - x0_hat) / at.noise), "on the way to ε̂, x̂_0 has no factor: x_t holds √ᾱ_t x̂_0", "求 ε̂ 时，x̂_0 没有系数：x_t 里是 √ᾱ_t x̂_0"),
        (dict(to_eps=lambda at, xt, x0_hat: xt - at.signal * x0_hat), "a division by √(1 − ᾱ_t) is missing: it stands in ε̂ = (x_t − √ᾱ_t x̂_0) / √(1 − ᾱ_t), and once more in line 4", "漏了除以 √(1 − ᾱ_t)：求 ε̂ = (x_t − √ᾱ_t x̂_0) / √(1 − ᾱ_t) 时要除，第 4 行里还要除"),
        (dict(to_eps=lambda at, xt, x0_hat: (xt - at.a * x0_hat) / at.noise), "on the way to ε̂, x̂_0 has the factor ᾱ_t; in x_t it has √ᾱ_t", "求 ε̂ 时，x̂_0 的系数取了 ᾱ_t；在 x_t 里是 √ᾱ_t"),
        (dict(to_eps=lambda at, xt, x0_hat: (xt - at.noise * x0_hat) / at.signal), "the denoiser's answer is taken for ε̂ and turned into x̂_0; it is x̂_0 already, and ε̂ is wanted", "把去噪器的回答当成 ε̂，换算成了 x̂_0；它本来就是 x̂_0，要的是 ε̂"),
        (dict(then=lambda xt: xt.clamp(-1, 1)), "x_t is clipped to [−1, 1] at every step; a noisy x_t may well lie outside", "每一步都把 x_t 截断到 [−1, 1]；带噪声的 x_t 本来就可以超出这个范围"),
        (dict(over=lambda T: range(0)), "this is xT itself, unchanged", "这就是 xT 本身，原样返回"),
    )
] + [
    Mistake(_at_T, "the denoiser is told T at every step; tell it the current t", "每一步告诉去噪器的都是 T；应当告诉它当前的 t"),
    Mistake(_one_noise, "the same noise is added at every step; each has its own, z[t]", "每一步加的是同一份噪声；每步各有一份，即 z[t]"),
]  # fmt: skip


class Between:
    """The numbers at t and s that DDIM's step is made of. DDIM 的一步用到的、t 与 s 处的各个数。"""

    def __init__(self, schedule: Schedule, t: int, s: int, eta: float):
        self.a, self.a_s, self.eta = schedule.alpha_bar[t], schedule.alpha_bar[s], eta
        self.beta = 1 - self.a / self.a_s
        self.tilde = (1 - self.a_s) / (1 - self.a) * self.beta  # the posterior variance
        self.one_step = schedule.posterior_variance[t]
        self.sigma = eta * self.tilde**0.5


def _stepped(
    sigma: Callable[[Between], Any] = lambda at: at.sigma,
    room: Callable[[Between, Any], Any] = lambda at, sigma: (1 - at.a_s - sigma**2).clamp(min=0) ** 0.5,
    signal: Callable[[Between], Any] = lambda at: at.a_s**0.5,
    guess: Callable[[Between, Tensor, Tensor], Tensor] = lambda at, xt, eps: (xt - (1 - at.a) ** 0.5 * eps) / at.a**0.5,
    fresh: Callable[[Tensor, Tensor], Tensor] = lambda eps, noise: noise,
    kept: Callable[[Tensor, Tensor], Tensor] = lambda eps, noise: eps,
) -> Callable:
    """DDIM's step with another sigma, another weight of eps_hat or of the guess, another guess, another noise."""

    def gives(schedule, xt, t, s, eps_hat, eta, noise) -> Tensor:
        at = Between(schedule, t, s, eta)
        size = sigma(at)
        x0_hat = guess(at, xt, eps_hat)
        return signal(at) * x0_hat + room(at, size) * kept(eps_hat, noise) + size * fresh(eps_hat, noise)

    return gives


DDIM_MISTAKES = [
    Mistake(_stepped(**changes), en, zh)
    for changes, en, zh in (
        (dict(sigma=lambda at: 0 * at.tilde), "eta is not used: σ is always 0", "没有用到 eta：σ 始终是 0"),
        (dict(sigma=lambda at: at.tilde**0.5), "eta is not used: this is σ = σ̃, as with η = 1", "没有用到 eta：这里 σ = σ̃，相当于 η = 1"),
        (dict(sigma=lambda at: at.eta * at.tilde), "σ has σ̃², the variance, in it; σ = η σ̃ with the root", "σ 用了方差 σ̃²；应为 σ = η σ̃，要开平方"),
        (dict(sigma=lambda at: (at.eta * at.tilde) ** 0.5), "eta stands under the root; σ = η σ̃", "eta 写进了根号里；应为 σ = η σ̃"),
        (dict(sigma=lambda at: at.eta * at.beta**0.5), "σ is η √(1 − ᾱ_t / ᾱ_s), from β; σ̃² also has the factor (1 − ᾱ_s) / (1 − ᾱ_t)", "σ 取了 η √(1 − ᾱ_t / ᾱ_s)，那是由 β 来的；σ̃² 还有因子 (1 − ᾱ_s) / (1 − ᾱ_t)"),
        (dict(sigma=lambda at: at.eta * ((1 - at.a) * at.beta / (1 - at.a_s).clamp(min=1e-12)).clamp(max=1e6) ** 0.5), "the ratio in σ̃² is upside down: it is (1 − ᾱ_s) / (1 − ᾱ_t)", "σ̃² 里的比值颠倒了：应为 (1 − ᾱ_s) / (1 − ᾱ_t)"),
        (dict(sigma=lambda at: at.eta * ((1 - at.a_s) / (1 - at.a)) ** 0.5), "the factor 1 − ᾱ_t / ᾱ_s is missing in σ̃²", "σ̃² 里漏了因子 1 − ᾱ_t / ᾱ_s"),
        (dict(sigma=lambda at: at.eta * at.one_step**0.5), "σ̃² is that of the step to t − 1; the step goes to s", "σ̃² 是走到 t − 1 那一步的；这一步走到 s"),
        (dict(room=lambda at, sigma: (1 - at.a_s) ** 0.5), "no room is left for the fresh noise: ε̂ has √(1 − ᾱ_s − σ²), else the variance is too large", "没有给新噪声留出方差：ε̂ 的系数应为 √(1 − ᾱ_s − σ²)，否则总方差太大"),
        (dict(room=lambda at, sigma: (1 - at.a_s) ** 0.5 - sigma), "standard deviations are subtracted; it is variances that add up: √(1 − ᾱ_s − σ²)", "相减的是标准差；能相加减的是方差：√(1 − ᾱ_s − σ²)"),
        (dict(room=lambda at, sigma: 1 - at.a_s - sigma**2), "the root is missing: ε̂ has √(1 − ᾱ_s − σ²)", "漏了平方根：ε̂ 的系数是 √(1 − ᾱ_s − σ²)"),
        (dict(room=lambda at, sigma: (1 - at.a_s - sigma).clamp(min=0) ** 0.5), "σ is not squared under the root: √(1 − ᾱ_s − σ²)", "根号里的 σ 没有平方：√(1 − ᾱ_s − σ²)"),
        (dict(room=lambda at, sigma: (1 - at.a - sigma**2).clamp(min=0) ** 0.5), "ε̂ has 1 − ᾱ of t; the step arrives at s", "ε̂ 用了 t 处的 1 − ᾱ；这一步到达的是 s"),
        (dict(room=lambda at, sigma: (1 - at.a_s + sigma**2) ** 0.5), "σ² is added under the root; take it away", "根号里加上了 σ²；应当减去"),
        (dict(room=lambda at, sigma: 0 * at.a), "ε̂ is left out: √(1 − ᾱ_s − σ²) ε̂ is missing", "漏了 √(1 − ᾱ_s − σ²) ε̂ 这一项"),
        (dict(fresh=lambda eps, noise: 0 * noise), "room is left for the fresh noise, but it is not added", "给新噪声留出了方差，却没有加上它"),
        (dict(fresh=lambda eps, noise: eps), "the noise that is added is ε̂ once more; use the fresh noise", "加上的噪声又是 ε̂；应当用新的 noise"),
        (dict(fresh=lambda eps, noise: eps, kept=lambda eps, noise: noise), "ε̂ and the fresh noise are swapped", "ε̂ 与新噪声写反了"),
        (dict(kept=lambda eps, noise: noise), "fresh noise alone is put back; ε̂ belongs in the second term", "放回去的全是新噪声；第二项应当是 ε̂"),
        (dict(fresh=lambda eps, noise: -noise), "the noise is subtracted; −z has the same distribution, but (1) adds it", "新噪声被减去了；−z 的分布与 z 相同，但 (1) 是加上"),
        (dict(signal=lambda at: at.a_s), "x̂_0 is scaled by ᾱ_s; the factor is √ᾱ_s", "x̂_0 乘的是 ᾱ_s；系数应为 √ᾱ_s"),
        (dict(signal=lambda at: at.a**0.5), "x̂_0 is scaled by √ᾱ of t; the step arrives at s", "x̂_0 乘的是 t 处的 √ᾱ；这一步到达的是 s"),
        (dict(signal=lambda at: 1), "x̂_0 has no factor; it is √ᾱ_s", "x̂_0 没有系数；应为 √ᾱ_s"),
        (dict(guess=lambda at, xt, eps: xt), "x_t stands where x̂_0 belongs", "该用 x̂_0 的地方用了 x_t"),
        (dict(guess=lambda at, xt, eps: xt - (1 - at.a) ** 0.5 * eps), "x̂_0 is not divided by √ᾱ_t", "x̂_0 没有除以 √ᾱ_t"),
        (dict(guess=lambda at, xt, eps: (xt - (1 - at.a) * eps) / at.a**0.5), "in x̂_0, ε̂ has 1 − ᾱ, the variance; the factor is √(1 − ᾱ_t)", "x̂_0 里 ε̂ 乘的是方差 1 − ᾱ；系数应为 √(1 − ᾱ_t)"),
        (dict(guess=lambda at, xt, eps: (xt - (1 - at.a) ** 0.5 * eps) / at.a), "in x̂_0 it divides by ᾱ_t; the factor is √ᾱ_t", "x̂_0 里除以的是 ᾱ_t；应除以 √ᾱ_t"),
        (dict(guess=lambda at, xt, eps: (xt - eps) / at.a**0.5), "in x̂_0, ε̂ has no factor; it is √(1 − ᾱ_t)", "x̂_0 里 ε̂ 没有系数；应为 √(1 − ᾱ_t)"),
        (dict(guess=lambda at, xt, eps: (xt - (1 - at.a_s) ** 0.5 * eps) / at.a_s**0.5), "x̂_0 is computed with ᾱ of s; x_t belongs to t", "x̂_0 用 s 处的 ᾱ 算了；x_t 对应的是 t"),
        (dict(guess=lambda at, xt, eps: ((xt - (1 - at.a) ** 0.5 * eps) / at.a**0.5).clamp(-1, 1)), "x̂_0 is clipped to [−1, 1]; a denoiser may do so, (1) does not", "x̂_0 被截断到 [−1, 1]；去噪器可以这样做，但 (1) 里没有这一步"),
        (dict(sigma=lambda at: 0 * at.a, room=lambda at, sigma: 0 * at.a, signal=lambda at: 1), "this is x̂_0 itself; noise it to s again", "这就是 x̂_0 本身；还要把它重新加噪到 s"),
        (dict(room=lambda at, sigma: (at.a_s - sigma**2).clamp(min=0) ** 0.5), "ᾱ_s stands where 1 − ᾱ_s belongs, in the factor of ε̂", "ε̂ 的系数里，该用 1 − ᾱ_s 的地方用了 ᾱ_s"),
    )
]  # fmt: skip
NO_ROOT = (
    "some of its values are not finite, as when a root is taken of a negative number: are t and s swapped, or is σ̃² not "
    "as in (2), or is σ not squared in 1 − ᾱ_s − σ²?",
    "其中有些值不是有限数，对负数开平方就会这样：t 与 s 写反了，σ̃² 与 (2) 不符，还是 1 − ᾱ_s − σ² 里的 σ 漏了平方？",
)
