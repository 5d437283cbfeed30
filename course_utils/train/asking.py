"""What is asked for: the words of the command, in both languages, and what they must be.

要求是什么：命令的各个词（两种语言），以及它们应当满足什么。
"""

import argparse
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course_utils.gates import check_number, check_whole
from course_utils.language import LANGUAGES, CourseError, choose, set_language
from course_utils.train.places import looked_up

PROGRAM = "python -m course_utils.train"


@dataclass(frozen=True)
class Asked:
    """What the words of the command say; one of `minutes` and `steps` is None.

    命令的各个词说的是什么；`minutes` 与 `steps` 中有一个是 None。
    """

    folder: str
    out: Path
    size: int = 32
    minutes: float | None = 10.0
    steps: int | None = None
    batch: int = 64
    at_once: int | None = None
    labels: bool = False
    licence: str = ""
    seed: int = 0
    save_every: float = 30.0
    compiled: bool = False
    float32: bool = False

    def settings(self) -> dict:
        """What the result depends on: a run that goes on must have been asked for the same.

        结果取决于哪些设置：接着训练时，这些要求必须与原来一样。
        """
        return {name: getattr(self, name) for name in ("size", "minutes", "steps", "batch", "labels", "seed")}


def asked_for(words: Sequence[str]) -> Asked:
    """Read the words of the command; `--help` prints what there is and ends the program.

    读懂命令的各个词；`--help` 打印说明后结束程序。

    Raises: CourseError for words that are none of the command's, or ask for what cannot be.
    """
    _set_language_first(words)
    said = _parser().parse_args(list(words))
    if said.steps is not None and said.minutes is not None:
        raise CourseError(
            "Both --minutes and --steps are given. One of them says how long: leave the other out.",
            "--minutes 与 --steps 都给了。训练多久，由其中一个决定：请去掉另一个。",
        )
    minutes = None if said.steps is not None else _number("--minutes", said.minutes or "10", 0.01, 1e6)
    folder, out = looked_up(said.folder, said.out)
    return Asked(
        folder,
        out,
        _whole("--size", said.size, 4, 512),
        minutes,
        None if said.steps is None else _whole("--steps", said.steps, 1),
        _whole("--batch", said.batch, 1, 65536),
        None if said.at_once is None else _whole("--at-once", said.at_once, 1),
        said.labels,
        said.licence,
        _whole("--seed", said.seed, 0, 2**63 - 1),
        _number("--save-every", said.save_every, 0.1, 1e6),
        said.compile,
        said.float32,
    )


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are CourseErrors, in both languages."""

    def error(self, message: str) -> None:
        raise CourseError(
            f"The command is not understood: {message}. `{PROGRAM} --help` lists what it takes.",
            f"这条命令看不懂（{message}）。`{PROGRAM} --help` 列出可用的选项。",
        )


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        description=choose(
            "Train a diffusion model on a folder of pictures. The same command again goes on where it was stopped, "
            "by Ctrl-C or anything else.",
            "用一个图片文件夹训练扩散模型。无论是按 Ctrl-C 停下，还是因为别的原因中断，再运行同一条命令就会接着训练。",
            between=" · ",
        ),
        epilog=choose(
            f"Several processes, with GPUs or without: accelerate launch --multi_gpu --num_processes 2 "
            f"{PROGRAM.removeprefix('python ')} ...",
            f"几个进程一起训练（有没有 GPU 都可以）：accelerate launch --multi_gpu --num_processes 2 "
            f"{PROGRAM.removeprefix('python ')} ...",
            between=" · ",
        ),
        allow_abbrev=False,
    )
    for names, how, en, zh in _words():
        parser.add_argument(*names, **how, help=choose(en, zh, between=" · "))
    return parser


def _words() -> list[tuple[tuple[str, ...], dict, str, str]]:
    """The command's words, how each is read, and what it means."""
    return [
        (
            ("folder",),
            {"metavar": "FOLDER"},
            "pictures, in sub-folders too; or one of the course's own sets: digits, fashion_mnist",
            "图片文件夹（含子文件夹）；或课程自带的 digits、fashion_mnist",
        ),  # fmt: skip
        (
            ("--out",),
            {"required": True},
            "the folder that is written; new, or that of the same command, and not within the folder of pictures",
            "结果写进这个文件夹；须是新的，或是同一条命令上次建立的；不能在图片文件夹之内",
        ),
        (("--size",), {"default": "32"}, "pixels a side (32)", "边长，像素（32）"),
        (("--minutes",), {}, "about how long to train (10)", "大约训练多久，分钟（10）"),
        (("--steps",), {}, "or how many steps, exactly", "或者：恰好训练多少步"),
        (
            ("--batch",),
            {"default": "64"},
            "images a step, of all processes together (64)",
            "每步多少幅，各进程合计（64）",
        ),
        (("--at-once",), {}, "images computed at a time, where memory holds no more", "内存不够时，一次最多算多少幅"),
        (("--labels",), {"action": "store_true"}, "the sub-folders are classes", "子文件夹就是类别"),
        (("--licence",), {"default": ""}, "of the pictures, for the card of the model", "图片的许可，写进模型卡"),
        (("--seed",), {"default": "0"}, "where chance begins (0)", "随机数的种子（0）"),
        (("--save-every",), {"default": "30"}, "seconds between two checkpoints (30)", "两个检查点相隔多少秒（30）"),
        (
            ("--compile",),
            {"action": "store_true"},
            "by torch.compile: slow to begin with, then quicker",
            "用 torch.compile 编译：开头慢，之后快",
        ),
        (
            ("--float32",),
            {"action": "store_true"},
            "no bfloat16, even where it is quicker",
            "不用 bfloat16，哪怕用它更快",
        ),
        (
            ("--lang",),
            {"choices": LANGUAGES, "default": "both"},
            "the language of all messages (both)",
            "各种提示用什么语言（both：两种都用）",
        ),
    ]


def _set_language_first(words: Sequence[str]) -> None:
    """The language is that of the help and of the complaints, too."""
    for word, after in zip(words, [*words, ""][1:], strict=True):
        name, _, value = word.partition("=")
        if name == "--lang" and (value or after) in LANGUAGES:
            set_language(value or after)


def _whole(name: str, text: str, least: int, most: int | None = None) -> int:
    return check_whole(name, int(text) if re.fullmatch(r"\s*[+-]?\d{1,99}\s*", text) else text, least, most)


def _number(name: str, text: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    return check_number(name, number if math.isfinite(number) else text, least, most)
