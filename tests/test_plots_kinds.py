"""Arguments of the wrong kind for pictures: refused in both languages, and nothing is drawn that is not there.

给绘图函数的参数种类不对：用两种语言拒绝，不画不存在的东西。
"""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from course_utils import gates, plots, points, schedules
from course_utils.plots.balls import Held, balls_frame
from course_utils.plots.crowds import crowd_chart, crowd_frame, lines_in_one_over_n
from course_utils.plots.features import signed
from course_utils.plots.graphs import positive, running_mean
from course_utils.plots.growth import scalings
from course_utils.plots.looks import crop_frame
from course_utils.plots.owed import Trio, owed_frame
from course_utils.plots.ways import OnTheWay

S, X = schedules.linear(20), torch.zeros(3, 1, 16, 16)
P, SHARES, WAYS = points.moons(9), torch.full((9,), 1 / 9), torch.rand(6, 5, 2)
MAPS, MASK = torch.rand(3, 4, 4), torch.zeros(9, dtype=torch.bool)
FIELD = dict(data=P, shares=SHARES, starts=P, vectors=P, mark=P[0], word="w")
CLOUD, TRAIL = dict(truth=P, particles=P, word="w", places=P, field=(P, P)), OnTheWay("w", P, WAYS, WAYS[0])
VIEW, HELD = dict(losses=[1.0, 0.5], samples=X, levels=[0.1]), Held(P, SHARES, P, MASK)
CHART = crowd_chart({"a": {10: 1.0, 100: 0.1}}, 0.05)
STATE = SimpleNamespace(t=3, xt=X, x0_hat=X)
NAN = P.clone()
NAN[0, 0] = torch.nan


# The gates.


@pytest.mark.parametrize("value", [None, 3, 3.7, ["a"], b"a", X])
def test_what_is_no_word(value, refused):
    with refused("here", '"step 3"'):
        gates.check_word("here", value)
    assert gates.check_word("here", "") == "" and gates.check_word("here", "汉字") == "汉字"


@pytest.mark.parametrize("value", [None, 3, "abc", b"abc", {1: 2, 2: 3, 3: 4}, {1, 2, 3}, torch.tensor(3), [1, 2]])
def test_what_is_no_list_of_three(value, refused):
    with refused("here", "3", "one each"):
        gates.check_listed("here", value, ("one each", "one each"), 3, 3)


@pytest.mark.parametrize("value", [[1, 2, 3], (1, 2, 3), range(1, 4), np.arange(1, 4), torch.arange(1, 4)])
def test_lists_of_every_library(value):
    assert gates.check_listed("here", value, ("", ""), 3, 3) == [1, 2, 3]


@pytest.mark.parametrize("value", [None, [], {}, {"a": 1}, {"a": 1, "b": 2, "c": 3}, {"a": 1, 0: 2}, "ab"])
def test_a_dictionary_of_other_names(value, refused):
    with refused("here", "a, b"):
        gates.check_same_names("here", value, ["a", "b"])
    assert gates.check_same_names("here", {"b": 2, "a": 1}, ["a", "b"]) == {"a": 1, "b": 2}


@pytest.mark.parametrize("value", [[1, 0], [1, -2], [1, torch.inf], ["1", "2"], None, [[1, 2]], 3])
def test_what_no_logarithm_is_taken_of(value, refused):
    with refused("here"):
        positive("here", value)
    assert positive("here", [1, 2]).tolist() == [1, 2]


# Times and heads of images.


@pytest.mark.parametrize("times", [None, 3, "123", [1, 2], [1, 2, 3, 4], [1, None, 3], [1, "2", 3], [1, torch.nan, 3]])
def test_times_that_are_not_one_for_each_image(times, refused):
    for call in (
        lambda: plots.strip(X, times),
        lambda: plots.schedule_rows({"a": S}, {"a": X}, times),
        lambda: plots.schedule_view(S, X, times),
    ):
        with refused("times"):
            call()


def test_times_may_be_a_tensor():
    assert plots.strip(X, torch.tensor([1, 20, 300])).en == plots.strip(X, [1, 20, 300]).en
    assert plots.noised(X, torch.tensor(7), 0.5).en == plots.noised(X, 7, 0.5).en


@pytest.mark.parametrize("heads", [None, 3, "abc", ["a", 1], ["a", None], list("abcd")])
def test_heads_that_are_no_words_or_too_many(heads, refused):
    for call in (lambda: plots.rows({"a": X}, heads), lambda: plots.feature_rows({"a": MAPS}, heads)):
        with refused("heads"):
            call()


# Frames of sliders.


@pytest.mark.parametrize("word", [None, 3.7, ["w"], X, b"w"])
def test_a_line_of_text_that_is_none(word, refused):
    for call in (
        lambda: plots.field_frame(**FIELD | {"word": word}),
        lambda: plots.cloud_frame(**CLOUD | {"word": word}),
        lambda: plots.walk_frame(X, X, word),
        lambda: plots.duel_frame([(word, X)]),
        lambda: plots.weight_frame(torch.rand(19), 3, word),
        lambda: plots.feature_frame(X[:1], MAPS, word),
        lambda: plots.trail_frame([TRAIL._replace(word=word)]),
        lambda: plots.flow_to_normal(X[:1], word),
        lambda: plots.in_column(word, 3),
    ):
        with refused():
            call()


@pytest.mark.parametrize("name", ["data", "shares", "starts", "vectors", "mark"])
@pytest.mark.parametrize("value", [None, "s", 3.7, P[:0], P[:4], X, NAN, P.int(), P.numpy().tolist()])
def test_a_field_of_what_is_no_field(name, value, refused):
    with refused():
        plots.field_frame(**FIELD | {name: value})


@pytest.mark.parametrize("shares", [SHARES[:4], -SHARES, SHARES * torch.nan, "s"])
def test_shares_that_are_none(shares, refused):
    with refused():
        plots.field_frame(**FIELD | {"shares": shares})


@pytest.mark.parametrize(
    "wrong", [{"places": P[:4]}, {"places": NAN}, {"field": P}, {"field": (P,)}, {"field": (P, P[:4])}, {"truth": [1]}]
)
def test_a_cloud_whose_lines_lack_an_end(wrong, refused):
    with refused():
        plots.cloud_frame(**CLOUD | wrong)


@pytest.mark.parametrize("other", [None, X[:2], X.numpy(), "s"])
def test_batches_of_images_that_are_unlike(other, refused):
    for call in (
        lambda: plots.walk_frame(X, other, "w"),
        lambda: plots.duel_frame([("a", X), ("b", other)]),
        lambda: plots.animate([STATE, SimpleNamespace(t=2, xt=X, x0_hat=other)]),
        lambda: plots.walk([STATE, SimpleNamespace(t=2, xt=X, x0_hat=other)]),
        lambda: owed_frame(Trio(X, X, other, MASK[:3]), "w", 0.5, 0.5),
        lambda: crowd_frame(CHART, (X, other), 10, {"a": 1.0}),
    ):
        with refused():
            call()


@pytest.mark.parametrize("named", [None, [], "ab", [None], [("a",)], {"a": X}])
def test_a_duel_of_what_are_no_rows(named, refused):
    with refused("named"):
        plots.duel_frame(named)


@pytest.mark.parametrize(
    "moments",
    [None, [], [None], TRAIL, [TRAIL._replace(ways=WAYS[0])], [TRAIL._replace(ends=P)], [TRAIL._replace(truth=NAN)]],
)
def test_ways_that_are_none(moments, refused):
    with refused():
        plots.trail_frame(moments)


@pytest.mark.parametrize("limit", [None, "1", 0, -1, torch.nan, torch.inf, True, X])
def test_a_limit_that_is_none(limit, refused):
    for call in (
        lambda: plots.plane({"a": [P]}, limit=limit),
        lambda: plots.arrows({"a": (P, P, P)}, limit),
        lambda: plots.heat({"a": SHARES}, P, 1.0, limit),
        lambda: plots.trails({"a": WAYS}, limit),
        lambda: plots.trail_frame([TRAIL], limit),
        lambda: balls_frame({"a": HELD}, "w", limit),
    ):
        with refused("limit"):
            call()


# Charts.


@pytest.mark.parametrize(
    "call",
    [
        lambda: plots.plane({"a": None}),
        lambda: plots.plane({"a": [P, P, P, P]}),
        lambda: plots.arrows({"a": (P, P)}),
        lambda: plots.arrows({"a": (P, P, P[:4])}),
        lambda: plots.convergence(None),
        lambda: plots.convergence({"a": [1, 2, 3]}),
        lambda: plots.convergence({"a": ([1, 2], [1.0, 0.0])}),
        lambda: plots.convergence({"a": ([1], [1.0])}, {"a": "1"}),
        lambda: plots.frontier(None),
        lambda: plots.frontier({"a": [(1, None)]}),
        lambda: plots.frontier({"a": [(1, 2.0)]}, floor=0),
        lambda: plots.frontier({"a": [(1, 2.0)]}, spread=-1),
        lambda: plots.frontier({"a": [(1, 2.0)]}, pace=torch.nan),
        lambda: plots.clocks(S, {"a": None}),
        lambda: plots.lines_over_time({"a": WAYS[..., 0]}, None),
        lambda: plots.lines_over_time({"a": WAYS[..., 0]}, [1, 2, 3, 4, 5, None]),
        lambda: plots.charts({"a": ([1.0], [1.0], X)}, ([1.0], [1.0])),
        lambda: plots.charts({"a": ([1.0], [1.0], X, X)}, None),
        lambda: plots.best_constants({"a": None}, [1.0]),
        lambda: plots.best_constants({"a": dict.fromkeys("bcde", [1.0])}, [1.0]),
        lambda: plots.bands({"a": MAPS[0]}, [1, 2, 3], "x", "y"),
        lambda: plots.bands({"a": MAPS}, [1, 2, 3, 4], "x", "y"),
        lambda: plots.bands({"a": MAPS[0]}, [1, 2, 3, 4], None, "y"),
        lambda: plots.bands({"a": MAPS[0]}, [1, 2, 3, 4], "x", "y", top=0),
        lambda: plots.counts({"a": MAPS}),
        lambda: plots.counts({"a": [[1.0]]}),
        lambda: plots.part_bars({"a": None}),
        lambda: plots.part_bars({"a": {"b": "1"}}),
        lambda: plots.part_bars(dict.fromkeys("abc", {"p": 1})),
        lambda: plots.clouds(None, ["a"]),
        lambda: plots.clouds([P], "a b"),
        lambda: plots.clouds([P], [None]),
        lambda: plots.bars({"a": [0.1] * 10}, None),
        lambda: plots.curves({"a": {"b": [1, 2]}}, xlabel=None),
        lambda: plots.curves({"a": {"b": ["1", "2"]}}),
        lambda: plots.densities({"a": {"b": ([0, 1], [1, 2])}}, X),
        lambda: plots.densities({"a": {"b": ([0, 1], [1, 2])}}, None, 3),
        lambda: plots.flow_to_normal(X, "several"),
        lambda: plots.two_bells((0.0, 1.0), (1.0, 1.0), None, 1.0),
        lambda: plots.two_bells((0.0, 1.0), (1.0, 1.0), 0.0, 1.0, ["abc", None]),
        lambda: plots.clock_frame([("a", X[:1])], {"c": [0.0]}, 0.0, {"d": "w"}),
        lambda: plots.clock_frame([("a", X[:1])], {"c": [torch.nan]}, 0.0, {"c": "w"}),
        lambda: plots.clock_frame(None, {"c": [0.0]}, 0.0, {"c": "w"}),
        lambda: plots.grid(X).still(1),
        lambda: scalings({"a": {"b": [1, 2]}}, "MB"),
        lambda: scalings({"a": {"b": {1: None}}}, "MB"),
        lambda: signed(MAPS[0]),
        lambda: signed(MAPS, 0),
        lambda: balls_frame({"a": None}, "w"),
        lambda: balls_frame({"a": HELD._replace(reach=SHARES[:4])}, "w"),
        lambda: balls_frame({"a": HELD._replace(inside=MASK.to("meta"))}, "w"),
        lambda: crowd_frame(None, (X, X), 10, {"a": 1.0}),
        lambda: crowd_frame(CHART, (X, X), 10, {"a": None}),
        lambda: lines_in_one_over_n({"a": ([0, 10], [1.0, 2.0])}, {"a": (0, 0.1)}),
        lambda: lines_in_one_over_n({"a": ([5, 10], [1.0, 2.0])}, None),
        lambda: crop_frame(X[:1], (0, 0, None, 8), X[:1], ("a", "b"), "n"),
        lambda: crop_frame(X[:1], (0, 0, 8, 8), X[:1], ("a",), "n"),
    ],
)
def test_charts_of_what_cannot_be_drawn(call, refused):
    with refused():
        call()


@pytest.mark.parametrize(
    "wrong",
    [
        {"losses": None},
        {"losses": "1"},
        {"losses": ["1"]},
        {"losses": X},
        {"levels": None},
        {"levels": ["a"]},
        {"first": 0},
        {"first": 1.5},
        {"total": "5"},
        {"total": torch.nan},
        {"samples": torch.rand(5, 3)},
        {"samples": None},
    ],
)
def test_a_training_of_what_is_none(wrong, refused):
    with refused():
        plots.training_view(**VIEW | wrong)


@pytest.mark.parametrize(
    "x, y, over", [([1, 2], [1], 1), (None, [1], 1), ([1, 2], ["a", "b"], 1), ([1, 2], [1, 2], 0), ([], [], 1)]
)
def test_means_of_what_are_no_pairs(x, y, over, refused):
    with refused():
        running_mean(x, y, over)
