"""The card of a folder that is handed on. 随文件夹交出去的模型卡。"""

import json

from course_utils.gates import check_kind
from course_utils.unet import UNet

LOADED = """```python
from diffusers import DiffusionPipeline

pipeline = DiffusionPipeline.from_pretrained("{name}", trust_remote_code=True)
pipeline({call}).images
```"""


def card(name: str, network: UNet, size: int, licence: str) -> str:
    """The card in Markdown, in both languages, with what the hub reads at its head.

    双语的 Markdown 模型卡，开头是 hub 要读的几项。
    """
    licence = " ".join(check_kind("licence", licence, str, "'cc0-1.0'").split())  # the head is read line by line
    classes, channels = network.config["classes"], network.config["channels"]
    call = f"class_labels=[{', '.join(map(str, range(min(4, classes))))}]" if classes else "batch_size=4"
    weights = sum(weight.numel() for weight in network.parameters())
    labels_en = f", {classes} labels (number {classes}: none)" if classes else ""
    labels_zh = f"，{classes} 个标签（第 {classes} 号表示没有标签）" if classes else ""
    return (
        "\n\n".join(
            [
                "---\nlibrary_name: diffusers\npipeline_tag: unconditional-image-generation\n"
                f"license: {json.dumps(licence, ensure_ascii=False)}\n---",
                f"# {name}",
                f"A diffusion model of {size} x {size} images, {channels} channel(s){labels_en}; {weights:,} weights.",
                f"画 {size} x {size} 图像的扩散模型，{channels} 个通道{labels_zh}；权重 {weights:,} 个。",
                LOADED.format(name=name, call=call),
                "`trust_remote_code` runs the two files of Python in this folder, `course_pipeline.py` and "
                "`unet/course_unet.py`. They are short: read them first.",
                "`trust_remote_code` 会运行本文件夹里的两个 Python 文件 `course_pipeline.py` 与 `unet/course_unet.py`。"
                "它们很短，请先读一遍。",
                f"Licence of the data: {licence}. Whoever hands this on says what the images were, who made them, and, "
                "where people can be recognised, that they agreed.",
                f"数据的许可：{licence}。转交别人时，请写明图像是什么、由谁所作；若能认出人来，请写明本人同意。",
            ]
        )
        + "\n"
    )
