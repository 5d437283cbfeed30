"""Lesson 05: its questions, to be answered before looking.

第 05 课的题目：先预测，再看。
"""

import torch

from course_utils import plots
from course_utils.exercises import Question
from course_utils.experiments.networks import Compared, answers, clock_distance, in_company, looks_like, multiplications


def what_is_returned() -> int:
    """The option that the network's answer is nearest to. 与网络的回答最接近的选项。"""
    found = answers()
    return min(range(3), key=lambda i: float((found["returned"] - found[("x0", "last", "eps")[i]]).square().mean()))


def who_changes() -> int:
    """The option that names whose answer depends on the company: batch, group, both, neither. 说出谁的回答会变的选项。"""
    changed = tuple(bool(images[2].abs().max() > 1e-4) for images in in_company().values())
    return [(True, False), (False, True), (True, True), (False, False)].index(changed)


def comparisons_grow() -> int:
    """The option that says how the comparisons grow from 32x32 to 64x64: 2, 4, 8 or 16 times. 说出增长倍数的选项。"""
    small, large = (multiplications(Compared(), torch.zeros(1, 4, n, n)) for n in (32, 64))
    return [2, 4, 8, 16].index(large // small)


def _answers_figure() -> plots.Picture:
    found = answers()
    shown = {"$x_t$": "xt", r"$\hat\epsilon$": "returned", r"$\epsilon$": "eps", "$x_0$": "x0", "last": "last"}
    return plots.rows({name: found[key] for name, key in shown.items()}, zoom=4)


def _clocks_figure() -> plots.Picture:
    return plots.curves({"apart from $t = 100$": {"2": clock_distance(2), "16": clock_distance(16)}})


def _company_figure() -> plots.Picture:
    heads = ("among digits", "among black", "difference")
    return plots.rows(in_company(), heads, zoom=8)


def _cost_figure() -> plots.Picture:
    sizes = (8, 16, 32, 64)
    return plots.curves({"comparisons": {"": [float(n**4) for n in sizes]}}, sizes, "$h = w$", "xy")


QUESTIONS = {
    "output": Question(
        text=(
            "The network of the digits is given x_t at t = 300 of 1000, and is told how noisy it is. What does it return?",
            "把 t = 300（共 1000 步）的 x_t 交给手写数字的网络，并告诉它噪声有多重。它返回什么？",
        ),
        options=(
            ("the image x_0", "图像 x_0"),
            ("the noise that the last step added", "最后一步加上的噪声"),
            ("all of the noise in x_t", "x_t 里的全部噪声"),
            ("one number, the mean of the noise", "一个数，即噪声的均值"),
        ),
        answer=what_is_returned,
        replies=(
            (
                "A network can be trained for that; this one learnt ε, and x_0 is computed from what it answers.",
                "也可以训练网络去做这件事；但这个网络学的是 ε，x_0 要由它的回答算出来。",
            ),
            (
                "In training there was no last step: x_t was made by one jump, with one ε.",
                "训练时没有什么“最后一步”：x_t 是一次跳成的，只用了一份 ε。",
            ),
            None,
            ("One number cannot say how much to take away from each pixel.", "一个数说不清每个像素各该减去多少。"),
        ),
        why=(
            "It names ε, one value per pixel: what all 300 steps have added, and no step by itself. The last step's noise "
            "(bottom row) is a small part of it, and no trace of it is seen in ε̂. Nor is it the image; what to do with ε̂ is "
            "the sampler's business.",
            "它指出的是 ε，每个像素一个值：是 300 步合起来加上的噪声，而不是其中哪一步的。最后一步的噪声（最下一行）只占很小一部分，"
            "在 ε̂ 里看不出来。它返回的也不是图像；拿 ε̂ 做什么，是采样器的事。",
        ),
        figure=_answers_figure,
    ),
    "clocks": Question(
        text=(
            "Each t from 0 to 1000 is read off two clocks as (sin t, cos t, sin t/100, cos t/100): two frequencies, "
            "1 and 1/100. Which other time has the reading nearest to that of t = 100?",
            "从 0 到 1000 的每个 t，都用两只钟来读：(sin t, cos t, sin t/100, cos t/100)，即两个频率 1 与 1/100。"
            "除了 t = 100 自己，哪个时间的读数与它最接近？",
        ),
        options=(
            ("its neighbour, t = 99 or 101", "它的邻居，t = 99 或 101"),
            ("one far away, t = 722", "远处的 t = 722"),
            ("t = 0, where all clocks start", "所有钟起步的 t = 0"),
        ),
        answer=lambda: 0 if looks_like(2) in (99, 101) else 1 if looks_like(2) == 722 else 2,
        replies=(
            (
                "The fast clock goes round in 6.3 steps: one step later its hand points somewhere else.",
                "快钟 6.3 步就转一圈：只过一步，指针已指向别处。",
            ),
            None,
            (
                "By t = 100 the slow clock has made a sixth of a round; its hand is no longer where it started.",
                "到 t = 100，慢钟已走了六分之一圈，指针早不在起点了。",
            ),
        ),
        why=(
            "622 steps later the fast clock has gone round 99 times and the slow one 0.99 times: both hands are almost back. "
            "One step later the fast hand has moved by a sixth of its round. More clocks, with speeds in between, break "
            "the tie.",
            "再过 622 步，快钟走了 99 圈，慢钟走了 0.99 圈，两根指针都几乎回到原处；而只过一步，快钟的指针就走了六分之一圈。"
            "添上快慢居中的钟，才分得开。",
        ),
        figure=_clocks_figure,
    ),
    "company": Question(
        text=(
            "Two untrained networks in training mode, one with batch norm, one with group norm. Each sees the same noisy "
            "digit twice: in a batch with 15 other digits, and with 15 black images. Whose answer for the digit changes?",
            "两个未训练的网络，都处于训练模式：一个用批归一化，一个用组归一化。同一个带噪数字各看两次：一次与另外 15 个数字同批，"
            "一次与 15 幅全黑图像同批。谁对这个数字的回答会变？",
        ),
        options=(
            ("only that with batch norm", "只有用批归一化的"),
            ("only that with group norm", "只有用组归一化的"),
            ("both", "两个都变"),
            ("neither: images of a batch do not meet", "都不变：同一批的图像互不相干"),
        ),
        answer=who_changes,
        replies=(
            None,
            (
                "It is the other way round: group norm never looks at another image.",
                "正好反了：组归一化从不看别的图像。",
            ),
            (
                "Group norm computes within one image, where no company can reach it.",
                "组归一化只在一幅图像之内计算，同批的谁也影响不到它。",
            ),
            ("Convolutions do keep them apart; batch norm does not.", "卷积的确让它们互不相干，批归一化却不然。"),
        ),
        why=(
            "Batch norm takes mean and variance over all images of the batch, so the others have a say. Group norm "
            "takes them within one image.",
            "批归一化的均值与方差取自一批中的所有图像，别的图像于是插得上话。组归一化只在一幅图像之内取。",
        ),
        figure=_company_figure,
    ),
    "cost": Question(
        text=(
            "Attention compares every place of a feature map with every other. The map grows from 32 × 32 to 64 × 64. "
            "How many times as many comparisons?",
            "注意力把特征图的每一处与其余各处逐一比较。特征图从 32 × 32 变为 64 × 64，比较的次数是原来的几倍？",
        ),
        options=tuple((f"{n} times as many", f"{n} 倍") for n in (2, 4, 8, 16)),
        answer=comparisons_grow,
        replies=(
            (
                "2 times is the side; but the places fill an area, and they are compared in pairs.",
                "2 倍的只是边长；位置铺满的是面积，比较又是成对的。",
            ),
            (
                "4 times is the number of places; but each of them now has 4 times as many to look at.",
                "4 倍的是位置数；而每个位置要看的，也成了原来的 4 倍。",
            ),
            (
                "8 times is the side times the area; the comparisons are area times area.",
                "8 倍是边长乘面积；比较的次数是面积乘面积。",
            ),
            None,
        ),
        why=(
            "Twice the side is four times as many places, and each of them looks at four times as many: 4 · 4.",
            "边长加倍，位置就是 4 倍；而每个位置要看的也是 4 倍：4 · 4。",
        ),
        figure=_cost_figure,
    ),
}
