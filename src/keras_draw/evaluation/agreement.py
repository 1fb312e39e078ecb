"""Label agreement: does a classifier see the requested class in generated images?"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Classify = Callable[[np.ndarray], np.ndarray]
"""Images (N, H, W, C) in [0, 1] -> classes (N,)."""


class Agreement(NamedTuple):
    """How often a classifier assigns the requested class to a generated image."""

    share: float
    """share of all images, 0 to 1."""
    per_class: dict[int, float]
    """class -> share of the images requested of that class."""
    images: int
    """number of images."""


def label_agreement(images: np.ndarray, labels: np.ndarray, classify: Classify) -> Agreement:
    """The share of images to which a classifier assigns the requested label.

    Args:
        images: (N, H, W, C) in [0, 1].
        labels: the requested classes (N,).
        classify: a classifier trained on real images.

    Returns:
        The share over all images and per class.

    Raises:
        ValueError: if there is not one label per image, or there are no images.

    Example:
        >>> label_agreement(np.zeros((2, 1, 1, 1)), np.array([0, 1]), lambda x: np.zeros(len(x)))
        Agreement(share=0.5, per_class={0: 1.0, 1: 0.0}, images=2)
    """
    labels = np.asarray(labels)
    if labels.shape != (len(images),) or len(images) == 0:
        raise ValueError(
            f"Labels have shape {labels.shape} for {len(images)} images; give one per image."
        )
    hits = np.asarray(classify(images)) == labels
    per_class = {int(k): float(hits[labels == k].mean()) for k in np.unique(labels)}
    return Agreement(float(hits.mean()), per_class, len(images))


def plain_classifier(images: np.ndarray, labels: np.ndarray) -> Classify:
    """Train scikit-learn's support vector machine, with its default kernel, on real images.

    Args:
        images: (N, H, W, C) in [0, 1].
        labels: (N,).

    Returns:
        A classifier of images of the same shape.
    """
    from sklearn.svm import SVC

    machine = SVC(C=10).fit(images.reshape(len(images), -1), labels)
    return lambda x: machine.predict(np.asarray(x).reshape(len(x), -1))
