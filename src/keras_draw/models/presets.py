"""Save networks as small files to share: weights in 16 bits if that hardly changes the bound."""

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_draw.files import check_output, expanded, write_bytes
from keras_draw.models import measuring
from keras_draw.models.precision import state_dtype
from keras_draw.models.saving import Stored, network_bytes

TOLERANCE = 0.01
"""How far 16-bit weights may change the mean bound, in nats per image."""


class Rounding(NamedTuple):
    """The float type that a file was stored in, and the cost of float16."""

    stored: Stored
    """`"float16"`, or `"float32"` if float16 would have cost too much."""
    change: float
    """change of the mean bound by float16 on the given images, in nats per image; not finite if a
    weight is outside the range of float16."""


def save_preset(
    network: Any,
    path: str | Path,
    x: Any,
    y: Any = None,
    *,
    tolerance: float = TOLERANCE,
    seed: int = 0,
) -> Rounding:
    """Write the network as a `.keras` file, at half the size if that hardly changes the bound.

    The weights are stored as float16 if the mean bound on the given images changes by no more than
    the tolerance, otherwise as float32. The optimizer is not stored. `keras_draw.load` and
    `keras.saving.load_model` read the file as a float32 network.

    Args:
        network: a `DRAW`; it is not changed.
        path: the file, ending in `.keras`; an existing one is replaced.
        x: images to measure on (N, H, W, C), ideally a held-out split.
        y: labels, for a conditional network.
        tolerance: in nats per image, 0 or more.
        seed: seed of the latents' noise; both measurements use the same noise.

    Returns:
        The float type that was stored, and the change of the bound by float16.

    Raises:
        ValueError: if images or labels do not fit, or the path does not end in `.keras`.
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
    """The bytes of the file that `save_preset` writes, and its `Rounding`; same arguments."""
    found = rounding(network, x, y, tolerance=tolerance, seed=seed)
    return network_bytes(plain(network), stored=found.stored), found


def rounding(
    network: Any, x: Any, y: Any = None, *, tolerance: float = TOLERANCE, seed: int = 0
) -> Rounding:
    """Measure the cost of float16; arguments as in `save_preset`."""
    if not 0 <= tolerance < math.inf:
        raise ValueError(f"tolerance is {tolerance}; expected nats per image, 0 or more.")
    copy = plain(network)
    exact = measuring.elbo(copy, x, y, seed=seed).elbo
    copy.set_weights([_rounded(weight) for weight in copy.get_weights()])
    rounded = measuring.elbo(copy, x, y, seed=seed).elbo
    change = float(np.mean(rounded, dtype="float64") - np.mean(exact, dtype="float64"))
    return Rounding("float16" if abs(change) <= tolerance else "float32", change)


def plain(network: Any) -> Any:
    """A copy of the network without its optimizer, computing in at least float32."""
    config = network.get_config() | {"dtype": state_dtype(network.compute_dtype)}
    copy = type(network).from_config(config)
    copy.set_weights(network.get_weights())
    return copy


def _rounded(weight: np.ndarray) -> np.ndarray:
    if weight.dtype.kind != "f":
        return weight
    with np.errstate(over="ignore"):  # an overflow makes the bound not finite: float32 is stored
        return weight.astype(np.float16).astype(weight.dtype)
