"""The matrices of low rank in a small file of their own, with a digest of the network that they belong to.

低秩矩阵自成一个小文件，附有所属网络的摘要。
"""

import hashlib
import json
from pathlib import Path

from torch import Tensor, nn

from course_utils.files import opened, write_whole
from course_utils.gates import check_finite, check_kind, check_path
from course_utils.language import CourseError
from course_utils.low_rank import check_bare, check_low_rank, low_rank_layers, ways_beside

PARTS = "down", "up"


def write_low_rank(path: str | Path, network: nn.Module) -> Path:
    """Write the matrices of low rank alone to a safetensors file, with a digest of the network they belong to.

    只把低秩矩阵写进 safetensors 文件，连同它们所属网络的摘要。

    Raises: CourseError for a network without them, matrices that are not finite, or a place that cannot be written.
    """
    from safetensors.torch import save

    found = {
        f"{name}.{part}": check_finite(f"{name}.{part}", getattr(layer, part)).detach().cpu().contiguous()
        for name, layer in check_low_rank(network).items()
        for part in PARTS
    }
    about = {"base": _digest(network), "network": json.dumps(getattr(network, "config", {}), default=str)}
    return write_whole(check_path(path), save(found, metadata=about))


def read_low_rank(path: str | Path, network: nn.Module) -> nn.Module:
    """A copy of the network that a file belongs to, frozen, with the matrices of the file beside its layers.

    文件所属网络的副本，已冻结，各层旁边是文件中的低秩矩阵。

    The strength is 1: files do not keep it.
    Raises: CourseError for a file that is missing, cut short or of another kind, or belongs to another network; for a
    network that has ways of low rank already.
    """
    path = check_path(path)
    check_kind("network", network, nn.Module, "weights.pretrained('digits')")
    try:
        with opened(path) as file:
            about, found = file.metadata() or {}, {key: file.get_tensor(key) for key in file.keys()}
        base = about["base"]
    except (OSError, LookupError) as error:
        raise _unread(path, error) from None
    if base != _digest(network):
        raise CourseError(
            f"{str(path)!r} belongs to another network, {about.get('network', '?')}, or to other weights. Matrices of "
            "low rank mean nothing beside weights that they were not trained with: read it with the same.",
            f"{str(path)!r} 属于另一个网络（{about.get('network', '?')}），或另一组权重。低秩矩阵离开了训练时的权重就"
            "没有意义：请与同样的权重一起使用。",
        )
    check_bare(network)
    try:
        one = ways_beside(network, _ranks(found))
        one.load_state_dict(one.state_dict() | {key: check_finite(key, value) for key, value in found.items()})
    except (AttributeError, LookupError, RuntimeError, CourseError) as error:
        raise _unread(path, error) from None
    return one


def _ranks(found: dict[str, Tensor]) -> dict[str, int]:
    """The rank beside each layer, if two matrices for each were found and no layer's own weights beside them."""
    names = sorted({key.rpartition(".")[0] for key in found})
    wanted = {f"{name}.{part}" for name in names for part in PARTS}
    wrong = wanted ^ found.keys() | {key for key, one in found.items() if one.ndim != 2 or not one.is_floating_point()}
    if wrong:
        raise LookupError(f"{sorted(wrong)[0]} is missing, or no matrix of low rank")
    return {name: len(found[f"{name}.down"]) for name in names}


def _digest(network: nn.Module) -> str:
    """A digest of the weights below the ways of low rank, the same whether there are such ways or not."""
    layers, weights = low_rank_layers(network), dict(network.state_dict())
    for name in layers:
        for part in PARTS:
            del weights[f"{name}.{part}"]
        for own in layers[name].layer.state_dict():
            weights[f"{name}.{own}"] = weights.pop(f"{name}.layer.{own}")
    found = hashlib.sha256()
    for name in sorted(weights):
        found.update(f"{name} {tuple(weights[name].shape)}".encode())
        found.update(weights[name].detach().cpu().float().contiguous().numpy().tobytes())
    return found.hexdigest()


def _unread(path: Path, error: Exception) -> CourseError:
    why = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]:.120}"
    return CourseError(
        f"{str(path)!r} holds no matrices of low rank that can be read ({why}). Write it anew with "
        "low_rank_files.write_low_rank(path, ...).",
        f"从 {str(path)!r} 读不出低秩矩阵（{why}）。请用 low_rank_files.write_low_rank(path, ...) 重新写。",
    )
