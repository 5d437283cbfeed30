"""Weights that our own command trained (tools/train_weights.py), each beside a card that says how.

由我们自己的命令（tools/train_weights.py）训练出的权重，每份旁边有一张模型卡说明来历。
"""

import json
import re
from pathlib import Path

import torch
from torch import nn

from course_utils.classifier import Classifier, NoiseAwareClassifier
from course_utils.files import damaged, opened, write_whole
from course_utils.gates import check_finite, check_path
from course_utils.gates.saying import written
from course_utils.generator import Generator
from course_utils.language import CourseError
from course_utils.metrics import Moments
from course_utils.randomness import stream_at
from course_utils.unet import UNet

FOLDER = Path(__file__).parent
ENDS = "Half precision ends at 65,504.", "半精度最大到 65,504。"
KINDS = {kind.__name__: kind for kind in (UNet, Classifier, NoiseAwareClassifier, Generator)}


def names() -> list[str]:
    """The weights that are here. 这里有哪些权重。"""
    return sorted(path.stem for path in FOLDER.glob("*.safetensors"))


def pretrained(name: str) -> nn.Module:
    """A network that comes with the course, trained: "fashion_mnist", "digits", and what `names` lists.

    随课程附带、训练好的网络："fashion_mnist"、"digits"，以及 `names` 列出的其他网络。

    How each was trained stands on the card beside it, in course_utils/weights.

    Returns: the network in float32 on the CPU, in eval mode, without gradients.
    Raises: CourseError for another name, or a file that is torn or holds something else.
    """
    if not isinstance(name, str) or name not in names():
        listed = ", ".join(f'"{known}"' for known in names())
        raise CourseError(
            f"There are no weights {written(name):.60}. There are: {listed}. Or train your own: course_utils.training.",
            f"没有名为 {written(name):.60} 的权重。现有：{listed}。也可以用 course_utils.training 自己训练。",
        )
    network = _built(FOLDER / f"{name}.safetensors")
    return network.float().requires_grad_(False).eval()


def from_file(path: str | Path) -> nn.Module:
    """The network in a file that `write` has stored, as `pretrained` gives it.

    `write` 存下的文件中的网络，形式同 `pretrained`。

    Raises: CourseError for a file that is not there, torn, or holds something else.
    """
    path = check_path(path)
    try:
        return _built(path).float().requires_grad_(False).eval()
    except CourseError as error:
        why = error.en.partition("(")[2].partition(")")[0]
        raise CourseError(
            f"{str(path)!r} is no network as `weights.write` stores it ({why}). Give such a file, `model.safetensors`.",
            f"{str(path)!r} 不是 `weights.write` 存下的网络（{why}）。请给这样的文件：`model.safetensors`。",
        ) from None


def garment_moments() -> Moments:
    """Mean and covariance of the classifier's features of the test images: samples are compared without a download.

    分类器在测试图像上的特征的均值与协方差：不必下载数据就能评判样本。

    Shapes: mean (128,) and covariance (128, 128), float64.
    """
    path = FOLDER / "moments" / "fashion_mnist.safetensors"
    try:
        with opened(path) as file:
            return Moments(*(check_finite(name, file.get_tensor(name)).double() for name in ("mean", "covariance")))
    except (OSError, CourseError) as error:
        raise damaged(path, error) from None


def write(
    name: str, network: UNet | Classifier | NoiseAwareClassifier | Generator, folder: str | Path = FOLDER
) -> Path:
    """Store a network's weights in half precision, with what is needed to build it again.

    以半精度保存网络的权重，连同重建它所需的设置。

    Raises: CourseError for a name that is none, a network that `pretrained` cannot build, weights that half precision
    cannot hold, or a place that cannot be written; what was there stays.
    """
    from safetensors.torch import save

    folder = check_path(folder)
    if not re.fullmatch(r"[\w-]+", str(check_path(name))):
        raise CourseError(
            f"name is {name!r}. Give a bare name such as 'digits'; where it lies says folder=....",
            f"name 为 {name!r}。请只给名字，例如 'digits'；放在哪里由 folder=... 指定。",
        )
    if type(network) not in KINDS.values():
        kind = type(network).__name__
        raise CourseError(
            f"network is a {kind}. What can be built again, and so is stored, is one of {', '.join(KINDS)}.",
            f"network 这个网络是 {kind}。能重新建出、因而可以保存的只有：{', '.join(KINDS)}。",
        )
    if network.state_dict().keys() != _named(network):
        raise CourseError(
            "The network has weights that its kind lacks, such as matrices of low rank, so it could not be built "
            "again. Add them in, low_rank.merged(network); or store them alone, low_rank_files.write_low_rank(...).",
            "这个网络里有同类网络没有的权重（例如低秩矩阵），存了也无法重新建出。请先合并：low_rank.merged(network)；"
            "或只存低秩矩阵：low_rank_files.write_low_rank(...)。",
        )
    halves = {
        key: (w.half() if w.dtype == torch.float32 else w).contiguous() for key, w in network.state_dict().items()
    }
    for key, half in halves.items():
        check_finite(key, half, so=ENDS)
    about = {"network": json.dumps({"kind": type(network).__name__, **network.config})}
    return write_whole(folder / f"{name}.safetensors", save(halves, metadata=about))


def _named(network: nn.Module) -> set[str]:
    """The names of the weights that a network of this kind has, without computing any."""
    with torch.device("meta"):
        return set(type(network)(**network.config).state_dict())


def _built(path: Path) -> nn.Module:
    """The network that a file describes, with the weights that it holds, all of them finite."""
    try:
        with opened(path) as file:
            config = json.loads(file.metadata()["network"])
            weights = {key: file.get_tensor(key) for key in file.keys()}
        with stream_at(0):  # its first weights are replaced, and the reader's own draws shall go on as they would have
            network = KINDS[config.pop("kind")](**config)
        network.load_state_dict(weights)
        for key, weight in network.state_dict().items():
            check_finite(key, weight)
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError) as error:
        raise damaged(path, error) from None
    return network
