"""Batch normalization folded into the convolution before it."""

from typing import NamedTuple

import numpy as np

from keras_draw.evaluation.inception.definition import Weights

EPSILON = 1e-3
"""Added to the variance, in all published Inception-v3 networks."""


class BatchNorm(NamedTuple):
    """What batch normalization does to the channels behind a convolution, each (out,)."""

    beta: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    gamma: np.ndarray | None
    """None where there is no scale."""


def fold(layer: str, kernel: np.ndarray, norm: BatchNorm, epsilon: float = EPSILON) -> Weights:
    """A convolution and the batch normalization behind it, as one convolution with a bias.

    w · s and beta − mean · s, with s = gamma / sqrt(variance + epsilon), in float64 and rounded to
    float32 once.

    Args:
        layer: its name.
        kernel: (out, height, width, in).
        norm: of the same channels.
        epsilon: added to the variance.

    Returns:
        `LAYER/weights` and `LAYER/bias`. Damaged numbers give values that are not finite.
    """
    beta, mean, variance = (v.astype(np.float64) for v in (norm.beta, norm.mean, norm.variance))
    gamma = 1.0 if norm.gamma is None else norm.gamma.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        scale = gamma / np.sqrt(variance + epsilon)
        folded = kernel.astype(np.float64) * scale[:, None, None, None]
        return {
            f"{layer}/weights": folded.astype(np.float32),
            f"{layer}/bias": (beta - mean * scale).astype(np.float32),
        }
