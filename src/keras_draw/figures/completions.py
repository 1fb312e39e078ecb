"""Grids of completions: images with a hidden part, next to ways to fill it in."""

import numpy as np
from PIL import Image

from keras_draw.figures.grids import image_grid
from keras_draw.figures.sizes import check_grid
from keras_draw.pixels import as_uint8

VEIL = (196, 202, 222)
"""The colour of hidden pixels."""


def completion_grid(
    images: np.ndarray,
    hidden: np.ndarray,
    answers: np.ndarray,
    *,
    scale: int | None = None,
    force: bool = False,
) -> Image.Image:
    """Draw one row per image: its visible part, the completions, and the image itself.

    Args:
        images: (N, H, W, C), floats in [0, 1] or uint8.
        hidden: True where a pixel is hidden (H, W).
        answers: the completions (N, n, H, W, C), in the same range.
        scale: as in `grids.image_grid`.
        force: as in `grids.image_grid`.
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
    """Refuse a `completion_grid` that would be too large, before the completions are made.

    Args:
        count: number of images.
        answers: completions per image.
        size: height and width of an image.
        scale: as in `completion_grid`.
        force: as in `completion_grid`.

    Raises:
        ValueError: if the grid would have too many pixels.
    """
    check_grid(count, answers + 2, size, scale=scale, force=force)
