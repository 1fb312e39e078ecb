"""Runs the notebooks `docs/notebooks/*.py`, and makes pages and `.ipynb` files for Colab."""

import base64
import hashlib
import re
import tempfile
import time
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

from website.places import COLAB, DOCS, EXECUTED, FILES, ROOT, STAGED
from website.staging import LINK, staged

PATIENCE = 600
"""Most seconds that a cell may take."""
INSTALL = "# Colab does not have the package.\n%pip install --quiet keras-draw"
PICTURES = {"image/png": "png", "image/gif": "gif"}
TERMINAL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def write_notebooks() -> None:
    """Run every changed notebook, and write each one's page and `.ipynb` to the staged pages."""
    folder = STAGED / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted((DOCS / "notebooks").glob("*.py")):
        notebook = _executed(source)
        text = staged(page(notebook, source.stem, folder), source.parent)
        (folder / f"{source.stem}.md").write_text(text, "utf-8")
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = LINK.sub(lambda match: _abroad(match[0]), cell.source)
        notebook.cells.insert(1, nbformat.v4.new_code_cell(INSTALL, id="install"))
        nbformat.write(notebook, folder / f"{source.stem}.ipynb")


def page(notebook: Any, name: str, folder: Path) -> str:
    """Convert an executed notebook to Markdown.

    Args:
        notebook: the notebook with its outputs.
        name: the prefix of its pictures' file names.
        folder: the folder for its pictures.
    """
    links = (
        f"[Open in Colab]({COLAB}/notebooks/{name}.ipynb){{ .md-button }} "
        f"[Download]({name}.ipynb){{ .md-button }}"
    )
    parts = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for place, output in enumerate(cell.outputs):
            parts.append(_shown(output, f"{name}-{number}-{place}", folder))
    return "\n\n".join([parts[0], links, *parts[1:]]) + "\n"


def _abroad(link: str) -> str:
    """Convert a link between pages to one that works in Colab."""
    if link.endswith(".py"):
        return f"{COLAB}/notebooks/{link.removesuffix('.py')}.ipynb"
    return f"{FILES}/docs/{link.removeprefix('../')}"


def _shown(output: Any, name: str, folder: Path) -> str:
    data = output.get("data", {})
    for kind, ending in PICTURES.items():
        if kind in data:
            (folder / f"{name}.{ending}").write_bytes(base64.b64decode(data[kind]))
            return f"![What the cell shows]({name}.{ending}){{ .output }}"
    text = TERMINAL.sub("", output.get("text") or data.get("text/plain", "")).rstrip()
    return f"``` {{ .text .output }}\n{text}\n```"


def _executed(source: Path) -> Any:
    """A notebook with its outputs; those of the last run if nothing has changed."""
    kept, made_from = EXECUTED / f"{source.stem}.ipynb", _digest(source)
    if kept.is_file():
        notebook = nbformat.read(kept, as_version=4)
        if notebook.metadata.get("made_from") == made_from:
            return notebook
    notebook = jupytext.read(source)
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        resources = {"metadata": {"path": scratch}}
        NotebookClient(
            notebook, timeout=PATIENCE, resources=resources, coalesce_streams=True
        ).execute()
    print(f"{source.name} took {time.monotonic() - begun:.0f} s")
    _check_quiet(notebook, source.name)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # timestamps
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/jpeg", None)  # a duplicate of the PNG
    notebook.metadata["made_from"] = made_from
    EXECUTED.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, kept)
    return notebook


def _check_quiet(notebook: Any, name: str) -> None:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise RuntimeError(f"{name} wrote to stderr, which pages omit:\n{output.text}")


def _digest(source: Path) -> str:
    """A hash of the project's files that a notebook's outputs depend on."""
    found = hashlib.sha256(source.read_bytes())
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix in (".py", ".h5", ".json", ".npz"):
            found.update(path.read_bytes())
    return found.hexdigest()
