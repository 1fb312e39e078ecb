"""p(x | canvas), a class a likelihood: what an image costs, and looks like, once it is painted."""

import math

from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models.eight_bit import DiscretizedLogistic, LogisticMixture
from keras_draw.models.likelihood import Likelihood, Meaning, Weights
from keras_draw.models.outputs import Tensor


class Bernoulli(Likelihood):
    """Each pixel is 1 with probability sigmoid(canvas).

    For grey pixels the same expression is a cross-entropy: a cost, and no likelihood.

    Source: Gregor et al. 2015, Eq. 9.
    """

    def error(self, x: Tensor, canvas: Tensor) -> Tensor:
        """Cross-entropy of every pixel, nats; finite for every finite canvas (B, D)."""
        return ops.softplus(canvas) - x * canvas

    def negative_log_likelihood(self, weights: Weights, x: Tensor, canvas: Tensor) -> Tensor:
        """Cross-entropy of every image, nats: the sum of `error` over its pixels (B,)."""
        return ops.sum(self.error(x, canvas), axis=-1)

    def meaning(self, *, binary: bool) -> Meaning:
        """As in `Likelihood`."""
        return "code length" if binary else "cost"

    @property
    def draws(self) -> int:
        """One for every pixel and channel."""
        return self.config.num_pixels

    def sample(self, weights: Weights, canvas: Tensor, uniform: Tensor) -> Tensor:
        """Pixels that are 0 or 1 (B, D)."""
        return ops.cast(uniform < ops.sigmoid(canvas), canvas.dtype)


class Gaussian(Likelihood):
    """Each pixel is N(sigmoid(canvas), sigma^2): squared error with its true constant.

    The standard deviation is the configuration's, in units of the image's range 0..1.
    """

    def error(self, x: Tensor, canvas: Tensor) -> Tensor:
        """Squared error of every pixel (B, D)."""
        return ops.square(x - ops.sigmoid(canvas))

    def negative_log_likelihood(self, weights: Weights, x: Tensor, canvas: Tensor) -> Tensor:
        """-log N(x; sigmoid(canvas), sigma^2) of every image, nats (B,)."""
        sigma = self.config.sigma
        constant = math.log(sigma) + 0.5 * math.log(2 * math.pi)
        return ops.sum(self.error(x, canvas) / (2 * sigma**2) + constant, axis=-1)

    def meaning(self, *, binary: bool) -> Meaning:
        """As in `Likelihood`."""
        return "density"

    @property
    def draws(self) -> int:
        """One for every pixel and channel."""
        return self.config.num_pixels

    def sample(self, weights: Weights, canvas: Tensor, uniform: Tensor) -> Tensor:
        """Pixels of the normal distribution; what lies beyond 0 and 1 is put there (B, D)."""
        normal = math.sqrt(2) * ops.erfinv(2 * uniform - 1)
        return ops.clip(ops.sigmoid(canvas) + self.config.sigma * normal, 0.0, 1.0)


LIKELIHOODS: dict[str, type[Likelihood]] = {
    "bernoulli": Bernoulli,
    "gaussian": Gaussian,
    "discretized-logistic": DiscretizedLogistic,
    "logistic-mixture": LogisticMixture,
}


def likelihood_of(config: DRAWConfig) -> Likelihood:
    """The likelihood that a configuration names.

    Example:
        >>> likelihood_of(DRAWConfig(image_shape=(8, 8, 3), likelihood="logistic-mixture")).channels
        50
    """
    return LIKELIHOODS[config.likelihood](config)
