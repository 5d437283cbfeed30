"""Two small classifiers of garments: the judge, whose features samples are judged by, and one that reads noise.

两个分辨衣物的小分类器：一个是评判者，它的特征用来评判样本；另一个看的是带噪声的图像。
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.blocks import NoiseLevelEmbedding, ResidualBlock, group_norm, halve
from course_utils.gates import (
    WIDE,
    check_images,
    check_log_snr,
    check_multiple,
    check_ready,
    check_samples,
    check_whole,
)
from course_utils.language import CourseError
from course_utils.looking import evaluating
from course_utils.unet import GROUPS

FEATURES = 128
FARTHEST = 10.0  # pure noise may be looked at; bytes are no images


class Classifier(nn.Module):
    """Three floors of convolutions, then a vector of features, then one number per class.

    三层卷积，接着是一个特征向量，最后每个类别一个数。

    Shapes: x (b, 1, 28, 28) in [-1, 1] -> logits (b, classes).
    Raises: CourseError for images of another shape, type or range.
    Papers: LeCun et al. 1998; Ioffe & Szegedy 2015 (batch norm).
    """

    def __init__(self, classes: int = 10, width: int = 32):
        super().__init__()
        classes, width = check_whole("classes", classes, 1, WIDE), check_whole("width", width, 1, WIDE // 2)
        self.config = dict(classes=classes, width=width)

        def floor(c_in: int, c_out: int) -> list[nn.Module]:
            convolutions = []
            for c in (c_in, c_out):
                convolutions += [nn.Conv2d(c, c_out, 3, padding=1, bias=False), nn.BatchNorm2d(c_out), nn.ReLU()]
            return convolutions

        self.body = nn.Sequential(
            *floor(1, width),
            nn.MaxPool2d(2),
            *floor(width, 2 * width),
            nn.MaxPool2d(2),
            *floor(2 * width, FEATURES),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.head = nn.Linear(FEATURES, classes)
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(F.dropout(self.body(self._checked(x)), 0.2, self.training))

    @torch.no_grad()
    def features(self, x: Tensor, batch: int = 500) -> Tensor:
        """What the last layer is given, one vector per image: (b, 1, 28, 28) -> (b, 128).

        最后一层的输入，每幅图像一个向量。

        Each is that of its image alone: computed in evaluation, `batch` at a time.
        Raises: CourseError for what the classifier itself refuses.
        """
        parts = self._checked(x).split(check_whole("batch", batch, 1))
        with evaluating(self):
            return torch.cat([self.body(part) for part in parts])

    def _checked(self, x: Tensor) -> Tensor:
        return check_ready(check_images(_check_size(x), limit=FARTHEST), self.head.weight)


class NoiseAwareClassifier(nn.Module):
    """A classifier of noised garments, told how noisy they are: what guides a sampler from any noise level.

    给带噪声的衣物分类，并由对数信噪比得知噪声水平：在任何噪声水平上都能引导采样。

    It is the way down of a U-Net, on 2 x 2 pixels at a time, then the mean over all places.

    Shapes: xt (b, 1, 28, 28), log_snr () or (b,) -> logits (b, classes).
    Raises: CourseError for a width that is no multiple of 8, images of another shape or type, or the number of a step
    for its log-SNR.
    Paper: Dhariwal & Nichol 2021, section 4 and appendix H, which takes the way down of the denoiser's U-Net, too.
    """

    def __init__(self, classes: int = 10, width: int = 48):
        super().__init__()
        classes = check_whole("classes", classes, 1, WIDE)
        width = check_multiple("width", width, 8, WIDE // 4, so=GROUPS)
        self.config = dict(classes=classes, width=width)
        e = 4 * width
        self.embed = NoiseLevelEmbedding(e)
        self.stem = nn.Conv2d(4, width, 3, padding=1)
        self.first, self.down = ResidualBlock(width, width, e), halve(width)
        self.second, self.third = ResidualBlock(width, 2 * width, e), ResidualBlock(2 * width, 2 * width, e)
        self.head = nn.Sequential(
            group_norm(2 * width), nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * width, classes)
        )
        self.to(memory_format=torch.channels_last)

    def forward(self, xt: Tensor, log_snr: Tensor) -> Tensor:
        check_ready(check_samples("x_t", _check_size(xt)), self.stem.weight)
        embedding = self.embed(check_log_snr(xt, log_snr))
        x = self.stem(F.pixel_unshuffle(xt, 2).contiguous(memory_format=torch.channels_last))  # (b, width, 14, 14)
        x = self.down(self.first(x, embedding))  # (b, width, 7, 7)
        return self.head(self.third(self.second(x, embedding), embedding))


def _check_size(x: Tensor) -> Tensor:
    if not isinstance(x, Tensor) or x.ndim != 4 or x.shape[1:] != (1, 28, 28):
        given = tuple(x.shape) if isinstance(x, Tensor) else type(x).__name__
        raise CourseError(
            f"The images are {given}; the classifier reads (b, 1, 28, 28) in [-1, 1].",
            f"图像是 {given}；分类器读的是 [-1, 1] 之内的 (b, 1, 28, 28)。",
        )
    return x
