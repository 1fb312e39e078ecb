"""Likelihoods for 8-bit images, whose costs are code lengths: one logistic, or a mixture."""

import math

import keras
import numpy as np
from keras import ops

from keras_draw.models.levels import START_SCALE, check_levels, level_nats, level_of
from keras_draw.models.likelihood import Likelihood, Meaning, Weights
from keras_draw.models.outputs import Tensor
from keras_draw.models.precision import tanh
from keras_draw.models.specs import Layer, WeightSpec


class EightBit(Likelihood):
    """Base class of the likelihoods for images with 256 levels."""

    def check(self, x: np.ndarray) -> None:
        """Refuse floats that are not on the levels k / 255."""
        check_levels(x, self.config.likelihood)

    def meaning(self, *, binary: bool) -> Meaning:
        """A code length, for every image."""
        return "code length"


class DiscretizedLogistic(EightBit):
    """Each pixel is one of 256 levels: a logistic around sigmoid(canvas), rounded to the nearest.

    Its weight is `log_scale` (D,): the log of the logistic's scale, in units of the image range
    0..1.

    Source: see `levels.level_nats`.
    """

    def specs(self, layer: Layer) -> list[WeightSpec]:
        """One log scale per pixel and channel."""
        start = keras.initializers.Constant(math.log(START_SCALE))
        size = (self.config.num_pixels,)
        return [layer.weight("log_scale", size, start, each_stroke=False)]

    def nats(self, weights: Weights, x: Tensor, canvas: Tensor) -> Tensor:
        """-log p(x | canvas) of each pixel (B, D), in nats; finite for every finite canvas."""
        return level_nats(x, ops.sigmoid(canvas), weights["log_scale"])

    def negative_log_likelihood(self, weights: Weights, x: Tensor, canvas: Tensor) -> Tensor:
        """Code length of each image (B,), in nats: the sum of `nats` over its pixels."""
        return ops.sum(self.nats(weights, x, canvas), axis=-1)

    @property
    def draws(self) -> int:
        """D: one per pixel and channel."""
        return self.config.num_pixels

    def sample(self, weights: Weights, canvas: Tensor, uniform: Tensor) -> Tensor:
        """Pixels on the 256 levels k / 255 (B, D)."""
        return level_of(uniform, ops.sigmoid(canvas), weights["log_scale"])


class LogisticMixture(EightBit):
    """Each pixel is a mixture of K discretized logistics over all its channels jointly.

    Within a component, the mean of a channel depends linearly on the values of the channels before
    it, so the channels of a pixel are correlated. For every pixel the canvas holds, in this order:

    - K logits of the mixture weights;
    - K C means in the paper's range -1..1, so a canvas of zero is grey;
    - K C log scales, added to the log of `START_SCALE`;
    - K C (C - 1) / 2 coefficients, before the tanh that the paper applies: green on red, blue on
      red, blue on green, and so on.

    Source: Salimans et al. 2017 (arXiv 1701.05517), sections 2.1 and 2.2.
    """

    @property
    def channels(self) -> int:
        """K (1 + 2 C + C (C - 1) / 2) values per pixel: 10 K for colour, 3 K for grey."""
        c = self.config.image_shape[2]
        return self.config.mixture_components * (1 + 2 * c + c * (c - 1) // 2)

    def negative_log_likelihood(self, weights: Weights, x: Tensor, canvas: Tensor) -> Tensor:
        """Code length of each image (B,), in nats."""
        return ops.sum(self.nats(x, canvas), axis=-1)

    def nats(self, x: Tensor, canvas: Tensor) -> Tensor:
        """-log p(x | canvas) of each pixel, all its channels (B, height * width), in nats."""

        def nats(x: Tensor, canvas: Tensor) -> Tensor:
            log_shares, means, log_scales, slopes = self._parameters(canvas)
            seen = ops.reshape(x, (*ops.shape(log_shares)[:-1], 1, means.shape[-1]))
            means = self._conditional(means, slopes, ops.unstack(seen, axis=-1))
            nats = ops.sum(level_nats(seen, means, log_scales), axis=-1)
            return -ops.logsumexp(log_shares - nats, axis=-1)

        return keras.remat(nats)(x, canvas)

    @property
    def draws(self) -> int:
        """For each pixel: one for the component, and one per channel."""
        height, width, c = self.config.image_shape
        return height * width * (1 + c)

    def sample(self, weights: Weights, canvas: Tensor, uniform: Tensor) -> Tensor:
        """Pixels on the 256 levels (B, D): draw a component, then one channel after another."""
        log_shares, means, log_scales, slopes = self._parameters(canvas)
        uniform = ops.reshape(uniform, (*log_shares.shape[:-1], 1 + means.shape[-1]))
        below = ops.cumsum(ops.exp(log_shares), axis=-1) < uniform[..., :1]
        # Rounded shares may add up to less than `uniform`: then the last component is drawn.
        component = ops.minimum(ops.sum(ops.cast(below, "int32"), axis=-1), below.shape[-1] - 1)
        chosen = ops.one_hot(component, below.shape[-1], dtype=canvas.dtype)[..., None]
        means, log_scales, slopes = (
            ops.sum(chosen * a, axis=-2) for a in (means, log_scales, slopes)
        )
        pixels: list[Tensor] = []
        for channel in range(means.shape[-1]):  # each mean depends on the channels before it
            mean = self._conditional(means, slopes, pixels)[..., channel]
            pixels.append(level_of(uniform[..., 1 + channel], mean, log_scales[..., channel]))
        return ops.reshape(ops.stack(pixels, axis=-1), (-1, self.config.num_pixels))

    def mean(self, canvas: Tensor) -> Tensor:
        """The weighted mean of the components, each clipped to 0..1 (..., D)."""

        def mean(canvas: Tensor) -> Tensor:
            log_shares, means, _, slopes = self._parameters(canvas)
            means = self._conditional(means, slopes, None)
            mean = ops.sum(ops.exp(log_shares)[..., None] * means, axis=-2)
            mean = ops.clip(mean, 0.0, 1.0)  # rounding may have pushed it outside
            return ops.reshape(mean, (*ops.shape(canvas)[:-1], self.config.num_pixels))

        # Recomputed in the backward pass: cheaper than keeping K arrays per timestep.
        return keras.remat(mean)(canvas)

    def logits(self, canvas: Tensor) -> Tensor:
        """The logits of the mean image (..., D); infinite where it is black or white."""
        mean = self.mean(canvas)
        return ops.log(mean) - ops.log1p(-mean)

    def canvas_of(self, mean: np.ndarray) -> np.ndarray:
        """All components at the mean, with equal weights and initial scales (P,)."""
        k, c = self.config.mixture_components, self.config.image_shape[2]
        canvas = np.zeros((mean.size // c, self.channels))
        canvas[:, k : k + k * c] = np.tile(2 * mean.reshape(-1, c) - 1, k)
        return canvas.reshape(-1)

    def _parameters(self, canvas: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Log mixture weights (..., H W, K), means in 0..1 and log scales (..., K, C), slopes."""
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
        """Mean of each channel given those before it: their pixels `seen`, or else their means."""
        found: list[Tensor] = []
        pair = 0
        for channel in range(self.config.image_shape[2]):
            mean = means[..., channel]
            for before in (found if seen is None else seen)[:channel]:
                mean = mean + slopes[..., pair] * (before - 0.5)
                pair += 1
            found.append(ops.clip(mean, 0.0, 1.0) if seen is None else mean)
        return ops.stack(found, axis=-1)
