"""Renders values as a self-contained HTML page: the template environment, and inline pictures.

Text may come from files of other people. Jinja2 escapes all of it, and the page's
Content-Security-Policy forbids scripts and network access.
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
"""Figures are saved at 150 dots per inch; a browser assumes 96."""
MEDIA = {".png": "image/png", ".gif": "image/gif"}


class Picture(NamedTuple):
    """A picture that is embedded in the page."""

    source: str
    """data URI."""
    width: int
    """in CSS pixels."""
    height: int
    """in CSS pixels."""
    still: str = ""
    """for an animation: data URI of a still picture for print and for reduced motion."""
    images: int = 0
    """number of images in it; 0 for a figure."""
    strokes: int = 0
    """number of strokes after which each image is shown, if there are several."""


def rendered(template: str, **values: Any) -> str:
    """Render a template as HTML that needs no other file.

    Args:
        template: file name of the template.
        values: the template's variables. A missing one is an error.
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
    """Format a number for the page; None becomes `?`.

    Example:
        >>> number(-1234.567), number(None)
        ('−1,234.57', '?')
    """
    return "?" if value is None else f"{value:,.{decimals}f}".replace("-", "−")


def plain(value: Any) -> str:
    """Format a configuration value for the page, without folders of this machine.

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
    """Format a measured duration.

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
    """A picture file as a data URI."""
    return f"data:{MEDIA[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"


def inline_figure(make: Callable[[], Figure]) -> Picture:
    """Render a figure as a picture for the page.

    Args:
        make: creates the figure. While it runs, `$` in titles is plain text and not mathematics,
            because titles may come from files of other people.
    """
    with tempfile.TemporaryDirectory() as scratch, rc_context({"text.parse_math": False}):
        path = Path(scratch) / "figure.png"
        curves.save_figure(make(), path)
        with Image.open(path) as picture:
            width, height = (round(side / DOTS_PER_CSS_PIXEL) for side in picture.size)
        return Picture(inline_file(path), width, height)


def inline_image(image: Image.Image, *, images: int, strokes: int = 0) -> Picture:
    """Convert a grid of images to a picture for the page.

    Args:
        image: the grid.
        images: number of images in it.
        strokes: number of strokes after which each image is shown, if there are several.
    """
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "grid.png"
        grids.save_image(image, path)
        return Picture(inline_file(path), *image.size, images=images, strokes=strokes)
