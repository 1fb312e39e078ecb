"""Read Inception's weights from all published files, with batch normalization folded in.

The result is the same for every kind of file: `LAYER/weights` and `LAYER/bias`, named as in the
2015 graph.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from keras_draw.data.formats import read_npz
from keras_draw.evaluation.inception.definition import TAPS, Weights, layer_shapes
from keras_draw.evaluation.inception.pytorch import read_state_dict


def read_weights(path: Path) -> Weights:
    """Read Inception-v3 weights from any supported file. Nothing in the file is executed.

    Args:
        path: `.npz` (layers already folded), `.pth` (only the graph of 2015-12-05 as published by
            pytorch-fid and torch-fidelity) or `.h5` (Keras's ImageNet weights without top).

    Returns:
        `LAYER/weights` float32 (out, height, width, in) and `LAYER/bias` float32 (out,) of the
        layers in the file, in the order of the network.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the extension is unknown, or the file is damaged or contains another network.

    Example:
        >>> read_weights(Path("partial.npz"))["conv/bias"].shape        # doctest: +SKIP
        (32,)
    """
    if path.suffix not in READERS:
        raise ValueError(
            f"{path.name} has the extension {path.suffix!r}; expected Inception weights with "
            f"{', '.join(READERS)}."
        )
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}; give the path of Inception weights.")
    return _checked(READERS[path.suffix](path), path.name)


def _checked(found: Weights, file: str) -> Weights:
    """Check the shapes of the layers, and return them in the order of the network."""
    kept = {}
    for layer, kernel in layer_shapes().items():
        for name, shape in ((f"{layer}/weights", kernel), (f"{layer}/bias", kernel[:1])):
            if name not in found:
                continue
            value = found[name]
            if value.shape != shape or not np.issubdtype(value.dtype, np.floating):
                raise ValueError(
                    f"{file} contains another network: {name} has shape {value.shape} and type "
                    f"{value.dtype}, not {shape} and float32."
                )
            kept[name] = np.ascontiguousarray(value, np.float32)
            if not np.isfinite(kept[name]).all():
                raise ValueError(f"{file} is damaged: {name} has values that are not finite.")
    if not kept:
        raise ValueError(f"{file} contains no Inception-v3 layer with a name of the 2015 graph.")
    return kept


def missing_layers(weights: Weights, tap: int) -> list[str]:
    """The layers up to a tap whose weights or bias are missing.

    Args:
        weights: from `read_weights`.
        tap: one of `TAPS`.

    Returns:
        Layer names, in the order of the network.
    """
    return [
        layer
        for layer in layer_shapes(tap)
        if f"{layer}/weights" not in weights or f"{layer}/bias" not in weights
    ]


def check_complete(weights: Weights, tap: int, file: str) -> None:
    """Refuse weights that do not reach a tap.

    Args:
        weights: from `read_weights`.
        tap: one of `TAPS`.
        file: name of the file, for the message.

    Raises:
        ValueError: if a layer is missing; the message lists the missing layers and the taps that
            the file reaches.
    """
    missing = missing_layers(weights, tap)
    if missing:
        reached = [str(t) for t in TAPS if not missing_layers(weights, t)]
        instead = f"it reaches the taps {', '.join(reached)}" if reached else "it reaches no tap"
        raise ValueError(
            f"{file} lacks {len(missing)} layers for the {tap} features ({', '.join(missing)}); "
            f"{instead}."
        )


def weights_hash(weights: Weights, tap: int) -> str:
    """A hash that identifies the weights up to a tap.

    The same network read from two kinds of file can differ in the last digit of a folded weight,
    and then also in its hash.

    Args:
        weights: weights that are complete up to the tap.
        tap: one of `TAPS`.

    Returns:
        The first 16 hexadecimal digits of the SHA-256 over names, shapes and float32 bytes.
    """
    found = hashlib.sha256()
    for layer in layer_shapes(tap):
        for name in (f"{layer}/weights", f"{layer}/bias"):
            value = np.ascontiguousarray(weights[name], "<f4")
            found.update(f"{name} {value.shape}\n".encode())
            found.update(value.data)
    return found.hexdigest()[:16]


def _read_folded(path: Path) -> Weights:
    return read_npz(path, ())


def _read_keras(path: Path) -> Weights:
    from keras_draw.evaluation.inception.keras_file import read_keras_weights

    return read_keras_weights(path)


READERS: dict[str, Callable[[Path], Weights]] = {
    ".npz": _read_folded,
    ".pth": read_state_dict,
    ".h5": _read_keras,
}
"""Suffix of a file -> its reader."""
