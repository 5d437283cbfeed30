"""Read the line off a reader's bytes, and the angle off a reader's cosine.

从读者的字节里读出直线，从读者的余弦里读出角度。
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import called
from course_utils.exercises.symbols import formula_of
from course_utils.language import Said

SAMPLES = (-1.0, -0.5, 0.0, 0.5, 1.0)


def fault_of_bytes(answer: Callable) -> Said | None:
    """Which straight line it is, or what a few values become. 它是哪条直线；若不是直线，几个值各变成什么。"""
    x = torch.linspace(-0.9, 0.9, 361, dtype=torch.float64)
    found, _ = called(answer, {"x": x})
    samples, _ = called(answer, {"x": torch.tensor(SAMPLES, dtype=torch.float64)})
    if not isinstance(found, Tensor) or found.shape != x.shape or not isinstance(samples, Tensor):
        return None
    lines = torch.stack([x, torch.ones_like(x)], 1)
    slope, start = torch.linalg.lstsq(lines, found.double()[:, None]).solution[:, 0].tolist()
    if float((lines @ torch.tensor([slope, start]).double() - found.double()).abs().max()) < 1.2:
        if abs(slope) < 1 or (abs(slope - 127.5) < 0.3 and abs(start - 127.5) < 0.3):
            return None  # it goes wrong elsewhere
        line = f"{slope:.1f} x {'+' if start > 0 else '−'} {abs(start):.1f}"
        return (
            f"between −1 and 1 it is about {line}, cut or rounded; it should be 127.5 x + 127.5, rounded to the nearest",
            f"在 −1 与 1 之间，它约为 {line} 取整；应为 127.5 x + 127.5，四舍五入",
        )
    levels = len(found.unique())
    if levels < 40:
        return (
            f"only {levels} levels are left between −0.9 and 0.9: it is cut or rounded before the stretch; round last",
            f"−0.9 与 0.9 之间只剩 {levels} 个级别：拉伸之前就取整了；取整应放在最后",
        )
    got = ", ".join(map(str, samples.tolist()))
    return (
        f"it is no straight line: −1, −0.5, 0, 0.5, 1 become {got}, and should become 0, 64, 128, 191, 255",
        f"它不是一条直线：−1, −0.5, 0, 0.5, 1 变成了 {got}，应变成 0, 64, 128, 191, 255",
    )


def fault_of_cosine(answer: Callable) -> Said | None:
    """At which angle it begins and how far it goes, where it is the square of a cosine over its first entry; else None.

    若它是余弦的平方除以首项：角度从哪里起，走多远；否则为 None。
    """
    offsets, begins, goes = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3), [], []
    for offset in offsets:
        found, _ = called(answer, {"T": 64, "offset": offset})
        angles = _angles(found)
        if angles is None:
            return None
        begins.append(angles[0])
        goes.append(angles[1])
    numbers = [{"offset": o, "1 + offset": 1 + o, "1 − offset": 1 - o} for o in offsets]
    begin, far = (formula_of(torch.tensor(values).double(), numbers) for values in (begins, goes))
    if begin is None or far is None:
        return None
    return (
        f"the angle begins at {begin} and grows by {far}; it should begin at π/2 · offset / (1 + offset) and grow by "
        "π/2 / (1 + offset)",
        f"角度从 {begin} 起，增加 {far}；应从 π/2 · offset / (1 + offset) 起，增加 π/2 / (1 + offset)",
    )


def _angles(found: Any) -> tuple[float, float] | None:
    """p and q, if the roots of the values are cos(p + q u) / cos(p) = cos(q u) − tan(p) sin(q u) for u from 0 to 1."""
    if not isinstance(found, Tensor) or found.ndim != 1 or len(found) < 9 or not bool((found >= 0).all()):
        return None
    root, u = found.double().sqrt(), torch.linspace(0, 1, len(found), dtype=torch.float64)

    def fit(q: float) -> tuple[float, float]:
        wave = (q * u).sin()
        tangent = float((((q * u).cos() - root) * wave).sum() / wave.square().sum())
        return float(((q * u).cos() - tangent * wave - root).abs().max()), tangent

    q = min((0.01 * k for k in range(1, 320)), key=lambda q: fit(q)[0])
    for step in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8):
        q = min((q + k * step for k in range(-10, 11)), key=lambda q: fit(q)[0])
    off, tangent = fit(q)
    return (math.atan(tangent), q) if off < 1e-6 else None
