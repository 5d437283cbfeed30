"""Predict, then look: questions whose answer locks before it is revealed, and outputs that wait for the lock.

先预测，再看：答案锁定之后才揭晓的问题，以及等到锁定才出现的输出。
"""

import base64
import re
from functools import cached_property
from hashlib import sha256
from html import escape

import ipywidgets

from course_utils.exercises import question
from course_utils.gates import check_word
from course_utils.language import CourseError, choose, folded, paragraphs, spoken
from course_utils.logbook import recall, record
from course_utils.page import name_sliders
from course_utils.plots import Picture
from course_utils.widgets import widget_view

BELOW = re.compile(r"_(\{[^}]*\}|\d+|[A-Za-z])")  # x_0, x_{t−1}, ᾱ_T
SMALL = dict(zip("0123456789−+aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₋₊ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_asked: dict[str, "Prediction"] = {}  # the question that stands on the page, by its id
_behind: dict[str, list["Reveal"]] = {}  # what waits for its lock


class Prediction:
    """A question on the page: choose, lock, and only then see the answer and the figure that settles it.

    页面上的一道题：先选，再锁定，然后才看到答案，以及一锤定音的图。

    The first answer counts: it is remembered for `progress`, and the question stays locked when it is asked again.
    "Try again" opens it for somebody else to choose; what was remembered stays. The options stand in an order of their
    own, always the same. A page without a kernel shows the question, with the answer folded away below it.
    """

    def __init__(self, question_id: str):
        self.id, self.question, self.locked = question_id, question(question_id), False
        self.order = _shuffled(question_id, len(self.question.options))
        labels = [(subscripted(choose(*self.question.options[i], between=" · ")), i) for i in self.order]
        self.options = ipywidgets.RadioButtons(options=labels, value=None, layout=ipywidgets.Layout(width="640px"))
        self.lock_button = ipywidgets.Button(description=choose("Lock", "锁定", between=" · "))
        self.lock_button.on_click(lambda _: self.lock())
        self.again_button = ipywidgets.Button(description=choose("Try again", "再选一次", between=" · "))
        self.again_button.on_click(lambda _: self.try_again())
        self.verdict, self.box = ipywidgets.HTML(), ipywidgets.VBox()
        self.text = ipywidgets.HTML(f"<b>{_marked(*self.question.text)}</b>")
        _asked[question_id] = self
        before = _remembered(question_id)
        if before is None:
            self.try_again()
        else:
            self.options.value = before
            self.lock()

    @cached_property
    def picture(self) -> Picture:
        """The figure that settles the question, drawn once. 一锤定音的图，只画一次。"""
        return self.question.figure()

    def lock(self) -> None:
        """Lock the chosen option, and reveal the answer and its figure; without a choice, ask for one.

        锁定所选，揭晓答案与图；还没选就请先选。
        """
        if self.locked:
            return
        chosen = self.options.value
        if chosen is None:
            self.verdict.value = _marked("Choose one first.", "请先选一项。", between=" · ")
            return
        self.locked, right = True, self.question.answer()
        if _remembered(self.id) is None:
            record(self.id, right=chosen == right, chosen=self.question.options[chosen][0])
        self.verdict.value = _marked(*(self._verdict(i, chosen, right) for i in (0, 1)))
        listed = ipywidgets.HTML("".join(f"<div>{self._line(i, chosen, right)}</div>" for i in self.order))
        self.box.children = [self.text, listed, self.again_button, self.verdict, _shown(self.picture)]
        self._tell()

    def try_again(self) -> None:
        """Open the question for another choice; what hangs on it hides again. 重新开放这道题，相关的输出重新藏起。"""
        self.locked, self.options.value, self.verdict.value = False, None, ""
        self.box.children = [self.text, self.options, self.lock_button, self.verdict]
        self._tell()

    def _tell(self) -> None:
        for waiting in _behind.get(self.id, ()):
            waiting.show(self.locked)

    def _line(self, i: int, chosen: int, right: int) -> str:
        """An option once it is locked, as readable as before."""
        label = _marked(*self.question.options[i], between=" · ")
        return (
            f"{'●' if i == chosen else '○'} {f'<b>{label}</b>' if i == chosen else label}{' ✓' if i == right else ''}"
        )

    def _verdict(self, i: int, chosen: int, right: int) -> str:
        q = self.question
        name, of_right, why = q.options[chosen][i], q.options[right][i], q.why[i]
        if chosen == right:
            return (f"✓ Yes: {name}. {why}", f"✓ 对：{name}。{why}")[i]
        reply = (q.replies[chosen] or ("", ""))[i]
        return (f"✗ No. {reply} It is {of_right}. {why}", f"✗ 不对。{reply}应是“{of_right}”。{why}")[i]

    def _repr_mimebundle_(self, **_) -> tuple[dict, dict]:
        fold = _fold(self._told(0), self._told(1), self.picture)
        return _page(self._asked(0), self._asked(1), fold, self.box)

    def _asked(self, i: int) -> str:
        q = self.question
        options = "\n".join(f"- {q.options[k][i]}" for k in self.order)
        return subscripted(f"**{('Predict:', '先预测：')[i]}** {q.text[i]}\n\n{options}")

    def _told(self, i: int) -> str:
        q, right = self.question, self.question.answer()
        replies = [
            f"- *{q.options[k][i]}*{('? ', '？')[i]}{reply[i]}"
            for k in self.order
            if (reply := q.replies[k]) is not None
        ]
        return subscripted("\n".join([f"**{q.options[right][i]}{'.。'[i]}** {q.why[i]}", "", *replies]))


class Reveal:
    """The output of a cell that settles a question: it waits until the question above is locked, then appears.

    一格的输出若会揭晓某道题，就等那道题锁定之后再出现。

    A page without a kernel shows it folded away.
    """

    def __init__(self, question_id: str, lines: list[str], picture: Picture | None):
        self.lines, self.picture, self.box = "\n".join(lines), picture, ipywidgets.VBox()
        _behind.setdefault(question_id, []).append(self)
        asked = _asked.get(question_id)
        self.show(asked.locked if asked else _remembered(question_id) is not None)

    def show(self, open_: bool) -> None:
        """Show what is waiting, or only that it waits. 显示等待中的输出，或只说它在等。"""
        wait = ipywidgets.HTML(_marked("Lock your answer above first.", "请先在上面锁定答案。", between=" · "))
        text = [ipywidgets.HTML(f"<pre>{escape(self.lines)}</pre>")] if self.lines else []
        self.box.children = [*text, *([_shown(self.picture)] if self.picture else [])] if open_ else [wait]

    def _repr_mimebundle_(self, **_) -> tuple[dict, dict]:
        text = f"```text\n{self.lines}\n```" if self.lines else ""
        first = "*Choose your answer above first, then look.*", "*请先在上面选好答案，再看这里。*"
        return _page(*first, _fold(text, text, self.picture), self.box)


def predict(question_id: str) -> Prediction:
    """Put a question such as "00.half" on the page.

    把一道题（例如 "00.half"）放到页面上。

    Raises: CourseError for an id that is not there.
    """
    asked = Prediction(question_id)
    name_sliders()
    return asked


def reveal(question_id: str, *shown: str | Picture) -> Reveal:
    """Put lines of text, and at most one picture below them, behind the lock of a question such as "00.half".

    把几行文字（下面至多一幅图）放在一道题（例如 "00.half"）的锁后面。

    Raises: CourseError for an id that is not there, for nothing to show, or for anything else to show.
    """
    question(question_id)
    lines, pictures = ([x for x in shown if isinstance(x, kind)] for kind in (str, Picture))
    if not shown or len(lines) + len(pictures) < len(shown) or len(pictures) > 1:
        kinds = ", ".join(type(x).__name__ for x in shown) or "None"
        raise CourseError(
            f"reveal was given {kinds}. Give lines of text and at most one picture, as plots makes it.",
            f"reveal 收到的是 {kinds}。请给几行文字，以及至多一幅由 plots 画成的图。",
        )
    return Reveal(question_id, lines, pictures[0] if pictures else None)


def subscripted(text: str) -> str:
    """Write x_0 as x₀ wherever such letters exist, for places that show plain text.

    在只能显示纯文本的地方，把 x_0 写成 x₀（有这样的字母才换）。

    Raises: CourseError for what is no text.
    """
    check_word("text", text)

    def lowered(found: re.Match) -> str:
        letters = found[1].strip("{}")
        return "".join(SMALL[c] for c in letters) if set(letters) <= set(SMALL) else found[0]

    return BELOW.sub(lowered, text)


def _html(text: str) -> str:
    """Text as HTML, its subscripts lowered."""
    lowered = BELOW.sub(lambda found: f"<sub>{found[1].strip('{}')}</sub>", escape(text))
    return lowered.replace("\n", "<br>")


def _marked(en: str, zh: str, between: str = "\n") -> str:
    """Both texts as HTML, or the one in the language that is set; what is 中文 says so, as on a stored page."""
    return choose(_html(en), f'<span lang="zh">{_html(zh)}</span>', _html(between))


def _address(picture: Picture) -> str:
    return f"data:{picture.mime};base64,{base64.b64encode(picture.content).decode()}"


def _shown(picture: Picture) -> ipywidgets.HTML:
    """A picture that says to a screen reader what it shows."""
    alt = escape(choose(picture.en, picture.zh, between=" · "))
    return ipywidgets.HTML(f'<img alt="{alt}" style="max-width: min(720px, 100%)" src="{_address(picture)}">')


def _fold(en: str, zh: str, picture: Picture | None) -> dict[str, str]:
    """What a page without a kernel folds away."""
    fold = {"en": en, "zh": zh}
    return fold | ({"alt_en": picture.en, "alt_zh": picture.zh, "picture": _address(picture)} if picture else {})


def _page(en: str, zh: str, fold: dict[str, str], box: ipywidgets.VBox) -> tuple[dict, dict]:
    """The widget, and what a page without a kernel has in its place, in the very words that the build stores."""
    metadata = spoken(en, zh)
    metadata["course"]["folded"] = fold
    texts = {"text/plain": choose(en, zh, between="\n\n"), "text/markdown": paragraphs(en, zh) + folded(**fold)}
    return texts | widget_view(box), metadata


def _remembered(question_id: str) -> int | None:
    """The option that was locked first, in this kernel or an earlier one; None if there is none."""
    names = [en for en, _ in question(question_id).options]
    before = recall().get(question_id, {}).get("chosen")
    return names.index(before) if before in names else None


def _shuffled(question_id: str, n: int) -> list[int]:
    """An order of the options that is always the same and tells nothing of which is right ("b": all places in turn)."""
    return sorted(range(n), key=lambda i: sha256(f"b{question_id} {i}".encode()).digest())
