"""The single entry for images and labels passed to Keras's methods, as arrays or as streams."""

from functools import partial
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_draw.config import DRAWConfig
from keras_draw.models.inputs import (
    check_class_weight,
    check_classes,
    check_images,
    check_labels,
    check_weights,
)
from keras_draw.models.streams import Batch, checked, is_stream

__all__ = ["Given", "given", "given_inputs", "given_validation", "is_array", "is_stream"]


class Given(NamedTuple):
    """Checked user data. Arrays are checked completely, streams batch by batch."""

    x: Any
    """images (N, H, W, C), or a stream that checks every batch."""
    y: Any = None
    """one-hot labels (N, K), or None. Keras drops weights that come without labels, so an
    unconditional network with weights gets labels (N, 0)."""
    sample_weight: Any = None
    """a factor on each image (N,), or None; includes the class weights."""


def given(
    config: DRAWConfig,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    class_weight: Any = None,
) -> Given:
    """Check images, labels and weights in any form that Keras accepts.

    Arrays are checked completely. For a stream, the first batch is checked immediately and every
    batch is checked as it passes.

    Args:
        config: the network's configuration.
        x: images, or a dataset, PyDataset, generator or data loader of batches.
        y: labels, if x is an array.
        sample_weight: a factor on each image, if x is an array.
        class_weight: a factor on each class, by number or name. It multiplies `sample_weight`.

    Returns:
        The checked data, in a form that Keras accepts.

    Raises:
        ValueError: if anything does not fit the network, or is ambiguous.
    """
    factors = None if class_weight is None else check_class_weight(config, class_weight)
    if is_stream(x):
        if y is not None or sample_weight is not None:
            raise ValueError(
                f"x is a {type(x).__name__}, which yields batches: put labels and weights into "
                "the batches, as (x, y) or (x, y, sample_weight)."
            )
        return Given(_stream(config, x, factors, asking=True))
    if not is_array(x):
        raise ValueError(_not_images(x))
    return _whole(config, x, y, sample_weight, factors)


def given_validation(config: DRAWConfig, data: Any) -> Given:
    """Check `validation_data` in any of its forms.

    Args:
        config: the network's configuration.
        data: images; `(x,)`, `(x, y)` or `(x, y, sample_weight)` as a tuple or list; or a stream.

    Returns:
        The checked data, in a form that Keras accepts.

    Raises:
        ValueError: as in `given`.
    """
    if is_stream(data):
        return Given(_stream(config, data, None, asking=False))
    if isinstance(data, tuple) or _are_parts(config, data):
        if not 1 <= len(data) <= 3:
            raise ValueError(
                f"validation_data is a {type(data).__name__} of length {len(data)}; expected "
                "images, (x,), (x, y) or (x, y, sample_weight)."
            )
        return given(config, *data)
    return given(config, data)


def given_inputs(config: DRAWConfig, x: Any) -> Any:
    """Check the inputs of `predict` or of a call of the network.

    Args:
        config: the network's configuration.
        x: images; images and labels `(x, y)` for a conditional network; or a stream of either.
            Symbolic arrays inside a compiled function are returned unchanged.

    Returns:
        Images, `(images, one-hot labels)`, or a stream.

    Raises:
        ValueError: as in `given`.
    """
    parts = tuple(x) if isinstance(x, tuple) or _are_parts(config, x) else (x,)
    if any(_is_symbolic(part) for part in parts):
        return x
    if len(parts) not in (1, 2):
        raise ValueError(
            f"The network got a tuple of length {len(parts)}; expected images, or images and "
            "labels (x, y)."
        )
    found = given(config, *parts)
    return found.x if found.y is None else (found.x, found.y)


def is_array(x: Any) -> bool:
    """Whether `x` is treated as a single array of images."""
    return isinstance(x, np.ndarray | list) or hasattr(x, "__array__")


def _not_images(x: Any) -> str:
    """The error message for an `x` that is neither an array nor a stream."""
    if isinstance(x, tuple):
        return (
            f"x is a tuple of length {len(x)}: pass images and labels as two arguments, x and y, "
            "and weights as sample_weight."
        )
    return (
        f"x is a {type(x).__name__}; expected images as an array or a tensor, or batches of them "
        "from a PyDataset, a dataset, a data loader or a generator."
    )


def _are_parts(config: DRAWConfig, x: Any) -> bool:
    """Whether a list holds images, labels and weights, like a tuple, rather than single images."""
    if not isinstance(x, list) or not 1 <= len(x) <= 3 or not hasattr(x[0], "shape"):
        return False
    h, w, c = config.image_shape
    single = tuple(x[0].shape)
    return single != (h, w, c) and not (c == 1 and single == (h, w))


def _is_symbolic(x: Any) -> bool:
    """Whether `x` is an array without values: a tracer of a compiled function, or a KerasTensor."""
    names = {kind.__name__ for kind in type(x).__mro__}
    return bool(names & {"KerasTensor", "Tracer", "SymbolicTensor"})


def _whole(
    config: DRAWConfig, x: Any, y: Any, sample_weight: Any, factors: np.ndarray | None
) -> Given:
    x = check_images(config, x)
    y = check_labels(config, y, len(x))
    weights = None if sample_weight is None else check_weights(sample_weight, len(x))
    if factors is not None and y is not None:
        of_class = factors[np.argmax(y, axis=1)]
        weights = of_class if weights is None else of_class * weights
    if weights is not None and y is None:
        y = np.zeros((len(x), 0), "float32")
    return Given(x, y, weights)


def _stream(config: DRAWConfig, x: Any, factors: np.ndarray | None, *, asking: bool) -> Any:
    """The stream with its first batch checked; it checks the others as they pass."""
    whole = getattr(x, "whole", None) if isinstance(x, keras.utils.PyDataset) else None
    if not isinstance(whole, tuple) or len(whole) != 2 or factors is not None:
        return checked(x, partial(_batch, config, factors))
    images, labels = whole
    images = check_images(config, images, asking=asking)
    check_classes(config, labels, len(images))
    return x


def _batch(config: DRAWConfig, factors: np.ndarray | None, batch: Any) -> Batch:
    """Check one batch of a stream."""
    parts = tuple(batch) if isinstance(batch, tuple | list) else (batch,)
    if not 1 <= len(parts) <= 3 or not is_array(parts[0]):
        what = f"of length {len(parts)}" if len(parts) != 1 else f"with a {type(parts[0]).__name__}"
        raise ValueError(
            f"A batch is a {type(batch).__name__} {what}; expected (x,), (x, y) or "
            "(x, y, sample_weight) with images x and labels y."
        )
    x, y, sample_weight = (*parts, None, None)[:3]
    x = check_images(config, x, asking=False)
    y = check_classes(config, y, len(x))
    weights = None if sample_weight is None else check_weights(sample_weight, len(x))
    if factors is not None and y is not None:
        of_class = factors[y if y.ndim == 1 else np.argmax(y, axis=1)]
        weights = of_class if weights is None else of_class * weights
    if weights is not None:
        return x, np.zeros((len(x), 0), "float32") if y is None else y, weights
    return (x,) if y is None else (x, y)
