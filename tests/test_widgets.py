"""Moving a slider changes the picture, always on the thread that made it; a training can be watched and stopped.

移动滑块，图就变，且总在创建它的线程上画；训练可以实时观看，也可以停下。
"""

import asyncio
import io
import os
import re
import signal
import threading
from contextlib import nullcontext

import ipywidgets
import pytest
import torch
from jupyter_client.manager import start_new_kernel
from lesson_runs import ROOT
from PIL import Image

from course_utils import data, page, plots, schedules, training
from course_utils.forward import forward_jump
from course_utils.language import set_language
from course_utils.mlp import MLP
from course_utils.samplers import sample
from course_utils.training import TrainRecord
from course_utils.widgets import (
    WIDGET_VIEW,
    Panel,
    alive,
    choice,
    noise_slider,
    panels,
    slider,
    step_bar,
    watch,
    watching,
)

SCHEDULE = schedules.linear()


@pytest.fixture
def drawn():
    """A panel with one slider, and a list of the values and threads it was drawn with."""
    calls, control = [], slider("t", 0, 100, 50)

    def draw():
        calls.append((control.value, threading.current_thread()))
        return plots.grid(torch.full((1, 1, 16, 16), control.value / 100))

    return (lambda: Panel([control], draw, width=64)), control, calls


@pytest.mark.parametrize("language, name", [("en", "steps"), ("both", "steps"), ("zh", "步数")])
def test_a_control_is_named_in_the_language_set_and_a_symbol_is_a_symbol(language, name):
    set_language(language)
    assert slider("steps", 0, 10, 5).description == choice("steps", ["a"]).description == name
    assert slider("t", 0, 10, 5).description == "t"


def test_what_a_restart_cuts_off_says_what_to_do(monkeypatch, in_both_languages):
    scripts = []
    monkeypatch.setattr(page, "get_ipython", lambda: object())
    monkeypatch.setattr(page, "display", lambda bundle, **how: scripts.append(bundle["application/javascript"]))
    for language in ("en", "zh"):
        set_language(language)
        page.name_sliders()
    en, zh = (re.search("jupyter-widgets-disconnected::after {content: '([^']+)'", script)[1] for script in scripts)
    in_both_languages(en, zh)
    assert "run this cell again" in en and "重新运行" in zh


def elsewhere(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return thread


def test_moving_the_slider_changes_the_picture():
    x0 = data.digits().x[:4]
    panel = noise_slider(SCHEDULE, x0, t=300, seed=2)
    (over_t,) = [child for child in panel.box.children if isinstance(child, ipywidgets.IntSlider)]
    assert (over_t.min, over_t.max, over_t.value) == (0, 1000, 300)
    seen = {}
    for t in (300, 0, 700, 1000, 300):
        over_t.value = t
        eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(2))
        xt = forward_jump(SCHEDULE, x0, t, eps).xt
        expected = plots.noised(xt, t, float(SCHEDULE.alpha_bar[t]))
        assert panel.image.value == panel.picture.content == expected.content
        assert panel.picture.en == expected.en and Image.open(io.BytesIO(panel.image.value)).format == "PNG"
        assert seen.setdefault(t, expected.content) == expected.content
    assert len(set(seen.values())) == 4


def test_the_picture_keeps_its_size_while_it_is_redrawn():
    panel = noise_slider(SCHEDULE, data.digits().x[:2], t=300)
    sizes = set()
    for t in (0, 300, 1000):
        panel.box.children[0].value = t
        sizes.add(Image.open(io.BytesIO(panel.image.value)).size)
    assert len(sizes) == 1 and panel.image.layout.width == "388px"


@pytest.mark.parametrize("t", [-1, 1001, 3.5])
def test_a_slider_cannot_begin_outside_the_schedule(t, refused):
    with refused(str(t)):
        noise_slider(SCHEDULE, data.digits().x[:1], t)


def test_without_a_loop_a_move_is_drawn_at_once(drawn):
    build, control, calls = drawn
    build()
    control.value = 70
    assert [value for value, _ in calls] == [50, 70]


def test_within_a_loop_a_move_on_its_own_thread_is_drawn_at_once(drawn):
    build, control, calls = drawn

    async def scene():
        panel = build()
        control.value = 70
        return panel, [value for value, _ in calls]

    panel, values = asyncio.run(scene())
    assert values == [50, 70] and panel.image.value == panel.picture.content


def test_moves_from_another_thread_are_merged_and_drawn_by_the_first(drawn):
    build, control, calls = drawn

    async def scene():
        panel = build()
        before = panel.image.value

        def move():
            for value in (60, 70, 80):
                control.value = value

        elsewhere(move)
        assert len(calls) == 1 and panel.image.value == before, "nothing is drawn on the other thread"
        await asyncio.sleep(0.01)
        assert [value for value, _ in calls] == [50, 80] and panel.image.value != before
        elsewhere(lambda: setattr(control, "value", 90))
        await asyncio.sleep(0.01)
        return panel

    panel = asyncio.run(scene())
    assert [value for value, _ in calls] == [50, 80, 90]
    assert {thread for _, thread in calls} == {threading.current_thread()}
    assert panel.image.value == panel.picture.content


def test_a_panel_carries_a_still_frame_beside_the_widget(drawn):
    build, control, _ = drawn
    panel = build()
    control.value = 20
    bundle, metadata = panel._repr_mimebundle_()
    still, words = panel.picture._repr_mimebundle_()
    assert bundle["image/png"] == still["image/png"] and metadata == words
    assert bundle[WIDGET_VIEW]["model_id"] == panel.box.model_id


def records(n, stop_after=None):
    for step in range(1, n + 1):
        yield TrainRecord(step, 1 / step, 1e-3)
        if step == stop_after:
            raise KeyboardInterrupt


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would show."""
    outputs = []
    for room in (panels, watching):
        monkeypatch.setattr(room, "get_ipython", lambda: object())
        monkeypatch.setattr(room, "display", lambda thing, **how: outputs.append((thing, how)))
    monkeypatch.setattr(watching, "update_display", lambda thing, **how: outputs.append((thing, how)))
    return outputs


def test_the_line_beside_a_training_is_in_the_language_that_is_set(shown):
    set_language("zh")
    watch(records(10), 10, lambda: torch.zeros(4, 1, 8, 8))
    word = shown[0][0].box.children[0].children[1].value
    assert "损失 0.1" in word and "loss" not in word


def test_watching_runs_to_the_end_and_draws_now_and_then(shown):
    sampled = []

    def samples():
        sampled.append(len(sampled))
        return torch.zeros(4, 1, 8, 8)

    seen = watch(records(25), 25, samples, every=10)
    assert [(r.step, r.loss, r.lr) for r in seen] == [(r.step, r.loss, r.lr) for r in records(25)]
    assert len(sampled) == 4, "before the first step, at 10, at 20 and at the end"
    (panel, first), (again, last) = shown
    assert again is panel and first == last == {"display_id": panel.box.model_id}
    bar, word = panel.box.children[0].children
    assert (bar.value, bar.max) == (25, 25) and "25 / 25" in word.value and f"{1 / 25:.3f}" in word.value
    assert "images/s" in word.value and "每秒" in word.value
    assert (
        panel.picture.content == plots.training_view([r.loss for r in seen], torch.zeros(4, 1, 8, 8), total=25).content
    )


@pytest.mark.parametrize("stop_after", [1, 7])
def test_a_stop_ends_what_hangs_on_it_and_says_how_to_go_on(stop_after, shown, in_both_languages):
    with pytest.raises(KeyboardInterrupt) as caught:
        watch(records(25, stop_after), 25, lambda: torch.zeros(4, 1, 8, 8))
    in_both_languages(caught.value.en, caught.value.zh, str(stop_after), "25")
    assert "run the cell again" in caught.value.en and "再运行一次" in caught.value.zh
    set_language("zh")
    assert caught.value._render_traceback_() == [caught.value.zh] and str(caught.value) == caught.value.zh
    losses = [r.loss for r in records(stop_after)]
    expected = plots.training_view(losses, torch.zeros(4, 1, 8, 8), total=25)
    assert shown[-1][0].picture.content == expected.content, "the chart shows all steps up to the stop"


def test_a_stop_between_two_steps_loses_nothing_either():
    """It may come while samples are drawn or a checkpoint is kept."""
    state, calls = training.start(MLP(size=2, width=8, layers=1)), []

    def stopping():
        calls.append(1)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return torch.zeros(4, 2)

    with pytest.raises(watching.Stopped, match="step 4 of 6"):
        watch(training.train(state, SCHEDULE, torch.randn(9, 2), 6, batch=4), 6, stopping, every=2)
    assert state.step == len(state.losses) == 4
    rest = watch(training.train(state, SCHEDULE, torch.randn(9, 2), 6, batch=4), 6, stopping, earlier=state.losses)
    assert [record.step for record in rest] == [5, 6]


SET_UP = """
import signal, torch
from course_utils import objectives, training
from course_utils.mlp import MLP
from course_utils.schedules import cosine
from course_utils.widgets import watch
asked, state = [], training.start(MLP(size=2, width=8, layers=1))

def objective(*given, **named):
    asked.append(1)
    if len(asked) == 3:
        signal.raise_signal(signal.SIGINT)
    return objectives.errors(*given, **named)
"""
TRAINING = """
records = watch(
    training.train(state, cosine(), torch.ones(9, 2), 6, batch=4, objective=objective),
    total=6,
    samples=lambda: torch.zeros(4, 2),
    earlier=state.losses,
)
"""


def test_in_a_kernel_a_stop_ends_run_all_and_the_cell_goes_on_when_it_is_run_again():
    """Three cells are sent at once, as by Run all: the second is stopped, so the third is not run."""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    manager, client = start_new_kernel(kernel_name="python3", env=env, startup_timeout=300)
    try:
        sent = [client.execute(code) for code in (SET_UP, TRAINING, "later = True")]
        replies = [reply_to(client, message) for message in sent]
        assert [reply["status"] for reply in replies] == ["ok", "error", "aborted"]
        assert replies[1]["ename"] == "Stopped" and "step 3 of 6" in replies[1]["evalue"]
        assert replies[1]["traceback"] == replies[1]["evalue"].splitlines(), "one sentence, no traceback"
        again = client.execute(TRAINING, user_expressions={"steps": "[r.step for r in records]"})
        reply = reply_to(client, again)
        assert reply["status"] == "ok" and reply["user_expressions"]["steps"]["data"]["text/plain"] == "[4, 5, 6]"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def reply_to(client, message):
    while True:
        reply = client.get_shell_msg(timeout=300)
        if reply["parent_header"]["msg_id"] == message:
            return reply["content"]


def test_the_monitor_shows_the_loss_by_noise_level_and_goes_on_from_the_step_it_is_at(shown):
    def later():
        for step in range(91, 101):
            yield TrainRecord(step, 0.1, 1e-3, torch.tensor([0.05, 0.95]), torch.tensor([0.4, 0.2]))

    seen = watch(later(), 100, lambda: torch.zeros(4, 1, 8, 8))
    (panel, _), _ = shown
    levels = [0.4, *[float("nan")] * 8, 0.2]
    expected = plots.training_view([r.loss for r in seen], torch.zeros(4, 1, 8, 8), levels, first=91, total=100)
    assert panel.picture.content == expected.content
    other = plots.training_view([r.loss for r in seen], torch.zeros(4, 1, 8, 8), levels, first=1, total=100)
    assert panel.picture.content != other.content


def test_after_a_resume_the_curve_begins_where_the_training_began(shown):
    losses, drawn = [1 / step for step in range(1, 26)], []

    def samples():
        drawn.append(shown[0][0].picture.content if shown else None)
        return torch.zeros(4, 1, 8, 8)

    state_losses = losses[:20]  # grows as the training goes on
    later = (state_losses.append(r.loss) or r for r in records(25) if r.step > 20)
    watch(later, 25, samples, every=25, earlier=state_losses)
    panel = shown[-1][0]
    assert panel.picture.content == plots.training_view(losses, torch.zeros(4, 1, 8, 8), total=25).content
    first_21 = plots.training_view(losses[:21], torch.zeros(4, 1, 8, 8), total=25).content
    assert drawn == [None, first_21], "what was seen before the end"


def test_a_training_that_is_done_shows_all_it_was(shown):
    losses = [1 / step for step in range(1, 26)]
    assert watch(iter(()), 25, lambda: torch.zeros(4, 1, 8, 8), earlier=losses) == []
    panel = shown[-1][0]
    bar, word = panel.box.children[0].children
    assert bar.value == 25 and word.value == "25 / 25"
    assert panel.picture.content == plots.training_view(losses, torch.zeros(4, 1, 8, 8), total=25).content


def test_the_chart_lives_from_the_first_record_and_costs_little_after_it(shown, clock, monkeypatch):
    redrawn, redraw = [], Panel.redraw

    def slow(panel):
        clock[0] += 0.2
        redrawn.append(steps)
        redraw(panel)

    monkeypatch.setattr(Panel, "redraw", slow)
    steps, sampled = 0, []

    def slowly():
        nonlocal steps
        for record in records(100):
            clock[0] += 0.5
            steps = record.step
            yield record

    watch(slowly(), 100, lambda: sampled.append(steps) or torch.zeros(4, 1, 8, 8), every=50)
    assert redrawn[0] == 1, "not only at the hundredth"
    assert sampled == [0, 50, 100], "new samples are drawn no more often than was asked"
    between = [b - a for a, b in zip(redrawn, redrawn[1:], strict=False) if b not in (50, 100)]
    assert between and all(0.5 * gap >= 20 * 0.2 for gap in between), "a twentieth of the time at most"


@pytest.mark.parametrize("stop_after, calls", [(None, 3), (12, 2)])
def test_after_each_drawing_and_after_a_stop_there_is_room_for_a_checkpoint(stop_after, calls, shown):
    kept = []
    with pytest.raises(KeyboardInterrupt) if stop_after else nullcontext():
        watch(records(25, stop_after), 25, lambda: torch.zeros(4, 1, 8, 8), every=10, then=lambda: kept.append(1))
    assert len(kept) == calls


def test_a_training_that_is_done_can_be_watched_again():
    assert watch(iter(()), 25, lambda: torch.zeros(4, 1, 8, 8)) == []


def test_an_error_in_a_training_is_not_hidden():
    def broken():
        yield from records(2)
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        watch(broken(), 25, lambda: torch.zeros(4, 1, 8, 8))


@pytest.fixture
def clock(monkeypatch):
    """The time that widgets read; it stands still until it is moved."""
    now = [100.0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])
    return now


def test_images_a_second_and_the_time_left_are_those_of_this_run(shown, clock):
    def later():
        for step in range(21, 31):
            clock[0] += 1.0
            yield TrainRecord(step, 0.1, 1e-3, torch.rand(4), torch.rand(4))

    watch(later(), 40, lambda: torch.zeros(4, 1, 8, 8), earlier=[0.1] * 20)
    word = shown[0][0].box.children[0].children[1].value
    assert "30 / 40" in word and "4 images/s, 10 s left" in word and "每秒 4 幅，还需 10 秒" in word


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, RuntimeError])
def test_the_page_is_let_go_however_a_training_ends(error, monkeypatch):
    def ending():
        yield from records(3)
        if error:
            raise error

    let_go = []
    monkeypatch.setattr(watching, "come_into_view", lambda: lambda: let_go.append(1))
    with pytest.raises(error) if error else nullcontext():
        watch(ending(), 3, lambda: torch.zeros(4, 1, 8, 8))
    assert let_go == [1]


def test_a_bar_follows_a_walk_and_goes_when_it_is_over(shown, clock):
    each = step_bar(5)
    assert shown == [], "nothing is shown before the walk begins"
    for seen in range(1, 6):
        each(object())
        (line, how), *gone = shown
        bar, word = line.children
        assert (bar.value, bar.max) == (seen, 5) and f"{seen} / 5" in word.value
        assert len(gone) == (seen == 5)
        if seen == 3:
            assert "4 s left" in word.value and "还需 4 秒" in word.value  # two of four steps took 4 s
        clock[0] += 2.0
    ((left, where),) = gone
    assert left == {"text/plain": ""} and where["display_id"] == how["display_id"]
    assert where["metadata"]["course"]["stored"] is False, "the build leaves it out of the page"


def test_a_bar_moves_ten_times_a_second_at_most_and_always_at_the_end(shown, clock):
    each, values = step_bar(1000), set()
    for _ in range(1000):
        each(object())
        values.add(shown[0][0].children[0].value)
        clock[0] += 0.01
    assert 1000 in values and 90 < len(values) < 105


def test_a_bar_runs_over_several_walks_and_sample_moves_it(shown):
    each = step_bar(8)
    for _ in range(2):
        walked = sample(SCHEDULE, lambda xt, t: torch.zeros_like(xt), (1, 2), times=[900, 600, 300, 0], each=each)
        assert walked.shape == (1, 2)
    (line, _), gone = shown
    assert line.children[0].value == 8 and gone[0] == {"text/plain": ""}


def test_outside_a_notebook_a_bar_shows_nothing(capsys):
    each = step_bar(2)
    each(object())
    each(object())
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("language, mark", [("en", "✓ Widgets work"), ("zh", "✓ 控件可用")])
def test_alive_says_yes_in_a_widget_and_no_in_plain_text(shown, language, mark, in_both_languages):
    set_language(language)
    alive()
    ((bundle, how),) = shown
    in_both_languages(how["metadata"]["course"]["en"], how["metadata"]["course"]["zh"], "✗", "JupyterLab")
    assert bundle["text/markdown"] == how["metadata"]["course"][language] and how["raw"]
    assert mark in [w.value for w in widgets_named(bundle[WIDGET_VIEW]["model_id"])]


def widgets_named(model_id):
    live = getattr(ipywidgets.Widget, "_instances", None) or getattr(ipywidgets.widget, "_instances", {})
    return [live[model_id]] if model_id in live else []
