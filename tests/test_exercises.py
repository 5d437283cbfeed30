"""Every wrong answer is rejected, the real misconceptions by name; every right one is accepted.

错误答案一律拒绝，真正的误解要点出名来；正确答案一律接受。
"""

import math
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import pytest
import torch
from answers import name_of, verdict

from course_utils import data, exercises, schedules
from course_utils.exercises import check, hint, show_source, solution
from course_utils.exercises.lesson_00 import EXERCISES, judges
from course_utils.experiments.digits import hidden_digit, mystery
from course_utils.forward import forward_jump

JUMP = EXERCISES["jump"].reference


def factors(schedule, t):
    a = schedule.alpha_bar[t]
    return a.sqrt(), (1 - a).sqrt()


# Right, each in its own way.


def by_name(schedule, x0, t, eps):
    return schedule.signal(t) * x0 + schedule.noise(t) * eps


def by_torch_sqrt(schedule, x0, t, eps):
    a = schedule.alpha_bar[t]
    return torch.sqrt(1.0 - a) * eps + torch.sqrt(a) * x0


def in_place_on_copies(schedule, x0, t, eps):
    signal, noise = factors(schedule, t)
    xt = x0.clone()
    xt *= signal
    xt += noise * eps
    return xt


def by_logarithms(schedule, x0, t, eps):
    log_alpha_bar = schedule.alpha_bar.log()[t]
    return torch.exp(log_alpha_bar / 2) * x0 + torch.sqrt(-torch.expm1(log_alpha_bar)) * eps


def by_addcmul(schedule, x0, t, eps):
    signal, noise = (f.to(x0.dtype) for f in factors(schedule, t))
    return torch.addcmul(signal * x0, noise.expand_as(eps), eps)


def by_plain_numbers(schedule, x0, t, eps):
    a = schedule.alpha_bar[t].item()
    return math.sqrt(a) * x0 + math.sqrt(1 - a) * eps


def by_angle(schedule, x0, t, eps):
    angle = torch.acos(schedule.signal(t))
    return torch.cos(angle) * x0 + torch.sin(angle) * eps


def by_the_product_of_alphas(schedule, x0, t, eps):
    a = schedule.alpha[: t + 1].prod()
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def in_float64_and_back(schedule, x0, t, eps):
    signal, noise = factors(schedule, t)
    return (signal * x0.double() + noise * eps.double()).to(x0.dtype)


def with_factors_in_float32(schedule, x0, t, eps):
    a = schedule.alpha_bar[t].float()
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def with_a_time_each(schedule, x0, t, eps):
    times = torch.full((len(x0),), t)
    shape = (-1, *[1] * (x0.ndim - 1))
    signal, noise = (f.to(x0).reshape(shape) for f in factors(schedule, times))
    return signal * x0 + noise * eps


def by_the_package(schedule, x0, t, eps):
    return forward_jump(schedule, x0, t, eps).xt


RIGHT = [
    by_name,
    by_torch_sqrt,
    in_place_on_copies,
    by_logarithms,
    by_addcmul,
    by_plain_numbers,
    by_angle,
    by_the_product_of_alphas,
    in_float64_and_back,
    with_factors_in_float32,
    with_a_time_each,
    by_the_package,
]


# Wrong, each as somebody has written it.


def uniform_noise(schedule, x0, t, eps):
    return by_name(schedule, x0, t, torch.rand_like(x0))


def own_normal_noise(schedule, x0, t, eps):
    return by_name(schedule, x0, t, torch.randn_like(x0))


def alpha_bar_for_its_root(schedule, x0, t, eps):
    return schedule.alpha_bar[t] * x0 + schedule.noise(t) * eps


def variance_for_its_root(schedule, x0, t, eps):
    return schedule.signal(t) * x0 + (1 - schedule.alpha_bar[t]) * eps


def both_roots_missing(schedule, x0, t, eps):
    return schedule.alpha_bar[t] * x0 + (1 - schedule.alpha_bar[t]) * eps


def factors_that_add_up_to_one(schedule, x0, t, eps):
    return schedule.signal(t) * x0 + (1 - schedule.signal(t)) * eps


def swapped(schedule, x0, t, eps):
    return schedule.noise(t) * x0 + schedule.signal(t) * eps


def x0_not_scaled(schedule, x0, t, eps):
    return x0 + schedule.noise(t) * eps


def simply_added(schedule, x0, t, eps):
    return x0 + eps


def eps_not_scaled(schedule, x0, t, eps):
    return schedule.signal(t) * x0 + eps


def one_steps_factors(schedule, x0, t, eps):
    return schedule.alpha[t].sqrt() * x0 + schedule.beta[t].sqrt() * eps


def one_steps_noise(schedule, x0, t, eps):
    return schedule.signal(t) * x0 + schedule.beta[t].sqrt() * eps


def beta_for_noise(schedule, x0, t, eps):
    return schedule.signal(t) * x0 + schedule.beta[t] * eps


def subtracted(schedule, x0, t, eps):
    return schedule.signal(t) * x0 - schedule.noise(t) * eps


def no_noise(schedule, x0, t, eps):
    return schedule.signal(t) * x0


def t_from_zero(schedule, x0, t, eps):
    return by_name(schedule, x0, t - 1, eps)


def t_too_large(schedule, x0, t, eps):
    return by_name(schedule, x0, min(t + 1, schedule.T), eps)


def changes_x0(schedule, x0, t, eps):
    x0 *= schedule.signal(t)
    return x0 + schedule.noise(t) * eps


def changes_eps(schedule, x0, t, eps):
    return schedule.signal(t) * x0 + eps.mul_(schedule.noise(t))


def float64_leaks(schedule, x0, t, eps):
    return schedule.signal(t) * x0.double() + schedule.noise(t) * eps


def always_float32(schedule, x0, t, eps):
    return by_name(schedule, x0, t, eps).float()


def one_noise_for_all_pixels(schedule, x0, t, eps):
    return by_name(schedule, x0, t, eps.mean())


def one_noise_for_the_batch(schedule, x0, t, eps):
    return by_name(schedule, x0, t, eps[:1])


def first_image_only(schedule, x0, t, eps):
    return by_name(schedule, x0[:1], t, eps[:1])


def one_size_only(schedule, x0, t, eps):
    return by_name(schedule, x0.reshape(-1, 1, 8, 8), t, eps.reshape(-1, 1, 8, 8)).reshape(x0.shape)


def a_thousand_steps_only(schedule, x0, t, eps):
    return by_name(schedules.cosine(1000), x0, t, eps)


def the_cosine_by_heart(schedule, x0, t, eps):
    a = torch.tensor(math.cos((t / schedule.T + 0.008) / 1.008 * math.pi / 2) ** 2)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def the_last_time_only(schedule, x0, t, eps):
    return by_name(schedule, x0, schedule.T, eps)


def with_the_noise_too(schedule, x0, t, eps):
    return forward_jump(schedule, x0, t, eps)


def as_numpy(schedule, x0, t, eps):
    return by_name(schedule, x0, t, eps).numpy()


def only_zeros(schedule, x0, t, eps):
    return torch.zeros_like(x0)


def not_a_number(schedule, x0, t, eps):
    return by_name(schedule, x0, t, eps) * torch.nan


def too_few_arguments(schedule, x0, t):
    return x0


def a_slip_of_the_pen(schedule, x0, t, eps):
    return schedule.sigmal(t) * x0


WRONG = {
    uniform_noise: ("random numbers of its own", "另抽了随机数"),
    own_normal_noise: ("random numbers of its own", "另抽了随机数"),
    alpha_bar_for_its_root: ("scales x0 by ᾱ", "x0 乘的是 ᾱ"),
    variance_for_its_root: ("1 − ᾱ, a variance", "方差 1 − ᾱ"),
    both_roots_missing: ("both square roots", "两个平方根"),
    factors_that_add_up_to_one: ("1 − √ᾱ", "1 − √ᾱ"),
    swapped: ("swapped", "写反"),
    x0_not_scaled: ("x0 is not scaled", "x0 没有缩小"),
    simply_added: ("simply added", "只是把 x0 与 eps 相加"),
    eps_not_scaled: ("eps has no factor", "eps 没有系数"),
    one_steps_factors: ("one step", "走一步"),
    one_steps_noise: ("noise is that of one step", "只是一步的"),
    beta_for_noise: ("scaled by β", "乘的是 β"),
    subtracted: ("subtracted", "减去"),
    no_noise: ("no noise in it", "没有噪声"),
    t_from_zero: ("one too small", "小了 1"),
    t_too_large: ("one too large", "大了 1"),
    changes_x0: ("changes x0", "改动了 x0"),
    changes_eps: ("changes eps", "改动了 eps"),
    float64_leaks: ("float64", "float64"),
    always_float32: ("float32", "float32"),
    one_noise_for_all_pixels: ("off by", "偏了"),
    one_noise_for_the_batch: ("off by", "偏了"),
    first_image_only: ("(1, 1, 8, 8)", "(1, 1, 8, 8)"),
    one_size_only: ("RuntimeError", "RuntimeError"),
    a_thousand_steps_only: ("of 27 trials", "27 次试验"),
    the_cosine_by_heart: ("off by", "偏了"),
    the_last_time_only: ("off by", "偏了"),
    with_the_noise_too: ("Noised", "Noised"),
    as_numpy: ("ndarray", "ndarray"),
    only_zeros: ("off by", "偏了"),
    not_a_number: ("nan or inf", "nan 或 inf"),
    too_few_arguments: ("TypeError", "TypeError"),
    a_slip_of_the_pen: ("sigmal", "sigmal"),
}


@pytest.mark.parametrize("answer", RIGHT, ids=name_of)
def test_right_jumps_are_accepted(answer, capsys, in_both_languages):
    returned, en, zh = verdict(capsys, "00.jump", answer)
    assert returned is answer
    in_both_languages(en, zh, "✓", "00.jump")


@pytest.mark.parametrize("answer", WRONG, ids=name_of)
def test_wrong_jumps_are_rejected_by_name(answer, capsys, in_both_languages):
    for _ in range(3):  # the check draws afresh each time
        returned, en, zh = verdict(capsys, "00.jump", answer)
        assert returned is JUMP
        in_both_languages(en, zh, "✗", "00.jump")
        name_en, name_zh = WRONG[answer]
        assert name_en in en and name_zh in zh, (en, zh)


@pytest.mark.parametrize("answer", [7, "x_t", torch.zeros(3)], ids=repr)
def test_what_is_no_function_is_rejected(answer, capsys, in_both_languages):
    returned, en, zh = verdict(capsys, "00.jump", answer)
    assert returned is JUMP
    in_both_languages(en, zh, "✗", "00.jump")


def blank(schedule, x0, t, eps): ...


@pytest.mark.parametrize("exercise, answer", [("jump", blank), ("jump", ...), ("mystery", ...), ("mystery", None)])
def test_blank_is_not_yet_attempted(exercise, answer, capsys, in_both_languages):
    returned, en, zh = verdict(capsys, f"00.{exercise}", answer)
    assert returned is EXERCISES[exercise].reference
    in_both_languages(en, zh, "○", f'hint("00.{exercise}")')
    assert "not attempted yet" in en and "尚未作答" in zh


@pytest.mark.parametrize("number", [int, float, np.int64, np.float32, torch.tensor, lambda n: torch.tensor([n])])
def test_the_hidden_digit_is_accepted_as_any_whole_number(number, capsys):
    answer = number(hidden_digit())
    returned, en, zh = verdict(capsys, "00.mystery", answer)
    assert returned is answer and "✓" in en and "✓" in zh


@pytest.mark.parametrize("shift", range(1, 10))
def test_another_digit_is_rejected(shift, capsys, in_both_languages):
    digit = (hidden_digit() + shift) % 10
    returned, en, zh = verdict(capsys, "00.mystery", digit)
    assert returned == hidden_digit() != digit
    in_both_languages(en, zh, "✗", str(digit))


@pytest.mark.parametrize(
    "answer",
    [-1, 10, 8.5, math.nan, "8", "eight", True, np.True_, torch.tensor(True), [8], torch.zeros(1, 1, 8, 8), print, 8j],
    ids=repr,
)
def test_what_is_no_digit_is_rejected(answer, capsys, in_both_languages):
    returned, en, zh = verdict(capsys, "00.mystery", answer)
    assert returned == hidden_digit() and "will not do" in en and "不行" in zh
    in_both_languages(en, zh, "✗", "00.mystery")


def test_the_hidden_digit_is_the_one_on_the_page():
    (where,) = (data.digits().x == mystery()).all(dim=(1, 2, 3)).nonzero().flatten().tolist()
    assert int(data.digits().y[where]) == hidden_digit() == EXERCISES["mystery"].reference


def test_checking_leaves_the_readers_seed_alone(capsys):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    check("00.jump", by_name)
    assert torch.rand(2).equal(expected)


def test_the_reference_is_the_package_itself():
    x0, eps = torch.rand(2, 3), torch.rand(2, 3)
    torch.testing.assert_close(JUMP(schedules.linear(), x0, 9, eps), forward_jump(schedules.linear(), x0, 9, eps).xt)


@pytest.mark.parametrize("exercise", EXERCISES)
@pytest.mark.parametrize("grade", [1, 2, 3])
def test_hints_speak_both_languages_and_differ(exercise, grade, capsys, in_both_languages):
    en, zh = EXERCISES[exercise].hints[grade - 1]
    in_both_languages(en, zh)
    hint(f"00.{exercise}", grade)
    shown = capsys.readouterr().out
    assert en in shown and zh in shown and f"{grade} of 3" in shown and f"{grade}/3" in shown
    assert len(set(EXERCISES[exercise].hints)) == 3


def test_solutions_and_sources_are_shown(capsys):
    solution("00.jump")
    assert "def jump" in capsys.readouterr().out
    solution("00.mystery")
    assert str(hidden_digit()) in capsys.readouterr().out
    show_source(forward_jump)
    shown = capsys.readouterr().out
    assert shown.startswith("```python\ndef forward_jump(") and shown.rstrip().endswith("```")


def test_a_solution_is_itself_a_right_answer():
    draws = torch.Generator().manual_seed(0)
    assert judges.judge_jump(JUMP, draws) is None
    assert judges.judge_mystery(EXERCISES["mystery"].reference, draws) is None


# What holds for the exercises of every lesson.


def test_the_same_seed_gives_the_same_trials_and_no_seed_fresh_ones(monkeypatch):
    drawn = []
    monkeypatch.setattr(judges, "judge_function", lambda answer, truth, cases, mistakes: drawn.append(cases[0]["x0"]))
    monkeypatch.setitem(EXERCISES, "jump", replace(EXERCISES["jump"], judge=judges.judge_jump))
    for seed in (1, 1, 2, None, None):
        check("00.jump", by_name, seed)
    first, again, other, fresh, fresher = drawn
    assert first.equal(again) and not first.equal(other) and not fresh.equal(fresher)


@pytest.mark.parametrize("seed", ["1", 1.0, True, -1, 2**63])
def test_a_seed_that_is_no_whole_number_is_refused(seed, refused):
    with refused(repr(seed)):
        check("00.jump", by_name, seed)


def every(table):
    """All the exercises or questions there are, as (lesson, name, what)."""
    names = sorted(module.name for module in iter_modules(exercises.__path__) if module.name.startswith("lesson_"))
    for name in names:
        items = getattr(import_module(f"course_utils.exercises.{name}"), table)
        yield from ((name[-2:], key, item) for key, item in items.items())


@pytest.mark.parametrize("lesson, name, exercise", list(every("EXERCISES")), ids=lambda value: str(value)[:12])
def test_every_exercise_has_three_hints_and_a_reference_that_is_right(
    lesson, name, exercise, capsys, in_both_languages
):
    assert len(set(exercise.hints)) == 3
    for en, zh in exercise.hints:
        in_both_languages(en, zh)
    assert check(f"{lesson}.{name}", exercise.reference) is exercise.reference
    assert capsys.readouterr().out.startswith("✓")
    for blank_answer in (..., None if not callable(exercise.reference) else lambda *_: None):
        check(f"{lesson}.{name}", blank_answer)
        assert capsys.readouterr().out.startswith("○")
    solution(f"{lesson}.{name}")
    assert len(capsys.readouterr().out) > 3


@pytest.mark.parametrize("lesson, name, question", list(every("QUESTIONS")), ids=lambda value: str(value)[:12])
def test_every_question_has_one_answer_and_a_small_figure(lesson, name, question, in_both_languages):
    for texts in (question.text, question.why, *question.options):
        in_both_languages(*texts)
    assert len(question.options) == len(set(question.options)) >= 3
    assert question.answer() == question.answer() and 0 <= question.answer() < len(question.options)
    assert question.figure().mime == "image/png" and len(question.figure().content) < 50_000
