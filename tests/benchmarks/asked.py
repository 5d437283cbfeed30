"""Which parts of a benchmark are asked for on the command line: all of them, or those that are named.

命令行要求运行一页基准中的哪些部分：全部，或点名的几项。
"""

import argparse
from collections.abc import Callable


def run(doc: str, *parts: Callable[[], None], by_name_only: tuple[Callable[[], None], ...] = ()) -> None:
    """Run the parts that are asked for; without names all, but for those that run by name alone.

    运行被点名的部分；没有点名就运行全部，只除去必须点名才运行的。
    """
    named = {part.__name__: part for part in (*parts, *by_name_only)}
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("what", nargs="*", choices=[*named, []])
    for name in parser.parse_args().what or [part.__name__ for part in parts]:
        print(name)
        named[name]()
