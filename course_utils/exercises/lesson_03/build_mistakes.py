"""What is commonly got wrong in a variance-exploding process: its step, its posterior, its walk, its twin.

方差爆炸过程中常见的错误：它的一步、后验、往回走，以及孪生过程。
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake


class Two:
    """The two widths of a move between s and t, and what is made of them. 在 s 与 t 之间走动时的两个宽度，及由它们得出的量。"""

    def __init__(self, sigma: Tensor, s: int, t: int):
        self.s, self.t, self.before = sigma[s], sigma[t], sigma[t - 1]
        self.added = self.t**2 - self.s**2
        self.kept = self.s**2 / self.t**2
        self.alpha_bar, self.alpha_bar_s = 1 / (1 + self.t**2), 1 / (1 + self.s**2)
        self.alpha = self.alpha_bar / self.alpha_bar_s


def stepped(of_xs: Callable[[Two], Any], of_eps: Callable[[Two], Any]) -> Callable:
    """A function with the arguments (sigma, xs, s, t, eps) that weighs xs and eps. 以 xs 与 eps 加权的函数。"""

    def gives(sigma: Tensor, xs: Tensor, s: int, t: int, eps: Tensor) -> Tensor:
        two = Two(sigma, s, t)
        return of_xs(two) * xs + of_eps(two) * eps

    return gives


def averaged(of_xt: Callable[[Two], Any], of_x0: Callable[[Two], Any]) -> Callable:
    """A function with the arguments (sigma, xt, t, x0, s) that weighs xt and x0. 以 xt 与 x0 加权的函数。"""

    def gives(sigma: Tensor, xt: Tensor, t: int, x0: Tensor, s: int) -> Tensor:
        two = Two(sigma, s, t)
        return of_xt(two) * xt + of_x0(two) * x0

    return gives


def spread(of: Callable[[Two], Tensor]) -> Callable:
    """A number with the arguments (sigma, xt, t, x0, s). 由 (sigma, xt, t, x0, s) 得到的数。"""
    return lambda sigma, xt, t, x0, s: float(of(Two(sigma, s, t)))


def walked(move: Callable[..., Tensor], asked: Callable[..., Any] = lambda states, t, s: (states[-1], t)) -> Callable:
    """A walk with the arguments (sigma, xT, predictor, times, noises); `move` makes a step of (two, xt, eps_hat, noise).

    参数为 (sigma, xT, predictor, times, noises) 的行走；`move` 由 (two, xt, eps_hat, noise) 走一步。
    """

    def gives(sigma: Tensor, xT: Tensor, predictor: Callable, times: Iterable[int], noises: Tensor) -> Tensor:
        states, times = [xT], list(times)
        for t, s, noise in zip(times, times[1:], noises, strict=False):
            states.append(move(Two(sigma, s, t), states[-1], predictor(*asked(states, t, s)), noise))
        return torch.stack(states)

    return gives


def between(two: Two, xt: Tensor, x0_hat: Tensor) -> Tensor:
    """The point between a guess and x_t where the posterior is centred. 后验的中心：猜测与 x_t 之间的一点。"""
    return two.kept * xt + (1 - two.kept) * x0_hat


def _guess(two: Two, xt: Tensor, eps_hat: Tensor) -> Tensor:
    return xt - two.t * eps_hat


def _right(two: Two, xt: Tensor, eps_hat: Tensor, noise: Tensor) -> Tensor:
    return between(two, xt, _guess(two, xt, eps_hat)) + (two.kept * two.added).sqrt() * noise


def _one_back(two: Two, xt: Tensor, eps_hat: Tensor, noise: Tensor) -> Tensor:
    kept = two.before**2 / two.t**2
    return kept * xt + (1 - kept) * _guess(two, xt, eps_hat) + (kept * (two.t**2 - two.before**2)).sqrt() * noise


def _with_noises(change: Callable[[list[Tensor]], list[Tensor]]) -> Callable:
    def gives(sigma: Tensor, xT: Tensor, predictor: Callable, times: Iterable[int], noises: list[Tensor]) -> Tensor:
        return walked(_right)(sigma, xT, predictor, times, change(noises))

    return gives


def _asked_once(sigma: Tensor, xT: Tensor, predictor: Callable, times: list[int], noises: list[Tensor]) -> Tensor:
    said = predictor(xT, times[0])
    return walked(_right)(sigma, xT, lambda *_: said, times, noises)


JUMP_MISTAKES = [
    Mistake(lambda sigma, x0, t, eps: (x0 + sigma[t] * eps) / (1 + sigma[t] ** 2).sqrt(), "the image fades; here it stays whole", "图像变淡了；这里它保持完整"),
    Mistake(lambda sigma, x0, t, eps: x0 + sigma[t] ** 2 * eps, "σ_t is a width already; it is not squared", "σ_t 本身就是宽度，不必平方"),
    Mistake(lambda sigma, x0, t, eps: (1 - sigma[t] ** 2).sqrt() * x0 + sigma[t] * eps, "x0 keeps the factor 1 here; √(1 − σ_t²) would let it fade, and is no number where σ_t > 1", "这里 x0 的系数就是 1；√(1 − σ_t²) 会让它变淡，而 σ_t > 1 时根本开不出根"),
]  # fmt: skip
STEP_MISTAKES = [
    Mistake(stepped(lambda _: 1, lambda two: two.t - two.s), "standard deviations are subtracted; of independent noises the variances add up", "相减的是标准差；独立的噪声，相加的是方差"),
    Mistake(stepped(lambda _: 1, lambda two: two.t), "the step adds all the noise of x_t, though x_s has a part of it already", "这一步加了 x_t 的全部噪声，可 x_s 里已经有了一部分"),
    Mistake(stepped(lambda _: 1, lambda two: two.added), "the noise is multiplied by a variance; its square root is meant", "噪声乘的是方差；应乘它的平方根"),
    Mistake(stepped(lambda _: 1, lambda two: (two.t**2 + two.s**2) ** 0.5), "the two variances are added; how much is missing from the one to the other?", "把两个方差加起来了；应问从一个到另一个还差多少"),
    Mistake(stepped(lambda two: two.alpha**0.5, lambda two: (1 - two.alpha) ** 0.5), "this is the step of the variance-preserving process: here the image does not fade", "这是方差保持过程的一步；这里的图像并不变淡"),
    Mistake(stepped(lambda two: (1 - two.added.clamp(max=1)) ** 0.5, lambda two: two.added**0.5), "x_s is scaled down; here the image does not fade", "x_s 被缩小了；这里的图像并不变淡"),
    Mistake(stepped(lambda _: 1, lambda two: (two.t**2 - two.before**2) ** 0.5), "it goes from t − 1 to t, wherever s is", "不管 s 在哪里，它总是从 t − 1 走到 t"),
    Mistake(stepped(lambda two: two.t / two.s, lambda two: two.added**0.5), "x_s is scaled up by σ_t / σ_s, and its image with it; here the image stays as it is", "x_s 放大了 σ_t / σ_s 倍，图像也跟着放大；这里的图像原样不动"),
]  # fmt: skip
MEAN_MISTAKES = [
    Mistake(averaged(lambda two: 1 - two.kept, lambda two: two.kept), "the two weights are swapped: the smaller the noise at s, the nearer x_s is to x0", "两个权重写反了：s 处的噪声越小，x_s 离 x0 越近"),
    Mistake(averaged(lambda two: two.s / two.t, lambda two: 1 - two.s / two.t), "the weights are made of standard deviations; precisions are made of variances", "权重用的是标准差；精度由方差得来"),
    Mistake(averaged(lambda two: two.s**2 / (two.s**2 + two.t**2), lambda two: two.t**2 / (two.s**2 + two.t**2)), "the likelihood is given all the noise of x_t; from s to t only a part of it is added", "似然用了 x_t 的全部噪声；从 s 到 t 只加了其中一部分"),
    Mistake(averaged(lambda two: two.s**2 / (two.s**2 + (two.t - two.s) ** 2), lambda two: (two.t - two.s) ** 2 / (two.s**2 + (two.t - two.s) ** 2)), "the likelihood's variance is the square of a difference; it is a difference of squares", "似然的方差用了差的平方；应为平方之差"),
    Mistake(averaged(lambda two: two.alpha**0.5 * (1 - two.alpha_bar_s) / (1 - two.alpha_bar), lambda two: two.alpha_bar_s**0.5 * (1 - two.alpha) / (1 - two.alpha_bar)), "this is (7), the mean of the variance-preserving process; derive it again for this one", "这是 (7)，方差保持过程的均值；请为这个过程重新推导"),
    Mistake(averaged(lambda two: two.before**2 / two.t**2, lambda two: 1 - two.before**2 / two.t**2), "it goes back to t − 1, wherever s is", "不管 s 在哪里，它总是退到 t − 1"),
    Mistake(averaged(lambda _: 0.5, lambda _: 0.5), "a plain average; each bell counts by its precision", "这是简单平均；每条钟形曲线应按精度加权"),
    Mistake(averaged(lambda _: 0, lambda _: 1), "this is the prior's centre; xt has no say in it", "这是先验的中心，没有用到 xt"),
    Mistake(averaged(lambda _: 1, lambda _: 0), "this is the likelihood's centre; x0 has no say in it", "这是似然的中心，没有用到 x0"),
    Mistake(averaged(lambda two: two.s**2, lambda two: two.added), "the weights do not add up to 1: divide by the sum of the two variances", "两个权重之和不是 1：还要除以两个方差之和"),
]  # fmt: skip
VARIANCE_MISTAKES = [
    Mistake(spread(lambda two: (two.kept * two.added).sqrt()), "this is the standard deviation; the variance is asked for", "这是标准差；要的是方差"),
    Mistake(spread(lambda two: two.added), "this is the variance of the step from s to t, as β was: it does not know x0", "这是从 s 到 t 那一步的方差，地位如同 β：它不知道 x0"),
    Mistake(spread(lambda two: two.s**2), "this is the prior's variance; xt makes it smaller", "这是先验的方差；知道了 xt，它应更小"),
    Mistake(spread(lambda two: 1 / (1 / two.s**2 + 1 / two.t**2)), "the likelihood is given all the noise of x_t; from s to t only a part of it is added", "似然用了 x_t 的全部噪声；从 s 到 t 只加了其中一部分"),
    Mistake(spread(lambda two: two.s**2 * (two.t - two.s) ** 2 / (two.s**2 + (two.t - two.s) ** 2)), "the likelihood's variance is the square of a difference; it is a difference of squares", "似然的方差用了差的平方；应为平方之差"),
    Mistake(spread(lambda two: two.kept * two.s**2), "the prior's variance is shrunk by the weight of xt; look at one over the sum of the precisions again", "先验的方差乘上了 xt 的权重；请再看精度之和的倒数"),
    Mistake(spread(lambda two: two.t**2 / (two.s**2 * two.added)), "this is the precision; the variance is one over it", "这是精度；方差是它的倒数"),
    Mistake(spread(lambda two: two.s**2 + two.added), "the two variances are added; it is the precisions that add up", "相加的是两个方差；应相加的是精度"),
    Mistake(spread(lambda two: two.s**2 * two.added), "this is the product of the two variances; it is still to be divided by their sum", "这是两个方差之积；还要除以两者之和"),
    Mistake(spread(lambda two: (1 - two.alpha_bar_s) / (1 - two.alpha_bar) * (1 - two.alpha)), "this is (6), of the variance-preserving process; derive it again for this one", "这是 (6)，属于方差保持过程；请为这个过程重新推导"),
    Mistake(spread(lambda two: two.s * (two.t - two.s) / two.t), "it is made of standard deviations; precisions are made of variances", "它由标准差组成；精度由方差得来"),
    Mistake(spread(lambda two: two.before**2 * (two.t**2 - two.before**2) / two.t**2), "it goes back to t − 1, wherever s is", "不管 s 在哪里，它总是退到 t − 1"),
]  # fmt: skip
WALK_MISTAKES = [
    Mistake(walked(lambda two, xt, eps, noise: between(two, xt, _guess(two, xt, eps)) + two.kept * two.added * noise), "the noise is multiplied by the variance; its square root is meant", "噪声乘的是方差；应乘它的平方根"),
    Mistake(walked(lambda two, xt, eps, noise: between(two, xt, _guess(two, xt, eps))), "no noise is added: each step returns the mean alone", "没有加噪声：每一步只取了均值"),
    Mistake(walked(lambda two, xt, eps, noise: between(two, xt, _guess(two, xt, eps)) + two.added.sqrt() * noise), "it adds the noise of a forward step, at the last step too; the posterior has a variance of its own", "加的是前向步的噪声，连最后一步也加；后验有它自己的方差"),
    Mistake(walked(lambda two, xt, eps, noise: between(two, xt, _guess(two, xt, eps)) + (two.added.sqrt() if two.s else 0) * noise), "it adds the noise of a forward step; the posterior has a variance of its own", "加的是前向步的噪声；后验有它自己的方差"),
    Mistake(walked(lambda two, xt, eps, noise: between(two, xt, _guess(two, xt, eps)) + noise), "the fresh noise has no factor", "新噪声没有乘系数"),
    Mistake(walked(lambda two, xt, eps, noise: between(two, xt, xt - eps) + (two.kept * two.added).sqrt() * noise), "the guess of x0 is taken as x_t − ε̂; the noise in x_t is wider than that", "对 x0 的猜测取成了 x_t − ε̂；x_t 里的噪声比这宽"),
    Mistake(walked(lambda two, xt, eps, noise: between(two, xt, xt - two.t**2 * eps) + (two.kept * two.added).sqrt() * noise), "in the guess of x0 the noise has the factor σ²; the width σ is meant", "猜 x0 时噪声乘的是 σ²；应乘宽度 σ"),
    Mistake(walked(lambda two, xt, eps, noise: between(two, xt, xt - two.s * eps) + (two.kept * two.added).sqrt() * noise), "in the guess of x0 the noise has the width of s; x_t has that of t", "猜 x0 时噪声用了 s 处的宽度；x_t 里的是 t 处的"),
    Mistake(walked(lambda two, xt, eps, noise: between(two, xt, eps) + (two.kept * two.added).sqrt() * noise), "what the predictor says is put in as x0; it says ε̂", "把预测器的回答当作 x0 代了进去；它给出的是 ε̂"),
    Mistake(walked(lambda two, xt, eps, noise: _guess(two, xt, eps) + two.s * noise), "each step noises the guess anew, from x0_hat straight to s; a draw from the posterior remembers x_t", "每一步都把猜测重新加噪到 s；从后验抽取，则会记得 x_t"),
    Mistake(walked(lambda two, xt, eps, noise: _guess(two, xt, eps) + two.s * eps), "it puts the predicted noise back in at s and adds nothing fresh; draw from the posterior", "它在 s 处放回预测的噪声，没有加新噪声；应从后验抽取"),
    Mistake(walked(lambda two, xt, eps, noise: xt - (two.t - two.s) * eps + two.added.sqrt() * noise), "it takes off σ_t − σ_s of ε̂, which leads to s without any fresh noise, and then adds noise on top; draw from the posterior, whose centre takes off more", "它减去了 (σ_t − σ_s) ε̂，不加新噪声就已走到 s，却又另加了噪声；应从后验抽取，后验的中心减得更多"),
    Mistake(walked(_one_back), "each step goes back to t − 1, and t itself on to the next of `times`; it must end at `times[i + 1]`", "每一步都只退到 t − 1，而 t 却换成了 `times` 里的下一个；这一步应走到 `times[i + 1]`"),
    Mistake(walked(_right, lambda states, t, s: (states[-1], s)), "the predictor is told s; x_t belongs to t", "告诉预测器的是 s；x_t 属于 t"),
    Mistake(walked(_right, lambda states, t, s: (states[0], t)), "the predictor is always shown xT; show it the x_t of now", "给预测器看的总是 xT；应给它看当前的 x_t"),
    Mistake(_asked_once, "the predictor is asked once only, at xT; ask it again at every step", "只在 xT 处问了一次预测器；每一步都要重新问"),
    Mistake(walked(lambda two, xt, eps, noise: between(two, xt, (xt - (1 - two.alpha_bar).sqrt() * eps) / two.alpha_bar.sqrt()) + (two.kept * two.added).sqrt() * noise), "the guess of x0 is (8), which belongs to the variance-preserving process; solve x_t = x_0 + σ_t ε̂ for x_0", "猜 x0 用的是 (8)，那属于方差保持过程；请从 x_t = x_0 + σ_t ε̂ 解出 x_0"),
    Mistake(lambda *given: walked(_right)(*given).flip(0), "the list is the wrong way round: xT comes first, x_0 last", "列表的次序反了：xT 在最前，x_0 在最后"),
    Mistake(_with_noises(lambda noises: noises[-1:] + noises[:-1]), "the noises are shifted by one: the step from `times[i]` takes `noises[i]`", "噪声错开了一个：从 `times[i]` 出发的一步用 `noises[i]`"),
    Mistake(_with_noises(lambda noises: noises[1:] + noises[:1]), "the noises are shifted by one: the step from `times[i]` takes `noises[i]`", "噪声错开了一个：从 `times[i]` 出发的一步用 `noises[i]`"),
    Mistake(_with_noises(lambda noises: noises[::-1]), "the noises are taken from the end; the step from `times[i]` takes `noises[i]`", "噪声从末尾倒着取了；从 `times[i]` 出发的一步用 `noises[i]`"),
    Mistake(_with_noises(lambda noises: noises[:1] * len(noises)), "every step takes the same noise; each has its own, `noises[i]`", "每一步用的都是同一份噪声；每步各有一份，即 `noises[i]`"),
    Mistake(walked(lambda two, xt, eps, noise: two.alpha**0.5 * (1 - two.alpha_bar_s) / (1 - two.alpha_bar) * xt + two.alpha_bar_s**0.5 * (1 - two.alpha) / (1 - two.alpha_bar) * _guess(two, xt, eps) + ((1 - two.alpha_bar_s) / (1 - two.alpha_bar) * (1 - two.alpha)).sqrt() * noise), "this is the walk of the variance-preserving process", "这是方差保持过程的行走"),
]  # fmt: skip
TWIN_MISTAKES = [
    Mistake(lambda sigma: (1 + sigma**2) ** -0.5, "this is the factor of x0, √ᾱ; ᾱ is its square", "这是 x0 的系数 √ᾱ；ᾱ 是它的平方"),
    Mistake(lambda sigma: 1 / (1 + sigma), "the variances of image and noise must add up to 1, not their widths", "图像与噪声相加为 1 的应是方差，不是宽度"),
    Mistake(lambda sigma: 1 - 1 / (1 + sigma**2), "this is 1 − ᾱ", "这是 1 − ᾱ"),
    Mistake(lambda sigma: 1 - sigma**2, "it falls below 0: x_t must be scaled so that image and noise shrink together", "它会降到 0 以下：x_t 应整个缩放，图像与噪声一起变小"),
    Mistake(lambda sigma: (-(sigma**2)).exp(), "x_t times √ᾱ must have noise of the width √(1 − ᾱ); with this ᾱ it does not", "x_t 乘以 √ᾱ 后，噪声的宽度应为 √(1 − ᾱ)；这个 ᾱ 不满足"),
    Mistake(lambda sigma: (1 / (1 + sigma**2)).cumprod(0), "these are products over all steps; σ_t is the width of all the noise up to t already", "这里连乘了各步；σ_t 已是到 t 为止全部噪声的宽度"),
    Mistake(lambda sigma: (1 - sigma**2).cumprod(0), "these are products over all steps; σ_t is the width of all the noise up to t already", "这里连乘了各步；σ_t 已是到 t 为止全部噪声的宽度"),
    Mistake(lambda sigma: 1 - sigma**2 / sigma[-1] ** 2, "it ends at 0, but some of x_0 is left in x_T: √(1 − ᾱ) must be σ_t times √ᾱ", "它在末尾降到 0，可 x_T 里还留着一点 x_0：√(1 − ᾱ) 应是 √ᾱ 的 σ_t 倍"),
]  # fmt: skip
SNR_FOR_TWIN = Mistake(lambda sigma: sigma[1:] ** -2, "this is 1 / σ², the signal-to-noise ratio; ᾱ is not the ratio but the image's share", "这是 1 / σ²，即信噪比；ᾱ 不是这个比，而是图像所占的份额")  # fmt: skip
