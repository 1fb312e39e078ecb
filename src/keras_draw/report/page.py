"""From values to one HTML page with everything in it: the templates' language, and pictures.

Text comes from files that others wrote: it reaches the page through Jinja2 with every character
escaped, and the page forbids itself scripts and the network.
"""

import base64
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image

from keras_draw import __version__
from keras_draw.figures import curves, grids
from keras_draw.files import is_number
from keras_draw.places import placeless, without_folders
from keras_draw.printed import as_json

DOTS_PER_CSS_PIXEL = 150 / 96
"""Figures are saved at 150 dots an inch; a browser counts 96."""
MEDIA = {".png": "image/png", ".gif": "image/gif"}


class Picture(NamedTuple):
    """A picture inside the page."""

    source: str
    """data URI."""
    width: int
    """pixels of the page."""
    height: int
    still: str = ""
    """data URI of what stands for a moving picture on paper, or where motion is unwelcome."""
    images: int = 0
    """how many are shown in it; 0 for a figure."""
    strokes: int = 0
    """after how many strokes each is shown, where that is more than one."""


def rendered(template: str, **values: Any) -> str:
    """A page as HTML that needs no other file.

    Args:
        template: its name.
        values: what it speaks of; one that is missing is an error.
    """
    return _environment().get_template(template).render(version=__version__, **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["finite"] = is_number
    filters = (number, plain, spent, as_json, placeless, without_folders)
    environment.filters |= {each.__name__: each for each in filters}
    return environment


def number(value: float | None, decimals: int = 2) -> str:
    """A number as it is printed, `?` where it is not known.

    Example:
        >>> number(-1234.567), number(None)
        ('−1,234.57', '?')
    """
    return "?" if value is None else f"{value:,.{decimals}f}".replace("-", "−")


def plain(value: Any) -> str:
    """A value of a configuration as it is printed, without folders of this machine.

    Example:
        >>> plain((28, 28, 1)), plain(True), plain(["folder:/home/ada/photos", 2])
        ('28 × 28 × 1', 'true', 'folder:photos, 2')
    """
    if isinstance(value, tuple):
        return " × ".join(map(str, value))
    if isinstance(value, list):
        return ", ".join(map(plain, value))
    return str(value).lower() if isinstance(value, bool | None) else placeless(str(value))


def spent(seconds: float) -> str:
    """A time that was measured.

    Example:
        >>> spent(7715.8), spent(62), spent(17.8)
        ('2 h 8 min 36 s', '1 min 2 s', '17.8 s')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min {rest} s" if hours else f"{minutes} min {rest} s"


def inline_file(path: Path) -> str:
    """A picture's file as a data URI."""
    return f"data:{MEDIA[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"


def inline_figure(make: Callable[[], Figure]) -> Picture:
    """A figure as a picture of the page.

    Args:
        make: gives the figure. It is called where `$` in titles is no mathematics, since they may
            come from anywhere.
    """
    with tempfile.TemporaryDirectory() as scratch, rc_context({"text.parse_math": False}):
        path = Path(scratch) / "figure.png"
        curves.save_figure(make(), path)
        with Image.open(path) as picture:
            width, height = (round(side / DOTS_PER_CSS_PIXEL) for side in picture.size)
        return Picture(inline_file(path), width, height)


def inline_image(image: Image.Image, *, images: int, strokes: int = 0) -> Picture:
    """A grid as a picture of the page.

    Args:
        image: the grid.
        images: how many are in it.
        strokes: after how many strokes each.
    """
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "grid.png"
        grids.save_image(image, path)
        return Picture(inline_file(path), *image.size, images=images, strokes=strokes)
