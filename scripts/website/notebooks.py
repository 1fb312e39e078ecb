"""Runs `docs/notebooks/*.py`, and makes pages and `.ipynb` files for Colab of them."""

import base64
import hashlib
import re
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

from website.places import COLAB, DOCS, EXECUTED, FILES, GITHUB, ROOT, STAGED
from website.staging import LINK, staged, with_address

AT_ONCE = 2
"""Notebooks that run at the same time: their small networks keep one core busy each."""
PROMISED = 180
"""Seconds that a notebook takes at most on two cores, as the front page says."""
PATIENCE = 600
"""Seconds that a cell may take."""
QUIET_KERNEL = ["--log-level=ERROR"]
"""Without Jupyter's warning that it talks to its kernel unencrypted: it does so on this machine."""
INSTALL = (
    "# Installs the package, which Colab does not have.\n"
    f"%pip install --quiet {f'git+{GITHUB}' if GITHUB else 'keras-draw'}"
)
PICTURES = {"image/png": "png", "image/gif": "gif"}
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
TERMINAL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def write_notebooks() -> None:
    """Run the notebooks whose code changed, and write a page and an `.ipynb` of each."""
    folder = STAGED / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    sources = sorted((DOCS / "notebooks").glob("*.py"))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        executed = list(pool.map(_executed, sources))
    for source, notebook in zip(sources, executed, strict=True):
        text = staged(page(notebook, source.stem, folder), source.parent)
        (folder / f"{source.stem}.md").write_text(text, "utf-8")
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = LINK.sub(outside, cell.source)
        notebook.cells.insert(1, nbformat.v4.new_code_cell(INSTALL, id="install"))
        nbformat.write(notebook, folder / f"{source.stem}.ipynb")


def page(notebook: Any, name: str, folder: Path, colab: str = COLAB) -> str:
    """An executed notebook as Markdown.

    Args:
        notebook: with outputs.
        name: its file's name, with which the names of its pictures begin.
        folder: where its pictures are written.
        colab: where Colab opens the site's files; if it is empty, no link to Colab is shown.
    """
    links = f"[Download the notebook]({name}.ipynb){{ .md-button }}"
    if colab:
        links = f"[Open in Colab]({colab}/notebooks/{name}.ipynb){{ .md-button }} {links}"
    parts, heading = [], ""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            heading = (HEADING.findall(cell.source) or [heading])[-1]
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for place, output in enumerate(cell.outputs):
            parts.append(_shown(output, f"{name}-{number}-{place}", folder, heading))
    return "\n\n".join([parts[0], links, *parts[1:]]) + "\n"


def outside(link: re.Match[str], files: str = FILES, colab: str = COLAB) -> str:
    """A link between pages as one that works in Colab or in a downloaded notebook.

    Args:
        link: a match of `staging.LINK` in a notebook's text.
        files: address of the repository's files, or empty.
        colab: where Colab opens the site's files, or empty.
    """
    path = link["path"]
    if path.endswith(".py"):
        name = path.removesuffix(".py") + ".ipynb"
        return with_address(link, f"{colab}/notebooks/{name}" if colab else name)
    return with_address(link, files and f"{files}/docs/{path.removeprefix('../')}")


def _shown(output: Any, name: str, folder: Path, heading: str) -> str:
    data = output.get("data", {})
    for kind, ending in PICTURES.items():
        if kind in data:
            (folder / f"{name}.{ending}").write_bytes(base64.b64decode(data[kind]))
            return f"![{heading}: output]({name}.{ending}){{ .output }}"
    text = TERMINAL.sub("", output.get("text") or data.get("text/plain", "")).rstrip()
    return f"``` {{ .text .output }}\n{text}\n```"


def _executed(source: Path) -> Any:
    """A notebook with its outputs. It is run only if its code or the package changed."""
    notebook = jupytext.read(source)
    kept, made_from = EXECUTED / f"{source.stem}.ipynb", _digest(notebook)
    if kept.is_file():
        before = nbformat.read(kept, as_version=4)
        if before.metadata.get("made_from") == made_from:
            _take_outputs(notebook, before)
            return notebook
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        resources = {"metadata": {"path": scratch}}
        NotebookClient(
            notebook,
            timeout=PATIENCE,
            resources=resources,
            coalesce_streams=True,
            extra_arguments=QUIET_KERNEL,
        ).execute()
    took = time.monotonic() - begun
    print(
        f"{source.name} took {took:.0f} s" + (f", more than {PROMISED}" if took > PROMISED else "")
    )
    _check_quiet(notebook, source.name)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # timestamps
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/jpeg", None)  # a duplicate of the PNG
    notebook.metadata["made_from"] = made_from
    EXECUTED.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, kept)
    return notebook


def _take_outputs(notebook: Any, before: Any) -> None:
    """Give a notebook the outputs of an earlier run of the same code."""
    notebook.metadata = before.metadata
    for cell, ran in zip(_code(notebook), _code(before), strict=True):
        cell.outputs, cell.execution_count = ran.outputs, ran.execution_count


def _code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _check_quiet(notebook: Any, name: str) -> None:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise RuntimeError(f"{name} wrote to stderr, which pages omit:\n{output.text}")


def _digest(notebook: Any) -> str:
    """A hash of everything in the project that a notebook's outputs depend on."""
    found = hashlib.sha256("\0".join(cell.source for cell in _code(notebook)).encode())
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix in (".py", ".h5", ".json", ".npz"):
            found.update(path.read_bytes())
    return found.hexdigest()
