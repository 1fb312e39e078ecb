"""Errors of completed images, measured on their hidden pixels."""

from typing import NamedTuple

import numpy as np

from keras_draw.evaluation.bound import EPSILON, Mean, mean
from keras_draw.pixels import as_fractions


class Error(NamedTuple):
    """The error of predicted hidden pixels; standard errors are those of the mean over images."""

    squared: Mean
    """squared error of pixels in [0, 1]."""
    cross_entropy: Mean
    """cross-entropy in nats per hidden pixel and channel."""


class CompletionReport(NamedTuple):
    """Errors over the hidden pixels of a set of images."""

    images: int
    """N, the number of images."""
    answers: int
    """n, the number of answers per image."""
    single: Error
    """error of a single answer, averaged over all answers."""
    together: Error
    """error of the mean of the n answers to an image."""
    start: Error
    """error of the image of the initial canvas, such as the mean training image, or grey."""


def completion(
    x: np.ndarray, hidden: np.ndarray, answers: np.ndarray, start: np.ndarray
) -> CompletionReport:
    """Compare the answers of a network with the hidden pixels.

    Args:
        x: images (N, H, W, C), uint8 or floats in [0, 1].
        hidden: True for hidden pixels (H, W).
        answers: the result of `DRAW.complete` (N, n, H, W, C).
        start: the image of the initial canvas (H, W, C), see `completing.start_image`.
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
    """The error of guesses (N or 1, n, pixels) of real pixels (N, 1, pixels)."""
    p = np.clip(guesses, EPSILON, 1 - EPSILON)
    cross_entropy = -(real * np.log(p) + (1 - real) * np.log1p(-p))
    squared = (real - guesses) ** 2
    return Error(*(mean(a.mean(axis=(1, 2))) for a in (squared, cross_entropy)))
