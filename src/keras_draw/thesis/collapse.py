"""Which KL weight makes all latents collapse: compare an eigenvalue of the data with the weight.

A network is collapsed if the posterior equals the prior and the canvas is the logit of the mean
image p for every z. Consider one latent z that moves the canvas by b z, with the posterior
N(m(x), s^2), where b and m are small. Let S = diag p(1 - p), the second derivative of the
cross-entropy at this canvas. The loss in nats, reconstruction + beta KL, changes to second order by

    mean over x of [ (p - x)'b m(x) + 1/2 b'S b s^2 + beta/2 (m(x)^2 + s^2 - 1 - ln s^2) ].

The best encoder is m(x) = (x - p)'b / beta with s = 1. It leaves 1/2 b'(S - Cov / beta) b, where
Cov is the covariance of the images. So the loss decreases along some b exactly if the largest
eigenvalue of S^-1/2 Cov S^-1/2 is above beta. The number of eigenvalues above beta is the number of
directions in which the loss decreases. Neither the architecture nor T matters, because the latents
of all timesteps move the same canvas.

If the loss decreases in some direction, the collapsed state is a saddle point. Training leaves it,
but slowly: encoder and decoder are both close to zero there, and the gradient of each is
proportional to the size of the other. Otherwise a collapsed network stays collapsed. (For squared
error with variance sigma^2, S is 1 / sigma^2 and Cov becomes Cov / sigma^4. Latents collapse if the
largest eigenvalue of Cov is below beta sigma^2; for beta = 1 this is the rule of probabilistic PCA,
Tipping and Bishop 1999.)
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import eigvalsh

from keras_draw.config import DRAWConfig
from keras_draw.data import load_images
from keras_draw.models.objective import kl_scale

CHUNK = 1000
"""Images that are held in memory as float64 at the same time."""


class Collapse(NamedTuple):
    """Whether a collapsed network stays collapsed at a given KL weight."""

    images: int
    """number of images N."""
    beta: float
    """the KL weight, relative to a cross-entropy summed over pixels."""
    eigenvalues: np.ndarray
    """the largest eigenvalues of S^-1/2 Cov S^-1/2, in decreasing order."""
    unstable: int
    """number of all eigenvalues above beta; if it is 0, collapsed networks stay collapsed."""


def spectrum(images: np.ndarray) -> np.ndarray:
    """Compute the eigenvalues of S^-1/2 Cov S^-1/2 for a set of images.

    Args:
        images: uint8 or floats in [0, 1] (N, H, W, C).

    Returns:
        One eigenvalue per pixel and channel (D,), in decreasing order. A constant pixel counts as
        an eigenvalue of 0.

    Example:
        >>> bits = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> copied = np.repeat(bits, [3, 1], axis=1).reshape(4, 2, 2, 1)    # the first bit, 3 times
        >>> spectrum(copied.astype(float))[:2].round(6).tolist()
        [3.0, 1.0]
    """
    pixels = images.reshape(len(images), -1)
    white = 255.0 if images.dtype == np.uint8 else 1.0
    p = pixels.mean(axis=0, dtype=np.float64) / white
    varies = pixels.min(axis=0) < pixels.max(axis=0)
    mean, scale = p[varies], np.sqrt(p[varies] * (1 - p[varies]))
    product = np.zeros((len(mean), len(mean)))
    for start in range(0, len(pixels), CHUNK):
        part = (pixels[start : start + CHUNK, varies] / white - mean) / scale
        product += part.T @ part
    found = np.zeros(pixels.shape[1])
    if len(mean):
        found[: len(mean)] = eigvalsh(product / len(pixels))[::-1]
    return found


def beta_of(config: DRAWConfig) -> float:
    """Return the KL weight relative to a cross-entropy summed over pixels, for any objective.

    Args:
        config: the network's configuration.

    Example:
        >>> beta_of(DRAWConfig(image_shape=(28, 28, 1), objective="thesis", timesteps=8,
        ...                    latent_dim=8))
        12.25
    """
    pixels = config.num_pixels if config.objective == "thesis" else 1
    return kl_scale(config) * pixels


def collapse(
    dataset: str,
    *,
    beta: float,
    by_class: bool = False,
    shown: int = 10,
    data_dir: str | Path | None = None,
) -> dict[str, Collapse]:
    """Determine whether collapsed networks stay collapsed on a data set at a KL weight.

    Args:
        dataset: a specification of images.
        beta: the KL weight, as returned by `beta_of`.
        by_class: also analyse each class separately, for a conditional network, whose collapsed
            state is the mean image of each class.
        shown: how many eigenvalues to return.
        data_dir: folder in which named data sets are looked for first.

    Returns:
        `"all"` -> the result for all images; with `by_class` also class name -> its result.

    Raises:
        ValueError: if beta is not above 0, `shown` is below 1, or the images have no labels for
            `by_class`.
    """
    if not 0 < beta < np.inf:
        raise ValueError(f"beta is {beta:g}; expected a number above 0.")
    if shown < 1:
        raise ValueError(f"shown is {shown}; expected 1 or more eigenvalues.")
    data = load_images(dataset, data_dir=data_dir)
    if by_class and data.labels is None:
        raise ValueError(f"{dataset} has no labels, so there are no classes to analyse.")
    groups = {"all": data.images}
    if by_class:
        labels: Any = data.labels
        for k in np.unique(labels):
            name = data.class_names[k]
            groups["the class all" if name == "all" else name] = data.images[labels == k]
    found = {}
    for name, images in groups.items():
        values = spectrum(images)
        found[name] = Collapse(len(images), beta, values[:shown], int((values > beta).sum()))
    return found
