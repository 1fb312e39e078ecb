"""Networks as small files, to be given to others: weights in 16 bits where that costs nothing."""

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_draw.files import check_output, expanded, write_bytes
from keras_draw.models import measuring
from keras_draw.models.precision import state_dtype
from keras_draw.models.saving import Stored, network_bytes

TOLERANCE = 0.01
"""Nats per image by which weights in 16 bits may move the bound."""


class Rounding(NamedTuple):
    """Which weights a file holds, and what they cost."""

    stored: Stored
    """`"float16"`, or `"float32"` where those would have cost too much."""
    change: float
    """what float16 does to the mean bound of the images that were given, nats per image; not
    finite if a weight is beyond its range."""


def save_preset(
    network: Any,
    path: str | Path,
    x: Any,
    y: Any = None,
    *,
    tolerance: float = TOLERANCE,
    seed: int = 0,
) -> Rounding:
    """Write the network as a `.keras` file of half the size, where that costs next to nothing.

    The weights are stored as float16 if the bound of the images given moves by no more than the
    tolerance, else as float32. The file holds no optimizer. `keras_draw.load` and
    `keras.saving.load_model` read it as a float32 network.

    Args:
        network: a `DRAW`; it is not changed.
        path: the file, ending in `.keras`; an older one is replaced.
        x: images to measure on (N, H, W, C), best a held-out split.
        y: labels, for a conditional network.
        tolerance: nats per image, 0 or more.
        seed: of the latents' noise, the same for both.

    Returns:
        What was stored, and by how much float16 moves the bound.

    Raises:
        ValueError: if images or labels do not fit, or the ending is another.
        OSError: if the file cannot be written.

    Example:
        >>> model.save_preset("digits.keras", test.images, test.labels)     # doctest: +SKIP
        Rounding(stored='float16', change=0.0002)
    """
    path = expanded(path)
    check_output(path, (".keras",), overwrite=True)
    content, found = packed(network, x, y, tolerance=tolerance, seed=seed)
    write_bytes(path, content)
    return found


def packed(
    network: Any, x: Any, y: Any = None, *, tolerance: float = TOLERANCE, seed: int = 0
) -> tuple[bytes, Rounding]:
    """The content of the file that `save_preset` writes; arguments as there."""
    found = rounding(network, x, y, tolerance=tolerance, seed=seed)
    return network_bytes(plain(network), stored=found.stored), found


def rounding(
    network: Any, x: Any, y: Any = None, *, tolerance: float = TOLERANCE, seed: int = 0
) -> Rounding:
    """What float16 would cost; arguments as in `save_preset`."""
    if not 0 <= tolerance < math.inf:
        raise ValueError(f"tolerance is {tolerance}; expected nats per image, 0 or more.")
    copy = plain(network)
    exact = measuring.elbo(copy, x, y, seed=seed).elbo
    copy.set_weights([_rounded(weight) for weight in copy.get_weights()])
    rounded = measuring.elbo(copy, x, y, seed=seed).elbo
    change = float(np.mean(rounded, dtype="float64") - np.mean(exact, dtype="float64"))
    return Rounding("float16" if abs(change) <= tolerance else "float32", change)


def plain(network: Any) -> Any:
    """The same network without its optimizer, that computes in at least float32."""
    config = network.get_config() | {"dtype": state_dtype(network.compute_dtype)}
    copy = type(network).from_config(config)
    copy.set_weights(network.get_weights())
    return copy


def _rounded(weight: np.ndarray) -> np.ndarray:
    if weight.dtype.kind != "f":
        return weight
    with np.errstate(over="ignore"):  # then the bound is no number, and float32 is stored
        return weight.astype(np.float16).astype(weight.dtype)
