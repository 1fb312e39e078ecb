"""Streams of batches, checked as they pass: datasets, data loaders, generators."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras.src.trainers.data_adapters.generator_data_adapter import GeneratorDataAdapter

from keras_draw.pixels import TWO_MEANINGS

LOOKED_AT = 16
"""At most this many batches are read in advance to find a pixel above 1."""

Batch = tuple[np.ndarray, ...]
Check = Callable[[Any], Batch]
"""A raw batch -> `(x,)`, `(x, y)` or `(x, y, sample_weight)`; raises ValueError for a bad one."""


def is_stream(x: Any) -> bool:
    """Whether `x` yields batches, as opposed to being an array or a container of arrays."""
    if isinstance(x, keras.utils.PyDataset | Stream):
        return True
    plain = isinstance(x, list | tuple | dict | set | str | bytes) or hasattr(x, "__array__")
    return not plain and hasattr(x, "__iter__")


def checked(x: Any, check: Check) -> Any:
    """Wrap a stream so that every batch is checked as it passes.

    The first batch is checked immediately.

    Args:
        x: a PyDataset; an iterable that starts over each epoch, such as a tf.data dataset or a
            data loader; or an iterator, such as a generator. Batches read in advance are kept and
            passed on.
        check: applied to each batch.

    Returns:
        The checked stream, in a form that Keras accepts.

    Raises:
        ValueError: if there is no batch, or the first one does not fit.
    """
    if isinstance(x, CheckedDataset | Stream):
        return x
    if isinstance(x, keras.utils.PyDataset):
        return CheckedDataset(x, check)
    return Stream(x, check)


class CheckedDataset(keras.utils.PyDataset):
    """A PyDataset whose batches are checked in the threads or processes that load them.

    Args:
        dataset: the original dataset; its epoch hooks are still called.
        check: applied to each batch.
    """

    def __init__(self, dataset: keras.utils.PyDataset, check: Check) -> None:
        super().__init__(dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size)
        self.dataset = dataset
        self.check = check
        self._seen: dict[int, Batch] = {}
        self._seen = dict(enumerate(_first(iter(self))))

    @property
    def num_batches(self) -> int | None:
        """Number of batches in the original dataset; None if unknown."""
        count: int | None = self.dataset.num_batches
        return count

    def __getitem__(self, index: int) -> Batch:
        seen = self._seen.pop(index, None)  # no batch is loaded twice
        return self.check(self.dataset[index]) if seen is None else seen

    def on_epoch_begin(self) -> None:
        """Called by Keras at the start of an epoch."""
        self._hook("on_epoch_begin")

    def on_epoch_end(self) -> None:
        """Called by Keras at the end of an epoch."""
        self._hook("on_epoch_end")

    def _hook(self, name: str) -> None:
        """Call the dataset's hook. If it has one, its batches may change: forget those read."""
        if getattr(type(self.dataset), name) is not getattr(keras.utils.PyDataset, name):
            self._seen.clear()
        getattr(self.dataset, name)()


class Stream(GeneratorDataAdapter):
    """Checked batches of an iterable, on every backend: Keras uses a data adapter unchanged.

    Args:
        source: the iterable; iterated once per epoch.
        check: applied to each batch.
    """

    def __init__(self, source: Any, check: Check) -> None:
        self._source = source
        self._check = check
        self._rest = iter(source)
        self._is_one_shot = self._rest is source
        self._first_batches = self._seen = _first(map(check, self._rest))
        self._output_signature = None
        try:
            self._count: int | None = len(source)
        except (TypeError, NotImplementedError):
            self._count = None
        self.generator = self._batches

    def _batches(self) -> Iterator[Batch]:
        """One epoch: first the batches read in advance, then the rest of the source.

        A source that can start over does so from the second epoch on.
        """
        if not self._is_one_shot and self._rest is None:
            yield from map(self._check, iter(self._source))
            return
        rest, seen = self._rest, self._seen
        if not self._is_one_shot:
            self._rest, self._seen = None, []
        yield from seen
        self._seen = []
        yield from map(self._check, rest)

    @property
    def num_batches(self) -> int | None:
        """Number of batches per epoch; None if unknown."""
        return self._count


def _first(batches: Iterator[Batch]) -> list[Batch]:
    """The first batches: enough to tell black-and-white images (0, 1) from nearly black bytes.

    Raises:
        ValueError: if there is no batch, or if no batch settles the question.
    """
    seen: list[Batch] = []
    highest = 0
    for batch in itertools.islice(batches, LOOKED_AT):
        seen.append(batch)
        if batch[0].dtype != np.uint8 or batch[0].max() > 1:
            return seen
        highest = max(highest, int(batch[0].max()))
    if not seen:
        raise ValueError("There are no images: the data yield no batch.")
    if highest == 1:
        raise ValueError(TWO_MEANINGS)
    return seen
