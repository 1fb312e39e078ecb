"""Refuse networks and batches that do not fit into memory, before trying them.

The memory of the computing device counts: a GPU's own memory, or else that of the machine.
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
"""Number of training states held at once: before and after a step (see `keeping.py`)."""


def float_bytes(precision: str) -> int:
    """Bytes per weight, canvas value or state value under a Keras dtype policy."""
    return 2 * FLOAT if precision == "float64" else FLOAT


def weight_bytes(config: DRAWConfig, precision: str = "float32") -> int:
    """Bytes of a network's weights."""
    return float_bytes(precision) * sum(math.prod(spec.shape) for spec in specs(config))


def check_device_fits(needed: float, what: str, advice: str) -> None:
    """Refuse what cannot fit into the memory of each computing device.

    Args:
        needed: minimum number of bytes on each device.
        what: as in `check_fits`.
        advice: as in `check_fits`.

    Raises:
        ValueError: if a device has less memory. Devices without their own memory share that of the
            machine.
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
    """Refuse a network or a batch that is too large to train in memory.

    The estimate is a lower bound. It counts the weights and Adam's two averages before and after a
    step, one more copy of the weights, a canvas, the noise of all timesteps, and the posterior and
    cell states of each timestep in a segment (of all timesteps without `remat_segment`).

    Args:
        config: the network's configuration.
        batch_size: images per step.
        precision: Keras dtype policy.
        averages: whether the optimizer also averages the weights.
        devices: number of devices that share the batch; each holds all weights.

    Raises:
        ValueError: if the computing device has less memory.
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
    """Turn a backend's out-of-memory error into a one-line message.

    Args:
        advice: the end of the message.

    Raises:
        MemoryError: with that message.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        exhausted = ("RESOURCE_EXHAUSTED", "out of memory", "Unable to allocate")
        if isinstance(error, RuntimeError) and not any(word in str(error) for word in exhausted):
            raise
        raise MemoryError(f"The memory of the machine or device is full; {advice}.") from None
