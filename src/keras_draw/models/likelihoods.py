"""p(x | canvas), a class a likelihood: what an image costs, and looks like, once it is painted."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np
from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models.levels import START_SCALE, check_levels, level_nats
from keras_draw.models.outputs import Tensor
from keras_draw.models.precision import tanh
from keras_draw.models.specs import Layer, WeightSpec

MEAN_MARGIN = 1e-3
"""The mean image is kept this far from 0 and 1, where its logit would be infinite."""

Weights = dict[str, Tensor]
"""A likelihood's weights by their keys; most have none."""
Meaning = Literal["code length", "density", "cost"]


@dataclass(frozen=True)
class Likelihood(ABC):
    """What every likelihood can do; here with a canvas that holds the logits of the mean image.

    Args:
        config: the network's.
    """

    config: DRAWConfig

    @abstractmethod
    def negative_log_likelihood(self, weights: Weights, x: Tensor, canvas: Tensor) -> Tensor:
        """-log p(x | canvas) of every image.

        Args:
            weights: those of `specs`.
            x: pixels in [0, 1] (B, D).
            canvas: (B, P).

        Returns:
            Nats per image (B,).
        """

    @abstractmethod
    def meaning(self, *, binary: bool) -> Meaning:
        """What -log p(x | canvas) is: a code length, a density, or no more than a cost.

        Args:
            binary: whether the images hold nothing but 0 and 1.
        """

    def specs(self, layer: Layer) -> list[WeightSpec]:
        """Weights of its own, the same at all timesteps, made with `layer`."""
        return []

    def check(self, x: np.ndarray) -> None:
        """Refuse images that it gives no probability.

        Args:
            x: floats in [0, 1] (N, H, W, C).

        Raises:
            ValueError: if there are such images.
        """
        del x  # here all have one

    def error(self, x: Tensor, canvas: Tensor) -> Tensor:
        """The thesis's cost of every pixel, where it has one; arguments as above (B, D)."""
        raise ValueError(
            f"Objective 'thesis' is not made of likelihood {self.config.likelihood!r}."
        )

    @property
    def channels(self) -> int:
        """Values that the canvas holds for each pixel."""
        return self.config.image_shape[2]

    @property
    def canvas_size(self) -> int:
        """P, the values of one canvas: height, width and `channels`, as in an image."""
        height, width, _ = self.config.image_shape
        return height * width * self.channels

    def mean(self, canvas: Tensor) -> Tensor:
        """The mean image: what is painted, as the network and people see it.

        Args:
            canvas: (..., P).

        Returns:
            (..., D) in [0, 1].
        """
        return ops.sigmoid(canvas)

    def logits(self, canvas: Tensor) -> Tensor:
        """The logits of the mean image: the form in which pictures leave the device (..., D)."""
        return canvas

    def canvas_of(self, mean: np.ndarray) -> np.ndarray:
        """A canvas whose mean image is given, as nearly as it can be.

        Args:
            mean: in [0, 1] (D,).

        Returns:
            (P,).
        """
        mean = np.clip(mean, MEAN_MARGIN, 1 - MEAN_MARGIN)
        return np.log(mean / (1 - mean))


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


class EightBit(Likelihood):
    """What the likelihoods of images with 256 levels share."""

    def check(self, x: np.ndarray) -> None:
        """Refuse floats off the levels k / 255."""
        check_levels(x, self.config.likelihood)

    def meaning(self, *, binary: bool) -> Meaning:
        """As in `Likelihood`."""
        return "code length"


class DiscretizedLogistic(EightBit):
    """Each pixel is one of 256 levels: a logistic around sigmoid(canvas), rounded to the nearest.

    Its weight is `log_scale` (D,): log of the logistic's scale in units of the image's range 0..1.

    Source: as in `levels.level_nats`.
    """

    def specs(self, layer: Layer) -> list[WeightSpec]:
        """One scale for every pixel and channel."""
        start = keras.initializers.Constant(math.log(START_SCALE))
        size = (self.config.num_pixels,)
        return [layer.weight("log_scale", size, start, each_stroke=False)]

    def nats(self, weights: Weights, x: Tensor, canvas: Tensor) -> Tensor:
        """-log p(x | canvas) of every pixel, nats; finite for every finite canvas (B, D)."""
        return level_nats(x, ops.sigmoid(canvas), weights["log_scale"])

    def negative_log_likelihood(self, weights: Weights, x: Tensor, canvas: Tensor) -> Tensor:
        """Code length of every image, nats: the sum of `nats` over its pixels (B,)."""
        return ops.sum(self.nats(weights, x, canvas), axis=-1)


class LogisticMixture(EightBit):
    """Each pixel is a mixture of K discretized logistics, over all its channels together.

    Within a component the mean of a channel moves with the values of the channels before it, so
    that colours are drawn as colours. Of every pixel the canvas holds, in this order:

    - K logits of the components' shares;
    - K C means, in the paper's range -1..1: a canvas of zero is grey;
    - K C logarithms of scales, added to that of `START_SCALE`;
    - K C (C - 1) / 2 coefficients before the tanh that the paper gives them: green on red, blue on
      red, blue on green, and so on.

    Source: Salimans et al. 2017 (arXiv 1701.05517), sections 2.1 and 2.2.
    """

    @property
    def channels(self) -> int:
        """K (1 + 2 C + C (C - 1) / 2): 10 K for colour, 3 K for grey."""
        c = self.config.image_shape[2]
        return self.config.mixture_components * (1 + 2 * c + c * (c - 1) // 2)

    def negative_log_likelihood(self, weights: Weights, x: Tensor, canvas: Tensor) -> Tensor:
        """Code length of every image, nats (B,)."""
        return ops.sum(self.nats(x, canvas), axis=-1)

    def nats(self, x: Tensor, canvas: Tensor) -> Tensor:
        """-log p(x | canvas) of every pixel, its channels together, nats (B, height width)."""

        def nats(x: Tensor, canvas: Tensor) -> Tensor:
            log_shares, means, log_scales, slopes = self._parameters(canvas)
            seen = ops.reshape(x, (*ops.shape(log_shares)[:-1], 1, means.shape[-1]))
            means = self._conditional(means, slopes, ops.unstack(seen, axis=-1))
            nats = ops.sum(level_nats(seen, means, log_scales), axis=-1)
            return -ops.logsumexp(log_shares - nats, axis=-1)

        return keras.remat(nats)(x, canvas)

    def mean(self, canvas: Tensor) -> Tensor:
        """The components' means, each within 0..1, by their shares (..., D)."""

        def mean(canvas: Tensor) -> Tensor:
            log_shares, means, _, slopes = self._parameters(canvas)
            means = self._conditional(means, slopes, None)
            mean = ops.sum(ops.exp(log_shares)[..., None] * means, axis=-2)
            mean = ops.clip(mean, 0.0, 1.0)  # rounding of the shares may have put it beyond
            return ops.reshape(mean, (*ops.shape(canvas)[:-1], self.config.num_pixels))

        # Made again in the backward pass: cheaper than to keep K arrays of every timestep.
        return keras.remat(mean)(canvas)

    def logits(self, canvas: Tensor) -> Tensor:
        """As in `Likelihood`; infinite where the mean image is black or white."""
        mean = self.mean(canvas)
        return ops.log(mean) - ops.log1p(-mean)

    def canvas_of(self, mean: np.ndarray) -> np.ndarray:
        """Every component at the mean, shares equal, scales at their start (P,)."""
        k, c = self.config.mixture_components, self.config.image_shape[2]
        canvas = np.zeros((mean.size // c, self.channels))
        canvas[:, k : k + k * c] = np.tile(2 * mean.reshape(-1, c) - 1, k)
        return canvas.reshape(-1)

    def _parameters(self, canvas: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Log shares (..., H W, K), means in 0..1 and log scales (..., K, C), slopes."""
        height, width, c = self.config.image_shape
        k, lead = self.config.mixture_components, (*ops.shape(canvas)[:-1], height * width)
        flat = ops.reshape(canvas, (*lead, self.channels))
        ends = [k, k + k * c, k + 2 * k * c]
        shares, means, log_scales, slopes = ops.split(flat, ends, axis=-1)
        pairs = c * (c - 1) // 2
        return (
            shares - ops.logsumexp(shares, axis=-1, keepdims=True),
            ops.reshape(means, (*lead, k, c)) / 2 + 0.5,
            ops.reshape(log_scales, (*lead, k, c)) + math.log(START_SCALE),
            tanh(ops.reshape(slopes, (*lead, k, pairs))),
        )

    def _conditional(self, means: Tensor, slopes: Tensor, seen: list[Tensor] | None) -> Tensor:
        """Means of every channel given those before it: pixels that are seen, or their means."""
        found: list[Tensor] = []
        pair = 0
        for channel in range(self.config.image_shape[2]):
            mean = means[..., channel]
            for before in (seen or found)[:channel]:
                mean = mean + slopes[..., pair] * (before - 0.5)
                pair += 1
            found.append(ops.clip(mean, 0.0, 1.0) if seen is None else mean)
        return ops.stack(found, axis=-1)


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
