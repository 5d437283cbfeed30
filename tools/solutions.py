"""Find what an exercise's cell leaves to the reader, and fill it with the package's own answer.

找出练习格留给读者写的部分，并填入本包自己的答案。
"""

import ast
import inspect
from collections.abc import Callable
from textwrap import dedent, indent
from typing import NamedTuple

from course_utils.exercises import exercise


class Blank(NamedTuple):
    """What a reader fills in: `def my_jump(...):`, `class MySchedule:` or `my_digit = ...`, and what judges it.

    读者要填的部分：`def my_jump(...):`、`class MySchedule:` 或 `my_digit = ...`，以及评判它的练习。
    """

    exercise_id: str
    node: ast.FunctionDef | ast.ClassDef | ast.Assign


def blank(code: str) -> Blank | None:
    """Find the blank of a cell that ends in `name = check("07.ddim", name)`; None if it has not just one of each.

    找出一格中的空白，该格以 `name = check("07.ddim", name)` 收尾；若两者不是恰好各有一个，则为 None。
    """
    tree = ast.parse(code).body
    checks = [found for found in map(_checked, tree) if found]
    if len(checks) != 1:
        return None
    exercise_id, name = checks[0]
    nodes = [node for node in tree if _is_blank(node, name)]
    return Blank(exercise_id, nodes[0]) if len(nodes) == 1 else None


def solved(code: str) -> str:
    """Fill the blank of an exercise's cell: with the body of the reference, a function's or a class's, or its value.

    填上练习格的空白：参考函数或类的主体，或参考值。
    """
    exercise_id, node = blank(code)
    reference, lines = exercise(exercise_id).reference(), code.splitlines()
    if isinstance(node, ast.Assign):
        lines[node.lineno - 1] = f"{node.targets[0].id} = {reference!r}"
    else:
        hole = node.body[0 if isinstance(node, ast.ClassDef) else -1]
        lines[hole.lineno - 1 : node.end_lineno] = [indent(body(reference), "    ")]
    return "\n".join(lines)


def body(function: Callable) -> str:
    """The source of a function's or a class's body, without its docstring.

    函数或类的主体的源码，不含文档字符串。
    """
    source = dedent(inspect.getsource(function))
    [tree] = ast.parse(source).body
    first = tree.body[1 if ast.get_docstring(tree) is not None else 0]
    begin = min(node.lineno for node in (first, *getattr(first, "decorator_list", ())))
    return dedent("\n".join(source.splitlines()[begin - 1 :]))


def _checked(node: ast.stmt) -> tuple[str, str] | None:
    """("07.ddim", "name") of `name = check("07.ddim", name)`, or None."""
    match node:
        case ast.Assign(
            targets=[ast.Name(name)],
            value=ast.Call(func=ast.Name("check"), args=[ast.Constant(str(exercise_id)), ast.Name(given)]),
        ) if name == given:
            return exercise_id, name
    return None


def _is_blank(node: ast.stmt, name: str) -> bool:
    """Is it a blank of this name: a function or a value that ends in `...`, a class all of whose methods do?"""
    match node:
        case ast.ClassDef(name=called, body=methods):
            kinds = all(isinstance(method, ast.FunctionDef) for method in methods)
            return called == name and kinds and all(_is_blank(method, method.name) for method in methods)
        case ast.FunctionDef(name=called, body=[*_, ast.Expr(ast.Constant(value)) as last]):
            return called == name and value is ... and last.lineno > node.lineno
        case ast.Assign(targets=[ast.Name(called)], value=ast.Constant(value)):
            return called == name and value is ...
    return False
