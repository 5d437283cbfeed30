"""A picture before it is trained on: the whole of it, and the few pixels of a square that a network will see.

训练之前看一幅图片：它的全貌，以及网络将看到的那一小块正方形。
"""

from torch import Tensor

from course_utils.data import to_pil
from course_utils.gates import check_listed, check_number, check_word
from course_utils.plots.picture import ORANGE, Picture, check_drawable, framed

SIDE, GAP, ABOVE = 300, 24, 44  # of either picture, between them, and above for the words


def crop_frame(
    whole: Tensor, box: tuple[int, int, int, int], square: Tensor, told: tuple[str, str], name: str
) -> Picture:
    """A whole picture with the frame of a square, and beside it that square, each of its pixels as a block.

    一幅图片的全貌与方框，旁边是方框内的正方形，每个像素画成一格。

    Shapes: whole (1, 3, h, w), square (1, 3, s, s).  Args: box, left, top, right, bottom in whole's pixels; told, what
    stands above either; name, the file's: letters beyond ASCII are only in the picture's text, as no font has them.
    Raises: CourseError for what cannot be drawn, a box that is not four numbers, or words that are none.
    """
    from PIL import Image, ImageDraw

    told = check_listed("told", told, ("what stands above either", "两边上方的文字"), 2, 2)
    box = check_listed("box", box, ("left, top, right and bottom", "左、上、右、下"), 4, 4)
    h, w = check_drawable(whole).shape[2:]
    scale = SIDE / max(h, w)
    size = max(1, round(w * scale)), max(1, round(h * scale))
    left, top = (SIDE - size[0]) // 2, ABOVE + (SIDE - size[1]) // 2
    page = Image.new("RGB", (2 * SIDE + GAP, SIDE + ABOVE), "white")
    page.paste(to_pil(whole).resize(size), (left, top))
    page.paste(to_pil(check_drawable(square)).resize((SIDE, SIDE), Image.Resampling.NEAREST), (SIDE + GAP, ABOVE))
    x0, y0, x1, y1 = (round(check_number("box", edge) * scale) for edge in box)
    frame = left + x0, top + y0, left + max(x0, x1 - 1), top + max(y0, y1 - 1)
    ImageDraw.Draw(page).rectangle(frame, outline=ORANGE, width=2)
    shown = check_word("name", name).encode("ascii", "replace").decode()
    shown = shown if len(shown) < 36 else f"{shown[:16]}...{shown[-16:]}"
    words = {(2, 3): shown, (2, 23): told[0], (SIDE + GAP, 23): told[1]}
    name = name.encode("utf-8", "replace").decode()
    en = f"{name}: the whole picture with the frame of a square, and the square: {', '.join(map(str, told))}"
    zh = f"{name}：图片全貌与方框，以及方框内的正方形：{', '.join(map(str, told))}"
    return framed(page, words, en, zh, colours=64)
