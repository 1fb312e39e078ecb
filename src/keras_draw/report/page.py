"""What a report is made of: facts, sections and blocks; and the one HTML page they become.

Text comes from files that others wrote: it reaches the page through Jinja2 with every character
escaped, and the page forbids itself scripts and the network.
"""

import base64
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image

from keras_draw import __version__
from keras_draw.figures import curves, grids

TEMPLATE = Path(__file__).with_name("page.html")
DOTS_PER_CSS_PIXEL = 150 / 96
"""Figures are saved at 150 dots an inch; a browser counts 96."""
MEDIA = {".png": "image/png", ".gif": "image/gif"}


class Fact(NamedTuple):
    """A number that is looked for first."""

    label: str
    value: str
    unit: str
    detail: str = ""
    """what it was made from."""


class Text(NamedTuple):
    """A paragraph."""

    text: str
    kind: str = "text"


class Picture(NamedTuple):
    """A picture inside the page."""

    source: str
    """data URI."""
    width: int
    """pixels of the page."""
    height: int
    alt: str
    caption: str = ""
    still: str = ""
    """data URI of what stands for a moving picture on paper, or where motion is unwelcome."""
    kind: str = "picture"


class Pictures(NamedTuple):
    """Pictures side by side, below each other where there is no room."""

    pictures: Sequence[Picture]
    kind: str = "pictures"


class Column(NamedTuple):
    """Of a table."""

    name: str
    unit: str = ""
    numeric: bool = False


class Table(NamedTuple):
    """Rows of texts, one for each column."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    kind: str = "table"


class Strip(NamedTuple):
    """A row of a contact sheet."""

    label: str
    detail: str
    picture: Picture


class Strips(NamedTuple):
    """A contact sheet."""

    strips: Sequence[Strip]
    kind: str = "strips"


class Code(NamedTuple):
    """Lines to be typed, or a file's text."""

    text: str
    kind: str = "code"


class Folded(NamedTuple):
    """What is shown when it is asked for."""

    summary: str
    block: "Table | Code"
    kind: str = "folded"


class Section(NamedTuple):
    """A part of the page."""

    name: str
    """for links."""
    title: str
    blocks: Sequence[Any]


class Page(NamedTuple):
    """A whole report."""

    name: str
    """of the run or sweep."""
    title: str
    lead: str
    facts: Sequence[Fact]
    sections: Sequence[Section]

    @property
    def pictures(self) -> int:
        """How many there are."""
        return sum(_pictures(block) for section in self.sections for block in section.blocks)


def _pictures(block: Any) -> int:
    return {"picture": 1, "pictures": len(getattr(block, "pictures", ())),
            "strips": len(getattr(block, "strips", ()))}.get(block.kind, 0)  # fmt: skip


def rendered(page: Page) -> str:
    """The page as HTML that needs no other file.

    Args:
        page: the report.

    Example:
        >>> "<h1>A &amp; B</h1>" in rendered(Page("a", "A & B", "", [], []))
        True
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE.name).render(page=page, version=__version__)


def inline_file(path: Path) -> str:
    """A picture's file as a data URI."""
    return f"data:{MEDIA[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"


def inline_figure(make: Any, alt: str, caption: str = "") -> Picture:
    """A figure as a picture of the page.

    Args:
        make: a function without arguments that gives the figure. It is called where `$` in titles
            is no mathematics, since they may come from anywhere.
        alt: what is seen, in words.
        caption: below it.
    """
    with tempfile.TemporaryDirectory() as scratch, rc_context({"text.parse_math": False}):
        path = Path(scratch) / "figure.png"
        figure: Figure = make()
        curves.save_figure(figure, path)
        with Image.open(path) as picture:
            width, height = (round(side / DOTS_PER_CSS_PIXEL) for side in picture.size)
        return Picture(inline_file(path), width, height, alt, caption)


def inline_image(image: Image.Image, alt: str, caption: str = "") -> Picture:
    """A grid as a picture of the page.

    Args:
        image: the grid.
        alt: what is seen, in words.
        caption: below it.
    """
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "grid.png"
        grids.save_image(image, path)
        return Picture(inline_file(path), *image.size, alt, caption)
