"""Networks and batches that the machine's memory cannot hold, refused before they are tried."""

import contextlib
import math
from collections.abc import Iterator

from keras_draw.config import DRAWConfig
from keras_draw.memory import check_fits
from keras_draw.models.cells import cell_of
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.weights import specs

__all__ = [
    "FLOAT", "check_fits", "check_training_fits", "explained_when_full", "weight_bytes",
]  # fmt: skip

FLOAT = 4
"""Bytes in a float32."""


def weight_bytes(config: DRAWConfig) -> int:
    """Bytes of a network's weights in float32."""
    return FLOAT * sum(math.prod(spec.shape) for spec in specs(config))


def check_training_fits(config: DRAWConfig, batch_size: int) -> None:
    """Refuse a network or a batch that training could not hold in memory.

    Counted is only what is kept for certain: weights, gradients and Adam's two averages; a canvas;
    of every timestep of a segment (all of them without `remat_segment`) the noise, the posterior
    and the state of either cell.

    Args:
        config: the network.
        batch_size: images in each step.

    Raises:
        ValueError: if the machine has less.
    """
    smaller = "choose a smaller hidden_dim, latent_dim or image_shape, or share weights over time"
    check_fits(4 * weight_bytes(config), "Weights, gradients and Adam's averages", smaller)
    kept = config.remat_segment or config.timesteps
    row = likelihood_of(config).canvas_size + config.timesteps * config.latent_dim
    states = 2 * len(cell_of(config).state._fields)
    row += kept * (2 * config.latent_dim + states * config.hidden_dim)
    smaller = "choose a smaller batch_size or hidden_dim, or fewer timesteps"
    check_fits(FLOAT * batch_size * row, f"A step over {batch_size} images", smaller)


@contextlib.contextmanager
def explained_when_full(advice: str) -> Iterator[None]:
    """Turn the backend's error about exhausted memory into a sentence.

    Args:
        advice: the sentence's end.

    Raises:
        MemoryError: with the sentence.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        exhausted = ("RESOURCE_EXHAUSTED", "out of memory", "Unable to allocate")
        if isinstance(error, RuntimeError) and not any(word in str(error) for word in exhausted):
            raise
        raise MemoryError(f"The memory of the machine or device is full; {advice}.") from None
