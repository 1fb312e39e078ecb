"""The likelihood a network assigns to images: the bound and its parts, and a tighter bound."""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from keras_draw.models.draw import DRAW
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.weighting import log_mean_weights
from keras_draw.pixels import as_fractions

CHUNK = 1000
"""Number of images whose noise and strokes are in memory at once."""
MOST_PAINTED = 2e8
"""Number of pixels, over all timesteps, in memory at once; larger networks get smaller chunks."""
PAINTED_AT_ONCE = 50
"""Number of images whose losses are computed in float64 at once."""
EPSILON = 1e-7
"""For the cross-entropy, reconstructions are clipped this far from 0 and 1, as float32 is."""

OnChunk = Callable[[], None]
"""Called after every chunk of images (for importance weights: after every draw of a chunk)."""


class Mean(NamedTuple):
    """A mean over images, and its standard error."""

    value: float
    standard_error: float


class BoundReport(NamedTuple):
    """The evidence lower bound and its parts, over a set of images."""

    images: int
    """N, the number of images."""
    elbo: Mean
    """in nats per image."""
    reconstruction: Mean
    """-log p(x | z) in nats per image."""
    kl: Mean
    """in nats per image."""
    kl_per_timestep: np.ndarray
    """in nats per image (T,)."""
    bits_per_dim: float | None
    """the bound in bits per pixel and channel, if it is a code length: for Bernoulli on pixels that
    are 0 or 1, and for discretized logistics. Otherwise None."""


class ReconstructionReport(NamedTuple):
    """Error of the image painted so far, after every timestep."""

    cross_entropy: np.ndarray
    """in nats per pixel (T,)."""
    mse: np.ndarray
    """mean squared error of pixels in [0, 1] (T,)."""


class LikelihoodReport(NamedTuple):
    """The importance-weighted bound on log p(x): in expectation a lower bound that rises with K."""

    images: int
    """N, the number of images."""
    samples: int
    """K, the number of draws of the latents per image."""
    log_likelihood: Mean
    """in nats per image; the standard error is that of the mean over images."""
    per_image: np.ndarray
    """the bound of each image in nats (N,)."""
    bits_per_dim: float | None
    """as in `BoundReport`."""


def bound(
    model: DRAW, x: np.ndarray, y: np.ndarray | None = None, *, seed: int = 0,
    on_chunk: OnChunk | None = None,
) -> BoundReport:  # fmt: skip
    """The bound on log p(x), with one draw of the latents per image and the KL in closed form.

    Args:
        model: the network.
        x: images (N, H, W, C), uint8 or floats in [0, 1].
        y: labels (N,), for a conditional network.
        seed: seed of the draws, and of the binarization if the network binarizes.
        on_chunk: called after every thousand images.

    Returns:
        Means over images, with standard errors.

    Source: Gregor et al. 2015, Eqs. 9 to 12, with the constant of the KL corrected.
    """
    parts = []
    for i, (images, labels) in enumerate(_chunks(x, y)):
        parts.append(model.elbo(images, labels, seed=seed + i))
        if on_chunk:
            on_chunk()
    elbo, reconstruction, kl = (np.concatenate(part) for part in zip(*parts, strict=True))
    return BoundReport(
        images=len(elbo),
        elbo=mean(elbo),
        reconstruction=mean(reconstruction),
        kl=mean(kl.sum(axis=1)),
        kl_per_timestep=kl.mean(axis=0, dtype=np.float64),
        bits_per_dim=bits_per_dim(model, x, float(elbo.mean(dtype=np.float64))),
    )


def reconstruction(
    model: DRAW, x: np.ndarray, y: np.ndarray | None = None, *, seed: int = 0,
    on_chunk: OnChunk | None = None,
) -> ReconstructionReport:  # fmt: skip
    """Cross-entropy and squared error of the reconstruction after every timestep.

    Args:
        model: the network.
        x: images (N, H, W, C), uint8 or floats in [0, 1]; the errors are for the grey values.
        y: labels (N,), for a conditional network.
        seed: seed of the draws.
        on_chunk: called after every thousand images.

    Returns:
        Means over pixels and images, as the thesis plots them.
    """
    total = np.zeros((2, model.config.timesteps))
    painted = model.config.timesteps * model.config.num_pixels
    for i, (images, labels) in enumerate(_chunks(x, y, int(MOST_PAINTED // painted) or 1)):
        steps = model.reconstruct_strokes(images, labels, seed=seed + i).images
        for some, again in _chunks(images, steps, PAINTED_AT_ONCE):
            total += _losses(some, again)
        if on_chunk:
            on_chunk()
    total /= len(x) * model.config.num_pixels
    return ReconstructionReport(total[0], total[1])


def _losses(images: np.ndarray, steps: Any) -> np.ndarray:
    """Cross-entropy and squared error, summed over images and pixels (2, T)."""
    real = images[:, None]
    steps = steps.astype(np.float64)
    p = np.clip(steps, EPSILON, 1 - EPSILON)
    cross_entropy = -(real * np.log(p) + (1 - real) * np.log1p(-p))
    return np.stack([a.sum(axis=(0, 2, 3, 4)) for a in (cross_entropy, (real - steps) ** 2)])


def log_likelihood(
    model: DRAW, x: np.ndarray, y: np.ndarray | None = None, *, samples: int = 100, seed: int = 0,
    on_chunk: OnChunk | None = None,
) -> LikelihoodReport:  # fmt: skip
    """A lower bound on log p(x): the log of the mean of K importance weights p(x, z) / q(z | x).

    Its expectation rises towards log p(x) with K and never exceeds it. Always report K with it.

    Args:
        model: the network.
        x: images (N, H, W, C), uint8 or floats in [0, 1].
        y: labels (N,), for a conditional network.
        samples: K, 1 or more.
        seed: seed of the draws, and of the binarization if the network binarizes.
        on_chunk: called after each draw of every thousand images.

    Returns:
        The bound of each image, and the mean over images.

    Raises:
        ValueError: if `samples` is below 1 or above a million.

    Source: Burda et al. 2016 (arXiv 1509.00519), Eq. 8.
    """
    found = [
        log_mean_weights(model, images, labels, samples=samples, seed=seed + i, on_draw=on_chunk)
        for i, (images, labels) in enumerate(_chunks(x, y))
    ]
    per_image = np.concatenate(found)
    return LikelihoodReport(
        images=len(per_image),
        samples=samples,
        log_likelihood=mean(per_image),
        per_image=per_image,
        bits_per_dim=bits_per_dim(model, x, float(per_image.mean())),
    )


def bits_per_dim(model: DRAW, x: np.ndarray, nats: float) -> float | None:
    """Convert a bound in nats per image to bits per pixel and channel, if it is a code length.

    Args:
        model: the network.
        x: the images.
        nats: the bound on log p(x), in nats per image.

    Returns:
        Bits per pixel and channel; None if the bound is not a code length: a Bernoulli network does
        not define a likelihood of grey pixels, and a Gaussian one only a density. Discretized
        logistics give a code length for every 8-bit image.
    """
    binary = binarization(model, x) != "none"
    if likelihood_of(model.config).meaning(binary=binary) != "code length":
        return None
    return -nats / (model.config.num_pixels * math.log(2))


def binarization(model: DRAW, x: np.ndarray) -> str:
    """How pixels are binarized. Results for fixed and dynamic binarization are not comparable.

    Args:
        model: the network.
        x: the images.

    Returns:
        `"fixed"` if the images are binary, `"dynamic"` if the network samples binary pixels each
        time it sees an image, otherwise `"none"`.
    """
    white = 255 if x.dtype == np.uint8 else 1
    if np.isin(x, (0, white)).all():
        return "fixed"
    return "dynamic" if model.config.dynamic_binarization else "none"


def mean(values: np.ndarray) -> Mean:
    """The mean over images, and its standard error (NaN for a single image)."""
    values = np.asarray(values, np.float64)
    error = values.std(ddof=1) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return Mean(float(values.mean()), float(error))


def _chunks(
    x: np.ndarray, y: np.ndarray | None, most: int = CHUNK
) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    size = min(CHUNK, most)
    for start in range(0, len(x), size):
        rows = slice(start, start + size)
        yield as_fractions(x[rows]), None if y is None else y[rows]
