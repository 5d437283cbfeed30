"""The ratio of lesson 08, and what is commonly got wrong in it.

第 08 课的信噪比，以及其中常见的错误。
"""

from torch import Tensor

from course_utils.exercises.judging import Mistake


def ratio(alpha_bar: Tensor) -> Tensor:
    """The signal-to-noise ratio. 信噪比。"""
    return alpha_bar / (1 - alpha_bar)


SNR_MISTAKES = [
    Mistake(lambda a: (1 - a) / a, "it is upside down: this is noise over signal", "上下颠倒了：这是噪声比信号"),
    Mistake(lambda a: (a / (1 - a)).sqrt(), "this is the root of the ratio", "这是信噪比的平方根"),
    Mistake(lambda a: (a / (1 - a)).log(), "this is its logarithm; leave `log` out", "这是它的对数；去掉 `log`"),
    Mistake(lambda a: a, "this is the share of the image; divide it by that of the noise", "这是图像的份额；还要除以噪声的份额"),
]  # fmt: skip
