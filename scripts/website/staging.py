"""`docs/` as the generator reads it: quoted code, drawings inside their pages, adapted links."""

import re
import shutil
from pathlib import Path

from website.places import DOCS, FILES, ROOT, STAGED
from website.quoting import with_quotations

LINK = re.compile(
    r"(?P<image>!?)\[(?P<text>[^\[\]]*)\]\((?P<path>[^)\s:#]+)(?P<anchor>#[^)\s]*)?\)"
)
"""A link or an image whose address is a path."""
DRAWING = re.compile(r"^!\[(?P<text>[^\]]*)\]\((?P<path>[^)\s]+\.svg)\)$", re.MULTILINE)

ONLY_WITH_REPOSITORY = re.compile(r"<!-- repository -->.*?<!-- /repository -->\n*", re.DOTALL)
"""Sentences that make no sense without their links to the repository."""


def stage() -> None:
    """Write all pages, and copy the files they show.

    Raises:
        LookupError: if a page quotes code that no longer exists.
    """
    shutil.rmtree(STAGED, ignore_errors=True)
    shutil.copytree(DOCS, STAGED, ignore=shutil.ignore_patterns("*.py"))
    for page in STAGED.rglob("*.md"):
        text = page.read_text("utf-8")
        folder = DOCS / page.relative_to(STAGED).parent
        page.write_text(staged(text, folder), "utf-8")


def staged(page: str, folder: Path, files: str = FILES) -> str:
    """A page's Markdown for the generator.

    Args:
        page: its Markdown in `docs/`.
        folder: the folder in `docs/` that it is in.
        files: address of the repository's files. If it is empty, a link to a file that is not on
            the site becomes plain text.

    Example:
        >>> staged("[The licence](../../LICENSE)", DOCS / "learn", "")
        'The licence'
    """
    page = page if files else ONLY_WITH_REPOSITORY.sub("", page)
    page = with_quotations(page, folder, files)
    page = DRAWING.sub(lambda match: _inside(match, folder), page)
    return LINK.sub(lambda match: _link(match, folder, files), page)


def with_address(link: re.Match[str], address: str) -> str:
    """A link with another address, or only its text if the address is empty.

    Args:
        link: a match of `LINK`.
        address: without the part after `#`, which stays as it is.
    """
    if not address:
        return link["text"]
    return f"{link['image']}[{link['text']}]({address}{link['anchor'] or ''})"


def _inside(match: re.Match[str], folder: Path) -> str:
    """Inline a drawing, so that it uses the colours of the page."""
    drawing = (folder / match["path"]).read_text("utf-8")
    lines = "\n".join(line for line in drawing.splitlines() if line.strip())
    return f'<div class="drawing" role="img" aria-label="{match["text"]}">\n{lines}\n</div>'


def _link(link: re.Match[str], folder: Path, files: str) -> str:
    """A link that works on GitHub as one that works on the site."""
    path = link["path"]
    target = (folder / path).resolve()
    if not target.is_relative_to(ROOT) or not target.exists():
        return link[0]  # the generator reports it as broken
    if target.suffix == ".py" and target.is_relative_to(DOCS):
        return with_address(link, path.removesuffix(".py") + ".md")  # a notebook
    if target.is_relative_to(DOCS) and target.is_file():
        return link[0]
    return with_address(link, files and f"{files}/{target.relative_to(ROOT).as_posix()}")
