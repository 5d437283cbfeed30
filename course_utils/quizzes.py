"""Predict, then look: questions whose answer locks before it is revealed.

先预测，再看：答案锁定之后才揭晓的问题。
"""

from html import escape

import ipywidgets

from course_utils.exercises import Question, of_lesson
from course_utils.language import choose, spoken
from course_utils.widgets import widget_view


class Prediction:
    """A question on the page: choose, lock, and only then read the answer.

    页面上的一道题：先选，再锁定，然后才看到答案。
    """

    def __init__(self, question: Question):
        self.question, self.locked = question, False
        labels = [(choose(en, zh, between=" · "), i) for i, (en, zh) in enumerate(question.options)]
        self.options = ipywidgets.RadioButtons(options=labels, value=None, layout=ipywidgets.Layout(width="640px"))
        self.lock_button = ipywidgets.Button(description=choose("Lock", "锁定", between=" · "))
        self.verdict = ipywidgets.HTML()
        self.lock_button.on_click(lambda _: self.lock())
        text = ipywidgets.HTML(f"<b>{escape(choose(*question.text)).replace(chr(10), '<br>')}</b>")
        self.box = ipywidgets.VBox([text, self.options, self.lock_button, self.verdict])

    def lock(self) -> None:
        """Lock the chosen option and reveal the answer; without a choice, ask for one.

        锁定所选并揭晓答案；还没选就请先选。
        """
        q = self.question
        if self.locked:
            return
        if self.options.value is None:
            self.verdict.value = choose("Choose one first.", "请先选一项。", between=" · ")
            return
        self.locked = self.options.disabled = self.lock_button.disabled = True
        right = q.answer()
        name_en, name_zh = q.options[right]
        if self.options.value == right:
            en, zh = f"✓ Yes: {name_en}. {q.why[0]}", f"✓ 对：{name_zh}。{q.why[1]}"
        else:
            en, zh = f"✗ No, it is {name_en}. {q.why[0]}", f"✗ 不对，应是“{name_zh}”。{q.why[1]}"
        self.verdict.value = escape(choose(en, zh)).replace("\n", "<br>")

    def _repr_mimebundle_(self, **_) -> tuple[dict, dict]:
        q = self.question
        en = f"**Predict:** {q.text[0]}\n\n" + "\n".join(f"- {option}" for option, _ in q.options)
        zh = f"**先预测：** {q.text[1]}\n\n" + "\n".join(f"- {option}" for _, option in q.options)
        text = choose(en, zh, between="\n\n")
        bundle = {"text/plain": text, "text/markdown": text, **widget_view(self.box)}
        return bundle, spoken(en, zh)


def predict(question_id: str) -> Prediction:
    """Put a question such as "00.half" on the page.

    把一道题（例如 "00.half"）放到页面上。

    Raises: CourseError for an id that is not there.
    """
    return Prediction(of_lesson(question_id, "QUESTIONS"))
