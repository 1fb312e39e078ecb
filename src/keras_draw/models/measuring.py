"""Measure images with a network: their latents, bound and importance weights.

These functions are also methods of `DRAW`: `network` is then the model itself.
"""

from typing import Any

import numpy as np
from keras import ops

from keras_draw.config import DRAWConfig, whole_number
from keras_draw.models import recurrence
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.objective import gaussian_kl
from keras_draw.models.outputs import Bound, Latents, Tensor, Unroll
from keras_draw.models.running import Network
from keras_draw.models.weights import Weights, likelihood_weights


def encode(
    network: Network, x: Any, y: Any = None, *, seed: int = 0, batch_size: int = 256
) -> Latents:
    """The posterior of every timestep, and a draw from it.

    Args:
        network: a `DRAW`.
        x: images (N, H, W, C).
        y: labels, as indices or class names, for a conditional network.
        seed: seed of the draws. (Later posteriors depend on earlier draws.)
        batch_size: images at a time.

    Returns:
        mu, log_var and z, each (N, T, Z).

    Example:
        >>> model.encode(images[:5], labels[:5]).mu.shape       # four strokes, three latents each
        (5, 4, 3)
    """
    found = network.runner.unroll(x, y, seed, batch_size)
    return Latents(found.mu, found.log_var, found.z)


def elbo(network: Network, x: Any, y: Any = None, *, seed: int = 0, batch_size: int = 256) -> Bound:
    """The evidence lower bound of each image, regardless of the training objective.

    Args:
        network: a `DRAW`.
        x: images (N, H, W, C).
        y: labels, as indices or class names, for a conditional network; the bound is then on
            log p(x | y).
        seed: seed of the latents' noise (one draw) and of dynamic binarization.
        batch_size: images at a time.

    Returns:
        elbo (N,), reconstruction (N,) and kl (N, T), in nats per image.

    Example:
        >>> found = model.elbo(images[:5], labels[:5])
        >>> found.elbo.shape, found.kl.shape
        ((5,), (5, 4))
        >>> np.allclose(found.elbo, -found.reconstruction - found.kl.sum(axis=1))
        True
    """
    config, runner = network.config, network.runner

    def bound(weights: Weights, x: Tensor, y: Tensor | None, noise: Tensor) -> Bound:
        return bounds_of(config, weights, x, y, noise)

    return runner.in_batches("elbo", bound, runner.given(x, y, seed), batch_size)


def log_weights(
    network: Network, x: Any, y: Any = None, *, seed: int = 0, draw: int = 0, batch_size: int = 256
) -> np.ndarray:
    """Log importance weights, log p(x, z) / q(z | x), for one draw of the latents.

    Args:
        network: a `DRAW`.
        x: images (N, H, W, C).
        y: labels, as indices or class names, for a conditional network.
        seed: seed of the noise, and of the binarization if the network binarizes.
        draw: number of the draw; each has its own noise, but the same binarized images.
        batch_size: images at a time.

    Returns:
        Nats (N,). Their mean over draws estimates the bound, as `elbo` does with a closed-form KL.

    Source: Burda et al. 2016 (arXiv 1509.00519), Eq. 8.
    """
    config, runner = network.config, network.runner

    def log_weight(weights: Weights, x: Tensor, y: Tensor | None, noise: Tensor) -> Tensor:
        return log_weights_of(config, weights, x, y, noise)

    x, y, noise = runner.given(x, y, seed)
    seed, draw = whole_number("seed", seed), whole_number("draw", draw)
    if draw:
        noise = noise_of(draw, seed, noise.shape)
    return runner.in_batches("log_weights", log_weight, (x, y, noise), batch_size)


def noise_of(draw: int, seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """The noise of a later draw of `log_weights`, standard normal (N, T, Z)."""
    return np.random.default_rng([seed, 2, draw]).standard_normal(shape)


def bounds_of(
    config: DRAWConfig, weights: Weights, x: Tensor, y: Tensor | None, noise: Tensor
) -> Bound:
    """The bound of a batch, as a function of its noise.

    Args:
        config: the network's configuration.
        weights: all weights by name.
        x: images in [0, 1] (B, D).
        y: one-hot classes (B, K), or None.
        noise: standard normal (B, T, Z).
    """
    found = recurrence.unroll(config, weights, x, y, ops.swapaxes(noise, 0, 1))
    cost = _cost(config, weights, found)
    kl = ops.sum(gaussian_kl(found.mu, found.log_var), axis=-1)
    return Bound(-(cost + ops.sum(kl, axis=-1)), cost, kl)


def log_weights_of(
    config: DRAWConfig, weights: Weights, x: Tensor, y: Tensor | None, noise: Tensor,
    drives: recurrence.Drives | None = None,
) -> Tensor:  # fmt: skip
    """The log importance weights of a batch in nats (B,).

    Arguments as in `bounds_of`; `drives` as in `recurrence.unroll`.
    """
    noise_first = ops.swapaxes(noise, 0, 1)
    found = recurrence.unroll(config, weights, x, y, noise_first, drives=drives)
    # log p(z) - log q(z): the draw z = mu + sigma * noise is `noise` standard deviations from mu
    ratio = ops.square(noise) + found.log_var - ops.square(found.z)
    return 0.5 * ops.sum(ratio, axis=(1, 2)) - _cost(config, weights, found)


def _cost(config: DRAWConfig, weights: Weights, found: Unroll) -> Tensor:
    """-log p(x | z) (B,)."""
    return likelihood_of(config).negative_log_likelihood(
        likelihood_weights(config, weights), found.x, found.canvas
    )
