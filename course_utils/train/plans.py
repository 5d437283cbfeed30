"""What is planned: the network, the steps, and all else that the result depends on, in a file that a run goes on by.

计划是什么：网络、步数，以及结果所取决于的一切，写进一个文件；接着训练时就照它进行。
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from course_utils.files import write_whole
from course_utils.language import CourseError
from course_utils.train.asking import Asked
from course_utils.train.earlier import PLAN
from course_utils.train.found import FoundPictures
from course_utils.train.holding import LOCK

SMOOTH = 0.999  # the longest memory of the average
KINDS = dict(asked=dict, digest=str, classes=list, network=dict, steps=int, on_a_page=int, machine=dict)


@dataclass(frozen=True)
class Plan:
    """What a training is: written before its first step, and the same whenever it goes on.

    一次训练的全部约定：在第一步之前写下，以后每次接着训练都不变。

    asked: the settings of the command; digest: of the pictures; on_a_page: samples; machine: where it began, which the
    last digits of its numbers depend on.
    """

    asked: dict
    digest: str
    classes: list[str]
    network: dict
    steps: int
    on_a_page: int
    machine: dict

    @property
    def ema_decay(self) -> float:
        """How slowly the average follows: it remembers the last tenth of all steps, at most 1000.

        平均跟得多慢：它记住全部步数的最后十分之一，至多 1000 步。
        """
        return min(SMOOTH, max(0.0, 1 - 10 / self.steps))


def network_for(size: int, channels: int, n: int, classes: int = 0) -> dict:
    """The settings of a U-Net for n pictures of this size: its attention sees 8 x 8 places or fewer.

    为 n 幅这种尺寸的图片选 U-Net 的设置：注意力看到的至多是 8 x 8 个位置。

    Above 16 pixels a place is 2 x 2 of them, above 64 it is 4 x 4: the top floor costs the most. With more pictures
    there is more to learn, and the network is wider.
    """
    patch = 1 if size <= 16 else 2 if size <= 64 else 4
    width = 16 if n < 500 else 32 if n < 2000 else 48 if n < 20_000 else 64
    multipliers, left = [1], -(-size // patch)
    while left > 8 and len(multipliers) < 5:
        multipliers.append(2)
        left = -(-left // 2)
    return dict(channels=channels, width=width, multipliers=multipliers, classes=classes, patch=patch)


def read_plan(out: Path) -> Plan | None:
    """The plan of a folder that is written to; None for a folder that is new or empty.

    输出文件夹中的计划；文件夹是新的或空的时为 None。

    Raises: CourseError for a folder of other things, or a plan that cannot be read.
    """
    path = out / PLAN
    if out.exists() and not out.is_dir():
        raise CourseError(
            f"--out {str(out)!r} is a file. Give the name of a folder.",
            f"--out {str(out)!r} 是一个文件。请给一个文件夹的名字。",
        )
    if not path.exists():
        if out.exists() and any(child.suffix != ".partial" and child.name != LOCK for child in out.iterdir()):
            raise CourseError(
                f"--out {str(out)!r} holds other things, and no {PLAN}. Give a new folder: nothing is written over.",
                f"--out {str(out)!r} 里有别的东西，却没有 {PLAN}。请给一个新的文件夹，以免覆盖。",
            )
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        plan = Plan(**{field.name: told[field.name] for field in fields(Plan)})
        if any(type(getattr(plan, name)) is not kind for name, kind in KINDS.items()) or plan.steps < 1:
            raise ValueError
        return plan
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        raise CourseError(
            f"{str(path)!r} is no plan of this command: it was changed, or is something else's. Give a new --out.",
            f"{str(path)!r} 不是这条命令的计划：被改动过，或属于别的东西。请另给一个 --out。",
        ) from None


def write_plan(out: Path, plan: Plan) -> None:
    """Write the plan down in its folder. 把计划写进它的文件夹。

    Raises: CourseError for a place that cannot be written.
    """
    write_whole(out / PLAN, json.dumps(asdict(plan), ensure_ascii=False, indent=1).encode(errors="replace"))


def check_goes_on(out: Path, plan: Plan, asked: Asked, found: FoundPictures) -> None:
    """Make sure that a folder belongs to this command and these pictures. 确认文件夹属于这条命令与这批图片。

    Raises: CourseError otherwise.
    """
    apart = {name: (plan.asked.get(name), now) for name, now in asked.settings().items() if plan.asked.get(name) != now}
    if apart:
        was, now = (", ".join(f"{name} {pair[i]}" for name, pair in apart.items()) for i in (0, 1))
        raise CourseError(
            f"{str(out)!r} is a training with {was}; now asked for: {now}. Repeat the same command to go on, or give a "
            "new --out.",
            f"{str(out)!r} 中那次训练用的是 {was}；现在要的是 {now}。要接着训练，请重复原来的命令；"
            "否则另给一个 --out。",
        )
    if found.digest() != plan.digest:
        raise CourseError(
            f"The pictures are no longer those with which {str(out)!r} was begun: {len(found.x)} are found now. A "
            "training goes on with the same ones only: put them back, or give a new --out.",
            f"图片已不是 {str(out)!r} 开始训练时的那一批：现在有 {len(found.x)} 幅。"
            "只有用同一批图片才能接着训练：请恢复原样，或另给一个 --out。",
        )
