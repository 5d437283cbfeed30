"""Read off what a harness hands to the samplers whether its denoiser is the best guess for Gaussian data.

从量具交给采样器的去噪器，看它是不是高斯数据的最优猜测。
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from torch import Tensor

from course_utils.denoisers import Denoiser
from course_utils.exercises.lesson_07.listening import departs
from course_utils.experiments.moons import Sampler
from course_utils.language import Said
from course_utils.samplers import Sample
from course_utils.schedules import Schedule

Asked = tuple[Tensor, int, Any]  # what a denoiser was shown, and what it answered


def overheard(sampler: Sampler, asked: list[Asked]) -> Sampler:
    """The same sampler, which notes what its denoiser answers. 同一个采样器，但记下去噪器的回答。"""

    def walks(schedule: Schedule, denoiser: Denoiser, xT: Tensor, times: Sequence[int], **how: Any) -> Iterator[Sample]:
        def noting(xt: Tensor, t: int) -> Any:
            x0_hat = denoiser(xt, t)
            if len(asked) < 20:
                asked.append((xt.clone(), t, x0_hat))
            return x0_hat

        yield from sampler(schedule, noting, xT, times, **how)

    return walks


def fault_of_denoiser(schedule: Schedule, std: float, asked: Sequence[Asked]) -> Said | None:
    """What is wrong with the guesses that were overheard; None if they are the best ones. 旁听到的猜测错在哪里。"""
    if not asked or not all(isinstance(x0_hat, Tensor) for _, _, x0_hat in asked):
        return None

    def alike(factor: Callable[[float, float], float]) -> bool:
        """Is every guess x_t times this number, made of the noise ratio and of the signal?"""
        at = ((x, float(schedule.noise_to_signal[t]), float(schedule.signal[t]), given) for x, t, given in asked)
        return not any(departs(given, factor(r, signal) * x, 1e-4) for x, r, signal, given in at)

    if alike(lambda r, signal: std**2 / (std**2 + r**2) / signal):
        return None
    for factor, en, zh in _other_guesses(std):
        if alike(factor):
            return f"your denoiser is wrong: {en}", f"你的去噪器不对：{zh}"
    return _worst(schedule, std, asked)


def _worst(schedule: Schedule, std: float, asked: Sequence[Asked]) -> Said:
    """By how much a guess that has no name is wrong, where it is by the most: far away nearly all guesses are alike."""
    guessed = []
    for x, t, given in asked:
        r, signal = float(schedule.noise_to_signal[t]), float(schedule.signal[t])
        if given.shape == x.shape:
            best = std**2 / (std**2 + r**2) / signal * x
            guessed.append((float(((given - best) / best).abs().max()), x, r, given, best))
    x, t, given = asked[0]
    if not guessed:
        return (
            f"your denoiser answers with the shape {tuple(given.shape)} to an x_t of {tuple(x.shape)}",
            f"x_t 的形状是 {tuple(x.shape)}，你的去噪器回答的形状却是 {tuple(given.shape)}",
        )
    _, x, r, given, best = max(guessed, key=lambda guess: guess[0])
    return (
        f"your denoiser is wrong: of x_t = {float(x.flatten()[0]):.2f} at r = {r:.3g}, with std = {std:.2f}, it guesses "
        f"{float(given.flatten()[0]):.5g}; the best guess is {float(best.flatten()[0]):.5g}",
        f"你的去噪器不对：x_t = {float(x.flatten()[0]):.2f}、r = {r:.3g}、std = {std:.2f} 时，它猜 "
        f"{float(given.flatten()[0]):.5g}；最优猜测是 {float(best.flatten()[0]):.5g}",
    )


def _other_guesses(std: float) -> list[tuple[Callable[[float, float], float], str, str]]:
    def width(signal: float, v: float = std**2) -> float:
        """V_t, the variance of x_t."""
        return signal**2 * v + 1 - signal**2

    def best(r: float, signal: float) -> float:
        return std**2 / (std**2 + r**2) / signal

    return [
        (lambda r, signal: std**2 / (std**2 + r**2), "it shrinks x_t; shrink x̄ = x_t / √ᾱ_t, whose noise has the std r", "它收缩的是 x_t；该收缩的是 x̄ = x_t / √ᾱ_t，它的噪声标准差才是 r"),
        (lambda r, signal: std**2 / (std**2 + r**2) * signal, "it shrinks √ᾱ_t x_t; x̄ is x_t divided by √ᾱ_t", "它收缩的是 √ᾱ_t x_t；x̄ 是 x_t 除以 √ᾱ_t"),
        (lambda r, signal: 1 / signal, "its guess is x̄ as it stands; with noise in it, the best guess lies nearer to the mean of the data", "它把 x̄ 直接当成猜测；x̄ 带噪声，最优猜测更靠近数据的均值"),
        (lambda r, signal: r**2 / (std**2 + r**2) / signal, "the weights are swapped: x̄ has the weight std² / (std² + r²)", "权重对调了：x̄ 的权重是 std² / (std² + r²)"),
        (lambda r, signal: std / (std + r) / signal, "neither std nor r is squared: variances add up", "std 与 r 都没有平方：相加的是方差"),
        (lambda r, signal: std / (std + r**2) / signal, "std is not squared", "std 没有平方"),
        (lambda r, signal: std**2 / (std**2 + r) / signal, "r is not squared", "r 没有平方"),
        (lambda r, signal: std / (std**2 + r**2) ** 0.5 / signal, "its guess is where the flow ends; the best guess has no root in it", "它猜的是流的终点；最优猜测不开方"),
        (lambda r, signal: r / (std**2 + r**2) / signal, "it answers with ε̂; a sampler asks for the guess of x_0", "它回答的是 ε̂；采样器要的是对 x_0 的猜测"),
        (lambda r, signal: std**2 / (std**2 + 1 - signal**2) / signal, "the noise in x̄ is taken to have the variance 1 − ᾱ_t, which is that in x_t; in x̄ it is r²", "把 x̄ 中噪声的方差当成了 1 − ᾱ_t，那是 x_t 中的；x̄ 中的是 r²"),
        (lambda r, signal: best(r, signal) * width(signal) ** 0.5, "it divides by √V_t, the width of x_t; divide by its variance V_t", "它除以了 x_t 的宽度 √V_t；应除以方差 V_t"),
        (lambda r, signal: best(r, signal) / width(signal), "it divides by V_t squared; V_t is a variance already", "它除以了 V_t 的平方；V_t 本来就是方差"),
        (lambda r, signal: best(r, signal) / signal, "√ᾱ_t is missing: the covariance of x_0 and x_t is √ᾱ_t std²", "漏了 √ᾱ_t：x_0 与 x_t 的协方差是 √ᾱ_t std²"),
        (lambda r, signal: best(r, signal) ** 2, "the slope of the guess, √ᾱ_t std² / V_t, is squared", "猜测的斜率 √ᾱ_t std² / V_t 多平方了一次"),
        (lambda r, signal: best(r, signal) / std, "std is not squared", "std 没有平方"),
        (lambda r, signal: best(r, signal) / std * width(signal) ** 0.5, "it is made of widths, std and √V_t; the best guess is made of variances, std² and V_t", "它由标准差 std 与 √V_t 组成；最优猜测由方差 std² 与 V_t 得出"),
        (lambda r, signal: signal * std**2 / width(signal, std), "in V_t std is not squared: V_t is ᾱ_t std² + 1 − ᾱ_t", "V_t 里的 std 没有平方：V_t 是 ᾱ_t std² + 1 − ᾱ_t"),
        (lambda r, signal: signal * std**2 / (std**2 + 1 - signal**2), "V_t is ᾱ_t std² + 1 − ᾱ_t: the data, too, are scaled", "V_t 是 ᾱ_t std² + 1 − ᾱ_t：数据也要乘系数"),
        (lambda r, signal: signal * std**2 / (1 - signal**2), "it divides by the variance of the noise alone; x_t has that of the data, too: V_t is ᾱ_t std² + 1 − ᾱ_t", "它只除以噪声的方差；x_t 里还有数据的：V_t 是 ᾱ_t std² + 1 − ᾱ_t"),
        (lambda r, signal: 0.0, "it always guesses the mean of the data", "它总是猜数据的均值"),
    ]  # fmt: skip
