import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_draw.evaluation.inception.resize import resize, resize_to_colour


def looped(image, height, width):
    """One image by the definition, in exact arithmetic: source = destination * in / out."""
    rows, columns, channels = image.shape
    found = np.zeros((height, width, channels))
    for i in range(height):
        for j in range(width):
            y, x = Fraction(i * rows, height), Fraction(j * columns, width)
            top, left = math.floor(y), math.floor(x)
            bottom, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
            for c in range(channels):
                a, b = int(image[top, left, c]), int(image[top, right, c])
                above = a + (b - a) * (x - left)
                a, b = int(image[bottom, left, c]), int(image[bottom, right, c])
                below = a + (b - a) * (x - left)
                found[i, j, c] = float(above + (below - above) * (y - top))
    return found


@settings(deadline=None, max_examples=40)
@given(
    sizes=st.tuples(*[st.integers(1, 12)] * 4),
    channels=st.sampled_from([1, 3]),
    seed=st.integers(0, 99),
)
def test_it_is_the_definition(sizes, channels, seed):
    rows, columns, height, width = sizes
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (2, rows, columns, channels), np.uint8)
    found = resize(images, height, width)
    assert found.dtype == np.float32
    for image, resized in zip(images, found, strict=True):
        np.testing.assert_allclose(resized, looped(image, height, width), atol=2e-3)


def test_larger_and_smaller_by_hand():
    row = np.array([0, 30, 60], np.uint8).reshape(1, 1, 3, 1)
    np.testing.assert_allclose(resize(row, 1, 6).ravel(), [0, 15, 30, 45, 60, 60], atol=1e-4)
    # No smoothing: pixels in between are not used.
    wide = np.array([0, 255, 0, 255], np.uint8).reshape(1, 1, 4, 1)
    np.testing.assert_array_equal(resize(wide, 1, 2).ravel(), [0, 0])


@pytest.mark.parametrize("size", [28, 32, 64, 299, 331, 2048])
def test_no_source_lies_outside(size):
    ramp = np.linspace(0, 255, size).astype(np.uint8).reshape(1, 1, size, 1)
    found = resize(ramp, 1, 299).ravel()
    assert (np.diff(found) >= 0).all()
    assert found[0] == 0
    assert found[-1] >= ramp.ravel()[-(size // 299 + 2)]


def test_the_same_size_changes_nothing():
    images = np.random.default_rng(0).integers(0, 256, (2, 299, 299, 3), np.uint8)
    np.testing.assert_array_equal(resize_to_colour(images, 299), images)


def test_grey_is_repeated():
    grey = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 1), np.uint8)
    found = resize_to_colour(grey, 9)
    assert found.shape == (2, 9, 9, 3)
    np.testing.assert_array_equal(found, resize_to_colour(np.repeat(grey, 3, -1), 9))


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (np.zeros((1, 4, 4, 4), np.uint8), r"got \(1, 4, 4, 4\)"),
        (np.zeros((1, 4, 4, 3), np.uint16), "got uint16"),
        (np.zeros((1, 4, 4, 3), np.float32), "got float32"),
        (np.zeros((1, 4, 4, 3), bool), "got bool"),
        (np.zeros((4, 4, 3), np.uint8), r"got \(4, 4, 3\)"),
        (np.zeros((0, 4, 4, 3), np.uint8), "are empty"),
        (np.zeros((1, 0, 4, 3), np.uint8), "are empty"),
        ([[1]], "got list"),
    ],
)
def test_other_images_are_refused(images, sentence):
    with pytest.raises(ValueError, match=sentence):
        resize_to_colour(images, 9)
