"""Shares of images that a classifier assigns to the requested class."""

import numpy as np
import pytest

from keras_draw.data import load_images
from keras_draw.evaluation.agreement import label_agreement, plain_classifier


def test_shares_are_counted():
    images = np.array([0, 1, 1, 2, 2, 2]).reshape(-1, 1, 1, 1)
    asked = np.array([0, 0, 1, 2, 2, 1])
    found = label_agreement(images, asked, lambda x: x.ravel())
    assert found.share == 4 / 6
    assert found.per_class == {0: 0.5, 1: 0.5, 2: 1.0}
    assert found.images == 6
    with pytest.raises(ValueError, match="give one per image"):
        label_agreement(images, asked[:3], lambda x: x)


def test_the_plain_classifier_knows_digits_and_does_not_see_the_answer():
    real, test = load_images("digits"), load_images("digits:test")
    classify = plain_classifier(real.images / 255, real.labels)
    assert label_agreement(test.images / 255, test.labels, classify).share > 0.97
    turned = (test.labels + 1) % 10
    assert label_agreement(test.images / 255, turned, classify).share < 0.05
