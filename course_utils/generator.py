"""The two players of a game over garments: a network that makes them from noise, and one that tells them from real.

衣物上的两个对手：一个由噪声造衣物，一个分辨真假。
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.blocks import short_cut
from course_utils.gates import WIDE, check_labels, check_multiple, check_ready, check_samples, check_whole
from course_utils.language import CourseError


class Doubling(nn.Module):
    """Twice the height and width by two convolutions beside a short cut, batch norm before each; a code scales them.

    高宽加倍：两层卷积，旁边一条捷径，每层之前做批归一化，再由一个向量缩放、平移。

    Batch norm takes away what all samples of a batch have in common. (Of a first design, with group norm and other
    blocks, all samples of a class came out the same; which of the changes mended it was not tried one by one.)

    Shapes: x (n, c_in, h, w), code (n, e) -> (n, c_out, 2 h, 2 w).  Raises: CourseError for channels or a code below 1.
    Papers: Miyato et al. 2018, figure 8; Ioffe & Szegedy 2015; scale and shift by a code, Brock et al. 2019.
    """

    def __init__(self, c_in: int, c_out: int, code: int):
        super().__init__()
        c_in, c_out = check_whole("c_in", c_in, 1, WIDE), check_whole("c_out", c_out, 1, WIDE)
        code = check_whole("code", code, 1, WIDE)
        self.norm1, self.norm2 = nn.BatchNorm2d(c_in, affine=False), nn.BatchNorm2d(c_out, affine=False)
        self.conv1, self.conv2 = nn.Conv2d(c_in, c_out, 3, padding=1), nn.Conv2d(c_out, c_out, 3, padding=1)
        self.told1, self.told2 = nn.Linear(code, 2 * c_in), nn.Linear(code, 2 * c_out)
        self.short_cut, self.twice = short_cut(c_in, c_out), nn.Upsample(scale_factor=2)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        h = self.conv1(self.twice(_told(self.norm1(x), self.told1(code))))  # (n, c_out, 2 h, 2 w)
        return self.twice(self.short_cut(x)) + self.conv2(_told(self.norm2(h), self.told2(code)))


def _told(x: Tensor, scale_shift: Tensor) -> Tensor:
    scale, shift = scale_shift[:, :, None, None].chunk(2, dim=1)
    return F.relu(torch.addcmul(shift, x, 1 + scale))


class Generator(nn.Module):
    """Noise and a class to a garment, in one evaluation: both are one code, from which and by which it grows.

    由噪声与类别一次算出一件衣物：两者合成一个向量，图像由它长出，也由它调节。

    Args:
        latent: how many numbers z has.
        width: channels at 14 x 14 places; half as many at 28 x 28, four thirds at 7 x 7; a multiple of 6.
        classes: number of labels.

    Shapes: z (n, latent) from N(0, I), labels (n,) -> images (n, 1, 28, 28) in [-1, 1].
    Raises: CourseError for a width that is no multiple of 6, a z of another shape or type, or wrong labels.
    Papers: Goodfellow et al. 2014; the blocks, Miyato et al. 2018; z in every block, Brock et al. 2019.
    """

    def __init__(self, latent: int = 64, width: int = 48, classes: int = 10):
        super().__init__()
        latent, classes = check_whole("latent", latent, 1, WIDE), check_whole("classes", classes, 1, WIDE)
        width = check_multiple("width", width, 6, WIDE // 4)
        self.config = dict(latent=latent, width=width, classes=classes)
        self.label = nn.Embedding(classes, latent)
        self.seed = nn.Linear(2 * latent, 4 * width // 3 * 7 * 7)
        self.first = Doubling(4 * width // 3, width, 2 * latent)
        self.second = Doubling(width, width // 2, 2 * latent)
        self.head = nn.Sequential(nn.BatchNorm2d(width // 2), nn.ReLU(), nn.Conv2d(width // 2, 1, 3, padding=1))
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
        code = torch.cat([z, self.label(check_labels(labels, len(z), classes - 1))], 1)  # (n, 2 latent)
        x = self.seed(code).reshape(len(z), -1, 7, 7).contiguous(memory_format=torch.channels_last)
        return self.head(self.second(self.first(x, code), code)).tanh()


class Discriminator(nn.Module):
    """A garment and the class it is said to be of to one logit, above 0 for "real": three halvings, then a projection.

    由一件衣物与所称的类别得出一个 logit，大于 0 表示「真」：三次减半，再做投影。

    The logit is w.h + e(class).h: is this a garment, and is it one of that class? h is what the layers read off it.

    Args:
        width: channels at 14 x 14 places, twice as many at 7 x 7, four times at 4 x 4.
        classes: number of labels.

    Shapes: x (n, 1, 28, 28) in [-1, 1], labels (n,) -> logits (n,).
    Raises: CourseError for a width below 1, images of another shape or type, or wrong labels.
    Papers: Radford et al. 2016 (halving by strides); Miyato & Koyama 2018, eq. (3) (projection).
    """

    def __init__(self, width: int = 48, classes: int = 10):
        super().__init__()
        width, classes = check_whole("width", width, 1, WIDE // 4), check_whole("classes", classes, 1, WIDE)
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
        if not isinstance(x, Tensor) or x.ndim != 4 or x.shape[1:] != (1, 28, 28):
            given = tuple(x.shape) if isinstance(x, Tensor) else type(x).__name__
            raise CourseError(
                f"The images are {given}; the discriminator reads (n, 1, 28, 28) in [-1, 1].",
                f"图像是 {given}；判别器读的是 [-1, 1] 之内的 (n, 1, 28, 28)。",
            )
        h = self.body(check_ready(x, self.head.weight))  # (n, 4 width)
        told = self.label(check_labels(labels, len(x), self.config["classes"] - 1))
        return self.head(h).squeeze(1) + (told * h).sum(1)
