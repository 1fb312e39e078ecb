"""Accuracy and confusion against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix

from keras_draw.evaluation.classification import confusion
from keras_draw.models.outputs import Classes


def test_counts_and_accuracy():
    random = np.random.default_rng(0)
    bounds, labels = random.standard_normal((300, 4)), random.integers(0, 3, 300)  # no class 3
    found = confusion(Classes(bounds, bounds), labels)
    taken_for = bounds.argmax(axis=1)
    np.testing.assert_array_equal(
        found.counts, confusion_matrix(labels, taken_for, labels=range(4))
    )
    share = accuracy_score(labels, taken_for)
    assert found.images == 300
    assert found.accuracy.value == pytest.approx(share)
    assert found.accuracy.standard_error == pytest.approx(np.std(labels == taken_for) / 300**0.5)


def test_mistakes_are_named_by_their_number():
    counts = [[5, 1, 0], [4, 9, 2], [0, 0, 7]]
    labels = np.repeat([0, 0, 1, 1, 1, 2], [5, 1, 4, 9, 2, 7])
    taken_for = np.repeat([0, 1, 0, 1, 2, 2], [5, 1, 4, 9, 2, 7])
    bounds = np.eye(3)[taken_for]
    found = confusion(Classes(bounds, bounds), labels)
    assert found.counts.tolist() == counts
    assert found.mistakes(2) == [(1, 0, 4), (1, 2, 2)]
    assert found.mistakes(9) == [(1, 0, 4), (1, 2, 2), (0, 1, 1)]
