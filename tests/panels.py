"""Move a panel's controls, and look at the picture below them. 移动面板的控件，看下面的图。"""

import io

import ipywidgets
from PIL import Image


def controls(panel) -> dict[str, ipywidgets.Widget]:
    """Every control by its label, those in boxes within the box too. 按标签列出所有控件，包括套在内层框里的。"""
    boxes = [panel.box]
    for box in boxes:
        boxes.extend(child for child in box.children if isinstance(child, ipywidgets.Box))
    found = [child for box in boxes for child in box.children]
    return {child.description: child for child in found if getattr(child, "description", "")}


def drawn(panel) -> tuple[tuple[int, int], bytes]:
    """The size and the bytes of the picture that is shown, which is the panel's own. 所显示的图的尺寸与字节。"""
    content = panel.image.value
    image = Image.open(io.BytesIO(content))
    assert image.format == "PNG" and content == panel.picture.content
    return image.size, content


def every_move_is_seen(panel, moves: dict[str, list]) -> None:
    """Assert that each move changes the picture, never its size, and that the last leads back to the first picture.

    断言每次移动都改变图而不改变尺寸，且最后一次移动回到最初的图。
    """
    size, first = drawn(panel)
    before = first
    for name, values in moves.items():
        for value in values:
            controls(panel)[name].value = value
            now, content = drawn(panel)
            assert now == size and content != before, (name, value)
            before = content
    assert before == first, "all controls are back where they were"
