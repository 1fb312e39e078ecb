"""Read Keras's ImageNet Inception-v3, with the layer names of the 2015 graph."""

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from keras_draw.evaluation.inception.batchnorm import BatchNorm, fold
from keras_draw.evaluation.inception.definition import Weights, layer_shapes

MAX_BYTES = 2**29
"""Keras's file has 88 MB; files with more data than this are not read."""


def read_keras_weights(path: Path) -> Weights:
    """Read Keras's `inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5`.

    Args:
        path: the file.

    Returns:
        As in `weights.read_weights`.

    Raises:
        ValueError: if the file is damaged or contains another network.
    """
    try:
        _check_sizes(path)
        model = keras.applications.InceptionV3(weights=None, include_top=False)
        model.load_weights(path)
    except Exception as error:  # h5py and Keras fail in many ways on damaged files
        first = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise ValueError(
            f"{path.name} does not contain Keras's Inception-v3 without top, or is damaged: "
            f"{first}."
        ) from None
    return weights_of(model)


def _check_sizes(path: Path) -> None:
    """Refuse data that is too large, or stored in another file, before reading it."""
    size, elsewhere = 0, []

    # These callbacks do not raise: h5py would lose the exceptions.
    def look(name: str, item: Any) -> None:
        nonlocal size
        if isinstance(item, h5py.Dataset):
            size += item.size * item.dtype.itemsize
            if item.external or item.is_virtual:
                elsewhere.append(name)

    def follow(name: str, link: Any) -> None:
        if isinstance(link, h5py.ExternalLink):
            elsewhere.append(name)

    with h5py.File(path) as file:
        file.visititems_links(follow)
        if not elsewhere:
            file.visititems(look)
    if elsewhere:
        raise ValueError(f"{elsewhere[0]} is stored in another file")
    if size > MAX_BYTES:
        raise ValueError(f"it contains {size} bytes, more than {MAX_BYTES}")


def weights_of(model: Any) -> Weights:
    """The layers of a Keras Inception-v3, with batch normalization folded in.

    Args:
        model: a `keras.applications.InceptionV3(include_top=False)`.

    Returns:
        As in `weights.read_weights`.
    """
    convolutions = _in_order(model, keras.layers.Conv2D)
    norms = _in_order(model, keras.layers.BatchNormalization)
    found: Weights = {}
    for layer, convolution, norm in zip(layer_shapes(), convolutions, norms, strict=True):
        kernel = _numbers(convolution.kernel).transpose(3, 0, 1, 2)
        values = BatchNorm(
            beta=_numbers(norm.beta),
            mean=_numbers(norm.moving_mean),
            variance=_numbers(norm.moving_variance),
            gamma=None if norm.gamma is None else _numbers(norm.gamma),
        )
        found |= fold(layer, kernel, values, norm.epsilon)
    return found


def _in_order(model: Any, kind: type) -> list[Any]:
    """Layers of a kind in their order of creation, that of the graph: Keras numbers their names."""

    def count(layer: Any) -> int:
        last = layer.name.rpartition("_")[2]
        return int(last) if last.isdigit() else 0

    return sorted((layer for layer in model.layers if isinstance(layer, kind)), key=count)


def _numbers(variable: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(variable.value))
