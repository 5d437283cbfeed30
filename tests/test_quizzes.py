"""A prediction locks before the answer is shown, and then speaks the language that is set.

预测先锁定，再揭晓；揭晓时用所设的语言。
"""

import base64
from html import escape, unescape

import ipywidgets
import pytest

from course_utils import schedules
from course_utils.exercises import lesson_00
from course_utils.language import set_language
from course_utils.quizzes import predict
from course_utils.widgets import WIDGET_VIEW

QUESTION = lesson_00.QUESTIONS["half"]
RIGHT = QUESTION.answer()
WRONG = (RIGHT + 1) % 4


@pytest.fixture(params=["en", "zh", "both"])
def speaking(request):
    set_language(request.param)
    return request.param


def said(prediction):
    return unescape(prediction.verdict.value.replace("<br>", "\n"))


def press(prediction):
    prediction.lock_button.click()


def test_locking_without_a_choice_asks_for_one(speaking):
    prediction = predict("00.half")
    press(prediction)
    asked = {"en": "Choose one first.", "zh": "请先选一项。", "both": "Choose one first. · 请先选一项。"}
    assert prediction.verdict.value == asked[speaking] and not prediction.locked
    assert not prediction.options.disabled and not prediction.lock_button.disabled


@pytest.mark.parametrize("choice, mark", [(RIGHT, "✓"), (WRONG, "✗")])
def test_locking_reveals_the_answer_in_the_language_set(speaking, choice, mark):
    prediction = predict("00.half")
    prediction.options.value = choice
    assert prediction.verdict.value == "" and not prediction.locked
    press(prediction)
    for language, option, why in zip(("en", "zh"), QUESTION.options[RIGHT], QUESTION.why, strict=True):
        expected = speaking in (language, "both")
        assert (option in said(prediction)) == (why in said(prediction)) == expected
    assert said(prediction).count(mark) == (2 if speaking == "both" else 1) and prediction.locked


def test_after_the_lock_nothing_moves():
    prediction = predict("00.half")
    prediction.options.value = WRONG
    press(prediction)
    revealed = said(prediction)
    assert prediction.options.disabled and prediction.lock_button.disabled
    prediction.lock()
    assert said(prediction) == revealed


def test_another_choice_after_the_lock_is_not_judged_anew():
    prediction = predict("00.half")
    prediction.options.value = WRONG
    prediction.lock()
    revealed = said(prediction)
    prediction.options.value = RIGHT
    prediction.lock()
    assert said(prediction) == revealed


def test_the_answer_is_computed_from_the_schedule():
    alpha_bar = schedules.linear().alpha_bar
    distance = [abs(float(alpha_bar[t]) - 0.5) for t in (100, 250, 500, 750)]
    assert RIGHT == distance.index(min(distance))
    assert [en for en, _ in QUESTION.options] == [f"about t = {t}" for t in (100, 250, 500, 750)]


def test_a_page_without_widgets_shows_the_question_and_folds_the_answer(speaking):
    prediction = predict("00.half")
    bundle, metadata = prediction._repr_mimebundle_()
    asked, fold = bundle["text/markdown"].split("<details>")
    for i, language in enumerate(("en", "zh")):
        expected = speaking in (language, "both")
        assert (QUESTION.text[i] in asked) == all(option[i] in asked for option in QUESTION.options) == expected
        assert (QUESTION.why[i] in fold) == (QUESTION.options[RIGHT][i] in fold) == expected
        assert QUESTION.why[i] not in asked and QUESTION.why[i] not in bundle["text/plain"]
        assert QUESTION.text[i] in metadata["course"][language]
    alt = {"en": QUESTION.figure().en, "zh": QUESTION.figure().zh}
    assert f'alt="{escape(alt.get(speaking, " · ".join(alt.values())))}"' in fold
    picture = base64.b64encode(QUESTION.figure().content).decode()
    assert fold.count(f'src="data:image/png;base64,{picture}"') == 1 and fold.endswith("</details>")
    assert bundle[WIDGET_VIEW]["model_id"] == prediction.box.model_id


def test_the_figure_appears_with_the_lock():
    prediction = predict("00.half")
    assert not any(isinstance(part, ipywidgets.Image) for part in prediction.box.children)
    prediction.options.value = WRONG
    press(prediction)
    assert prediction.box.children[-1].value == QUESTION.figure().content


def test_the_widget_shows_the_question_and_each_option(speaking):
    prediction = predict("00.half")
    heading = unescape(prediction.box.children[0].value)
    shown = [label for label, _ in prediction.options.options]
    assert len(shown) == 4 and prediction.options.value is None and len(QUESTION.options) == 4
    for i, language in enumerate(("en", "zh")):
        expected = speaking in (language, "both")
        assert (QUESTION.text[i] in heading) == expected
        assert all((option[i] in label) == expected for option, label in zip(QUESTION.options, shown, strict=True))


def test_questions_are_written_in_both_languages(in_both_languages):
    for texts in (QUESTION.text, QUESTION.why, *QUESTION.options):
        in_both_languages(*texts)


@pytest.mark.parametrize("unknown", ["00.third", "00.jump", "42.half", "half", ""])
def test_an_unknown_question_is_refused(unknown, refused):
    with refused(repr(unknown.partition(".")[0])) as caught:
        predict(unknown)
    assert ("00.half" in caught.value.en) == ("00.half" in caught.value.zh) == unknown.startswith("00")
