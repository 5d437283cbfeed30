"""Lesson 04's piece of work: the exact denoiser of labelled data, and its parts.

第 04 课的大作业：带标签数据的精确去噪器，以及它的各个部分。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.exercises.kinds import Part, Piece
from course_utils.exercises.lesson_04.build_judges import judge_images, judge_points, judge_times
from course_utils.exercises.lesson_04.build_labels import judge_labels
from course_utils.exercises.lesson_04.build_limits import judge_memory, judge_stable
from course_utils.schedules import Schedule


def labelled_denoiser(schedule: Schedule, x: Tensor, y: Tensor) -> Callable[..., Tensor]:
    """The exact denoiser of labelled data, (xt, t, labels=None) -> x0_hat; label -1 is none. 带标签数据的精确去噪器。"""
    data = x.flatten(1).double()
    square = data.square().sum(1)

    def denoise(xt, t, labels=None):
        a = schedule.alpha_bar[t].reshape(-1, 1)  # (1, 1) or (b, 1)
        product = xt.flatten(1).double() @ data.T  # (b, n); |xt|² is the same for all data
        exponents = (a.sqrt() * product - a * square / 2) / (1 - a)
        if labels is not None:
            asked = (labels[:, None] == y) | (labels[:, None] == -1)
            if not asked.any(1).all():
                raise ValueError(f"no datum has one of these labels: {labels.tolist()}")
            exponents = exponents.masked_fill(~asked, -torch.inf)
        return (exponents.softmax(1) @ data).reshape(xt.shape).to(xt.dtype)

    return denoise


BUILD = Piece(
    reference=lambda: labelled_denoiser,
    parts={
        "points": Part(
            (
                "points in the plane, no labels: the guess is E[x_0 | x_t], over all data",
                "平面上的点，不给标签：猜测就是对全部数据的 E[x_0 | x_t]",
            ),
            judge_points,
            (
                (
                    "Part 2 has all of it: weigh each datum by its bell at x_t, then take the weighted mean. What you return "
                    "is a function, made inside yours.",
                    "第 2 节都有：用每个数据点的钟形曲线在 x_t 处的高度作权重，再求加权均值。要返回的是一个函数，在你的函数里面定义它。",
                ),
                (
                    "`def denoise(xt, t, labels=None):` inside, `return denoise` at the end. In it `weights @ x` is x̂_0, with "
                    "the weights of `04.weights`.",
                    "里面写 `def denoise(xt, t, labels=None):`，最后 `return denoise`。其中 `weights @ x` 就是 x̂_0，权重与 `04.weights` 相同。",
                ),
            ),
        ),
        "images": Part(
            (
                "samples of any shape: the answer has the shape and the dtype of xt",
                "样本可以是任意形状：回答的形状与类型都同 xt",
            ),
            judge_images,
            (
                (
                    "To the formula an image is a point with many coordinates. When does it have to be an image again?",
                    "对公式来说，一幅图像只是坐标很多的一个点。它什么时候才需要变回图像？",
                ),
                (
                    "`x.flatten(1)` and `xt.flatten(1)` at the beginning, `.reshape(xt.shape).to(xt.dtype)` at the end.",
                    "开头 `x.flatten(1)` 与 `xt.flatten(1)`，末尾 `.reshape(xt.shape).to(xt.dtype)`。",
                ),
            ),
        ),
        "times": Part(
            ("t is one whole number, or one for each sample", "t 可以是一个整数，也可以每个样本一个"),
            judge_times,
            (
                (
                    "With t of shape (b,), `schedule.alpha_bar[t]` is (b,), too. What must it multiply, and along which axis?",
                    "t 的形状是 (b,) 时，`schedule.alpha_bar[t]` 也是 (b,)。它要乘什么，沿哪个轴？",
                ),
                (
                    "`a = schedule.alpha_bar[t].reshape(-1, 1)` is (1, 1) or (b, 1), and goes with (b, n) either way.",
                    "`a = schedule.alpha_bar[t].reshape(-1, 1)` 是 (1, 1) 或 (b, 1)，两种都能与 (b, n) 相乘。",
                ),
            ),
        ),
        "labels": Part(
            (
                "each sample gets the guess over its own class, with -1 or None over all data; a class without data is an error",
                "每个样本只凭自己那一类来猜，-1 或 None 则凭全部数据；没有数据的类会报错",
            ),
            judge_labels,
            (
                (
                    "A datum of another class must have the weight 0, and the others must still sum to 1. What must its "
                    "exponent be for that?",
                    "别的类的数据点，权重应为 0，其余的和仍应为 1。那么它的指数应当是多少？",
                ),
                (
                    "`asked = (labels[:, None] == y) | (labels[:, None] == -1)`, then "
                    "`exponents.masked_fill(~asked, -torch.inf)` before the softmax; a row without any True is an error to raise.",
                    "`asked = (labels[:, None] == y) | (labels[:, None] == -1)`，再在 softmax 之前 "
                    "`exponents.masked_fill(~asked, -torch.inf)`；若某一行一个 True 也没有，就 raise 一个错误。",
                ),
            ),
        ),
        "stable": Part(
            (
                "right at t = 1, too: far from all data, and for float32 images that differ by little",
                "t = 1 时也对：离所有数据都远的地方，以及彼此相差很小的 float32 图像",
            ),
            judge_stable,
            (
                (
                    "At t = 1 exponents are divided by about 0.0001. An exp(…) of them can all be 0; and an error of 0.0001 in "
                    "a squared distance is no longer small.",
                    "t = 1 时，指数要除以约 0.0001。这样的 exp(…) 可能全是 0；而距离的平方错了 0.0001，也不再是小事。",
                ),
                (
                    "`.softmax(1)` of the exponents, which subtracts the largest first; `.double()` on data and xt before "
                    "anything is multiplied, and the dtype of xt again at the very end.",
                    "对指数用 `.softmax(1)`，它会先减去最大的；做任何乘法之前，数据与 xt 都先 `.double()`，最后才变回 xt 的类型。",
                ),
            ),
        ),
        "memory": Part(
            (
                "no tensor on the way is more than four times as large as the data in float64",
                "途中没有哪个张量大过数据（按 float64 计）的四倍",
            ),
            judge_memory,
            (
                (
                    "Multiply |x_t − √ᾱ x_i|² out. Which of its three terms depends on both x_t and x_i, and which on neither "
                    "datum nor softmax?",
                    "把 |x_t − √ᾱ x_i|² 展开。三项之中，哪一项同时与 x_t 和 x_i 有关？哪一项对 softmax 毫无影响？",
                ),
                (
                    "`xt.flatten(1) @ x.flatten(1).T` is (b, n). The exponent is (√ᾱ times that − ᾱ |x_i|² / 2) / (1 − ᾱ): "
                    "|x_t|² is the same for all data.",
                    "`xt.flatten(1) @ x.flatten(1).T` 的形状是 (b, n)。指数是（√ᾱ 乘它 − ᾱ |x_i|² / 2）/ (1 − ᾱ)：|x_t|² 对所有数据点都一样。",
                ),
            ),
        ),
    },
)
