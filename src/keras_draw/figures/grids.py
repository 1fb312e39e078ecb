"""Grids of images, reconstructions, drawings as GIFs."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont

from keras_draw.data.images import as_uint8
from keras_draw.figures.sizes import check_grid, columns_of, gap_of, scale_of
from keras_draw.figures.style import COLOURS
from keras_draw.files import check_output, replacing

PAPER = 250
"""Grey level of the page behind the tiles."""
INK = (70, 70, 70)
MOST_STROKE_PIXELS = 9
"""Wider lines would hide the picture."""
STROKE_SECONDS = 0.12
HOLD_SECONDS = 1.5


class Frame(NamedTuple):
    """Rectangles, one on every image at every timestep: where a window was."""

    left: np.ndarray
    """pixels from the image's left edge (N, T)."""
    top: np.ndarray
    """pixels from its upper edge, the same shape."""
    right: np.ndarray
    bottom: np.ndarray
    stroke: np.ndarray
    """width of the line, pixels of the image, the same shape."""
    colour: str


def window_frame(
    what: str, x: np.ndarray, y: np.ndarray, delta: np.ndarray, sigma: np.ndarray, n: int
) -> Frame:
    """The rectangle through the outermost filters of a window, as wide a line as its stroke.

    Args:
        what: `"read"` or `"write"`, which decides the colour.
        x: centre across, pixels counted from 1 (N, T).
        y: centre down, the same shape.
        delta: stride between filters, pixels, the same shape.
        sigma: standard deviation of a filter, pixels, the same shape.
        n: filters on a side.

    Example:
        >>> one = np.ones((1, 1))
        >>> window_frame("read", 3 * one, 3 * one, one, one, 3).left.tolist()
        [[1.5]]
    """
    half = (n - 1) / 2 * delta
    x, y = x - 0.5, y - 0.5  # the middle of pixel 1 is half a pixel from the edge
    return Frame(x - half, y - half, x + half, y + half, sigma, COLOURS[what])


def image_grid(
    images: np.ndarray,
    *,
    row_labels: Sequence[str] | None = None,
    column_labels: Sequence[str] | None = None,
    scale: int | None = None,
    frames: Sequence[Frame] = (),
) -> Image.Image:
    """Images in rows and columns, enlarged without blur.

    Args:
        images: (R, columns, H, W, C), floats in [0, 1] or uint8, C of 1 or 3.
        row_labels: R short texts, at the left.
        column_labels: one short text a column, above.
        scale: pixels of the picture per pixel of an image; chosen if not given.
        frames: rectangles on the images, each value (R, columns).

    Returns:
        A picture on light paper.

    Example:
        >>> image_grid(np.zeros((2, 3, 8, 8, 1)), scale=1).size
        (32, 22)
    """
    pixels = as_uint8(images)
    rows, columns, h, w, _ = pixels.shape
    scale = scale or scale_of(h, w)
    check_grid(rows, columns, (h, w), scale=scale)
    gap = gap_of(scale)
    font = _font(max(11, min(18, h * scale // 3)))
    left = max((_width(font, text) for text in row_labels or ()), default=0)
    left += 2 * gap if row_labels else 0
    above = round(1.5 * font.size) if column_labels else 0
    size = (left + columns * (w * scale + gap) + gap, above + rows * (h * scale + gap) + gap)
    page = Image.new("RGB", size, (PAPER, PAPER, PAPER))
    pen = ImageDraw.Draw(page)
    for r in range(rows):
        for c in range(columns):
            tile = pixels[r, c].repeat(scale, axis=0).repeat(scale, axis=1)
            picture = Image.fromarray(tile[..., 0] if tile.shape[-1] == 1 else tile)
            picture = picture.convert("RGB")
            for frame in frames:
                _outline(picture, frame, (r, c), scale)
            at = (left + gap + c * (w * scale + gap), above + gap + r * (h * scale + gap))
            page.paste(picture, at)
    for r, text in enumerate(row_labels or ()):
        middle = above + gap + r * (h * scale + gap) + h * scale / 2
        pen.text((left - gap, middle), text, INK, font, anchor="rm")
    for c, text in enumerate(column_labels or ()):
        middle = left + gap + c * (w * scale + gap) + w * scale / 2
        pen.text((middle, above / 2), text, INK, font, anchor="mm")
    return page


def reconstruction_grid(images: np.ndarray, steps: np.ndarray) -> Image.Image:
    """The real image, then its reconstruction after every timestep; one row an image.

    Args:
        images: (N, H, W, C), floats in [0, 1] or uint8.
        steps: (N, T, H, W, C), the same range.

    Returns:
        A grid with a column for the real image and one for each timestep.
    """
    timesteps = range(1, steps.shape[1] + 1)
    tiles = np.concatenate([as_uint8(images)[:, None], as_uint8(steps)], axis=1)
    return image_grid(tiles, column_labels=["real", *map(str, timesteps)])


def class_grid(images: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> Image.Image:
    """Samples with one row a class.

    Args:
        images: (N, H, W, C), as many of each class.
        labels: the class of each (N,).
        names: of the classes that occur, in the order of their numbers.
    """
    order = np.argsort(labels, kind="stable")
    rows = len(names)
    return image_grid(images[order].reshape(rows, -1, *images.shape[1:]), row_labels=names)


def square_grid(images: np.ndarray) -> Image.Image:
    """Samples in about as many rows as columns, in their order; empty places stay paper.

    Args:
        images: (N, H, W, C).
    """
    return image_grid(_arranged(as_uint8(images), columns_of(len(images)), PAPER))


def drawing_gif(
    steps: np.ndarray,
    path: Path,
    *,
    columns: int | None = None,
    frames: Sequence[Frame] = (),
) -> None:
    """A GIF of images being drawn, all at once, stroke by stroke; the last picture is held.

    Args:
        steps: (N, T, H, W, C), floats in [0, 1] or uint8.
        path: where to write it.
        columns: of the grid; about square if not given.
        frames: rectangles on the images of every stroke, each value (N, T); on the last picture,
            which is held, there are none.
    """
    pixels = as_uint8(steps)
    columns = columns or columns_of(len(pixels))
    h, w = pixels.shape[2:4]
    scale = scale_of(h, w, windows=bool(frames))
    check_grid(-(-len(pixels) // columns), columns, (h, w), pages=pixels.shape[1], scale=scale)
    pages = []

    def add(t: int, frames: Sequence[Frame]) -> None:
        page = image_grid(_arranged(pixels[:, t], columns, PAPER), scale=scale, frames=frames)
        pages.append(page.quantize(256, dither=Image.Dither.NONE))

    for t in range(pixels.shape[1]):
        add(t, [_at_timestep(frame, t, columns) for frame in frames])
    if frames:
        add(-1, ())
    milliseconds = [round(1000 * STROKE_SECONDS)] * (len(pages) - 1)
    with replacing(path) as temporary:
        pages[0].save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=pages[1:],
            duration=[*milliseconds, round(1000 * HOLD_SECONDS)],
            loop=0,
        )


def save_image(image: Image.Image, path: Path, *, overwrite: bool = False) -> None:
    """Write a picture as PNG, whole or not at all.

    Raises:
        ValueError: if the ending is not .png.
        FileExistsError: if the file exists and `overwrite` is off.
    """
    check_output(path, (".png",), overwrite=overwrite)
    with replacing(path) as temporary:
        image.save(temporary, format="PNG", optimize=True)


def _arranged(values: np.ndarray, columns: int, filling: float) -> np.ndarray:
    """(N, ...) as (rows, columns, ...), filled up."""
    missing = -len(values) % columns
    filler = np.full((missing, *values.shape[1:]), filling, values.dtype)
    return np.concatenate([values, filler]).reshape(-1, columns, *values.shape[1:])


def _at_timestep(frame: Frame, t: int, columns: int) -> Frame:
    def now(values: np.ndarray) -> np.ndarray:
        return _arranged(values[:, t], columns, np.nan)

    left, top, right, bottom, stroke = (now(values) for values in frame[:5])
    return Frame(left, top, right, bottom, stroke, frame.colour)


def _outline(picture: Image.Image, frame: Frame, at: tuple[int, int], scale: int) -> None:
    """Draw a frame's rectangle on one enlarged image; what lies beyond it is cut off."""
    left, top, right, bottom, stroke = (float(values[at]) for values in frame[:5])
    if math.isnan(left):
        return
    # The line lies around the rectangle, so that a window of one filter shows as a dot.
    thick = min(max(1, round(stroke * scale)), MOST_STROKE_PIXELS)
    far = 4.0 * max(picture.size)
    sides = (left * scale, top * scale, right * scale, bottom * scale)
    x0, y0, x1, y1 = (min(max(side, -far), far) for side in sides)
    box = (x0 - thick / 2, y0 - thick / 2, x1 + thick / 2, y1 + thick / 2)
    ImageDraw.Draw(picture).rectangle(box, outline=frame.colour, width=thick)


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(findfont("DejaVu Sans"), size)


def _width(font: ImageFont.FreeTypeFont, text: str) -> int:
    return math.ceil(font.getlength(text))
