"""The data that come with the course are the real ones, bit for bit, made by one command, and read in no time.

随课程附带的数据就是真正的那些，逐位相同，由一条命令制成，读取几乎不花时间。
"""

import fnmatch
import gzip
import os
import shutil
import tomllib
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from course_utils import data, weights
from course_utils.data import sets
from course_utils.data.idx import read_split
from tools import ship_data

ROOT = Path(__file__).parents[1]
EVERY = sorted(path for path in sets.SHIPPED.rglob("*") if path.is_file())
PACKED = [path for path in EVERY if path.suffix == ".gz"]
SPLITS = {"train": 800, "test": 200}


def same_file(made: bytes, kept: bytes) -> bool:
    """Equal; where another zlib packs, equal once unpacked."""
    other = "ng" in zlib.ZLIB_RUNTIME_VERSION
    return gzip.decompress(made) == gzip.decompress(kept) if other else made == kept


@pytest.mark.parametrize("size", [8, 16, 28])
def test_the_digits_are_scikit_learns_bit_for_bit(size):
    theirs, (x, y) = load_digits(), data.digits(size)
    assert x.equal(data.resize(torch.tensor(theirs.images, dtype=torch.float32)[:, None] / 8 - 1, size))
    assert y.equal(torch.tensor(theirs.target)) and y.dtype == torch.int64


@pytest.mark.parametrize("split, n", SPLITS.items())
def test_the_garments_are_balanced_in_range_and_said_nothing_of(split, n, capsys):
    x, y = data.garments(split)
    assert x.shape == (10 * n, 1, 28, 28) and x.dtype == torch.float32 and x.min() == -1 and x.max() == 1
    assert y.dtype == torch.int64 and y.bincount().tolist() == [n] * 10
    assert capsys.readouterr().out == ""


def test_the_garments_begin_as_the_data_set_does():
    """So they do: the labels of the first images of Fashion-MNIST, which are in everybody's pictures of it."""
    assert data.garments("train").y[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]
    assert data.garments("test").y[:10].tolist() == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]


def test_the_judge_knows_the_garments():
    judge = weights.pretrained("classifier")
    for split, least in (("train", 0.95), ("test", 0.92)):
        x, y = (part[:1000] for part in data.garments(split))
        assert (judge(x).argmax(1) == y).float().mean() > least


def test_no_image_is_in_both_parts():
    train, test = ({image.tobytes() for image in data.to_bytes(data.garments(split).x).numpy()} for split in SPLITS)
    assert not train & test


def test_another_split_is_refused(refused):
    for split in ("valid", None, ["train"], np.array(["train", "test"]), torch.arange(2)):
        with refused(repr(split), '"train"', '"test"'):
            data.garments(split)


def test_a_folder_named_after_them_gives_the_same(monkeypatch):
    monkeypatch.setenv("DIFFUSION_COURSE_DATA", str(sets.SHIPPED))
    for split in SPLITS:
        assert all(a.equal(b) for a, b in zip(data.fashion_mnist(split), data.garments(split), strict=True))


@pytest.mark.parametrize("harm", [None, b"", b"PK", lambda kept: kept[:-9], lambda kept: kept[:99] + b"!" + kept[100:]])
@pytest.mark.parametrize("read", [data.digits, data.garments])
def test_a_file_that_is_damaged_or_gone_is_named(read, harm, tmp_path, monkeypatch, refused):
    shutil.copytree(sets.SHIPPED, tmp_path / "shipped")
    monkeypatch.setattr(sets, "SHIPPED", tmp_path / "shipped")
    folder = "digits" if read is data.digits else "fashion_mnist"
    [file] = (tmp_path / "shipped" / folder).glob("[dt][ir]*-images*")
    kept = file.read_bytes()
    file.unlink()
    if harm is not None:
        file.write_bytes(harm(kept) if callable(harm) else harm)
    with refused(folder, "git checkout"):
        read()


def test_they_are_small_and_packed_without_name_and_time():
    assert sum(path.stat().st_size for path in EVERY) < 6_000_000
    assert len(PACKED) == 6 and all(path.read_bytes()[3:8] == bytes(5) for path in PACKED)


def test_all_of_it_is_installed_with_the_package():
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    names = [path.relative_to(sets.SHIPPED.parent).as_posix() for path in EVERY]
    assert len(names) == 9
    assert all(any(fnmatch.fnmatch(name, pattern) for pattern in patterns["course_utils.data"]) for name in names)


def test_the_digits_are_made_again_bit_for_bit():
    made = ship_data.digits()
    assert len(made) == 2
    assert all(same_file(content, (sets.SHIPPED / "digits" / name).read_bytes()) for name, content in made.items())


def garments_made_again() -> None:
    made = ship_data.fashion_mnist()
    assert len(made) == 4
    for name, content in made.items():
        assert same_file(content, (sets.SHIPPED / "fashion_mnist" / name).read_bytes()), name


def test_the_garments_are_made_again_bit_for_bit_from_a_set_that_begins_with_them(monkeypatch):
    monkeypatch.setattr(ship_data, "whole", data.garments)
    garments_made_again()


@pytest.mark.skipif(not os.environ.get("DIFFUSION_COURSE_DATA"), reason="DIFFUSION_COURSE_DATA names no whole set")
def test_the_garments_are_made_again_bit_for_bit_from_the_whole():
    garments_made_again()


def test_the_first_of_each_label_are_taken_in_order():
    labels = np.array([3, 1, 1, 3, 1, 0, 3, 0])
    assert ship_data.first_of_each(labels, 2).tolist() == [0, 1, 2, 3, 5, 7]


def test_the_part_is_not_taken_for_the_whole(monkeypatch):
    monkeypatch.setenv("DIFFUSION_COURSE_DATA", str(sets.SHIPPED))
    with pytest.raises(SystemExit, match="60,000"):
        ship_data.whole("train")


def test_the_cards_say_what_how_many_by_which_command_and_the_licence():
    told = {
        "digits": ("1,797", "0 to 16", "CC BY 4.0", "Alpaydin & Kaynak 1998"),
        "fashion_mnist": ("8,000", "2,000", "800", "200", "MIT", "Zalando", "in the order of the data set"),
    }
    for name, words in told.items():
        card = (sets.SHIPPED / name / "README.md").read_text(encoding="utf-8")
        assert all(word in card for word in (*words, f"`python tools/ship_data.py {name}`"))
    licence = (sets.SHIPPED / "fashion_mnist/LICENSE").read_text(encoding="utf-8")
    assert licence.startswith("The MIT License (MIT) Copyright © 2017 Zalando SE") and "WITHOUT WARRANTY" in licence


def test_what_a_file_holds_may_be_changed_by_whoever_read_it():
    for part in read_split(sets.SHIPPED / "digits", "digits"):
        part[:1] += 1  # torch warns of arrays that may not
