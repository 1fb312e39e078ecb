"""Grids of images: labelled rows and columns, reconstructions, one row per class."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from keras_draw.figures.layout import Layout, by_class, rectangle
from keras_draw.figures.lettering import INK, font_of, shortened, width_of
from keras_draw.figures.sizes import check_grid, gap_of
from keras_draw.figures.strokes import Frame, outlined
from keras_draw.files import check_output, expanded, replacing
from keras_draw.pixels import as_uint8

PAPER = 250
"""Grey level of the background."""
MOST_LABEL_PIXELS = 420
"""Widest row label; longer labels are shortened."""


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
    """Draw images in rows and columns, enlarged without blur.

    Args:
        images: (R, columns, H, W, C), floats in [0, 1] or uint8, C of 1 or 3.
        row_labels: R texts, on the left. Long row and column labels are shortened.
        column_labels: one text per column, above.
        caption: a text below.
        scale: pixels of the picture per pixel of an image; chosen by `sizes.scale_of` if None.
        frames: rectangles on the images, each value (R, columns).
        force: allow pictures that are too large to look at.

    Returns:
        A picture with a light background.

    Raises:
        ValueError: if it would be too large.

    Example:
        >>> image_grid(np.zeros((2, 3, 8, 8, 1)), scale=1).size
        (32, 22)
    """
    rows, columns, h, w, _ = images.shape
    scale = check_grid(
        rows, columns, (h, w), scale=scale, windows=bool(frames), force=force
    )  # before the images are converted
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
    """Position of a tile's upper left corner, in pixels from the left and from the top."""
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
    """Draw images as a layout arranges them; empty cells show the background.

    Args:
        images: (N, H, W, C), floats in [0, 1] or uint8.
        layout: a layout of N images.
        caption: as in `image_grid`.
        scale: as in `image_grid`.
        frames: rectangles on the images, each value (N,).
        force: as in `image_grid`.
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
    """Draw one row per image: the real image, then its reconstruction after each timestep.

    Args:
        images: (N, H, W, C), floats in [0, 1] or uint8.
        steps: the reconstructions (N, T, H, W, C), in the same range.
        timesteps: the numbers of these T timesteps, counted from 0, if `steps` leaves some out.
        scale: as in `image_grid`.
        force: as in `image_grid`.

    Returns:
        A grid with a column for the real image and one for each timestep.
    """
    shown = range(steps.shape[1]) if timesteps is None else timesteps
    tiles = np.concatenate([as_uint8(images)[:, None], as_uint8(steps)], axis=1)
    labels = ["real", *(str(t + 1) for t in shown)]
    return image_grid(tiles, column_labels=labels, scale=scale, force=force)


def class_grid(images: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> Image.Image:
    """Draw samples with one labelled row per class, as `layout.by_class` arranges them.

    Args:
        images: (N, H, W, C), floats in [0, 1] or uint8.
        labels: the class of each image (N,).
        names: names of all classes.
    """
    return laid_out(images, by_class(labels, names))


def square_grid(images: np.ndarray) -> Image.Image:
    """Draw samples in order, in a full rectangle that is as square as possible.

    Args:
        images: (N, H, W, C), floats in [0, 1] or uint8.
    """
    return laid_out(images, rectangle(len(images)))


def save_image(image: Image.Image, path: str | Path, *, overwrite: bool = False) -> None:
    """Write a picture as PNG. If writing fails, no partial file is left.

    Raises:
        ValueError: if the extension is not .png.
        FileExistsError: if the file exists and `overwrite` is off.
    """
    path = expanded(path)
    check_output(path, (".png",), overwrite=overwrite)
    with replacing(path) as temporary:
        image.save(temporary, format="PNG", optimize=True)
