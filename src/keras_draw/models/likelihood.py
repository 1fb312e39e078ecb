"""p(x | canvas): what every likelihood can do, for a canvas that holds the mean image's logits."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np
from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models.outputs import Tensor
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
    def draws(self) -> int:
        """Uniform numbers that a sample of one image takes; 0 if it cannot be sampled."""
        return 0

    def sample(self, weights: Weights, canvas: Tensor, uniform: Tensor) -> Tensor:
        """An image from p(x | canvas), as a function of noise.

        Args:
            weights: those of `specs`.
            canvas: (B, P).
            uniform: in [0, 1) (B, `draws`).

        Returns:
            Pixels in [0, 1] (B, D).
        """
        raise ValueError(f"Likelihood {self.config.likelihood!r} cannot be sampled.")

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
