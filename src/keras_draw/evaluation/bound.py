"""How likely a network finds images: the bound and its parts, and a tighter one."""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from keras_draw.models.draw import DRAW
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.weighting import log_mean_weights
from keras_draw.pixels import as_fractions

CHUNK = 1000
"""Images whose noise and strokes are in memory at once."""
MOST_PAINTED = 2e8
"""Pixels of all timesteps that are in memory at once; larger networks get smaller chunks."""
PAINTED_AT_ONCE = 50
"""Images whose losses are computed in float64 at once."""
EPSILON = 1e-7
"""Reconstructions are kept this far from 0 and 1 in their cross-entropy, as float32 has them."""

OnChunk = Callable[[], None]
"""Called after every chunk of images (and, for importance weights, every draw of one)."""


class Mean(NamedTuple):
    """A mean over images."""

    value: float
    standard_error: float


class BoundReport(NamedTuple):
    """The evidence lower bound and its parts, over a set of images."""

    images: int
    """N, images."""
    elbo: Mean
    """nats per image."""
    reconstruction: Mean
    """-log p(x | z), nats per image."""
    kl: Mean
    """nats per image."""
    kl_per_timestep: np.ndarray
    """nats per image (T,)."""
    bits_per_dim: float | None
    """of the bound, where it is a code length: Bernoulli on pixels that are 0 or 1, or discretized
    logistics."""


class ReconstructionReport(NamedTuple):
    """How far the image painted so far is from the real one, after every timestep."""

    cross_entropy: np.ndarray
    """nats per pixel (T,)."""
    mse: np.ndarray
    """mean squared error of pixels in [0, 1] (T,)."""


class LikelihoodReport(NamedTuple):
    """The importance-weighted bound on log p(x): in expectation a lower bound that rises with K."""

    images: int
    """N, images."""
    samples: int
    """K, draws of the latents for each."""
    log_likelihood: Mean
    """nats per image; its error is that of the mean over images."""
    per_image: np.ndarray
    """nats (N,)."""
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
        seed: of the draws, and of the binarization where the network binarizes.
        on_chunk: called after every thousand images.

    Returns:
        Means over images, with standard errors.

    Source: Gregor et al. 2015, Eqs. 9 to 12, with the KL's constant put right.
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
        x: images (N, H, W, C), uint8 or floats in [0, 1]; grey ones stay grey.
        y: labels (N,), for a conditional network.
        seed: of the draws.
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
    """Cross-entropy and squared error of floats, summed over images and pixels (2, T)."""
    real = images[:, None]
    steps = steps.astype(np.float64)
    p = np.clip(steps, EPSILON, 1 - EPSILON)
    cross_entropy = -(real * np.log(p) + (1 - real) * np.log1p(-p))
    return np.stack([a.sum(axis=(0, 2, 3, 4)) for a in (cross_entropy, (real - steps) ** 2)])


def log_likelihood(
    model: DRAW, x: np.ndarray, y: np.ndarray | None = None, *, samples: int = 100, seed: int = 0,
    on_chunk: OnChunk | None = None,
) -> LikelihoodReport:  # fmt: skip
    """A lower bound on log p(x): log of the mean of K importance weights p(x, z) / q(z | x).

    Its expectation rises towards log p(x) with K and never exceeds it: quote K.

    Args:
        model: the network.
        x: images (N, H, W, C), uint8 or floats in [0, 1].
        y: labels (N,), for a conditional network.
        samples: K, 1 or more.
        seed: of the draws, and of the binarization where the network binarizes.
        on_chunk: called after each draw of every thousand images.

    Returns:
        The bound of every image, and its mean.

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
    """A bound in nats per image as bits per pixel and channel, where it is a code length.

    Args:
        model: the network.
        x: the images.
        nats: log p(x), per image.

    Returns:
        Bits, or None: of grey pixels a Bernoulli network has no likelihood, and a Gaussian one
        only a density. Discretized logistics are a code length of every 8-bit image.
    """
    binary = binarization(model, x) != "none"
    if likelihood_of(model.config).meaning(binary=binary) != "code length":
        return None
    return -nats / (model.config.num_pixels * math.log(2))


def binarization(model: DRAW, x: np.ndarray) -> str:
    """How pixels became 0 or 1. Fixed and dynamic binarization are two data sets.

    Args:
        model: the network.
        x: the images.

    Returns:
        `"fixed"` if they are so in the images, `"dynamic"` if the network draws them anew each time
        it sees an image, else `"none"`.
    """
    white = 255 if x.dtype == np.uint8 else 1
    if np.isin(x, (0, white)).all():
        return "fixed"
    return "dynamic" if model.config.dynamic_binarization else "none"


def mean(values: np.ndarray) -> Mean:
    """The mean over images, and its standard error (NaN for one image)."""
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
