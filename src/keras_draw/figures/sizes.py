"""The size of a picture of many images, and limits on it."""

import math
from itertools import count as numbers

from keras_draw.memory import check_fits

WIDE = 600
"""Images are enlarged until the picture is at least this wide, in pixels."""
HIGH = 1_200
"""Images are not enlarged so far that the picture becomes higher than this, in pixels."""
TILE_PIXELS = 48
"""Images are enlarged to at least about this many pixels."""
WINDOW_TILE_PIXELS = 96
"""The same limit if windows are drawn on the images."""
THINNEST = 8
"""A full rectangle has at most this many times as many columns as rows."""
MOST_PIXELS = 80_000_000
"""Most pixels of a picture; Pillow warns of a decompression bomb when it opens a larger one."""
MOST_SIDE = 65_000
"""Longest side in pixels; a GIF cannot have more."""
MOST_MOVING_PIXELS = 500_000_000
"""Most pixels in all pictures of a GIF together, which are in memory at the same time."""
BYTES_OF_PIXEL = 6
"""Memory per pixel: the picture, and a copy while it is written."""


def tile_scale(h: int, w: int, *, windows: bool = False) -> int:
    """Return the smallest scale at which an image can be recognised.

    Args:
        h: height of an image, in pixels.
        w: width of an image, in pixels.
        windows: whether rectangles are drawn on it.

    Returns:
        Pixels of the picture per pixel of the image.

    Example:
        >>> tile_scale(8, 8), tile_scale(8, 8, windows=True), tile_scale(500, 500)
        (6, 12, 1)
    """
    return max(1, round((WINDOW_TILE_PIXELS if windows else TILE_PIXELS) / max(h, w)))


def scale_of(rows: int, columns: int, size: tuple[int, ...], *, windows: bool = False) -> int:
    """Choose the scale of a grid: pixels of the picture per pixel of an image.

    Args:
        rows: rows of the grid.
        columns: columns of the grid.
        size: height and width of an image.
        windows: whether rectangles are drawn on the images.

    Returns:
        The smallest scale that makes the picture at least `WIDE`. It is reduced if the picture
        would be higher than `HIGH`, but never below `tile_scale`.

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
    """Return the gap between images, in pixels."""
    return min(max(2, scale // 2), 12)


def grid_of(count: int, columns: int | None = None) -> tuple[int, int]:
    """Choose rows and columns for a number of images.

    Args:
        count: number of images.
        columns: number of columns; chosen if None. If it is given, the last row may be partly
            empty.

    Returns:
        Rows and columns of a full rectangle, as square as possible. If that would be narrower than
        1 to 8 (as for 11, 13 or 17 images), a rectangle for the next suitable number, whose last
        places stay empty.

    Example:
        >>> grid_of(64), grid_of(40), grid_of(7), grid_of(11), grid_of(64, 10)
        ((8, 8), (5, 8), (1, 7), (3, 4), (7, 10))
    """
    if columns is None and count > MOST_PIXELS:  # too many for any layout
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
    """Refuse a picture that is too large to look at, before anything is drawn.

    Args:
        rows: rows of the grid.
        columns: columns of the grid.
        size: height and width of an image.
        pages: number of pictures in a GIF.
        scale: pixels of the picture per pixel of an image; chosen by `scale_of` if None.
        windows: whether rectangles are drawn on the images.
        force: allow any size that memory, and the format of a GIF, permit.

    Returns:
        The scale.

    Raises:
        ValueError: if the picture would have too many pixels.

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
            f"{said} would have {width:,} x {height:,} pixels{moving}, too many to look at: give "
            "fewer images, such as a slice [:64], or write an .npz. (On the command line, --force "
            "draws it if its sides and memory allow.)"
        )
    return scale
