"""Judges of the U-Net that lesson 05 has its reader assemble, one for each part.

第 05 课让读者搭建的 U-Net 的评判，每部分一个。
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.blocks import NoiseLevelEmbedding
from course_utils.exercises.lesson_05.build_equal import alike
from course_utils.exercises.lesson_05.build_mistakes import (
    fault_of_nan,
    fault_of_repeats,
    fault_of_silence,
    fault_of_the_start,
)
from course_utils.exercises.lesson_05.build_stops import blocks_of, names_of_blocks
from course_utils.exercises.lesson_05.build_trials import Trial, tried
from course_utils.experiments.assembled import watched
from course_utils.language import Said


def judge_start(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does a new network run at several sizes, and answer sqrt(1 - alpha_bar) x_t? 新网络的回答是否如此？"""
    shapes = (3, None), (2, (2, 3, 6, 4)), (1, (2, 1, 5, 6)), (3, (1, 1, 11, 28)), (3, (1, 1, 28, 13))
    for floors, shape in shapes:
        trial = tried(answer, generator, floors, shape=shape, drawn=False)
        if trial.fault is not None:
            return trial.fault
        noise = (-trial.log_snr).sigmoid().sqrt()[:, None, None, None]
        if not alike(trial.answer, noise * trial.xt):
            fault = fault_of_nan(trial.answer)
            return fault or fault_of_the_start(trial.answer, trial.xt, trial.log_snr, alike)
        if (fault := fault_of_silence(trial.calls)) is not None:
            return fault
    return None


def judge_skips(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is each block on the way up given its own maps and, behind them, the right skip? 每条跳跃连接是否接对了地方？"""
    trial = tried(answer, generator)
    return trial.fault or _fault_of_skips(trial)


def _fault_of_skips(trial: Trial) -> Said | None:
    n, blocks = len(trial.widths), blocks_of(trial.calls)
    calls = [call for call in trial.calls if call.kind is not NoiseLevelEmbedding]
    left = calls[: calls.index(blocks[n])] if len(blocks) > n else calls
    if len(left) != 2 * n or len(blocks) < n + 3:
        return (
            f"with {n} floors, {len(left)} layers work before the bottom, not {2 * n}: `stem`, a block on each floor, a halving "
            "between two",
            f"共 {n} 级时，到底部之前有 {len(left)} 层在工作，应有 {2 * n} 层：`stem`，每级一个块，两级之间一次减半",
        )
    parts = [("`stem`", " `stem` "), *names_of_blocks(n)[:1]]
    for i, name in enumerate(names_of_blocks(n)[1:n], 1):
        parts += [(f"halving {i}", f"第 {i} 次减半"), name]
    for name, call in zip(names_of_blocks(n)[n + 2 :], blocks[n + 2 :], strict=False):
        if not left:
            break
        x, skip, part = calls[calls.index(call) - 1].output, left.pop().output, parts[len(left)]
        others = [(p, c.output) for p, c in zip(parts, left, strict=False)]
        fault = _fault_of_joining(call.given[0], x, skip, others)
        if fault is not None:
            return (
                f"{name[0]} {fault[0]}; give it its own maps and, behind them, those of {part[0]}",
                f"{name[1]}{fault[1]}；请给它自己的特征图，后面接{part[1]}的",
            )
    return None


def _fault_of_joining(given: Tensor, x: Tensor, skip: Tensor, others: list[tuple[Said, Tensor]]) -> Said | None:
    if given.shape[2:] != skip.shape[2:]:
        return f"is given maps of shape {tuple(given.shape)}", f"得到的特征图形状是 {tuple(given.shape)}"
    if x.shape[2:] != skip.shape[2:]:  # enlarged by no layer with weights: `floors` and `count` judge that
        x = given[:, : x.shape[1]]
    if alike(given, torch.cat([x, skip], 1)):
        return None
    if alike(given, x):
        return "is given no skip", "没有得到跳跃连接"
    if alike(given, torch.cat([skip, x], 1)):
        return "is given the skip first, its own maps behind it", "得到的是跳跃连接在前，自己的特征图在后"
    if x.shape == skip.shape and alike(given, x + skip):
        return (
            "is given the sum of its maps and the skip, not both side by side",
            "得到的是自己的特征图与跳跃连接之和，而不是拼接",
        )
    own = alike(given[:, : x.shape[1]], x)
    for (en, zh), other in others:
        if own and alike(given[:, x.shape[1] :], other):
            return f"is given the skip of {en}", f"得到的是{zh}的跳跃连接"
    if own and not bool(given[:, x.shape[1] :].any()):
        return "is given zeros in place of a skip", "得到的跳跃连接全是零"
    return f"is given something else, of shape {tuple(given.shape)}", f"得到的是别的东西，形状 {tuple(given.shape)}"


def judge_level(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is every block told the noise level, each image's its own? 每个块是否都得知噪声水平，每幅图像各是自己的？"""
    trial = tried(answer, generator)
    fault = trial.fault or fault_of_repeats(trial.calls) or _fault_of_telling(trial) or fault_of_nan(trial.answer)
    if fault is not None:
        return fault
    network, xt, log_snr = trial.network, trial.xt, trial.log_snr
    other = log_snr.clone()
    other[1] = -other[1] - 3
    changed = (watched(network, xt, other)[1] - trial.answer).abs().amax((1, 2, 3)) > 1e-5
    if changed.tolist() != [False, True, False]:
        return (
            "another noise level for one image should change the answer for that one alone",
            "只改一幅图像的噪声水平，应当只有这幅图像的回答改变",
        )
    _, given, error = watched(network, xt, log_snr[0])
    _, wanted, _ = watched(network, xt, log_snr[:1].expand(len(xt)))
    if error is not None or not isinstance(given, Tensor) or not alike(given, wanted):
        why = f" (`{type(error).__name__}: {error}`)" if error is not None else ""
        return (
            f"a single number, of shape (), should do what that number for each image does{why}",
            f"给整批一个数（形状 ()），结果应与每幅图像都给这个数相同{why}",
        )
    return None


def _fault_of_telling(trial: Trial) -> Said | None:
    told = [call for call in trial.calls if call.kind is NoiseLevelEmbedding]
    if not told:
        return (
            "no `NoiseLevelEmbedding` works: the blocks do not know how noisy each image is",
            "没有用到 `NoiseLevelEmbedding`：各块不知道每幅图像的噪声有多重",
        )
    if not alike(told[0].given[0], trial.log_snr):
        return (
            "the embedding is not given `log_snr` itself, one number per image",
            "交给嵌入的不是 `log_snr` 本身（每幅图像一个数）",
        )
    e = told[0].output
    for i, call in enumerate(blocks_of(trial.calls), 1):
        given = call.given[1] if len(call.given) > 1 else None
        if not isinstance(given, Tensor) or not alike(given, e):
            silu = isinstance(given, Tensor) and alike(given, F.silu(e))
            return (
                f"residual block {i} is not told what the embedding gives"
                + (": the SiLU stands in the block already" if silu else ""),
                f"第 {i} 个残差块得知的不是嵌入给出的向量" + ("：SiLU 块里已经有了" if silu else ""),
            )
    return None
