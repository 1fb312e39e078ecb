"""Where a network looked and wrote, stroke by stroke: rectangles on the images."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from keras_draw.figures.style import COLOURS

MOST_STROKE_PIXELS = 7
"""Wider lines would hide the picture."""


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

    def each(self, change: Callable[[np.ndarray], np.ndarray]) -> "Frame":
        """The same of some images, or in another order.

        Args:
            change: of every value.
        """
        left, top, right, bottom, stroke = (change(values) for values in self[:5])
        return Frame(left, top, right, bottom, stroke, self.colour)


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


def with_frames(drawn: Any, *, read: int | None, write: int | None) -> tuple[Any, list[Frame]]:
    """What `save_drawing` takes, from what a network drew stroke by stroke.

    Args:
        drawn: `images` (N, T, H, W, C), and windows `read` and `write`, each value (N, T), or None.
        read: N of the reading window, as the network's configuration says.
        write: N of the writing window.

    Returns:
        Images (N, T, H, W, C), and a frame for each side that has a window.

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
    """One enlarged image with its rectangles, the later ones above the earlier.

    Where a line covers another, the core of that one shows in it, half as wide.

    Args:
        picture: the image, RGB.
        frames: of all images, each value (R, columns).
        at: row and column of this one.
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
    """Which pixels of an image a rectangle covers; what lies beyond it is cut off."""
    page = Image.new("1", size)
    left, top, right, bottom, stroke = (float(values[at]) for values in frame[:5])
    if not math.isnan(left):
        # The line lies around the rectangle, so that a window of one filter shows as a dot.
        thick = min(max(1, round(stroke * scale)), MOST_STROKE_PIXELS)
        thick = max(1, thick // thinner)
        far = 4.0 * max(size)
        sides = (left * scale, top * scale, right * scale, bottom * scale)
        x0, y0, x1, y1 = (min(max(side, -far), far) for side in sides)
        box = (x0 - thick / 2, y0 - thick / 2, x1 + thick / 2, y1 + thick / 2)
        ImageDraw.Draw(page).rectangle(box, outline=1, width=thick)
    return np.asarray(page)
