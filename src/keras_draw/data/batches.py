"""Images in batches, in an order that depends on seed and epoch alone."""

import math
from typing import Any

import keras
import numpy as np

from keras_draw.config import whole_number
from keras_draw.data.images import ImageData


class Batches(keras.utils.PyDataset):
    """What `fit` draws its batches from.

    Give `shuffle=False` to `fit`, which would otherwise mix the batches once more from a global
    generator; and set `epoch` when an epoch begins, since Keras ends one before it starts the
    first.

    Args:
        data: the images.
        batch_size: images in each batch; the last one of an epoch may hold fewer.
        seed: of the order.
        shuffle: a new order for each epoch, a function of `(seed, epoch)` and nothing else.
        labels: give `(x, y)` instead of `(x,)`.
        epoch: the epoch to begin with.

    Example:
        >>> len(Batches(load_images("digits"), 128))                   # doctest: +SKIP
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
        """Which images a batch of this epoch holds, as their numbers (B,)."""
        return self.order()[index * self.batch_size : (index + 1) * self.batch_size]

    @property
    def whole(self) -> tuple[np.ndarray, np.ndarray | None]:
        """Images and labels that every batch consists of: checked once, they need no more."""
        return self.data.images, self.labels

    def order(self) -> np.ndarray:
        """The rows of this epoch, in order (N,)."""
        if self.shuffle and self._order[0] != self.epoch:
            generator = np.random.default_rng([self.seed, 1, self.epoch])
            self._order = (self.epoch, generator.permutation(len(self.data)))
        return self._order[1]

    def on_epoch_end(self) -> None:
        """Keras calls this when an epoch is over."""
        self.epoch += 1
