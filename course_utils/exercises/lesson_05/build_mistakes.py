"""What is commonly got wrong at the end of a U-Net: its head, and the noise that is made of v.

U-Net 末尾常见的错误：头部，以及由 v 求噪声的一步。
"""

from collections.abc import Callable, Sequence
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.blocks import NoiseLevelEmbedding
from course_utils.exercises.lesson_05.build_trials import Trial
from course_utils.experiments.assembled import Call, described
from course_utils.language import Said

# What is returned for x_t and v, with s = sqrt(alpha_bar) and n = sqrt(1 - alpha_bar), and what is wrong with it.
MIXES: list[tuple[Callable[..., Tensor], str, str]] = [
    (lambda x, v, s, n: v, "this is v itself; return the ε̂ that x_t and v make", "这是 v 本身；请返回由 x_t 与 v 得到的 ε̂"),
    (lambda x, v, s, n: s * x - n * v, "this is x̂_0; return ε̂", "这是 x̂_0；请返回 ε̂"),
    (lambda x, v, s, n: s * x + n * v, "√ᾱ and √(1 − ᾱ) are swapped", "√ᾱ 与 √(1 − ᾱ) 弄反了"),
    (lambda x, v, s, n: n * x - s * v, "v is subtracted; ε̂ adds it", "减去了 v；ε̂ 是加上它"),
    (lambda x, v, s, n: n * n * x + s * s * v, "the roots are missing: the factors are √(1 − ᾱ) and √ᾱ", "漏了开方：系数是 √(1 − ᾱ) 与 √ᾱ"),
    (lambda x, v, s, n: n * x + s * s * v, "the factor of v is ᾱ without its root; it is √ᾱ", "v 的系数是没有开方的 ᾱ；应为 √ᾱ"),
    (lambda x, v, s, n: n * n * x + s * v, "the factor of x_t is 1 − ᾱ without its root; it is √(1 − ᾱ)", "x_t 的系数是没有开方的 1 − ᾱ；应为 √(1 − ᾱ)"),
    (lambda x, v, s, n: n * x + v, "v has no factor; it is √ᾱ", "v 前面漏了系数 √ᾱ"),
    (lambda x, v, s, n: x + s * v, "x_t has no factor; it is √(1 − ᾱ)", "x_t 前面漏了系数 √(1 − ᾱ)"),
    (lambda x, v, s, n: x + v, "the factors √(1 − ᾱ) and √ᾱ are missing", "漏了系数 √(1 − ᾱ) 与 √ᾱ"),
]  # fmt: skip


def fault_of_nan(given: Tensor) -> Said | None:
    """Is there something in an answer that is no number? 回答里有没有不是数的东西？"""
    if bool(given.isfinite().all()):
        return None
    return (
        "the answer has values that are no numbers (nan or inf): is 1 − ᾱ below 0 somewhere? log-SNR is ln(ᾱ / (1 − ᾱ)), so ᾱ is "
        "not its exponential",
        "回答里有不是数的值（nan 或 inf）：是否有 1 − ᾱ 小于 0？log-SNR 是 ln(ᾱ / (1 − ᾱ))，ᾱ 不就是它的指数",
    )


def fault_of_repeats(calls: Sequence[Call]) -> Said | None:
    """Is the noise level embedded more than once? 噪声水平是否嵌入了不止一次？"""
    times = sum(call.kind is NoiseLevelEmbedding for call in calls)
    if times < 2:
        return None
    return (
        f"the embedding works {times} times; embed once, and hand the result to every block",
        f"嵌入计算了 {times} 次；算一次就够，把结果交给每个块",
    )


def fault_of_bias(layers: Sequence[nn.Module]) -> Said | None:
    """Is there a convolution without a bias? 是否有卷积没有偏置？"""
    for layer in layers:
        if isinstance(layer, nn.Conv2d) and layer.bias is None:
            return f"{described(layer)} is made without its bias", f"{described(layer)} 没有偏置"
    return None


def fault_of_the_start(given: Tensor, xt: Tensor, log_snr: Tensor, alike: Callable) -> Said:
    """What a new network answers in place of sqrt(1 - alpha_bar) x_t. 新网络答的是什么，而不是 √(1 − ᾱ) x_t。"""
    signal, noise = (level.sigmoid().sqrt()[:, None, None, None] for level in (log_snr, -log_snr))
    known = [
        (0 * xt, "it answers 0, which is v, not ε̂", "它答的是 0，那是 v，不是 ε̂"),
        (signal * xt, "it answers √ᾱ x_t", "它答的是 √ᾱ x_t"),
        (noise.square() * xt, "it answers (1 − ᾱ) x_t: the root is missing", "它答的是 (1 − ᾱ) x_t：漏了开方"),
        (xt, "it answers x_t itself: the factor is missing", "它答的是 x_t 本身：漏了系数"),
        (noise[:1] * xt, "it takes the noise level of the first image for all", "它把第一幅图像的噪声水平用于全部图像"),
        (
            (-log_snr.mean()).sigmoid().sqrt() * xt,
            "it takes the mean of `log_snr` for all",
            "它对全部图像用了 `log_snr` 的均值",
        ),
        (noise.mean() * xt, "it takes one mean noise level for all", "它对全部图像用了同一个平均的噪声水平"),
    ]
    for answer, en, zh in known:
        if alike(given, answer):
            return (
                f"a new network should answer √(1 − ᾱ) x_t; {en}",
                f"新建的网络应当回答 √(1 − ᾱ) x_t；{zh}",
            )
    return (
        "a new network should answer √(1 − ᾱ) x_t: is the last convolution `silenced`, and ᾱ the sigmoid of log-SNR?",
        "新建的网络应当回答 √(1 − ᾱ) x_t：最后一层卷积是否 `silenced`？ᾱ 是否取对数信噪比的 sigmoid？",
    )


def fault_of_silence(calls: Sequence[Call]) -> Said | None:
    """Has more than one layer of a new network nothing but zeros for weights? 新网络里，权重全为零的层是否不止一个？"""
    layers = {id(call.layer): call.layer for call in calls}.values()
    zeros = [layer for layer in layers if not any(bool(weight.any()) for weight in layer.parameters())]
    if len(zeros) < 2:
        return None
    return (
        f"only the last convolution is `silenced`; here the weights of {described(zeros[0])} are all 0 as well",
        f"只有最后一层卷积要 `silenced`；这里 {described(zeros[0])} 的权重也全是 0",
    )


@torch.no_grad()
def fault_of_the_answer(trial: Trial, calls: Sequence[Call], given: Tensor, v: Tensor, alike: Callable) -> Said:
    """What the head or the last line does, where all that comes before is right. 前面都对时，头部或最后一行错在哪里。"""
    norm, last = (call.layer for call in calls[-2:])
    x, (h, w) = calls[-2].given[0], trial.xt.shape[2:]
    signal, noise = (level.sigmoid().sqrt()[:, None, None, None] for level in (trial.log_snr, -trial.log_snr))
    heads = [
        (last(F.silu(norm(x))), "", ""),
        (last(norm(x)), "the SiLU of the head is missing", "头部漏了 SiLU"),
        (last(F.relu(norm(x))), "the head has a ReLU in place of the SiLU", "头部用了 ReLU，应为 SiLU"),
        (last(norm(F.silu(x))), "the head takes the SiLU first, and norms afterwards", "头部先过了 SiLU，再归一化"),
    ]
    right = (lambda x, v, s, n: n * x + s * v, "", "")
    for (out, head_en, head_zh), (mix, mix_en, mix_zh) in product(heads, [right, *MIXES]):
        if alike(given, mix(trial.xt, out[..., :h, :w], signal, noise)):
            joined = [" and ".join(filter(None, (head_en, mix_en))), "；".join(filter(None, (head_zh, mix_zh)))]
            return f"at the end {joined[0]}", f"到了末尾，{joined[1]}"
    rest = given - noise * trial.xt
    if alike(rest, rest[:, :1].expand_as(rest)):
        return (
            "at the end all channels get one and the same v; each has its own",
            "到了末尾，各通道用了同一个 v；应当各有各的",
        )
    if alike(v, heads[0][0]):
        return (
            "v is right as it leaves the last convolution; the fault lies behind it, in the cut or in ε̂: v goes into ε̂ as it is",
            "最后一层卷积给出的 v 是对的；错在它之后：裁剪，或由 v 求 ε̂ 的一步；v 应原样进入 ε̂",
        )
    return (
        "all blocks are given the right thing; the fault lies in the head: `group_norm(c)`, SiLU, convolution, and nothing else",
        "每个块得到的都对；错在头部：只有 `group_norm(c)`、SiLU、卷积，别的都没有",
    )
