"""Predict, then look: questions whose answer locks before it is revealed.

先预测，再看：答案锁定之后才揭晓的问题。
"""

import base64
from functools import cached_property
from html import escape

import ipywidgets

from course_utils.exercises import question
from course_utils.language import choose, folded, spoken
from course_utils.logbook import recall, record
from course_utils.plots import Picture
from course_utils.widgets import widget_view


class Prediction:
    """A question on the page: choose, lock, and only then see the answer and the figure that settles it.

    页面上的一道题：先选，再锁定，然后才看到答案，以及一锤定音的图。

    The first answer counts: it is remembered for `progress`, and the question stays locked when it is asked again.
    A page without a kernel shows the question, with the answer folded away below it.
    """

    def __init__(self, question_id: str):
        self.id, self.question, self.locked = question_id, question(question_id), False
        labels = [(choose(en, zh, between=" · "), i) for i, (en, zh) in enumerate(self.question.options)]
        self.options = ipywidgets.RadioButtons(options=labels, value=None, layout=ipywidgets.Layout(width="640px"))
        self.lock_button = ipywidgets.Button(description=choose("Lock", "锁定", between=" · "))
        self.verdict = ipywidgets.HTML()
        self.lock_button.on_click(lambda _: self.lock())
        text = ipywidgets.HTML(f"<b>{escape(choose(*self.question.text)).replace(chr(10), '<br>')}</b>")
        self.box = ipywidgets.VBox([text, self.options, self.lock_button, self.verdict])
        names = [en for en, _ in self.question.options]
        before = recall().get(question_id, {}).get("chosen")
        if before in names:
            self.options.value = names.index(before)
            self.lock()

    @cached_property
    def picture(self) -> Picture:
        """The figure that settles the question, drawn once. 一锤定音的图，只画一次。"""
        return self.question.figure()

    def lock(self) -> None:
        """Lock the chosen option, and reveal the answer and its figure; without a choice, ask for one.

        锁定所选，揭晓答案与图；还没选就请先选。
        """
        q = self.question
        if self.locked:
            return
        if self.options.value is None:
            self.verdict.value = choose("Choose one first.", "请先选一项。", between=" · ")
            return
        self.locked = self.options.disabled = self.lock_button.disabled = True
        right, chosen = q.answer(), self.options.value
        record(self.id, right=chosen == right, chosen=q.options[chosen][0])
        (name_en, name_zh), (why_en, why_zh) = q.options[right], q.why
        yes = f"✓ Yes: {name_en}. {why_en}", f"✓ 对：{name_zh}。{why_zh}"
        no = f"✗ No, it is {name_en}. {why_en}", f"✗ 不对，应是“{name_zh}”。{why_zh}"
        self.verdict.value = escape(choose(*(yes if chosen == right else no))).replace("\n", "<br>")
        image = ipywidgets.Image(value=self.picture.content, format="png", layout=ipywidgets.Layout(max_width="720px"))
        self.box.children = [*self.box.children, image]

    def _repr_mimebundle_(self, **_) -> tuple[dict, dict]:
        picture = self.picture
        source = f"data:image/png;base64,{base64.b64encode(picture.content).decode()}"
        asked = choose(self._asked(0), self._asked(1), between="\n\n")
        fold = {"en": self._told(0), "zh": self._told(1), "alt_en": picture.en, "alt_zh": picture.zh, "picture": source}
        metadata = spoken(self._asked(0), self._asked(1))
        metadata["course"]["folded"] = fold
        return {"text/plain": asked, "text/markdown": asked + folded(**fold), **widget_view(self.box)}, metadata

    def _asked(self, i: int) -> str:
        q = self.question
        options = "\n".join(f"- {option[i]}" for option in q.options)
        return f"**{('Predict:', '先预测：')[i]}** {q.text[i]}\n\n{options}"

    def _told(self, i: int) -> str:
        q = self.question
        return f"**{q.options[q.answer()][i]}{'.。'[i]}** {q.why[i]}"


def predict(question_id: str) -> Prediction:
    """Put a question such as "00.half" on the page.

    把一道题（例如 "00.half"）放到页面上。

    Raises: CourseError for an id that is not there.
    """
    return Prediction(question_id)
