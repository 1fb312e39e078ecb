"""Images in batches, in an order that depends only on seed and epoch."""

import math
from typing import Any

import keras
import numpy as np

from keras_draw.config import whole_number
from keras_draw.data.images import ImageData


class Batches(keras.utils.PyDataset):
    """The batches that `fit` trains on.

    Pass `shuffle=False` to `fit`; otherwise it shuffles the batches again with a global generator.
    Set `epoch` when an epoch begins, because Keras calls `on_epoch_end` once before the first
    epoch.

    Args:
        data: the images.
        batch_size: images per batch; the last batch of an epoch may hold fewer.
        seed: seed of the order.
        shuffle: use a new order in each epoch, which depends only on `(seed, epoch)`.
        labels: give `(x, y)` instead of `(x,)`.
        epoch: the epoch to begin with.

    Example:
        >>> len(Batches(load_images("digits"), 128))
        12
    """

    def __init__(
        self,
        data: ImageData,
        batch_size: int,
        *,
        seed: int = 0,
        shuffle: bool = True,
        labels: bool = False,
        epoch: int = 0,
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        batch_size = whole_number("batch_size", batch_size, at_least=1)
        if labels and data.labels is None:
            raise ValueError(f"{data.no_labels}, which a conditional network needs.")
        self.data = data
        self.batch_size = batch_size
        self.seed = whole_number("seed", seed)
        self.shuffle = shuffle
        self.labels = data.labels if labels else None
        self.epoch = whole_number("epoch", epoch)
        self._order: tuple[int, np.ndarray] = (-1, np.arange(len(data)))

    def __len__(self) -> int:
        return math.ceil(len(self.data) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        rows = self.rows(index)
        x = self.data.images[rows]
        return (x,) if self.labels is None else (x, self.labels[rows])

    def rows(self, index: int) -> np.ndarray:
        """Return the indices (B,) of the images in a batch of this epoch."""
        return self.order()[index * self.batch_size : (index + 1) * self.batch_size]

    @property
    def whole(self) -> tuple[np.ndarray, np.ndarray | None]:
        """All images and labels that batches are taken from, so they can be checked once."""
        return self.data.images, self.labels

    def order(self) -> np.ndarray:
        """Return the indices (N,) of all images in this epoch's order."""
        if self.shuffle and self._order[0] != self.epoch:
            generator = np.random.default_rng([self.seed, 1, self.epoch])
            self._order = (self.epoch, generator.permutation(len(self.data)))
        return self._order[1]

    def on_epoch_end(self) -> None:
        """Advance to the next epoch; Keras calls this at the end of each epoch."""
        self.epoch += 1
