"""Complete images: a network draws their hidden pixels.

`complete` is also a method of `DRAW`.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from keras import ops

from keras_draw.config import whole_number
from keras_draw.models import recurrence
from keras_draw.models.inputs import check_images
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.memory import FLOAT, check_fits
from keras_draw.models.outputs import Tensor
from keras_draw.models.running import Network
from keras_draw.models.weights import Weights, likelihood_weights
from keras_draw.pixels import as_array, as_fractions

Between = Literal["sample", "mean"]
"""How hidden pixels are filled between two rounds: sampled from p(x | canvas), or by the mean."""
ROUNDS = 100
"""Default number of rounds per chain; docs/results.md shows the effect of fewer."""


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
    """Fill in the hidden pixels of images.

    Each answer is a Markov chain. The hidden pixels start from the initial canvas. In each round,
    latents are drawn from the posterior of the current image, an image is painted from them, and
    its visible pixels are replaced by the given ones. If the posterior is exact, the chain
    converges to p(hidden | visible).

    Args:
        network: a `DRAW`.
        x: images (N, H, W, C); the values of hidden pixels are ignored.
        mask: True for hidden pixels: (H, W) for all images, or (N, H, W).
        y: labels, as indices or class names, for a conditional network.
        n: number of answers per image, 1 or more; each is an independent chain.
        rounds: number of rounds per chain, 1 or more.
        between: `"sample"` samples the hidden pixels between two rounds; `"mean"` takes them from
            the mean image.
        seed: seed of all draws; the first answers do not depend on `n`.
        batch_size: chains at a time.

    Returns:
        float32 in [0, 1], (N, n, H, W, C): the visible pixels as given, the hidden ones from the
        mean image of the last round.

    Raises:
        ValueError: if images, mask or labels do not fit, or the likelihood cannot be sampled.

    Example:
        >>> lower_half = np.arange(8)[:, None].repeat(8, axis=1) >= 4
        >>> model.complete(images[:5], lower_half, labels[:5], n=2, rounds=3).shape
        (5, 2, 8, 8, 1)

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
            f"Likelihood {config.likelihood!r} cannot be sampled, so pixels cannot be drawn "
            "between two rounds: use between='mean'."
        )
    x = as_array(x, "Images")
    hidden = check_mask(config.image_shape, mask, len(x))
    x = _without_hidden_nan(x, hidden, config.image_shape)
    visible = as_fractions(check_images(config, x)).reshape(len(x), -1)
    x, y = network.runner.images(x, y, seed)
    needed = FLOAT * len(x) * n * 5.0 * config.num_pixels
    check_fits(needed, f"{n} answers for {len(x)} images", "pass fewer images at once")
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
    # The visible pixels of `x` may be binarized: put back those that were given.
    found = np.where(np.repeat(hidden, n, axis=0), found, np.repeat(visible, n, axis=0))
    return np.asarray(found, "float32").reshape(-1, n, *config.image_shape)


def _without_hidden_nan(x: np.ndarray, hidden: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Images whose hidden pixels may have been marked by NaN, with zeros there."""
    if x.shape != (len(hidden), *shape) or not np.issubdtype(x.dtype, np.floating):
        return x
    return np.where(hidden.reshape(x.shape) & ~np.isfinite(x), 0, x)


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
    """Run all rounds of a batch of chains: a scan over rounds, each of which scans the strokes.

    Args:
        network: a `DRAW`.
        weights: all weights by name.
        x: images in [0, 1] (B, D).
        hidden: 1 for hidden pixels, 0 for visible ones (B, D).
        y: one-hot classes (B, K), or None.
        latents: standard normal noise (B, rounds, T, Z).
        uniform: noise of the pixels in [0, 1) (B, rounds + 1, S); the first row is for the initial
            canvas.
        between: as in `complete`.

    Returns:
        The mean image of each chain's last round, with the visible pixels as given (B, D).
    """
    config, likelihood = network.config, likelihood_of(network.config)
    latents = ops.transpose(latents, (1, 2, 0, 3))
    own = likelihood_weights(config, weights)

    def painted(canvas: Tensor, uniform: Tensor) -> tuple[Tensor, Tensor]:
        """The next image to encode, and the mean image, both with the visible pixels put back."""
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
    """The mean image of the initial canvas, before any stroke, in [0, 1] (H, W, C)."""
    config, weights = network.config, network.runner.tensors()
    canvas = recurrence.initial_state(config, weights, 1, "float32").canvas
    image = ops.convert_to_numpy(likelihood_of(config).mean(canvas))
    return np.asarray(image, "float32").reshape(config.image_shape)


def _seeds(seed: int, stream: int, rows: int, n: int) -> list[tuple[int, ...]]:
    """One seed for every answer to every image; an answer's seed does not depend on n."""
    return [(seed, stream, row, answer) for row in range(rows) for answer in range(n)]


@dataclass(frozen=True)
class _Draws:
    """The noise of many chains, drawn only when its batch is sliced; one seed per chain."""

    kind: Literal["normal", "uniform"]
    chains: list[tuple[int, ...]]
    """one seed per chain."""
    size: tuple[int, ...]
    """shape of one chain's noise."""

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
    """Check a mask of hidden pixels from the user.

    Args:
        shape: of one image, (H, W, C).
        mask: booleans, or 0 and 1: (H, W) for all images, or (N, H, W); a trailing axis of 1 is
            allowed.
        count: N, the number of images.

    Returns:
        Booleans (N, D); all channels of a hidden pixel are hidden.

    Raises:
        ValueError: if the mask has another shape or other values, or hides nothing of an image.
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
        raise ValueError("The mask may only contain True (hidden) and False (visible).")
    mask = np.broadcast_to(mask.astype(bool), (count, height, width))
    if not mask.any(axis=(1, 2)).all():
        raise ValueError(
            "The mask hides no pixel of at least one image: True is a hidden pixel, False a "
            "visible one."
        )
    return np.repeat(mask.reshape(count, -1), channels, axis=1)
