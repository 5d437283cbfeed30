"""Muon: an optimizer that gives the update of every matrix the same size in all directions.

Muon：让每个矩阵的更新在各个方向上大小相同的优化器。
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from course_utils.arithmetic import quick_in_bfloat16
from course_utils.gates import check_number, check_whole
from course_utils.language import CourseError

SHORT_SIDE = 16  # a matrix with a shorter side than this has few directions: AdamW takes it


def orthogonal(update: Tensor, steps: int = 5) -> Tensor:
    """Bring the singular values of a matrix near 1, by five steps of an odd polynomial that needs products alone.

    把矩阵的奇异值都拉到 1 附近：用奇次多项式迭代五步，只需矩阵乘法。

    Shapes: update (m, n) -> the same, float32 (the products are taken in bfloat16 where that is quicker).
    Raises: CourseError for what is no matrix, or steps outside 0 to 100.
    Paper: Jordan et al. 2024 (Muon), the Newton-Schulz iteration and its coefficients.
    """
    if not isinstance(update, Tensor) or update.ndim != 2 or not update.is_floating_point():
        given = f"{update.dtype} {tuple(update.shape)}" if isinstance(update, Tensor) else type(update).__name__
        raise CourseError(
            f"update is {given}. It must be a matrix, a floating-point tensor (m, n); a convolution's weight is "
            "flattened first, weight.flatten(1).",
            f"update 是 {given}。它应当是矩阵，即浮点张量 (m, n)；卷积的权重先展平：weight.flatten(1)。",
        )
    x = update.bfloat16() if quick_in_bfloat16(update.device) else update.float()
    tall = x.shape[0] > x.shape[1]
    x = x.mT if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(check_whole("steps", steps, 0, 100)):
        gram = x @ x.mT
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
    return (x.mT if tall else x).float()


class Muon(torch.optim.AdamW):
    """Muon for the matrices (a convolution is one: outputs by all it reads), AdamW for everything else.

    矩阵用 Muon（卷积也算矩阵：输出通道为行，读到的一切为列），其余用 AdamW。

    Args:
        parameters: of the network; those with two sides of at least 16 are matrices.
        lr: the rate of AdamW; matrices are moved at `matrix_rate` times that rate.

    Raises: CourseError for what are no parameters, or rates below 0.
    Paper: Jordan et al. 2024 (Muon), with Nesterov momentum 0.95; Loshchilov & Hutter 2019 (AdamW).
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float = 3e-3, matrix_rate: float = 7.0):
        parameters = _checked(parameters)
        lr, matrix_rate = check_number("lr", lr, 0), check_number("matrix_rate", matrix_rate, 0)
        self.matrices = [weight for weight in parameters if min(_as_matrix(weight).shape) >= SHORT_SIDE]
        self.matrix_rate = matrix_rate
        super().__init__(parameters, lr=lr, betas=(0.9, 0.99), weight_decay=0.0, fused=True)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        rate = self.matrix_rate * self.param_groups[0]["lr"]
        for weight in self.matrices:
            if weight.grad is None:
                continue
            kept = self.state[weight]
            momentum = kept.setdefault("momentum", torch.zeros_like(weight))
            kept.setdefault("step", torch.zeros(())).add_(1)  # AdamW expects one when a state is loaded
            momentum.lerp_(weight.grad, 0.05)
            update = _as_matrix(weight.grad.lerp(momentum, 0.95))
            stretch = max(1.0, update.shape[0] / update.shape[1]) ** 0.5
            weight.sub_(_as_before(orthogonal(update), weight), alpha=rate * stretch)
            weight.grad = None  # AdamW, which comes next, passes over what has no gradient
        super().step()


def _checked(parameters: Iterable[nn.Parameter]) -> list[nn.Parameter]:
    try:
        listed = [] if isinstance(parameters, Tensor) else list(parameters)
    except TypeError:  # a network instead of its parameters
        listed = []
    if not listed or not all(isinstance(weight, Tensor) for weight in listed):
        raise CourseError(
            f"The parameters are {type(parameters).__name__}. Give the weights of a network, at least one: "
            "Muon(network.parameters()).",
            f"参数是 {type(parameters).__name__}。请给网络的权重，至少一个：Muon(network.parameters())。",
        )
    return listed


def _as_matrix(weight: Tensor) -> Tensor:
    """One row per output; the order of the columns does not matter, so memory is read as it lies."""
    if weight.ndim < 2:
        return weight.reshape(1, -1)
    return (weight.permute(0, 2, 3, 1) if weight.ndim == 4 else weight).flatten(1)


def _as_before(matrix: Tensor, weight: Tensor) -> Tensor:
    if weight.ndim != 4:
        return matrix.reshape(weight.shape)
    o, i, h, w = weight.shape
    return matrix.reshape(o, h, w, i).permute(0, 3, 1, 2)
