"""The command: what it finds, plans and hands over; it stops when asked, and goes on bit for bit; what it refuses.

命令：它找到什么、计划什么、交付什么；要它停就停，接着训练逐位一致，做不到的就拒绝。
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import course_utils
from course_utils import checkpoints, data, language, weights
from course_utils.metrics import energy_distance
from course_utils.neighbours import nearest
from course_utils.train import beginning, command, ending, found, going_on, measuring, plans, running
from course_utils.train.asking import Asked, asked_for
from course_utils.train.command import run_command

ROOT = Path(course_utils.__file__).parents[1]
STEPS = 20


def noise(n, c=3, size=8):
    return torch.randint(0, 256, (n, c, size, size), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


@pytest.fixture(scope="module", autouse=True)
def small_pages():
    """Pages cost more than such short trainings; they change nothing of what is compared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beginning, "ON_A_PAGE", 4)
        yield


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """24 small pictures in two classes, and a file that is none."""
    folder = tmp_path_factory.mktemp("pictures")
    for i, image in enumerate(noise(24)):
        place = folder / "ab"[i % 2]
        place.mkdir(exist_ok=True)
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(place / f"图 {i:02}.png")
    (folder / "a" / "empty.png").touch()
    return folder


def words(pictures, out, **more):
    named = dict(size=8, steps=STEPS, batch=4, save_every=0.2, out=out) | more
    told = [[f"--{name.replace('_', '-')}"] + ([str(value)] * (value is not True)) for name, value in named.items()]
    return [str(pictures), *sum(told, [])]


@pytest.fixture(scope="module")
def straight(pictures, tmp_path_factory):
    """The folder of a run that nobody stopped."""
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("straight") / "model"
    assert run_command(words(pictures, out)) == 0
    return out


def losses_in(out, name=checkpoints.LAST):
    return load_file(out / "checkpoints" / name)["losses"].tolist()


def same_end(out, other):
    """The same weights, losses, checks and measured numbers, bit for bit."""
    for name in ("last", "best"):
        one, two = (load_file(folder / "checkpoints" / f"{name}.safetensors") for folder in (out, other))
        assert one.keys() == two.keys() and all(one[key].equal(two[key]) for key in one), name
    for name in ("model.safetensors", "report.json", "checks.json", "config.json"):
        assert (out / name).read_bytes() == (other / name).read_bytes(), name
    return True


def test_what_a_finished_folder_holds(straight, pictures):
    names = {path.name for path in straight.iterdir()}
    assert names == {"README.md", "checkpoints", "checks.json", "checks.png", "config.json", "left_out.txt"} | {
        "model.safetensors", "nearest.png", "pages", "plan.json", "report.json", "samples.png"
    }  # fmt: skip
    assert len(list((straight / "pages").iterdir())) == going_on.MARKS
    assert "empty.png" in (straight / "left_out.txt").read_text("utf-8")
    told, card = json.loads((straight / "report.json").read_text()), (straight / "README.md").read_text("utf-8")
    assert (
        told["n"] == 2
        and told["drawn"] == 2
        and 0 <= told["copies"][0] <= 1
        and 0 <= told["doubles"][0] <= 1
        and told["distance"][1] > 0
    )
    assert f"{told['held_out'][0]:.4f}" in card and f"{told['floor'][0]:.3f}" in card
    assert "data licence · 数据许可" in card and "not said · 未注明" in card and 'license: "unknown"' in card
    network, config = (
        weights.from_file(straight / "model.safetensors"),
        json.loads((straight / "config.json").read_text()),
    )
    assert config["network"] == {"kind": "UNet", **network.config} and config["step"] == told["step"]
    best = load_file(straight / "checkpoints" / checkpoints.BEST)
    assert all(w.equal(best[f"ema.{name}"].half().float()) for name, w in network.state_dict().items())


def test_the_best_check_is_what_is_handed_over(straight):
    checks = json.loads((straight / "checks.json").read_text())
    assert [check["step"] for check in checks] == [STEPS * mark // 10 for mark in range(1, 11)]
    best = min(checks, key=lambda check: check["held_out"])
    told = json.loads((straight / "report.json").read_text())
    assert told["step"] == best["step"] and told["held_out"][0] == pytest.approx(best["held_out"], rel=1e-6)
    assert told["trained_on"][0] == pytest.approx(best["trained_on"], rel=1e-6)


def test_a_finished_run_is_left_alone(straight, pictures, capsys):
    before = {path: path.stat().st_mtime_ns for path in straight.rglob("*")}
    assert run_command(words(pictures, straight)) == 0
    assert before == {path: path.stat().st_mtime_ns for path in straight.rglob("*")}
    assert "finished" in capsys.readouterr().out


@pytest.mark.parametrize(
    "kind, when",
    [
        (signal.SIGINT, "in a step"),
        (signal.SIGTERM, "in a step"),
        (signal.SIGTERM, "between"),
        (signal.SIGINT, "twice"),
    ],
)
def test_a_signal_stops_it_after_a_step_and_the_same_command_ends_bit_for_bit(
    kind, when, pictures, straight, tmp_path, monkeypatch, capsys
):
    out, handlers = tmp_path / "model", [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    name = "forward" if when == "in a step" else "after"
    owner = running.UNet if when == "in a step" else going_on.Keeper
    plain, calls = getattr(owner, name), []

    def signalled(self, *given):
        calls.append(1)
        if len(calls) == 7:
            for _ in range(1 + (when == "twice")):
                signal.raise_signal(kind)
        return plain(self, *given)

    monkeypatch.setattr(owner, name, signalled)
    assert run_command(words(pictures, out)) == 128 + kind
    monkeypatch.undo()
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == handlers
    said = capsys.readouterr().out
    assert signal.Signals(kind).name in said and 0 < len(losses_in(out)) < STEPS
    assert not (out / "report.json").exists()
    assert run_command(words(pictures, out)) == 0 and same_end(out, straight)


def test_what_is_kept_beside_the_training_does_not_touch_it(pictures, straight, tmp_path):
    out = tmp_path / "model"
    assert run_command(words(pictures, out, save_every=1000, licence="CC BY 4.0 | mine\nall", at_once=4)) == 0
    assert same_end(out, straight)
    assert 'license: "CC BY 4.0 / mine all"' in (out / "README.md").read_text("utf-8")


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.full)])
def test_killed_again_and_again_it_ends_bit_for_bit(kills, pictures, tmp_path):
    steps = 60 * (1 + kills // 4)
    outs = tmp_path / "straight", tmp_path / "killed"
    begun = [in_a_process(words(pictures, out, steps=steps)) for out in outs]
    moments = killed_while_it_runs(begun[1], outs[1], words(pictures, outs[1], steps=steps), kills)
    assert begun[0].wait(600) == 0, begun[0].stdout.read()
    print(f"killed {len(moments)} times, after steps {moments} of {steps}")
    assert len(moments) == kills and same_end(*outs)


def in_a_process(told):
    command = [sys.executable, "-m", "course_utils.train", *told]
    how = dict(cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, text=True)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **how)


def killed_while_it_runs(process, out, told, kills):
    """Kill it that often at random moments once a checkpoint is there; stop it once; let it end: the steps reached."""
    moments, chance, last = [], random.Random(0), out / "checkpoints" / checkpoints.LAST
    while True:
        begun = last.stat().st_mtime_ns if last.exists() else 0
        while process.poll() is None and (not last.exists() or last.stat().st_mtime_ns == begun):
            time.sleep(0.01)
        if len(moments) == kills or process.poll() is not None:
            break
        time.sleep(chance.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait()
        moments.append(len(losses_in(out)) if last.exists() else 0)
        process = in_a_process(told)
    process.send_signal(signal.SIGTERM)
    stopped = process.wait(600)
    assert stopped in (0, 128 + signal.SIGTERM), process.stdout.read()
    assert run_command(told) == 0
    return moments


def test_two_processes_hand_over_what_one_does(pictures, straight, tmp_path):
    launch = "-m accelerate.commands.launch --multi_gpu --num_processes 2 --num_machines 1 --mixed_precision no"
    told = words(pictures, tmp_path / "model")
    arguments = [*launch.split(), *"--dynamo_backend no --main_process_port 0 -m course_utils.train".split(), *told]
    how = dict(cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=600)
    run = subprocess.run([sys.executable, *arguments], **how)
    assert run.returncode == 0, run.stderr
    apart = max(abs(a - b) for a, b in zip(losses_in(tmp_path / "model"), losses_in(straight), strict=True))
    one, two = (json.loads((out / "report.json").read_text()) for out in (straight, tmp_path / "model"))
    assert apart < 1e-4 and one["step"] == two["step"]
    assert two["held_out"] == pytest.approx(one["held_out"], abs=1e-4)
    assert run.stdout.count("Done:") == 1 and "processes: 2" in run.stdout
    print(f"{STEPS} losses of the command, two processes: at most {apart:.1e} from one alone")


def test_labels_are_learnt_and_drawn_in_turn(pictures, tmp_path):
    out = tmp_path / "model"
    assert run_command(words(pictures, out, labels=True, steps=2)) == 0
    plan = plans.read_plan(out)
    assert plan.classes == ["a", "b"] and plan.network["classes"] == 2
    drawn = running.drawn_by(weights.from_file(out / "model.safetensors"), 5, 8)
    assert drawn.shape == (5, 3, 8, 8) and drawn.abs().max() <= 1


def test_minutes_are_turned_into_steps_once(pictures, tmp_path, monkeypatch):
    out = tmp_path / "model"
    told = [word for word in words(pictures, out, minutes=0.02) if word not in ("--steps", str(STEPS))]
    monkeypatch.setattr(beginning, "pace", lambda run: 0.05)
    monkeypatch.setattr(beginning, "seconds_a_sample", lambda run: 1e-9)
    monkeypatch.setattr(command, "go_on", lambda run, save_every: (going_on.Keeper(run, 1).keep(), signal.SIGTERM)[1])
    assert run_command(told) == 128 + signal.SIGTERM
    assert plans.read_plan(out).steps == round(0.9 * 60 * 0.02 / 0.05) == 22
    monkeypatch.setattr(beginning, "pace", lambda run: pytest.fail("the plan says how many steps"))
    assert run_command(told) == 128 + signal.SIGTERM and plans.read_plan(out).steps == 22


@pytest.mark.parametrize(
    "size, channels, n, classes",
    [(8, 1, 1797, 0), (16, 3, 300, 3), (30, 3, 5000, 0), (64, 3, 50_000, 0), (128, 1, 99, 0)],
)
def test_the_network_fits_the_size_and_the_count(size, channels, n, classes):
    config = plans.network_for(size, channels, n, classes)
    places = size / config["patch"] / 2 ** (len(config["multipliers"]) - 1)
    assert 4 <= places <= 8 and config["channels"] == channels and config["classes"] == classes
    network = running.UNet(**(config | {"width": 8}))
    labels = (torch.zeros(1, dtype=torch.long),) if classes else ()
    assert network(torch.zeros(1, channels, size, size), torch.zeros(1), *labels).shape == (1, channels, size, size)
    assert plans.network_for(size, channels, 100 * n + 2000)["width"] > config["width"] or config["width"] == 64


def test_what_is_kept_out_is_never_learnt_from():
    x, y = noise(57, 1, 4), torch.arange(57)
    split = found.split_of(found.FoundPictures(x, y, (), ()), seed=3)
    assert len(split.held_x) == 5 and sorted([*split.y.tolist(), *split.held_y.tolist()]) == list(range(57))
    assert split.x.equal(x[split.y]) and split.held_x.equal(x[split.held_y])
    assert split.y.diff().lt(0).sum() > 15, "not by name: the first of them are judged"
    assert len(found.split_of(found.FoundPictures(noise(10), None, (), ())).held_x) == 2


def test_the_sets_of_the_course_have_names():
    images = found.look_at("digits", 8, labels=True)
    assert images.x.shape == (1797, 1, 8, 8) and images.x.dtype == torch.uint8 and images.classes == tuple("0123456789")
    assert images.x.equal(data.to_bytes(data.digits().x)) and images.y.equal(data.digits().y)
    assert found.look_at("digits", 8).y is None


@pytest.mark.parametrize("lang", language.LANGUAGES)
def test_help_is_in_the_language_that_is_asked_for(lang, capsys):
    with pytest.raises(SystemExit) as end:
        run_command(["--help", "--lang", lang])
    told = capsys.readouterr().out
    assert end.value.code == 0
    assert ("about how long to train" in " ".join(told.split())) is (lang != "zh")
    assert ("大约训练多久" in told) is (lang != "en")
    assert all(
        f"--{name}" in told for name in "out size minutes steps batch at-once labels licence seed compile".split()
    )


HOSTILE = {
    "nothing": ([], "out"),
    "no place": (["FOLDER"], "--out"),
    "an unknown word": (["FOLDER", "--out", "OUT", "--epochs", "3"], "--epochs"),
    "half a word": (["FOLDER", "--out", "OUT", "--min", "3"], "--min"),
    "a size of 0": (["FOLDER", "--out", "OUT", "--size", "0"], "--size"),
    "a size below": (["FOLDER", "--out", "OUT", "--size=-3"], "-3"),
    "half a pixel": (["FOLDER", "--out", "OUT", "--size", "7.5"], "7.5"),
    "a size with its unit": (["FOLDER", "--out", "OUT", "--size", "32px"], "32px"),
    "a size without end": (["FOLDER", "--out", "OUT", "--size", "1" * 400], "--size"),
    "a size like a number": (["FOLDER", "--out", "OUT", "--size", "²"], "²"),
    "no minutes": (["FOLDER", "--out", "OUT", "--minutes", "0"], "--minutes"),
    "minutes of nan": (["FOLDER", "--out", "OUT", "--minutes", "nan"], "nan"),
    "minutes of inf": (["FOLDER", "--out", "OUT", "--minutes", "inf"], "inf"),
    "minutes of an hour": (["FOLDER", "--out", "OUT", "--minutes", "1h"], "1h"),
    "minutes and steps": (["FOLDER", "--out", "OUT", "--minutes", "1", "--steps", "3"], "--steps"),
    "no steps": (["FOLDER", "--out", "OUT", "--steps", "0"], "--steps"),
    "no batch": (["FOLDER", "--out", "OUT", "--batch", "0"], "--batch"),
    "nothing at once": (["FOLDER", "--out", "OUT", "--at-once", "0"], "--at-once"),
    "a seed below 0": (["FOLDER", "--out", "OUT", "--seed=-1"], "--seed"),
    "another language": (["FOLDER", "--out", "OUT", "--lang", "fr"], "fr"),
    "an empty place": (["FOLDER", "--out", ""], "''"),
    "an empty folder's name": (["", "--out", "OUT"], "''"),
    "a place among the pictures": (["FOLDER", "--out", "FOLDER/model"], "--out"),
    "the pictures' own place": (["FOLDER", "--out", "FOLDER"], "--out"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_words_that_cannot_be_are_refused_before_anything_is_read(what, pictures, tmp_path, capsys, refused):
    told, name = HOSTILE[what]
    told = [word.replace("FOLDER", str(pictures)).replace("OUT", str(tmp_path / "model")) for word in told]
    with refused(name):
        asked_for(told)
    assert run_command(told) == 2
    assert capsys.readouterr().out == "" and list(tmp_path.iterdir()) == []


def a_file(tmp_path, pictures):
    (tmp_path / "file").write_text("")
    return words(pictures, tmp_path / "file")


def below_a_file(tmp_path, pictures):
    (tmp_path / "file").write_text("")
    return words(pictures, tmp_path / "file" / "model")


def other_things(tmp_path, pictures):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "thesis.txt").write_text("")
    return words(pictures, tmp_path / "model")


def a_torn_plan(tmp_path, pictures):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "plan.json").write_text('{"steps": 3')
    return words(pictures, tmp_path / "model")


def a_plan_of_another_hand(tmp_path, pictures):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "plan.json").write_text("[]")
    return words(pictures, tmp_path / "model")


def no_folder(tmp_path, pictures):
    return words(tmp_path / "none", tmp_path / "model")


def no_pictures(tmp_path, pictures):
    (tmp_path / "empty").mkdir()
    return words(tmp_path / "empty", tmp_path / "model")


def three_pictures(tmp_path, pictures):
    (tmp_path / "three").mkdir()
    for i in range(3):
        Image.new("L", (8, 8), 80 * i).save(tmp_path / "three" / f"{i}.png")
    return words(tmp_path / "three", tmp_path / "model")


def classes_without_folders(tmp_path, pictures):
    return words(pictures / "a", tmp_path / "model", labels=True)


@pytest.mark.parametrize(
    "make, name",
    [(a_file, "file"), (below_a_file, "file"), (other_things, "plan.json"), (a_torn_plan, "plan.json")]
    + [(a_plan_of_another_hand, "plan.json"), (no_folder, "none"), (no_pictures, "empty"), (three_pictures, "3")]
    + [(classes_without_folders, "a")],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_folders_that_do_not_do_are_refused_and_left_as_they_are(make, name, tmp_path, pictures, capsys):
    told = make(tmp_path, pictures)
    before = sorted(tmp_path.rglob("*"))
    assert run_command(told) == 1
    assert name in capsys.readouterr().err and sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("more", [dict(size=4), dict(steps=STEPS + 1), dict(batch=5), dict(seed=1), dict(labels=True)])
def test_another_training_does_not_go_on_in_the_same_folder(more, straight, pictures, capsys):
    before = {path: path.stat().st_mtime_ns for path in straight.rglob("*")}
    assert run_command(words(pictures, straight, **more)) == 1
    assert str(next(iter(more.values()))) in capsys.readouterr().err
    assert before == {path: path.stat().st_mtime_ns for path in straight.rglob("*")}


def test_other_pictures_do_not_go_on_in_the_same_folder(straight, pictures, tmp_path, capsys):
    for i, image in enumerate(noise(25)):
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(tmp_path / f"{i}.png")
    assert run_command(words(tmp_path, straight)) == 1
    assert "25" in capsys.readouterr().err


def test_a_torn_checkpoint_is_passed_over(pictures, straight, tmp_path, monkeypatch, capsys):
    out, plain = tmp_path / "model", going_on.Keeper.after

    def until_eleven(self, record):
        plain(self, record)
        if record.step == 11:
            self.keep()
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(going_on.Keeper, "after", until_eleven)
    assert run_command(words(pictures, out)) == 128 + signal.SIGTERM
    monkeypatch.undo()
    last = out / "checkpoints" / checkpoints.LAST
    last.write_bytes(last.read_bytes()[:-100])
    (out / "checks.json").write_text("[{")
    assert run_command(words(pictures, out)) == 0
    assert "last.safetensors" in capsys.readouterr().out
    assert losses_in(out) == losses_in(straight)
    assert (out / "model.safetensors").read_bytes() == (straight / "model.safetensors").read_bytes()


def test_a_lone_launch_is_told_how_to_be_several(pictures, straight, monkeypatch, capsys):
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    assert run_command(words(pictures, straight)) == 0
    assert "`--multi_gpu`" in capsys.readouterr().out


def test_the_machine_is_written_down_and_another_one_is_said(pictures, straight, tmp_path, monkeypatch, capsys):
    out = tmp_path / "model"
    monkeypatch.setattr(command, "go_on", lambda run, save_every: (going_on.Keeper(run, 1).keep(), signal.SIGTERM)[1])
    run_command(words(pictures, out))
    assert json.loads((out / "plan.json").read_text())["machine"]["processes"] == 1
    state = running.fresh_state(plans.read_plan(out).network, 0)
    state.step, state.losses = 1, [0.5]
    checkpoints.save_in(out / "checkpoints", state)
    capsys.readouterr()
    run_command(words(pictures, out, at_once=2))
    told = capsys.readouterr().out
    assert "step 1" in told and "at_once None" in told and "at_once 2" in told


def test_an_asked_is_what_the_words_say(pictures, tmp_path):
    asked = asked_for([str(pictures), "--out", str(tmp_path / "a")])
    assert asked == Asked(str(pictures), tmp_path / "a") and asked.minutes == 10 and asked.steps is None
    told = words(pictures, tmp_path / "a", labels=True, compile=True, float32=True, at_once=2)
    asked = asked_for(told)
    assert (asked.steps, asked.minutes, asked.at_once) == (STEPS, None, 2)
    assert asked.labels and asked.compiled and asked.float32


@pytest.mark.parametrize("content", [None, b"", b"PK no weights", "a checkpoint"])
def test_what_is_no_network_is_refused(content, straight, tmp_path, refused):
    path = tmp_path / "model.safetensors"
    if content is not None:
        kept = straight / "checkpoints" / checkpoints.LAST
        path.write_bytes(kept.read_bytes() if content == "a checkpoint" else content)
    with refused(str(path)):
        weights.from_file(path)


def test_the_pictures_of_a_folder_can_be_shown(straight, tmp_path, refused):
    for name in ending.SEEN:
        picture = ending.picture_in(straight, name)
        assert picture.content == (straight / name).read_bytes() and picture.mime == "image/png"
    with refused("samples.png"):
        ending.picture_in(tmp_path, "samples.png")
    with refused("other.png"):
        ending.picture_in(straight, "other.png")


def test_the_nearest_of_many_is_found_in_parts(monkeypatch):
    many, samples = noise(23, 1), measuring.as_images(noise(7, 1).flip(-1))
    whole = nearest(samples, measuring.as_images(many))
    for at_once in (1, 5, 22, 23, 24):
        monkeypatch.setattr(measuring, "PIXELS", at_once * 64)
        found = measuring.nearest_among(samples, many)
        assert torch.equal(found.index, whole.index) and torch.equal(found.distance, whole.distance)
        assert measuring.nearest_among(measuring.as_images(many), many).index.tolist() == list(range(23))


def test_copies_of_any_picture_are_seen_and_doubles_are_told_from_them():
    split = found.split_of(found.FoundPictures(noise(300), None, (), ()))
    n = len(split.held_x)
    for training in (split.x[:n], split.x[n : 2 * n], split.x[-n:]):
        copies, doubles = measuring.copies_of(measuring.as_images(training), split)
        assert copies.value == 1 and doubles.value == 0
    fresh = measuring.as_images(noise(300 + n)[300:])
    assert measuring.copies_of(fresh, split)[0].value == 0
    copies, _ = measuring.copies_of(torch.cat([fresh[: n // 3], measuring.as_images(split.x[: n - n // 3])]), split)
    assert copies.value == pytest.approx(1 - n // 3 / n) and copies.error > 0
    twice = split._replace(x=torch.cat([split.x, split.held_x]))
    assert [each.value for each in measuring.copies_of(fresh, twice)] == [0, 1]


def test_distances_see_roughness_and_count_each_group_alike():
    smooth = torch.nn.functional.interpolate(noise(120, 3, 4).float(), size=32, mode="bilinear").to(torch.uint8)
    rough = smooth[:, :, torch.randperm(32, generator=torch.Generator().manual_seed(0))]  # the same pixels, rows mixed
    like = measuring.looks_of(smooth, smooth)
    sizes = [part.square().mean(0).sum() for part in (like - like.mean(0)).split([768, 720, 720], dim=1)]
    assert all(float(size) == pytest.approx(1, rel=0.2) for size in sizes)
    floor = energy_distance(like[:60], like[60:])
    assert energy_distance(measuring.looks_of(rough, smooth)[:60], like[60:]) > 2 * floor
