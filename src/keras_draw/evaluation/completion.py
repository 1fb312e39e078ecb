"""How far from the hidden pixels the answers to a half-hidden image are."""

from typing import NamedTuple

import numpy as np

from keras_draw.evaluation.bound import EPSILON, Mean, mean
from keras_draw.pixels import as_fractions


class Error(NamedTuple):
    """Of one guess at every hidden pixel."""

    squared: Mean
    """squared error of pixels in [0, 1]; its error is that of the mean over images."""
    cross_entropy: Mean
    """nats per hidden pixel and channel."""


class CompletionReport(NamedTuple):
    """Errors over the hidden pixels of a set of images."""

    images: int
    """N."""
    answers: int
    """n, to each."""
    single: Error
    """of one answer, averaged over all of them."""
    together: Error
    """of the mean of the n answers to an image."""
    start: Error
    """of the image that the network starts from: the mean of its training images, if it starts
    from that, and grey if it starts from nothing."""


def completion(
    x: np.ndarray, hidden: np.ndarray, answers: np.ndarray, start: np.ndarray
) -> CompletionReport:
    """Compare answers with what was hidden.

    Args:
        x: images (N, H, W, C), uint8 or floats in [0, 1].
        hidden: True where a pixel is hidden (H, W).
        answers: as `DRAW.complete` gives them (N, n, H, W, C).
        start: the image that a canvas without strokes shows (H, W, C).
    """
    real = as_fractions(x)[:, hidden].reshape(len(x), 1, -1)
    guesses = answers[:, :, hidden].reshape(*answers.shape[:2], -1).astype("float64")
    blank = start[hidden].reshape(1, 1, -1).astype("float64")
    return CompletionReport(
        images=len(x),
        answers=answers.shape[1],
        single=_error(real, guesses),
        together=_error(real, guesses.mean(axis=1, keepdims=True)),
        start=_error(real, blank),
    )


def _error(real: np.ndarray, guesses: np.ndarray) -> Error:
    """Of guesses (N or 1, n, pixels) at real pixels (N, 1, pixels)."""
    p = np.clip(guesses, EPSILON, 1 - EPSILON)
    cross_entropy = -(real * np.log(p) + (1 - real) * np.log1p(-p))
    squared = (real - guesses) ** 2
    return Error(*(mean(a.mean(axis=(1, 2))) for a in (squared, cross_entropy)))
