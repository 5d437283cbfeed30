"""Files that are torn, foreign or no files at all: refused in both languages, never waited for, never written over.

残缺的、外来的、根本不是文件的“文件”：用两种语言拒绝，不苦等，也不覆盖。
"""

import json
import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import save_file

from course_utils import checkpoints, files, plots, schedules, state_files, training, weights
from course_utils.classifier import Classifier
from course_utils.unet import UNet

X = torch.zeros(4, 1, 8, 8)


def tiny(**config):
    torch.manual_seed(0)
    return training.start(UNet(**{"width": 8, "multipliers": (1,), **config}))


def trained():
    state = tiny()
    list(training.train(state, schedules.cosine(), X, steps=2, batch=2))
    return state


# No ordinary files


@pytest.fixture(params=["a folder", "a pipe"])
def no_file(request, tmp_path):
    if request.param == "a folder":
        (tmp_path / "there").mkdir()
    elif hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "there")
    else:
        pytest.skip("no pipes with names here")
    return tmp_path / "there"


def test_what_is_no_ordinary_file_is_not_replaced_by_one(no_file, refused):
    kind = os.stat(no_file).st_mode
    for write in (
        lambda: files.write_whole(no_file, b"a"),
        lambda: checkpoints.save(no_file, tiny()),
        lambda: plots.grid(X).save(no_file),
    ):
        with refused(str(no_file)):
            write()
    assert os.stat(no_file).st_mode == kind and list(no_file.parent.iterdir()) == [no_file]


def test_what_is_no_ordinary_file_is_not_waited_for(no_file, monkeypatch, refused):
    with refused(str(no_file)):
        checkpoints.load(no_file, tiny())
    for name in (checkpoints.LAST, checkpoints.BEST, "mine.safetensors"):
        no_file = no_file.rename(no_file.with_name(name))
        assert checkpoints.best(no_file.parent) == float("inf")
        if name == checkpoints.LAST:
            with refused(name):
                checkpoints.resume(no_file.parent, tiny())
    monkeypatch.setattr(weights, "FOLDER", no_file.parent)
    with refused("mine.safetensors"):
        weights.pretrained("mine")


def test_a_file_that_is_read_only_is_not_replaced(tmp_path, monkeypatch, refused):
    path = files.write_whole(tmp_path / "kept", b"a")
    monkeypatch.setattr(files.os, "access", lambda path, how: False)  # as root may write everywhere
    with refused(str(path), "read-only"):
        files.write_whole(path, b"b")
    assert path.read_bytes() == b"a" and list(tmp_path.iterdir()) == [path]


def test_the_folder_one_stands_in_is_no_file(monkeypatch, tmp_path, refused):
    monkeypatch.chdir(tmp_path)
    with refused("'.'"):
        checkpoints.save(".", tiny())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a" * 256, "噪" * 90, "\ud800"], ids=["letters", "汉字", "half a character"])
def test_a_name_that_no_disk_takes(name, tmp_path, refused):
    for call in (
        lambda: checkpoints.save(tmp_path / name, tiny()),
        lambda: checkpoints.resume(tmp_path / name, tiny()),
        lambda: checkpoints.best(f"{tmp_path}/{name}/run"),
    ):
        with refused(repr(str(tmp_path))[:30]):
            call()


# Weights


def described(**config):
    return {"network": json.dumps({"kind": "UNet", **tiny().network.config, **config})}


def with_one(change):
    def changed(tensors):
        name = next(iter(tensors))
        return change(tensors, name)

    return changed


FOREIGN = {
    "no words": (None, dict),
    "other words": ({"a": "b"}, dict),
    "no JSON": ({"network": "{"}, dict),
    "a list": ({"network": "[1]"}, dict),
    "no kind": ({"network": "{}"}, dict),
    "another kind": (described(kind="Linear"), dict),
    "many kinds": (described(kind=["UNet"]), dict),
    "another setting": (described(depth=4), dict),
    "an odd width": (described(width=7), dict),
    "another width": (described(width=16), dict),
    "one too few": (described(), with_one(lambda of, name: {k: v for k, v in of.items() if k != name})),
    "one too many": (described(), with_one(lambda of, name: of | {"more": torch.zeros(2)})),
    "a checkpoint": (described(), lambda of: {f"network.{k}": v for k, v in of.items()}),
    "nan": (described(), with_one(lambda of, name: of | {name: of[name] * torch.nan})),
}


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A folder in which the course looks for its weights."""
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    return tmp_path


def put(path, tensors, about=None):
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path, metadata=about)


@pytest.mark.parametrize("what", FOREIGN)
def test_weights_that_are_not_those_of_a_network_of_the_course(what, shelf, refused):
    about, change = FOREIGN[what]
    tensors = tiny().network.state_dict()
    put(shelf / "mine.safetensors", tensors, described())
    assert weights.pretrained("mine").config == tiny().network.config, "else this test shows nothing"
    put(shelf / "mine.safetensors", change(tensors), about)
    with refused("mine.safetensors", "git checkout"):
        weights.pretrained("mine")


@pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.999])
def test_weights_cut_short(share, shelf, refused):
    path = weights.write("mine", tiny().network, shelf)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with refused("mine.safetensors", "git checkout"):
        weights.pretrained("mine")


@pytest.mark.parametrize("kept", [None, {"a": X}, {"mean": torch.ones(3) * torch.nan, "covariance": torch.eye(3)}])
def test_moments_that_are_missing_or_none(kept, shelf, refused):
    (shelf / "moments").mkdir()
    if kept is not None:
        put(shelf / "moments" / "fashion_mnist.safetensors", kept)
    with refused("fashion_mnist.safetensors", "git checkout"):
        weights.garment_moments()


@pytest.mark.parametrize("name", ["..", "a.safetensors", "con:", "a b"])
def test_a_name_that_pretrained_would_not_find(name, shelf, refused):
    with refused(repr(name)):
        weights.write(name, Classifier(classes=2, width=4), shelf)
    assert not list(shelf.iterdir())


class Mine(UNet):
    pass


@pytest.mark.parametrize("fault", ["a kind of its own", "nan", "too large for half precision"])
def test_what_could_not_be_read_again_is_not_written(fault, shelf, refused):
    network = (Mine if fault == "a kind of its own" else UNet)(width=8, multipliers=(1,))
    with torch.no_grad():
        next(network.parameters()).fill_({"nan": torch.nan}.get(fault, 1e6))
    with refused("Mine" if fault == "a kind of its own" else "nan"):
        weights.write("mine", network, shelf)
    assert not list(shelf.iterdir())


# Checkpoints of another edition: whole, their digest right, and not what this one writes

ONE_MORE = len(list(tiny().network.parameters()))
CHANGES = {
    "no generator": lambda of, about: of.pop("generator"),
    "another generator": lambda of, about: of.update(generator=of["generator"][:10].clone()),
    "a generator in other numbers": lambda of, about: of.update(generator=of["generator"].float()),
    "no order": lambda of, about: of.pop("order"),
    "no losses": lambda of, about: of.pop("losses"),
    "an optimizer of more weights": lambda of, about: of.update({"optimizer.999.exp_avg": torch.zeros(2)}),
    "an optimizer of one weight more": lambda of, about: of.update({f"optimizer.{ONE_MORE}.exp_avg": torch.zeros(2)}),
    "an optimizer by names": lambda of, about: of.update({"optimizer.stem": torch.zeros(2)}),
    "a step in words": lambda of, about: about.update(step="two"),
    "a step before the first": lambda of, about: about.update(step="-3"),
    "settings in a list": lambda of, about: about.update(settings="[1]"),
    "no settings": lambda of, about: about.pop("settings"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_checkpoint_of_another_edition_leaves_the_state_untouched(what, tmp_path, refused):
    path = checkpoints.save(tmp_path / "kept.safetensors", trained())
    tensors, about = state_files.read(path)
    CHANGES[what](tensors, about)
    put(path, tensors, about | {"digest": state_files._digest(tensors, about)})
    state = tiny()
    before = [weight.clone() for weight in state.network.parameters()]
    with refused(str(path)):
        checkpoints.load(path, state)
    assert state.step == 0 and all(a.equal(b) for a, b in zip(before, state.network.parameters(), strict=True))


@pytest.mark.parametrize("said", ["", "good", "nan", "-inf"])
def test_a_best_state_that_does_not_say_how_good_it_is_is_replaced(said, tmp_path):
    put(tmp_path / checkpoints.BEST, {"a": torch.zeros(2)}, {"held_out": said})
    assert checkpoints.best(tmp_path) == float("inf")
    checkpoints.save_in(tmp_path, tiny(), held_out=0.5)
    assert checkpoints.best(tmp_path) == 0.5


# Consoles and optimized runs

CONSOLES = ("ascii", "cp936", "latin-1", "utf-8")
ERRORS = """
import sys
import torch
from course_utils import checkpoints, data, weights
from course_utils.language import CourseError, say, set_language
for encoding in sys.argv[1:]:
    sys.stdout.reconfigure(encoding=encoding, errors="strict")
    print("console")
    for language in ("en", "zh", "both"):
        set_language(language)
        for call in (lambda: weights.pretrained("cats"), lambda: data.digits(7), lambda: checkpoints.best("")):
            try:
                call()
            except CourseError as error:
                say(error.en, error.zh)
    say("then on", "\\u7ee7\\u7eed")
"""


@pytest.fixture(scope="module")
def on_consoles():
    """What the same errors leave on a console of each encoding, in bytes; of one process, since torch loads slowly."""
    here = os.environ | {"PYTHONIOENCODING": CONSOLES[0], "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = subprocess.run([sys.executable, "-c", ERRORS, *CONSOLES], env=here, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return dict(zip(CONSOLES, done.stdout.split(b"console\n")[1:], strict=True))


@pytest.mark.parametrize("encoding", CONSOLES)
def test_errors_are_said_on_every_console(encoding, on_consoles):
    assert on_consoles[encoding].count(b"'cats'") >= 3 and b"then on" in on_consoles[encoding]
    assert encoding not in ("cp936", "utf-8") or "继续".encode(encoding) in on_consoles[encoding]
