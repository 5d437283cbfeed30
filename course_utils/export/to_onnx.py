"""A network as one ONNX file, which runs in a browser, on a telephone, from C, without torch.

把网络写成一个 ONNX 文件：不需要 torch，就能在浏览器里、手机上、C 程序中运行。
"""

import copy
import io
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from course_utils.export.libraries import library
from course_utils.export.plain import check_plain
from course_utils.files import write_whole
from course_utils.gates import (
    check_finite,
    check_flag,
    check_kind,
    check_labels,
    check_log_snr,
    check_path,
    check_whole,
)
from course_utils.language import CourseError
from course_utils.weights import ENDS

INPUTS = ("xt", "log_snr", "labels")


def export_onnx(network: nn.Module, path: str | Path, *, size: int, half: bool = False) -> Path:
    """Write a U-Net to an ONNX file: (xt, log_snr, labels where it knows any) -> eps_hat, for any batch.

    把 U-Net 写成 ONNX 文件：(xt, log_snr, 认识标签时还有 labels) -> eps_hat，批次大小不限。

    Args: size, height and width of the images, which the file is made for; half, keep the weights in half precision,
        in half the room, and compute in float32 all the same.
    Shapes of the file's inputs: xt (b, c, size, size) and log_snr (b,), float32; labels (b,), int64.
    Raises: CourseError for what is no plain UNet, where `onnx` is missing, for weights that half precision cannot hold,
    or a place that cannot be written.
    """
    network, path = check_plain(network), check_path(path)
    size, half = check_whole("size", size, 1, 4096), check_flag("half", half)
    onnx = library("onnx")
    model = onnx.load_from_string(_traced(network, size))
    _whole_sigmoids(onnx, model.graph)
    if half:
        _halve_weights(onnx, model.graph)
    onnx.helper.set_model_props(model, {"network": json.dumps(network.config | {"size": size})})
    onnx.checker.check_model(model)
    return write_whole(path, model.SerializeToString())


def read_onnx(path: str | Path) -> Callable[..., Tensor]:
    """A network from an ONNX file, run by onnxruntime, called as a UNet is: network(xt, log_snr, labels).

    由 ONNX 文件得到的网络，用 onnxruntime 运行，调用方式与 UNet 相同：network(xt, log_snr, labels)。

    Raises: CourseError where onnxruntime is missing, for a file that is not there or holds something else; when called,
    for what the file was not made for.
    """
    path, runtime = check_path(path), library("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    with _refusing(path):
        session = runtime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])

    classes = json.loads(session.get_modelmeta().custom_metadata_map.get("network", "{}")).get("classes")

    def network(xt: Tensor, log_snr: Tensor, labels: Tensor | None = None) -> Tensor:
        given = {"xt": xt, "log_snr": check_log_snr(check_kind("xt", xt, Tensor, "torch.randn(4, 1, 8, 8)"), log_snr)}
        if labels is not None:
            given["labels"] = check_labels(labels, len(xt), classes or None)
        with _refusing(path):
            [eps_hat] = session.run(None, {name: x.detach().cpu().numpy() for name, x in given.items()})
        return torch.from_numpy(eps_hat)

    return network


def _traced(network: nn.Module, size: int) -> bytes:
    """What torch writes of one call, the number of images left open."""
    network = copy.deepcopy(network).cpu().float().eval()
    images = torch.zeros(2, network.config["channels"], size, size)
    given = (images, torch.zeros(2), torch.zeros(2, dtype=torch.long))[: 3 if network.config["classes"] else 2]
    names, file = list(INPUTS[: len(given)]), io.BytesIO()
    any_batch = {name: {0: "batch"} for name in [*names, "eps_hat"]}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # that checks are traced once; that a slower way of writing is newer
        torch.onnx.export(
            network, given, file, input_names=names, output_names=["eps_hat"], dynamic_axes=any_batch, dynamo=False
        )
    return file.getvalue()


def _whole_sigmoids(onnx: ModuleType, graph: Any) -> None:
    """Write the two factors of the output as 1 / (1 + exp(-x)): onnxruntime's own Sigmoid ends at x = -18, and at the
    noisiest step of the cosine schedule the log-SNR is -22."""
    rooted = {name for node in graph.node if node.op_type == "Sqrt" for name in node.input}
    graph.initializer.append(onnx.helper.make_tensor("one", onnx.TensorProto.FLOAT, [], [1.0]))
    nodes = []
    for node in graph.node:
        if node.op_type != "Sigmoid" or node.output[0] not in rooted:
            nodes.append(node)
            continue
        x, y = node.input[0], node.output[0]
        ways = [("Neg", [x], f"{y}.neg"), ("Exp", [f"{y}.neg"], f"{y}.exp"), ("Add", [f"{y}.exp", "one"], f"{y}.sum")]
        ways.append(("Reciprocal", [f"{y}.sum"], y))
        nodes += [onnx.helper.make_node(kind, given, [out]) for kind, given, out in ways]
    del graph.node[:]
    graph.node.extend(nodes)


def _halve_weights(onnx: ModuleType, graph: Any) -> None:
    """Keep float32 weights in half precision, and begin the graph by casting them back."""
    casts = []
    for kept in graph.initializer:
        if kept.data_type != onnx.TensorProto.FLOAT:
            continue
        name, weight = kept.name, torch.from_numpy(onnx.numpy_helper.to_array(kept).copy()).half()
        kept.CopyFrom(onnx.numpy_helper.from_array(check_finite(name, weight, so=ENDS).numpy(), f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Say in two sentences what onnxruntime has against a file, or against what the file is given."""
    try:
        yield
    except Exception as error:  # its errors share no class
        why = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise CourseError(
            f"{str(path)!r} cannot be run so ({why}). Give a file that export_onnx wrote, and to its network images "
            "(b, c, size, size) of the size it was written for, log_snr, and labels if it knows any.",
            f"{str(path)!r} 无法这样运行（{why}）。请给 export_onnx 写出的文件；"
            "给网络的应当是导出时所定尺寸的图像 (b, c, size, size)、log_snr，认识标签时还有 labels。",
        ) from None
