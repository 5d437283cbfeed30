"""Every lesson runs solved, alone and offline, and says nothing that its own outputs contradict.

每一课带着解答、独自、断网都能运行；课文所说，其输出都不与之矛盾。
"""

import re
from functools import cache

import nbformat
import pytest
from lesson_runs import LESSONS, REFUSED, ROOT, exercises, lesson, outputs, printed, words
from shorter import LESS, shortened

from tools.lessons import FOLDERS, LINKS, SHOWN, unexecuted

MOVING = r"\b(?:noise_slider|watch|\w+_explorer)\("
VIEWS = [(name, language) for name in LESSONS for language in FOLDERS]


# Every lesson, solved, alone in an empty folder, with the network cut.


@pytest.mark.parametrize("name", LESSONS)
def test_the_network_was_cut(name, solved):
    assert printed(solved(name)[0], "network") == REFUSED


@pytest.mark.parametrize("name", LESSONS)
def test_no_cell_warns(name, solved):
    notebook, _ = solved(name)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code and all(cell.execution_count for cell in code)
    warned = {cell.id: output.text for cell in code for output in cell.outputs if output.get("name") == "stderr"}
    assert warned == {}


@pytest.mark.parametrize("name", LESSONS)
def test_every_check_accepts_the_solution(name, solved):
    notebook, _ = solved(name)
    said = {key: words(notebook, key) for key in exercises(notebook)}
    assert said and all(said.values())
    assert [verdict for verdicts in said.values() for verdict in verdicts if not verdict.startswith("✓ ")] == []


@pytest.mark.parametrize("name", LESSONS)
def test_nothing_is_left_in_the_folder(name, solved):
    assert solved(name)[1] == []


@pytest.mark.parametrize("name", LESSONS)
def test_cells_marked_for_it_print_what_is_stored(name, solved):
    shown, marked = solved(name)[0], lambda cell: SHOWN in cell.metadata.get("tags", ())
    stored = view(ROOT / lesson(name).view("both"))
    for key in [cell.id for cell in filter(marked, stored.cells)]:
        assert printed(shown, key) == printed(stored, key), key


@pytest.mark.parametrize("number", LESS)
def test_what_a_short_run_does_less_of_stands_in_its_lesson(number):
    [name] = (name for name in LESSONS if name.startswith(number))
    whole, short = unexecuted(lesson(name)), shortened(unexecuted(lesson(name)), name)
    changed = [a.id for a, b in zip(whole.cells, short.cells, strict=True) if a.source != b.source]
    assert 0 < len(changed) <= len(LESS[number])


# The stored pages.


@cache
def view(path):
    """A view, read and validated once for all that is asked of it; nobody changes it."""
    return nbformat.read(path, as_version=4)


@pytest.fixture(params=VIEWS, ids="-".join)
def stored(request):
    """A stored view, and its language."""
    name, language = request.param
    path = ROOT / lesson(name).view(language)
    if not path.is_file():
        pytest.skip(f"{path.name} is not built yet")
    return view(path), language


def test_no_stored_cell_failed_or_warned(stored):
    shown = [output for cell in stored[0].cells for output in cell.get("outputs", [])]
    assert len(shown) > 5
    assert [output for output in shown if output.output_type == "error" or output.get("name") == "stderr"] == []


def test_the_set_up_cell_is_short(stored):
    [setup] = (cell.source for cell in stored[0].cells if cell.id == "setup")
    assert len(setup.splitlines()) <= 6


def test_the_head_has_its_links_its_minutes_and_its_map(stored):
    notebook, language = stored
    head = notebook.cells[0].source
    others = [LINKS["both" if name == language else name] for name in ("en", "zh")]
    words, addresses = zip(*re.findall(r"(?:^| )\[([^\]]*)\]\(([^#)]*)\)", head.split("\n\n")[1]), strict=True)
    assert list(words) == [LINKS["colab"], *others]
    folder = ROOT / FOLDERS[language]
    assert all((folder / address).is_file() for address in addresses[1:])
    assert ("About " in head, "约" in head) == (language != "zh", language != "en")
    parts = re.findall(r"^\d+\. \[.*\]\(#(.*?)\)", head, re.M)
    headed = [cell.id for cell in notebook.cells if cell.source.startswith("## ")]
    assert len(parts) > 3 and parts == headed
    assert all(f'<a id="{cell.id}"></a>' in cell.source for cell in notebook.cells if cell.id in parts)


def test_what_a_picture_shows_stands_before_it(stored):
    notebook, _ = stored
    for cell in notebook.cells:
        shown = cell.get("outputs", [])
        for before, output in zip([None, *shown], shown, strict=False):
            if "image/png" in output.get("data", {}):
                heard = re.findall('<img lang="(..)" alt="([^"]*)"', before.data["text/html"])
                assert heard and all(len(text) > 3 for _, text in heard), cell.id


def test_a_still_picture_stands_where_a_widget_moves(stored):
    moving = [cell.id for cell in stored[0].cells if re.search(MOVING, cell.source)]
    assert moving
    for key in moving:
        assert any("image/png" in output.get("data", {}) for output in outputs(stored[0], key)), key


def test_the_exercises_are_stored_blank(stored):
    notebook, language = stored
    said = {"en": ("not attempted yet",), "zh": ("尚未作答",), "both": ("not attempted yet", "尚未作答")}[language]
    assert exercises(notebook)
    for key in exercises(notebook):
        text = "".join(output.data["text/markdown"] for output in outputs(notebook, key) if "data" in output)
        assert all(text.count(word) == 1 for word in said), key
