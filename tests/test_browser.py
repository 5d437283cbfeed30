"""In JupyterLab, in a real browser: a key on the slider changes the picture, and a prediction locks.

在 JupyterLab 与真正的浏览器里：按键移动滑块，图就改变；预测可以锁定。
"""

import base64
import io
import json
import os
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
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from course_utils.experiments.digits import mystery
from course_utils.schedules import cosine
from course_utils.widgets import noise_slider
from tools.lessons import unexecuted
from tools.outputs import text_of

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
    """Open a notebook in JupyterLab and run all its cells; returns its page in the browser."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "page").mkdir()
    with jupyterlab(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def open_and_run(name, notebook):
            (folder / f"page/{name}.ipynb").write_text(text_of(notebook), encoding="utf-8")
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(60 * SECONDS)
            page.goto(address(name))
            run_all(page)
            return page

        try:
            yield open_and_run
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
    expect(page.get_by_role("button", name="Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60 * SECONDS)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    expect(handle(page).first).to_be_visible(timeout=90 * SECONDS)


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


def shows(page, t: int) -> bool:
    """Does the picture come to be that of t, within 20 seconds?"""
    expected = drawn_at(t)
    for _ in range(100):
        if np.array_equal(shown(page), expected):
            return True
        page.wait_for_timeout(0.2 * SECONDS)
    return False


def test_keys_on_the_slider_change_the_picture_and_not_its_height(page):
    assert shows(page, t=1000)
    page.locator(".jp-OutputArea", has=picture(page)).evaluate(WATCH_HEIGHT)
    handle(page).focus()
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
    question = page.locator(".jp-OutputArea-output", has=page.locator(".widget-radio"))
    lock = question.get_by_role("button", name="Lock · 锁定")
    lock.click()
    expect(question).to_contain_text("Choose one first. · 请先选一项。")
    question.get_by_text("about t = 100").click()
    expect(question).not_to_contain_text("✗ No")
    lock.click()
    expect(question).to_contain_text("✗ No, it is about t = 250.")
    expect(question).to_contain_text("✗ 不对")
    expect(lock).to_have_count(0)
    expect(question.locator("input[type=radio]")).to_have_count(0)
    expect(question.locator("b", has_text="about t = 100")).to_be_visible()


def test_what_settles_a_question_waits_for_its_lock(page):
    waiting = page.get_by_text("🔒 Lock your answer above first.")
    expect(waiting).to_have_count(0)  # the test before has locked it
    page.get_by_role("button", name="Try again · 再选一次").click()
    expect(waiting).to_have_count(2)
    expect(page.get_by_text("t = 250   image")).to_have_count(0)


@pytest.mark.parametrize("number, name", list(enumerate(EXPLORERS)), ids=list(EXPLORERS))
def test_each_slider_of_each_explorer_changes_its_picture_and_not_its_height(number, name, explorers):
    place = explorers.locator(".jp-OutputArea-output", has=picture(explorers)).nth(number)
    size = picture(place).bounding_box()
    for i in range(handle(place).count()):
        before = shown(place)
        handle(place).nth(i).focus()
        # One of the two keys moves it, wherever it stands.
        assert any(changes(explorers, place, before, key) for key in ("End", "Home")), f"slider {i} of {name}"
    after = picture(place).bounding_box()
    assert (after["width"], after["height"]) == (size["width"], size["height"])


def changes(page, place, before, key) -> bool:
    """Does the picture come to differ from `before` after the key, within 5 seconds?"""
    page.keyboard.press(key)
    for _ in range(25):
        if not np.array_equal(shown(place), before):
            return True
        page.wait_for_timeout(0.2 * SECONDS)
    return False
