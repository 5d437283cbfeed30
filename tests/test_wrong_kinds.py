"""Arguments of the wrong kind, one at a time: refused in both languages, or as good as the right ones.

逐个给出种类不对的参数：要么用两种语言拒绝，要么与正确的参数一样好用。
"""

import warnings

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from course_utils import (
    checkpoints,
    data,
    denoisers,
    exercises,
    files,
    forward,
    gates,
    language,
    objectives,
    oracle,
    plots,
    points,
    quizzes,
    reverse,
    schedules,
    training,
    weights,
    widgets,
)
from course_utils.data import pixels
from course_utils.unet import UNet

S = schedules.linear(20)
X = torch.linspace(-0.9, 0.9, 3 * 64).reshape(3, 1, 8, 8)
NETWORK = UNet(width=8, multipliers=(1,), classes=3).eval()
LABELS = torch.tensor([0, 1, 2])
META, FLOAT8 = torch.empty(3, 1, 8, 8, device="meta"), X.to(torch.float8_e4m3fn)
STEPS = [
    reverse.reverse_step,
    reverse.ddim_step,
    reverse.euler_step,
    reverse.euler_ancestral_step,
    lambda schedule, xt, t, s, x0: forward.posterior(schedule, xt, t, x0, s),
]


# Numbers that Python, numpy or torch write in another way.


@pytest.mark.parametrize("value", [2**63, 2**64, 10**400, 10**5000], ids=["2^63", "2^64", "10^400", "10^5000"])
def test_a_number_beyond_what_torch_counts_with(value, refused):
    for call in (
        lambda: gates.check_whole("n", value, 1),
        lambda: gates.check_wholes("n", [value], 1),
        lambda: gates.check_number("n", value, 0, 1),
        lambda: points.moons(value),
        lambda: schedules.linear(value),
        lambda: UNet(width=8 * value),
        lambda: S.check_time(value),
        lambda: points.from_list([(value, 0)]),
    ):
        with refused():
            call()


def test_the_largest_number_that_torch_counts_with():
    assert gates.check_whole("n", 2**63 - 1, 1) == 2**63 - 1


def test_a_number_with_a_gradient_is_taken_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gates.check_number("eta", nn.Parameter(torch.tensor(0.5)), 0, 1) == 0.5


@pytest.mark.parametrize("whole", [np.int64(2), np.uint8(2), np.array(2), torch.tensor(2)])
def test_whole_numbers_of_every_library_count(whole):
    asked = objectives.held_out(S, NETWORK, X, LABELS, batch=whole).errors
    assert asked.equal(objectives.held_out(S, NETWORK, X, LABELS, batch=2).errors)
    assert len(objectives.by_level(torch.tensor([0.3, 0.9]), torch.tensor([1.0, 2.0]), parts=whole)) == 2
    assert data.resize(X, whole).equal(data.resize(X, 2))
    assert data.photograph("palace", 8 * whole).equal(data.photograph("palace", 16))


def test_what_python_does_not_write_out_is_said_by_its_kind(refused):
    class Odd:
        def __repr__(self):
            raise RuntimeError("no words")

    with refused("Odd"):
        gates.check_whole("n", Odd(), 1)


# Tensors with which nothing can be computed.


@pytest.mark.parametrize("t", [torch.tensor([3, 7, 9]).to_sparse(), torch.empty(3, dtype=torch.long, device="meta")])
def test_times_and_labels_without_numbers(t, refused):
    with refused("(3,)", "20"):
        forward.forward_jump(S, X, t)
    with refused("(3,)"):
        NETWORK(X, torch.zeros(3), t)


@pytest.mark.parametrize("log_snr", [torch.zeros(3).to_sparse(), torch.empty(3, device="meta")])
def test_a_log_snr_without_numbers(log_snr, refused):
    with refused("(3,)"):
        NETWORK(X, log_snr, LABELS)


@pytest.mark.parametrize("x", [FLOAT8, META, X.to_sparse()], ids=["float8", "meta", "sparse"])
def test_images_without_numbers_to_compute_with(x, refused):
    for call in (
        lambda: forward.forward_jump(S, x, 5),
        lambda: forward.x0_from_eps(S, X, 5, x),
        lambda: reverse.ddim_step(S, x, 5, 3, X),
        lambda: gates.check_images(x),
        lambda: data.to_bytes(x),
        lambda: data.to_pil(x),
        lambda: plots.grid(x),
        lambda: plots.strip(x, [1, 2, 3]),
        lambda: oracle.finite(S, x),
    ):
        with refused():
            call()


def test_a_schedule_without_numbers(refused):
    for alpha_bar in (S.alpha_bar.to_sparse(), S.alpha_bar.to("meta")):
        with refused("from_beta"):
            schedules.Schedule(alpha_bar)
        with refused():
            schedules.Schedule.from_beta(alpha_bar)


# Steps.


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("t, s", [([3, 7], [1, 0, 5]), ([3, 7, 9, 11], [1, 0, 5]), ([3, 7, 9], [1, 0]), ([3, 7], [1])])
def test_times_t_and_s_that_are_not_as_many(step, t, s, refused):
    with refused(str(len(t)), str(len(s))):
        step(S, X, torch.tensor(t), torch.tensor(s), X)


@pytest.mark.parametrize("sigma", [reverse.sigma_posterior, reverse.sigma_beta, reverse.sigma_between(0.5)])
def test_a_variance_is_asked_for_with_numbers_or_tensors_and_checks_them(sigma, refused):
    one = sigma(S, torch.tensor(7), torch.tensor(3))
    assert sigma(S, 7, 3).equal(one) and sigma(S, np.int64(7), [3])[0].equal(one)
    several = sigma(S, torch.tensor([7, 9]), torch.tensor([3, 1]))
    assert several.equal(torch.stack([one, sigma(S, 9, 1)]))
    for t, s, given in ((3, 7, "3"), (5, 5, "5"), (-1, 3, "-1"), (5, -3, "-3"), (21, 3, "21"), (2.0, 1, "2.0")):
        with refused(given):
            sigma(S, t, s)
    with refused("Schedule"):
        sigma(5, 7, 3)


def test_a_midway_guess_for_several_times_is_that_of_each():
    u, t, s = torch.tensor([19, 15, 5]), torch.tensor([12, 9, 2]), torch.tensor([7, 3, 0])
    found = reverse.midway_guess(S, u, t, s, X, X / 2)
    each = [
        reverse.midway_guess(S, *map(int, at), X[i : i + 1], X[i : i + 1] / 2)
        for i, at in enumerate(zip(u, t, s, strict=True))
    ]
    assert found.equal(torch.cat(each)) and found[2].equal(X[2] / 2)


@pytest.mark.parametrize("given", [None, [0.5], X.numpy(), X > 0, "eps"])
def test_a_score_of_what_is_no_tensor(given, refused):
    for convert in (forward.score_from_eps, forward.eps_from_score):
        with refused("(3, 1, 8, 8)"):
            convert(S, X, 5, given)


@pytest.mark.parametrize(
    "given", [torch.zeros(7, 7, 7), torch.zeros(3, 1, 8, 8), torch.zeros((), dtype=torch.complex64)]
)
def test_a_sigma_that_gives_tensors_is_told_in_few_words(given, refused):
    with refused(str(tuple(given.shape))):
        reverse.reverse_step(S, X, 5, 3, X, sigma=lambda *_: given)


# Denoisers and measures.


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_dynamic_threshold_in_every_precision(dtype):
    guess = denoisers.thresholded(lambda xt, t: 3 * xt, share=0.9)
    found = guess(X.to(dtype), 5)
    assert found.dtype == dtype and torch.allclose(found.double(), guess(X.double(), 5), atol=0.02)
    assert guess(X.flatten(), 5).abs().max() == 1


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_images_in_half_precision_are_resized(dtype):
    found = data.resize(X.to(dtype), 4)
    assert found.dtype == dtype and torch.allclose(found.float(), data.resize(X, 4), atol=0.01)


@pytest.mark.parametrize("network", [None, "digits", NETWORK.state_dict(), X])
def test_a_prediction_by_what_is_no_network(network, refused):
    for predict in (denoisers.predict_x0, denoisers.predict_eps):
        with refused("network"):
            predict(S, network, X, 5)


@pytest.mark.parametrize(
    "error",
    [lambda a, b: 1, lambda a, b: a.mean(), lambda a, b: (a, b), lambda a, b: None, lambda a, b: (a - b).sum(0)],
)
def test_an_error_that_is_not_one_number_for_each_pixel(error, refused):
    with refused("(2, 1, 8, 8)"):
        objectives.held_out(S, NETWORK, X[:2], LABELS[:2], error=error)


def test_a_network_without_weights_is_measured_as_well():
    class Silent(nn.Module):
        def forward(self, xt, log_snr):
            return torch.zeros_like(xt)

    assert 0.5 < objectives.held_out(S, Silent(), X.repeat(20, 1, 1, 1)).errors.mean() < 1.5


@pytest.mark.parametrize(
    "level", [torch.tensor([True, True]), torch.ones(2).to_sparse(), torch.ones(2).cfloat(), [1.0, 1]]
)
def test_levels_that_are_no_shares(level, refused):
    with refused("t / T"):
        objectives.by_level(level, torch.ones(2))


@pytest.mark.parametrize("generator", [0, "0", np.random.default_rng(0), True])
def test_times_spread_by_what_is_no_generator(generator, refused):
    with refused("generator"):
        objectives.spread_times(20, 5, generator=generator)


def test_data_with_gradients_are_trained_on_and_left_alone():
    def losses(x0, **how):
        torch.manual_seed(0)
        state = training.start(UNet(width=8, multipliers=(1,)))
        return [record.loss for record in training.train(state, S, x0, 2, batch=2, **how)]

    leaf = X.clone().requires_grad_()
    for how in ({}, {"at_once": 1}):
        assert losses(leaf, **how) == losses(leaf * 1, **how) == losses(X, **how)
    assert leaf.grad is None


@pytest.mark.parametrize("kind", [np.array, torch.tensor, np.float32])
def test_settings_of_a_training_are_numbers_of_every_library(kind):
    whole = kind if kind is not np.float32 else np.int32
    state = training.start(UNet(width=8, multipliers=(1,), classes=3))
    how = {"batch": whole(2), "labels": LABELS, "unlabelled": kind(0.5), "ema_decay": kind(0.9)}
    assert len(list(training.train(state, S, X, whole(2), **how))) == 2


# Bytes, pictures and names.


@pytest.mark.parametrize("x", [[0.5], X.numpy(), (X + 1).byte(), X.cfloat(), None, torch.full((2, 2), torch.nan)])
def test_what_cannot_be_made_into_bytes(x, refused):
    with refused():
        data.to_bytes(x)


def test_a_bytes_scale_holds_what_is_infinite():
    assert data.to_bytes(torch.tensor([-torch.inf, -1.0, 1.0, torch.inf])).tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_what_is_drawn_may_be_in_half_precision(dtype):
    cloud = points.moons(9).to(dtype).requires_grad_()
    assert plots.plane({"a": [cloud]}).content and plots.heat({"a": cloud[:, 0]}, cloud, 1.0).content
    assert plots.curves({"a": {"b": cloud[:, 0]}}).content and plots.histograms({"a": cloud}).content


def test_a_number_without_end_cannot_be_drawn(refused):
    with refused("b"):
        plots.curves({"a": {"b": [10**400]}})


@pytest.mark.parametrize("key", [0, None, ("a", 1), 0.5])
def test_names_that_are_no_words(key, refused):
    for draw in (plots.grids, plots.rows):
        with refused("named"):
            draw({key: X})
    with refused("named"):
        plots.histograms({key: [0.1, 0.2]})


@pytest.mark.parametrize("name", ["a" * 5000, X, 10**400])
def test_a_name_that_is_long_is_told_in_few_words(name, refused):
    for call in (weights.pretrained, data.photograph):
        with refused():
            call(name)


# Pixels, files, states of a training.


@pytest.mark.parametrize("mode", ["La", "RGBa", "LA", "PA", "RGBA"])
def test_what_shows_through_is_white_in_every_mode(mode):
    image = Image.new("LA", (4, 3), (0, 0)) if mode == "La" else Image.new("RGBA", (4, 3), (0, 0, 0, 0))
    image.putpixel((1, 2), (0, 255) if mode == "La" else (0, 0, 0, 255))
    x = data.from_pil(image.convert("P").convert(mode) if mode == "PA" else image.convert(mode))
    assert x.shape == (1, 3, 3, 4) and (mode == "PA" or (x[0, :, 2, 1] == -1).all()) and x[0, :, 0, 0].eq(1).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "I", "I;16", "I;16B"])
def test_a_picture_of_every_other_mode_is_read(mode):
    x = data.from_pil(Image.new(mode, (4, 3)))
    assert x.shape[2:] == (3, 4) and x.isfinite().all() and x.abs().max() <= 1


def test_a_picture_of_floats_is_refused(refused):
    with refused():
        data.from_pil(Image.new("F", (4, 3)))


@pytest.mark.parametrize("x", [None, 3, "x", [1.0], X.numpy()])
def test_pixels_that_are_no_tensor(x, refused):
    for call in (
        lambda: pixels.are_bytes(x),
        lambda: pixels.ready_for(x, X),
        lambda: pixels.ready_for(X, x),
        lambda: pixels.in_colour(x if not isinstance(x, np.ndarray) else x[None]),
    ):
        with refused():
            call()


def test_pixels_that_are_right():
    assert pixels.are_bytes(255 * X.abs()) and not pixels.are_bytes(X) and not pixels.are_bytes(X[:0])
    assert pixels.in_colour(np.zeros((2, 3))).shape == (2, 3, 3)
    assert pixels.ready_for((X * 0).byte(), X).equal(X * 0 - 1)


@pytest.mark.parametrize("content", [None, "words", 3, [1, 2], X])
def test_a_file_of_what_are_no_bytes(content, tmp_path, refused):
    with refused("content"):
        files.write_whole(tmp_path / "file", content)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("order", [[2, 0, 1], None, torch.tensor([1.0]), torch.tensor(3)])
def test_a_checkpoint_of_an_order_that_is_none(order, tmp_path, refused):
    state = training.start(NETWORK)
    state.order = order
    with refused("state.order"):
        checkpoints.save(tmp_path / "file.safetensors", state)
    assert not list(tmp_path.iterdir())


# The page: ids, grades, seeds, words.


@pytest.mark.parametrize("wrong", [" 00.half", "00.half ", "00.HALF", "0.half", "00.half.x"])
def test_an_id_with_blanks_or_capitals_is_nearly_one(wrong, refused):
    with refused(repr(wrong), "00.half"):
        quizzes.predict(wrong)


def test_a_question_is_no_exercise(refused):
    for call in (exercises.hint, exercises.solution, lambda name: exercises.check(name, 1)):
        with refused("00.half", "predict"):
            call("00.half")
    for call in (quizzes.predict, lambda name: quizzes.reveal(name, "a")):
        with refused("00.jump", "check"):
            call("00.jump")


@pytest.mark.parametrize("grade", [0, 4, 1.0, True, None, "1", [1], X])
def test_a_grade_that_is_none(grade, refused):
    with refused("3"):
        exercises.hint("00.jump", grade)


@pytest.mark.parametrize("seed", [1.0, True, -1, "1", 2**63, [1]])
def test_a_seed_that_is_none(seed, refused):
    with refused("seed"):
        exercises.check("00.jump", None, seed=seed)


@pytest.mark.parametrize("thing", [None, 3, "forward_jump", len, int, torch.zeros, X])
def test_what_has_no_code_to_be_shown(thing, refused):
    with refused("show_source"):
        exercises.show_source(thing)


@pytest.mark.parametrize("text", [None, 3, ["a"], b"a", X])
def test_what_is_said_is_text(text, refused):
    for call in (
        lambda: language.say(text, "完成。"),
        lambda: language.say("Done.", text),
        lambda: language.show(text),
        lambda: language.show({"en": "a", "zh": text, "both": "a"}),
        lambda: language.say_in_lines(text),
        lambda: language.say_in_lines([("a", text)]),
        lambda: language.set_language(text),
        lambda: language.paragraphs("a", "b", "EN"),
        lambda: quizzes.subscripted(text),
    ):
        with refused():
            call()


# Controls.


@pytest.mark.parametrize(
    "call",
    [
        lambda: widgets.slider(None, 0, 10, 3),
        lambda: widgets.slider("t", "0", 10, 3),
        lambda: widgets.slider("t", 10, 0, 3),
        lambda: widgets.choice(3, ["a"]),
        lambda: widgets.choice("a", None),
        lambda: widgets.choice("a", []),
        lambda: widgets.choice("a", "bc"),
        lambda: widgets.choice("a", [1, 2]),
        lambda: widgets.Panel(None, lambda: plots.grid(X), 300),
        lambda: widgets.Panel([], plots.grid(X), 300),
        lambda: widgets.Panel([], lambda: plots.grid(X), None),
    ],
)
def test_controls_of_what_are_none(call, refused):
    with refused():
        call()
