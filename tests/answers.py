"""Hand an answer to `check`, and read what it says. 把答案交给 `check`，并读出它说的话。"""

from course_utils.exercises import Question, check, exercise, hint, solution
from course_utils.language import set_language


def name_of(answer) -> str:
    """A short name for a test's id. 测试编号用的短名。"""
    return getattr(answer, "__name__", repr(answer))


def verdict(capsys, exercise_id, answer):
    """What check returns, and what it says in English and in 中文."""
    said = []
    for language in ("en", "zh"):
        set_language(language)
        returned = check(exercise_id, answer)
        said.append(capsys.readouterr().out)
    return returned, *said


def speaks(exercise_id, capsys, in_both_languages) -> None:
    """Assert that an exercise has three hints in both languages and a solution. 断言练习有三级双语提示和参考解。"""
    hints = exercise(exercise_id).hints
    for grade in (1, 2, 3):
        en, zh = hints[grade - 1]
        in_both_languages(en, zh)
        hint(exercise_id, grade)
        assert en in capsys.readouterr().out, (exercise_id, grade)
    solution(exercise_id)
    assert capsys.readouterr().out.strip(), exercise_id


def is_whole(question: Question, in_both_languages, limit: int) -> None:
    """Assert that a question lacks nothing and its figure is under the limit in bytes. 断言题目完整，图小于限值。"""
    for en, zh in (question.text, question.why):
        in_both_languages(en, zh)
    assert len({en for en, _ in question.options}) == len({zh for _, zh in question.options}) >= 3, question.options
    assert 0 <= question.answer() < len(question.options), question.answer()
    content = question.figure().content
    assert content.startswith(b"\x89PNG") and len(content) < limit, len(content)


def chosen(question: Question) -> str:
    """The right option, in English. 正确的选项（英文）。"""
    return question.options[question.answer()][0]
