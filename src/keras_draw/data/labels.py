"""Labels of a set of images, as a network counts its classes."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from keras_draw.config.classes import are_numbers, matched
from keras_draw.data.images import ImageData


def for_classes(data: ImageData, classes: Sequence[str]) -> ImageData:
    """The same images with the labels of a conditional network: classes of one name are the same.

    Args:
        data: labelled images.
        classes: the network's, `DRAWConfig.classes`.

    Raises:
        ValueError: if there are no labels, or the network lacks a class.

    Example:
        >>> digits = load_images("digits:test")             # doctest: +SKIP
        >>> known = for_classes(digits, model.config.classes)           # doctest: +SKIP
        >>> model.elbo(known.images, known.labels)          # doctest: +SKIP
    """
    if data.labels is None:
        raise ValueError(f"{data.no_labels}, which a conditional network needs.")
    try:
        index = np.array(matched(data.class_names, classes), np.int64)
    except ValueError as error:
        raise ValueError(f"{data.name} has other classes than the network. {error}") from None
    names = data.class_names if are_numbers(classes) else tuple(classes)
    return dataclasses.replace(data, labels=index[data.labels], class_names=names)
