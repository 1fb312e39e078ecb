"""How often a conditional network classifies images correctly, by Bayes' rule."""

import math
from typing import NamedTuple

import numpy as np

from keras_draw.evaluation.bound import Mean
from keras_draw.models.outputs import Classes


class Confusion(NamedTuple):
    """The accuracy and the confusion matrix of a classification."""

    images: int
    """N, the number of images."""
    accuracy: Mean
    """share of images whose most likely class is the true one, with its binomial error."""
    counts: np.ndarray
    """number of images by true class (rows) and predicted class (columns) (K, K)."""

    def mistakes(self, most: int) -> list[tuple[int, int, int]]:
        """The most frequent mistakes.

        Args:
            most: maximum number of mistakes to return.

        Returns:
            (true class, predicted class, number of images), most frequent first.
        """
        wrong = self.counts - np.diag(np.diag(self.counts))
        order = np.argsort(-wrong, axis=None, kind="stable")[:most]
        pairs = [divmod(int(at), len(wrong)) for at in order]
        return [(a, b, int(wrong[a, b])) for a, b in pairs if wrong[a, b]]


def confusion(found: Classes, labels: np.ndarray) -> Confusion:
    """Compare the most likely classes with the true ones.

    Args:
        found: the result of `DRAW.classify`.
        labels: the true class of each image (N,).

    Example:
        >>> confusion(model.classify(images[:5]), labels[:5]).counts.shape
        (10, 10)
    """
    k = found.bounds.shape[1]
    taken_for = found.bounds.argmax(axis=1)
    counts = np.zeros((k, k), int)
    np.add.at(counts, (labels, taken_for), 1)
    n = len(labels)
    share = float(np.trace(counts) / n)
    return Confusion(n, Mean(share, math.sqrt(share * (1 - share) / n)), counts)
