"""In JupyterLab, in a real browser: a key on the slider changes the picture, and a prediction locks.

在 JupyterLab 与真正的浏览器里：按键移动滑块，图就改变；预测可以锁定。
"""

import base64
import io
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest
from lesson_runs import append, lesson, offline, until
from nbconvert import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_output
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from course_utils import data, plots
from course_utils.experiments.digits import mystery
from course_utils.schedules import cosine
from course_utils.widgets import noise_slider
from tools.lessons import unexecuted
from tools.outputs import pour, text_of

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # every cell is on the page, in view or not
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
WATCH_HEIGHT = """output => {
    window.heights = []
    const look = () => { window.heights.push(output.getBoundingClientRect().height); requestAnimationFrame(look) }
    look()
}"""
BYTES = """async image => {
    const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer())
    return btoa(String.fromCharCode(...bytes))
}"""
TRAINING = """
from course_utils import data, schedules
from course_utils.training import start, train
from course_utils.unet import UNet
from course_utils.widgets import watch
x = data.digits().x[:64]
state = start(UNet(channels=1, width=8, multipliers=(1,)), seed=0)
records = watch(train(state, schedules.cosine(), x, steps=200), total=200, samples=lambda: x[:4])
"""
EXPLORERS = {
    "schedules": """
from course_utils.data import photograph
from course_utils.explorers.schedules import schedule_explorer
schedule_explorer(photograph("palace", 64))
""",
    "forward": """
from course_utils.explorers.forward import histogram_explorer
from course_utils.schedules import linear
histogram_explorer(linear(), photograph("palace", 64))
""",
    "reverse": """
from course_utils.explorers.reverse import posterior_explorer
posterior_explorer()
""",
    "field": """
from course_utils import points
from course_utils.explorers.plane import field_explorer
field_explorer(linear(), {"circle": points.circle(8)})
""",
    "playground": """
from course_utils.explorers.plane import playground_explorer
playground_explorer()
""",
    "features": """
from course_utils import data
from course_utils.weights import pretrained
from course_utils.explorers.features import feature_explorer
feature_explorer(linear(), pretrained("digits"), data.digits().x[:1])
""",
    "weights": """
from course_utils.explorers.training import weight_explorer
weight_explorer()
""",
    "samplers": """
from course_utils.explorers.sampling import sampler_explorer
sampler_explorer()
""",
    "trajectory": """
import torch
from course_utils import oracle, samplers, times
from course_utils.explorers.sampling import trajectory_explorer
truth, along = oracle.finite(linear(), data.digits().x[:50]), times.even_times(linear(), 8)
trajectory_explorer(linear(), list(samplers.ddim(linear(), truth, torch.randn(4, 1, 8, 8), along)))
""",
    "duel": """
from course_utils.denoisers import image_denoiser
from course_utils.explorers.sampling import duel_explorer
from course_utils.schedules import cosine
network = pretrained("fashion_mnist")
duel_explorer(cosine(), lambda labels: image_denoiser(cosine(), network, labels), 2)
""",
    "guidance": """
from course_utils.explorers.guidance import guidance_explorer
guidance_explorer(k=8)
""",
    "guided_garments": """
from course_utils.explorers.guidance import garment_explorer
garment_explorer(cosine(), network)
""",
    "inpainting": """
from course_utils.explorers.pixels import inpainting_explorer, start_explorer
square = -torch.ones(1, 1, 28, 28)
square[..., 6:22, 6:22] = 0.5
inpainting_explorer(cosine(), network, square)
""",
    "start": """
start_explorer(cosine(), network, square)
""",
    "crowds": """
from course_utils.explorers.crowds import crowd_explorer
crowd_explorer()
""",
    "game": """
from course_utils.experiments.ring import learned_from
from course_utils.experiments.ring_learners import filmed
from course_utils.explorers.game import game_explorer
game_explorer({"plain": list(filmed(learned_from(0), 20, r1=0.0)), "R1": list(filmed(learned_from(0), 20))})
""",
    "support": """
from course_utils.explorers.support import support_explorer
support_explorer(4.0)
""",
    "dial": """
from course_utils.explorers.dial import dial_explorer
dial_explorer(0.0, 20, "10 % weak")
""",
    "clocks": """
from course_utils.explorers.clocks import clock_explorer
clock_explorer()
""",
    "straightness": """
from course_utils.experiments import flow_moons
from course_utils.explorers.straightness import straightness_explorer
straightness_explorer({"exact": flow_moons.exact_guess()})
""",
    "folder": """
from course_utils.experiments.own_folder import write_own_folder
from course_utils.explorers.browser import folder_explorer
place = write_own_folder("own_pictures")
folder_explorer(place, data.album(place, 32))
""",
    "enough": """
from course_utils.explorers.enough import enough_explorer
enough_explorer()
""",
    "strength": """
from course_utils.explorers.strength import strength_explorer
strength_explorer()
""",
}
SECONDS = 1000  # Playwright counts milliseconds

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium or Chrome here")


@contextmanager
def jupyterlab(folder):
    """JupyterLab on a free port, over folder/page; yields what turns a notebook's name into its address."""
    for name, values in SETTINGS.items():
        path = folder / f"settings/@jupyterlab/{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    own = {"JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
    own |= {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "runtime"}
    variables = offline(folder) | {name: str(folder / place) for name, place in own.items()}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    options = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1", "--no-browser"]
    options += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder / 'page'}", "--allow-root"]
    command = [sys.executable, "-m", "jupyterlab", *options]
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(command, env=variables, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/api", server, folder / "server.log")
        yield lambda name: f"http://127.0.0.1:{port}/lab/workspaces/{name}/tree/{name}.ipynb?token={token}"
    finally:
        end(server)


def wait_for(address, server, log):
    for _ in range(300):
        assert server.poll() is None, log.read_text()
        try:
            return urlopen(address, timeout=5).read()
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise TimeoutError(log.read_text())


def end(server):
    """Ask the server to end its kernels and itself; after 10 seconds, end the whole group."""
    try:
        server.send_signal(signal.SIGTERM)
        server.wait(10)
    except subprocess.TimeoutExpired:
        pass
    finally:
        try:
            os.killpg(server.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        server.wait()


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Open a notebook in JupyterLab, and run all its cells; returns its page, whose `notebook` is the file."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "page").mkdir()
    with jupyterlab(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def open_page(name, notebook, *, run=True):
            place = folder / f"page/{name}.ipynb"
            place.write_text(text_of(notebook), encoding="utf-8")
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(60 * SECONDS)
            page.goto(address(name))
            expect(page.get_by_role("button", name="Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60 * SECONDS)
            if run:
                run_all(page)
                expect(handle(page).first).to_be_visible(timeout=90 * SECONDS)
            page.notebook = place
            return page

        try:
            yield open_page
        finally:
            browser.close()


@pytest.fixture(scope="module")
def page(opened):
    """Lesson 00 up to its slider."""
    return opened("lesson", until(unexecuted(lesson("00_start_here")), "noise-mystery"))


@pytest.fixture(scope="module")
def explorers(opened):
    """One page with the explorers of all lessons."""
    notebook = until(unexecuted(lesson("00_start_here")), "setup")
    page = opened("explorers", append(notebook, **EXPLORERS))
    expect(page.locator("img.widget-image")).to_have_count(len(EXPLORERS), timeout=90 * SECONDS)
    return page


def run_all(page):
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()


def handle(place):
    return place.locator(".widget-slider .noUi-target:not([disabled]) .noUi-handle")


def picture(place):
    return place.locator("img.widget-image")


def shown(place) -> np.ndarray:
    return pixels(base64.b64decode(picture(place).evaluate(BYTES)))


def drawn_at(t: int) -> np.ndarray:
    return pixels(noise_slider(cosine(1000), mystery(), t=t).picture.content)


def pixels(content: bytes) -> np.ndarray:
    """The colours alone: the order of a PNG's palette varies from run to run."""
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def test_no_cell_failed_and_widgets_are_alive(page):
    expect(page.get_by_text("✓ Widgets work · ✓ 控件可用")).to_be_visible()
    assert page.locator("[data-mime-type$='.error'], [data-mime-type$='.stderr']").count() == 0


@pytest.fixture(scope="module")
def stored_page(opened):
    """Lesson 00 as it is stored, with one picture; opened, not run."""
    picture = plots.strip(data.digits().x[:2], [0, 1])
    bundle, metadata = picture._repr_mimebundle_()
    shown = new_output("display_data", bundle, metadata=metadata)
    notebook = pour(unexecuted(lesson("00_start_here")), {"iodine-show": [shown]})
    page = opened("stored", notebook, run=False)
    page.picture = picture
    return page


def test_what_a_stored_picture_shows_is_heard_before_anything_is_run(stored_page):
    for name in (stored_page.picture.en, stored_page.picture.zh):
        expect(stored_page.get_by_role("img", name=name)).to_have_count(1)
    assert stored_page.get_by_role("img", name=stored_page.picture.zh).get_attribute("lang") == "zh"


def test_what_is_chinese_is_marked_so(stored_page):
    paragraph = stored_page.locator("[lang=zh] p", has_text="怎么读。")
    expect(paragraph).to_have_count(1)
    expect(stored_page.locator("h1 [lang=zh]")).to_have_text("从这里开始")


def test_no_picture_of_the_head_is_broken_and_its_map_leads_to_the_parts(stored_page):
    head = stored_page.locator(".jp-MarkdownCell").first
    assert head.locator("img").count() == 0
    head.get_by_role("link", name="Learn to predict the noise").click()
    expect(stored_page.get_by_role("heading", name="Learn to predict the noise")).to_be_in_viewport()


def test_the_set_up_cell_does_not_stand_above_everything(stored_page):
    expect(stored_page.get_by_text("ModuleNotFoundError")).to_be_hidden()


def test_an_opened_page_is_saved_as_it_was(stored_page):
    def but_for_the_version(text):
        return re.sub(r'"version": "3\.\d+\.\d+"', "", text)

    before = stored_page.notebook.read_text("utf-8")
    stored_page.get_by_role("menuitem", name="File", exact=True).click()
    stored_page.get_by_role("menuitem", name=re.compile("^Save Notebook(?! As)")).first.click()
    expect(stored_page.locator(".jp-mod-dirty")).to_have_count(0)
    stored_page.wait_for_timeout(2 * SECONDS)
    assert but_for_the_version(stored_page.notebook.read_text("utf-8")) == but_for_the_version(before)


def test_a_training_comes_into_view_when_all_cells_are_run(opened):
    notebook = until(unexecuted(lesson("00_start_here")), "setup")
    notebook = append(notebook, wait="import time; time.sleep(3)", training=TRAINING)
    notebook.cells += [new_markdown_cell("line\n\n" * 60, id=f"below{i}") for i in range(3)]
    page = opened("training", append(notebook, last="1"), run=False)
    run_all(page)
    expect(page.locator(".jp-Cell.jp-mod-active", has_text="1").last).to_be_in_viewport()
    expect(page.locator(".widget-hprogress")).to_be_in_viewport(timeout=60 * SECONDS)
    page.locator(".jp-CodeCell", has_text="time.sleep(3)").evaluate("cell => { cell.style.marginBottom = '700px' }")
    expect(picture(page)).to_be_in_viewport(ratio=1, timeout=3 * SECONDS)


def test_sliders_have_names_and_a_page_key_moves_them_a_tenth(page):
    slider = page.get_by_role("slider", name="t", exact=True)
    slider.focus()
    for key, t in (("Home", "0"), ("PageUp", "100"), ("ArrowLeft", "99"), ("PageDown", "0")):
        page.keyboard.press(key)
        expect(page.locator(".widget-readout")).to_have_text(t)


def test_what_a_widget_shows_is_heard_as_it_moves(page):
    handle(page).focus()
    page.keyboard.press("End")
    for name in noised_at(1000):
        expect(page.get_by_role("img", name=name)).to_have_count(1)
    page.keyboard.press("Home")
    for name in noised_at(0):
        expect(page.get_by_role("img", name=name)).to_have_count(1)


def test_no_picture_is_called_unlabelled(page):
    expect(page.locator(".jp-OutputArea img[alt='']").first).to_be_attached()
    expect(page.locator(".jp-OutputArea img:not([alt])")).to_have_count(0)


def test_a_page_for_paper_sets_its_listings_as_code_and_calls_no_picture_undescribed(page, tmp_path):
    shown = new_output("display_data", plots.grid(data.digits().x[:2])._repr_mimebundle_()[0])
    listed = new_output("display_data", {"text/markdown": "```python\ndef f(x):\n    return x\n```"})
    notebook = pour(unexecuted(lesson("00_start_here")), {"iodine-show": [shown], "jump-source": [listed]})
    exporter = HTMLExporter(template_name="paper", extra_template_basedirs=["tools"])
    (tmp_path / "page.html").write_text(exporter.from_notebook_node(notebook)[0], encoding="utf-8")
    paper = page.context.browser.new_page()
    paper.goto((tmp_path / "page.html").as_uri(), wait_until="domcontentloaded")
    words = paper.locator("img").evaluate_all("images => images.map(image => image.alt)")
    code = paper.locator("pre", has_text="def f(x)").evaluate("pre => getComputedStyle(pre).fontFamily")
    paper.close()
    assert words == [""] and "monospace" in code


def noised_at(t: int) -> tuple[str, str]:
    picture = noise_slider(cosine(1000), mystery(), t=t).picture
    return picture.en, picture.zh


def shows(page, t: int) -> bool:
    """Does the picture come to be that of t, within 20 seconds?"""
    expected = drawn_at(t)
    for _ in range(100):
        if np.array_equal(shown(page), expected):
            return True
        page.wait_for_timeout(0.2 * SECONDS)
    return False


def test_keys_on_the_slider_change_the_picture_and_not_its_height(page):
    handle(page).focus()
    page.keyboard.press("End")  # where it stood at first, unless a test before this one has moved it
    assert shows(page, t=1000)
    page.locator(".jp-OutputArea", has=picture(page)).evaluate(WATCH_HEIGHT)
    for keys, t in ((["ArrowLeft"], 999), (["Home"], 0), (["ArrowRight"] * 20, 20), (["End"], 1000)):
        for key in keys:
            page.keyboard.press(key)
        assert shows(page, t), keys
    page.keyboard.press("PageDown")
    expect(page.locator(".widget-readout")).not_to_have_text("1000")
    assert shows(page, t=int(page.locator(".widget-readout").inner_text()))
    heights = page.evaluate("window.heights")
    assert len(heights) > 5 and min(heights) == max(heights) > 200


def test_a_prediction_locks_and_then_reveals(page):
    question = page.locator(".jp-OutputArea-output", has_text="The linear schedule takes a digit").last
    lock = question.get_by_role("button", name="Lock · 锁定")
    lock.click()
    expect(question).to_contain_text("Choose one first. · 请先选一项。")
    question.get_by_text("about t = 100").click()
    expect(question).not_to_contain_text("✗ No")
    lock.click()
    expect(question).to_contain_text("✗ No.")
    expect(question).to_contain_text("It is about t = 250.")
    expect(question).to_contain_text("✗ 不对")
    expect(lock).to_have_count(0)
    expect(question.locator("input[type=radio]")).to_have_count(0)
    expect(question.locator("b", has_text="about t = 100")).to_be_visible()


def test_what_settles_a_question_waits_for_its_lock(page):
    waiting = page.get_by_text("Lock your answer above first.")
    expect(waiting).to_have_count(0)  # the test before has locked it
    page.get_by_role("button", name="Try again · 再选一次").click()
    expect(waiting).to_have_count(2)
    expect(page.get_by_text("t = 250   image")).to_have_count(0)


def test_arrow_keys_choose_an_option(page):
    options = page.locator(".widget-radio-box").first.locator("input")
    options.nth(1).focus()
    for key, chosen in (("ArrowDown", 2), ("ArrowUp", 1), ("ArrowLeft", 0), ("ArrowUp", 3)):
        page.keyboard.press(key)
        expect(options.nth(chosen)).to_be_checked()
        expect(options.nth(chosen)).to_be_focused()


@pytest.mark.parametrize("number, name", list(enumerate(EXPLORERS)), ids=list(EXPLORERS))
def test_each_slider_of_each_explorer_changes_its_picture_and_not_its_height(number, name, explorers):
    place = explorers.locator(".jp-OutputArea-output", has=picture(explorers)).nth(number)
    size = picture(place).bounding_box()
    for i in range(handle(place).count()):
        before, moved = shown(place), handle(place).nth(i)
        moved.focus()
        at_its_end = moved.get_attribute("aria-valuenow") == moved.get_attribute("aria-valuemax")
        assert changes(explorers, place, before, "Home" if at_its_end else "End"), f"slider {i} of {name}"
    after = picture(place).bounding_box()
    assert (after["width"], after["height"]) == (size["width"], size["height"])


def test_arrow_keys_stay_with_a_menu(explorers):
    menu = explorers.locator(".widget-dropdown select").first
    menu.focus()
    for key in ("ArrowDown", "ArrowUp"):
        explorers.keyboard.press(key)
        expect(menu).to_be_focused()


def changes(page, place, before, key) -> bool:
    """Does the picture come to differ from `before` after the key, within 5 seconds?"""
    page.keyboard.press(key)
    for _ in range(25):
        if not np.array_equal(shown(place), before):
            return True
        page.wait_for_timeout(0.2 * SECONDS)
    return False


def test_what_a_restarted_kernel_cut_off_says_what_to_do(opened):
    notebook = append(until(unexecuted(lesson("00_start_here")), "setup"), weights=EXPLORERS["weights"])
    page = opened("restarted", notebook)
    said = "box => getComputedStyle(box, '::after').content"
    assert page.locator(".widget-vbox").first.evaluate(said) == "none"
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_text("Restart Kernel…", exact=True).click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    dead = page.locator(".widget-vbox.jupyter-widgets-disconnected")
    expect(dead).to_be_visible()
    assert "run this cell again. · 内核已重启" in dead.evaluate(said)
