"""How often a conditional network tells the class of an image, asked by Bayes' rule."""

import math
from typing import NamedTuple

import numpy as np

from keras_draw.evaluation.bound import Mean
from keras_draw.models.outputs import Classes


class Confusion(NamedTuple):
    """Which classes were taken for which."""

    images: int
    """N."""
    accuracy: Mean
    """share of images whose likeliest class is theirs; its error is binomial."""
    counts: np.ndarray
    """images of each class (a row) that were taken for each (a column) (K, K)."""

    def mistakes(self, most: int) -> list[tuple[int, int, int]]:
        """The most frequent ones: class, what it was taken for, how often."""
        wrong = self.counts - np.diag(np.diag(self.counts))
        order = np.argsort(-wrong, axis=None, kind="stable")[:most]
        pairs = [divmod(int(at), len(wrong)) for at in order]
        return [(a, b, int(wrong[a, b])) for a, b in pairs if wrong[a, b]]


def confusion(found: Classes, labels: np.ndarray) -> Confusion:
    """Compare the likeliest classes with the true ones.

    Args:
        found: what `DRAW.classify` gave.
        labels: the class of each image (N,).

    Example:
        >>> confusion(model.classify(images), labels).accuracy.value        # doctest: +SKIP
        0.98
    """
    k = found.bounds.shape[1]
    taken_for = found.bounds.argmax(axis=1)
    counts = np.zeros((k, k), int)
    np.add.at(counts, (labels, taken_for), 1)
    n = len(labels)
    share = float(np.trace(counts) / n)
    return Confusion(n, Mean(share, math.sqrt(share * (1 - share) / n)), counts)
