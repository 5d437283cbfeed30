"""Data leave in [-1, 1] and go back to pictures unharmed; folders of your own are read.

数据以 [-1, 1] 离开，变回图片时完好无损；也能读你自己的文件夹。
"""

import gzip
import socket
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from sklearn.datasets import load_digits, load_sample_image

from course_utils import data
from course_utils.data.fashion import as_fashion
from course_utils.data.pixels import are_bytes


@pytest.mark.parametrize("size", [8, 16, 28, 32])
def test_digits_come_in_every_size_and_in_range(size):
    x, y = data.digits(size)
    assert x.shape == (1797, 1, size, size) and x.dtype == torch.float32
    assert -1 <= x.min() < -0.9 and 0.7 < x.max() <= 1
    assert y.equal(torch.tensor(load_digits().target))


def test_larger_digits_are_as_bright():
    means = data.digits(32).x.mean((1, 2, 3)) - data.digits().x.mean((1, 2, 3))
    assert float(means.abs().max()) < 0.1


@pytest.mark.parametrize("name, file", [("palace", "china.jpg"), ("flower", "flower.jpg")])
def test_a_photograph_is_the_middle_square(name, file):
    whole = data.photograph(name, 427)
    middle = load_sample_image(file)[:, 106:533].astype(float)
    np.testing.assert_allclose(whole[0].permute(1, 2, 0), middle / 127.5 - 1, atol=1e-6)
    assert data.whole_photograph(name)[..., 106:533].equal(whole) and data.whole_photograph(name).shape[-1] == 640
    small = data.photograph(name, 32)
    assert small.shape == (1, 3, 32, 32) and bool((small.abs() <= 1).all())
    assert float((small.mean((2, 3)) - whole.mean((2, 3))).abs().max()) < 0.02


@settings(max_examples=40, deadline=None, derandomize=True)
@given(size=st.integers(1, 40), h=st.integers(1, 30), w=st.integers(1, 30), seed=st.integers(0, 9))
def test_resizing_stays_in_range_and_keeps_what_is_even(size, h, w, seed):
    x = torch.rand(2, 1, h, w, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    resized = data.resize(x, size)
    assert resized.shape == (2, 1, size, size)
    assert resized.min() >= x.min() - 1e-6 and resized.max() <= x.max() + 1e-6
    torch.testing.assert_close(data.resize(torch.full_like(x, 0.25), size), torch.full((2, 1, size, size), 0.25))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(mode=st.sampled_from(["L", "RGB"]), h=st.integers(1, 9), w=st.integers(1, 9), seed=st.integers(0, 99))
def test_a_picture_survives_the_round_trip(mode, h, w, seed):
    shape = (h, w) if mode == "L" else (h, w, 3)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    x = data.from_pil(Image.fromarray(pixels))
    assert x.shape == (1, len(mode), h, w) and bool((x.abs() <= 1).all())
    back = data.to_pil(x)
    assert back.mode == mode and np.array_equal(np.asarray(back), pixels)
    assert np.array_equal(np.asarray(data.to_pil(x[0])), pixels)


@pytest.mark.parametrize("mode", ["1", "P", "CMYK", "LA", "RGBA", "YCbCr"])
def test_pictures_of_every_mode_can_be_read(mode):
    picture = Image.new("RGB", (5, 4), (200, 30, 90)).convert(mode)
    x = data.from_pil(picture)
    assert x.shape == (1, 3, 4, 5)
    expected = torch.tensor(np.asarray(picture.convert("RGB"))).permute(2, 0, 1) / 127.5 - 1
    torch.testing.assert_close(x[0], expected, rtol=0, atol=1e-6)


def test_what_is_transparent_is_white():
    clear = Image.new("RGBA", (2, 2), (10, 20, 30, 0))
    assert bool((data.from_pil(clear) == 1).all())


def test_values_beyond_the_range_are_held_and_never_wrap_round():
    x = torch.tensor([-3.0, -1.001, -1.0, 0.0, 1.0, 1.004, 1.01, 3.0])
    expected = [0, 0, 0, 128, 255, 255, 255, 255]
    assert np.asarray(data.to_pil(x.reshape(1, 1, 8))).tolist() == [expected]
    assert data.to_bytes(x).tolist() == expected
    assert data.to_bytes(torch.tensor([-torch.inf, torch.inf])).tolist() == [0, 255]


def test_every_byte_is_rounded_to_the_nearest():
    levels = torch.arange(256) / 127.5 - 1
    for nudge in (0, 0.4 / 127.5, -0.4 / 127.5):
        assert data.to_bytes(levels + nudge).equal(torch.arange(256, dtype=torch.uint8))


def test_images_in_range_pass_the_check():
    x = torch.tensor([[[[-1.0, 1.0]]]])
    assert data.check_images(x) is x


PIXELS = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)


def write_split(folder, split, pixels):
    """One parquet file in the hub's layout: an image column, a label column."""
    from datasets import ClassLabel, Dataset, Features
    from datasets import Image as ImageColumn

    rows = {"image": [Image.fromarray(image) for image in pixels], "label": list(range(len(pixels)))}
    features = Features({"image": ImageColumn(), "label": ClassLabel(num_classes=10)})
    folder.mkdir(parents=True, exist_ok=True)
    Dataset.from_dict(rows, features=features).to_parquet(folder / f"{split}-00000-of-00001.parquet")


@pytest.mark.parametrize("inside", ["", "fashion_mnist"])
def test_a_folder_of_parquet_files_is_read(monkeypatch, tmp_path, inside):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("the network was asked"))
    write_split(tmp_path / "data" / inside, "train", PIXELS)
    write_split(tmp_path / "data" / inside, "test", PIXELS[::-1][:2])
    if inside:
        write_split(tmp_path / "data" / "another", "train", PIXELS[:1])
    monkeypatch.setenv("DIFFUSION_COURSE_DATA", str(tmp_path / "data"))
    x, y = data.fashion_mnist()
    assert x.shape == (5, 1, 28, 28) and x.dtype == torch.float32 and y.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(x[:, 0], PIXELS / 127.5 - 1, atol=1e-6)
    assert data.to_bytes(data.fashion_mnist("test").x[:, 0]).equal(torch.tensor(PIXELS[::-1][:2].copy()))


def write_idx(folder, name, array, packed=False):
    """An IDX file of bytes, as Fashion-MNIST was first given out."""
    raw = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}i", *array.shape) + array.tobytes()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}-ubyte{'.gz' * packed}").write_bytes(gzip.compress(raw) if packed else raw)


@pytest.mark.parametrize(
    "inside, packed", [("", True), ("", False), ("FashionMNIST/raw", False), ("fashion_mnist", True)]
)
def test_a_folder_of_idx_files_and_torchvisions_are_read(monkeypatch, tmp_path, inside, packed):
    for split, name, pixels in (("train", "train", PIXELS), ("test", "t10k", PIXELS[:2])):
        write_idx(tmp_path / inside, f"{name}-images-idx3", pixels, packed)
        write_idx(tmp_path / inside, f"{name}-labels-idx1", np.arange(len(pixels), dtype=np.uint8), packed)
        monkeypatch.setenv("DIFFUSION_COURSE_DATA", str(tmp_path))
        x, y = data.fashion_mnist(split)
        assert data.to_bytes(x[:, 0]).equal(torch.tensor(pixels)) and y.tolist() == list(range(len(pixels)))


def test_torchvision_reads_the_same_folder(monkeypatch, tmp_path):
    torchvision = pytest.importorskip("torchvision")
    raw = tmp_path / "FashionMNIST" / "raw"
    for name in ("train", "t10k"):
        write_idx(raw, f"{name}-images-idx3", PIXELS)
        write_idx(raw, f"{name}-labels-idx1", np.arange(5, dtype=np.uint8))
    theirs = torchvision.datasets.FashionMNIST(tmp_path, train=True, download=False)
    monkeypatch.setenv("DIFFUSION_COURSE_DATA", str(tmp_path))
    x, y = data.fashion_mnist("train")
    assert data.to_bytes(x[:, 0]).equal(theirs.data) and y.equal(theirs.targets)


def rows(pixels, labels):
    from datasets import Dataset

    images = [
        Image.fromarray(image) if image.dtype == np.uint8 and image.ndim > 1 else image.tolist() for image in pixels
    ]
    return Dataset.from_dict({"image": images, "label": labels})


@pytest.mark.parametrize(
    "pixels, labels, told",
    [
        (np.zeros((4, 32, 32, 3), np.uint8), [0, 1, 2, 3], "(4, 32, 32, 3)"),
        (np.zeros((4, 784)), [0, 1, 2, 3], "(4, 784)"),
        (np.random.default_rng(0).random((4, 28, 28)), [0, 1, 2, 3], "float"),
        (PIXELS[:4], [0, None, 2, 3], "nan"),
        (PIXELS[:4], [0.5, 1.5, 2.5, 3.5], "0.5"),
        (PIXELS[:4], [0, 99, -7, 3], "99"),
    ],
)
def test_other_data_under_the_right_names_are_refused(monkeypatch, tmp_path, pixels, labels, told, refused):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    (tmp_path / "data").mkdir()
    rows(pixels, labels).to_parquet(str(tmp_path / "data" / "train.parquet"))
    monkeypatch.setenv("DIFFUSION_COURSE_DATA", str(tmp_path / "data"))
    with refused(told, "Fashion-MNIST", "'train'"):
        data.fashion_mnist("train")


def test_a_missing_shard_is_named(monkeypatch, tmp_path, refused):
    write_split(tmp_path, "train", PIXELS)
    (tmp_path / "train-00000-of-00001.parquet").rename(tmp_path / "train-00001-of-00003.parquet")
    monkeypatch.setenv("DIFFUSION_COURSE_DATA", str(tmp_path))
    with refused("train-00000-of-00003.parquet"):
        data.fashion_mnist("train")


@pytest.mark.parametrize("harm", [lambda raw: raw[:-9], lambda raw: b"\1" + raw[1:], lambda raw: b""])
def test_half_an_idx_file_is_refused(monkeypatch, tmp_path, harm, refused):
    write_idx(tmp_path, "train-images-idx3", PIXELS)
    write_idx(tmp_path, "train-labels-idx1", np.arange(5, dtype=np.uint8))
    file = tmp_path / "train-images-idx3-ubyte"
    file.write_bytes(harm(file.read_bytes()))
    monkeypatch.setenv("DIFFUSION_COURSE_DATA", str(tmp_path))
    with refused("'train'", "DIFFUSION_COURSE_DATA"):
        data.fashion_mnist("train")


def test_without_a_place_for_the_cache_a_folder_is_read_all_the_same(monkeypatch, tmp_path):
    datasets = pytest.importorskip("datasets")
    (tmp_path / "file").touch()
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "file" / "no folder can be here")
    write_split(tmp_path / "data", "train", PIXELS)
    monkeypatch.setenv("DIFFUSION_COURSE_DATA", str(tmp_path / "data"))
    assert len(data.fashion_mnist().x) == 5


@pytest.fixture
def pictures(tmp_path):
    """A folder as people have them: several kinds and sizes, a sub-folder, notes, and two files that are broken."""
    (tmp_path / "more").mkdir()
    Image.new("RGB", (40, 30), (255, 0, 0)).save(tmp_path / "2.png")
    Image.new("L", (20, 50), 0).save(tmp_path / "1.jpg")
    Image.new("RGBA", (16, 16), (0, 0, 0, 0)).save(tmp_path / "more" / "3.PNG")
    (tmp_path / "notes.txt").write_text("not an image, and not called one")
    (tmp_path / "broken.png").write_bytes((tmp_path / "2.png").read_bytes()[:40])
    (tmp_path / "empty.webp").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize("channels", [1, 3])
def test_a_folder_of_ones_own_is_read_and_what_is_broken_is_listed(pictures, channels, capsys, in_both_languages):
    x = data.folder(pictures, size=12, channels=channels)
    assert x.shape == (3, channels, 12, 12) and -1 <= x.min() and x.max() <= 1
    assert x[0].max() < -0.95 and x[2].min() == 1, "in the order of their names; what is transparent is white"
    assert x[1, 0].std() < 1e-5, "red all over"
    in_both_languages(*capsys.readouterr().out.strip().split("\n\n"), "broken.png", "empty.webp", "2", "5")


def test_the_middle_square_is_taken(tmp_path):
    wide = Image.new("L", (30, 10), 0)
    wide.paste(255, (10, 0, 20, 10))
    wide.save(tmp_path / "wide.png")
    assert bool((data.folder(tmp_path, size=10, channels=1) == 1).all())


def test_a_whole_folder_says_nothing(tmp_path, capsys):
    Image.new("L", (9, 9), 7).save(tmp_path / "a.bmp")
    assert len(data.folder(tmp_path)) == 1 and capsys.readouterr().out == ""


def ramp(w, h):
    """Colours that tell every corner from the others: red grows to the right, green downwards."""
    across, down = np.meshgrid(np.linspace(0, 255, w), np.linspace(0, 255, h))
    return Image.fromarray(np.stack([across, down, np.zeros_like(across)], 2).astype(np.uint8))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_the_turn_that_a_camera_noted_is_made(tmp_path, orientation, suffix):
    seen = ramp(24, 16)
    turns = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # PIL's transpositions that undo what a viewer will do
    stored = seen if turns[orientation] is None else seen.transpose(Image.Transpose(turns[orientation]))
    note = Image.Exif()
    note[0x0112] = orientation
    place = tmp_path / f"a.{suffix}"
    stored.save(
        place, exif=note, **({"lossless": True} if suffix == "webp" else {"quality": 100} if suffix == "jpg" else {})
    )
    x = data.from_pil(Image.open(place))
    assert x.shape == (1, 3, 16, 24)
    expected = torch.tensor(np.asarray(ImageOps.exif_transpose(seen))).permute(2, 0, 1) / 127.5 - 1
    assert float((x[0] - expected).abs().mean()) < 0.05
    middle = data.folder(tmp_path, size=8)[0]
    assert middle[0, :, -1].mean() > middle[0, :, 0].mean() and middle[1, -1].mean() > middle[1, 0].mean()


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bits_are_read_from_black_to_white(tmp_path, suffix):
    values = np.linspace(0, 65535, 64).astype(np.uint16)[None].repeat(64, 0)
    Image.fromarray(values).save(tmp_path / f"a.{suffix}")
    x = data.from_pil(Image.open(tmp_path / f"a.{suffix}"))
    torch.testing.assert_close(x[0, 0], torch.tensor(values / 65535 * 2 - 1).float(), atol=1e-5, rtol=0)
    assert data.folder(tmp_path, size=8).shape == (1, 3, 8, 8)


@pytest.mark.parametrize(
    "name, mode, colour, key",
    [
        ("a.png", "P", 0, 0),
        ("a.gif", "P", 0, 0),
        ("a.png", "L", 0, 0),
        ("a.png", "RGB", (9, 9, 9), (9, 9, 9)),
        ("a.png", "I;16", 300, 300),
    ],
)
def test_a_colour_that_is_called_transparent_is_white(tmp_path, name, mode, colour, key):
    picture = Image.new(mode, (16, 16), colour)
    if mode == "P":
        picture.putpalette([0] * 768)
    picture.save(tmp_path / name, transparency=key)
    assert data.folder(tmp_path, size=8).min() == 1
    assert data.from_pil(Image.open(tmp_path / name)).min() == 1


@pytest.mark.parametrize("name, kind", [("c.tif", None), ("e.jfif", "JPEG"), ("p.ppm", None), ("no suffix", "PNG")])
def test_other_kinds_and_other_names_are_read(tmp_path, name, kind, capsys):
    Image.new("RGB", (8, 8)).save(tmp_path / name, format=kind)
    assert len(data.folder(tmp_path, size=8)) == 1 and capsys.readouterr().out == ""


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_linked_folders_are_entered_once_and_loops_end(tmp_path):
    (tmp_path / "set" / "cats").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    for place in ("set/cats/a.png", "elsewhere/b.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / place)
    for name in ("dogs", "dogs again"):
        (tmp_path / "set" / name).symlink_to(tmp_path / "elsewhere")
    (tmp_path / "set" / "cats" / "loop").symlink_to(tmp_path / "set")
    assert len(data.folder(tmp_path / "set", size=8)) == 2


def test_what_is_left_out_is_listed_with_its_reason(tmp_path, monkeypatch, capsys, in_both_languages):
    from course_utils.data import pictures as reader

    (tmp_path / ".ipynb_checkpoints").mkdir()
    for name in ("a.png", ".ipynb_checkpoints/a-checkpoint.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    Image.fromarray(np.zeros((8, 8), np.float32)).save(tmp_path / "f.tif")
    (tmp_path / "photo.heic").write_bytes(b"....ftypheic")
    (tmp_path / "half.png").write_bytes((tmp_path / "a.png").read_bytes()[:30])
    Image.new("L", (2000, 1100)).save(tmp_path / "huge.png")
    monkeypatch.setattr(reader, "MEGAPIXELS", 2)
    before = Image.MAX_IMAGE_PIXELS
    assert len(data.folder(tmp_path, size=8)) == 1 and before == Image.MAX_IMAGE_PIXELS
    en, zh = capsys.readouterr().out.strip().split("\n\n")
    in_both_languages(en, zh, "a-checkpoint.png", "f.tif", "photo.heic", "half.png", "huge.png", "5", "6")
    assert en.count("(") >= 5 and all(
        f"{name} ({why}" in en
        for name, why in {
            ".ipynb_checkpoints/a-checkpoint.png": "hidden",
            "photo.heic": "of a kind",
            "half.png": "not an image",
            "huge.png": "more than",
            "f.tif": "The image has floating-point",
        }.items()
    )


def test_large_pictures_are_shrunk_before_they_are_floats(tmp_path, monkeypatch):
    from course_utils.data import pictures as reader

    ramp(2000, 1600).save(tmp_path / "large.png")
    ramp(2000, 1600).save(tmp_path / "large.jpg", quality=95)
    sizes = []
    monkeypatch.setattr(reader, "from_pil", lambda image: sizes.append(image.size) or data.from_pil(image))
    x = data.folder(tmp_path, size=16)
    assert all(max(size) <= 2 * 4 * 16 for size in sizes)
    exact = data.resize(data.from_pil(ramp(2000, 1600).crop((200, 0, 1800, 1600))), 16)
    assert float((x - exact).abs().max()) < 0.03


@pytest.mark.parametrize("given", ["photo.jpg", None, np.zeros((3, 3)), Path("a.png")])
def test_what_is_no_picture_is_refused(given, refused):
    with refused("PIL"):
        data.from_pil(given)


def test_a_picture_that_is_cut_short_or_closed_is_refused(tmp_path, refused):
    ramp(90, 60).save(tmp_path / "a.jpg")
    (tmp_path / "half.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:-400])
    closed = Image.open(tmp_path / "a.jpg")
    closed.close()
    for image in (Image.open(tmp_path / "half.jpg"), closed):
        with refused():
            data.from_pil(image)


@pytest.mark.parametrize("values", [[0, 2**31 - 1], [-1, 5], [0, 2**16]])
def test_whole_numbers_beyond_16_bits_are_not_drawn_as_white(values, tmp_path, refused):
    deep = Image.fromarray(np.array([values] * 2, np.int32))
    with refused("32"):
        data.from_pil(deep)
    deep.save(tmp_path / "deep.tiff")
    Image.fromarray(np.array([[0, 2**16 - 1]] * 2, np.int32)).save(tmp_path / "whole.tiff")
    found = data.album(tmp_path, 2, channels=1)
    assert found.files == ("whole.tiff",) and "32-bit" in found.left_out[0][1][0]


@pytest.mark.parametrize("size", [7, 0, -8, 8.0, "28", None, True, (28, 28)])
def test_sizes_are_whole_numbers(size, tmp_path, refused):
    for read in (
        data.digits,
        lambda size: data.photograph("palace", size),
        lambda size: data.resize(torch.zeros(1, 1, 9, 9), size),
    ):
        if read is data.digits or size != 7:
            with refused("size"):
                read(size)


@pytest.mark.parametrize(
    "how, given", [({}, "nowhere"), ({"size": 0}, "0"), ({"channels": 2}, "2"), ({"size": (8, 8)}, "size")]
)
def test_a_folder_that_gives_no_images_is_refused(tmp_path, how, given, refused):
    with refused(given):
        data.folder(tmp_path / "nowhere", **how)


@pytest.mark.parametrize(
    "labels", [[0, 1], [0, 1, 2, 3], [0, 1, 10], [0, 1, -1], [0.0, 1.0, 2.0], [[0, 1, 2]]], ids=str
)
def test_labels_that_are_not_those_of_the_images_are_refused(labels, refused):
    pixels = np.zeros((3, 28, 28), np.uint8)
    assert as_fashion(pixels, np.array([0, 1, 9]))[1].tolist() == [0, 1, 9]
    with refused("3", "0", "9"):
        as_fashion(pixels, np.array(labels))


def test_what_is_made_smaller_is_averaged():
    stripes = -torch.ones(1, 1, 32, 32)
    stripes[..., ::4] = 1
    inner = data.resize(stripes, 8)[..., 1:-1]
    torch.testing.assert_close(inner, torch.full_like(inner, -0.5))
    assert data.resize(stripes, 32) is stripes


@pytest.mark.parametrize("low, high, bytes_", [(0.0, 11.0, True), (0.0, 9.0, False), (-1.0, 200.0, False)])
def test_numbers_from_0_to_far_above_1_are_bytes_whatever_their_type(low, high, bytes_):
    assert are_bytes(torch.tensor([low, high])) is bytes_
