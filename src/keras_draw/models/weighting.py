"""The importance-weighted bound: many draws of the latents for the same images.

Each row of a batch is a pair of an image and a draw, so batches are full even if there are few
images. The images and their drives stay on the device for all draws. The noise of the next batch is
sent while a batch is computed; one number per row comes back.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count as counted_from
from typing import Any, TypeVar

import numpy as np
from keras import ops

from keras_draw.config import whole_number
from keras_draw.config.ranges import MOST_SAMPLES
from keras_draw.models import recurrence
from keras_draw.models.devices import everywhere, on_accelerator
from keras_draw.models.interruption import ctrl_c
from keras_draw.models.measuring import log_weights_of, noise_of
from keras_draw.models.memory import FLOAT, check_fits
from keras_draw.models.outputs import Tensor
from keras_draw.models.precision import state_dtype
from keras_draw.models.running import Network
from keras_draw.models.weights import Weights

T = TypeVar("T")
ROWS, ROWS_ON_ACCELERATOR = 256, 4096
"""Default number of rows in a batch: measured on a CPU, estimated for a GPU (docs/performance.md).
"""
AHEAD = 4
"""Number of draws whose noise is made in advance."""


def log_mean_weights(
    network: Network,
    x: Any,
    y: Any = None,
    *,
    samples: int,
    seed: int = 0,
    batch_size: int | None = None,
    on_draw: Callable[[], None] | None = None,
) -> np.ndarray:
    """Compute the log of the mean of K importance weights p(x, z) / q(z | x).

    It is a lower bound on log p(x). The weights are those of `log_weights` for draws 1 to K. Memory
    does not grow with K.

    Args:
        network: the network.
        x: images (N, H, W, C).
        y: labels, for a conditional network.
        samples: K.
        seed: seed of the noise, and of the binarization if the network binarizes.
        batch_size: number of image-draw pairs in a batch; chosen for the device if not given.
        on_draw: called after each draw of all images.

    Returns:
        float64 (N,), nats.

    Raises:
        ValueError: if K is below 1 or above a million, or the images do not fit the network.

    Source: Burda et al. 2016 (arXiv 1509.00519), Eq. 8.
    """
    if not 1 <= samples <= MOST_SAMPLES:
        raise ValueError(f"samples is {samples}; it must be 1 or more, {MOST_SAMPLES:,} at most.")
    config, runner, seed = network.config, network.runner, whole_number("seed", seed)
    dtype = state_dtype(runner.compute_dtype())
    x, y = runner.images(x, y, seed)
    shape = (len(x), config.timesteps, config.latent_dim)
    needed = 3.0 * FLOAT * (AHEAD + 1) * math.prod(shape)
    check_fits(needed, f"Latents of {len(x)} images", "give fewer of them at once")

    def drives(weights: Weights, x: Tensor, y: Tensor | None) -> recurrence.Drives:
        return recurrence.drives_of(config, weights, x, y)

    def log_weight(
        weights: Weights, x: Tensor, y: Tensor | None, drives: recurrence.Drives,
        rows: Tensor, noise: Tensor,
    ) -> Tensor:  # fmt: skip
        seen = {"encoder": config.read is None or y is not None, "decoder": y is not None}
        drives = {
            cell: ops.take(drive, rows, axis=-2) if seen[cell] else drive
            for cell, drive in drives.items()
        }
        return log_weights_of(config, weights, ops.take(x, rows, axis=0), None, noise, drives)

    given = everywhere(
        tuple(None if a is None else ops.convert_to_tensor(a.astype(dtype)) for a in (x, y))
    )
    size = runner.rows(usual_rows() if batch_size is None else batch_size, samples * len(x))
    noise = recut(
        ahead(lambda draw: noise_of(draw, seed, shape).astype(dtype), range(1, samples + 1)), size
    )
    batches = (
        (np.arange(start, start + len(some), dtype="int32") % len(x), some)
        for start, some in zip(counted_from(step=size), noise, strict=False)
    )
    total = np.full(len(x), -np.inf)
    with ctrl_c():
        constants = (*given, runner.once("drives", drives, *given))
        found = runner.stream("log_weight", log_weight, constants, batches, size, samples * len(x))
        for log_weights in recut(found, len(x)):
            total = np.logaddexp(total, log_weights.astype(np.float64))
            if on_draw:
                on_draw()
    return total - math.log(samples)


def usual_rows() -> int:
    """Return the default number of rows in a batch for this device."""
    return ROWS_ON_ACCELERATOR if on_accelerator() else ROWS


def recut(parts: Iterable[np.ndarray], rows: int) -> Iterator[np.ndarray]:
    """Yield the rows of `parts`, in order, in arrays of `rows` rows; the last may be shorter.

    Example:
        >>> [a.tolist() for a in recut([np.arange(3), np.arange(2)], 2)]
        [[0, 1], [2, 0], [1]]
    """
    kept: list[np.ndarray] = []
    missing = rows
    for part in parts:
        start = 0
        while start < len(part):
            kept.append(part[start : start + missing])
            start, missing = start + len(kept[-1]), missing - len(kept[-1])
            if not missing:
                yield np.concatenate(kept) if len(kept) > 1 else kept[0]
                kept, missing = [], rows
    if kept:
        yield np.concatenate(kept)


def ahead(make: Callable[[int], T], numbers: Iterable[int]) -> Iterator[T]:
    """Yield `make(number)` for each number, in order; threads make the next `AHEAD` in advance."""
    with ThreadPoolExecutor(AHEAD) as pool:
        begun: deque[Any] = deque()
        for number in numbers:
            begun.append(pool.submit(make, number))
            if len(begun) > AHEAD:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
