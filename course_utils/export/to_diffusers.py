"""A network and its schedule as a folder that `diffusers` loads, without this package.

把网络连同调度写成一个文件夹，`diffusers` 不需要本包就能载入。

Our U-Net is their UNet2DModel layer by layer, with two differences that no setting of theirs makes up for: how it is
told the noise level, and how many groups its norms make. So two files of Python go along (`course_unet`,
`course_pipeline`), which need torch and diffusers alone.
"""

import json
from pathlib import Path
from typing import Any

from torch import nn

from course_utils.export.handed_card import card
from course_utils.export.plain import check_plain
from course_utils.export.their_names import weights_in_theirs
from course_utils.files import write_whole
from course_utils.gates import check_path, check_whole
from course_utils.language import CourseError
from course_utils.schedules import Schedule, check_schedule
from course_utils.unet import UNet

HERE = Path(__file__).parent
UNET, PIPELINE = "course_unet", "course_pipeline"


def export_diffusers(
    schedule: Schedule, network: nn.Module, path: str | Path, *, size: int, licence: str = "unknown"
) -> Path:
    """Write a pipeline folder: DiffusionPipeline.from_pretrained(path, trust_remote_code=True) loads it anywhere.

    写出一个 pipeline 文件夹：在任何地方都能用 DiffusionPipeline.from_pretrained(path, trust_remote_code=True) 载入。

    Nothing of `diffusers` is needed to write it. The weights are in float32; the schedule becomes the betas of a
    DDIMScheduler, whose timestep is our t - 1. What loads it reads model_index.json first, which is written last. An
    earlier export may be written over, a folder with anything else in it is not.

    Args: size, height and width of the images; licence, of the data, as it is to stand on the card.
    Raises: CourseError for what is no schedule or no plain UNet, weights with nan or inf, a folder that holds
    other things, or a place that cannot be written.
    """
    check_schedule(schedule)
    network, path, size = check_plain(network), check_path(path), check_whole("size", size, 1, 4096)
    from safetensors.torch import save

    files = {
        f"{PIPELINE}.py": (HERE / f"{PIPELINE}.py").read_bytes(),
        f"unet/{UNET}.py": (HERE / f"{UNET}.py").read_bytes(),
        "unet/config.json": _json(_network_config(schedule, network, size)),
        "unet/diffusion_pytorch_model.safetensors": save(weights_in_theirs(schedule, network), {"format": "pt"}),
        "scheduler/scheduler_config.json": _json(_scheduler_config(schedule)),
        "README.md": card(path.name, network, size, licence).encode(errors="replace"),
        "model_index.json": _json(_contents()),
    }
    _check_own(path)
    for name, content in files.items():
        write_whole(_in_a_folder(path / name), content)
    return path


def _check_own(path: Path) -> None:
    """Refuse a folder that holds something else; an earlier export is no pipeline until it is written anew."""
    try:
        names = {place.name for place in path.iterdir() if not place.name.startswith(".")} if path.is_dir() else set()
        if names and f"{PIPELINE}.py" not in names:
            raise CourseError(
                f"In the folder {str(path)!r} there are other things already, {sorted(names)[0]!r} for one. Nothing is "
                "written over: give a new folder, such as its sub-folder 'pipeline'.",
                f"文件夹 {str(path)!r} 里已有别的东西，例如 {sorted(names)[0]!r}。不会覆盖它们：请给一个新的文件夹，"
                "例如它的子文件夹 'pipeline'。",
            )
        (path / "model_index.json").unlink(missing_ok=True)
    except OSError as error:
        raise _not_made(path, error) from None


def _not_made(path: Path, error: OSError) -> CourseError:
    return CourseError(
        f"The folder {str(path)!r} cannot be made ({error.strerror}). Give a place where you may write, and "
        "where no file has that name.",
        f"无法建立文件夹 {str(path)!r}（{error.strerror}）。请给一个可写、且没有同名文件的位置。",
    )


def _contents() -> dict[str, list[str]]:
    return {
        "_class_name": [PIPELINE, "CoursePipeline"],
        "unet": [UNET, "CourseUNet2DModel"],
        "scheduler": ["diffusers", "DDIMScheduler"],
    }


def _network_config(schedule: Schedule, network: UNet, size: int) -> dict[str, Any]:
    ours = network.config
    return {
        "_class_name": "CourseUNet2DModel",
        "sample_size": size,
        "in_channels": ours["channels"],
        "block_out_channels": [ours["width"] * m for m in ours["multipliers"]],
        "num_class_embeds": ours["classes"] + 1 if ours["classes"] else None,
        "num_train_timesteps": schedule.T,
        "patch": ours["patch"],
        "frequencies": len(network.embed.frequency),
    }


def _scheduler_config(schedule: Schedule) -> dict[str, Any]:
    return {
        "_class_name": "DDIMScheduler",
        "num_train_timesteps": schedule.T,
        "trained_betas": schedule.beta[1:].tolist(),
        "prediction_type": "v_prediction",
        "timestep_spacing": "trailing",
        "clip_sample": True,
        "set_alpha_to_one": True,
    }


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=2) + "\n").encode()


def _in_a_folder(path: Path) -> Path:
    """The path, its folder made if it is not there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_made(path.parent, error) from None
    return path
