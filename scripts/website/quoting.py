"""Quotes source code in pages by its symbol, so that pages stay in step with the code.

A page quotes code with a link that is a paragraph of its own:

    [`stroke`](../../src/keras_draw/models/recurrence.py "code: stroke: error, canvas")

On GitHub it is a link to the file. On the site it is replaced by the code: the statements in the
function or class `stroke` that assign `error` and `canvas`; without names, all of it except its
docstring. If a symbol or name no longer exists, the build fails.
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
"""Inserted between statements that are not adjacent in the source."""

Definition = ast.FunctionDef | ast.ClassDef


class Quotation(NamedTuple):
    """Quoted lines of a source file."""

    code: str
    """the lines, without common indentation."""
    first: int
    """number of the first line in the file, from 1."""
    last: int
    """number of the last line."""


def quoted(source: str, symbol: str, names: tuple[str, ...] = ()) -> Quotation:
    r"""The code of a symbol.

    Args:
        source: the source of the file.
        symbol: a function or class, or one inside it after a dot, as in `LSTM.step`.
        names: variables whose assignments to quote, `return` for returned values. Empty: all of
            the symbol, without its docstring.

    Raises:
        LookupError: if the symbol, or a name in it, does not exist.

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
    """Replace the quotations in a page by code.

    Args:
        page: the page's Markdown.
        folder: the folder of the page, to which its links are relative.
        link: address of the repository's files; paths in the repository are appended to it. If it
            is empty, the code's place is named without a link.

    Raises:
        LookupError: if a file, symbol or name does not exist.
    """

    def code(match: re.Match[str]) -> str:
        path = (folder / match["path"]).resolve()
        if not path.is_file():
            raise LookupError(f"A page quotes {match['path']}, but there is no such file.")
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
            raise LookupError(f"A page quotes {symbol}, but there is no {part} in the file.")
        found = inside[0]
    assert not isinstance(found, ast.Module)
    return found


def _whole(found: Definition) -> list[tuple[int, int]]:
    """The lines of the heading, and of the body without its docstring."""
    heading = (found.lineno, found.body[0].lineno - 1)
    if ast.get_docstring(found) is None or len(found.body) == 1:
        return [(found.lineno, found.end_lineno or found.lineno)]
    return [heading, (found.body[1].lineno, found.end_lineno or found.lineno)]


def _statement(found: Definition, symbol: str, name: str) -> tuple[int, int]:
    """The lines of the first statement that assigns a name."""
    for node in ast.walk(found):
        if name == "return" and isinstance(node, ast.Return):
            return node.lineno, node.end_lineno or node.lineno
        targets = node.targets if isinstance(node, ast.Assign) else []
        given = {leaf.id for target in targets for leaf in ast.walk(target)
                 if isinstance(leaf, ast.Name)}  # fmt: skip
        if name in given:
            return node.lineno, node.end_lineno or node.lineno
    raise LookupError(f"A page quotes {name} in {symbol}, but no statement assigns it.")


def _dedented(lines: list[str]) -> str:
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    return "\n".join(line[min(indents) :] for line in lines)
