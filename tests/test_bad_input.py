"""Wrong input meets a short error in both languages: what was given, what was expected, what to do; nothing is broken.

错误的输入会得到两种语言的简短报错：给了什么、应当是什么、该怎么办；什么都不会弄坏。
"""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from course_utils import (
    checkpoints,
    data,
    exercises,
    files,
    forward,
    oracle,
    plots,
    reverse,
    samplers,
    schedules,
    training,
)
from course_utils.schedules import Schedule
from course_utils.unet import UNet

SCHEDULE = schedules.linear()
X = torch.zeros(3, 1, 4, 4)
SAMPLERS = [
    samplers.ddpm,
    samplers.ddim,
    samplers.euler,
    samplers.euler_ancestral,
    samplers.heun,
    samplers.dpm_solver,
]


def tiny(**config):
    torch.manual_seed(0)
    return training.start(UNet(**{"width": 8, "multipliers": (1,), **config}))


def weights(state):
    return [weight.clone() for weight in [*state.network.parameters(), *state.ema.parameters()]]


# Times


@pytest.mark.parametrize(
    "t, given",
    [
        (-1, "-1"),
        (1001, "1001"),
        (3.0, "3.0"),
        (True, "True"),
        ("5", "'5'"),
        (None, "None"),
        (torch.tensor(2.5), "2.5"),
        (torch.tensor([True, False, True]), "[True, False, True]"),
        (torch.tensor([1, 2, 1001]), "[1, 2, 1001]"),
        (torch.tensor([0, -5, 0]), "[0, -5, 0]"),
        (torch.arange(2000), "[0, 1, 2, 3, 4, 5, 6, 7]…"),
    ],
    ids=str,
)
def test_what_is_no_timestep(t, given, refused):
    everywhere = [
        lambda: SCHEDULE.check_time(t),
        lambda: forward.forward_jump(SCHEDULE, X, t),
        lambda: forward.forward_step(SCHEDULE, X, t),
        lambda: forward.x0_from_eps(SCHEDULE, X, t, X),
        lambda: reverse.reverse_step(SCHEDULE, X, t, 0, X),
        lambda: oracle.finite(SCHEDULE, X)(X, t),
    ]
    for call in everywhere:
        with refused(given, "1000"):
            call()


@pytest.mark.parametrize("t", [torch.tensor([[1], [2], [3]]), [[1, 2, 3]]], ids=["a column", "a row"])
def test_times_that_are_no_list_are_told_their_shape(t, refused):
    with refused(str(tuple(torch.as_tensor(t).shape)), "(b,)"):
        SCHEDULE.check_time(t)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: forward.forward_jump(SCHEDULE, X, t),
        lambda t: forward.forward_step(SCHEDULE, X, t),
        lambda t: forward.x0_from_eps(SCHEDULE, X, t, X),
        lambda t: forward.posterior(SCHEDULE, X, t, X),
        lambda t: reverse.reverse_step(SCHEDULE, X, t, t - 1, X),
        lambda t: oracle.finite(SCHEDULE, X)(X, t),
    ],
)
def test_times_that_are_not_as_many_as_the_samples(call, refused):
    with refused("2", "3"):
        call(torch.tensor([5, 6]))


def test_no_step_arrives_at_time_zero(refused):
    for call in (forward.forward_step, lambda *given: oracle.finite(SCHEDULE, X)(*given[1:])):
        with refused("0", "1000"):
            call(SCHEDULE, X, 0)


@pytest.mark.parametrize("t, s", [(5, 5), (5, 9), (1000, 1000), (torch.tensor([9, 5, 7]), torch.tensor([8, 5, 6]))])
def test_a_step_that_does_not_go_back(t, s, refused):
    given = [str(torch.as_tensor(time).tolist()) for time in (t, s)]
    for call in (
        lambda: reverse.reverse_step(SCHEDULE, X, t, s, X),
        lambda: forward.posterior(SCHEDULE, X, t, X, s),
    ):
        with refused(*given, "s < t"):
            call()


@pytest.mark.parametrize(
    "times, given",
    [
        ([0, 500, 1000], "[0, 500, 1000]"),
        ([1000, 500, 500, 0], "[1000, 500, 500, 0]"),
        ([1000, 500, 1], "[1000, 500, 1]"),
        ([0], "[0]"),
        ([], "[]"),
        (50, "50"),
        ([1001, 0], "1001"),
        ([5, -1], "-1"),
        ([999.5, 0], "999.5"),
        (["a", 0], "'a'"),
    ],
    ids=str,
)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_times_that_do_not_fall_to_zero_are_told_before_anything_runs(sampler, times, given, refused):
    with refused(given):
        next(sampler(SCHEDULE, lambda *_: pytest.fail("the denoiser was asked"), X, times))


@pytest.mark.parametrize("eta", [-0.1, 1.1, float("nan")])
def test_an_eta_out_of_range(eta, refused):
    with refused(str(eta), "0", "1"):
        next(samplers.ddim(SCHEDULE, lambda xt, t: xt, X, [5, 0], eta=eta))


@pytest.mark.parametrize("u, t, s", [(5, 5, 3), (3, 5, 1), (7, 5, 5), (7, 5, 6)])
def test_a_midway_guess_of_times_that_do_not_fall(u, t, s, refused):
    with refused():
        reverse.midway_guess(SCHEDULE, u, t, s, X, X)


def test_a_midway_guess_of_guesses_that_are_not_alike(refused):
    with refused(str(tuple(X.shape)), str(tuple(X[:1].shape))):
        reverse.midway_guess(SCHEDULE, 7, 5, 3, X[:1], X)


# Schedules


@pytest.mark.parametrize("T", [1, 0, -3, 10_001, 2.0, True, "1000", None])
def test_a_schedule_of_impossible_length(T, refused):
    for make in (schedules.linear, schedules.quadratic, schedules.sigmoid, schedules.cosine):
        with refused(repr(T), "10,000"):
            make(T)


@pytest.mark.parametrize("T", [0, 10_001, 2.0])
def test_a_raw_schedule_of_impossible_length(T, refused):
    with refused(repr(T)):
        schedules.raw_linear(T)


@pytest.mark.parametrize("beta", [[], [0.1, 0.0], [0.1, 1.0], [-0.1], [float("nan")], [[0.1]], 0.5])
def test_betas_that_are_no_variances(beta, refused):
    with refused(str(tuple(torch.tensor(beta).shape))):
        Schedule.from_beta(beta)


@pytest.mark.parametrize(
    "alpha_bar",
    [
        torch.tensor([1.0, 0.5]),
        torch.tensor([0.9, 0.5], dtype=torch.float64),
        torch.tensor([1.0, 0.5, 0.5], dtype=torch.float64),
        torch.tensor([1.0, 0.5, 0.0], dtype=torch.float64),
        torch.tensor([1.0, torch.nan, 0.1], dtype=torch.float64),
        torch.tensor([1.0], dtype=torch.float64),
        torch.tensor([[1.0, 0.5]], dtype=torch.float64),
    ],
    ids=str,
)
def test_an_alpha_bar_that_does_not_fall_from_1(alpha_bar, refused):
    with refused(str(alpha_bar.dtype), str(tuple(alpha_bar.shape)), "from_beta"):
        Schedule(alpha_bar)


@pytest.mark.parametrize("alpha_bar", [[1.0, 0.5], (1.0,), None, 0.5], ids=repr)
def test_an_alpha_bar_that_is_no_tensor(alpha_bar, refused):
    with refused(type(alpha_bar).__name__, "from_beta"):
        Schedule(alpha_bar)


# Images and noise


@pytest.mark.parametrize(
    "x, given",
    [
        (torch.zeros(2, 1, 4, 4, dtype=torch.uint8), "torch.uint8"),
        (torch.zeros(2, 3, dtype=torch.int64), "torch.int64"),
        (torch.zeros(0, 3), "(0, 3)"),
        (torch.tensor(0.5), "()"),
        (np.zeros((2, 3)), "ndarray"),
        ([0.5], "list"),
    ],
    ids=lambda x: str(getattr(x, "shape", x)),
)
@pytest.mark.parametrize("move", [forward.forward_jump, forward.forward_step])
def test_what_cannot_be_noised(move, x, given, refused):
    with refused(given, "[-1, 1]"):
        move(SCHEDULE, x, 5)


@pytest.mark.parametrize("eps", [torch.zeros(1, 1, 4, 4), torch.zeros(3), torch.zeros(3, 1, 4, 4, dtype=torch.float64)])
@pytest.mark.parametrize("move", [forward.forward_jump, forward.forward_step])
def test_noise_that_is_not_like_the_images(move, eps, refused):
    with refused(str(tuple(eps.shape)), str(eps.dtype), str(tuple(X.shape)), "randn_like"):
        move(SCHEDULE, X, 5, eps)


@pytest.mark.parametrize(
    "x, given",
    [
        (torch.zeros(4, 1, 8, 8, dtype=torch.int32), "torch.int32"),
        (torch.rand(4, 1, 8, 8) * 255, "127.5"),
        (torch.full((4, 1, 8, 8), 1.5), "1.5"),
        (torch.full((4, 1, 8, 8), torch.nan), "nan"),
        (torch.zeros(0, 1, 8, 8), "(0, 1, 8, 8)"),
        (torch.zeros(0, 2), "(0, 2)"),
    ],
    ids=lambda x: str(getattr(x, "shape", x)),
)
def test_what_cannot_be_trained_on(x, given, refused):
    state = tiny()
    before = weights(state)
    with refused(given):
        next(training.train(state, SCHEDULE, x, steps=1))
    assert state.step == 0 and all(a.equal(b) for a, b in zip(before, weights(state), strict=True))


@pytest.mark.parametrize("n", [0, 3, 5])
def test_labels_that_are_not_as_many_as_the_images(n, refused):
    with refused(str(n), "4"):
        next(training.train(tiny(classes=3), SCHEDULE, torch.zeros(4, 1, 8, 8), 1, labels=torch.zeros(n).long()))


def test_check_images_wants_a_batch(refused):
    for x, given in ((torch.zeros(8, 8), "(8, 8)"), (None, "None"), ([1], "list")):
        with refused(given):
            data.check_images(x)


@pytest.mark.parametrize("shape", [(2, 1, 4, 4), (2, 4, 4), (1, 4, 4, 4), (4, 4), (4,)])
def test_what_is_not_one_picture(shape, refused):
    with refused(str(shape)):
        data.to_pil(torch.zeros(shape))


def test_data_that_are_not_there(refused):
    for size in (7, 0, -8):
        with refused(str(size), "16", "32"):
            data.digits(size)
    for size in (7, 428):
        with refused(str(size), "427"):
            data.photograph("palace", size)
    with refused("'temple'", '"flower"'):
        data.photograph("temple", 64)
    with refused("'valid'", '"train"'):
        data.fashion_mnist("valid")


@pytest.mark.parametrize("place", ["", "no/such/folder"])
def test_a_data_folder_without_data(tmp_path, monkeypatch, place, refused):
    monkeypatch.setenv("DIFFUSION_COURSE_DATA", str(tmp_path / place))
    with refused(str(tmp_path / place), "DIFFUSION_COURSE_DATA", "parquet"):
        data.fashion_mnist()


@pytest.mark.parametrize("fault", ["half a file", "other columns", "no such split"])
def test_a_data_folder_with_other_data(tmp_path, monkeypatch, fault, refused):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setenv("DIFFUSION_COURSE_DATA", str(tmp_path))
    path = tmp_path / "train-00000-of-00001.parquet"
    datasets.Dataset.from_dict({"text": ["a", "b"]}).to_parquet(path)
    if fault == "half a file":
        path.write_bytes(path.read_bytes()[:100])
    with refused(str(tmp_path), "image", "label", "parquet"):
        data.fashion_mnist("test" if fault == "no such split" else "train")


def test_a_gif_without_frames(refused):
    with refused("GIF"):
        plots.gif([])


# Networks and oracles


@pytest.mark.parametrize("width", [0, 4, 12, -8])
def test_a_width_that_groups_cannot_divide(width, refused):
    with refused(str(width), "8"):
        UNet(width=width)


@pytest.mark.parametrize("shape", [(2, 3, 8, 8), (2, 8, 8), (8, 8), (2, 1, 1, 8, 8)])
def test_images_of_other_channels(shape, refused):
    with refused(str(shape), "(b, 1, h, w)"):
        UNet(width=8)(torch.zeros(shape), torch.tensor(0.0))


@pytest.mark.parametrize(
    "classes, labels, given",
    [
        (3, None, "None"),
        (0, torch.tensor([0, 1]), "[0, 1]"),
        (3, torch.tensor([0, 4]), "[0, 4]"),
        (3, torch.tensor([-1, 0]), "[-1, 0]"),
        (3, torch.tensor([0]), "[0]"),
        (3, torch.tensor([0.0, 1.0]), "float32"),
    ],
)
def test_labels_that_do_not_fit_the_network(classes, labels, given, refused):
    network = UNet(width=8, multipliers=(1,), classes=classes)
    with refused(given, "UNet(classes=...)" if classes == 0 else str(classes)):
        network(torch.zeros(2, 1, 8, 8), torch.tensor(0.0), labels)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_mixture_with_a_mean_that_is_no_number(value, refused):
    with refused("(2, 2)"):
        oracle.finite(SCHEDULE, torch.tensor([[0.0, value], [1.0, 1.0]]))


@pytest.mark.parametrize(
    "means, stds, weights",
    [
        (torch.zeros(0, 2), torch.zeros(0), None),
        (torch.zeros(3, 2), torch.zeros(2), None),
        (torch.zeros(3, 2), torch.tensor([0.1, -0.1, 0.1]), None),
        (torch.zeros(3, 2), torch.zeros(3), torch.ones(2)),
        (torch.zeros(3, 2), torch.zeros(3), torch.tensor([1.0, 0.0, 1.0])),
        (torch.zeros(3), torch.zeros(3), None),
    ],
)
def test_a_mixture_that_is_none(means, stds, weights, refused):
    with refused(str(tuple(means.shape)), str(tuple(stds.shape))):
        oracle.mixture(SCHEDULE, means, stds, weights)


def test_an_empty_data_set_and_an_x_of_another_shape(refused):
    with refused("(0, 2)"):
        oracle.finite(SCHEDULE, torch.zeros(0, 2))
    with refused("(1, 8, 8)", "(1, 4, 4)"):
        oracle.finite(SCHEDULE, X)(torch.zeros(2, 1, 8, 8), 5)


# Files


@pytest.fixture
def kept(tmp_path):
    """A checkpoint, its bytes, a state it has not been read into, and an assertion that this state is untouched."""
    state = tiny()
    list(training.train(state, SCHEDULE, torch.zeros(4, 1, 8, 8), steps=2, batch=2))
    path = checkpoints.save(tmp_path / "kept.safetensors", state)
    other = tiny()
    before = weights(other), other.generator.get_state()

    def untouched():
        same = all(a.equal(b) for a, b in zip(before[0], weights(other), strict=True))
        return same and other.generator.get_state().equal(before[1]) and other.step == 0 and not other.optimizer.state

    return path, path.read_bytes(), other, untouched


def test_a_checkpoint_that_is_not_there(kept, refused):
    path, _, state, untouched = kept
    for missing in (path.with_name("gone"), path / "below", path.parent / "no" / "folder"):
        with refused(str(missing), "checkpoints.save"):
            checkpoints.load(missing, state)
    assert untouched()


@pytest.mark.parametrize("share", [0, 1e-5, 1e-4, 1e-3, 0.05, 0.5, 0.99, 1 - 1e-9])
def test_a_checkpoint_cut_short(kept, share, refused):
    path, content, state, untouched = kept
    path.write_bytes(content[: int(share * len(content))])
    with refused(str(path)):
        checkpoints.load(path, state)
    assert untouched()


@pytest.mark.parametrize("content", [b"hello", b"\x89PNG\r\n\x1a\n" + bytes(200), b"{}" * 500, bytes(64)])
def test_another_kind_of_file(kept, content, refused):
    path, _, state, untouched = kept
    path.write_bytes(content)
    with refused(str(path)):
        checkpoints.load(path, state)
    assert untouched()


def test_a_folder_for_a_checkpoint(kept, refused):
    path, _, state, untouched = kept
    with refused(str(path.parent)):
        checkpoints.load(path.parent, state)
    assert untouched()


@pytest.mark.parametrize(
    "config", [{"width": 16}, {"classes": 3}, {"channels": 3}, {"multipliers": (1, 2)}], ids=lambda config: str(config)
)
def test_a_checkpoint_of_another_network(kept, tmp_path, config, refused):
    _, _, state, untouched = kept
    path = checkpoints.save(tmp_path / "other.safetensors", tiny(**config))
    (name,) = config
    with refused(str(path), f'"{name}": '):
        checkpoints.load(path, state)
    assert untouched()
    labelled = tiny(**config)
    before = weights(labelled)
    with refused(str(kept[0])):
        checkpoints.load(kept[0], labelled)
    assert all(a.equal(b) for a, b in zip(before, weights(labelled), strict=True))


def test_tensors_that_are_no_checkpoint(kept, tmp_path, refused):
    _, _, state, untouched = kept
    save_file({"a": torch.zeros(2)}, tmp_path / "tensors.safetensors")
    with refused("tensors.safetensors"):
        checkpoints.load(tmp_path / "tensors.safetensors", state)
    assert untouched()


@pytest.mark.parametrize("place", ["no/such/folder/a", "kept.safetensors/a", "."])
def test_a_place_that_cannot_be_written(kept, place, refused):
    path, content, state, _ = kept
    target = path.parent / place
    for write in (lambda: checkpoints.save(target, state), lambda: plots.grid(X).save(target)):
        with refused(str(target)):
            write()
    assert [file.name for file in path.parent.rglob("*")] == ["kept.safetensors"] and path.read_bytes() == content


def full_disk(self, content):
    with self.open("wb") as file:
        file.write(content[: len(content) // 2])
    raise OSError(28, "No space left on device")


def no_rename(*_):
    raise OSError(13, "Permission denied")


@pytest.mark.parametrize(
    "where, name, broken, said",
    [(files.Path, "write_bytes", full_disk, "No space left"), (files.os, "replace", no_rename, "Permission denied")],
)
def test_a_write_that_breaks_off_leaves_the_older_file(kept, monkeypatch, where, name, broken, said, refused):
    path, content, state, _ = kept
    monkeypatch.setattr(where, name, broken)
    with refused(str(path), said):
        checkpoints.save(path, state)
    assert list(path.parent.iterdir()) == [path] and path.read_bytes() == content


# Exercises


@pytest.mark.parametrize("unknown", ["00.fly", "99.jump", "jump", "", "00.", "0/../x.jump"])
def test_an_unknown_exercise(unknown, refused):
    for call in (lambda name: exercises.check(name, ...), exercises.hint, exercises.solution):
        with refused(unknown[:2]) as caught:
            call(unknown)
        near = all("00.jump" in text for text in (caught.value.en, caught.value.zh))
        listed = all("07" in text for text in (caught.value.en, caught.value.zh))
        assert near or listed


@pytest.mark.parametrize("grade", [0, 4, -1, "1", None])
def test_a_hint_of_no_grade(grade, refused):
    with refused(repr(grade), "1", "3"):
        exercises.hint("00.jump", grade)


# Shapes that would be broadcast without a word

CONVERSIONS = [
    *(getattr(forward, name) for name in ("x0_from_eps", "eps_from_x0", "v_from_eps", "eps_from_v")),
    *(getattr(forward, name) for name in ("x0_from_v", "score_from_eps", "eps_from_score")),
]


@pytest.mark.parametrize("convert", CONVERSIONS, ids=lambda function: function.__name__)
@pytest.mark.parametrize("shape", [(1, 1, 4, 4), (3,), (3, 1, 1, 1), ()])
def test_a_quantity_of_another_shape(convert, shape, refused):
    with refused(str(shape), "(3, 1, 4, 4)"):
        convert(SCHEDULE, X, 5, torch.zeros(shape))


def test_an_answer_of_another_shape(refused):
    with refused("(1, 1, 4, 4)"):
        forward.posterior(SCHEDULE, X, 5, X[:1])
    with refused("(1, 1, 4, 4)"):
        reverse.reverse_step(SCHEDULE, X, 5, 4, X[:1])
    with refused("(3,)"):
        samplers.finish(samplers.ddpm(SCHEDULE, lambda xt, t: xt[:, 0, 0, 0], X, [5, 0]))
