"""The one door for images and labels that Keras's methods are given: arrays and streams alike."""

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
    """What a person gave, checked: arrays whole, streams as they come."""

    x: Any
    """images (N, H, W, C), or a stream of batches that checks what passes."""
    y: Any = None
    """one-hot labels (N, K), or None. Keras passes weights on beside labels alone, so that with
    weights an unconditional network gets labels (N, 0)."""
    sample_weight: Any = None
    """a factor on each image (N,), or None; weights of classes are in it."""


def given(
    config: DRAWConfig,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    class_weight: Any = None,
) -> Given:
    """Images, labels and weights in any form that Keras takes, checked.

    Arrays are checked whole. Of a stream the first batch is checked at once, and each of them when
    it passes.

    Args:
        config: the network's.
        x: images, or a dataset, PyDataset, generator or data loader of batches.
        y: labels, where x is an array.
        sample_weight: a factor on each image, where x is an array.
        class_weight: a factor on each class, by its number. With `sample_weight`, both count.

    Returns:
        The same in a form that Keras takes.

    Raises:
        ValueError: if anything does not fit the network, or can mean two things.
    """
    factors = None if class_weight is None else check_class_weight(config, class_weight)
    if is_stream(x):
        if y is not None or sample_weight is not None:
            raise ValueError(
                f"x is a {type(x).__name__}, which gives batches: labels and weights belong in "
                "them, as (x, y) or (x, y, sample_weight)."
            )
        return Given(_stream(config, x, factors, asking=True))
    if not is_array(x):
        raise ValueError(_not_images(x))
    return _whole(config, x, y, sample_weight, factors)


def given_validation(config: DRAWConfig, data: Any) -> Given:
    """`validation_data` in each of its forms, checked.

    Args:
        config: the network's.
        data: images; `(x,)`, `(x, y)`, `(x, y, sample_weight)` as tuple or list; or a stream.

    Returns:
        The same in a form that Keras takes.

    Raises:
        ValueError: as in `given`.
    """
    if is_stream(data):
        return Given(_stream(config, data, None, asking=False))
    if isinstance(data, tuple) or _are_parts(config, data):
        if not 1 <= len(data) <= 3:
            raise ValueError(
                f"validation_data is a {type(data).__name__} of {len(data)}; expected images, "
                "(x,), (x, y) or (x, y, sample_weight)."
            )
        return given(config, *data)
    return given(config, data)


def given_inputs(config: DRAWConfig, x: Any) -> Any:
    """What a network is called with or predicts from, checked.

    Args:
        config: the network's.
        x: images; images and labels `(x, y)` for a conditional network; or a stream of either.
            What has no values yet, inside a compiled function, is left as it is.

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
            f"The network was given a tuple of {len(parts)}; expected images, or images and "
            "labels (x, y)."
        )
    found = given(config, *parts)
    return found.x if found.y is None else (found.x, found.y)


def is_array(x: Any) -> bool:
    """Whether this is taken as one array of images."""
    return isinstance(x, np.ndarray | list) or hasattr(x, "__array__")


def _not_images(x: Any) -> str:
    """The sentence about what is neither an array nor a stream."""
    if isinstance(x, tuple):
        return (
            f"x is a tuple of {len(x)}: give images and labels as two arguments, x and y, and "
            "weights as sample_weight."
        )
    return (
        f"x is a {type(x).__name__}; expected images as an array or a tensor, or batches of them "
        "from a PyDataset, a dataset, a data loader or a generator."
    )


def _are_parts(config: DRAWConfig, x: Any) -> bool:
    """Whether a list holds images, labels and weights, as a tuple does, and not single images."""
    if not isinstance(x, list) or not 1 <= len(x) <= 3 or not hasattr(x[0], "shape"):
        return False
    h, w, c = config.image_shape
    single = tuple(x[0].shape)
    return single != (h, w, c) and not (c == 1 and single == (h, w))


def _is_symbolic(x: Any) -> bool:
    """Whether this is an array without values: inside a compiled function, or Keras's own."""
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
    """The stream, checked at its beginning, that goes on checking."""
    whole = getattr(x, "whole", None) if isinstance(x, keras.utils.PyDataset) else None
    if whole is None or factors is not None:
        return checked(x, partial(_batch, config, factors))
    images, labels = whole
    images = check_images(config, images, asking=asking)
    check_classes(config, labels, len(images))
    return x


def _batch(config: DRAWConfig, factors: np.ndarray | None, batch: Any) -> Batch:
    """One batch of a stream, checked."""
    parts = tuple(batch) if isinstance(batch, tuple | list) else (batch,)
    if not 1 <= len(parts) <= 3 or not is_array(parts[0]):
        what = f"of {len(parts)}" if len(parts) != 1 else f"with a {type(parts[0]).__name__}"
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
