"""p(x | canvas): the base class of all likelihoods, for a canvas of logits of the mean image."""

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
"""A likelihood's weights, by key; most likelihoods have none."""
Meaning = Literal["code length", "density", "cost"]
"""What -log p(x | canvas) means for given images."""


@dataclass(frozen=True)
class Likelihood(ABC):
    """Base class of all likelihoods. By default, the canvas holds the logits of the mean image.

    Args:
        config: the network's configuration.
    """

    config: DRAWConfig

    @abstractmethod
    def negative_log_likelihood(self, weights: Weights, x: Tensor, canvas: Tensor) -> Tensor:
        """-log p(x | canvas) of each image.

        Args:
            weights: the weights listed by `specs`.
            x: pixels in [0, 1] (B, D).
            canvas: (B, P).

        Returns:
            Nats per image (B,).
        """

    @abstractmethod
    def meaning(self, *, binary: bool) -> Meaning:
        """Whether -log p(x | canvas) is a code length, a log density, or merely a cost.

        Args:
            binary: whether all pixels are 0 or 1.
        """

    def specs(self, layer: Layer) -> list[WeightSpec]:
        """The likelihood's own weights, created with `layer` and shared by all timesteps."""
        return []

    def check(self, x: np.ndarray) -> None:
        """Refuse images that have no probability under this likelihood.

        Args:
            x: floats in [0, 1] (N, H, W, C).

        Raises:
            ValueError: if there are such images.
        """
        del x  # by default every image is accepted

    def error(self, x: Tensor, canvas: Tensor) -> Tensor:
        """The thesis's cost of each pixel (B, D); arguments as in `negative_log_likelihood`.

        Raises:
            ValueError: if the thesis's objective is not defined for this likelihood.
        """
        raise ValueError(
            f"Objective 'thesis' is not defined for likelihood {self.config.likelihood!r}."
        )

    @property
    def draws(self) -> int:
        """Number of uniform random numbers needed to sample one image; 0 if it cannot sample."""
        return 0

    def sample(self, weights: Weights, canvas: Tensor, uniform: Tensor) -> Tensor:
        """Sample images from p(x | canvas), as a function of noise.

        Args:
            weights: the weights listed by `specs`.
            canvas: (B, P).
            uniform: random numbers in [0, 1) (B, `draws`).

        Returns:
            Pixels in [0, 1] (B, D).

        Raises:
            ValueError: if this likelihood cannot be sampled.
        """
        raise ValueError(f"Likelihood {self.config.likelihood!r} cannot be sampled.")

    @property
    def channels(self) -> int:
        """Number of values that the canvas holds per pixel."""
        return self.config.image_shape[2]

    @property
    def canvas_size(self) -> int:
        """P, the number of values in a canvas: height * width * `channels`."""
        height, width, _ = self.config.image_shape
        return height * width * self.channels

    def mean(self, canvas: Tensor) -> Tensor:
        """The mean image: what the canvas shows.

        Args:
            canvas: (..., P).

        Returns:
            (..., D) in [0, 1].
        """
        return ops.sigmoid(canvas)

    def logits(self, canvas: Tensor) -> Tensor:
        """The logits of the mean image (..., D). Images are passed on from the device as logits."""
        return canvas

    def canvas_of(self, mean: np.ndarray) -> np.ndarray:
        """The canvas whose mean image is closest to a given one.

        Args:
            mean: the image, in [0, 1] (D,).

        Returns:
            The canvas (P,).
        """
        mean = np.clip(mean, MEAN_MARGIN, 1 - MEAN_MARGIN)
        return np.log(mean / (1 - mean))
