"""A network over many images outside `fit`: what is given, brought to one form, batch by batch."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import keras
import numpy as np
from keras import ops

from keras_draw.config import DRAWConfig, whole_number
from keras_draw.models import recurrence
from keras_draw.models.compiled import compiled
from keras_draw.models.devices import everywhere, spread, used
from keras_draw.models.inputs import check_images, check_labels
from keras_draw.models.interruption import look
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.memory import FLOAT, check_fits
from keras_draw.models.outputs import Painting, Tensor, Unroll
from keras_draw.models.precision import state_dtype
from keras_draw.models.weights import Weights
from keras_draw.pixels import as_fractions

T = TypeVar("T")
Begun = Callable[[int], Callable[[], None]]
"""How many batches a pass over images has -> a function to be called after each of them."""
_begun: ContextVar[Begun] = ContextVar("begun", default=lambda batches: lambda: None)


@contextlib.contextmanager
def followed(begun: Begun) -> Iterator[None]:
    """Within the block somebody hears of every pass over images, such as a bar of progress.

    Args:
        begun: called with the number of batches when a pass begins; what it gives is called after
            each of them.

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
    """What the functions that draw and measure need of a `DRAW`."""

    config: DRAWConfig
    runner: "Runner"


@dataclass(frozen=True, eq=False)
class Runner:
    """Runs pure functions of a network's weights; noise is NumPy's, the same on every backend."""

    config: DRAWConfig
    tensors: Callable[[], Weights]
    """gives all weights by name, as they are now."""
    compute_dtype: Callable[[], str]
    """gives that of the network's dtype policy, which Keras lets people change."""
    functions: dict[Any, Callable[..., Any]] = field(default_factory=dict)
    """compiled when they first ran, by what they do."""

    def unroll(
        self, x: Any, y: Any, seed: int | None, batch_size: int, *, all_canvases: bool = False
    ) -> Unroll:
        """`recurrence.unroll` over images (N, H, W, C), its canvas as logits of the mean image.

        Without a seed there is no noise: the latents are the posteriors' means.
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
        """`recurrence.decode` of latents (N, T, Z) and rows (N, K), its canvas as in `unroll`."""
        config = self.config

        def decode(weights: Weights, z: Tensor, y: Tensor | None) -> Painting:
            z = ops.swapaxes(z, 0, 1)
            found = recurrence.decode(config, weights, y, z, all_canvases=all_canvases)
            return found if all_canvases else _as_logits(config, found)

        return self.in_batches(("decode", all_canvases), decode, (z, y), batch_size)

    def given(self, x: Any, y: Any, seed: int | None) -> tuple[Any, ...]:
        """Checked images, flat and binarized if need be, one-hot labels, and noise (or zeros)."""
        x, y = self.images(x, y, seed)
        seed = None if seed is None else whole_number("seed", seed)
        needed = 4.0 * FLOAT * len(x) * self.config.timesteps * self.config.latent_dim
        check_fits(needed, f"Latents of {len(x)} images", "give fewer of them at once")
        noise = self.noise(len(x), seed or 0) * (0.0 if seed is None else 1.0)
        return x, y, noise

    def images(self, x: Any, y: Any, seed: int | None) -> tuple[Any, ...]:
        """Checked images, flat and binarized if need be, and one-hot labels."""
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
        """`function(weights, *arrays)` over batches of one size, so that it compiles once.

        Each of several devices has `batch_size` rows; the last batch is filled up.
        """
        dtype = state_dtype(self.compute_dtype())
        count = len(arrays[0])
        size = self.rows(batch_size, count)
        batches = (
            tuple(None if a is None else a[start : start + size].astype(dtype) for a in arrays)
            for start in range(0, count, size)
        )
        found = list(self.stream(key, function, (), batches, size, count))
        return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *found)

    def once(self, key: Any, function: Callable[..., Any], *arrays: Any) -> Any:
        """`function(weights, *arrays)` of what is on the devices; the result stays there."""
        run = self.functions.setdefault(key, compiled(function))
        return run(everywhere(self.tensors()), *arrays)

    def rows(self, batch_size: int, count: int) -> int:
        """Rows of every batch: `batch_size` on each device, fewer where there are not as many."""
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
        """What a function makes of batches, as it comes; the next one is under way by then.

        Args:
            key: what the function does; it is compiled once for each.
            function: of the weights, the constants, and the arrays of a batch.
            constants: what is on the devices already, such as `everywhere` puts there.
            batches: arrays of `size` rows, of which the last ones may have fewer.
            size: rows that the function sees: the last batch is filled up.
            count: rows in all.

        Yields:
            Its arrays, as NumPy's, without the rows that were filled in.
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
    """Each of them once the next one is begun: a device computes while the host reads and writes.

    Example:
        >>> list(one_ahead(iter("abc")))
        ['a', 'b', 'c']
    """
    begun: list[T] = []
    for one in found:
        begun.append(one)
        if len(begun) > 1:
            yield begun.pop(0)
    yield from begun


def _filled(batch: np.ndarray, size: int) -> np.ndarray:
    """A batch of that many rows, its own repeated where there are not as many."""
    return batch if len(batch) == size else np.resize(batch, (size, *batch.shape[1:]))


def _as_logits(config: DRAWConfig, found: Any) -> Any:
    """The last canvas as all of them leave the device."""
    return found._replace(canvas=likelihood_of(config).logits(found.canvas))
