"""The two players of a game over garments: a network that makes them from noise, and one that tells them from real.

衣物上的两个对手：一个由噪声造衣物，一个分辨真假。
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.blocks import ResidualBlock, double, group_norm
from course_utils.gates import check_labels, check_multiple, check_ready, check_samples, check_whole
from course_utils.language import CourseError
from course_utils.unet import GROUPS


class Generator(nn.Module):
    """Noise and a class to a garment, in one evaluation: both become a vector that steers two residual blocks.

    由噪声与类别一次算出一件衣物：两者先合成一个向量，再由它调节两个残差块。

    Args:
        latent: how many numbers z has.
        width: channels at 14 x 14 places, a multiple of 8; twice as many at 7 x 7.
        classes: number of labels.

    Shapes: z (n, latent) from N(0, I), labels (n,) -> images (n, 1, 28, 28) in [-1, 1].
    Raises: CourseError for a width that is no multiple of 8, a z of another shape or type, or wrong labels.
    Papers: Goodfellow et al. 2014; conditions as scale and shift, Miyato & Koyama 2018, Karras et al. 2019 (a mapping
    of z before it); Shi et al. 2016 (the last step, 4 channels to 2 x 2 pixels).
    """

    def __init__(self, latent: int = 64, width: int = 48, classes: int = 10):
        super().__init__()
        latent, classes = check_whole("latent", latent, 1), check_whole("classes", classes, 1)
        width = check_multiple("width", width, 8, so=GROUPS)
        self.config = dict(latent=latent, width=width, classes=classes)
        e = 4 * width
        self.label = nn.Embedding(classes, latent)
        self.mapping = nn.Sequential(nn.Linear(2 * latent, e), nn.SiLU(), nn.Linear(e, e))
        self.seed = nn.Linear(e, 2 * width * 7 * 7)
        self.first, self.up = ResidualBlock(2 * width, 2 * width, e), double(2 * width)
        self.second = ResidualBlock(2 * width, width, e)
        self.head = nn.Sequential(group_norm(width), nn.SiLU(), nn.Conv2d(width, 4, 3, padding=1))
        self.to(memory_format=torch.channels_last)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        latent, width, classes = self.config.values()
        if not isinstance(z, Tensor) or z.ndim != 2 or z.shape[1] != latent:
            given = tuple(z.shape) if isinstance(z, Tensor) else type(z).__name__
            raise CourseError(
                f"z is {given}. This generator reads (n, {latent}) from N(0, I): torch.randn(n, {latent}).",
                f"z 是 {given}。这个生成器读的是取自 N(0, I) 的 (n, {latent})：torch.randn(n, {latent})。",
            )
        check_ready(check_samples("z", z), self.seed.weight)
        told = self.label(check_labels(labels, len(z), classes - 1))
        code = self.mapping(torch.cat([z, told], 1))  # (n, 4 width)
        x = self.seed(code).reshape(-1, 2 * width, 7, 7).contiguous(memory_format=torch.channels_last)
        x = self.second(self.up(self.first(x, code)), code)  # (n, width, 14, 14)
        return F.pixel_shuffle(self.head(x), 2).tanh()


class Discriminator(nn.Module):
    """A garment and the class it is said to be of to one logit, above 0 for "real": three halvings, then a projection.

    由一件衣物与所称的类别得出一个 logit，大于 0 表示「真」：三次减半，再做投影。

    The logit is w.h + e(class).h: is this a garment, and is it one of that class? h is what the layers read off it.

    Args:
        width: channels at 14 x 14 places, twice as many at 7 x 7, four times at 4 x 4.
        classes: number of labels.

    Shapes: x (n, 1, 28, 28) in [-1, 1], labels (n,) -> logits (n,).
    Raises: CourseError for a width below 1, images of another shape, type or range, or wrong labels.
    Papers: Radford et al. 2016 (halving by strides); Miyato & Koyama 2018, eq. (3) (projection).
    """

    def __init__(self, width: int = 48, classes: int = 10):
        super().__init__()
        width, classes = check_whole("width", width, 1), check_whole("classes", classes, 1)
        self.config = dict(width=width, classes=classes)
        channels = (1, width, 2 * width, 4 * width)
        halvings = [
            nn.Sequential(nn.Conv2d(c_in, c_out, 4, stride=2, padding=1), nn.LeakyReLU(0.2))
            for c_in, c_out in zip(channels, channels[1:], strict=False)
        ]
        self.body = nn.Sequential(*halvings, nn.Flatten(), nn.Linear(4 * width * 3 * 3, 4 * width), nn.LeakyReLU(0.2))
        self.head, self.label = nn.Linear(4 * width, 1), nn.Embedding(classes, 4 * width)
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        h = self.body(check_ready(x, self.head.weight))  # (n, 4 width)
        told = self.label(check_labels(labels, len(x), self.config["classes"] - 1))
        return self.head(h).squeeze(1) + (told * h).sum(1)
