"""Exercise 09.frechet: the Fréchet distance between two clouds of features, from scratch.

练习 09.frechet：从头写出两团特征之间的 Fréchet 距离。
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake, called, judge_function, number
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said
from course_utils.metrics import frechet_distance

SHAPES = (((60, 40, 5), torch.float64), ((50, 80, 4), torch.float32), ((6, 9, 12), torch.float64), ((6, 8, 24), torch.float32), ((30, 30, 3), torch.float64))  # fmt: skip
TOLERANCE = 1e-5


def frechet(a: Tensor, b: Tensor) -> float:
    """Means, covariances, and the root of their product by eigenvalues. 均值、协方差，以及由特征值得到的乘积之根。"""
    a, b = a.double(), b.double()
    values, vectors = torch.linalg.eigh(torch.cov(a.T))
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    shared = torch.linalg.eigvalsh(root @ torch.cov(b.T) @ root).clamp(min=0).sqrt().sum()
    spread = a.var(0).sum() + b.var(0).sum()
    return float((a.mean(0) - b.mean(0)).square().sum() + spread - 2 * shared)


def _root(matrix: Tensor) -> Tensor:
    """The root of a symmetric matrix, negative eigenvalues left out; of another, that of its lower half mirrored."""
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T


class _Parts:
    """What a distance is put together of. 距离由哪些部分拼成。"""

    def __init__(self, a: Tensor, b: Tensor):
        self.a, self.b = a.double(), b.double()
        self.apart = self.a.mean(0) - self.b.mean(0)
        self.mean = self.apart.square().sum()
        self.A, self.B = torch.cov(self.a.T), torch.cov(self.b.T)
        self.spread = self.A.trace() + self.B.trace()
        half = _root(self.A)
        self.shared = _root(half @ self.B @ half).trace()
        self.exact = self.mean + self.spread - 2 * self.shared

    def biased(self) -> Tensor:
        """With covariances divided by n. 协方差除以 n。"""
        n, m = len(self.a), len(self.b)
        fewer, less = (n - 1) / n, (m - 1) / m
        return self.mean + self.A.trace() * fewer + self.B.trace() * less - 2 * (fewer * less) ** 0.5 * self.shared

    def with_shared(self, shared: Tensor) -> Tensor:
        """With another trace of the root. 换上另一个根的迹。"""
        return self.mean + self.spread - 2 * shared


def _diagonals(p: _Parts) -> Tensor:
    return (p.A.diagonal() * p.B.diagonal()).clamp(min=0).sqrt().sum()


def _not_centred(p: _Parts) -> float:
    of = [x.T @ x / len(x) for x in (p.a, p.b)]
    half = _root(of[0])
    return p.mean + of[0].trace() + of[1].trace() - 2 * _root(half @ of[1] @ half).trace()


def _entrywise(p: _Parts) -> Tensor:
    half = p.A.clamp(min=0).sqrt()
    return (half @ p.B @ half).clamp(min=0).sqrt().trace()


def _of_deviations(p: _Parts) -> Tensor:
    s, t = p.A.diagonal().sqrt(), p.B.diagonal().sqrt()
    return p.mean + (s + t - 2 * (s * t).sqrt()).sum()


def _of_an_entrywise(p: _Parts) -> Tensor:
    half = p.A.clamp(min=0).sqrt()
    return _root(half @ p.B @ half).trace()


ENTRYWISE: Said = (
    "each entry's root is not the root of the matrix: of A that is an R with R R = A; use `torch.linalg.eigh`. (The root of "
    "an entry below 0 is nan.)",
    "逐元素开方不是矩阵的平方根：A 的平方根 R 要满足 R R = A；请用 `torch.linalg.eigh`。（小于 0 的元素，开方得 nan。）",
)
FRECHET_MISTAKES = [
    Mistake(lambda a, b, gives=gives: float(gives(_Parts(a, b))), en, zh)
    for gives, en, zh in (
        (lambda p: p.with_shared((p.A @ p.B).diagonal().clamp(min=0).sqrt().sum()), "the root is taken of each entry of A B; the root of a matrix is that which, multiplied by itself, gives it", "开方是对 A B 的各个元素做的；矩阵的平方根，是自己乘自己等于它的那个矩阵"),
        *((lambda p, of=of: p.with_shared(of(p)), *ENTRYWISE) for of in (_entrywise, _of_an_entrywise)),
        (lambda p: p.with_shared(_diagonals(p)), "only the variances are compared, feature by feature: with covariances that lie askew the two clouds differ by more than their diagonals say", "只逐个特征地比了方差：特征之间若相关，两团的差别就不止对角线上那些"),
        (lambda p: p.mean + p.spread - p.shared, "the 2 is missing before the trace of the root", "根的迹前面漏了 2"),
        (lambda p: p.mean.sqrt() + p.spread - 2 * p.shared, "the distance of the means is not squared", "均值之间的距离没有平方"),
        (lambda p: p.apart.square().mean() + p.spread - 2 * p.shared, "the squared difference of the means is averaged over the features; sum it", "均值之差的平方对特征取了平均；应当求和"),
        (lambda p: p.apart.abs().sum() + p.spread - 2 * p.shared, "the difference of the means enters by its absolute values; square them", "均值之差取的是绝对值；应当平方"),
        (lambda p: p.spread - 2 * p.shared, "the means are not compared", "没有比较均值"),
        (lambda p: p.mean + p.spread, "the trace of the root is missing: two equal clouds would not be at 0", "漏了根的迹：两团相同时，距离不是 0"),
        (lambda p: p.mean + p.spread + 2 * p.shared, "the sign of the trace of the root: what the two share is taken away", "根的迹符号反了：两者共有的部分应当减去"),
        (lambda p: p.with_shared((p.A @ p.B).trace()), "the root is missing: this is the trace of A B itself", "漏了开方：这是 A B 本身的迹"),
        (lambda p: p.mean + (p.A - p.B).square().sum(), "the covariances are compared entry by entry, squared; between Gaussians it is roots of covariances that count", "协方差是逐个元素相减再平方的；高斯分布之间，要看的是协方差的平方根"),
        (_of_deviations, "standard deviations stand where variances belong", "该用方差的地方用了标准差"),
        (lambda p: p.with_shared(_root((p.A @ p.B + p.B @ p.A) / 2).trace()), "A B is not symmetric, and the root here is that of its symmetric part: take that of A^(1/2) B A^(1/2), which has the same eigenvalues as A B", "A B 不对称，这里开方的是它的对称部分：应取 A^(1/2) B A^(1/2)，它的特征值与 A B 相同"),
        (lambda p: p.with_shared(_root(p.A @ p.B).trace()), "A B is not symmetric, and `eigh` reads one half of it only: take A^(1/2) B A^(1/2), which is symmetric and has the same eigenvalues", "A B 不对称，而 `eigh` 只读它的一半：应取 A^(1/2) B A^(1/2)，它对称，特征值也相同"),
        (lambda p: p.with_shared((_root(p.A) @ _root(p.B)).trace()), "the root of A times the root of B is the root of A B only where the two commute", "A 的根乘 B 的根，只有在两者可交换时才是 A B 的根"),
        (_Parts.biased, "the covariances are divided by n; of n samples about their own mean, n − 1 are free", "协方差除以的是 n；n 个样本减去自己的均值之后，自由的只有 n − 1 个"),
        (_not_centred, "the means are still in what should be covariances: subtract them first", "本该是协方差的量里还含着均值：先减去均值"),
        (lambda p: p.exact.clamp(min=0).sqrt(), "this is the root of the distance asked for; FID, too, is the squared one", "这是所求距离的平方根；FID 用的也是平方"),
        (lambda p: p.exact / len(p.apart), "it is divided by the number of features", "除以了特征的个数"),
    )
]  # fmt: skip
IN_FLOAT32: Said = (
    "on the same features in float64 it is right: in float32 the small eigenvalues drown in rounding, and their roots do not "
    "stay small. Begin with `.double()`",
    "同样的特征换成 float64 就对了：float32 里，小特征值淹没在舍入误差中，开方之后却不再小。开头先 `.double()`",
)
NEGATIVE: Said = (
    "it is nan where there are fewer samples than features: some eigenvalues are 0 then and come out as −1e-17, which has no "
    "root; `clamp(min=0)` first",
    "样本比特征少时它是 nan：那时有些特征值应为 0，算出来却是 −1e-17，开不了方；先 `clamp(min=0)`",
)
COMPLEX: Said = (
    "it returns a complex number; the eigenvalues of A B are real: take the real part, or use A^(1/2) B A^(1/2)",
    "返回的是复数；A B 的特征值都是实数：取实部，或改用 A^(1/2) B A^(1/2)",
)

TRANSPOSED: Said = (
    "the axes are swapped: the samples are taken for the features, so that two clouds of other sizes do not fit. `torch.cov` "
    "wants a row for each feature, `torch.cov(a.T)`, and the mean is over the samples, `a.mean(0)`",
    "轴弄反了：把样本当成了特征，于是样本数不同的两团就对不上。`torch.cov` 要每行一个特征，即 `torch.cov(a.T)`；"
    "均值沿样本取，即 `a.mean(0)`",
)
STOPS = {"must match the size": TRANSPOSED, "cannot be multiplied": TRANSPOSED, "failed to converge": NEGATIVE}


def _case(n: int, m: int, d: int, dtype: torch.dtype, generator: torch.Generator) -> dict[str, Any]:
    """Two clouds whose covariances do not commute, some with fewer samples than features. 协方差不可交换的两团特征。"""
    clouds = []
    for k in (n, m):
        mix = torch.randn(d, d, generator=generator, dtype=torch.float64) / d**0.5 + torch.eye(d, dtype=torch.float64)
        at = 1 + torch.randn(d, generator=generator, dtype=torch.float64)
        clouds.append((torch.randn(k, d, generator=generator, dtype=torch.float64) @ mix + at).to(dtype))
    return dict(zip("ab", clouds, strict=True))


def _explained(answer: Callable, cases: list[dict[str, Any]]) -> Said | None:
    found = [number(called(answer, case)[0]) for case in cases]
    if found[0] is not None and found[0] != found[0]:
        return ENTRYWISE
    if any(value is None or value != value for value in found):
        return NEGATIVE
    doubled = [{name: x.double() for name, x in case.items()} for case in cases]
    truths = [frechet_distance(*case.values()) for case in doubled]
    found = [number(called(answer, case)[0]) for case in doubled]
    right = [abs(value - exact) < TOLERANCE * max(1, exact) for value, exact in zip(found, truths, strict=True)]
    return IN_FLOAT32 if all(right) else None


def judge_frechet(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's Fréchet distance, or None. 读者的 Fréchet 距离错在哪里；正确时为 None。"""
    cases = [_case(*shape, dtype, generator) for shape, dtype in SHAPES]
    first, stop = called(answer, cases[0])
    if stop is not None and "failed to converge" in stop[0]:  # of few features and many samples no eigenvalue is 0
        return ENTRYWISE
    if isinstance(first, complex) or (isinstance(first, Tensor) and first.is_complex()):
        return COMPLEX
    fault = judge_function(
        answer, frechet_distance, cases, FRECHET_MISTAKES, TOLERANCE, explain=lambda given: _explained(given, cases)
    )
    return fault and next((said for words, said in STOPS.items() if words in fault[0]), fault)


FRECHET = Exercise(
    reference=lambda: frechet,
    judge=judge_frechet,
    hints=(
        (
            "`moments` keeps of a cloud its mean and covariance; the distance is made of these alone. Two of its terms are "
            "traces that you can read off a cloud without any matrix.",
            "`moments` 从一团特征只留下均值与协方差；距离全由它们算出。其中两项的迹，不用矩阵就能从特征读出来。",
        ),
        (
            "The trace of the root of A B is the sum of the roots of its eigenvalues, and A^(1/2) B A^(1/2) has the same ones "
            "and is symmetric: `torch.linalg.eigh` gives A^(1/2), `eigvalsh` the eigenvalues.",
            "A B 之根的迹，等于它的各个特征值开方之和；A^(1/2) B A^(1/2) 的特征值与它相同，而且对称："
            "`torch.linalg.eigh` 给出 A^(1/2)，`eigvalsh` 给出特征值。",
        ),
        (
            "`values, vectors = torch.linalg.eigh(torch.cov(a.T))`, `root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T`, "
            "and in the end `torch.linalg.eigvalsh(root @ torch.cov(b.T) @ root).clamp(min=0).sqrt().sum()`, twice, from the sum "
            "of the variances and the squared difference of the means; all in float64.",
            "`values, vectors = torch.linalg.eigh(torch.cov(a.T))`，`root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T`，"
            "最后从方差之和与均值之差的平方里，减去两份 "
            "`torch.linalg.eigvalsh(root @ torch.cov(b.T) @ root).clamp(min=0).sqrt().sum()`；全用 float64。",
        ),
    ),
)
