"""Source code quoted in pages by its symbol, so that a page cannot drift from the code.

A page quotes with a link that stands alone in its paragraph:

    [`stroke`](../../src/keras_draw/models/recurrence.py "code: stroke: error, canvas")

On GitHub that is a link to the file. On the site it is the code: of the function or class `stroke`,
the statements that give `error` and `canvas` their values; without names, all of it but its
docstring. A symbol or name that is gone fails the build.
"""

import ast
import itertools
import re
from pathlib import Path
from typing import NamedTuple

QUOTATION = re.compile(
    r"^\[(?P<text>[^\]]+)\]\((?P<path>[^)\s]+\.py) "
    r'"code: (?P<symbol>[\w.]+)(?:: (?P<names>[^"]+))?"\)$',
    re.MULTILINE,
)
LEFT_OUT = "# ..."
"""Stands between statements that do not follow each other in the source."""

Definition = ast.FunctionDef | ast.ClassDef


class Quotation(NamedTuple):
    """Lines of a source file."""

    code: str
    """without the indentation that they share."""
    first: int
    """number of the first line in the file."""
    last: int
    """number of the last one."""


def quoted(source: str, symbol: str, names: tuple[str, ...] = ()) -> Quotation:
    r"""The code of a symbol.

    Args:
        source: of the whole file.
        symbol: a function or class, or one inside it after a dot, as in `LSTM.step`.
        names: variables whose assignments are wanted, `return` for returned values; none: all of
            it, without its docstring.

    Raises:
        LookupError: if the symbol, or a name in it, is not there.

    Example:
        >>> quoted("def f(x):\n    y = 2 * x\n    return y\n", "f", ("y",)).code
        'y = 2 * x'
    """
    found = _definition(ast.parse(source), symbol)
    lines = source.splitlines()
    pieces = [_statement(found, symbol, name) for name in names] or _whole(found)
    spans = sorted(set(pieces))
    code = lines[spans[0][0] - 1 : spans[0][1]]
    for (_, before), (first, last) in itertools.pairwise(spans):
        gap = any(line.strip() for line in lines[before : first - 1])
        here = lines[first - 1 : last]
        indent = here[0][: len(here[0]) - len(here[0].lstrip())]
        code += ([indent + LEFT_OUT] if gap and names else []) + here
    return Quotation(_dedented(code), spans[0][0], spans[-1][1])


def with_quotations(page: str, folder: Path, link: str) -> str:
    """A page with its quotations in place.

    Args:
        page: its Markdown.
        folder: where the page lies, from which its links lead.
        link: address of the repository's files, to which a path within it is added; if it is empty,
            the code's place is named without a link.

    Raises:
        LookupError: if a file, symbol or name is not there.
    """

    def code(match: re.Match[str]) -> str:
        path = (folder / match["path"]).resolve()
        if not path.is_file():
            raise LookupError(f"{match['path']} is quoted, and there is no such file.")
        names = tuple(re.split(r",\s*", match["names"])) if match["names"] else ()
        found = quoted(path.read_text("utf-8"), match["symbol"], names)
        root = next(parent for parent in path.parents if (parent / "pyproject.toml").is_file())
        place = path.relative_to(root).as_posix()
        words = f"`{match['symbol']}` in {place.removeprefix('src/')}"
        where = f"{link}/{place}#L{found.first}-L{found.last}"
        below = f"[{words}]({where}){{ .quoted }}" if link else f"{words}\n{{ .quoted }}"
        return f"```python\n{found.code}\n```\n\n{below}"

    return QUOTATION.sub(code, page)


def _definition(module: ast.Module, symbol: str) -> Definition:
    found: ast.Module | Definition = module
    for part in symbol.split("."):
        inside = [node for node in found.body if isinstance(node, Definition) and node.name == part]
        if not inside:
            raise LookupError(f"{symbol} is quoted, and there is no {part} in the file.")
        found = inside[0]
    assert not isinstance(found, ast.Module)
    return found


def _whole(found: Definition) -> list[tuple[int, int]]:
    """The heading, and the body without its docstring."""
    heading = (found.lineno, found.body[0].lineno - 1)
    if ast.get_docstring(found) is None or len(found.body) == 1:
        return [(found.lineno, found.end_lineno or found.lineno)]
    return [heading, (found.body[1].lineno, found.end_lineno or found.lineno)]


def _statement(found: Definition, symbol: str, name: str) -> tuple[int, int]:
    """The first statement that gives a name its value."""
    for node in ast.walk(found):
        if name == "return" and isinstance(node, ast.Return):
            return node.lineno, node.end_lineno or node.lineno
        targets = node.targets if isinstance(node, ast.Assign) else []
        given = {leaf.id for target in targets for leaf in ast.walk(target)
                 if isinstance(leaf, ast.Name)}  # fmt: skip
        if name in given:
            return node.lineno, node.end_lineno or node.lineno
    raise LookupError(f"{name} in {symbol} is quoted, and no statement gives it a value.")


def _dedented(lines: list[str]) -> str:
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    return "\n".join(line[min(indents) :] for line in lines)
