"""How much of a network's bound does its encoder lose? Refine the posterior of each image alone.

python scripts/refine_posterior.py binarized-mnist-attention "binarized_mnist:test[::100]"

The encoder finds a posterior for any image at once. Here each image gets its own correction of its
means and log variances, which gradient steps (Adam) improve while all weights stay as they are.
The result is a bound on log p(x), too: the difference is what the encoder loses by serving all
images, the amortization gap. It needs the JAX backend and about the time of training on the images
for as many epochs as there are steps.

Source: Cremer et al. 2018, "Inference Suboptimality in Variational Autoencoders" (arXiv
1801.03558).
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

import keras_draw  # chooses the backend before Keras is imported

# isort: split
import jax
import keras
import numpy as np
import tyro
from jax import numpy as jnp
from rich.progress import track

from keras_draw.config import DRAWConfig
from keras_draw.data import load_images
from keras_draw.models.draw import DRAW
from keras_draw.models.measuring import bounds_of
from keras_draw.models.weights import Weights, specs


@dataclass(frozen=True)
class Options:
    """Refine the posterior of every image and compare the bounds."""

    network: tyro.conf.Positional[str]
    """An unconditional network with shared heads: a run, a file or a preset."""
    dataset: tyro.conf.Positional[str]
    """Images; all are refined at once."""
    steps: int = 600
    """Gradient steps; the learning rate falls linearly to 0."""
    learning_rate: float = 0.03
    """Adam's, at first."""
    draws: int = 30
    """Draws of the latents per image to measure a bound."""
    seed: int = 0
    """Of all noise."""


def refined(
    network: DRAW, x: np.ndarray, *, steps: int, learning_rate: float, draws: int, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """The bounds of images with the encoder's posterior and with a posterior refined for each.

    Args:
        network: unconditional, with shared heads, on the JAX backend.
        x: images (N, H, W, C).
        steps: gradient steps.
        learning_rate: Adam's at first; it falls linearly to 0.
        draws: draws of the latents to measure a bound. Both bounds have the same noise.
        seed: of all noise.

    Returns:
        Two arrays (N,) of lower bounds on log p(x) in nats.

    Raises:
        ValueError: if the network is conditional, every timestep has its own heads, or the images
            do not fit.
    """
    if network.config.num_classes or not network.config.share_heads:
        raise ValueError("Expected an unconditional network whose timesteps share their heads.")
    config, weights = _own_heads(network)
    x, _ = network.runner.images(x, None, seed)
    pixels = jnp.asarray(x, "float32")
    shape = (len(x), config.timesteps, config.latent_dim)

    def bounds(offsets: Any, key: Any) -> Any:
        # The bias of the heads for mu and log_var gets a row for each image: (T, N, 2Z).
        bias = weights["posterior_bias"][:, None] + offsets
        noise = jax.random.normal(key, shape)
        return bounds_of(config, weights | {"posterior_bias": bias}, pixels, None, noise).elbo

    def mean_bound(offsets: Any) -> np.ndarray:
        keys = jax.random.split(jax.random.key(seed), draws)
        return np.mean([np.asarray(measure(offsets, key)) for key in keys], axis=0)

    measure = jax.jit(bounds)
    slope = jax.jit(jax.grad(lambda offsets, key: -jnp.sum(bounds(offsets, key))))
    rate = keras.optimizers.schedules.PolynomialDecay(learning_rate, max(steps, 1), 0.0)
    offsets = keras.Variable(np.zeros((shape[1], shape[0], 2 * shape[2]), "float32"))
    adam = keras.optimizers.Adam(rate, beta_2=0.99)
    before = mean_bound(offsets.value)
    for key in track(jax.random.split(jax.random.key(seed + 1), steps), "refining"):
        adam.apply([slope(offsets.value, key)], [offsets])
    return before, mean_bound(offsets.value)


def _own_heads(network: DRAW) -> tuple[DRAWConfig, Weights]:
    """The same network with a copy of the heads for each timestep, and its weights."""
    config = dataclasses.replace(network.config, share_heads=False)
    shared = network.runner.tensors()
    return config, {
        spec.name: jnp.broadcast_to(shared[spec.name], spec.shape) for spec in specs(config)
    }


def main(options: Options) -> None:
    """Print both mean bounds, their difference and its standard error."""
    x = load_images(options.dataset).images
    before, after = refined(
        keras_draw.load(options.network),
        x,
        steps=options.steps,
        learning_rate=options.learning_rate,
        draws=options.draws,
        seed=options.seed,
    )
    gain = after - before
    print(
        f"-log p(x) of {len(x)} images <= {-before.mean():.2f} nats with the encoder's posterior, "
        f"<= {-after.mean():.2f} refined: {gain.mean():.2f} +- "
        f"{gain.std(ddof=1) / len(x) ** 0.5:.2f} nats tighter."
    )


if __name__ == "__main__":
    main(tyro.cli(Options))
