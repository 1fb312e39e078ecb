"""Fold batch normalization into the convolution before it."""

from typing import NamedTuple

import numpy as np

from keras_draw.evaluation.inception.definition import Weights

EPSILON = 1e-3
"""Added to the variance, in all published Inception-v3 networks."""


class BatchNorm(NamedTuple):
    """The parameters of a batch normalization after a convolution, each (out,)."""

    beta: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    gamma: np.ndarray | None
    """the scale; None if there is none."""


def fold(layer: str, kernel: np.ndarray, norm: BatchNorm, epsilon: float = EPSILON) -> Weights:
    """Merge a convolution and the batch normalization after it into a convolution with a bias.

    The kernel becomes w · s and the bias beta − mean · s, with s = gamma / sqrt(variance +
    epsilon). This is computed in float64 and rounded to float32 once.

    Args:
        layer: name of the layer.
        kernel: (out, height, width, in).
        norm: batch normalization of the same channels.
        epsilon: added to the variance.

    Returns:
        `LAYER/weights` and `LAYER/bias`. Damaged parameters give values that are not finite.
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
