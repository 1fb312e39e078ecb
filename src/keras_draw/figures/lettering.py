"""Texts on pictures: names from anywhere, each in one line that is not too long."""

import math
from functools import cache

from matplotlib.font_manager import findfont
from PIL import ImageFont

INK = (70, 70, 70)


@cache
def font_of(size: int) -> ImageFont.FreeTypeFont:
    """The font that comes with Matplotlib.

    Args:
        size: pixels.
    """
    return ImageFont.truetype(findfont("DejaVu Sans"), size)


def width_of(text: str, font: ImageFont.FreeTypeFont) -> int:
    """Pixels that a text is wide."""
    return math.ceil(font.getlength(text))


def in_one_line(text: str) -> str:
    r"""A text without breaks, and with `?` for what cannot be printed.

    Example:
        >>> in_one_line("two\nlines\x07")
        'two lines?'
    """
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))


def shortened(text: str, font: ImageFont.FreeTypeFont, most: float) -> str:
    """A text in one line that has room, its end as `…` if need be.

    Args:
        text: any.
        font: that it is written in.
        most: pixels.
    """
    text = in_one_line(text[:1000])
    if width_of(text, font) <= most:
        return text
    fits = (end for end in range(len(text), 0, -1) if width_of(text[:end] + "…", font) <= most)
    return text[: next(fits, 0)].rstrip() + "…"
