"""What only the page itself can do, in a few lines of JavaScript; a front end that runs none loses only that.

只有页面自己才做得到的事，用几行 JavaScript 完成；不运行它的前端，只少了这一点便利。

None of it is stored by the build. Run again, as when a saved page is opened, it does nothing new.
"""

import uuid
from collections.abc import Callable

from IPython import get_ipython
from IPython.display import display, update_display

from course_utils.language import choose, spoken

# Sliders of core ipywidgets: their handles have no name, and a page key moves them by 5 steps of 1000. What a restart
# of the kernel cuts off gets a class of its own from ipywidgets, and looks alive. What a picture shows is said before
# it; the picture itself, which JupyterLab leaves without a word, would be called "unlabelled" after that.
NAME_SLIDERS = """
if (!window.courseSliders) {
    window.courseSliders = true
    const style = document.createElement("style")
    style.textContent = ".widget-vbox.jupyter-widgets-disconnected::after {content: '@DEAD@'; color: #B00020}"
    document.head.append(style)
    const name = () => document.querySelectorAll(".widget-slider .noUi-handle:not([aria-label])").forEach(handle => {
        const label = handle.closest(".widget-slider").querySelector(".widget-label")
        if (label && label.textContent) handle.setAttribute("aria-label", label.textContent)
    })
    const pass = () => document.querySelectorAll(".jp-OutputArea img:not([alt])").forEach(image => { image.alt = "" })
    new MutationObserver(() => { name(), pass() }).observe(document.body, {childList: true, subtree: true})
    name(), pass()
    let repeated = false
    document.addEventListener("keydown", event => {
        const handle = event.target
        if (repeated || !["PageUp", "PageDown"].includes(event.key)) return
        if (!handle.matches || !handle.matches(".widget-slider .noUi-handle")) return
        const slider = handle.closest(".noUi-target").noUiSlider
        if (!slider) return
        const {range, step} = slider.options
        const pages = Math.floor((range.max - range.min) / (step || 1) / 10 / 5)  // a tenth of the way, by fives
        repeated = true
        for (let page = 1; page < pages; page++) {
            handle.dispatchEvent(new KeyboardEvent("keydown", {key: event.key, bubbles: true, cancelable: true}))
        }
        repeated = false
    }, true)
    window.addEventListener("keydown", event => {  // before JupyterLab, which goes to another cell
        const {key, target} = event, way = {ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1}[key]
        if (!way || !target.matches || !target.matches(".widget-dropdown select, .widget-radio-box input")) return
        event.stopPropagation()
        if (target.type !== "radio") return
        event.preventDefault()
        const all = [...target.closest(".widget-radio-box").querySelectorAll("input")]
        const next = all[(all.indexOf(target) + way + all.length) % all.length]
        next.focus(), next.click()
    }, true)
}
"""
# "Run all" goes to the last cell at once; whoever stands there, below what comes to life, is brought back to it. Cells
# above may still grow as they are drawn for the first time, so it is held in view for 3 seconds, or until a hand moves.
COME_INTO_VIEW = """
if (typeof element !== "undefined") {
    const shown = element.closest(".jp-OutputArea") || element
    let times = 10
    const hold = () => {
        if (times-- > 0) shown.scrollIntoView({block: "center"}), setTimeout(hold, 300)
    }
    setTimeout(() => {
        if (element.getBoundingClientRect().bottom >= 0) return
        const letGo = () => { times = 0 }
        for (const move of ["wheel", "pointerdown", "touchmove", "keydown"]) {
            addEventListener(move, letGo, {once: true, capture: true, passive: true})
        }
        hold()
    }, 300)
}
"""


def name_sliders() -> None:
    """Give the page's sliders the names beside them, and a tenth of their range to the page keys.

    给页面上的滑块加上旁边的名称，并让翻页键一次走全程的十分之一。

    Where the front end marks widgets whose kernel is gone, as JupyterLab does, they say what to do. Pictures, which are
    described before they stand, are passed over in silence. Arrow keys move choices and menus.
    """
    en, zh = "The kernel was restarted: run this cell again.", "内核已重启：请重新运行这一格。"
    _run(NAME_SLIDERS.replace("@DEAD@", choose(en, zh, between=" · ")))


def come_into_view() -> Callable[[], None]:
    """Bring the output of this cell into view if the page stands below it; returns what takes the script away again.

    若页面已滚到这一格之下，就把它的输出带回视野；返回一个用来撤去脚本的函数。
    """
    return _run(COME_INTO_VIEW)


def _run(script: str) -> Callable[[], None]:
    if get_ipython() is None:
        return lambda: None
    place, unstored = uuid.uuid4().hex, spoken("", "", stored=False)
    display({"application/javascript": script, "text/plain": ""}, raw=True, metadata=unstored, display_id=place)
    return lambda: update_display({"text/plain": ""}, raw=True, metadata=unstored, display_id=place)
