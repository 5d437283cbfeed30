"""Data leave in [-1, 1] and go back to pictures unharmed; without a network, the digits stand in.

数据以 [-1, 1] 离开，变回图片时完好无损；没有网络，就用手写数字代替。
"""

import os
import socket
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_digits, load_sample_image

from course_utils import data
from course_utils.data import hub, sets


@pytest.mark.parametrize("size", [8, 16, 28, 32])
def test_digits_come_in_every_size_and_in_range(size):
    x, y = data.digits(size)
    assert x.shape == (1797, 1, size, size) and x.dtype == torch.float32
    assert -1 <= x.min() < -0.9 and 0.7 < x.max() <= 1
    assert y.equal(torch.tensor(load_digits().target))


def test_digits_of_8_are_scikit_learns_own_sixteenths():
    np.testing.assert_allclose((data.digits().x[:, 0] + 1) * 8, load_digits().images)
    means = data.digits(32).x.mean((1, 2, 3)) - data.digits().x.mean((1, 2, 3))
    assert float(means.abs().max()) < 0.1


@pytest.mark.parametrize("name, file", [("palace", "china.jpg"), ("flower", "flower.jpg")])
def test_a_photograph_is_the_middle_square(name, file):
    whole = data.photograph(name, 427)
    middle = load_sample_image(file)[:, 106:533].astype(float)
    np.testing.assert_allclose(whole[0].permute(1, 2, 0), middle / 127.5 - 1, atol=1e-6)
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
    x = torch.tensor([-torch.inf, -3.0, -1.001, -1.0, 0.0, 1.0, 1.004, 1.01, 3.0, torch.inf])
    expected = [0, 0, 0, 0, 128, 255, 255, 255, 255, 255]
    assert np.asarray(data.to_pil(x.reshape(1, 1, 10))).tolist() == [expected]
    assert data.to_bytes(x).tolist() == expected


def test_every_byte_is_rounded_to_the_nearest():
    levels = torch.arange(256) / 127.5 - 1
    for nudge in (0, 0.4 / 127.5, -0.4 / 127.5):
        assert data.to_bytes(levels + nudge).equal(torch.arange(256, dtype=torch.uint8))


def test_images_in_range_pass_the_check():
    x = torch.tensor([[[[-1.0, 1.0]]]])
    assert data.check_images(x) is x


@pytest.fixture
def silent(monkeypatch):
    """No setting from outside, and whatever is set within is undone."""
    for name in ("HF_HUB_OFFLINE", "HF_ENDPOINT", "DIFFUSION_COURSE_DATA"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(hub, "getproxies", dict)
    return monkeypatch


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        yield server


def address(server):
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_hub_that_listens_answers(silent, listener):
    silent.setenv("HF_ENDPOINT", address(listener))
    assert hub.hub_answers() and "HF_HUB_OFFLINE" not in os.environ


def test_a_closed_port_is_no_hub_and_datasets_is_told(silent, listener):
    silent.setenv("HF_ENDPOINT", address(listener))
    listener.close()
    began = time.monotonic()
    assert not hub.hub_answers() and time.monotonic() - began < 3
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_a_wall_that_swallows_everything_costs_no_more_than_the_probe(silent, listener):
    fill = [socket.socket() for _ in range(4)]
    for waiting in fill:
        waiting.setblocking(False)
        waiting.connect_ex(listener.getsockname())
    silent.setenv("HF_ENDPOINT", address(listener))
    silent.setattr(hub, "PROBE_SECONDS", 0.3)
    began = time.monotonic()
    assert not hub.hub_answers()
    assert 0.25 < time.monotonic() - began < 3 and os.environ["HF_HUB_OFFLINE"] == "1"
    for waiting in fill:
        waiting.close()


@pytest.mark.parametrize(
    "endpoint, expected",
    [
        (None, ("huggingface.co", 443)),
        ("https://mirror.example", ("mirror.example", 443)),
        ("http://mirror.example/hub", ("mirror.example", 80)),
        ("http://mirror.example:8080", ("mirror.example", 8080)),
    ],
)
def test_the_probe_asks_the_endpoint_for_three_seconds(silent, endpoint, expected):
    asked = []

    def connect(where, timeout):
        asked.append((where, timeout))
        raise TimeoutError

    if endpoint:
        silent.setenv("HF_ENDPOINT", endpoint)
    silent.setattr(socket, "create_connection", connect)
    assert not hub.hub_answers() and asked == [(expected, 3)]


def test_behind_a_proxy_the_proxy_is_probed(silent):
    asked = []
    silent.setattr(hub, "getproxies", lambda: {"https": "http://proxy.example:3128"})
    silent.setattr(socket, "create_connection", lambda where, timeout: asked.append(where) or socket.socket())
    assert hub.hub_answers() and asked == [("proxy.example", 3128)]


def test_a_hub_that_fails_after_the_probe_is_no_hub(silent, capsys):
    def fail(source, split):
        raise ConnectionError

    silent.setattr(sets, "hub_answers", lambda: True)
    silent.setattr(sets, "load_split", fail)
    assert data.fashion_mnist().x.equal(data.digits(28).x)
    assert "Fashion-MNIST" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["1", "true", "YES", "on"])
def test_whoever_says_offline_is_not_probed(silent, word):
    silent.setenv("HF_HUB_OFFLINE", word)
    silent.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("the network was asked"))
    assert not hub.hub_answers()


@pytest.mark.parametrize("split", ["train", "test"])
def test_offline_the_digits_stand_in_and_both_languages_say_so(silent, split, capsys, in_both_languages):
    silent.setenv("HF_HUB_OFFLINE", "1")
    x, y = data.fashion_mnist(split)
    expected = data.digits(28)
    assert x.equal(expected.x) and y.equal(expected.y)
    in_both_languages(*capsys.readouterr().out.split("\n\n"), "Fashion-MNIST", "DIFFUSION_COURSE_DATA")


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
def test_a_folder_of_parquet_files_is_read(silent, tmp_path, inside):
    datasets = pytest.importorskip("datasets")
    silent.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    silent.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("the network was asked"))
    write_split(tmp_path / "data" / inside, "train", PIXELS)
    write_split(tmp_path / "data" / inside, "test", PIXELS[::-1][:2])
    if inside:
        write_split(tmp_path / "data" / "another", "train", PIXELS[:1])
    silent.setenv("DIFFUSION_COURSE_DATA", str(tmp_path / "data"))
    x, y = data.fashion_mnist()
    assert x.shape == (5, 1, 28, 28) and x.dtype == torch.float32 and y.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(x[:, 0], PIXELS / 127.5 - 1, atol=1e-6)
    assert data.to_bytes(data.fashion_mnist("test").x[:, 0]).equal(torch.tensor(PIXELS[::-1][:2].copy()))


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


@pytest.mark.parametrize("how, given", [({}, "nowhere"), ({"size": 0}, "0"), ({"channels": 2}, "2")])
def test_a_folder_that_gives_no_images_is_refused(tmp_path, how, given, refused):
    with refused(given):
        data.folder(tmp_path / "nowhere", **how)
