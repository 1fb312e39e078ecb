"""Run a network over many images outside `fit`: check the inputs, then compute batch by batch."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol, TypeVar

import keras
import numpy as np
from keras import ops

from keras_draw.config import DRAWConfig, whole_number
from keras_draw.models import recurrence
from keras_draw.models.compiled import compiled
from keras_draw.models.devices import everywhere, spread, used, wait_for
from keras_draw.models.inputs import check_images, check_labels
from keras_draw.models.interruption import ctrl_c, look, unbroken
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.memory import FLOAT, check_fits
from keras_draw.models.outputs import Painting, Tensor, Unroll
from keras_draw.models.precision import state_dtype
from keras_draw.models.weights import Weights
from keras_draw.pixels import as_fractions

T = TypeVar("T")
Begun = Callable[[int], Callable[[], None]]
"""Number of batches in a pass over images -> a function to call after each batch."""
_begun: ContextVar[Begun] = ContextVar("begun", default=lambda batches: lambda: None)


@contextlib.contextmanager
def followed(begun: Begun) -> Iterator[None]:
    """Inside the block, report every pass over images, for example to a progress bar.

    Args:
        begun: called with the number of batches when a pass begins; the function it returns is
            called after each batch.

    Example:
        >>> with followed(lambda batches: lambda: print("one of", batches)):     # doctest: +SKIP
        ...     model.generate(1000)
    """
    before = _begun.set(begun)
    try:
        yield
    finally:
        _begun.reset(before)


class Network(Protocol):
    """The attributes of a `DRAW` that the functions for drawing and measuring need."""

    config: DRAWConfig
    runner: "Runner"


@dataclass(frozen=True, eq=False)
class Runner:
    """Runs pure functions of a network's weights. Noise is NumPy's, equal on all backends."""

    config: DRAWConfig
    tensors: Callable[[], Weights]
    """returns the current weights, by name."""
    compute_dtype: Callable[[], str]
    """returns the compute dtype of the network's dtype policy, which users can change."""
    functions: dict[Any, Callable[..., Any]] = field(default_factory=dict)
    """key -> function, compiled on its first call."""

    def unroll(
        self, x: Any, y: Any, seed: int | None, batch_size: int, *, all_canvases: bool = False
    ) -> Unroll:
        """`recurrence.unroll` over images (N, H, W, C), with the canvas as logits of the image.

        Without a seed there is no noise: the latents are the posterior means.
        """
        config = self.config
        kept = config.num_pixels * (config.timesteps if all_canvases else 1)
        needed = 2.0 * FLOAT * len(x) * kept  # as batches, and as one array
        check_fits(needed, f"Painting {len(x)} images", "give fewer of them at once")

        def unroll(weights: Weights, x: Tensor, y: Tensor | None, noise: Tensor) -> Unroll:
            noise = ops.swapaxes(noise, 0, 1)
            found = recurrence.unroll(config, weights, x, y, noise, all_canvases=all_canvases)
            return found if all_canvases else _as_logits(config, found)

        arrays = self.given(x, y, seed)
        return self.in_batches(("unroll", all_canvases), unroll, arrays, batch_size)

    def decode(
        self, z: np.ndarray, y: np.ndarray | None, batch_size: int, *, all_canvases: bool = False
    ) -> Painting:
        """`recurrence.decode` of latents (N, T, Z) and one-hot (N, K); canvas as in `unroll`."""
        config = self.config

        def decode(weights: Weights, z: Tensor, y: Tensor | None) -> Painting:
            z = ops.swapaxes(z, 0, 1)
            found = recurrence.decode(config, weights, y, z, all_canvases=all_canvases)
            return found if all_canvases else _as_logits(config, found)

        return self.in_batches(("decode", all_canvases), decode, (z, y), batch_size)

    def given(self, x: Any, y: Any, seed: int | None) -> tuple[Any, ...]:
        """Check inputs: images, flat and binarized if needed, one-hot labels, noise (or zeros)."""
        x, y = self.images(x, y, seed)
        seed = None if seed is None else whole_number("seed", seed)
        needed = 4.0 * FLOAT * len(x) * self.config.timesteps * self.config.latent_dim
        check_fits(needed, f"Latents of {len(x)} images", "give fewer of them at once")
        noise = self.noise(len(x), seed or 0) * (0.0 if seed is None else 1.0)
        return x, y, noise

    def images(self, x: Any, y: Any, seed: int | None) -> tuple[Any, ...]:
        """Check inputs: images, flat and binarized if needed, and one-hot labels."""
        x = check_images(self.config, x)
        y = check_labels(self.config, y, len(x))
        seed = whole_number("seed", seed or 0)
        x = as_fractions(x).reshape(len(x), -1)
        if self.config.dynamic_binarization:
            x = np.random.default_rng([seed, 1]).random(x.shape) < x
        return x, y

    def noise(self, n: int, seed: int) -> np.ndarray:
        """Standard normal (n, T, Z); the first rows do not depend on n."""
        shape = (n, self.config.timesteps, self.config.latent_dim)
        return np.random.default_rng(seed).standard_normal(shape)

    def in_batches(
        self, key: Any, function: Callable[..., Any], arrays: tuple[Any, ...], batch_size: int
    ) -> Any:
        """Apply `function(weights, *arrays)` to batches of one size, so it compiles only once.

        Each device gets `batch_size` rows per batch; the last batch is padded.
        """
        dtype = state_dtype(self.compute_dtype())
        count = len(arrays[0])
        size = self.rows(batch_size, count)
        batches = (
            tuple(None if a is None else a[start : start + size].astype(dtype) for a in arrays)
            for start in range(0, count, size)
        )
        with ctrl_c():
            found = list(self.stream(key, function, (), batches, size, count))
        return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *found)

    def once(self, key: Any, function: Callable[..., Any], *arrays: Any) -> Any:
        """Apply `function(weights, *arrays)` to arrays on the devices; the result stays there."""
        run = self.functions.setdefault(key, compiled(function))
        with unbroken():
            out = run(everywhere(self.tensors()), *arrays)
            wait_for(out)
        return out

    def rows(self, batch_size: int, count: int) -> int:
        """Return the rows of a batch: `batch_size` per device, fewer if `count` is smaller."""
        batch_size = whole_number("batch_size", batch_size, at_least=1)
        devices = len(used())
        return min(batch_size, -(-count // devices)) * devices

    def stream(
        self,
        key: Any,
        function: Callable[..., Any],
        constants: tuple[Any, ...],
        batches: Iterable[tuple[Any, ...]],
        size: int,
        count: int,
    ) -> Iterator[Any]:
        """Apply a function to batches; the next batch is started before a result is read.

        Args:
            key: name of the function, which is compiled once per key.
            function: takes the weights, the constants, and the arrays of a batch.
            constants: arrays that are on the devices already, for example by `everywhere`.
            batches: arrays of `size` rows; the last batch may have fewer.
            size: number of rows that the function sees; the last batch is padded.
            count: number of rows in all batches.

        Yields:
            Results for each batch, as NumPy arrays without the padding.
        """
        run = self.functions.setdefault(key, compiled(function))
        weights = everywhere(self.tensors())
        done = _begun.get()(-(-count // size))

        def under_way() -> Iterator[tuple[int, Any]]:
            for batch in batches:
                look()
                full = (None if a is None else spread(_filled(a, size)) for a in batch)
                yield len(batch[0]), run(weights, *constants, *full)

        for rows, out in one_ahead(under_way()):
            yield keras.tree.map_structure(lambda a: ops.convert_to_numpy(a)[:rows], out)  # noqa: B023
            done()


def one_ahead(found: Iterator[T]) -> Iterator[T]:
    """Yield each item after the next one was taken: a device computes while the host reads.

    If the caller stops early, what the devices still compute is waited for: a process that ends in
    the middle of it can crash.

    Example:
        >>> list(one_ahead(iter("abc")))
        ['a', 'b', 'c']
    """
    begun: list[T] = []
    try:
        while True:
            with unbroken():  # no item is begun and not in the list
                following = list(islice(found, 1))
                begun += following
            if not following:
                break
            if len(begun) > 1:
                yield begun[0]
                del begun[0]
        while begun:
            yield begun[0]
            del begun[0]
    finally:
        wait_for(begun)


def _filled(batch: np.ndarray, size: int) -> np.ndarray:
    """Pad a batch to `size` rows by repeating its own."""
    return batch if len(batch) == size else np.resize(batch, (size, *batch.shape[1:]))


def _as_logits(config: DRAWConfig, found: Any) -> Any:
    """Replace the last canvas by the logits of its image, the form used for all canvases."""
    return found._replace(canvas=likelihood_of(config).logits(found.canvas))
