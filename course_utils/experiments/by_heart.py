"""What a training comes to on its own pictures, beside what learning them by heart would come to.

一次训练在自己的图片上能到哪里，旁边是把图片全背下来能到哪里。

The exact denoiser of the training images is the best that can be learnt from them, and the worst use of them: it draws
nothing but copies. Its error on the training images is the floor under every training loss; on images that it never saw
it fails.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from course_utils.gates import check_bytes
from course_utils.objectives import held_out
from course_utils.oracle import finite
from course_utils.schedules import Schedule, cosine

# What `command.py curve` prints: lesson 12's folder at 16 pixels, 800 steps of 32; by the seed, which also says what is
# kept out: (step, error on 33 of the 297 images trained on, error on the 33 kept out).
CURVES: dict[int, tuple[tuple[int, float, float], ...]] = {
    0: (
        (80, 0.1340, 0.1229),
        (160, 0.0923, 0.0800),
        (240, 0.0724, 0.0607),
        (320, 0.0628, 0.0522),
        (400, 0.0575, 0.0469),
        (480, 0.0550, 0.0448),
        (560, 0.0524, 0.0417),
        (640, 0.0516, 0.0413),
        (720, 0.0505, 0.0402),
        (800, 0.0501, 0.0396),
    ),
    1: (
        (80, 0.1213, 0.1262),
        (160, 0.0854, 0.0878),
        (240, 0.0702, 0.0721),
        (320, 0.0564, 0.0559),
        (400, 0.0509, 0.0500),
        (480, 0.0469, 0.0460),
        (560, 0.0442, 0.0442),
        (640, 0.0423, 0.0421),
        (720, 0.0413, 0.0414),
        (800, 0.0409, 0.0411),
    ),
}


class ByHeart(nn.Module):
    """The exact denoiser of a set of images as a network that is told log-SNR.

    一组图像的精确去噪器，写成以对数信噪比为输入的网络。
    """

    def __init__(self, schedule: Schedule, x0: Tensor):
        super().__init__()
        self.oracle = finite(schedule, x0)
        self.levels = schedule.log_snr[1:].flip(0)  # rising
        self.weight = nn.Parameter(torch.zeros(()), requires_grad=False)  # says where and in which type it is asked

    def forward(self, xt: Tensor, log_snr: Tensor) -> Tensor:
        at = torch.searchsorted(self.levels, log_snr.double() - 1e-4).clamp(max=len(self.levels) - 1)
        return self.oracle.eps(xt, len(self.levels) - at)


class Floors(NamedTuple):
    """The mean squared error of eps of who has learnt all by heart, on images learnt and on images never seen.

    全背下来的人的 eps 均方误差：在背过的图像上，与在没见过的图像上。
    """

    trained_on: float
    held_out: float


def floors_of(x: Tensor, held_x: Tensor, n: int) -> Floors:
    """Both, on n images of either, at the times and with the noise at which `held_out` always judges.

    两者各取 n 幅图像，时间步与噪声同 `held_out` 每次所用的。

    Shapes: x (m, c, h, w) and held_x, bytes.
    Raises: CourseError for what is no bytes.
    """
    check_bytes("x", x), check_bytes("held_x", held_x)
    schedule = cosine()
    known = ByHeart(schedule, x.float() / 127.5 - 1)
    return Floors(*(float(held_out(schedule, known, images[:n]).errors.mean()) for images in (x, held_x)))
