"""What a solved run does less of where the numbers that it would print are as the build stored them.

解答版课文运行时可以少做的部分：它本会打印的数，已由构建存下。

A cell that walks a thousand steps runs its every line in forty as well. Beside the trainings, which `a_few_steps.py`
cuts, these are the cells of seconds; none of them is compared with its stored text, and none is the reader's.
"""

from nbformat import NotebookNode

from tools.lessons import SHOWN

LESS = {  # lesson: {what stands there once, what runs instead}
    "03": {
        "for T in (1000, 20):": "for T in (40, 20):",
        '"400 to 600": range(400, 601), "2 to 50"': '"2 to 50"',
        '"t = 1": [1], "always": range(1, 1001)}': '"t = 1": [1]}',
        '"901-1000": range(901, 1001), "401-500": range(401, 501), "1-100"': '"1-100"',
    },
    "04": {"steps = (5, 10, 25, 100, 1000)": "steps = (2, 3, 4, 5, 6)"},
    "05": {"for n in (8, 16, 32, 64)]": "for n in (2, 4, 8, 16)]"},
    "06": {"for _ in range(800):": "for _ in range(20):"},
    "07": {
        "costs, names = (6, 8, 12, 20, 40)": "costs, names = (6, 12)",
        "for n in (20, 100) for who": "for n in (20,) for who",
        "((20, 0), (100, 0), (20, 1))": "((20, 0),)",
        "for steps in (1000, 20)": "for steps in (40, 20)",
    },
    "08": {
        "for scale in (0, 1, 3, 10):": "for scale in (0, 3):",
        "(1.0, 1.5, 2.0, 3.0), 700)": "(1.0, 2.0), 100)",
        "even_times(schedule, 20), jump=2, visits=5)": "even_times(schedule, 20), jump=2, visits=2)",
    },
    "09": {"for n in (50, 100, 200, 400, 800):": "for n in (50, 100):"},
    "12": {'for fault in ("range", "rate", "ema"):': 'for fault in ("rate",):'},
}


def shortened(notebook: NotebookNode, name: str) -> NotebookNode:
    """The notebook of the lesson with less of what takes long; each place must be there, once. 少做费时部分的课文。"""
    for long, short in LESS.get(name[:2], {}).items():
        [cell] = (cell for cell in notebook.cells if cell.cell_type == "code" and long in cell.source)
        assert cell.source.count(long) == 1 and not {SHOWN, "exercise"} & {*cell.metadata.get("tags", ())}, long
        cell.source = cell.source.replace(long, short)
    return notebook
