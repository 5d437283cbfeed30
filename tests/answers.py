"""Hand an answer to `check`, and read what it says. 把答案交给 `check`，并读出它说的话。"""

from course_utils.exercises import check
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
