"""Translate the labels of a data set into a network's classes."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from keras_draw.config.classes import are_numbers, matched
from keras_draw.data.images import ImageData


def for_classes(data: ImageData, classes: Sequence[str]) -> ImageData:
    """Return the same images with a conditional network's labels; classes are matched by name.

    Args:
        data: labelled images.
        classes: the network's classes, `DRAWConfig.classes`.

    Raises:
        ValueError: if there are no labels, or the network lacks a class.

    Example:
        >>> digits = load_images("digits:test")
        >>> known = for_classes(digits, model.config.classes)
        >>> model.elbo(known.images, known.labels).elbo.shape
        (359,)
    """
    if data.labels is None:
        raise ValueError(f"{data.no_labels}, which a conditional network needs.")
    try:
        index = np.array(matched(data.class_names, classes), np.int64)
    except ValueError as error:
        raise ValueError(f"{data.name} and the network have different classes. {error}") from None
    names = data.class_names if are_numbers(classes) else tuple(classes)
    return dataclasses.replace(data, labels=index[data.labels], class_names=names)
