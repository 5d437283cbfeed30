"""Results of this command among the pictures: samples of an earlier training are not learnt from.

图片当中有这条命令的旧结果：不把以前训练画的样本当图片来学。
"""

from pathlib import Path

import torch

from course_utils import data
from course_utils.data import Album
from course_utils.data.albums import TINT

PLAN, CHECKS = "plan.json", "checks.json"  # a folder that holds both is such a result
RESULT = ("from an earlier training by this command", "以前用这条命令训练留下的")


def without_results(folder: str, size: int, album: Album) -> Album:
    """The album without what lies in folders of earlier trainings; that is left out, with its reason.

    去掉以前各次训练的文件夹里的图片；它们算作略过，并注明原因。
    """
    known: dict[Path, bool] = {}
    mine = [not _is_result(Path(folder), Path(folder, file).parent, known) for file in album.files]
    if all(mine):
        return album
    kept = torch.tensor(mine)
    files = tuple(file for file, own in zip(album.files, mine, strict=True) if own)
    left_out = [(file, RESULT) for file, own in zip(album.files, mine, strict=True) if not own]
    x = album.x[kept]
    if len(x) and x.shape[1] == 3 and int((x.amax(1) - x.amin(1)).max()) <= TINT:  # only their curves had colour
        x = data.album(folder, size, channels=1).x[kept]
    classes = tuple(sorted({file.split("/")[0] for file in files})) if album.classes else ()
    y = torch.tensor([classes.index(file.split("/")[0]) for file in files]) if album.classes else None
    return Album(x, y, classes, files, tuple(sorted([*album.left_out, *left_out])))


def _is_result(top: Path, place: Path, known: dict[Path, bool]) -> bool:
    """Is it a folder of an earlier training, or below one?"""
    if place not in known:
        here = (place / PLAN).is_file() and (place / CHECKS).is_file()
        known[place] = here or (place != top and _is_result(top, place.parent, known))
    return known[place]
