"""Write the table of the package's public interface: python tools/interface.py [--check]

写出代码包公开接口的总表：python tools/interface.py [--check]
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from course_utils.files import write_whole
from tools.pair_checks import HAN

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, TABLE, HEAD, FLOORS = (
    "course_utils",
    "course_utils/README.md",
    "tools/interface_head.md",
    "tests/test_floors.py",
)
COMMAND = "python tools/interface.py"
OF_A_LESSON = re.compile(r"exercises\.lesson_\d\d(\.|$)")
CHINESE = {
    "ingredients": "配料",
    "process": "过程",
    "algorithms": "算法",
    "experiments": "实验",
    "classroom": "教室",
}
SENTENCE = re.compile(r"[.?!]\)? ")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Public:
    """A public name: its node, its signature, the first lines of its docstring, and a class's own public names.

    一个公开的名字：语法节点、签名、文档字符串的首行，以及类自己的公开名字。
    """

    node: ast.ClassDef | Function
    signature: str
    en: str
    zh: str
    members: tuple["Public", ...] = ()


@dataclass(frozen=True)
class Module:
    """A module: its dotted name below the package, the first lines of its docstring, its public names, its imports.

    一个模块：包内的点分名字、文档字符串的首行、公开的名字，以及作为门面再次给出的名字。
    """

    name: str
    en: str
    zh: str
    names: tuple[Public, ...]
    door_to: tuple[str, ...]


def floors(root: Path = ROOT) -> dict[str, list[str]]:
    """Read the table of floors from its test, without importing it.

    从测试文件中读出分层表，不导入该文件。
    """
    for node in ast.parse((root / FLOORS).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLOORS":
            return ast.literal_eval(node.value)
    raise LookupError(f"{FLOORS} has no table FLOORS")


def modules(package: Path) -> list[Module]:
    """Read every module of a package but the lessons' own exercises, by its dotted name, in alphabetical order.

    按点分名字的字母顺序，读取包中的每个模块；各课自己的练习除外。
    """
    found = []
    for path in sorted(package.rglob("*.py")):
        name = ".".join(part for part in path.relative_to(package).with_suffix("").parts if part != "__init__")
        if not OF_A_LESSON.match(name):
            found.append(_module(name, ast.parse(path.read_text(encoding="utf-8")), f"{package.name}.{name}"))
    return sorted(found, key=lambda module: module.name)


def table(root: Path = ROOT) -> str:
    """Return the page: its head, then the modules by floor in the order of the floors' test.

    返回整页：先是页首，再按分层测试中的次序列出各模块。
    """
    known, page = modules(root / PACKAGE), [(root / HEAD).read_text(encoding="utf-8").strip()]
    for floor, tops in floors(root).items():
        page.append(f"## {floor.capitalize()} · {CHINESE.get(floor, floor)}")
        for top in tops:
            page += [_shown(module) for module in known if module.name.split(".")[0] == top]
    return "\n\n".join(page) + "\n"


def first_lines(documented: ast.AST) -> tuple[str, str]:
    """Return what a docstring says first: its English paragraph and its 中文 one, or the two halves of its one line.

    返回文档字符串最先说的话：英文段与中文段，或同一行的前后两半。
    """
    doc = ast.get_docstring(documented) or ""
    paragraphs = [" ".join(part.split()) for part in doc.split("\n\n")]
    first, second = (paragraphs + [""])[:2]
    chinese = re.search(HAN, first.replace("中文", "--"))
    ends = [mark.end() for mark in SENTENCE.finditer(first, 0, chinese.start())] if chinese else []
    if ends:
        return first[: ends[-1]].rstrip(), first[ends[-1] :]
    return first, second if re.search(HAN, second) else ""


def _module(name: str, tree: ast.Module, dotted: str) -> Module:
    own = [node for node in tree.body if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_")]
    door_to = [
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{dotted}.")
        for alias in node.names
    ]
    return Module(name, *first_lines(tree), tuple(map(_public, own)), tuple(sorted(door_to)))


def _public(node: ast.ClassDef | Function) -> Public:
    if isinstance(node, Function):
        return Public(node, _signature(node), *first_lines(node))
    members = [part for part in node.body if isinstance(part, Function) and not part.name.startswith("_")]
    shown = tuple(_member(part) for part in members if ast.get_docstring(part))
    return Public(node, f"{node.name}({_built_from(node)})", *first_lines(node), shown)


def _member(node: Function) -> Public:
    if any(ast.unparse(mark) in ("property", "cached_property") for mark in node.decorator_list):
        return Public(node, f".{node.name}" + _returned(node), *first_lines(node))
    return Public(node, f".{_signature(node)}", *first_lines(node))


def _signature(node: Function) -> str:
    return f"{node.name}({ast.unparse(_without_self(node.args))})" + _returned(node)


def _returned(node: Function) -> str:
    return f" -> {ast.unparse(node.returns)}" if node.returns else ""


def _without_self(arguments: ast.arguments) -> ast.arguments:
    first = arguments.args[:1]
    kept = arguments.args[1:] if first and first[0].arg in ("self", "cls") else arguments.args
    return ast.arguments(**{**vars(arguments), "args": kept})


def _built_from(node: ast.ClassDef) -> str:
    for part in node.body:
        if isinstance(part, Function) and part.name == "__init__":
            return ast.unparse(_without_self(part.args))
    return ", ".join(ast.unparse(field) for field in fields(node))


def fields(node: ast.ClassDef) -> Iterator[ast.AnnAssign]:
    """The fields of a dataclass or a named tuple: what stands annotated in its body.

    dataclass 或具名元组的字段：类体中带类型注解的各项。
    """
    return (part for part in node.body if isinstance(part, ast.AnnAssign) and not ast.unparse(part.target)[0] == "_")


def _shown(module: Module) -> str:
    lines = [f"### `{PACKAGE}.{module.name}`", "", module.en + "  ", module.zh, ""]
    if module.door_to:
        lines += ["From here too · 也从这里导入：" + ", ".join(f"`{name}`" for name in module.door_to), ""]
    for name in module.names:
        lines += _entry(name, "")
        for member in name.members:
            lines += _entry(member, "  ")
    return "\n".join(lines).rstrip()


def _entry(name: Public, indent: str) -> list[str]:
    said = [f"{indent}  {text}" for text in (name.en, name.zh) if text]
    return [f"{indent}- `{name.signature}`  ", *(f"{line}  " for line in said[:-1]), *said[-1:]]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run the command line; returns the exit status.

    运行命令行；返回退出状态。
    """
    parser = argparse.ArgumentParser(description="Write course_utils/README.md. 写出 course_utils/README.md。")
    parser.add_argument("--check", action="store_true", help="compare, write nothing 只比较，不写入")
    options, path, text = parser.parse_args(arguments), root / TABLE, table(root)
    if not options.check:
        write_whole(path, text.encode())
    elif not path.is_file() or path.read_text(encoding="utf-8") != text:
        print(f"{TABLE} is not what the docstrings say; run {COMMAND}", file=sys.stderr)
        print(f"{TABLE} 与文档字符串不符；请运行 {COMMAND}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
