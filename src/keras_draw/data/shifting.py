"""Batches of images shifted by one pixel, with the shift as the class of each image."""

from typing import Any

import numpy as np

from keras_draw.data.batches import Batches
from keras_draw.data.images import ImageData

SHIFTS = ((0, 0), (-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
"""Every shift by at most one pixel: down and to the right. Its index is the class; 0 is unmoved."""


def shifted(images: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Shift each image; the pixels at its edge are repeated where nothing is left.

    Args:
        images: (B, H, W, C).
        shifts: indices into `SHIFTS` (B,).

    Returns:
        The shifted images, of the same type and shape.

    Example:
        >>> shifted(np.array([[[[1], [2], [3]]]]), np.array([5]))[0, 0, :, 0]
        array([1, 1, 2])
    """
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    found = np.empty_like(images)
    for shift, (down, right) in enumerate(SHIFTS):
        rows, top, left = shifts == shift, 1 - down, 1 - right
        found[rows] = padded[rows, top : top + height, left : left + width]
    return found


class ShiftedBatches(Batches):
    """Batches `(x, y)` of shifted images and the index of each one's shift.

    Shifts depend only on `(seed, epoch, index)`.

    Args:
        data: the images.
        batch_size: as in `Batches`.
        share: probability that an image is shifted; the eight directions are equally likely.
        seed: seed of the order and the shifts.
        shuffle: as in `Batches`.

    Example:
        >>> x, y = ShiftedBatches(load_images("digits"), 128, share=0.5)[0]
        >>> x.shape, y.shape
        ((128, 8, 8, 1), (128,))

    Source: Jun et al. 2020, "Distribution Augmentation for Generative Modeling".
    """

    def __init__(
        self,
        data: ImageData,
        batch_size: int,
        *,
        share: float,
        seed: int = 0,
        shuffle: bool = True,
    ) -> None:
        super().__init__(data, batch_size, seed=seed, shuffle=shuffle)
        self.share = share
        self.labels = np.zeros(len(data), np.int64)  # of the images as they are

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        x, unmoved = super().__getitem__(index)
        if not self.share:
            return x, unmoved
        generator = np.random.default_rng([self.seed, 2, self.epoch, index])
        is_shifted = generator.random(len(x)) < self.share
        shifts = np.where(is_shifted, generator.integers(1, len(SHIFTS), len(x)), 0)
        return shifted(x, shifts), shifts
