"""Is this machine ready? One line for each thing the course needs: ✓, or what to do.

这台机器就绪了吗？课程需要的每样东西占一行：✓，或该怎么办。
"""

import os
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from course_utils import widgets
from course_utils.data.fashion import SETTING, fashion_folder
from course_utils.data.hub import FASHION_MNIST, PROBE_SECONDS, hub_answers
from course_utils.language import CourseError, Said, say_in_lines

PROJECT = "diffusion-both-ways"
LEAST_MEMORY_GB = 4


def check_up() -> None:
    """Show a line for Python, packages, memory, network and data, then whether widgets live.

    逐行显示 Python、依赖包、内存、网络与数据的情况，再看控件是否可用。
    """
    lines = [python(), packages(), memory(), network(), data_source()]
    say_in_lines(lines)
    widgets.alive()


def python() -> Said:
    """Is Python new enough? Python 够新吗？"""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info >= (3, 11):  # noqa: UP036 (a clone may be opened with an older one)
        return f"✓ Python {found}", f"✓ Python {found}"
    return (
        f"✗ Python {found} is too old. Install Python 3.11 or newer and set up again.",
        f"✗ Python {found} 太旧。请安装 Python 3.11 或更新的版本，再重新配置。",
    )


def packages() -> Said:
    """Is every package there, and new enough? 依赖包齐全且够新吗？"""
    needs = requirements()
    wrong = [str(need) for need in needs if not _met(need)]
    if not wrong:
        n = len(needs)
        return (
            f"✓ All {n} packages are there, torch {version('torch')}",
            f"✓ {n} 个依赖包齐全，torch {version('torch')}",
        )
    listed = " ".join(f'"{need}"' for need in wrong)
    return (
        f"✗ Missing or too old: {', '.join(wrong)}. Run `pip install {listed}` and restart the kernel.",
        f"✗ 缺少或太旧：{'、'.join(wrong)}。请运行 `pip install {listed}`，再重启内核。",
    )


def memory() -> Said:
    """Is there enough memory? 内存够吗？"""
    import psutil

    gigabytes = psutil.virtual_memory().total / 2**30
    if gigabytes >= LEAST_MEMORY_GB:
        cores = os.cpu_count()
        return f"✓ {gigabytes:.0f} GB of memory, {cores} cores", f"✓ 内存 {gigabytes:.0f} GB，{cores} 个核心"
    return (
        f"✗ {gigabytes:.1f} GB of memory; {LEAST_MEMORY_GB} GB are needed. Close other programs, or use Colab.",
        f"✗ 内存 {gigabytes:.1f} GB，需要 {LEAST_MEMORY_GB} GB。请关掉其他程序，或改用 Colab。",
    )


def network() -> Said:
    """Does the hub answer? The course runs without it. hub 有应答吗？没有也能学。"""
    if hub_answers():
        return (
            "✓ Connection: the Hugging Face hub, a site for data sets, answers",
            "✓ 联网：Hugging Face hub（存放数据集的网站）有应答",
        )
    return (
        f"✓ No answer from the Hugging Face hub within {PROBE_SECONDS} s. Nothing is lost: every lesson runs on data "
        "that is already here.",
        f"✓ {PROBE_SECONDS} 秒内连不上 Hugging Face hub。不要紧：每一课都能用本地已有的数据运行。",
    )


def data_source() -> Said:
    """Where does Fashion-MNIST come from on this machine? 这台机器上的 Fashion-MNIST 从哪里来？"""
    folder = os.environ.get(SETTING)
    if not folder:
        return (
            "✓ Data: digits, and 10,000 garments of Fashion-MNIST, come with the course; for all 70,000 from a folder "
            f"with `{FASHION_MNIST}`, set `DIFFUSION_COURSE_DATA`",
            "✓ 数据：课程自带手写数字与 Fashion-MNIST 的 10,000 幅衣物图；若要从文件夹读全部 70,000 幅"
            f"（`{FASHION_MNIST}`），请设 `DIFFUSION_COURSE_DATA`",
        )
    try:
        fashion_folder(folder)
    except CourseError as error:
        return f"✗ {error.en}", f"✗ {error.zh}"
    return "✓ Data: found where `DIFFUSION_COURSE_DATA` points", "✓ 数据：已在 `DIFFUSION_COURSE_DATA` 指定处找到"


def requirements() -> list[Requirement]:
    """What the package needs to run, from its metadata, or from pyproject.toml beside it in a clone.

    本包运行所需：取自安装信息；若只是克隆下来的，则取自旁边的 pyproject.toml。
    """
    try:
        listed = requires(PROJECT) or []
    except PackageNotFoundError:
        import tomllib

        project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
        listed = project["project"]["dependencies"]
    return [need for need in map(Requirement, listed) if need.marker is None or need.marker.evaluate({"extra": ""})]


def _met(need: Requirement) -> bool:
    try:
        return need.specifier.contains(version(need.name), prereleases=True)
    except PackageNotFoundError:
        return False
