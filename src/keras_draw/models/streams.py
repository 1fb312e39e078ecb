"""Streams of batches, checked as they pass: datasets, data loaders, generators."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras.src.trainers.data_adapters.generator_data_adapter import GeneratorDataAdapter

from keras_draw.pixels import TWO_MEANINGS

LOOKED_AT = 16
"""Batches that are looked at in advance while no pixel exceeds 1."""

Batch = tuple[np.ndarray, ...]
Check = Callable[[Any], Batch]
"""A batch as it came -> `(x,)`, `(x, y)` or `(x, y, sample_weight)`, or a ValueError."""


def is_stream(x: Any) -> bool:
    """Whether this is something that gives one batch after the other."""
    if isinstance(x, keras.utils.PyDataset | Stream):
        return True
    plain = isinstance(x, list | tuple | dict | set | str | bytes) or hasattr(x, "__array__")
    return not plain and hasattr(x, "__iter__")


def checked(x: Any, check: Check) -> Any:
    """A stream that checks what passes, in a form that Keras takes. Its beginning is checked now.

    Args:
        x: a PyDataset; anything that can be iterated again for every epoch, such as a tf.data
            dataset or a data loader; or an iterator, such as a generator, of which nothing is lost.
        check: what is done with each batch.

    Raises:
        ValueError: if there is no batch, or the first does not fit.
    """
    if isinstance(x, CheckedDataset | Stream):
        return x
    if isinstance(x, keras.utils.PyDataset):
        return CheckedDataset(x, check)
    return Stream(x, check)


class CheckedDataset(keras.utils.PyDataset):
    """A PyDataset whose batches are checked, in the threads or processes that make them.

    Args:
        dataset: the one that was given; its epochs begin and end as they did.
        check: what is done with each batch.
    """

    def __init__(self, dataset: keras.utils.PyDataset, check: Check) -> None:
        super().__init__(dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size)
        self.dataset = dataset
        self.check = check
        self._seen: dict[int, Batch] = {}
        self._seen = dict(enumerate(_first(iter(self))))

    @property
    def num_batches(self) -> int | None:
        """As of the dataset that was given."""
        count: int | None = self.dataset.num_batches
        return count

    def __getitem__(self, index: int) -> Batch:
        seen = self._seen.pop(index, None)  # nothing is made twice
        return self.check(self.dataset[index]) if seen is None else seen

    def on_epoch_begin(self) -> None:
        """Keras calls this when an epoch begins."""
        self._hook("on_epoch_begin")

    def on_epoch_end(self) -> None:
        """Keras calls this when an epoch is over."""
        self._hook("on_epoch_end")

    def _hook(self, name: str) -> None:
        """What the dataset does then; if it does anything, its batches may be others now."""
        if getattr(type(self.dataset), name) is not getattr(keras.utils.PyDataset, name):
            self._seen.clear()
        getattr(self.dataset, name)()


class Stream(GeneratorDataAdapter):
    """Batches of an iterable, checked, for every backend: Keras takes an adapter as it is.

    Args:
        source: what is iterated, once for each epoch.
        check: what is done with each batch.
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
        """What was looked at, and what follows; a source that can begin anew does so after that."""
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
        """In each epoch, or None where that is not known."""
        return self._count


def _first(batches: Iterator[Batch]) -> list[Batch]:
    """The first batch, and more while all that was seen could be black and white or nearly black.

    Raises:
        ValueError: if there is no batch, or if the question stays open.
    """
    seen: list[Batch] = []
    highest = 0
    for batch in itertools.islice(batches, LOOKED_AT):
        seen.append(batch)
        if batch[0].dtype != np.uint8 or batch[0].max() > 1:
            return seen
        highest = max(highest, int(batch[0].max()))
    if not seen:
        raise ValueError("There are no images: the data give no batch.")
    if highest == 1:
        raise ValueError(TWO_MEANINGS)
    return seen
