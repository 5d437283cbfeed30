"""A prediction locks before the answer is shown, and then speaks the language that is set.

预测先锁定，再揭晓；揭晓时用所设的语言。
"""

import base64
import re
from dataclasses import replace
from html import escape, unescape

import pytest
import torch
from lesson_runs import ROOT
from nbformat.v4 import new_output

from course_utils import plots, quizzes, schedules
from course_utils.exercises import lesson_00, lessons, question, tables_of
from course_utils.language import set_language
from course_utils.logbook import recall, record
from course_utils.quizzes import predict, reveal, subscripted
from course_utils.widgets import WIDGET_VIEW
from tools.outputs import clean, speak

QUESTION = lesson_00.QUESTIONS["half"]
RIGHT = QUESTION.answer()
WRONG = (RIGHT + 1) % 4
QUESTIONS = [f"{lesson}.{name}" for lesson in lessons() for name in tables_of(lesson).QUESTIONS]


@pytest.fixture(params=["en", "zh", "both"])
def speaking(request):
    set_language(request.param)
    return request.param


def said(prediction):
    text = unescape(prediction.verdict.value.replace("<br>", "\n"))
    return subscripted(re.sub("<sub>(.*?)</sub>", r"_{\1}", text))


def html(box):
    """All that a box shows, as HTML."""
    return "".join(
        html(part) if hasattr(part, "children") else str(getattr(part, "value", "")) for part in box.children
    )


def picture_in(shown):
    [content] = re.findall(r'src="data:image/png;base64,([^"]*)"', html(shown.box))
    return base64.b64decode(content)


def press(prediction):
    prediction.lock_button.click()


def test_locking_without_a_choice_asks_for_one(speaking):
    prediction = predict("00.half")
    press(prediction)
    asked = {"en": "Choose one first.", "zh": '<span lang="zh">请先选一项。</span>'}
    asked["both"] = f"{asked['en']} · {asked['zh']}"
    assert prediction.verdict.value == asked[speaking] and not prediction.locked
    assert not prediction.options.disabled and not prediction.lock_button.disabled


@pytest.mark.parametrize("choice", range(4))
def test_locking_answers_the_option_chosen_in_the_language_set(speaking, choice):
    prediction = predict("00.half")
    prediction.options.value = choice
    assert prediction.verdict.value == "" and not prediction.locked
    press(prediction)
    for i, language in enumerate(("en", "zh")):
        expected = speaking in (language, "both")
        right, why = subscripted(QUESTION.options[RIGHT][i]), subscripted(QUESTION.why[i])
        assert (right in said(prediction)) == (why in said(prediction)) == expected
        replies = [k for k in range(4) if k != RIGHT and QUESTION.replies[k][i] in said(prediction)]
        assert replies == ([choice] if expected and choice != RIGHT else [])
    mark = "✓" if choice == RIGHT else "✗"
    assert said(prediction).count(mark) == (2 if speaking == "both" else 1) and prediction.locked


HAN = re.compile(r"[\u4e00-\u9fff]")


def test_a_live_question_marks_its_chinese_as_a_stored_page_does(speaking):
    prediction, waiting = predict("00.half"), reveal("00.half", "t = 250")
    stages = [html(waiting.box), prediction.text.value]
    for choice in (None, WRONG):
        prediction.options.value = choice
        press(prediction)
        stages += [prediction.verdict.value, prediction.box.children[1].value if prediction.locked else ""]
    for shown in stages:
        marked = "".join(re.findall(r'<span lang="zh">(.*?)</span>', shown, re.S))
        assert bool(HAN.search(marked)) == (speaking != "en" and bool(shown))
        assert not HAN.search(re.sub(r'<span lang="zh">.*?</span>', "", shown, flags=re.S))


def test_after_the_lock_nothing_moves():
    """Whatever is chosen or pressed then: the verdict, the marked options, what is remembered, and what hangs on it."""
    prediction, waiting = predict("00.half"), reveal("00.half", "t = 250")
    prediction.options.value = WRONG
    press(prediction)
    looks = [html(prediction.box), html(waiting.box), recall()]
    for other in (RIGHT, WRONG, (WRONG + 1) % 4):
        prediction.options.value = other
        press(prediction)
        prediction.lock()
        assert [html(prediction.box), html(waiting.box), recall()] == looks
    assert recall()["00.half"] == {"right": False, "chosen": QUESTION.options[WRONG][0]}
    assert prediction.options not in prediction.box.children and prediction.lock_button not in prediction.box.children


def test_a_locked_choice_is_marked_and_readable_and_the_right_one_too(speaking):
    prediction = predict("00.half")
    prediction.options.value = WRONG
    press(prediction)
    listed = prediction.box.children[1].value.removesuffix("</div>").split("</div>")
    assert len(listed) == 4 and "disabled" not in html(prediction.box)
    for i, line in zip(prediction.order, listed, strict=True):
        name = QUESTION.options[i][speaking == "zh"]
        assert name in line and ("●" in line) == ("<b>" in line) == (i == WRONG) and ("✓" in line) == (i == RIGHT)


def test_a_class_can_try_again_and_the_first_answer_still_counts():
    prediction, waiting = predict("00.half"), reveal("00.half", "t = 250")
    prediction.options.value = WRONG
    press(prediction)
    prediction.again_button.click()
    assert not prediction.locked and prediction.options.value is None and prediction.options in prediction.box.children
    assert said(prediction) == "" and "t = 250" not in html(waiting.box)
    prediction.options.value = RIGHT
    press(prediction)
    assert "✓" in said(prediction) and "t = 250" in html(waiting.box)
    assert recall()["00.half"] == {"right": False, "chosen": QUESTION.options[WRONG][0]}


def test_options_stand_in_an_order_of_their_own_and_a_stored_answer_is_recalled():
    places = []
    for question_id in QUESTIONS:
        prediction, asked = predict(question_id), question(question_id)
        assert prediction.order == predict(question_id).order and sorted(prediction.order) == [
            *range(len(asked.options))
        ]
        assert [i for _, i in prediction.options.options] == prediction.order
        places.append((prediction.order.index(asked.replies.index(None)), len(prediction.order)))
    last = sum(place == n - 1 for place, n in places)
    counts = [sum(place == k for place, _ in places) for k in range(4)]
    assert min(counts) >= 4 and max(counts) <= len(places) / 3 and last <= len(places) / 3, (counts, last)
    record("03.which", right=False, chosen=question("03.which").options[1][0])
    again = predict("03.which")
    assert again.locked and again.options.value == 1


def test_another_choice_after_the_lock_is_not_judged_anew():
    prediction = predict("00.half")
    prediction.options.value = WRONG
    prediction.lock()
    revealed = said(prediction)
    prediction.options.value = RIGHT
    prediction.lock()
    assert said(prediction) == revealed


# What waits for the lock.


PICTURE = plots.strip(torch.zeros(1, 1, 8, 8), [1])


def test_what_is_behind_the_lock_appears_with_it_and_not_before(speaking):
    prediction, waiting = predict("00.half"), reveal("00.half", "t = 250", "x < 3", PICTURE)
    assert not {"250", "<img"} & set(re.findall("250|<img", html(waiting.box)))
    ask = {"en": "Lock your answer above first.", "zh": "请先在上面锁定答案。"}
    assert all((text in html(waiting.box)) == (speaking in (name, "both")) for name, text in ask.items())
    prediction.options.value = WRONG
    press(prediction)
    assert "<pre>t = 250\nx &lt; 3</pre>" in html(waiting.box) and picture_in(waiting) == PICTURE.content
    assert not any(text in html(waiting.box) for text in ask.values())


def test_what_is_run_after_the_lock_or_in_a_later_kernel_is_shown_at_once():
    prediction = predict("00.half")
    prediction.options.value = RIGHT
    press(prediction)
    assert "t = 250" in html(reveal("00.half", "t = 250").box)
    quizzes._asked.clear()
    assert "t = 250" in html(reveal("00.half", "t = 250").box)
    assert "three" not in html(reveal("01.end", "three").box)


def test_a_page_without_widgets_folds_it_away_and_says_a_text_once():
    waiting = reveal("00.half", "t = 250", PICTURE)
    bundle, metadata = waiting._repr_mimebundle_()
    before, fold = bundle["text/markdown"].split("<details>")
    assert "250" not in before + bundle["text/plain"] and fold.count("t = 250") == 1 and fold.count("<img") == 1
    assert escape(PICTURE.en) in fold and escape(PICTURE.zh) in fold and fold.endswith("</details>")
    assert metadata["course"]["folded"]["en"] == metadata["course"]["folded"]["zh"] == "```text\nt = 250\n```"
    assert "<img" not in reveal("00.half", "t = 250")._repr_mimebundle_()[0]["text/markdown"]


@pytest.mark.parametrize("put", [lambda: predict("00.half"), lambda: reveal("00.half", "t = 250", PICTURE)])
def test_the_page_of_a_kernel_says_it_in_the_words_that_the_build_stores(put, speaking):
    """So a stored page can be compared with what its cells show when they are run again."""
    bundle, metadata = put()._repr_mimebundle_()
    [live] = clean([new_output("execute_result", data=bundle, metadata=metadata)])
    [stored] = speak(live, speaking)
    assert stored.data == live.data and ('<div lang="zh">' in live.data["text/markdown"]) == (speaking != "en")


@pytest.mark.parametrize("shown", [(), (3,), ("a", None), (PICTURE, PICTURE)])
def test_anything_else_behind_the_lock_is_refused(shown, refused):
    with refused("reveal", *(type(x).__name__ for x in shown)):
        reveal("00.half", *shown)


# How it is written.


def test_an_option_with_a_bracket_of_html_is_shown_as_it_is(monkeypatch):
    odd = replace(QUESTION, options=(*QUESTION.options[:2], ("t<b>500", "t<b>500"), QUESTION.options[3]))
    monkeypatch.setattr(quizzes, "question", lambda _: odd)
    set_language("en")
    for choice in (2, RIGHT):
        prediction = predict("00.half")
        prediction.try_again()
        prediction.options.value = choice
        press(prediction)
        assert "t&lt;b&gt;500" in prediction.box.children[1].value and "t<b>" not in html(prediction.box)
    monkeypatch.setattr(quizzes, "question", lambda _: replace(odd, answer=lambda: 2))
    prediction = predict("00.half")
    prediction.try_again()
    prediction.options.value = 2
    press(prediction)
    assert "t&lt;b&gt;500" in prediction.verdict.value


def test_no_question_shows_an_underscore_for_a_subscript(monkeypatch):
    for question_id in QUESTIONS:
        right = question(question_id).replies.index(None)
        asked = replace(question(question_id), figure=lambda: PICTURE, answer=lambda right=right: right)
        monkeypatch.setattr(quizzes, "question", lambda _, asked=asked: asked)
        for choice in range(len(asked.options)):
            prediction = predict(question_id)
            prediction.try_again()
            prediction.options.value = choice
            press(prediction)
            labels = "".join(label for label, _ in prediction.options.options)
            assert "_" not in html(prediction.box).split("<img")[0] + labels, question_id


@pytest.mark.parametrize(
    ("text", "expected"),
    [("x_0", "x₀"), ("ᾱ_t", "ᾱₜ"), ("x_{t−1} of x_100", "xₜ₋₁ of x₁₀₀"), ("ᾱ_T", "ᾱ_T"), ("r_s² / r_t", "rₛ² / rₜ")],
)
def test_subscripts_are_lowered_where_there_are_such_letters(text, expected):
    assert subscripted(text) == expected


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
        text, why = subscripted(QUESTION.text[i]), subscripted(QUESTION.why[i])
        assert (text in asked) == all(option[i] in asked for option in QUESTION.options) == expected
        assert (why in fold) == all(option[i] in fold for option in QUESTION.options) == expected
        assert all((reply[i] in fold) == expected for reply in QUESTION.replies if reply)
        assert why not in asked and why not in bundle["text/plain"]
        assert text in metadata["course"][language]
    alt = {"en": QUESTION.figure().en, "zh": QUESTION.figure().zh}
    assert f'alt="{escape(alt.get(speaking, " · ".join(alt.values())))}"' in fold
    picture = base64.b64encode(QUESTION.figure().content).decode()
    assert fold.count(f'src="data:image/png;base64,{picture}"') == 1 and fold.endswith("</details>")
    assert bundle[WIDGET_VIEW]["model_id"] == prediction.box.model_id


def test_the_figure_appears_with_the_lock():
    prediction = predict("00.half")
    assert "<img" not in html(prediction.box)
    prediction.options.value = WRONG
    press(prediction)
    assert picture_in(prediction) == QUESTION.figure().content


def test_the_widget_shows_the_question_and_each_option(speaking):
    prediction = predict("00.half")
    heading = re.sub("<sub>(.*?)</sub>", r"_\1", unescape(prediction.box.children[0].value))
    shown = [label for label, _ in prediction.options.options]
    assert len(shown) == 4 and prediction.options.value is None and len(QUESTION.options) == 4
    for i, language in enumerate(("en", "zh")):
        expected = speaking in (language, "both")
        assert (QUESTION.text[i] in heading) == expected
        names = [QUESTION.options[k][i] for k in prediction.order]
        assert all((name in label) == expected for name, label in zip(names, shown, strict=True))


def test_questions_are_written_in_both_languages(in_both_languages):
    for texts in (QUESTION.text, QUESTION.why, *QUESTION.options):
        in_both_languages(*texts)


@pytest.mark.parametrize("unknown", ["00.third", "00.jumps", "42.half", "half", ""])
def test_an_unknown_question_is_refused(unknown, refused):
    for put in (predict, lambda unknown: reveal(unknown, "t")):
        with refused(unknown.partition(".")[0]) as caught:
            put(unknown)
    en, zh = ("00.half" in said for said in (caught.value.en, caught.value.zh))
    assert en == zh and (en or not unknown.startswith("00"))


def test_in_every_lesson_what_settles_a_question_waits_behind_it():
    """But for two questions that only their own figure settles."""
    sources = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "notebooks/source").glob("*.py")))
    asked = re.findall(r'^predict\("([^"]+)"\)', sources, re.M)
    assert sorted(asked) == sorted(QUESTIONS)
    for question_id in asked:
        behind = [found.start() for found in re.finditer(rf'^reveal\("{question_id}", ', sources, re.M)]
        assert bool(behind) == (question_id not in ("05.output", "05.company")), question_id
        assert all(place > sources.index(f'predict("{question_id}")') for place in behind)


def test_the_figure_is_drawn_once(monkeypatch):
    prediction, drawn = predict("00.half"), []
    figure = prediction.question.figure
    counted = replace(prediction.question, figure=lambda: drawn.append(1) or figure())
    monkeypatch.setattr(prediction, "question", counted)
    prediction.options.value = RIGHT
    press(prediction)
    prediction._repr_mimebundle_()
    assert len(drawn) == 1


def test_what_is_asked_again_hides_what_comes_after_it_too():
    prediction = predict("00.half")
    prediction.options.value = RIGHT
    press(prediction)
    prediction.try_again()
    waiting = reveal("00.half", "t = 250")
    assert "t = 250" not in html(waiting.box)
    prediction.options.value = RIGHT
    press(prediction)
    assert "t = 250" in html(waiting.box)


def test_signs_of_html_in_the_words_of_a_picture_stay_words():
    prediction = predict("00.half")
    prediction.options.value = RIGHT
    press(prediction)
    shown = html(reveal("00.half", plots.Picture(b"", 'a "b" < c', "甲 < 乙")).box)
    assert "&quot;b&quot; &lt; c" in shown and 'a "b"' not in shown
