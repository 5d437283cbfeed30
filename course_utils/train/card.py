"""The card of a model: what it was made from, by which command, how good it is, whose the pictures are.

模型卡：由什么、用哪条命令训练出来，有多好，图片是谁的。
"""

import json
import shlex

from course_utils.train.asking import PROGRAM, Asked
from course_utils.train.plans import Plan

NOT_SAID = "not said · 未注明"


def card_of(plan: Plan, found: dict, asked: Asked) -> str:
    """A card in Markdown, its head as model hubs read it. 一张 Markdown 模型卡，开头的格式为模型网站所用。

    Args: found, the measured numbers by name, each estimate a pair.
    """
    licence = " ".join(asked.licence.replace("|", "/").split())  # one line, and no cell of a table of its own
    size, channels, classes = asked.size, plan.network["channels"], ", ".join(plan.classes) or "none · 无"
    how = ("--minutes", f"{asked.minutes:g}") if asked.steps is None else ("--steps", asked.steps)
    words = [asked.folder, "--size", size, *how, "--out", asked.out, "--batch", asked.batch, "--seed", asked.seed]
    words += ["--labels"] * asked.labels + ["--licence", licence] * bool(licence)
    facts = {
        "command · 命令": f"`{PROGRAM} {shlex.join(map(str, words))}`",
        "pictures · 图片": f"{size} x {size}, {'colour · 彩色' if channels == 3 else 'grey · 灰度'}",
        "classes · 类别": classes,
        "**data licence · 数据许可**": licence or f"**{NOT_SAID}**",
        "network · 网络": f"`UNet`, `{plan.network}`",
        "training · 训练": f"{plan.steps:,} steps of {asked.batch} · {plan.steps:,} 步，每步 {asked.batch} 幅",
        "weights of · 权重取自": f"step {found['step']:,}, average {plan.ema_decay:.4g} · "
        f"第 {found['step']:,} 步，移动平均的系数 {plan.ema_decay:.4g}",
    }
    return "\n".join(
        [
            "---",
            f"license: {json.dumps(licence or 'unknown', ensure_ascii=False)}",
            "tags: [diffusion, unconditional-image-generation]",
            "---",
            f"# {asked.out.resolve().name}",
            "",
            "| | |",
            "|---|---|",
            *(f"| {name} | {_cell(value)} |" for name, value in (facts | _measured(found)).items()),
            "",
            *(f"{text}\n" for pair in _WORDS for text in pair),
        ]
    )


def _cell(value: str) -> str:
    """A text as one cell of a table, whatever names of folders stand in it."""
    return " ".join(value.replace("|", "\\|").splitlines())


def _measured(found: dict) -> dict[str, str]:
    def said(name: str, digits: int = 4) -> str:
        value, error = found[name]
        return f"{value:.{digits}f} ± {error:.{digits}f}"

    n, drawn = found["n"], found["drawn"]
    return {
        f"mean squared error of eps, {n} images kept out · {n} 幅留出图像上 eps 的均方误差": said("held_out"),
        f"the same, {n} images trained on · {n} 幅训练图像上": said("trained_on"),
        f"energy distance, {drawn} samples to images kept out · {drawn} 个样本到留出图像的能量距离": said(
            "distance", 3
        ),
        f"its floor: {drawn} training images · 其下限：{drawn} 幅训练图像": said("floor", 3),
        "share of copies, samples less than half as far from an image trained on as from any kept out · "
        "副本的份额：到某幅训练图像的距离，不及到任何留出图像一半的样本": said("copies", 2),
        f"the same share of {drawn} images kept out, which nobody copied · "
        f"{drawn} 幅留出图像中同样的份额，谁也没抄": said("doubles", 2),
    }


_WORDS = (
    (
        "± is one standard error. The distance is taken between pixels, and between differences of neighbours, at "
        "16 x 16 or fewer: it sees colours, shapes and variety, no fine detail, and from few images it cannot tell "
        "much: look at the samples. What is kept out comes from the same folder: where that has near-duplicates the "
        "two errors agree even if much was learnt by heart. `nearest.png` shows the samples beside their nearest.",
        "± 为一个标准误差。距离在至多 16 x 16 的像素以及相邻像素之差之间计算：看得见颜色、形状与多样性，看不见细节；"
        "图像少时，它分辨不出多少：请看样本。留出的图像与训练图像出自同一个文件夹：其中若有近似重复的图片，"
        "即使背下了许多，两个误差也会相符。"
        "`nearest.png` 把样本与最近的图像并排。",
    ),
    (
        "**Before this is handed on:** name the licence of the pictures above, and make sure that it allows a model to "
        "be made of them and passed on. People who can be recognised must have agreed. Whoever has the weights may be "
        "able to get training images back, all the more where few were trained on for long.",
        "**交给别人之前**：请在上面写明图片的许可，并确认它允许用图片训练模型、再传给别人。认得出的人，"
        "必须征得本人同意。拿到权重的人有可能还原出训练图像，图片越少、训练越久，越是如此。",
    ),
)
