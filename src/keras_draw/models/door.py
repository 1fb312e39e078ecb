"""The one door for images and labels that Keras's methods are given: arrays and streams alike."""

from typing import Any, NamedTuple

import numpy as np

from keras_draw.config import DRAWConfig
from keras_draw.models.inputs import check_images, check_labels


class Given(NamedTuple):
    """What a person gave, checked: arrays whole, streams as they come."""

    x: Any
    """images (N, H, W, C), or a stream of batches that checks what passes."""
    y: Any = None
    """one-hot labels (N, K), or None."""
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

    Args:
        config: the network's.
        x: images, or a dataset, PyDataset, generator or data loader of batches.
        y: labels, where x is an array.
        sample_weight: a factor on each image.
        class_weight: a factor on each class, by its number.
    """
    if is_array(x):
        x = check_images(config, x)
        y = check_labels(config, y, len(x))
    return Given(x, y, sample_weight)


def given_inputs(config: DRAWConfig, x: Any) -> Any:
    """What `predict` is given, checked: images, or `(x, y)` for a conditional network.

    Args:
        config: the network's.
        x: images, images and labels, or a stream of batches.
    """
    del config
    return x


def given_validation(config: DRAWConfig, data: Any) -> Any:
    """`validation_data` in each of its forms, checked.

    Args:
        config: the network's.
        data: images; `(x,)`, `(x, y)`, `(x, y, sample_weight)` as tuple or list; or a stream.

    Returns:
        The same in a form that Keras takes.
    """
    if isinstance(data, tuple) and is_array(data[0]):
        return tuple(given(config, *data))
    return data


def is_array(x: Any) -> bool:
    """Whether Keras would take this as one array of images."""
    return isinstance(x, np.ndarray | list) or hasattr(x, "__array__")
