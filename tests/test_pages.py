"""What a page shows and says aloud: pictures with their words, errors without a library's lines, short listings.

页面显示什么、读出什么：带文字的图、不带库内代码的报错、简短的代码。
"""

import ast
import base64
import inspect
import io
import re
import textwrap

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from course_utils import forward, plots, samplers, schedules, unet
from course_utils.classroom import show_source
from course_utils.exercises import hint
from course_utils.explorers.garments import train_garments
from course_utils.forward import forward_jump
from course_utils.language import CourseError, choose, heard, set_language
from course_utils.listings import listing
from course_utils.plots.picture import Picture
from course_utils.widgets import Panel, slider
from tools.lessons import METADATA

NAMED = re.compile('<img lang="(..)" alt="([^"]*)"')


@pytest.fixture
def shell():
    """IPython as a page has it. 页面上的 IPython。"""
    shell = InteractiveShell.instance()
    yield shell
    InteractiveShell.clear_instance()


def shown(shell, thing) -> list:
    """What comes of a cell that ends in `thing`. 以 `thing` 结尾的格子所显示的内容。"""
    shell.user_ns["thing"] = thing
    with capture_output() as captured:
        shell.run_cell("display(thing)")
    return [output.data for output in captured.outputs]


@pytest.mark.parametrize(("language", "languages"), [("both", ["en", "zh"]), ("en", ["en"]), ("zh", ["zh"])])
def test_a_picture_comes_after_what_it_shows_in_each_language(shell, language, languages):
    set_language(language)
    picture = plots.strip(torch.zeros(2, 1, 8, 8), [0, 1])
    label, image = shown(shell, picture)
    said = {"en": picture.en, "zh": picture.zh}
    assert NAMED.findall(label["text/html"]) == [(name, said[name]) for name in languages]
    assert label["text/plain"] == "" and base64.b64decode(image["image/png"]) == picture.content


def test_what_is_heard_holds_no_markup_of_its_own():
    assert NAMED.findall(heard('a < b & "c"', "甲")["text/html"])[0] == ("en", "a &lt; b &amp; &quot;c&quot;")


def test_an_animation_moves_in_html_and_stands_still_below(shell):
    frames = [torch.full((2, 1, 16, 16), level) for level in torch.linspace(-1, 1, 13)]
    picture = plots.gif(frames, columns=2)
    label, moving, of_still, still = shown(shell, picture)
    assert NAMED.findall(label["text/html"])[0] == ("en", picture.en)
    content = re.fullmatch('<img alt="" src="data:image/gif;base64,([^"]*)">', moving["text/html"])[1]
    assert base64.b64decode(content) == picture.content and moving["text/plain"] == choose(
        picture.en, picture.zh, " · "
    )
    assert NAMED.findall(of_still["text/html"])[0] == ("en", "frames 1, 3, 6, 8, 11, 13 of the animation")
    strip = Image.open(io.BytesIO(base64.b64decode(still["image/png"]))).convert("L")
    width, height = (strip.width + 4) // 3, (strip.height + 4) // 2
    middles = [strip.getpixel((k % 3 * width + width // 4, k // 3 * height + height // 2)) for k in range(6)]
    assert strip.width <= 720 and middles == sorted(middles) and middles[0] < 10 and middles[-1] > 245


def test_one_frame_is_its_own_still():
    assert plots.gif([torch.zeros(2, 1, 8, 8)]).still().en == "frames 1 of the animation"


@pytest.mark.parametrize("slow", [False, True])
def test_a_panel_says_what_it_shows_now_and_has_a_sign_only_where_it_is_slow(slow):
    over, signs = slider("t", 0, 9, 3), []

    def draw():
        signs.append(panel.sign.value if signs else "")
        return Picture(plots.strip(torch.zeros(1, 1, 8, 8), [0]).content, f"t = {over.value}", f"时刻 {over.value}")

    panel = Panel([over], draw, width=100, slow=slow)
    for t in (3, 5):
        over.value = t
        assert NAMED.findall(panel.heard.value) == [("en", f"t = {t}"), ("zh", f"时刻 {t}")]
    assert ("computing … · 正在计算……" in signs[1]) == slow == (panel.sign in panel.box.children)
    assert panel.sign.value == ""


def test_the_sign_goes_where_drawing_fails():
    over, broken = slider("t", 0, 9, 3), []

    def draw():
        if broken:
            raise CourseError("no", "不")
        return plots.strip(torch.zeros(1, 1, 8, 8), [0])

    panel = Panel([over], draw, width=100, slow=True)
    broken.append(True)
    with pytest.raises(CourseError):
        over.value = 5
    assert panel.sign.value == ""


def traceback_of(shell, code: str) -> str:
    with capture_output() as captured:
        shell.run_cell(code)
    return re.sub(r"\x1b\[[\d;]*m", "", captured.stdout + captured.stderr)


def test_a_course_error_on_a_page_is_the_readers_line_and_the_message(shell):
    said = traceback_of(shell, 'x = 1\nfrom course_utils.exercises import hint\nhint("00.jump", 4)')
    with pytest.raises(CourseError) as raised:
        hint("00.jump", 4)
    assert said.strip().splitlines() == ['→ 3: hint("00.jump", 4)', *f"CourseError: {raised.value}".splitlines()]


def test_other_errors_keep_their_traceback(shell):
    said = traceback_of(shell, "def f():\n    return 1 / 0\nf()")
    assert "ZeroDivisionError" in said and "return 1 / 0" in said and "f()" in said


SHOWN = [forward_jump, samplers.ddpm, schedules.read_at, schedules.Schedule, unet.UNet.forward, schedules.raw_cosine]
SHOWN += [train_garments]


@pytest.mark.parametrize("thing", SHOWN, ids=lambda thing: thing.__qualname__)
def test_a_listing_is_the_code_that_runs_but_for_docstrings_and_messages(thing):
    def bare(code):
        tree = ast.parse(textwrap.dedent(code))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
                node.body[0].value.value = ""
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("CourseError", "say"):
                node.args, node.keywords = [], []
        return ast.unparse(tree)

    whole = inspect.getsource(thing)
    for language in ("both", "en", "zh"):
        assert bare(listing(thing, language)) == bare(whole)
    assert listing(thing).startswith("# course_utils/") and "Raises:" not in listing(thing)


def test_docstrings_of_a_listing_keep_their_first_lines():
    en, zh, both = (listing(samplers.ddpm, language) for language in ("en", "zh", "both"))
    first, _, second = samplers.ddpm.__doc__.splitlines()[:3]
    assert f'"""{first}"""' in en and f'"""{second.strip()}"""' in zh
    assert f'"""{first}\n    {second.strip()}"""' in both


def test_a_docstring_of_one_line_is_cut_where_the_other_language_begins():
    whole = inspect.getdoc(forward.GaussianForwardProcess.jump)
    assert "\n" not in whole
    en, zh, both = (listing(forward.GaussianForwardProcess, language) for language in ("en", "zh", "both"))
    english, chinese = re.fullmatch(r"(.*?\.) ([^.]*[\u4e00-\u9fff].*)", whole).groups()
    assert f'"""{english}"""' in en and f'"""{chinese}"""' in zh and f'"""{whole}"""' in both
    assert not re.search("[\u4e00-\u9fff]", en)


def test_a_listing_names_no_file_outside_the_package():
    assert not listing(test_one_frame_is_its_own_still).startswith("#")


def test_a_listing_is_shown_in_the_language_of_the_view(shell):
    with capture_output() as captured:
        show_source(samplers.ddpm)
    [output] = captured.outputs
    course = output.metadata["course"]
    assert output.data["text/markdown"] == course["both"] == f"```python\n{listing(samplers.ddpm)}\n```"
    assert {language: course[language] for language in ("en", "zh")} == {
        language: f"```python\n{listing(samplers.ddpm, language)}\n```" for language in ("en", "zh")
    }


def test_a_page_for_paper_clips_nothing_and_unfolds_answers():
    dot = new_output("display_data", plots.strip(torch.zeros(1, 1, 8, 8), [0])._repr_mimebundle_()[0])
    cells = [new_markdown_cell("<details><summary>A</summary>b</details>"), new_code_cell("x = 1", outputs=[dot])]
    exporter = HTMLExporter(template_name="paper", extra_template_basedirs=["tools"])
    page, _ = exporter.from_notebook_node(new_notebook(cells=cells, metadata=METADATA))
    assert "white-space: pre-wrap !important" in page and "folded.open = true" in page and "<details>" in page
    [said] = re.findall(r'<img alt="([^"]*)"', page)
    assert f'img[alt^="{said[:30]}' in page, "what the exporter says in place of words is taken off again"
