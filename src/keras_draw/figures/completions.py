"""Images with a hidden part, beside what could have been there."""

import numpy as np
from PIL import Image

from keras_draw.figures.grids import image_grid
from keras_draw.figures.sizes import check_grid
from keras_draw.pixels import as_uint8

VEIL = (196, 202, 222)
"""The colour of what is hidden."""


def completion_grid(
    images: np.ndarray,
    hidden: np.ndarray,
    answers: np.ndarray,
    *,
    scale: int | None = None,
    force: bool = False,
) -> Image.Image:
    """What is seen of each image, the answers to it, and the image; one row an image.

    Args:
        images: (N, H, W, C), floats in [0, 1] or uint8.
        hidden: True where a pixel is hidden (H, W).
        answers: (N, n, H, W, C), the same range.
        scale: as in `grids.image_grid`, like `force`.
        force: let it be larger than what can be looked at.
    """
    real = np.broadcast_to(as_uint8(images), (*images.shape[:-1], 3))
    answers = np.broadcast_to(as_uint8(answers), (*answers.shape[:-1], 3))
    seen = np.where(hidden[..., None], np.array(VEIL, np.uint8), real)
    tiles = np.concatenate([seen[:, None], answers, real[:, None]], axis=1)
    columns = ["seen", *(str(i + 1) for i in range(answers.shape[1])), "real"]
    return image_grid(tiles, column_labels=columns, scale=scale, force=force)


def check_completions(
    count: int, answers: int, size: tuple[int, ...], *, scale: int | None, force: bool
) -> None:
    """Refuse such a grid where it would be too large, before the answers are made.

    Args:
        count: images.
        answers: to each.
        size: height and width of an image.
        scale: as in `completion_grid`, like `force`.
        force: see there.

    Raises:
        ValueError: if it would have too many pixels.
    """
    check_grid(count, answers + 2, size, scale=scale, force=force)
