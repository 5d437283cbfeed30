"""The small network for data without neighbours: points in the plane, images read as lists of numbers.

没有邻域结构的数据所用的小网络：平面上的点，或当作一串数来读的图像。
"""

import math

import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.blocks import NoiseLevelEmbedding
from course_utils.gates import WIDE, check_log_snr, check_ready, check_whole
from course_utils.language import CourseError

LARGEST, DEEPEST = 1_000_000, 1_000  # numbers in a sample, layers: more would fill the memory with weights
EMBEDDING = 64  # numbers that tell a layer how noisy its input is


class ResidualLayer(nn.Module):
    """Two linear layers beside a short cut; the noise level scales and shifts what lies between them.

    两个线性层，旁边一条捷径；噪声水平对两层之间的特征做缩放与平移。

    Shapes: x (b, width), embedding (b, e) -> like x.  Raises: CourseError for a width or an embedding below 1.
    Paper: He et al. 2015, eq. (1).
    """

    def __init__(self, width: int, embedding: int):
        super().__init__()
        width, embedding = check_whole("width", width, 1, WIDE), check_whole("embedding", embedding, 1, WIDE)
        self.norm, self.into = nn.LayerNorm(width), nn.Linear(width, width)
        self.scale_shift = nn.Linear(embedding, 2 * width)
        self.out = nn.Linear(width, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        scale, shift = self.scale_shift(embedding).chunk(2, dim=1)
        return x + self.out(F.silu(self.into(self.norm(x)) * (1 + scale) + shift))


class MLP(nn.Module):
    """A residual multilayer perceptron that is told how noisy its input is, as the U-Net is.

    残差多层感知机；与 U-Net 一样，由对数信噪比得知噪声水平。

    Its layers give v, and eps_hat = sqrt(1 - alpha_bar) xt + sqrt(alpha_bar) v, both factors read off the log-SNR.

    Args:
        size: how many numbers a sample has, 2 in the plane, 64 for the digits; samples of any shape are read flat.
        width: features of each layer.
        layers: residual layers.

    Shapes: xt (b, ...) with `size` numbers a sample, log_snr () or (b,) -> eps_hat like xt.
    Raises: CourseError for samples of another size or type, or the number of a step for its log-SNR.
    Paper: Salimans & Ho 2022, section 4 (v).
    """

    def __init__(self, size: int = 2, width: int = 128, layers: int = 3):
        super().__init__()
        size, width = check_whole("size", size, 1, LARGEST), check_whole("width", width, 1, WIDE)
        layers = check_whole("layers", layers, 1, DEEPEST)
        self.config = dict(size=size, width=width, layers=layers)
        self.embed = nn.Sequential(NoiseLevelEmbedding(EMBEDDING), nn.SiLU())
        self.stem = nn.Linear(size, width)
        self.layers = nn.ModuleList(ResidualLayer(width, EMBEDDING) for _ in range(layers))
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, size))
        nn.init.zeros_(self.head[-1].weight)
        nn.init.zeros_(self.head[-1].bias)

    def forward(self, xt: Tensor, log_snr: Tensor) -> Tensor:
        size = self.config["size"]
        check_ready(xt, self.stem.weight)
        if xt.ndim < 2 or not len(xt) or math.prod(xt.shape[1:]) != size:
            raise CourseError(
                f"x_t has shape {tuple(xt.shape)}; this network reads {size} numbers a sample. Build it with "
                f"MLP(size={math.prod(xt.shape[1:])}).",
                f"x_t 的形状是 {tuple(xt.shape)}；这个网络每个样本读 {size} 个数。"
                f"请用 MLP(size={math.prod(xt.shape[1:])}) 另建。",
            )
        log_snr = check_log_snr(xt, log_snr)
        embedding = self.embed(log_snr)
        x = self.stem(xt.flatten(1))
        for layer in self.layers:
            x = layer(x, embedding)
        signal, noise = (level.sigmoid().sqrt()[:, None] for level in (log_snr, -log_snr))
        return (noise * xt.flatten(1) + signal * self.head(x)).reshape(xt.shape)
