"""p(x | canvas): what an image costs once it has been painted."""

import math
from dataclasses import dataclass
from typing import Protocol

from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models.outputs import Tensor

WHITE = 255
"""The highest of the 256 levels."""
SMALLEST_SCALE = 0.1
"""Added to the discretized logistic's scale, in levels. PixelCNN++ clips it at 0.12 levels (log -7
in its range of -1..1), but a scale that is clipped has no gradient to come back by."""
LARGEST_LOG_SCALE = 10.0
"""Where the logarithm of the scale is clipped: black and white have half of the mass each."""


class PixelLikelihood(Protocol):
    """Independent pixels, each with the canvas's value as its only parameter."""

    def error(self, x: Tensor, canvas: Tensor) -> Tensor:
        """Cost of every pixel: the thesis's, or, where it has none, nats (B, D)."""

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


@dataclass(frozen=True)
class DiscretizedLogistic:
    """Each pixel is one of 256 levels: the logistic distribution, rounded to the nearest one.

    Its mean is sigmoid(canvas); what lies beyond black and white belongs to black and white. So the
    probabilities of the levels add up to 1, and their negative logarithm is a code length.

    Args:
        log_scale: log of the logistic's scale, in units of the image's range 0..1 (D,).

    Source: Salimans et al. 2017 (arXiv 1701.05517), section 2.1, with one component; Kingma et al.
    2016 (arXiv 1606.04934).
    """

    log_scale: Tensor

    def error(self, x: Tensor, canvas: Tensor) -> Tensor:
        """-log p(x | canvas) of every pixel, nats.

        Args:
            x: pixels k / 255, taken for the nearest level (B, D).
            canvas: logits of the mean (B, D).

        Returns:
            (B, D), finite for every finite canvas and scale.
        """
        level = ops.round(x * WHITE)
        scale = WHITE * ops.exp(ops.minimum(self.log_scale, LARGEST_LOG_SCALE)) + SMALLEST_SCALE
        width = 1 / scale
        distance = (level - WHITE * ops.sigmoid(canvas)) * width
        # The mass from a = distance - width / 2 to b = distance + width / 2 is a product:
        # sigmoid(b) - sigmoid(a) = sigmoid(b) * sigmoid(-a) * (1 - exp(a - b)).
        not_above = ops.softplus(-distance - width / 2)
        not_below = ops.softplus(distance - width / 2)
        between = -ops.log(-ops.expm1(-width))
        black, white = level <= 0, level >= WHITE
        ends = ops.where(black, not_above, not_below)
        return ops.where(black | white, ends, not_above + not_below + between)

    def negative_log_likelihood(self, x: Tensor, canvas: Tensor) -> Tensor:
        """Code length of every image, nats: the sum of `error` over its pixels (B,)."""
        return ops.sum(self.error(x, canvas), axis=-1)


def likelihood_of(config: DRAWConfig, log_scale: Tensor | None = None) -> PixelLikelihood:
    """The likelihood that a configuration names.

    Args:
        config: its `likelihood` and `sigma` are used.
        log_scale: the discretized logistic's weight (D,); the others have none.

    Raises:
        ValueError: if the discretized logistic has no `log_scale`.

    Example:
        >>> likelihood_of(DRAWConfig(image_shape=(8, 8, 1), likelihood="gaussian", sigma=0.2))
        Gaussian(sigma=0.2)
    """
    if config.likelihood == "discretized-logistic":
        if log_scale is None:
            raise ValueError("Likelihood 'discretized-logistic' needs its weight, log_scale.")
        return DiscretizedLogistic(log_scale)
    return Gaussian(config.sigma) if config.likelihood == "gaussian" else Bernoulli()
