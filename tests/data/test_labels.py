"""Translating the labels of a data set into a network's classes."""

import numpy as np
import pytest

from keras_draw.data import ImageData
from keras_draw.data.labels import for_classes

IMAGES = np.zeros((4, 2, 2, 1), np.uint8)
DATA = ImageData(IMAGES, np.array([0, 1, 1, 0]), ("dogs", "cats"), name="pets")


def test_labels_are_matched_to_the_networks_classes_by_name():
    found = for_classes(DATA, ("ants", "cats", "dogs"))
    assert found.labels.tolist() == [2, 1, 1, 2]
    assert found.class_names == ("ants", "cats", "dogs")
    assert found.images is IMAGES


def test_a_network_without_class_names_keeps_the_numbers():
    found = for_classes(DATA, ("0", "1"))
    assert found.labels.tolist() == [0, 1, 1, 0]
    assert found.class_names == ("dogs", "cats")


def test_unknown_classes_are_refused():
    with pytest.raises(ValueError, match=r"pets and the network .* no class 'dogs': did you"):
        for_classes(DATA, ("cats", "dog"))
    with pytest.raises(ValueError, match="images has no labels, which a conditional network"):
        for_classes(ImageData(IMAGES), ("cats", "dogs"))
