"""From a key on a slider to its new picture, in JupyterLab in a real browser.

在 JupyterLab 与真正的浏览器里，从按键移动滑块到新图出现要多久。

Run by name: python tests/benchmarks/slider_moves.py [moves]
"""

import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import TimeoutError as NothingCame
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from lesson_runs import append, lesson, until  # noqa: E402
from test_browser import CHROMIUM, EXPLORERS, SECONDS, handle, jupyterlab, picture, run_all  # noqa: E402

from tools.lessons import unexecuted  # noqa: E402
from tools.outputs import text_of  # noqa: E402

NOISE = """
from course_utils.widgets import noise_slider
noise_slider(linear(), photograph("palace", 64), t=300)
"""
LISTEN = """image => {
    window.pressed = window.waits = null
    window.waits = []
    addEventListener('keydown', () => { window.pressed = performance.now() }, true)
    image.addEventListener('load', () => window.waits.push(performance.now() - window.pressed))
}"""


def waits(page, place, nth: int, moves: int) -> list[float]:
    """Milliseconds from each key on the nth slider to the picture that it brings. 每次按键到新图出现的毫秒数。"""
    handle(place).nth(nth).focus()
    picture(place).evaluate(LISTEN)
    for i in range(moves):
        page.keyboard.press("ArrowRight" if i % 4 < 2 else "ArrowLeft")
        try:
            page.wait_for_function("n => window.waits.length >= n", arg=i + 1, timeout=3 * SECONDS)
        except NothingCame:  # at the end of its range, or where nothing changes in the picture
            page.evaluate("window.waits.push(NaN)")
    return [wait for wait in page.evaluate("window.waits") if wait == wait]


def main(moves: int = 20) -> None:
    """Print median and maximum for each slider of each explorer. 打印每个探索控件每个滑块的中位数与最大值。"""
    panels = EXPLORERS | {"noise": NOISE}
    notebook = append(until(unexecuted(lesson("00_start_here")), "setup"), **panels)
    print(f"milliseconds from key to picture, median and maximum of {moves} moves of each slider")
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        folder = Path(made)
        (folder / "page").mkdir()
        (folder / "page/sliders.ipynb").write_text(text_of(notebook), encoding="utf-8")
        with jupyterlab(folder) as address:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(address("sliders"))
            expect(page.get_by_role("button", name="Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60 * SECONDS)
            run_all(page)
            expect(page.locator("img.widget-image")).to_have_count(len(panels), timeout=180 * SECONDS)
            for number, name in enumerate(panels):
                place = page.locator(".jp-OutputArea-output", has=picture(page)).nth(number)
                for nth in range(handle(place).count()):
                    found = waits(page, place, nth, moves)
                    said = f"{median(found):7.0f} {max(found):7.0f}" if found else "   no picture came"
                    print(f"{name:12} slider {nth + 1} {said}", flush=True)
            browser.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
