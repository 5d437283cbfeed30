"""A small classifier: it tells garments apart, and its features are what samples are judged by.

小分类器：用来分辨衣物，它的特征用来评判样本。
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.gates import check_images, check_ready, check_whole
from course_utils.language import CourseError
from course_utils.looking import evaluating

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
        classes, width = check_whole("classes", classes, 1), check_whole("width", width, 1)
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
        if not isinstance(x, Tensor) or x.ndim != 4 or x.shape[1:] != (1, 28, 28):
            given = tuple(x.shape) if isinstance(x, Tensor) else type(x).__name__
            raise CourseError(
                f"The images are {given}; the classifier reads (b, 1, 28, 28) in [-1, 1].",
                f"图像是 {given}；分类器读的是 [-1, 1] 之内的 (b, 1, 28, 28)。",
            )
        return check_ready(check_images(x, limit=FARTHEST), self.head.weight)
