"""The piece of lesson 08: a sampler that takes a label, a scale and a mask, down times that may rise.

第 08 课的作业：接收标签、scale 与掩码的采样器，时间步可以回升。
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from course_utils.denoisers import Denoiser
from course_utils.forward import posterior
from course_utils.schedules import Schedule


def sampler(
    schedule: Schedule,
    conditional: Denoiser,
    unconditional: Denoiser,
    scale: float | Tensor,
    known: Tensor | None,
    mask: Tensor | None,
    xT: Tensor,
    times: Sequence[int],
    z: Tensor,
) -> Tensor:
    """DDPM, guided, with known pixels put in after each step down, and noise where the times rise. 带引导与修补的 DDPM。"""
    xt, weight = xT, torch.as_tensor(scale, dtype=xT.dtype).reshape(-1, *[1] * (xT.ndim - 1))
    for (t, s), (fresh, eps) in zip(pairwise(times), z, strict=True):
        if s > t:
            kept = schedule.alpha_bar[s] / schedule.alpha_bar[t]
            xt = kept.sqrt() * xt + (1 - kept).sqrt() * fresh
            continue
        if (weight == 1).all():
            x0_hat = conditional(xt, t)
        elif (weight == 0).all():
            x0_hat = unconditional(xt, t)
        else:
            u = unconditional(xt, t)
            x0_hat = u + weight * (conditional(xt, t) - u)
        step = posterior(schedule, xt, t, x0_hat, s)
        xt = step.mean + step.variance.sqrt() * fresh
        if mask is not None:
            xt = torch.where(mask, schedule.signal[s] * known + schedule.noise[s] * eps, xt)
    return xt
