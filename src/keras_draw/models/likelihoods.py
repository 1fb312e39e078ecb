"""p(x | canvas), one class per likelihood: the cost of an image given the canvas, and sampling."""

import math

from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models.eight_bit import DiscretizedLogistic, LogisticMixture
from keras_draw.models.likelihood import Likelihood, Meaning, Weights
from keras_draw.models.outputs import Tensor


class Bernoulli(Likelihood):
    """Each pixel is 1 with probability sigmoid(canvas).

    For grey pixels the same expression is a cross-entropy: a cost, not a likelihood.

    Source: Gregor et al. 2015, Eq. 9.
    """

    def error(self, x: Tensor, canvas: Tensor) -> Tensor:
        """Cross-entropy of each pixel (B, D), in nats; finite for every finite canvas."""
        return ops.softplus(canvas) - x * canvas

    def negative_log_likelihood(self, weights: Weights, x: Tensor, canvas: Tensor) -> Tensor:
        """Cross-entropy of each image (B,), in nats: the sum of `error` over its pixels."""
        return ops.sum(self.error(x, canvas), axis=-1)

    def meaning(self, *, binary: bool) -> Meaning:
        """A code length for binary images; for grey ones, merely a cost."""
        return "code length" if binary else "cost"

    @property
    def draws(self) -> int:
        """D: one per pixel and channel."""
        return self.config.num_pixels

    def sample(self, weights: Weights, canvas: Tensor, uniform: Tensor) -> Tensor:
        """Pixels that are 0 or 1 (B, D)."""
        return ops.cast(uniform < ops.sigmoid(canvas), canvas.dtype)


class Gaussian(Likelihood):
    """Each pixel is N(sigmoid(canvas), sigma^2): the squared error with its exact constant.

    sigma is `DRAWConfig.sigma`, in units of the image range 0..1.
    """

    def error(self, x: Tensor, canvas: Tensor) -> Tensor:
        """Squared error of each pixel (B, D)."""
        return ops.square(x - ops.sigmoid(canvas))

    def negative_log_likelihood(self, weights: Weights, x: Tensor, canvas: Tensor) -> Tensor:
        """-log N(x; sigmoid(canvas), sigma^2) of each image (B,), in nats."""
        sigma = self.config.sigma
        constant = math.log(sigma) + 0.5 * math.log(2 * math.pi)
        return ops.sum(self.error(x, canvas) / (2 * sigma**2) + constant, axis=-1)

    def meaning(self, *, binary: bool) -> Meaning:
        """A log density, for every image."""
        return "density"

    @property
    def draws(self) -> int:
        """D: one per pixel and channel."""
        return self.config.num_pixels

    def sample(self, weights: Weights, canvas: Tensor, uniform: Tensor) -> Tensor:
        """Pixels from the normal distribution, clipped to [0, 1] (B, D)."""
        normal = math.sqrt(2) * ops.erfinv(2 * uniform - 1)
        return ops.clip(ops.sigmoid(canvas) + self.config.sigma * normal, 0.0, 1.0)


LIKELIHOODS: dict[str, type[Likelihood]] = {
    "bernoulli": Bernoulli,
    "gaussian": Gaussian,
    "discretized-logistic": DiscretizedLogistic,
    "logistic-mixture": LogisticMixture,
}


def likelihood_of(config: DRAWConfig) -> Likelihood:
    """The likelihood that a configuration selects.

    Example:
        >>> likelihood_of(DRAWConfig(image_shape=(8, 8, 3), likelihood="logistic-mixture")).channels
        50
    """
    return LIKELIHOODS[config.likelihood](config)
