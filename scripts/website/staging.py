"""Prepares `docs/` for the generator: quotes code, inlines drawings, and adapts links."""

import re
import shutil
from pathlib import Path

from website.places import DOCS, FILES, ROOT, STAGED
from website.quoting import with_quotations

LINK = re.compile(r"(?<=\]\()(?P<path>[^)\s:#]+)(?P<rest>#[^)\s]*)?(?=\))")
DRAWING = re.compile(r"^!\[(?P<text>[^\]]*)\]\((?P<path>[^)\s]+\.svg)\)$", re.MULTILINE)


def stage() -> None:
    """Write all pages, and copy the files that they show.

    Raises:
        LookupError: if a page quotes code that no longer exists.
    """
    shutil.rmtree(STAGED, ignore_errors=True)
    shutil.copytree(DOCS, STAGED, ignore=shutil.ignore_patterns("*.py"))
    for page in STAGED.rglob("*.md"):
        text = page.read_text("utf-8")
        folder = DOCS / page.relative_to(STAGED).parent
        page.write_text(staged(text, folder), "utf-8")


def staged(page: str, folder: Path) -> str:
    """Adapt a page's Markdown for the generator.

    Args:
        page: the Markdown in `docs/`.
        folder: the folder of the page there.
    """
    page = with_quotations(page, folder, FILES)
    page = DRAWING.sub(lambda match: _inside(match, folder), page)
    return LINK.sub(lambda match: _address(match["path"], folder) + (match["rest"] or ""), page)


def _inside(match: re.Match[str], folder: Path) -> str:
    """Inline a drawing, so that it uses the colours of the page."""
    drawing = (folder / match["path"]).read_text("utf-8")
    lines = "\n".join(line for line in drawing.splitlines() if line.strip())
    return f'<div class="drawing" role="img" aria-label="{match["text"]}">\n{lines}\n</div>'


def _address(path: str, folder: Path) -> str:
    """Convert a link for GitHub to one for the site; files without a page link to GitHub."""
    target = (folder / path).resolve()
    if not target.is_relative_to(ROOT) or not target.exists():
        return path  # the generator reports it as broken
    if target.suffix == ".py" and target.is_relative_to(DOCS):
        return path.removesuffix(".py") + ".md"  # a notebook
    if target.is_relative_to(DOCS) and target.is_file():
        return path
    return f"{FILES}/{target.relative_to(ROOT).as_posix()}"
