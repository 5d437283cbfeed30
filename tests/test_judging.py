"""The judge finds what is wrong with any function, and lets no wrong one pass.

评判函数能指出任何函数的错处，也不放过任何错误。
"""

import numpy as np
import pytest
import torch
from answers import lesson_12
from torch import nn

from course_utils import exercises, schedules
from course_utils.data import Images
from course_utils.exercises.judging import BLANK, Mistake, asked_number, describe, fault_of, judge_function
from course_utils.exercises.settings import CHANGES_TORCH, DRAWS
from course_utils.language import set_language

DOUBLED = Mistake(lambda x, t: x + t, "t is added; it must be multiplied", "把 t 加上去了；应当相乘")
WRONG_FOR_ONE = Mistake(lambda x, t: x * (t if t > 1 else 2), "wrong at 1", "在 1 处错")


@pytest.fixture
def cases(seeded):
    draw = seeded(0)
    return [
        {"x": torch.randn(shape, generator=draw, dtype=dtype), "t": t}
        for shape, dtype in (((4, 1, 3, 3), torch.float32), ((2, 2), torch.float64))
        for t in (1, 5)
    ]


@pytest.fixture
def judge(cases):
    return lambda answer: judge_function(answer, lambda x, t: x * t, cases, [DOUBLED, WRONG_FOR_ONE])


RIGHT = {
    "plain": lambda x, t: x * t,
    "the other way": lambda x, t: sum(x for _ in range(t)),
    "float64 and back": lambda x, t: (x.double() * t).to(x.dtype),
    "with a gradient": lambda x, t: x.clone().requires_grad_() * t,
    "in place on a copy": lambda x, t: x.clone().mul_(t),
    "a little off, as float32 is": lambda x, t: x * t * (1 + 1e-6),
}
WRONG = {
    "added": (lambda x, t: x + t, "it must be multiplied", "应当相乘"),
    "wrong for one t": (lambda x, t: x * (t if t > 1 else 2), "wrong at 1", "在 1 处错"),
    "nothing known": (lambda x, t: x * t * 1.001, "4 of 4 trials", "4 次试验"),
    "one size only": (lambda x, t: x * t if x.ndim == 4 else x * 0, "2 of 4 trials", "4 次试验中有 2 次"),
    "in place": (lambda x, t: x.mul_(t), "changes x", "改动了 x"),
    "float64": (lambda x, t: x.double() * t, "float64", "float64"),
    "first only": (lambda x, t: x[:1] * t, "(1, 1, 3, 3)", "(1, 1, 3, 3)"),
    "a sum": (lambda x, t: x.sum() * t, "()", "()"),
    "numpy": (lambda x, t: x.numpy() * t, "ndarray", "ndarray"),
    "a tuple": (lambda x, t: (x * t, x), "tuple", "tuple"),
    "a number": (lambda x, t: 3.0, "float", "float"),
    "random": (lambda x, t: torch.randn_like(x), "random numbers of its own", "另抽了随机数"),
    "nan": (lambda x, t: x * t / 0 * 0, "nan or inf", "nan 或 inf"),
    "an error": (lambda x, t: x.reshape(5, 9) * t, "RuntimeError", "RuntimeError"),
    "too few arguments": (lambda x: x, "TypeError", "TypeError"),
    "no function": (3, "TypeError", "TypeError"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers_pass(name, judge):
    assert judge(RIGHT[name]) is None


@pytest.mark.parametrize("name", WRONG)
def test_wrong_answers_are_named(name, judge, in_both_languages):
    answer, named_en, named_zh = WRONG[name]
    en, zh = judge(answer)
    in_both_languages(en, zh)
    assert named_en in en and named_zh in zh


def test_an_answer_that_keeps_something_is_told_so(judge, in_both_languages):
    calls = []
    fault = judge(lambda x, t: calls.append(t) or x * t * (1 if len(calls) < 5 else 2))
    in_both_languages(*fault)
    assert "from one call to the next" in fault[0] and len(calls) == 5


@pytest.mark.parametrize("answer", [lambda x, t: None, lambda x, t: ...])
def test_nothing_returned_is_blank(answer, judge):
    assert judge(answer) is BLANK


@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_an_error_of_the_course_is_told_in_each_language_alone(language, judge, in_both_languages):
    set_language(language)
    en, zh = judge(lambda x, t: schedules.linear(-t))
    in_both_languages(en, zh, "CourseError")


def test_the_arguments_are_copies(judge, cases):
    before = [case["x"].clone() for case in cases]
    judge(lambda x, t: x.zero_())
    assert all(case["x"].equal(x) for case, x in zip(cases, before, strict=True))


def test_a_schedule_that_is_changed_is_noticed_and_stays_as_it_was():
    schedule = schedules.linear(20)
    before = schedule.alpha_bar.clone()

    def meddles(schedule, t):
        schedule.alpha_bar[t:] *= 0.5
        return schedule.alpha_bar[t]

    en, _ = judge_function(meddles, lambda schedule, t: schedule.alpha_bar[t], [{"schedule": schedule, "t": 3}])
    assert "changes schedule" in en and schedule.alpha_bar.equal(before)


def sorts(sizes, parts):
    sizes.sort()
    return sizes[0]


def overwrites(sizes, parts):
    sizes[:] = [1.0 for _ in sizes]
    return 1.0


def lengthens(sizes, parts):
    sizes.append(9.0)
    return 1.0


def empties(sizes, parts):
    parts.clear()
    return 1.0


def changes_within(sizes, parts):
    parts["pair"].x.mul_(2)
    return 1.0


def changes_an_array(sizes, parts):
    parts["list"][0] -= 1
    return 1.0


@pytest.mark.parametrize("answer", [sorts, overwrites, lengthens, empties, changes_within, changes_an_array])
def test_what_is_changed_in_a_list_or_deeper_is_noticed_and_stays_as_it_was(answer, in_both_languages):
    trial = {"sizes": [3.0, 1.0, 2.0], "parts": {"pair": Images(torch.ones(2), torch.zeros(2)), "list": [np.ones(3)]}}
    fault = judge_function(answer, lambda sizes, parts: min(sizes), [trial])
    name, instead = ("parts", "a * x") if answer in (empties, changes_within, changes_an_array) else ("sizes", "sorted")
    in_both_languages(*fault, name, instead)
    assert "itself" in fault[0] and trial["sizes"] == [3, 1, 2] and list(trial["parts"]) == ["pair", "list"]
    assert trial["parts"]["pair"].x.equal(torch.ones(2)) and trial["parts"]["list"][0].tolist() == [1, 1, 1]


def test_a_list_that_stays_as_it_was_may_hold_nan_and_functions():
    trial = {"x": [float("nan"), torch.tensor([float("nan")]), print], "more": ({"k": [1, 2]}, "word")}
    assert judge_function(lambda x, more: len(x) + more[0]["k"][1], lambda x, more: 5, [trial]) is None


SEVENS = [7, 7.0, np.int64(7), np.float32(7), np.array([7]), torch.tensor(7), torch.tensor([7.0], requires_grad=True)]


@pytest.mark.parametrize("number", SEVENS, ids=repr)
def test_a_number_may_come_in_any_form(number):
    assert judge_function(lambda n: number, lambda n: n, [{"n": 7}]) is None


@pytest.mark.parametrize("number", [8, -7, "7", [7], (7,), True, torch.zeros(2), np.zeros(2), None.__class__], ids=repr)
def test_another_number_is_rejected(number, in_both_languages):
    in_both_languages(*judge_function(lambda n: number, lambda n: n, [{"n": 7}]))


def test_large_values_are_judged_by_their_size_and_small_ones_are_not_lost():
    def judge(factor, scale):
        return judge_function(lambda x: x * factor, lambda x: x, [{"x": torch.full((3,), scale)}])

    assert judge(1 + 5e-6, 1000.0) is None and judge(1.001, 1000.0) is not None
    assert judge(1.001, 0.1) is not None


def test_a_right_answer_to_a_tiny_truth_may_be_off_by_what_float32_loses_elsewhere_and_no_more():
    def judge(off):
        return judge_function(lambda x: 1e-3 * x + off, lambda x: 1e-3 * x, [{"x": torch.ones(3)}], tolerance=1e-5)

    assert judge(0.0) is None and judge(5e-6) is None  # 1 in 200 of the truth
    assert "off by up to 2e-05" in judge(2e-5)[0]


def test_the_largest_deviation_is_the_one_that_is_told():
    off = {3: 0.25, 4: -8.0, 5: 0.5}
    trials = [{"x": torch.ones(2, 2), "t": t} for t in (2, *off)]
    en, zh = judge_function(lambda x, t: x + off.get(t, 0.0), lambda x, t: x, trials)
    for said in (en, zh):
        assert "t = 4" in said and "8" in said and "t = 3" not in said and "0.5" not in said
    assert "3 of 4" in en and "4 次试验中有 3 次" in zh


def test_a_trial_is_described_in_symbols():
    case = {"schedule": schedules.linear(50), "x0": torch.zeros(3, 2), "t": torch.tensor([1, 2]), "eta": 0.5}
    assert describe(case | {"n": [1, 0.25]}) == "T = 50, x0: (3, 2), t = [1, 2], eta = 0.5, n = [1, 0.25]"


def test_what_float32_loses_is_forgiven_and_no_more(seeded):
    def pull(schedule, x, t):
        return (schedule.beta[t] / (1 - schedule.alpha_bar[t])).to(x.dtype) * x

    def with_float32(schedule, x, t):
        a = schedule.alpha_bar.float()
        return (1 - a[t] / a[t - 1]) / (1 - a[t]) * x

    x = torch.randn(4, 2, generator=seeded(0))
    cases = [{"schedule": schedules.cosine(), "x": x, "t": t} for t in (2, 3, 500)]
    assert judge_function(with_float32, pull, cases) is None
    assert judge_function(lambda *given: 1.002 * pull(*given), pull, cases) is not None


@pytest.mark.parametrize("number", SEVENS, ids=repr)
def test_a_whole_number_is_read_in_any_form(number):
    assert asked_number(number, 0, 9) == (7, None)


@pytest.mark.parametrize(
    "answer", [-1, 10, 7.5, np.nan, np.inf, "7", True, 7j, [7], None.__class__, torch.zeros(2), print], ids=repr
)
def test_what_is_no_whole_number_in_range_is_told_so(answer, in_both_languages):
    value, fault = asked_number(answer, 0, 9)
    assert value is None
    in_both_languages(*fault, "0", "9")


def test_no_number_at_all_is_blank():
    assert asked_number(None, 0, 9) == (None, BLANK)


def test_a_judge_that_goes_back_does_so_whatever_the_page_has_set():
    right = [("12.build", lesson_12.RIGHT["12.build"][0]), ("12.accumulate", lesson_12.RIGHT["12.accumulate"][0])]
    with torch.no_grad():
        assert all(exercises.judge(name, answer, 0).right for name, answer in right)
        assert not torch.is_grad_enabled()


def test_gradients_that_an_answer_switches_off_are_noticed_and_switched_on_again():
    for enabled in (True, False):
        with torch.set_grad_enabled(enabled):
            found = fault_of(lambda answer, _: answer(), torch.no_grad().__enter__, torch.Generator())
            assert found == CHANGES_TORCH["gradients"] and torch.is_grad_enabled() is enabled


SEEDED = CHANGES_TORCH["seed"]


@pytest.mark.parametrize("does, told", [
    (lambda: torch.manual_seed(3), SEEDED), (torch.seed, SEEDED), (lambda: torch.random.manual_seed(0), SEEDED),
    (lambda: torch.randn(2), DRAWS), (lambda: nn.Linear(2, 2), DRAWS), (lambda: torch.Generator().manual_seed(3), None),
])  # fmt: skip
def test_who_draws_from_torchs_own_stream_or_sets_it_is_told_and_the_readers_is_where_it_was(does, told):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    found = [
        fault_of(lambda answer, _: (answer(), None)[1], does, torch.Generator(), draws=draws) for draws in (False, True)
    ]
    assert found == [told, None if told == DRAWS else told] and torch.equal(before, torch.get_rng_state())


def test_a_fault_that_a_judge_finds_is_told_before_a_seed_or_a_draw():
    wrong = "wrong", "不对"
    for does in (lambda: torch.manual_seed(3), lambda: torch.randn(2)):
        assert fault_of(lambda answer, _: (answer(), wrong)[1], does, torch.Generator()) == wrong


@pytest.mark.parametrize("ends", [SystemExit, GeneratorExit])
def test_an_answer_that_ends_the_program_ends_no_page_whoever_calls_it(ends):
    def exits():
        raise ends(3)

    assert all(ends.__name__ in said for said in fault_of(lambda answer, _: answer(), exits, torch.Generator()))
