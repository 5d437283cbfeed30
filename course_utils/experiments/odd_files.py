"""Files as they turn up among people's pictures: odd ones that can be read all the same, and ones that cannot.

混在大家图片里的各种文件：怪而能读的，以及读不了的。
"""

import io

import numpy as np

from course_utils.data import to_pil, whole_photograph

ON_ITS_SIDE = 6  # EXIF's number for a picture that has yet to be turned by a quarter


def encoded(picture, kind: str, **how) -> bytes:
    """The bytes of a PIL image as a file of this kind. PIL 图像存成某种格式后的字节。"""
    file = io.BytesIO()
    picture.save(file, kind, **how)
    return file.getvalue()


def as_a_camera(picture, *, lying: bool) -> bytes:
    """A JPEG as a camera writes it; `lying`, as one that was held upright: on its side, with a note.

    相机写出的 JPEG；`lying` 为竖着拿相机所拍：图是横躺的，附有方向记录。
    """
    from PIL import Image

    note = Image.Exif()
    note[0x0112] = ON_ITS_SIDE if lying else 1
    stored = picture.transpose(Image.Transpose.ROTATE_90) if lying else picture
    return encoded(stored, "JPEG", quality=90, exif=note)


def strange_files() -> dict[str, bytes]:
    """Name and content of each: nine that can be read, and seven that cannot.

    每个文件的名字与内容：九个能读，七个不能。
    """
    return _read_all_the_same() | _left_out()


def _read_all_the_same() -> dict[str, bytes]:
    from PIL import Image

    palace, flower = (to_pil(whole_photograph(name)) for name in ("palace", "flower"))
    tower, blossom = palace.crop((100, 150, 310, 360)), flower.crop((170, 85, 450, 365))
    grey = np.asarray(tower.convert("L")).astype(np.uint16) * 257
    disc = Image.new("L", blossom.size, 0)
    disc.paste(255, (40, 40, 240, 240))
    cut_out = blossom.copy()
    cut_out.putalpha(disc)
    twin = encoded(tower, "JPEG", quality=90)
    small = blossom.resize((140, 140))
    frames = [small.rotate(angle).quantize(64, Image.Quantize.FASTOCTREE) for angle in (0, 20, 40)]
    return {
        "palace/whole.jpg": encoded(palace.resize((3840, 2562)), "JPEG", quality=70),
        "palace/IMG_0001.jpg": twin,
        "palace/IMG_0001 (1).jpg": twin,
        "palace/16 bits.png": encoded(Image.fromarray(grey), "PNG"),
        "palace/for print.jpg": encoded(tower.convert("CMYK"), "JPEG", quality=90),
        "flower/花 1.jpg": encoded(small, "JPEG", quality=60),
        "flower/cut out.png": encoded(cut_out, "PNG"),
        "flower/turning.gif": encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=80),
        "flower/a PNG by content.jpg": encoded(flower.crop((120, 40, 500, 420)).resize((12, 12)), "PNG"),
    }


def _left_out() -> dict[str, bytes]:
    from PIL import Image

    whole = encoded(to_pil(whole_photograph("flower")), "JPEG")
    return {
        "flower/empty.jpg": b"",
        "flower/half downloaded.jpg": whole[: len(whole) // 3],
        "flower/not found.png": b"<html><title>404 Not Found</title></html>",
        "palace/IMG_0002.HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        "palace/.thumbnails/000.jpg": whole,
        "palace/heights.tif": encoded(Image.fromarray(np.zeros((8, 8), np.float32)), "TIFF"),
        "loose.png": encoded(Image.new("RGB", (64, 64), "white"), "PNG"),
    }
