"""Do pictures look like what was asked for? A classifier's opinion."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Classify = Callable[[np.ndarray], np.ndarray]
"""Images (N, H, W, C) in [0, 1] -> classes (N,)."""


class Agreement(NamedTuple):
    """How often a classifier takes a picture for the class that was asked for."""

    share: float
    """of all pictures, 0 to 1."""
    per_class: dict[int, float]
    """of the pictures of each class."""
    images: int
    """how many there were."""


def label_agreement(images: np.ndarray, labels: np.ndarray, classify: Classify) -> Agreement:
    """The share of pictures that a classifier takes for the label asked for.

    Args:
        images: (N, H, W, C) in [0, 1].
        labels: what was asked for (N,).
        classify: a classifier, trained on real images.

    Returns:
        The share in all and per class.

    Raises:
        ValueError: if there are not as many labels as images, or none.

    Example:
        >>> label_agreement(np.zeros((2, 1, 1, 1)), np.array([0, 1]), lambda x: np.zeros(len(x)))
        Agreement(share=0.5, per_class={0: 1.0, 1: 0.0}, images=2)
    """
    labels = np.asarray(labels)
    if labels.shape != (len(images),) or len(images) == 0:
        raise ValueError(
            f"There are labels of shape {labels.shape} for {len(images)} images; give one for each."
        )
    hits = np.asarray(classify(images)) == labels
    per_class = {int(k): float(hits[labels == k].mean()) for k in np.unique(labels)}
    return Agreement(float(hits.mean()), per_class, len(images))


def plain_classifier(images: np.ndarray, labels: np.ndarray) -> Classify:
    """Scikit-learn's support vector machine with its default kernel, trained on real images.

    Args:
        images: (N, H, W, C) in [0, 1].
        labels: (N,).

    Returns:
        A classifier of images of the same shape.
    """
    from sklearn.svm import SVC

    machine = SVC(C=10).fit(images.reshape(len(images), -1), labels)
    return lambda x: machine.predict(np.asarray(x).reshape(len(x), -1))
