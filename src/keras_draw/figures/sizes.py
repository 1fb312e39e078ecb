"""How large a picture of many images becomes, and which are too large to be made."""

import math

TILE_PIXELS = 48
"""Tiles are enlarged to at least about this many pixels."""
WINDOW_TILE_PIXELS = 96
"""The same where windows are drawn on them."""
MOST_PIXELS = 80_000_000
"""Of a picture; Pillow warns of a bomb when it opens larger ones."""
MOST_SIDE = 65_000
"""Pixels of a side: a GIF cannot have more."""
MOST_MOVING_PIXELS = 500_000_000
"""Of all pictures of a GIF: they are in memory together."""


def scale_of(h: int, w: int, *, windows: bool = False) -> int:
    """Pixels of the picture per pixel of an image.

    Args:
        h: height of an image.
        w: its width.
        windows: whether rectangles are drawn on it.

    Example:
        >>> scale_of(8, 8), scale_of(8, 8, windows=True), scale_of(500, 500)
        (6, 12, 1)
    """
    return max(1, round((WINDOW_TILE_PIXELS if windows else TILE_PIXELS) / max(h, w)))


def gap_of(scale: int) -> int:
    """Pixels between tiles."""
    return max(2, scale // 2)


def columns_of(count: int) -> int:
    """Columns of about as many rows."""
    return max(1, math.ceil(math.sqrt(count)))


def grid_of(count: int) -> tuple[int, int]:
    """Rows and columns of a number of images in about as many of either.

    Example:
        >>> grid_of(7)
        (3, 3)
    """
    columns = columns_of(count)
    return -(-count // columns), columns


def check_grid(
    rows: int, columns: int, size: tuple[int, ...], *, pages: int = 1, scale: int | None = None
) -> None:
    """Refuse a picture that is too large to be looked at, before anything is drawn for it.

    Args:
        rows: of the grid.
        columns: of the grid.
        size: height and width of an image.
        pages: pictures of a GIF.
        scale: as in `scale_of`, which chooses it if it is not given.

    Raises:
        ValueError: if it has too many pixels.

    Example:
        >>> check_grid(8, 8, (28, 28, 1), pages=24)
    """
    h, w = size[:2]
    scale = scale or scale_of(h, w)
    height, width = (n * (side * scale + gap_of(scale)) for n, side in ((rows, h), (columns, w)))
    too_large = max(height, width) > MOST_SIDE or height * width > MOST_PIXELS
    if too_large or height * width * pages > MOST_MOVING_PIXELS:
        moving = f", {pages:,} times" if pages > 1 else ""
        raise ValueError(
            f"A picture of {rows:,} rows and {columns:,} columns would have {width:,} x {height:,} "
            f"pixels{moving}, too many to be looked at: give fewer images, such as a slice [:64], "
            "or write an .npz."
        )
