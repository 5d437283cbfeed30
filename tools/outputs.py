"""Run a lesson once, and make its outputs fit to be stored in each view.

把一课运行一次，并把输出整理成各视图可存的样子。
"""

import base64
import os
import re
from collections.abc import Iterator
from copy import deepcopy
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from course_utils.language import folded, heard, paragraphs, spoken
from tools import facts
from tools.lessons import SHOWN, Lesson, refuse, unexecuted

WIDGET = "application/vnd.jupyter.widget-view+json"
LIMITS = {"image/png": 100_000, "image/gif": 200_000}
VIEW_LIMIT = 600_000
REWRITTEN = re.compile(r"[^\n]*\r(?!\n)")
FOLDED = re.compile(r'src="data:(image/\w+);base64,([^"]*)"')
FORBIDDEN = re.compile(r"\b0x[0-9a-fA-F]{5,}|(?<![\w.:/-])/(?:home|work|tmp|root|Users)\b[\w/.-]*|\bC:\\\S*")


def execute(lesson: Lesson) -> dict[str, list[NotebookNode]]:
    """Run the bilingual lesson in notebooks/, offline, its facts at the end; returns the cleaned outputs by cell id.

    在 notebooks/ 中离线运行双语课文，末尾算出 facts；按格子 id 返回整理后的输出。

    Raises: BuildError where a cell fails, warns, or leaves what must not be stored.
    """
    notebook = unexecuted(lesson)
    notebook.cells.append(new_code_cell(facts.cell(lesson), id=facts.CELL))
    folder = str(lesson.root / "notebooks")
    client = NotebookClient(notebook, timeout=1800, kernel_name="python3", resources={"metadata": {"path": folder}})
    client.record_timing = client.store_widget_state = False
    environment = {name: value for name, value in os.environ.items() if name != "DIFFUSION_COURSE_DATA"}
    faults = []
    with TemporaryDirectory() as fresh:
        of_nobody = {"HF_HUB_OFFLINE": "1", "DIFFUSION_COURSE_PROGRESS": f"{fresh}/progress.json"}
        try:
            client.execute(env=environment | of_nobody)
        except CellExecutionError:
            pass  # the cell holds its error, and _refused names it
        except (CellTimeoutError, DeadKernelError) as error:
            faults.append(f"{lesson.at()}: {error}")
    outputs = {cell.id: clean(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"}
    for key, shown in outputs.items():
        at = facts.place(lesson, "py") if key == facts.CELL else lesson.at(key)
        faults += [f"{at}: {message}" for output in shown for message in _refused(output)]
    refuse(faults)
    return outputs


def clean(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Strip what varies from run to run, and merge adjacent pieces of one stream.

    去掉每次运行都不同的内容，并合并相邻的同名输出流。
    """
    kept = []
    for output in outputs:
        if output.output_type in ("display_data", "execute_result"):
            kept += _clean_bundle(output)
        elif output.output_type == "stream" and kept and kept[-1].get("name") == output.name:
            kept[-1]["text"] += output.text
        else:
            kept.append(deepcopy(output))
    for output in kept:
        if output.output_type == "stream":
            output["text"] = REWRITTEN.sub("", output.text)
    return kept


def _clean_bundle(output: NotebookNode) -> list[NotebookNode]:
    course = output.metadata.get("course")
    data = {mime: value for mime, value in output.data.items() if mime != WIDGET}
    only_a_widget = WIDGET in output.data and set(data) <= {"text/plain"} and not course
    if only_a_widget or (course and not course.get("stored", True)):
        return []
    metadata = {name: value for name, value in output.metadata.items() if name != WIDGET}
    count = {"execution_count": None} if output.output_type == "execute_result" else {}
    return [new_output(output.output_type, data=deepcopy(data), metadata=deepcopy(metadata), **count)]


def speak(output: NotebookNode, language: str) -> list[NotebookNode]:
    """Return an output in the words of "both", "en" or "zh", a picture after its alternative text.

    返回 "both"、"en" 或 "zh" 文字的输出；图之前有它的替代文字。

    Only "both" keeps the two texts in its metadata.
    """
    output = deepcopy(output)
    course = output.get("metadata", {}).get("course")
    if not course:
        return [output]
    pictures = [mime for mime in output.data if mime.startswith("image/") or mime == "text/html"]
    en, zh, between = course["en"], course["zh"], " · " if pictures else "\n\n"
    plain = ({"both": f"{en}{between}{zh}"} | course)[language]
    marked = course[language] if "both" in course else paragraphs(en, zh, language)
    below = folded(**course["folded"], language=language) if "folded" in course else ""
    texts = {"text/plain": plain, "text/markdown": marked + below}
    output.data.update({mime: text for mime, text in texts.items() if mime in output.data})
    for mime in pictures:
        output.metadata[mime] = {**output.metadata.get(mime, {}), "alt": plain}
    label = new_output("display_data", heard(en, zh, language), metadata=spoken("", "", stored=False))
    if language != "both":
        del output.metadata["course"], label.metadata["course"]
    return [label, output] if pictures else [output]


def pour(notebook: NotebookNode, outputs: dict[str, list[NotebookNode]], language: str = "both") -> NotebookNode:
    """Return the notebook in the kernel's order, with these outputs in the words of one view.

    返回填入输出的 notebook：执行序号依次排列，文字取该视图的语言。
    """
    notebook = deepcopy(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for count, cell in enumerate(code, start=1):
        cell.execution_count = count
        cell.outputs = [said for output in outputs.get(cell.id, []) for said in speak(output, language)]
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
    return notebook


def derive(lesson: Lesson, bilingual: NotebookNode, language: str) -> NotebookNode:
    """Return a view of the lesson with the outputs of its bilingual notebook.

    用双语 notebook 的输出生成该课的一种视图。
    """
    outputs = {cell.id: clean(cell.outputs) for cell in bilingual.cells if cell.cell_type == "code"}
    return pour(unexecuted(lesson, language), outputs, language)


def text_of(notebook: NotebookNode) -> str:
    """Return a valid notebook as the text of its file.

    返回（合规的）notebook 的文件文本。
    """
    nbformat.validate(notebook)
    return nbformat.writes(notebook).rstrip() + "\n"


def output_faults(notebook: NotebookNode) -> list[tuple[str, str]]:
    """Say which outputs must not be stored, as (cell id, message) pairs.

    指出哪些输出不可存入，返回（格子 id，消息）对。
    """
    found, total = [], 0
    for cell in notebook.cells:
        if SHOWN in cell.metadata.get("tags", ()) and not cell.outputs:
            found.append((cell.id, f"tagged {SHOWN} but shows nothing; show text or take the tag away"))
        for output in cell.get("outputs", []):
            found += [(cell.id, message) for message in _refused(output)]
            for mime, size in _pictures(output):
                total += size
                if size > LIMITS.get(mime, VIEW_LIMIT):
                    limit = LIMITS.get(mime, VIEW_LIMIT) // 1000
                    found.append((cell.id, f"{mime} of {size // 1000} kB; keep it under {limit} kB (fewer dots)"))
    if total > VIEW_LIMIT:
        found.append(("", f"pictures of {total // 1000} kB together; keep a view under {VIEW_LIMIT // 1000} kB"))
    return found


def _refused(output: NotebookNode) -> list[str]:
    if output.output_type == "error":
        return [f"the cell fails: {output.ename}: {output.evalue}; mend it"]
    if output.output_type == "stream":
        if output.name == "stderr":
            return [f"the reader would see a warning; mend its cause: {output.text.strip()}"]
        texts = [output.text]
    else:
        texts = [value for mime, value in output.data.items() if "text/" in mime or mime == "image/svg+xml"]
        texts = [FOLDED.sub("", text) for text in texts] + list(_words(output.metadata.get("course", {})))
    places = dict.fromkeys(place for text in texts for place in FORBIDDEN.findall(text))
    return [f"a path or an address in memory would be stored: {place}; do not print it" for place in places]


def _words(course: dict) -> Iterator[str]:
    """The texts in an output's metadata, without the pictures."""
    for name, value in course.items():
        if isinstance(value, dict):
            yield from _words(value)
        elif name != "picture":
            yield str(value)


def _pictures(output: NotebookNode) -> list[tuple[str, int]]:
    data = output.get("data", {})
    pictures = [(mime, value) for mime, value in data.items() if mime.startswith("image/")]
    pictures += [found for mime in ("text/markdown", "text/html") for found in FOLDED.findall(data.get(mime, ""))]
    return [
        (mime, len(value.encode()) if mime == "image/svg+xml" else len(base64.b64decode(value)))
        for mime, value in pictures
    ]
