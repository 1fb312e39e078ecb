"""Inception's weights from the files in which they are published, batch norm folded in.

Whatever the file, the result is the same: `LAYER/weights` and `LAYER/bias`, named as in the 2015
graph.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from keras_draw.data.formats import read_npz
from keras_draw.evaluation.inception.definition import TAPS, Weights, layer_shapes
from keras_draw.evaluation.inception.pytorch import read_state_dict


def read_weights(path: Path) -> Weights:
    """Inception-v3 weights of any known kind of file. Nothing in the file is run.

    Args:
        path: `.npz` (layers already folded), `.pth` (the graph of 2015-12-05 as
            pytorch-fid and torch-fidelity publish it, and no other) or `.h5` (Keras's ImageNet
            weights without top).

    Returns:
        `LAYER/weights` float32 (out, height, width, in) and `LAYER/bias` float32 (out,), of the
        layers that the file holds, in the network's order.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the ending is unknown, or the file is damaged or holds another network.

    Example:
        >>> read_weights(Path("partial.npz"))["conv/bias"].shape        # doctest: +SKIP
        (32,)
    """
    if path.suffix not in READERS:
        raise ValueError(
            f"{path.name} has the ending {path.suffix!r}; Inception weights are read from "
            f"{', '.join(READERS)}."
        )
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}; give the path of Inception weights.")
    return _checked(READERS[path.suffix](path), path.name)


def _checked(found: Weights, file: str) -> Weights:
    """The network's layers, in its order, if they have its shapes."""
    kept = {}
    for layer, kernel in layer_shapes().items():
        for name, shape in ((f"{layer}/weights", kernel), (f"{layer}/bias", kernel[:1])):
            if name not in found:
                continue
            value = found[name]
            if value.shape != shape or not np.issubdtype(value.dtype, np.floating):
                raise ValueError(
                    f"{file} holds another network: {name} has the shape {value.shape} and the "
                    f"type {value.dtype}, not {shape} and float32."
                )
            kept[name] = np.ascontiguousarray(value, np.float32)
            if not np.isfinite(kept[name]).all():
                raise ValueError(f"{file} is damaged: {name} holds values that are not finite.")
    if not kept:
        raise ValueError(f"{file} holds no layer of Inception-v3 by the 2015 graph's names.")
    return kept


def missing_layers(weights: Weights, tap: int) -> list[str]:
    """The layers up to a tap of which weights or bias are not there.

    Args:
        weights: from `read_weights`.
        tap: one of `TAPS`.

    Returns:
        Names, in the network's order.
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
        file: its name, for the message.

    Raises:
        ValueError: if a layer is missing; names the layers, and the taps that the file reaches.
    """
    missing = missing_layers(weights, tap)
    if missing:
        reached = [str(t) for t in TAPS if not missing_layers(weights, t)]
        instead = f"taps that it reaches: {', '.join(reached)}" if reached else "no tap is reached"
        raise ValueError(
            f"{file} lacks {len(missing)} layers of the {tap} features ({', '.join(missing)}); "
            f"{instead}."
        )


def weights_hash(weights: Weights, tap: int) -> str:
    """What tells one set of weights from another, up to a tap.

    The same network read from two kinds of file can differ in the last digit of a folded weight,
    and then in its hash.

    Args:
        weights: complete up to the tap.
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
"""The file's ending -> its reader."""
