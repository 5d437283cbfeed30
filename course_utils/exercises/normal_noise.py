"""Is a batch of noise N(0, I): normal, and independent from image to image, channel to channel, pixel to pixel?

一批噪声是不是 N(0, I)：是否正态，各图像、各通道、各像素之间是否独立？

Every test here would call right noise wrong less than once in ten million times.
"""

import torch
from torch import Tensor

from course_utils.language import Said

AXES = (("images", "各图像"), ("channels", "各通道"), ("rows of pixels", "各行像素"), ("columns of pixels", "各列像素"))


def fault_of_noise(eps: Tensor, x0: Tensor) -> Said | None:
    """What is wrong with the noise of a large batch x0, if it is not N(0, I), or None; a small one is let pass.

    一大批 x0 的噪声若不是 N(0, I)，错在哪里；没有错，或批太小，则为 None。

    Shapes: eps and x0 (b, c, h, w) with 10,000 numbers or more, or anything smaller.
    """
    if eps.numel() < 10_000:
        return None
    shifts = [(name, i, k) for i, name in enumerate(AXES) for k in (1, eps.shape[i] // 2)]
    pairs = [(name, eps.narrow(i, 0, eps.shape[i] - k), eps.narrow(i, k, eps.shape[i] - k)) for name, i, k in shifts]
    for (en, zh), one, other in pairs:
        if torch.equal(one, other):
            return f"the {en} share their noise; draw it in the shape of x0", f"{zh}共用同一份噪声；请按 x0 的形状抽取"
    fault = _scattered(eps)
    if fault is not None:
        return fault
    for (en, zh), one, other in pairs:
        if abs(float((one * other).mean())) * one.numel() ** 0.5 > 6:
            return f"the noises of the {en} are not independent of each other", f"{zh}的噪声不是相互独立的"
    if abs(float((eps * (x0 - x0.mean())).mean() / x0.std())) * eps.numel() ** 0.5 > 6:
        return "the noise depends on x0; draw it without looking at the image", "噪声与 x0 有关；抽取时不要看图像"
    return _unadjusted(eps)


def _scattered(eps: Tensor) -> Said | None:
    """What is wrong with the range, the shape, the mean or the variance of the noise."""
    n = eps.numel()
    low, high, mean, variance = (float(value) for value in (eps.min(), eps.max(), eps.mean(), eps.var()))
    if low >= 0 and high <= 1:
        return (
            "the noise is uniform on [0, 1] (`torch.rand`): it only brightens; `torch.randn` draws from N(0, 1)",
            "噪声是 [0, 1] 上的均匀分布（`torch.rand`），只会让图变亮；`torch.randn` 才是 N(0, 1)",
        )
    if max(high - mean, mean - low) < 3.2 * variance**0.5:  # of 30,000 normal numbers about 20 lie beyond on each side
        return (
            f"the noise never leaves [{low:.2f}, {high:.2f}]: it is bounded, such as uniform noise; normal noise is not",
            f"噪声从不超出 [{low:.2f}, {high:.2f}]：它有界，例如均匀噪声；正态噪声没有界",
        )
    below = torch.special.ndtr(((eps.double() - mean) / variance**0.5).flatten().sort().values)
    gap = float((below - torch.linspace(0, 1, n, dtype=torch.float64)).abs().max())
    if gap * n**0.5 > 3:  # Kolmogorov and Smirnov: 2 * exp(-2 * 3**2) = 3e-8
        return "the noise is not normal: its histogram is no bell curve", "噪声不是正态的：直方图不是钟形曲线"
    if abs(mean) * n**0.5 > 6 or abs(variance - 1) * (n / 2) ** 0.5 > 6:
        return (
            f"the noise has mean {mean:.2f} and variance {variance:.2f}; N(0, 1) has 0 and 1",
            f"噪声的均值是 {mean:.2f}，方差是 {variance:.2f}；N(0, 1) 的是 0 与 1",
        )
    return None


def _unadjusted(eps: Tensor) -> Said | None:
    """What is wrong if noise was used a second time elsewhere, or brought to mean 0 or variance 1 in each image."""
    if len(eps.abs().unique()) < 0.9 * eps.numel():
        return (
            "the same values turn up again in another place; draw every pixel anew",
            "同样的值在别处又出现了；每个像素都要新抽",
        )
    images = eps.double().flatten(1)
    m = images.shape[1]
    for scaled in (images.mean(1) * m**0.5, (images.var(1) - 1) * (m / 2) ** 0.5):
        if float(scaled.square().sum()) < 0.1 * len(images):  # chi-squared with 32 degrees of freedom: below 1e-11
            return (
                "the noise of each image was brought to mean 0 or variance 1; leave it as it is drawn",
                "每幅图像的噪声都被调成了均值 0 或方差 1；抽到什么就是什么，不要再调",
            )
    return None
