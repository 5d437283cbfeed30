"""What every exercise and every question needs, for all lessons, from the answers in `answers/`.

每道练习、每道题都应做到的事，对各课一并检查；答案取自 `answers/`。
"""

import subprocess
import sys
from importlib import import_module

import pytest
import torch
from answers import name_of
from lesson_runs import ROOT, offline

from course_utils.exercises import (
    Piece,
    check,
    exercise,
    hint,
    judge,
    lesson_00,
    lessons,
    progress,
    question,
    show_source,
    solution,
    tables_of,
)
from course_utils.exercises.pieces import faults
from course_utils.forward import forward_jump
from course_utils.language import set_language
from course_utils.listings import listing
from course_utils.logbook import recall

ANSWERS = {lesson: import_module(f"answers.lesson_{lesson}") for lesson in lessons()}
EXERCISES = [f"{lesson}.{name}" for lesson in lessons() for name in tables_of(lesson).EXERCISES]
QUESTIONS = [f"{lesson}.{name}" for lesson in lessons() for name in tables_of(lesson).QUESTIONS]
RIGHT = {exercise_id: answers for module in ANSWERS.values() for exercise_id, answers in module.RIGHT.items()}
WRONG = {exercise_id: answers for module in ANSWERS.values() for exercise_id, answers in module.WRONG.items()}
BLANK, MISTAKES = (
    {exercise_id: more for module in ANSWERS.values() for exercise_id, more in getattr(module, table, {}).items()}
    for table in ("BLANK", "MISTAKES")
)
PIECES = [exercise_id for exercise_id in EXERCISES if isinstance(exercise(exercise_id), Piece)]
FUNCTIONS = [exercise_id for exercise_id in EXERCISES if callable(RIGHT[exercise_id][0])]
HELD = {exercise_id: held for module in ANSWERS.values() for exercise_id, held in getattr(module, "HELD", {}).items()}
EACH_RIGHT = [
    pytest.param(exercise_id, answer, id=f"{exercise_id} {name_of(answer)}")
    for exercise_id in RIGHT
    for answer in RIGHT[exercise_id]
]
EACH_RIGHT += [  # other trials; a piece is many judges in one
    pytest.param(exercise_id, answer, id=f"{exercise_id} {name_of(answer)} once more", marks=pytest.mark.full)
    for exercise_id in FUNCTIONS
    if exercise_id not in PIECES
    for answer in 2 * RIGHT[exercise_id]
]
EACH_WRONG = [
    pytest.param(exercise_id, *wrong, id=f"{exercise_id} {name}")
    for exercise_id in WRONG
    if exercise_id not in PIECES
    for name, wrong in WRONG[exercise_id].items()
]
EACH_WRONG_PIECE = [
    pytest.param(exercise_id, *wrong, HELD.get(exercise_id, {}).get(name), id=f"{exercise_id} {name}")
    for exercise_id in PIECES
    for name, wrong in WRONG[exercise_id].items()
]


def with_one_piece(exercise_ids):
    """Of the pieces, which take seconds, only the first every day: where a piece is an exercise like any other."""
    slow = set(PIECES[1:])
    return [pytest.param(name, marks=pytest.mark.full) if name in slow else name for name in exercise_ids]


def judged(exercise_id, answer, seed):
    """Judge an answer on trials drawn by a seed that is told if the test fails."""
    return judge(exercise_id, answer, seed), f"judge({exercise_id!r}, {name_of(answer)}, seed={seed})"


def nothing(*_): ...


def dots(*_):
    return ...


def test_every_exercise_has_answers_right_and_wrong():
    assert sorted(EXERCISES) == sorted(RIGHT) == sorted(WRONG) and {*BLANK, *MISTAKES} <= set(EXERCISES)
    assert all(len(RIGHT[exercise_id]) >= 2 <= len(WRONG[exercise_id]) for exercise_id in EXERCISES)


@pytest.mark.parametrize("exercise_id", PIECES)
def test_a_piece_has_answers_enough_and_of_some_it_is_known_which_parts_hold(exercise_id):
    held = HELD.get(exercise_id, {})
    assert len(RIGHT[exercise_id]) >= 4 and len(WRONG[exercise_id]) >= 10 and len(held) >= 3
    assert set(held) <= set(WRONG[exercise_id])
    assert len(exercise(exercise_id).parts) >= 3


@pytest.mark.parametrize("exercise_id, answer", EACH_RIGHT)
def test_right_answers_are_accepted(exercise_id, answer, seed, in_both_languages):
    (right, said), how = judged(exercise_id, answer, seed)
    assert right, (how, said)
    in_both_languages(*said, "✓", exercise_id)


@pytest.mark.parametrize("exercise_id, answer, en, zh", EACH_WRONG)
def test_wrong_answers_are_rejected_by_name(exercise_id, answer, en, zh, seed, in_both_languages):
    (right, said), how = judged(exercise_id, answer, seed)
    assert right is False and en in said[0] and zh in said[1], (how, said)
    in_both_languages(*said, "✗", exercise_id)


@pytest.mark.parametrize("exercise_id, answer, en, zh, held", EACH_WRONG_PIECE)
def test_wrong_pieces_are_rejected_by_name(exercise_id, answer, en, zh, held, seed, in_both_languages):
    """By one of their parts; and of those of which it is known (HELD), those parts hold all the same, and no others."""
    if held is None and "**" not in en:  # else the words are the report's own
        found = faults(exercise(exercise_id), answer, torch.Generator().manual_seed(seed))
        said = next((fault for _, fault in found if fault is not None and en in fault[0]), None)
        assert said is not None and zh in said[1], (exercise_id, name_of(answer), seed, said)
        in_both_languages(*said)
        return
    (right, said), how = judged(exercise_id, answer, seed)
    assert right is False and en in said[0] and zh in said[1], (how, said)
    for part in exercise(exercise_id).parts if held is not None else ():
        assert all((f"✓ **{part}**" in text) == (part in held) for text in said), (how, said)
    in_both_languages(*said, "✗" if "✗" in said[0] else "○", exercise_id)  # the rest may be blank


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_reference_is_a_right_answer(exercise_id, seed):
    (right, said), how = judged(exercise_id, exercise(exercise_id).reference(), seed)
    assert right, (how, said)


@pytest.mark.parametrize("exercise_id", MISTAKES)
def test_each_mistake_of_a_table_is_named_by_its_own_name(exercise_id):
    for seed, mistake in enumerate(MISTAKES[exercise_id]):
        right, (en, zh) = judge(exercise_id, mistake.gives, seed)
        assert right is False and f": {mistake.en}. " in en and f"：{mistake.zh}。" in zh, (mistake.en, en)


@pytest.mark.parametrize("answer", [7, "x_t", torch.zeros(3), lambda: 0], ids=["7", "x_t", "zeros", "lambda"])
@pytest.mark.parametrize("exercise_id", FUNCTIONS)
def test_what_is_no_such_function_is_rejected(exercise_id, answer, in_both_languages):
    right, said = judge(exercise_id, answer)
    assert right is False, said
    in_both_languages(*said, "✗", exercise_id)


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_blank_is_not_yet_attempted(exercise_id, in_both_languages):
    for answer in (..., *((nothing, dots) if exercise_id in FUNCTIONS else (None,)), *BLANK.get(exercise_id, ())):
        right, (en, zh) = judge(exercise_id, answer)
        assert right is None and "not attempted yet" in en and "尚未作答" in zh, (name_of(answer), en)
        in_both_languages(en, zh, "○", f'hint("{exercise_id}")')


@pytest.mark.parametrize("exercise_id", with_one_piece(EXERCISES))
def test_a_right_answer_is_handed_on_and_any_other_replaced_by_the_packages_own(exercise_id, capsys):
    right, (wrong, *_) = RIGHT[exercise_id][0], next(iter(WRONG[exercise_id].values()))
    own = exercise(exercise_id).reference()
    assert check(exercise_id, ...) == own and recall() == {}
    assert check(exercise_id, wrong) == own and recall()[exercise_id]["right"] is False
    assert check(exercise_id, right) is right and recall()[exercise_id]["right"] is True
    said = [line[0] for line in capsys.readouterr().out.splitlines() if f"`{exercise_id}`" in line and line[1] == " "]
    assert [mark.replace("◐", "✗") for mark in said] == ["○", "○", "✗", "✗", "✓", "✓"]


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_hints_and_the_solution_speak(exercise_id, capsys, in_both_languages):
    asked = exercise(exercise_id)
    for part in asked.parts.values() if exercise_id in PIECES else ():
        assert len({part.holds, *part.hints}) == 3
        for en, zh in (part.holds, *part.hints):
            in_both_languages(en, zh)
    hints = next(iter(asked.parts.values())).hints if exercise_id in PIECES else asked.hints
    grades = 2 if exercise_id in PIECES else 3
    assert len(set(hints)) == grades
    for grade, (en, zh) in enumerate(hints, 1):
        in_both_languages(en, zh)
        hint(exercise_id, grade)
        shown = capsys.readouterr().out
        assert en in shown and zh in shown and f"{grade} of {grades}" in shown and f"{grade}/{grades}" in shown
    solution(exercise_id)
    shown, own = capsys.readouterr().out, exercise(exercise_id).reference()
    assert (listing(own) if callable(own) else str(own)) in shown


class Watching:
    """An answer that notes the float types of the tensors that it is given."""

    def __init__(self, answer):
        self.answer, self.seen = answer, set()

    def __call__(self, *given):
        self.seen |= {x.dtype for x in given if isinstance(x, torch.Tensor) and x.is_floating_point()}
        return self.answer(*given)


@pytest.mark.parametrize("exercise_id", [name for name in FUNCTIONS if name not in PIECES])
def test_the_trials_come_in_both_float_types(exercise_id):
    """But for pieces, beta, which is float64, a training step, and where no tensor of floats is given at all."""
    watching = Watching(exercise(exercise_id).reference())
    assert judge(exercise_id, watching).right
    one_type = {"01.merged": {torch.float64}, "06.step": {torch.float32}}.get(exercise_id)
    assert watching.seen in ([one_type] if one_type else [{torch.float32, torch.float64}, set()]), watching.seen


@pytest.mark.parametrize("question_id", QUESTIONS)
def test_every_question_is_whole_and_has_a_small_figure(question_id, in_both_languages):
    asked = question(question_id)
    for texts in (asked.text, asked.why, *asked.options):
        in_both_languages(*texts)
    english, chinese = (set(texts) for texts in zip(*asked.options, strict=True))
    assert len(english) == len(chinese) == len(asked.options) >= 3
    assert asked.answer() == asked.answer() and 0 <= asked.answer() < len(asked.options)
    replies = [reply for reply in asked.replies if reply is not None]
    assert [i for i, reply in enumerate(asked.replies) if reply is None] == [asked.answer()]
    assert len(asked.replies) == len(asked.options) and len(set(replies)) == len(replies)
    for reply in replies:
        in_both_languages(*reply)
    picture, limit = asked.figure(), getattr(ANSWERS[question_id[:2]], "FIGURES_UNDER", 25_000)
    assert picture.mime == "image/png" and picture.content.startswith(b"\x89PNG") and len(picture.content) < limit


# What holds for checks as such.


@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_a_check_speaks_the_language_that_is_set(language, capsys):
    set_language(language)
    check("00.jump", ...)
    en, zh = judge("00.jump", ...).said
    shown = capsys.readouterr().out
    assert (en in shown) == (language != "zh") and (zh in shown) == (language != "en")


def test_the_same_seed_gives_the_same_trials_and_no_seed_fresh_ones():
    drawn, jump = [], exercise("00.jump").reference()

    def watching(schedule, x0, t, eps):
        drawn[-1].append(float(x0.sum()))
        return jump(schedule, x0, t, eps)

    for seed in (1, 1, 2, None, None):
        drawn.append([])
        check("00.jump", watching, seed)
    first, again, other, fresh, fresher = drawn
    assert first and first == again != other and fresh != fresher


@pytest.mark.parametrize("seed", ["1", 1.0, True, -1, 2**63])
def test_a_seed_that_is_no_whole_number_is_refused(seed, refused):
    with refused(repr(seed)):
        check("00.jump", lesson_00.jump, seed)


@pytest.mark.parametrize(
    ("unknown", "meant"),
    [("00.jmp", "00.jump"), ("0.jump", "00.jump"), ("jump", "00.jump"), ("07.ddpm", "07.ddim"), ("01.ddim", "07.ddim")],
)
@pytest.mark.parametrize("asked", [hint, solution, exercise, lambda unknown: check(unknown, ...)])
def test_an_unknown_id_is_answered_with_the_nearest(asked, unknown, meant, refused):
    with refused(repr(unknown), meant) as caught:
        asked(unknown)
    assert f'Did you mean "{meant}"?' in caught.value.en


@pytest.mark.parametrize(
    "no_id", [1, None, nothing, 0.5, ["00.jump"], b"00.jump"], ids=lambda given: type(given).__name__
)
@pytest.mark.parametrize("asked", [hint, solution, exercise, question, lambda no_id: check(no_id, ...)])
def test_what_is_no_id_is_refused(asked, no_id, refused):
    with refused(type(no_id).__name__, '"00.jump"'):
        asked(no_id)


@pytest.mark.parametrize("no_lesson", ["../x", "0", "00.jump", "", 0, None, "judging"], ids=repr)
def test_progress_of_no_lesson_is_refused(no_lesson, refused):
    with refused(repr(no_lesson), "07"):
        progress(no_lesson)


def exits(*_):
    raise SystemExit(3)


def yields_nothing(*_):
    raise StopIteration


def calls_itself(*given):
    return calls_itself(*given)


def gives_a_class(*_):
    return torch.Tensor


def gives_another_type(*given):
    return torch.tensor(["a" == "a"]).to_sparse()


@pytest.mark.parametrize("answer", [exits, yields_nothing, calls_itself, gives_a_class, gives_another_type])
@pytest.mark.parametrize("exercise_id", FUNCTIONS)
def test_whatever_a_readers_function_does_a_sentence_comes_of_it(exercise_id, answer, in_both_languages):
    right, said = judge(exercise_id, answer, seed=1)
    assert right is False, said
    in_both_languages(*said, "✗", exercise_id)


@pytest.fixture
def doubles():
    """A notebook in which somebody has made float64 the usual type."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("exercise_id", with_one_piece(FUNCTIONS))
def test_another_default_dtype_is_survived(exercise_id, doubles):
    assert judge(exercise_id, exercise(exercise_id).reference(), seed=1).right
    [wrong, en, zh] = next(iter(WRONG[exercise_id].values()))
    right, said = judge(exercise_id, wrong, seed=1)
    assert right is False and en in said[0] and zh in said[1], said


def test_checking_leaves_the_readers_seed_alone(capsys):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    check("00.jump", lesson_00.jump)
    assert torch.rand(2).equal(expected)


def test_sources_are_shown(capsys):
    show_source(forward_jump)
    shown = capsys.readouterr().out
    assert shown.startswith("```python\n# course_utils/forward.py\ndef forward_jump(") and shown.rstrip().endswith(
        "```"
    )


IMPORT_ALL = """
from torch.utils._python_dispatch import TorchDispatchMode

class Counting(TorchDispatchMode):
    done = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        self.done += 1
        return operation(*args, **(kwargs or {}))

with Counting() as counting:
    from course_utils import exercises
    found = [exercises.progress(lesson) for lesson in exercises.lessons()]
    imported = counting.done
    exercises.exercise("01.half").reference()
print(len(found), imported, counting.done > 0)
"""


def test_importing_all_exercises_computes_nothing_and_takes_no_network(tmp_path):
    """Not one operation of torch: every reference and every answer waits until somebody asks."""
    python = [sys.executable, "-c", IMPORT_ALL]
    shown = subprocess.run(python, cwd=ROOT, env=offline(tmp_path), capture_output=True, text=True, check=True).stdout
    assert shown.splitlines()[-1] == f"{len(lessons())} 0 True"


def test_a_check_without_an_answer_says_what_to_hand_over(refused):
    with refused('check("00.jump", my_answer)'):
        check("00.jump")
    with refused("00.jmp"):
        check("00.jmp")
