"""Text on pictures: any text, shortened to one line of limited width."""

import math
from functools import cache

from matplotlib.font_manager import findfont
from PIL import ImageFont

INK = (70, 70, 70)


@cache
def font_of(size: int) -> ImageFont.FreeTypeFont:
    """Load the font that comes with Matplotlib.

    Args:
        size: height in pixels.
    """
    return ImageFont.truetype(findfont("DejaVu Sans"), size)


def width_of(text: str, font: ImageFont.FreeTypeFont) -> int:
    """Return the width of a text in pixels."""
    return math.ceil(font.getlength(text))


def in_one_line(text: str) -> str:
    r"""Return a text without line breaks, with `?` for each unprintable character.

    Example:
        >>> in_one_line("two\nlines\x07")
        'two lines?'
    """
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))


def shortened(text: str, font: ImageFont.FreeTypeFont, most: float) -> str:
    """Return a text in one line that fits a width; a text that is too long ends with `…`.

    Args:
        text: any text.
        font: the font.
        most: the width in pixels.
    """
    text = in_one_line(text[:1000])
    if width_of(text, font) <= most:
        return text
    fits = (end for end in range(len(text), 0, -1) if width_of(text[:end] + "…", font) <= most)
    return text[: next(fits, 0)].rstrip() + "…"
