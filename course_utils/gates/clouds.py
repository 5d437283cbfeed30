"""Gates for clouds of samples that are compared, as many as there are, all of one kind; and for a row of values.

要相互比较的几团样本的关口（有几团都行，样本须是同一种），以及一列数值的关口。
"""

from typing import Any

from torch import Tensor

from course_utils.gates.saying import Name, in_both, in_words
from course_utils.gates.tensors import check_samples
from course_utils.language import CourseError


def check_clouds(least: int = 1, **clouds: Any) -> list[Tensor]:
    """Return clouds of samples of one shape, each flattened to (n, d), in float64 on the CPU.

    返回几团样本，形状一致：每团摊平成 (n, d)，float64，在 CPU 上。

    They are given by name: check_clouds(real=real, made=made).
    Raises: CourseError for fewer than `least` samples in any, samples of other shapes, nan or inf.
    """
    for name, cloud in clouds.items():
        check_samples(name, cloud)
    kinds = {tuple(cloud.shape[1:]) for cloud in clouds.values()}
    if kinds == {()} or len(kinds) > 1 or min(map(len, clouds.values())) < least:
        listed = ", ".join(f"{name} {tuple(cloud.shape)}" for name, cloud in clouds.items())
        raise CourseError(
            f"The clouds are {listed}. Each must hold at least {least} samples, and the samples of all must have one "
            "shape: (n, 128) for features, (n, 1, 28, 28) for images.",
            f"给的是 {listed}。每一团至少要有 {least} 个样本，而且各团的样本形状要相同："
            "特征是 (n, 128)，图像是 (n, 1, 28, 28)。",
        )
    return [cloud.detach().cpu().double().flatten(1) for cloud in clouds.values()]


def check_several(name: Name, x: Any) -> Tensor:
    """Return a row of several values, all finite: one measured number for each seed, one place for each particle.

    返回一列数值，都是有限数：每个种子一个量得的数，或每个粒子一个位置。

    Shapes: (n,), n of at least 2.  Raises: CourseError for anything else.
    """
    if not isinstance(x, Tensor) or x.ndim != 1 or len(x) < 2:
        en, zh = in_both(name)
        raise CourseError(
            f"{en} is {in_words(x)}. It must be a floating-point tensor (n,) of at least 2 values: from fewer "
            "there is no error to be had. From a table take a column, x[:, 0].",
            f"{zh}是 {in_words(x)}。它应当是浮点张量 (n,)，至少有 2 个值：再少就求不出误差。"
            "若是一张表，请取其中一列：x[:, 0]。",
        )
    return check_samples(name, x)
