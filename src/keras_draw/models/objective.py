"""The objective that training minimises: reconstruction plus weighted KL."""

from typing import NamedTuple

from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.outputs import Tensor, Unroll
from keras_draw.models.precision import mean_over_batch
from keras_draw.models.weights import likelihood_weights


class Objective(NamedTuple):
    """The loss of a batch, and both of its terms in nats."""

    loss: Tensor
    """the value to minimise, a scalar."""
    reconstruction: Tensor
    """-log p(x | z) in nats per image (B,), under any objective."""
    kl: Tensor
    """KL of each timestep in nats per image (B, T), under any objective."""


def gaussian_kl(mu: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mu, sigma^2) || N(0, 1)) of each latent, in nats.

    Args:
        mu: means, any shape.
        log_var: log variances, the same shape.

    Returns:
        An array of the same shape. Its sum over latents and timesteps is the total KL. (The
        constant is -1/2 for each latent of each timestep, in total -T*Z/2; the paper prints -T/2.)

    Source: Gregor et al. 2015, Eq. 11, with the constant corrected.
    """
    return 0.5 * (ops.square(mu) + ops.exp(log_var) - 1.0 - log_var)


def kl_scale(config: DRAWConfig) -> float:
    """The objective's factor on the KL, which is in nats per image.

    Returns:
        For `elbo`: `kl_weight`. For `thesis`: `kl_weight / T`, or `kl_weight / (T Z)` if the KL is
        a mean over latents. (The thesis's reconstruction is a mean over D pixels, so in terms of a
        bound its KL has the weight `kl_weight` times D / T or D / (T Z).)

    Example:
        >>> kl_scale(DRAWConfig(image_shape=(28, 28, 1), objective="thesis", timesteps=8,
        ...                     latent_dim=8))
        0.015625
    """
    if config.objective == "elbo":
        return config.kl_weight
    latents = 1 if config.kl_reduction == "sum" else config.latent_dim
    return config.kl_weight / (config.timesteps * latents)


def objective(
    config: DRAWConfig,
    unroll: Unroll,
    *,
    weights: dict[str, Tensor] | None = None,
    warmup: Tensor | float = 1.0,
    sample_weight: Tensor | None = None,
) -> Objective:
    """The loss of a batch that has been unrolled.

    Args:
        config: gives the likelihood, the objective and the weight of the KL.
        unroll: images, final canvas and posteriors.
        weights: the network's weights by name; the likelihood uses its own. None if it has none.
        warmup: factor on the KL, from 0 to 1.
        sample_weight: a factor on each image (B,). It multiplies both terms and the image's share
            of the free bits, so the loss is linear in it. Sums are divided by B, as in Keras.

    Returns:
        The loss, and its terms without sample weights.
    """
    likelihood, own = likelihood_of(config), likelihood_weights(config, weights or {})
    reconstruction = likelihood.negative_log_likelihood(own, unroll.x, unroll.canvas)
    kl = ops.sum(gaussian_kl(unroll.mu, unroll.log_var), axis=-1)

    if config.objective == "elbo":
        cost = reconstruction
    else:
        cost = ops.sum(likelihood.error(unroll.x, unroll.canvas), axis=-1) / config.num_pixels
    weighted_kl, free_bits = kl, config.free_bits
    if sample_weight is not None:
        sample_weight = ops.cast(ops.reshape(sample_weight, (-1,)), cost.dtype)
        cost, weighted_kl = cost * sample_weight, kl * sample_weight[:, None]
        free_bits = config.free_bits * mean_over_batch(sample_weight)
    kl_of_timestep = mean_over_batch(weighted_kl)
    if config.free_bits:
        kl_of_timestep = ops.maximum(kl_of_timestep, free_bits)
    loss = mean_over_batch(cost) + kl_scale(config) * warmup * ops.sum(kl_of_timestep)
    return Objective(loss, reconstruction, kl)
