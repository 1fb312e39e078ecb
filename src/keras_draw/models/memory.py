"""Networks and batches that memory cannot hold, refused before they are tried.

What computes counts: a GPU's own memory where there is one, else the machine's.
"""

import contextlib
import math
from collections.abc import Iterator

from keras_draw.config import DRAWConfig
from keras_draw.memory import check_fits
from keras_draw.models.cells import cell_of
from keras_draw.models.devices import on_jax, used
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.weights import specs

__all__ = [
    "FLOAT", "check_device_fits", "check_fits", "check_training_fits", "explained_when_full",
    "weight_bytes",
]  # fmt: skip

FLOAT = 4
"""Bytes in a float32."""
STATES = 2
"""Whole states of a training that are held at once: before a step, and after it (`keeping.py`)."""


def float_bytes(precision: str) -> int:
    """Bytes of a weight, and of a value of canvas or state, under a Keras dtype policy."""
    return 2 * FLOAT if precision == "float64" else FLOAT


def weight_bytes(config: DRAWConfig, precision: str = "float32") -> int:
    """Bytes of a network's weights."""
    return float_bytes(precision) * sum(math.prod(spec.shape) for spec in specs(config))


def check_device_fits(needed: float, what: str, advice: str) -> None:
    """Refuse what cannot fit into the memory of one of the devices that compute.

    Args:
        needed: bytes on each of them, at the least.
        what: as in `check_fits`.
        advice: as in `check_fits`.

    Raises:
        ValueError: if one of them has less. Devices without memory of their own share the
            machine's.
    """
    devices = used() if on_jax() else (None,)
    stats = [device.memory_stats() if device is not None else None for device in devices]
    limits = [found["bytes_limit"] for found in stats if found and found.get("bytes_limit")]
    if limits:
        check_fits(needed, what, advice, there=min(limits), where="the device that computes")
    else:
        check_fits(needed * len(devices), what, advice)


def check_training_fits(
    config: DRAWConfig,
    batch_size: int,
    *,
    precision: str = "float32",
    averages: bool = False,
    devices: int = 1,
) -> None:
    """Refuse a network or a batch that training could not hold in memory.

    Counted is only what is kept for certain: weights and Adam's two averages, before a step and
    after it, and the network that is kept; a canvas; of every timestep of a segment (all of them
    without `remat_segment`) the noise, the posterior and the state of either cell.

    Args:
        config: the network.
        batch_size: images in each step.
        precision: Keras dtype policy.
        averages: whether the optimiser averages the weights, too.
        devices: in all, which share the batch; each has all the weights.

    Raises:
        ValueError: if the device that computes has less.
    """
    smaller = "choose a smaller hidden_dim, latent_dim or image_shape, or share weights over time"
    copies = STATES * (4 if averages else 3) + 1
    weights = copies * weight_bytes(config, precision)
    check_device_fits(weights, "Weights and Adam's averages", smaller)
    kept = config.remat_segment or config.timesteps
    row = likelihood_of(config).canvas_size + config.timesteps * config.latent_dim
    states = 2 * len(cell_of(config).state._fields)
    row += kept * (2 * config.latent_dim + states * config.hidden_dim)
    smaller = "choose a smaller batch_size or hidden_dim, or fewer timesteps"
    share = math.ceil(batch_size / devices)
    needed = float_bytes(precision) * share * row
    check_device_fits(needed, f"A step over {batch_size} images", smaller)


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
