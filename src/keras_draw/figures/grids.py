"""Grids of images: rows and columns with labels, reconstructions, a row a class."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from keras_draw.figures.layout import Layout, by_class, rectangle
from keras_draw.figures.lettering import INK, font_of, shortened, width_of
from keras_draw.figures.sizes import check_grid, gap_of
from keras_draw.figures.strokes import Frame, outlined
from keras_draw.files import check_output, replacing
from keras_draw.pixels import as_uint8

PAPER = 250
"""Grey level of the page behind the tiles."""
MOST_LABEL_PIXELS = 420
"""Of a row's label, whose end is left out if it is longer."""


def image_grid(
    images: np.ndarray,
    *,
    row_labels: Sequence[str] | None = None,
    column_labels: Sequence[str] | None = None,
    caption: str = "",
    scale: int | None = None,
    frames: Sequence[Frame] = (),
    force: bool = False,
) -> Image.Image:
    """Images in rows and columns, enlarged without blur.

    Args:
        images: (R, columns, H, W, C), floats in [0, 1] or uint8, C of 1 or 3.
        row_labels: R texts, at the left; long ones are shortened, as those of columns are.
        column_labels: one text a column, above.
        caption: a text below.
        scale: pixels of the picture per pixel of an image; chosen by `sizes.scale_of` if not given.
        frames: rectangles on the images, each value (R, columns).
        force: let it be larger than what can be looked at.

    Returns:
        A picture on light paper.

    Raises:
        ValueError: if it would be too large.

    Example:
        >>> image_grid(np.zeros((2, 3, 8, 8, 1)), scale=1).size
        (32, 22)
    """
    rows, columns, h, w, _ = images.shape
    scale = check_grid(
        rows, columns, (h, w), scale=scale, windows=bool(frames), force=force
    )  # before an array is made of them
    pixels = as_uint8(images)
    gap = gap_of(scale)
    font = font_of(max(11, min(18, h * scale // 3)))
    beside = [shortened(text, font, MOST_LABEL_PIXELS) for text in row_labels or ()]
    left = max((width_of(text, font) for text in beside), default=0)
    left += 2 * gap + 4 if any(beside) else 0
    above = round(1.5 * font.size) if column_labels else 0
    below = round(1.6 * font.size) if caption else 0
    width = max(left + columns * (w * scale + gap), width_of(caption, font) + gap) + gap
    height = above + rows * (h * scale + gap) + gap + below
    page = Image.new("RGB", (width, height), (PAPER, PAPER, PAPER))
    for r in range(rows):
        for c in range(columns):
            tile = pixels[r, c].repeat(scale, axis=0).repeat(scale, axis=1)
            picture = Image.fromarray(tile[..., 0] if tile.shape[-1] == 1 else tile).convert("RGB")
            if frames:
                picture = outlined(picture, frames, (r, c), scale)
            page.paste(picture, _corner(left, above, gap, (r, c), (h * scale, w * scale)))
    pen = ImageDraw.Draw(page)
    for r, text in enumerate(beside):
        middle = above + gap + r * (h * scale + gap) + h * scale / 2
        pen.text((left - gap, middle), text, INK, font, anchor="rm")
    for c, text in enumerate(column_labels or ()):
        middle = left + gap + c * (w * scale + gap) + w * scale / 2
        short = shortened(text, font, w * scale + gap - 2)
        pen.text((middle, above / 2), short, INK, font, anchor="mm")
    if caption:
        pen.text((left + gap, height - below / 2 - gap / 2), caption, INK, font, anchor="lm")
    return page


def _corner(
    left: int, above: int, gap: int, at: tuple[int, int], size: tuple[int, int]
) -> tuple[int, int]:
    """Where a tile's upper left corner lies."""
    (r, c), (height, width) = at, size
    return left + gap + c * (width + gap), above + gap + r * (height + gap)


def laid_out(
    images: np.ndarray,
    layout: Layout,
    *,
    caption: str = "",
    scale: int | None = None,
    frames: Sequence[Frame] = (),
    force: bool = False,
) -> Image.Image:
    """Images where a layout places them; its empty cells stay paper.

    Args:
        images: (N, H, W, C), floats in [0, 1] or uint8.
        layout: of N images.
        caption: as in `image_grid`, like what follows.
        scale: pixels of the picture per pixel of an image.
        frames: rectangles on the images, each value (N,).
        force: let it be larger than what can be looked at.
    """
    placed = [frame.each(lambda values: layout.placed(values, np.nan)) for frame in frames]
    return image_grid(
        layout.placed(as_uint8(images), PAPER),
        row_labels=layout.row_labels,
        column_labels=layout.column_labels,
        caption=caption,
        scale=scale,
        frames=placed,
        force=force,
    )


def reconstruction_grid(
    images: np.ndarray,
    steps: np.ndarray,
    timesteps: Sequence[int] | None = None,
    *,
    scale: int | None = None,
    force: bool = False,
) -> Image.Image:
    """The real image, then its reconstruction after every timestep; one row an image.

    Args:
        images: (N, H, W, C), floats in [0, 1] or uint8.
        steps: (N, T, H, W, C), the same range.
        timesteps: which these T are, counted from 0, where some were left out.
        scale: as in `image_grid`, like `force`.
        force: let it be larger than what can be looked at.

    Returns:
        A grid with a column for the real image and one for each timestep.
    """
    shown = range(steps.shape[1]) if timesteps is None else timesteps
    tiles = np.concatenate([as_uint8(images)[:, None], as_uint8(steps)], axis=1)
    labels = ["real", *(str(t + 1) for t in shown)]
    return image_grid(tiles, column_labels=labels, scale=scale, force=force)


def class_grid(images: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> Image.Image:
    """Samples with one labelled row a class, as `layout.by_class` places them.

    Args:
        images: (N, H, W, C).
        labels: the class of each (N,).
        names: of all classes.
    """
    return laid_out(images, by_class(labels, names))


def square_grid(images: np.ndarray) -> Image.Image:
    """Samples in a full rectangle, as near to a square as there is one, in their order.

    Args:
        images: (N, H, W, C).
    """
    return laid_out(images, rectangle(len(images)))


def save_image(image: Image.Image, path: Path, *, overwrite: bool = False) -> None:
    """Write a picture as PNG, whole or not at all.

    Raises:
        ValueError: if the ending is not .png.
        FileExistsError: if the file exists and `overwrite` is off.
    """
    check_output(path, (".png",), overwrite=overwrite)
    with replacing(path) as temporary:
        image.save(temporary, format="PNG", optimize=True)
