"""How large a picture of many images becomes, and which are too large to be made."""

import math
from itertools import count as numbers

from keras_draw.memory import check_fits

WIDE = 600
"""Pixels that a picture is wide at least, where its images are enlarged for it."""
HIGH = 1_200
"""Pixels that they are not enlarged beyond."""
TILE_PIXELS = 48
"""Tiles are enlarged to at least about this many pixels."""
WINDOW_TILE_PIXELS = 96
"""The same where windows are drawn on them."""
THINNEST = 8
"""A full rectangle is at most this many times as wide as high."""
MOST_PIXELS = 80_000_000
"""Of a picture; Pillow warns of a bomb when it opens larger ones."""
MOST_SIDE = 65_000
"""Pixels of a side: a GIF cannot have more."""
MOST_MOVING_PIXELS = 500_000_000
"""Of all pictures of a GIF: they are in memory together."""
BYTES_OF_PIXEL = 6
"""A page, and its copy while it is written."""


def tile_scale(h: int, w: int, *, windows: bool = False) -> int:
    """Pixels of the picture per pixel of an image, so that one image can be made out.

    Args:
        h: height of an image.
        w: its width.
        windows: whether rectangles are drawn on it.

    Example:
        >>> tile_scale(8, 8), tile_scale(8, 8, windows=True), tile_scale(500, 500)
        (6, 12, 1)
    """
    return max(1, round((WINDOW_TILE_PIXELS if windows else TILE_PIXELS) / max(h, w)))


def scale_of(rows: int, columns: int, size: tuple[int, ...], *, windows: bool = False) -> int:
    """Pixels of the picture per pixel of an image: 600 to 1,200 pixels wide, if that can be.

    Args:
        rows: of the grid.
        columns: of the grid.
        size: height and width of an image.
        windows: whether rectangles are drawn on it.

    Returns:
        The first that makes the picture `WIDE`. Less where it would be higher than `HIGH`, but not
        less than `tile_scale`.

    Example:
        >>> scale_of(10, 10, (28, 28, 1)), scale_of(1, 1, (28, 28, 1)), scale_of(64, 9, (28, 28))
        (3, 22, 2)
    """
    h, w = size[:2]
    wide = next(s for s in numbers(1) if columns * (w * s + gap_of(s)) >= WIDE)
    while wide > 1 and rows * (h * wide + gap_of(wide)) > HIGH:
        wide -= 1
    return max(wide, tile_scale(h, w, windows=windows))


def gap_of(scale: int) -> int:
    """Pixels between tiles."""
    return min(max(2, scale // 2), 12)


def grid_of(count: int, columns: int | None = None) -> tuple[int, int]:
    """Rows and columns for a number of images.

    Args:
        count: how many.
        columns: if they are given, of which the last row may be not full.

    Returns:
        A full rectangle, as near to a square as there is one. Where that is thinner than 1 to 8
        (11, 13, 17 images), one of the next larger number, so that places at its end stay empty.

    Example:
        >>> grid_of(64), grid_of(40), grid_of(7), grid_of(11), grid_of(64, 10)
        ((8, 8), (5, 8), (1, 7), (3, 4), (7, 10))
    """
    if columns is None and count > MOST_PIXELS:  # too many, however they lie
        columns = math.isqrt(count)
    if columns is not None:
        return -(-count // columns), min(count, columns)
    for places in numbers(max(count, 1)):
        rows = next(r for r in range(math.isqrt(places), 0, -1) if places % r == 0)
        if places <= THINNEST * rows * rows:
            break
    return rows, places // rows


def check_grid(
    rows: int,
    columns: int,
    size: tuple[int, ...],
    *,
    pages: int = 1,
    scale: int | None = None,
    windows: bool = False,
    force: bool = False,
) -> int:
    """Refuse a picture that is too large to be looked at, before anything is drawn for it.

    Args:
        rows: of the grid.
        columns: of the grid.
        size: height and width of an image.
        pages: pictures of a GIF.
        scale: as in `scale_of`, which chooses it if it is not given.
        windows: whether rectangles are drawn.
        force: let it be as large as memory, and a GIF's sides, allow.

    Returns:
        The scale.

    Raises:
        ValueError: if it has too many pixels.

    Example:
        >>> check_grid(8, 8, (28, 28, 1), pages=24)
        3
    """
    h, w = size[:2]
    scale = scale or scale_of(rows, columns, size, windows=windows)
    height, width = (n * (side * scale + gap_of(scale)) for n, side in ((rows, h), (columns, w)))
    said = f"A picture of {rows:,} rows and {columns:,} columns"
    if force and (pages == 1 or max(height, width) <= MOST_SIDE):
        needed = BYTES_OF_PIXEL * height * width * pages
        check_fits(needed, said, "give fewer images or a smaller scale, or write an .npz")
        return scale
    too_large = max(height, width) > MOST_SIDE or height * width > MOST_PIXELS
    if too_large or height * width * pages > MOST_MOVING_PIXELS:
        moving = f", {pages:,} times" if pages > 1 else ""
        raise ValueError(
            f"{said} would have {width:,} x {height:,} pixels{moving}, too many to be looked at: "
            "give fewer images, such as a slice [:64], or write an .npz. (The command line draws "
            "it with --force, where sides and memory allow it.)"
        )
    return scale
