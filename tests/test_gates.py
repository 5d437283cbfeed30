"""Each kind of input has one gate: what belongs passes unchanged, all else is told what it was and what to do.

每类输入一个关口：合格的原样通过，其余的得到说明。
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from course_utils import gates, schedules
from course_utils.files import write_whole
from course_utils.randomness import seeded

X = torch.zeros(4, 1, 8, 8)
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("value", [5, np.int64(5), np.uint8(5), torch.tensor(5), torch.tensor(5, dtype=torch.uint8)])
def test_whole_numbers_of_every_library_pass_as_ints(value):
    found = gates.check_whole("n", value, 1, 10)
    assert found == 5 and type(found) is int


@pytest.mark.parametrize(
    "value",
    [0, 11, -5, 5.0, "5", None, True, [5], NAN, 5j, np.True_, np.float64(5), np.array([5]), torch.tensor([5])]
    + [torch.tensor(True), torch.tensor(5.0), b"5", Path("5")],
    ids=repr,
)
def test_what_is_no_whole_number(value, refused):
    with refused("n ", "1", "10"):
        gates.check_whole("n", value, 1, 10)


def test_a_whole_number_without_an_upper_end(refused):
    assert gates.check_whole("n", 10**12, 1) == 10**12
    with refused("n ", "0", "1"):
        gates.check_whole("n", 0, 1)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.5), np.int64(1), torch.tensor(0.5), torch.tensor(1)])
def test_numbers_pass_as_floats(value):
    assert type(gates.check_number("eta", value, 0, 1)) is float


@pytest.mark.parametrize(
    "value",
    [-0.1, 1.1, NAN, INF, "0.5", None, True, [0.5], 0.5j, np.array([0.5]), torch.tensor([0.5]), torch.tensor(NAN)],
)
def test_what_is_no_number(value, refused):
    with refused("eta ", "0", "1"):
        gates.check_number("eta", value, 0, 1)


@pytest.mark.parametrize(
    "values", [5, None, "12", b"12", {1: 2}, [], [1, "2"], [1, NAN], torch.tensor(1.0), [[1], [2]]]
)
def test_what_is_no_list_of_numbers(values, refused):
    for check in (gates.check_numbers, lambda name, values: gates.check_wholes(name, values, 1)):
        with refused("sizes ", repr(values)):
            check("sizes", values)


@pytest.mark.parametrize("value", [INF, -INF, NAN])
def test_a_number_without_bounds_is_finite_all_the_same(value, refused):
    assert gates.check_number("x", -1e300) == -1e300
    for bounds in ((), (0,)):
        with refused("x ", repr(value)):
            gates.check_number("x", value, *bounds)


def test_lists_of_numbers_pass_as_lists():
    for form in (list, tuple, np.array, torch.tensor):
        assert gates.check_wholes("sizes", form([1, 2]), 1) == gates.check_numbers("x", form([1, 2])) == [1, 2]


def test_images_points_and_samples_pass_as_they_are():
    for check, x in ((gates.check_images, X), (gates.check_images, X + 1.0005)):
        assert check(x) is x
    cloud = torch.full((3, 2), 7.0)
    assert gates.check_points("cloud", cloud) is cloud and gates.check_samples("x", cloud) is cloud


@pytest.mark.parametrize("sign", [1, -1])
def test_images_may_reach_beyond_their_ends_by_rounding_alone(sign, refused):
    assert gates.check_images(X + 1.0009 * sign).abs().max() > 1
    with refused("1"):
        gates.check_images(X + 1.0015 * sign)


def test_a_mask_holds_as_many_as_are_needed(refused):
    mask = torch.tensor([True, False, True])
    assert gates.check_mask(mask, least=2) is mask and not gates.check_mask(mask & False).any()
    with refused("mask"):
        gates.check_mask(mask, least=3)


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_a_single_value_that_is_not_finite_is_seen(bad, refused):
    for shape, check in (((3, 2), gates.check_points), ((2, 1, 4, 4), gates.check_samples)):
        x = torch.zeros(shape)
        x.view(-1)[-1] = bad
        with refused("cloud", "nan"):
            check("cloud", x)
    x = X.clone()
    x[-1, -1, -1, -1] = bad
    with refused(f"{bad:g}"):
        gates.check_images(x)
    for pair in ((X, x), (x, X)):
        with refused("256"):
            gates.check_alike(*pair)


@pytest.mark.parametrize("x", [None, [[0.0, 0.0]], np.zeros((3, 2)), torch.zeros(3, 2).int(), torch.zeros(0, 2), X])
def test_what_is_no_cloud_of_points(x, refused):
    with refused("cloud", "(n, 2)"):
        gates.check_points("cloud", x)


@pytest.mark.parametrize("given", [X[:1], X[:, 0], torch.tensor(0.0), X.int(), X.numpy(), None, 0.0, X[..., :1]])
def test_what_does_not_go_with_x(given, refused):
    with refused("(4, 1, 8, 8)"):
        gates.check_alike(X, given)


@pytest.mark.parametrize("x", [X.int(), X.numpy(), None, 0.5])
def test_an_x_that_is_none(x, refused):
    with refused("[-1, 1]"):
        gates.check_alike(x, x)


def test_log_snr_passes_for_one_and_for_all():
    for log_snr in (torch.tensor(2.0), torch.full((4,), 2.0), torch.full((4,), 2.0, dtype=torch.float64)):
        assert gates.check_log_snr(X, log_snr).equal(torch.full((4,), 2.0))
    for schedule in (schedules.linear(), schedules.rescaled(schedules.raw_linear(200), 1e-9)):
        for t in (0, 1, schedule.T):  # at 0 it is infinite
            assert gates.check_log_snr(X.double(), schedule.log_snr[t]).dtype == torch.float64


@pytest.mark.parametrize(
    "log_snr",
    [500, 2.0, None, torch.tensor(500), torch.full((4,), 500), torch.full((4,), 500.0), torch.tensor(999.0)]
    + [torch.zeros(4, 1), torch.zeros(1), torch.zeros(3), torch.tensor(NAN), torch.tensor([0.0, 0.0, 0.0, NAN])],
    ids=str,
)
def test_a_step_number_is_no_log_snr(log_snr, refused):
    with refused("schedule.log_snr[t]", "from_network", "4"):
        gates.check_log_snr(X, log_snr)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.int64])
def test_labels_of_every_whole_type_pass_as_int64(dtype):
    labels = gates.check_labels(torch.tensor([0, 9, 3], dtype=dtype), 3, 9)
    assert labels.tolist() == [0, 9, 3] and labels.dtype == torch.int64


@pytest.mark.parametrize(
    "labels",
    [
        [0, 1, 2],
        None,
        np.arange(3),
        torch.arange(3.0),
        torch.tensor([True] * 3),
        torch.arange(2),
        torch.arange(3)[:, None],
    ]
    + [torch.tensor(3), torch.tensor([0, 1, 10]), torch.tensor([0, -1, 2])],
    ids=str,
)
def test_what_is_no_label(labels, refused):
    with refused("3", "9"):
        gates.check_labels(labels, 3, 9)


def test_a_network_is_given_its_own_type(refused):
    assert gates.check_ready(X, torch.zeros(1)) is X
    for x in (X.double(), X.half(), X.byte()):
        with refused(str(x.dtype), "torch.float32"):
            gates.check_ready(x, torch.zeros(1))
    with refused("ndarray"):
        gates.check_ready(X.numpy(), torch.zeros(1))


def test_where_products_are_taken_in_half_precision_a_batch_in_it_is_read(refused):
    half = X.bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        assert gates.check_ready(half, torch.zeros(1)) is half
    with refused("bfloat16"):
        gates.check_ready(half, torch.zeros(1))


def test_kinds_and_functions(refused):
    schedule, function = schedules.linear(), lambda x: x
    assert gates.check_kind("schedule", schedule, schedules.Schedule, "linear()") is schedule
    assert gates.check_callable("denoiser", function, "...") is function
    with refused("generator", "Generator", "seeded(0)"):
        gates.check_kind("generator", 0, torch.Generator, "seeded(0)")
    with refused("denoiser", "torch.float32"):
        gates.check_callable("denoiser", X, "from_network(schedule, network)")


def test_what_is_among_others_is_one_of_them_and_no_truth_value(refused):
    assert gates.check_among("steps", 1, [1, 2]) == 1 and gates.check_among("name", "a", ["a", "b"]) == "a"
    for wrong in (True, 3, "1", None, [1], torch.tensor([1, 2])):
        with refused("steps", "1, 2"):
            gates.check_among("steps", wrong, [1, 2])


def test_a_network_takes_what_its_forward_pass_takes(refused):
    network = nn.Linear(2, 2)
    assert gates.check_takes("network", network, "...", X) is network
    with refused("network", "Linear", "UNet()"):
        gates.check_takes("network", network, "UNet()", X, torch.zeros(4))
    with refused("network", "UNet()"):
        gates.check_takes("network", lambda xt: xt, "UNet()", X, torch.zeros(4))


@pytest.mark.parametrize("value", [-1, 0.0, None, "0", True, 2**63, torch.zeros(1)], ids=repr)
def test_what_is_no_seed(value, refused):
    with refused("seed"):
        gates.check_seed(value)


def test_seeds_of_every_library():
    assert [gates.check_seed(value) for value in (0, np.int64(7), torch.tensor(7), 2**63 - 1)] == [0, 7, 7, 2**63 - 1]


def test_paths(refused):
    assert gates.check_path("~/a.gif") == Path.home() / "a.gif"
    assert gates.check_path(Path("a") / "b") == Path("a/b")
    for value in ("", "  ", None, 5, b"a", "a\0b", ["a"]):
        with refused("walk.gif"):
            gates.check_path(value)


def test_a_name_may_be_as_long_as_a_disk_takes(tmp_path):
    for name in ("a" * 255, "噪" * 85):
        assert gates.check_path(tmp_path / name) == tmp_path / name
        assert write_whole(tmp_path / name, b"a").read_bytes() == b"a", (
            "what is written beside it first has a name, too"
        )


def test_a_device_is_one_that_computes_here(refused):
    for cpu in ("cpu", torch.device("cpu")):
        assert gates.check_device(cpu) == torch.device("cpu")
    for wrong in ("meta", torch.device("meta"), "gpu", "cuda:99", "", 0, None):
        with refused("device", str(wrong)):
            gates.check_device(wrong)


@pytest.mark.parametrize("largest", [torch.full((1000,), 6e4).half(), torch.tensor([3e38, 3e38]), torch.tensor([1, 2])])
def test_numbers_are_finite_though_their_sum_is_not(largest):
    assert gates.check_finite("x", largest) is largest


@pytest.mark.parametrize("values", [[1, NAN], [INF, -INF], [3e38, 3e38, INF], [-INF, 1]])
def test_what_is_not_finite_is_counted_whatever_the_sum(values, refused):
    n = sum(not np.isfinite(value) for value in values)
    with refused(f"{n}", f"{len(values)}"):
        gates.check_finite("x", torch.tensor(values))


def test_what_causes_a_number_that_is_none_can_be_said(refused):
    loss = torch.tensor(NAN)
    with refused("loss", "1", "nan") as caught:
        gates.check_finite("loss", loss, so=("The rate is too high.", "学习率太高。"))
    assert "rate is too high" in caught.value.en and "学习率太高" in caught.value.zh


def test_a_generator_is_asked_for_where_a_seed_was_given():
    assert gates.check_kind("generator", seeded(0), torch.Generator, "seeded(0)").initial_seed() == 0


@pytest.mark.parametrize("value", [True, False, np.True_, np.False_, torch.tensor(True), torch.tensor(False)], ids=repr)
def test_true_and_false_of_every_library_pass(value):
    assert gates.check_flag("flips", value) is bool(value)


@pytest.mark.parametrize("value", ["no", "False", "", 1, 0, 1.0, None, [], [False], np.array([True]), torch.ones(1)])
def test_what_is_no_flag_does_not_count_as_one(value, refused):
    with refused("flips", "True", "False"):
        gates.check_flag("flips", value)


@pytest.mark.parametrize(("name", "en", "zh"), [("x", "x", "x "), (("The image", "图像"), "The image", "图像")])
def test_words_that_name_what_was_given_are_said_in_each_language(name, en, zh, refused):
    calls = [gates.check_samples, gates.check_points, lambda name, x: gates.check_number(name, x)]
    calls += [lambda name, x: gates.check_whole(name, x, 1), lambda name, x: gates.check_kind(name, x, dict, "{}")]
    for call in calls:
        with refused() as caught:
            call(name, "abc")
        assert caught.value.en.startswith(en + " is ") and caught.value.zh.startswith((zh + "是 ", zh + "为 "))
    with refused() as caught:
        gates.check_finite(name, torch.tensor(NAN))
    assert caught.value.en.startswith(en + ": ") and caught.value.zh.startswith(zh.rstrip() + "：")


# Rows, pairs, coefficients, feature maps; sizes that memory holds.


@pytest.mark.parametrize("row", [None, "row", [0.5], 0.5, X, torch.tensor(0.5), torch.tensor([1, 2]), np.zeros(2)])
def test_what_is_no_row(row, refused):
    gates.check_rows(x=torch.zeros(3), frequency=torch.ones(2).double())
    with refused("frequency "):
        gates.check_rows(x=torch.zeros(3), frequency=row)


@pytest.mark.parametrize(
    "other", [None, "eps", [0.5], 0.5, X[0], X[:1], X[..., :1], X.numpy(), X.long(), X.cfloat(), X.to("meta")]
)
def test_what_is_no_pair(other, refused):
    gates.check_pair(eps_hat=X.half(), eps=X)
    for pair in ((X, other), (other, X)):
        with refused("eps_hat ", "eps ", "(4, 1, 8, 8)"):
            gates.check_pair(eps_hat=pair[0], eps=pair[1])


@pytest.mark.parametrize(
    "coefficient, x",
    [(0.5, X), (None, X), ("one", X), ([0.5] * 4, X), (torch.ones(4, 1), X), (torch.ones(3), X), (torch.ones(0), X)]
    + [(torch.ones(4), x) for x in (None, "x", X.numpy(), X.byte(), torch.tensor(1.0))],
)
def test_what_is_no_coefficient_of_a_batch(coefficient, x, refused):
    gates.check_coefficients(torch.ones(4), X), gates.check_coefficients(torch.tensor(0.5), X)
    with refused():
        gates.check_coefficients(coefficient, x)


@pytest.mark.parametrize("x", [None, "map", [1], X[0], X[None], X.numpy(), torch.zeros(4, 5, 8, 8)])
def test_what_is_no_feature_map(x, refused):
    assert gates.check_map("qkv", torch.zeros(4, 6, 8, 8), 3).shape == (4, 6, 8, 8)
    with refused("qkv ", "(b, c, h, w)", "3"):
        gates.check_map("qkv", x, 3)


@pytest.mark.parametrize(
    "y, x", [(None, X), ("y", X), (X, None), (torch.zeros(4, 2, 63, 3), X), (torch.zeros(3, 2, 64, 3), X), (X[0], X)]
)
def test_heads_that_belong_to_another_map(y, x, refused):
    gates.check_heads(torch.zeros(4, 2, 64, 3), X)
    with refused():
        gates.check_heads(y, x)


@pytest.mark.parametrize("shape", [None, "2", 5, [], [0, 2], [2.0], [10**6, 1001], [2**62, 4]])
def test_shapes_that_memory_does_not_hold(shape, refused):
    assert gates.check_sizes("shape", (4, 1, 28, 28)) == [4, 1, 28, 28] and gates.check_sizes("shape", [10**9])
    with refused("shape "):
        gates.check_sizes("shape", shape)


def test_lists_and_multiples_have_an_upper_end(refused):
    assert gates.check_wholes("n", [1, 9], 1, 9) == [1, 9] and gates.check_multiple("n", 8, 4, 8) == 8
    with refused("n ", "9"):
        gates.check_wholes("n", [1, 10], 1, 9)
    with refused("n ", "8"):
        gates.check_multiple("n", 12, 4, 8)
