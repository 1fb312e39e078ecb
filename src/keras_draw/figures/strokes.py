"""Where a network reads and writes at each stroke: rectangles on the images."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from keras_draw.figures.style import COLOURS

MOST_STROKE_PIXELS = 7
"""Widest line, in pixels of the picture; wider lines would hide too much of the image."""


class Frame(NamedTuple):
    """Rectangles that show a window: one per image and timestep."""

    left: np.ndarray
    """pixels from the image's left edge (N, T)."""
    top: np.ndarray
    """pixels from its upper edge, the same shape."""
    right: np.ndarray
    """pixels from its left edge, the same shape."""
    bottom: np.ndarray
    """pixels from its upper edge, the same shape."""
    stroke: np.ndarray
    """width of the line in pixels of the image, the same shape."""
    colour: str

    def each(self, change: Callable[[np.ndarray], np.ndarray]) -> "Frame":
        """Apply a function to every array, for example to select or reorder images.

        Args:
            change: the function.
        """
        left, top, right, bottom, stroke = (change(values) for values in self[:5])
        return Frame(left, top, right, bottom, stroke, self.colour)


def window_frame(
    what: str, x: np.ndarray, y: np.ndarray, delta: np.ndarray, sigma: np.ndarray, n: int
) -> Frame:
    """Return the rectangle through the centres of a window's outermost filters.

    Its line is as wide as the standard deviation of a filter.

    Args:
        what: `"read"` or `"write"`; determines the colour.
        x: horizontal centre, in pixels counted from 1 (N, T).
        y: vertical centre, the same shape.
        delta: stride between filters in pixels, the same shape.
        sigma: standard deviation of a filter in pixels, the same shape.
        n: filters per side.

    Example:
        >>> one = np.ones((1, 1))
        >>> window_frame("read", 3 * one, 3 * one, one, one, 3).left.tolist()
        [[1.5]]
    """
    half = (n - 1) / 2 * delta
    x, y = x - 0.5, y - 0.5  # the centre of pixel 1 is half a pixel from the edge
    return Frame(x - half, y - half, x + half, y + half, sigma, COLOURS[what])


def with_frames(drawn: Any, *, read: int | None, write: int | None) -> tuple[Any, list[Frame]]:
    """Convert a network's strokes to the images and frames that `save_drawing` takes.

    Args:
        drawn: has `images` (N, T, H, W, C), and `read` and `write`: windows whose values have shape
            (N, T), or None.
        read: filters per side of the reading window, or None; from the network's configuration.
        write: filters per side of the writing window, or None.

    Returns:
        Images (N, T, H, W, C), and a frame for each window that exists.

    Example:
        >>> with_frames(model.generate_strokes(4), read=5, write=5)      # doctest: +SKIP
    """
    found = []
    for what, window, n in (
        ("read", drawn.read, read),
        ("write", drawn.write, write),
    ):
        if window is not None and n is not None:
            found.append(window_frame(what, window.x, window.y, window.delta, window.sigma, n))
    return drawn.images, found


def outlined(
    picture: Image.Image, frames: Sequence[Frame], at: tuple[int, int], scale: int
) -> Image.Image:
    """Draw the rectangles of one enlarged image; later frames cover earlier ones.

    Where a line covers an earlier one, the core of the earlier line stays visible, half as wide.

    Args:
        picture: the enlarged image, RGB.
        frames: the frames of all images, each value (R, columns).
        at: row and column of this image.
        scale: pixels of the picture per pixel of the image.
    """
    pixels = np.array(picture)
    cores = np.zeros(pixels.shape[:2], bool)
    for frame in frames:
        line = _line(frame, at, scale, picture.size)
        pixels[line & ~cores] = ImageColor.getrgb(frame.colour)
        cores |= _line(frame, at, scale, picture.size, thinner=2)
    return Image.fromarray(pixels)


def _line(
    frame: Frame, at: tuple[int, int], scale: int, size: tuple[int, int], *, thinner: int = 1
) -> np.ndarray:
    """Mark the pixels of a rectangle's line; parts outside the image are cut off."""
    page = Image.new("1", size)
    left, top, right, bottom, stroke = (float(values[at]) for values in frame[:5])
    if not math.isnan(left):
        # The line is centred on the rectangle's edge, so a window of one filter shows as a dot.
        thick = min(max(1, round(stroke * scale)), MOST_STROKE_PIXELS)
        thick = max(1, thick // thinner)
        far = 4.0 * max(size)
        sides = (left * scale, top * scale, right * scale, bottom * scale)
        x0, y0, x1, y1 = (min(max(side, -far), far) for side in sides)
        box = (x0 - thick / 2, y0 - thick / 2, x1 + thick / 2, y1 + thick / 2)
        ImageDraw.Draw(page).rectangle(box, outline=1, width=thick)
    return np.asarray(page)
