"""The command where something stands in its way: names, folders, other commands, a notebook's settings, want of memory.

命令遇到障碍时：名字、文件夹、别的命令、notebook 的设置、内存不够。
"""

import json
import os
import shlex
import signal
import sys
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from PIL import Image
from safetensors.torch import load_file
from test_train_command import noise

from course_utils import checkpoints, language
from course_utils.files import write_whole
from course_utils.metrics import energy_distance
from course_utils.train import beginning, command, ending, found, going_on, holding, measuring, pacing, plans, running
from course_utils.train.asking import PROGRAM
from course_utils.train.command import run_command

OUT, OTHER = "model", "an earlier training"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Every path is seen from a folder of the test's own, and pages are small."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(beginning, "ON_A_PAGE", 2)


def drawn(folder, n=12, first=0):
    Path(folder).mkdir(parents=True, exist_ok=True)
    for i, image in enumerate(noise(first + n)[first:]):
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(Path(folder) / f"{i:02}.png")
    return str(folder)


def told(folder, *more, out=OUT):
    return [folder, *"--size 8 --steps 3 --batch 2 --out".split(), str(out), *more]


def test_samples_are_measured_with_the_labels_of_those_kept_out(monkeypatch):
    drawn("all/a", 20), drawn("all/b", 10, 20)
    plain, asked = running.image_denoiser, []
    monkeypatch.setattr(running, "image_denoiser", lambda *given: (asked.append(given[2]), plain(*given))[1])
    assert run_command(told("all", "--labels")) == 0
    split = found.split_of(found.look_at("all", 8, labels=True))
    assert asked[-1].equal(split.held_y) and [y.tolist() for y in asked[:-1]] == [[0, 1]] * 3


def test_ones_own_folder_goes_before_a_set_of_its_name(capsys):
    drawn("digits")
    images = found.look_at("digits", 8)
    assert images.x.shape == (12, 3, 8, 8) and "同名的文件夹" in capsys.readouterr().out


def test_a_second_command_is_kept_out_of_a_folder_at_work(monkeypatch, capsys):
    folder, answers = drawn("all"), []
    plain = going_on.go_on

    def with_another(run, save_every):
        answers.append(run_command(told(folder)))
        return plain(run, save_every)

    monkeypatch.setattr(command, "go_on", with_another)
    assert run_command(told(folder)) == 0 and answers == [1]
    assert "Another command is at work" in capsys.readouterr().err and not Path(OUT, holding.LOCK).exists()
    with FileLock(Path(OUT, holding.LOCK)):
        assert run_command(told(folder, out=Path(OUT).resolve())) == 1


def test_a_lock_left_by_a_killed_command_is_no_other_thing():
    Path(OUT).mkdir()
    Path(OUT, holding.LOCK).touch()
    assert run_command(told(drawn("all"))) == 0


def test_a_refused_command_leaves_no_folder_behind():
    assert run_command(told("none", out="a/b/model")) == 1 and list(Path().iterdir()) == []


def test_something_of_each_class_is_learnt(capsys, refused):
    y = torch.tensor([0] * 30 + [1, 2, 3])
    for seed in range(60):
        split = found.split_of(found.FoundPictures(noise(33), y, ("a", "b", "c", "d"), ()), seed)
        assert split.y.unique().tolist() == [0, 1, 2, 3] and split.held_y.tolist() == [0, 0, 0]
    for i in range(12):
        drawn(f"all/{i:02}", 1, i)
    with refused("12", "--labels"):
        found.look_at("all", 8, labels=True)
    drawn("more/a", 9), drawn("more/b", 12, 9)
    found.look_at("more", 8, labels=True)
    assert "fewer than 10 pictures: a (9)." in capsys.readouterr().out


@pytest.mark.parametrize("labels", [False, True])
def test_an_earlier_training_among_the_pictures_is_left_out(labels):
    for i in range(12):
        Image.new("L", (8, 8), 20 * i).save(Path(drawn("all/grey", 0)) / f"{i}.png")
    drawn("all/grey/inside/pages")
    drawn(f"all/{OTHER}/pages")
    for place in ("all/grey/inside", f"all/{OTHER}"):
        for name in (plans.PLAN, going_on.CHECKS):
            Path(place, name).write_text("{}")
    images = found.look_at("all", 8, labels=labels)
    assert images.x.shape == (12, 1, 8, 8), "grey again: what had colour is gone"
    assert images.classes == ("grey",) * labels and (images.y is None or images.y.eq(0).all())
    assert sum(name.startswith(OTHER) for name, _ in images.left_out) == 14
    assert sum(name.startswith("grey/inside") for name, _ in images.left_out) == 14


def test_equal_pictures_are_said_and_their_spread_is_a_grey_level_at_least(capsys):
    for i in range(10):
        Image.new("RGB", (8, 8)).save(Path(drawn("all", 0)) / f"{i}.png")
    images = found.look_at("all", 8)
    assert "pixel by pixel: 9." in capsys.readouterr().out
    clouds = [measuring.looks_of(x, images.x) for x in (torch.ones_like(images.x) * 255, images.x)]
    assert 200 < energy_distance(*clouds) < 600, "white is 255 grey levels from black"


def test_a_notebook_keeps_its_type_and_language_and_the_command_has_its_own(double_by_default):
    assert run_command(told(drawn("all"), "--lang", "zh")) == 0
    assert torch.get_default_dtype() == torch.float64 and language.choose("a", "b", between="") == "ab"
    assert load_file(Path(OUT, "checkpoints", checkpoints.LAST))["network.stem.weight"].dtype == torch.float32


@pytest.mark.parametrize("said", ["DefaultCPUAllocator: can't allocate memory: you tried", "CUDA out of memory. Tried"])
def test_want_of_memory_names_its_option_and_binds_nobody_to_the_plan(said, monkeypatch, capsys):
    def too_much(self):
        raise RuntimeError(said)

    folder = drawn("all")
    monkeypatch.setattr(running.Run, "records", too_much)
    assert run_command(told(folder)) == 1 and "--at-once 8" in capsys.readouterr().err
    assert [path.name for path in Path(OUT).iterdir()] == [plans.PLAN]
    monkeypatch.setattr(running.Run, "records", lambda self: iter(()))
    monkeypatch.setattr(command, "hand_over", lambda run, asked: None)
    assert run_command([*told(folder), "--seed", "5"]) == 0 and plans.read_plan(Path(OUT)).asked["seed"] == 5


def test_other_errors_of_torch_stay_what_they_are(monkeypatch):
    def wrong(self):
        raise RuntimeError("invalid memory format")

    monkeypatch.setattr(running.Run, "records", wrong)
    with pytest.raises(RuntimeError, match="format"):
        run_command(told(drawn("all")))


@pytest.mark.skipif(sys.platform != "linux", reason="a disk of names that are bytes")
def test_names_that_are_no_letters_are_carried_to_the_end():
    name = os.fsdecode(b"caf\xe9")
    drawn(f"all {name}/{name}"), drawn(f"all {name}/b", 12, 12)
    assert run_command(told(f"all {name}", "--labels", "--licence", name)) == 0
    assert "caf?" in Path(OUT, "README.md").read_text("utf-8")
    assert json.loads(Path(OUT, plans.PLAN).read_text("utf-8"))["classes"] == ["b", "caf?"]
    before = set(Path().iterdir())
    assert run_command(told(f"all {name}", out=name)) == 2 and set(Path().iterdir()) == before


@pytest.mark.parametrize("owner, name", [(beginning, "look_at"), (beginning, "pace"), (command, "hand_over")])
def test_ctrl_c_is_answered_at_any_moment(owner, name, monkeypatch, capsys):
    def stopped(*given, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(owner, name, stopped)
    words = [word.replace("--steps", "--minutes") if name == "pace" else word for word in told(drawn("all"))]
    assert run_command(words) == 130 and "SIGINT" in capsys.readouterr().out


def test_the_minutes_hold_what_is_drawn_and_judged_beside_the_steps(monkeypatch):
    split = found.split_of(found.FoundPictures(noise(400), None, (), ()))
    page = pacing.page_in(10, 1.5)
    assert page == 4 and pacing.page_in(10, 0.01) == pacing.ON_A_PAGE and pacing.page_in(1, 60) == 1
    beside = pacing.seconds_beside(split, page, 1.5)
    assert beside == pytest.approx(1.5 * (10 * 4 + 11 * 2 * 40 / running.WALK + 40))
    assert pacing.steps_in(10, 0.5, beside) == round((540 - beside) / 0.5) and pacing.steps_in(1, 1, 99) == 20
    monkeypatch.setattr(beginning, "pace", lambda run: 0.1)
    monkeypatch.setattr(beginning, "seconds_a_sample", lambda run: 0.3)
    monkeypatch.setattr(command, "go_on", lambda run, save_every: signal.SIGTERM)
    run_command([drawn("all"), *"--size 8 --batch 2 --minutes 1 --out".split(), OUT])
    plan = json.loads(Path(OUT, plans.PLAN).read_text())
    assert plan["on_a_page"] == 2 and plan["steps"] == round((54 - 0.3 * (20 + 11 * 4 / 15 + 2)) / 0.1)


def test_a_sample_is_timed():
    split = found.split_of(found.FoundPictures(noise(12), None, (), ()))
    network = plans.network_for(8, 3, 12)
    plan = plans.Plan({"size": 8}, "", [], network, 3, 2, {})
    assert 0 < pacing.seconds_a_sample(running.Run(plan, split, Path(), running.fresh_state(network, 0)), 2) < 10


def test_the_command_on_the_card_can_be_repeated():
    drawn("my pictures/a|b"), drawn("my pictures/c", 12, 12)
    words = told("my pictures", "--labels", "--licence", "CC BY | mine", out="my model")
    assert run_command(words) == 0
    rows = [row for row in Path("my model/README.md").read_text("utf-8").splitlines() if row.startswith("| ")]
    assert all(row.replace(r"\|", "").count("|") == 3 for row in rows)
    line = next(row for row in rows if "command" in row).split("`")[1]
    again = shlex.split(line.removeprefix(PROGRAM))
    assert {*words} - {"CC BY | mine"} <= {*again} and "CC BY / mine" in again


def test_without_its_best_check_the_last_step_is_handed_over(capsys):
    folder = drawn("all")
    assert run_command(told(folder)) == 0
    Path(OUT, ending.REPORT).unlink()
    Path(OUT, "checkpoints", checkpoints.BEST).write_bytes(b"x")
    assert run_command(told(folder)) == 0
    assert checkpoints.BEST in capsys.readouterr().out and json.loads(Path(OUT, ending.REPORT).read_text())["step"] == 3


def test_names_as_long_as_the_disk_takes_are_written(tmp_path):
    for name in ("x" * 255, "画" * 85):
        assert write_whole(tmp_path / name, b"1").read_bytes() == b"1" and os.listdir(tmp_path) == [name]
        (tmp_path / name).unlink()


LONG = "/".join(["z" * 100] * 45)


@pytest.mark.parametrize(
    "words",
    [told("all", "--seed", "++8"), told("all", "--seed", "+-8"), told("all", "--seed", "9" * 5000)]
    + [told(LONG), told("all", out=LONG), told("link"), told("all", out="link")],
    ids=["two signs", "both signs", "no end", "a long FOLDER", "a long --out", "a link to itself", "--out such a link"],
)
def test_words_that_stopped_it_raw_are_refused(words):
    drawn("all", 0)
    os.symlink("link", "link")
    assert run_command(words) == 2


@pytest.mark.parametrize(
    "change", [dict(steps="many"), dict(steps=0), dict(machine=None), dict(asked=[]), dict(network=None)]
)
def test_a_plan_that_was_edited_into_none_is_refused(change, refused):
    plan = plans.Plan({}, "", [], {}, 3, 2, {})
    Path(OUT).mkdir()
    plans.write_plan(Path(OUT), plan)
    assert plans.read_plan(Path(OUT)) == plan
    Path(OUT, plans.PLAN).write_text(json.dumps(vars(plan) | change))
    with refused(plans.PLAN):
        plans.read_plan(Path(OUT))


def test_what_stands_where_the_pages_go_is_named(monkeypatch, capsys):
    plain = going_on.go_on

    def with_a_file(run, save_every):
        Path(OUT, "pages").write_text("mine")
        return plain(run, save_every)

    monkeypatch.setattr(command, "go_on", with_a_file)
    assert run_command(told(drawn("all"))) == 1 and "pages" in capsys.readouterr().err
    assert Path(OUT, "pages").read_text() == "mine"


def test_without_a_compiler_it_goes_on_without(monkeypatch, capsys):
    def none_here(call):
        raise RuntimeError("no compiler")

    monkeypatch.setattr(torch, "compile", none_here)
    monkeypatch.setattr(torch.nn.Module, "compile", lambda self: pytest.fail("it cannot"))
    assert run_command(told(drawn("all"), "--compile")) == 0 and "(no compiler)" in capsys.readouterr().out


def test_it_needs_no_console(monkeypatch):
    folder = drawn("all")
    monkeypatch.setattr(sys, "stdout", None)
    assert run_command(told(folder)) == 0


def test_checks_and_pictures_are_found_by_a_name_too():
    assert run_command(told(drawn("all"))) == 0
    assert len(running.read_checks(OUT)) == len(running.read_checks(Path(OUT))) == 3
    assert ending.picture_in(OUT, "nearest.png").content == Path(OUT, "nearest.png").read_bytes()
