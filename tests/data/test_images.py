"""The choice of a few representative images."""

import numpy as np
import pytest

from keras_draw.data import ImageData
from keras_draw.data.images import spread_out


def numbered(labels=None):
    """Sixty images; every pixel of an image holds its index."""
    images = np.arange(60, dtype=np.uint8).reshape(60, 1, 1, 1) * np.ones((1, 2, 2, 1), np.uint8)
    names = () if labels is None else ("a", "b", "c")
    return ImageData(images, labels, names, name="set")


def shown(data):
    return data.images[:, 0, 0, 0].tolist()


def test_with_labels_one_image_of_each_class_comes_first():
    labels = np.array([2] * 20 + [0] * 39 + [1])
    assert shown(numbered(labels).some(3)) == [20, 59, 0]
    few = numbered(labels).some(6)
    assert shown(few) == [20, 59, 0, 21, 1, 22]
    assert few.labels.tolist() == [0, 1, 2, 0, 2, 0]
    assert few.name == "6 of set"


def test_without_labels_images_are_evenly_spaced():
    assert shown(numbered().some(3)) == [0, 29, 59]
    assert shown(numbered().some(100)) == list(range(60))


@pytest.mark.parametrize(("length", "count"), [(1, 1), (1, 9), (7, 7), (1000, 3)])
def test_indices_are_valid_and_distinct(length, count):
    found = spread_out(length, count)
    assert len(set(found.tolist())) == min(length, count)
    assert (found[0], found[-1]) == (0, length - 1)
