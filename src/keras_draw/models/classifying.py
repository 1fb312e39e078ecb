"""Classify images with a conditional network, by Bayes' rule.

`classify` is also a method of `DRAW`.
"""

from typing import Any

import numpy as np
from keras import ops

from keras_draw.config import whole_number
from keras_draw.config.ranges import MOST_SAMPLES
from keras_draw.models.measuring import bounds_of
from keras_draw.models.outputs import Classes, Tensor
from keras_draw.models.running import Network
from keras_draw.models.weighting import log_mean_weights
from keras_draw.models.weights import Weights


def classify(
    network: Network, x: Any, *, draws: int = 1, seed: int = 0, batch_size: int = 256
) -> Classes:
    """The bound on log p(x | y) for every class y, and the probabilities of the classes.

    The prior over classes is uniform, and all classes get the same noise. The network was not
    trained to classify: the probabilities are only as accurate as the bounds are tight.

    Args:
        network: a conditional `DRAW`.
        x: images (N, H, W, C).
        draws: number of draws of the latents. 1 gives the bound of `elbo`; more give the tighter
            importance-weighted bound, and the time grows in proportion.
        seed: seed of the latents' noise and of dynamic binarization.
        batch_size: images times classes at a time.

    Returns:
        bounds (N, K) in nats, and probabilities (N, K), whose rows add up to 1.

    Raises:
        ValueError: if the network is unconditional, or the images do not fit.

    Example:
        >>> model.classify(images[:5]).probabilities.shape      # one row per image
        (5, 10)

    Source: Bayes' rule; the bounds are Gregor et al. 2015, Eq. 12, and Burda et al. 2016 (arXiv
    1509.00519), Eq. 8.
    """
    config, runner = network.config, network.runner
    k = config.num_classes
    if not k:
        raise ValueError(
            "This network is unconditional and has no classes: use a network that was trained "
            "with labels."
        )
    draws = whole_number("draws", draws, at_least=1)
    if draws > MOST_SAMPLES:
        raise ValueError(f"draws is {draws}; it must be at most {MOST_SAMPLES:,}.")
    batch_size = whole_number("batch_size", batch_size, at_least=1)
    if draws > 1:
        bounds = [
            log_mean_weights(network, x, y, samples=draws, seed=seed, batch_size=batch_size)
            for y in range(k)
        ]
        found = np.stack(bounds, axis=1)
        return Classes(found, probabilities_of(found))

    def of_all_classes(weights: Weights, x: Tensor, noise: Tensor) -> Tensor:
        rows = x.shape[0]
        y = ops.tile(ops.eye(k, dtype=x.dtype), (rows, 1))
        x, noise = ops.repeat(x, k, axis=0), ops.repeat(noise, k, axis=0)
        return ops.reshape(bounds_of(config, weights, x, y, noise).elbo, (rows, k))

    x, _, noise = runner.given(x, 0, seed)  # the label does not matter: every class is scored
    size = max(1, batch_size // k)
    found = runner.in_batches("classify", of_all_classes, (x, noise), size).astype("float64")
    return Classes(found, probabilities_of(found))


def probabilities_of(bounds: np.ndarray) -> np.ndarray:
    """The softmax of bounds (N, K) over classes: Bayes' rule with a uniform prior."""
    odds = np.exp(bounds - bounds.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)
