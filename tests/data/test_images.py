"""A few images of a set that show what it holds."""

import numpy as np
import pytest

from keras_draw.data import ImageData
from keras_draw.data.images import spread_out


def numbered(labels=None):
    """Images that hold their own number."""
    images = np.arange(60, dtype=np.uint8).reshape(60, 1, 1, 1) * np.ones((1, 2, 2, 1), np.uint8)
    names = () if labels is None else ("a", "b", "c")
    return ImageData(images, labels, names, name="set")


def shown(data):
    return data.images[:, 0, 0, 0].tolist()


def test_of_each_class_first_one_then_a_second():
    labels = np.array([2] * 20 + [0] * 39 + [1])
    assert shown(numbered(labels).some(3)) == [20, 59, 0]
    few = numbered(labels).some(6)
    assert shown(few) == [20, 59, 0, 21, 1, 22]
    assert few.labels.tolist() == [0, 1, 2, 0, 2, 0]
    assert few.name == "6 of set"


def test_without_labels_from_the_beginning_to_the_end():
    assert shown(numbered().some(3)) == [0, 29, 59]
    assert shown(numbered().some(100)) == list(range(60))


@pytest.mark.parametrize(("length", "count"), [(1, 1), (1, 9), (7, 7), (1000, 3)])
def test_places_are_in_the_set_and_differ(length, count):
    found = spread_out(length, count)
    assert len(set(found.tolist())) == min(length, count)
    assert (found[0], found[-1]) == (0, length - 1)
