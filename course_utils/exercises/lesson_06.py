"""Lesson 06, Training: its exercises and its questions.

第 06 课“训练”的练习与题目。
"""

from collections.abc import Callable
from functools import cache
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from course_utils import plots, pretrained, schedules
from course_utils.data import digits
from course_utils.denoisers import Denoiser
from course_utils.exercises import Exercise, Question
from course_utils.exercises.algorithm_1 import judge_step, simple_loss
from course_utils.exercises.bound import bound_weights, half_of_the_bound, share_up_to
from course_utils.exercises.clinic import PATIENTS, judge_patients
from course_utils.exercises.judging import asked_number, judge_function
from course_utils.exercises.training_mistakes import (
    EMA_MISTAKES,
    V_MISTAKES,
    WEIGHT_MISTAKES,
    bound_weight,
    followed,
    v_weight,
)
from course_utils.forward import eps_from_x0
from course_utils.language import Said
from course_utils.mlp import MLP
from course_utils.oracle import finite
from course_utils.samplers import ddim, last
from course_utils.times import even_times
from course_utils.training import TrainState, by_level, held_out, start, train

WITHIN = 10  # timesteps by which the slider may be off
SHARE = 0.3  # of the data at +1, in the example of the median


def judge_weight(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's weight of the bound, or None. 读者的下界权重错在哪里；正确时为 None。"""
    cases = []
    for schedule in (schedules.linear(), schedules.cosine(100), schedules.raw_quadratic(40), schedules.linear(9)):
        between = torch.randint(3, schedule.T, (2,), generator=generator).tolist()
        for t in (2, *between, schedule.T):
            for variance in (schedule.beta[t], schedule.posterior_variance[t], 1.7 * schedule.beta[t]):
                cases.append({"schedule": schedule, "t": t, "variance": float(variance)})
    return judge_function(answer, bound_weight, cases, WEIGHT_MISTAKES, tolerance=1e-6)


def judge_v(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's weight of v, or None. 读者的 v 权重错在哪里；正确时为 None。"""
    log_snr = torch.randn(6, generator=generator, dtype=torch.float64) + torch.tensor([1.0, -3, 3, -1, 2, -2])
    draws = [log_snr, log_snr[:1].float(), log_snr.reshape(2, 3), log_snr[:1] - 12, log_snr[:1] + 9]
    return judge_function(answer, v_weight, [{"snr": draw.exp()} for draw in draws], V_MISTAKES)


def judge_ema(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's step of the moving average, or None. 读者的移动平均一步错在哪里；正确时为 None。"""
    cases = []
    for shape, kind, decay in (
        ((4, 3), torch.float32, 0.9),
        ((5,), torch.float64, 0.995),
        ((2, 1, 3, 3), torch.float32, 0.25),
    ):
        old, new = torch.randn(2, *shape, generator=generator, dtype=kind)
        cases.append({"average": old, "weights": new, "decay": decay})
    return judge_function(answer, followed, cases, EMA_MISTAKES)


def judge_half(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the t up to which half of the bound's weight lies? 是不是下界权重过半的那个 t？"""
    t, fault = asked_number(answer, 1, 1000)
    schedule = schedules.linear()
    truth = half_of_the_bound(schedule)
    if fault is not None or abs(t - truth) <= WITHIN:
        return fault
    share = f"{share_up_to(bound_weights(schedule), t):.0%}"
    if t < truth:
        return (
            f"up to t = {t} the bound has {share} of its weight; move t up",
            f"到 t = {t} 为止，下界的权重才占 {share}；把 t 往上调",
        )
    return (
        f"up to t = {t} the bound has {share} of its weight already; move t down",
        f"到 t = {t} 为止，下界的权重已占 {share}；把 t 往下调",
    )


def heaviest() -> int:
    """The option that names where the bound's weight is largest: t = 2, 350 or 1000; or the same. 权重最大处。"""
    weights = bound_weights(schedules.linear())
    at = [float(weights[t - 2]) for t in (2, 350, 1000)]
    return 3 if max(at) < 1.5 * min(at) else max(range(3), key=lambda i: at[i])


def l1_and_l2() -> dict[str, Denoiser]:
    """Data of two values only, 7 of 10 at -1: what l2 leads to, the mean, and l1, the likelier value, the median.

    数据只有两个值，十分之七在 -1：l2 学到的均值，与 l1 学到的中位数（更可能的那个值）。
    """
    schedule, values = schedules.cosine(), torch.tensor([[-1.0], [1.0]], dtype=torch.float64)
    few = torch.cat([values[:1].expand(7, 1), values[1:].expand(3, 1)])
    truth = finite(schedule, few)

    def median(xt: Tensor, t: int) -> Tensor:
        high = truth.shares(xt, t)[:, 7:].sum(1, keepdim=True) > 0.5
        return eps_from_x0(schedule, xt, t, torch.where(high, values[1], values[0]).to(xt))

    return {"l2": truth, "l1": median}


@cache
def drawn_by_losses(n: int = 4000) -> dict[str, Tensor]:
    """n samples of DDIM with each of the two. 用两者各采 n 个样本。"""
    first = torch.randn(n, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    times = even_times(1000, 50)
    return {name: last(ddim(schedules.cosine(), who, first, times)) for name, who in l1_and_l2().items()}


def minority() -> int:
    """The option nearest to the share of +1 that l1 leads to: 50, 30, 10 or 0 %. l1 得到的 +1 份额最接近的选项。"""
    share = float((drawn_by_losses()["l1"] > 0).double().mean())
    return min(range(4), key=lambda i: abs((0.5, SHARE, 0.1, 0.0)[i] - share))


@cache
def levels_of_the_shipped() -> Tensor:
    """The shipped network's loss on the digits in ten parts of 1..T. 随课程附带的网络在十段噪声水平上的损失。"""
    t, found = held_out(schedules.cosine(), pretrained("digits"), digits().x)
    return by_level(t / 1000, found)


def noisier_half() -> int:
    """The option nearest to the share of that loss that lies above T / 2. t > T/2 占损失份额最接近的选项。"""
    levels = levels_of_the_shipped()
    share = float(levels[5:].sum() / levels.sum())
    return min(range(4), key=lambda i: abs((0.8, 0.5, 0.2, 0.01)[i] - share))


@cache
def midway() -> TrainState:
    """A small network in the middle of its training. 训练到一半的小网络。"""
    torch.manual_seed(0)
    state = start(MLP(size=64, width=256, layers=2), learning_rate=3e-3)
    for _ in islice(train(state, schedules.cosine(), digits().x, 1500, ema_decay=0.98), 300):
        pass
    return state


@cache
def losses_midway() -> dict[str, Tensor]:
    """The loss of its newest weights and of their average, in ten parts of 1..T. 最新权重与平均权重在十段上的损失。"""
    state, found = midway(), {}
    for name, network in (("newest", state.network), ("EMA", state.ema)):
        t, off = held_out(schedules.cosine(), network, digits().x)
        found[name] = by_level(t / 1000, off)
    return found


def better_half() -> int:
    """The option that says whose loss is lower in the middle of a run. 训练中途谁的损失更低。"""
    new, ema = (float(levels.mean()) for levels in losses_midway().values())
    return 2 if abs(new - ema) < 0.01 * new else 0 if new < ema else 1


EXERCISES = {
    "weight": Exercise(
        reference=bound_weight,
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
        reference=half_of_the_bound(schedules.linear()),
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
        reference=simple_loss,
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
                "At the end `(denoiser(xt, t) - eps).square().mean()`, with the eps of the jump.",
                "最后是 `(denoiser(xt, t) - eps).square().mean()`，其中的 eps 就是跳跃用的那份。",
            ),
        ),
    ),
    "snr": Exercise(
        reference=v_weight,
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
        reference=followed,
        judge=judge_ema,
        hints=(
            (
                "The average keeps most of itself and takes a little of the new weights.",
                "平均值保留自己的大部分，再取一点新的权重。",
            ),
            ("The two shares are `decay` and `1 - decay`.", "两份分别是 `decay` 与 `1 - decay`。"),
            ("Return `decay * average + (1 - decay) * weights`.", "返回 `decay * average + (1 - decay) * weights`。"),
        ),
    ),
    "patients": Exercise(
        reference=dict(PATIENTS),
        judge=judge_patients,
        hints=(
            (
                "Compare each blue curve with the grey one first; then look at the two sets of samples.",
                "先把每条蓝线与灰线对照，再看两组样本。",
            ),
            (
                "One loss is impossibly low, one grows, one is stuck. Of the rest, one has strange samples on the right "
                "alone, one has no black, and one is too high where the noise is heaviest.",
                "有一个损失低得不可能，有一个在增长，有一个卡住不动。其余三个：一个只有右边的样本怪，一个没有黑色，一个在噪声最重处偏高。",
            ),
            (
                "The one that is impossibly low is `noise`; the one that grows is `gradients`.",
                "低得不可能的是 `noise`；增长的是 `gradients`。",
            ),
        ),
    ),
}

QUESTIONS = {
    "heaviest": Question(
        text=(
            "The bound multiplies the squared error of ε at each t by a weight. Linear schedule, T = 1000, σ² = β: at "
            "which t is the weight the largest?",
            "变分下界在每个 t 处都给 ε 的平方误差乘上一个权重。线性调度，T = 1000，σ² = β：哪个 t 的权重最大？",
        ),
        options=(
            ("t = 2, hardly any noise", "t = 2，几乎没有噪声"),
            ("t = 350, in between", "t = 350，居中"),
            ("t = 1000, pure noise", "t = 1000，纯噪声"),
            ("all the same", "都一样"),
        ),
        answer=heaviest,
        why=(
            "It is β_t / (2 α_t (1 − ᾱ_t)). At small t hardly any noise has come together, and 1 − ᾱ_t is small: a small "
            "mistake in ε is then large beside the narrow step.",
            "它等于 β_t / (2 α_t (1 − ᾱ_t))。t 小时，累积的噪声还很少，1 − ᾱ_t 很小：ε 的一点误差，与那窄窄的一步相比就很大。",
        ),
        figure=lambda: plots.curves(
            {"weight": {"σ² = β": bound_weights(schedules.linear()).tolist()}}, range(2, 1001), log="xy"
        ),
    ),
    "minority": Question(
        text=(
            "Every image is one pixel: −1 in 70 % of the data, +1 in 30 %. One perfect network was trained with l2, another "
            "with l1, and DDIM samples from both in 50 steps. With l2, about 30 % of the samples are +1. And with l1?",
            "每幅图像只有一个像素：70 % 的数据是 −1，30 % 是 +1。两个完美的网络，一个用 l2 训练，一个用 l1，都用 50 步 DDIM 采样。"
            "用 l2 时，约 30 % 的样本是 +1。用 l1 呢？",
        ),
        options=(
            ("about 50 %", "约 50 %"),
            ("about 30 %, the same", "约 30 %，一样"),
            ("about 10 %", "约 10 %"),
            ("none at all", "一个也没有"),
        ),
        answer=minority,
        why=(
            "Under l1 the best guess is a median, and the median of two values is the likelier one. In heavy noise that is "
            "nearly always −1, so the walk sets out towards −1, and few samples turn round.",
            "在 l1 之下，最好的猜测是中位数，而两个值的中位数就是更可能的那个。噪声重时几乎总是 −1，于是一开始都往 −1 走，很少有样本能折回来。",
        ),
        figure=lambda: plots.histograms(
            {k: v.flatten().tolist() for k, v in drawn_by_losses().items()}, 1.45, bell=None
        ),
    ),
    "share": Question(
        text=(
            "A well trained network (the one that comes with the course, on the digits, cosine schedule) has a mean loss over "
            "all t. Which share of it comes from the noisier half, t > T/2, where the shape of a digit is decided?",
            "一个训练好的网络（随课程附带的那个，数字，余弦调度）对所有 t 有一个损失均值。其中有多少来自噪声更重的一半，"
            "即 t > T/2，也就是决定数字形状的地方？",
        ),
        options=(
            ("about 80 %", "约 80 %"),
            ("about 50 %", "约 50 %"),
            ("about 20 %", "约 20 %"),
            ("about 1 %", "约 1 %"),
        ),
        answer=noisier_half,
        why=(
            "With little noise ε can hardly be told from the image, so the error is large whoever guesses; with much noise "
            "x_t is nearly ε, and everybody's error is small. The mean is made by the clean half.",
            "噪声少时，ε 与图像几乎分不开，谁来猜误差都大；噪声多时，x_t 几乎就是 ε，谁的误差都小。平均值是由干净的那一半撑起来的。",
        ),
        figure=lambda: plots.curves(
            {"loss": {"digits": levels_of_the_shipped().tolist()}}, [i / 10 + 0.05 for i in range(10)], "$t/T$"
        ),
    ),
    "average": Question(
        text=(
            "In the middle of a training, at a high learning rate, we compare the newest weights with the moving average of "
            "the weights so far. On the same images, with the same noise: whose loss is lower?",
            "训练进行到一半，学习率还高。把最新的权重与至今权重的移动平均相比，用同样的图像、同样的噪声：谁的损失更低？",
        ),
        options=(
            ("the newest weights': they have learnt the most", "最新的权重：学得最多"),
            ("the average's", "平均的权重"),
            ("nearly the same", "几乎一样"),
        ),
        answer=better_half,
        why=(
            "Each step overshoots a little, in a direction that its own batch chose. The average lags behind by a few steps, "
            "but those swings cancel in it.",
            "每一步都会冲过头一点，方向由那一批数据决定。平均值虽落后几步，这些摆动却在其中抵消了。",
        ),
        figure=lambda: plots.curves(
            {"loss, relative to EMA": {k: (v / losses_midway()["EMA"]).tolist() for k, v in losses_midway().items()}},
            [i / 10 + 0.05 for i in range(10)],
            "$t/T$",
        ),
    ),
}
