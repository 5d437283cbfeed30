"""A gate for clouds of samples that are compared: as many as there are, all of one kind.

要相互比较的几团样本的关口：有几团都行，样本须是同一种。
"""

from typing import Any

from torch import Tensor

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
