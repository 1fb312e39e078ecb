"""p(x | canvas): what an image costs once it has been painted."""

import math
from dataclasses import dataclass
from typing import Protocol

from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models.outputs import Tensor


class PixelLikelihood(Protocol):
    """Independent pixels, each with the canvas's value as its only parameter."""

    def error(self, x: Tensor, canvas: Tensor) -> Tensor:
        """The thesis's cost of every pixel: cross-entropy, or squared error (B, D)."""

    def negative_log_likelihood(self, x: Tensor, canvas: Tensor) -> Tensor:
        """-log p(x | canvas) summed over the pixels, nats per image (B,)."""


@dataclass(frozen=True)
class Bernoulli:
    """Each pixel is 1 with probability sigmoid(canvas).

    For grey pixels the same expression is a cross-entropy: a cost, and no likelihood.

    Source: Gregor et al. 2015, Eq. 9.
    """

    def error(self, x: Tensor, canvas: Tensor) -> Tensor:
        """Cross-entropy of every pixel, nats.

        Args:
            x: pixels in [0, 1] (B, D).
            canvas: logits (B, D).

        Returns:
            (B, D), computed from logits, so that it is finite for every finite canvas.
        """
        return ops.softplus(canvas) - x * canvas

    def negative_log_likelihood(self, x: Tensor, canvas: Tensor) -> Tensor:
        """Cross-entropy of every image, nats: the sum of `error` over its pixels (B,)."""
        return ops.sum(self.error(x, canvas), axis=-1)


@dataclass(frozen=True)
class Gaussian:
    """Each pixel is N(sigmoid(canvas), sigma^2): squared error with its true constant.

    Args:
        sigma: standard deviation, in units of the image's range 0..1.
    """

    sigma: float

    def error(self, x: Tensor, canvas: Tensor) -> Tensor:
        """Squared error of every pixel.

        Args:
            x: pixels in [0, 1] (B, D).
            canvas: logits (B, D).

        Returns:
            (B, D).
        """
        return ops.square(x - ops.sigmoid(canvas))

    def negative_log_likelihood(self, x: Tensor, canvas: Tensor) -> Tensor:
        """-log N(x; sigmoid(canvas), sigma^2) of every image, nats (B,)."""
        constant = math.log(self.sigma) + 0.5 * math.log(2 * math.pi)
        return ops.sum(self.error(x, canvas) / (2 * self.sigma**2) + constant, axis=-1)


def likelihood_of(config: DRAWConfig) -> PixelLikelihood:
    """The likelihood that a configuration names.

    Args:
        config: its `likelihood` and `sigma` are used.

    Example:
        >>> likelihood_of(DRAWConfig(image_shape=(8, 8, 1), likelihood="gaussian", sigma=0.2))
        Gaussian(sigma=0.2)
    """
    return Gaussian(config.sigma) if config.likelihood == "gaussian" else Bernoulli()
