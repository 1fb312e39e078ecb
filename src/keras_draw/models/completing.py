"""What could have been there: images whose hidden pixels a network draws.

A function of a network and images, which is a method of `DRAW`, too.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from keras import ops

from keras_draw.config import whole_number
from keras_draw.models import recurrence
from keras_draw.models.inputs import check_images, check_labels
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.memory import FLOAT, check_fits
from keras_draw.models.outputs import Tensor
from keras_draw.models.running import Network
from keras_draw.models.weights import Weights, likelihood_weights
from keras_draw.pixels import as_array, as_fractions

Between = Literal["sample", "mean"]
"""What hidden pixels are between two rounds: drawn from p(x | canvas), or the mean image's."""
ROUNDS = 100
"""Of a chain; docs/results.md says what fewer of them reach."""


def complete(
    network: Network,
    x: Any,
    mask: Any,
    y: Any = None,
    *,
    n: int = 1,
    rounds: int = ROUNDS,
    between: Between = "sample",
    seed: int = 0,
    batch_size: int = 64,
) -> np.ndarray:
    """Images with their hidden pixels as the network would have them.

    Each answer is a Markov chain. Hidden pixels begin as the canvas does; in each round latents
    are drawn from the posterior of the image as it is, an image is painted from them, and the
    pixels that are seen are put back. Where the posterior is right, the chain ends in
    p(hidden | seen).

    Args:
        network: which draws.
        x: images (N, H, W, C); what their hidden pixels hold does not matter.
        mask: True where a pixel is hidden: (H, W) for all images, or (N, H, W).
        y: labels, indices or names of classes, for a conditional network.
        n: answers to each image, 1 or more: chains that know nothing of one another.
        rounds: of each chain, 1 or more.
        between: `"sample"`: hidden pixels are drawn between two rounds; `"mean"`: they are the
            mean image's.
        seed: of all draws; the first answers do not depend on `n`.
        batch_size: chains at a time.

    Returns:
        float32 in [0, 1], (N, n, H, W, C): the pixels that are seen, and the mean image of the
        last round where they are hidden.

    Raises:
        ValueError: if images, mask or labels do not fit, or the likelihood cannot be sampled.

    Example:
        >>> lower = np.arange(28)[:, None] * np.ones(28) >= 14
        >>> model.complete(images[:8], lower, n=8).shape            # doctest: +SKIP
        (8, 8, 28, 28, 1)

    Source: Rezende, Mohamed and Wierstra 2014 (arXiv 1401.4082), appendix F.
    """
    config = network.config
    n, rounds = whole_number("n", n, at_least=1), whole_number("rounds", rounds, at_least=1)
    seed = whole_number("seed", seed)
    batch_size = whole_number("batch_size", batch_size, at_least=1)
    draws = likelihood_of(config).draws
    if between not in ("sample", "mean"):
        raise ValueError(f"between is {between!r}; expected 'sample' or 'mean'.")
    if between == "sample" and not draws:
        raise ValueError(
            f"Likelihood {config.likelihood!r} cannot be sampled, and pixels cannot be drawn "
            "between two rounds: give between='mean'."
        )
    x = check_images(config, x)
    y = check_labels(config, y, len(x))
    hidden = check_mask(config.image_shape, mask, len(x))
    needed = FLOAT * len(x) * n * 5.0 * config.num_pixels
    check_fits(needed, f"{n} answers to {len(x)} images", "give fewer images at once")
    x = as_fractions(x).reshape(len(x), -1)
    if config.dynamic_binarization:
        x = np.random.default_rng([seed, 1]).random(x.shape) < x
    rows, strokes = len(x), (config.timesteps, config.latent_dim)
    latents = _Draws("normal", _seeds(seed, 3, rows, n), (rounds, *strokes))
    pixels = draws if between == "sample" else 0
    noise = float(FLOAT) * rounds * (config.timesteps * config.latent_dim + pixels)
    smaller = "choose fewer rounds, or a smaller batch_size"
    check_fits(noise * min(batch_size, rows * n), f"Noise of {rounds} rounds", smaller)
    uniform = _Draws("uniform", _seeds(seed, 4, rows, n), (rounds + 1, pixels))
    given = [None if a is None else np.repeat(a, n, axis=0) for a in (x, hidden, y)]

    def chain(weights: Weights, x: Tensor, *given: Tensor) -> Tensor:
        return _chain(network, weights, x, *given, between=between)

    key = ("complete", rounds, between)
    found = network.runner.in_batches(key, chain, (*given, latents, uniform), batch_size)
    return np.asarray(found, "float32").reshape(-1, n, *config.image_shape)


def _chain(
    network: Network,
    weights: Weights,
    x: Tensor,
    hidden: Tensor,
    y: Tensor | None,
    latents: Tensor,
    uniform: Tensor,
    *,
    between: Between,
) -> Tensor:
    """The mean image of every chain's last round, with what is seen (B, D).

    One scan over the rounds, each of which scans the strokes. The noise is (B, rounds, T, Z) of the
    latents and (B, rounds + 1, S) of the pixels, first of those that the chain begins with.
    """
    config, likelihood = network.config, likelihood_of(network.config)
    latents = ops.transpose(latents, (1, 2, 0, 3))
    own = likelihood_weights(config, weights)

    def painted(canvas: Tensor, uniform: Tensor) -> tuple[Tensor, Tensor]:
        """The next image that is looked at, and the mean image; what is seen is put back."""
        mean = likelihood.mean(canvas)
        drawn = likelihood.sample(own, canvas, uniform) if between == "sample" else mean
        return tuple(hidden * image + (1 - hidden) * x for image in (drawn, mean))

    def once_more(
        images: tuple[Tensor, Tensor], noise: tuple[Tensor, Tensor]
    ) -> tuple[tuple[Tensor, Tensor], None]:
        normal, uniform = noise
        found = recurrence.unroll(config, weights, images[0], y, normal)
        return painted(found.canvas, uniform), None

    blank = recurrence.initial_state(config, weights, x.shape[0], x.dtype).canvas
    uniform = ops.swapaxes(uniform, 0, 1)
    images, _ = ops.scan(once_more, painted(blank, uniform[0]), (latents, uniform[1:]))
    return images[1]


def start_image(network: Network) -> np.ndarray:
    """The image that a canvas without strokes shows, in [0, 1] (H, W, C)."""
    config, weights = network.config, network.runner.tensors()
    canvas = recurrence.initial_state(config, weights, 1, "float32").canvas
    image = ops.convert_to_numpy(likelihood_of(config).mean(canvas))
    return np.asarray(image, "float32").reshape(config.image_shape)


def _seeds(seed: int, stream: int, rows: int, n: int) -> list[tuple[int, ...]]:
    """One for every answer to every image, the same whatever n is."""
    return [(seed, stream, row, answer) for row in range(rows) for answer in range(n)]


@dataclass(frozen=True)
class _Draws:
    """Noise of many chains, drawn when its batch comes; of each chain from a seed of its own."""

    kind: Literal["normal", "uniform"]
    chains: list[tuple[int, ...]]
    """seeds."""
    size: tuple[int, ...]
    """of one chain's."""

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.chains), *self.size)

    def __len__(self) -> int:
        return len(self.chains)

    def __getitem__(self, rows: slice) -> np.ndarray:
        draw = {"normal": "standard_normal", "uniform": "random"}[self.kind]
        return np.stack(
            [
                getattr(np.random.default_rng(seed), draw)(self.size, dtype="float32")
                for seed in self.chains[rows]
            ]
        )


def check_mask(shape: tuple[int, int, int], mask: Any, count: int) -> np.ndarray:
    """Which pixels are hidden, as a person gave it.

    Args:
        shape: of one image.
        mask: booleans, or 0 and 1: (H, W) for all images, or (N, H, W); a last axis of 1 may be
            there.
        count: N.

    Returns:
        Booleans (N, D): a pixel's channels are hidden together.

    Raises:
        ValueError: if it is of another shape, holds other values, or hides nothing.
    """
    height, width, channels = shape
    mask = as_array(mask, "Masks")
    given = mask.shape
    mask = mask[..., 0] if given[-1:] == (1,) and given[-3:-1] == (height, width) else mask
    if mask.shape not in ((height, width), (count, height, width)):
        raise ValueError(
            f"The mask has shape {given}; expected ({height}, {width}) for all images, or "
            f"({count}, {height}, {width})."
        )
    if not np.isin(mask, (0, 1)).all():
        raise ValueError("The mask holds other values than True (hidden) and False (seen).")
    mask = np.broadcast_to(mask.astype(bool), (count, height, width))
    if not mask.any(axis=(1, 2)).all():
        raise ValueError(
            "The mask hides nothing of an image: True is a hidden pixel, False one that is seen."
        )
    return np.repeat(mask.reshape(count, -1), channels, axis=1)
