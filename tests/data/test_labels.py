"""Labels of a set of images, as a network counts its classes."""

import numpy as np
import pytest

from keras_draw.data import ImageData
from keras_draw.data.labels import for_classes

IMAGES = np.zeros((4, 2, 2, 1), np.uint8)
DATA = ImageData(IMAGES, np.array([0, 1, 1, 0]), ("dogs", "cats"), name="pets")


def test_labels_are_those_of_the_networks_classes():
    found = for_classes(DATA, ("ants", "cats", "dogs"))
    assert found.labels.tolist() == [2, 1, 1, 2]
    assert found.class_names == ("ants", "cats", "dogs")
    assert found.images is IMAGES


def test_a_network_without_names_takes_the_numbers():
    found = for_classes(DATA, ("0", "1"))
    assert found.labels.tolist() == [0, 1, 1, 0]
    assert found.class_names == ("dogs", "cats")


def test_classes_that_a_network_does_not_know_are_refused():
    with pytest.raises(ValueError, match=r"pets has other classes .* no class 'dogs': did you"):
        for_classes(DATA, ("cats", "dog"))
    with pytest.raises(ValueError, match="images has no labels, which a conditional network"):
        for_classes(ImageData(IMAGES), ("cats", "dogs"))
