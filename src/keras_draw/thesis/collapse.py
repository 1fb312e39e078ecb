"""Which weight of the KL puts all latents to sleep: an eigenvalue of the data, against the weight.

A network is collapsed where posteriors are the prior and the canvas is the logit of the mean image
p, whatever z is. Let z move the canvas by b z, one latent for simplicity, and let the posterior be
N(m(x), s^2), all of it small. With S = diag p(1 - p), the cross-entropy's second derivative there,
the loss in nats, reconstruction + beta KL, changes to second order by

    mean over x of [ (p - x)'b m(x) + 1/2 b'S b s^2 + beta/2 (m(x)^2 + s^2 - 1 - ln s^2) ].

The best encoder is m(x) = (x - p)'b / beta with s = 1, and leaves 1/2 b'(S - Cov / beta) b; Cov is
the images' covariance. So the loss falls along some b exactly if the largest eigenvalue of
S^-1/2 Cov S^-1/2 is above beta, and the number of eigenvalues above it is that of the directions in
which it falls. Neither the network's form nor T enters: latents of all timesteps move one canvas.

Where it falls the collapsed state is a saddle. Training leaves it, but slowly: encoder and decoder
are both near nothing there, and each learns only as fast as the other is large. Where it does not
fall, latents that sleep stay asleep. (With squared error of variance sigma^2, S is 1 / sigma^2 and
Cov becomes Cov / sigma^4: latents sleep if Cov's largest eigenvalue is below beta sigma^2, which at
beta 1 is probabilistic PCA's rule, Tipping and Bishop 1999.)
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import eigvalsh

from keras_draw.config import DRAWConfig
from keras_draw.data import load_images
from keras_draw.models.objective import kl_scale

CHUNK = 1000
"""Images that are in memory as float64 at once."""


class Collapse(NamedTuple):
    """What a weight of the KL does to latents that sleep."""

    images: int
    """N."""
    beta: float
    """the KL's weight, against a cross-entropy summed over pixels."""
    eigenvalues: np.ndarray
    """the largest of S^-1/2 Cov S^-1/2, falling."""
    unstable: int
    """how many of all are above beta; 0: collapsed networks stay so."""


def spectrum(images: np.ndarray) -> np.ndarray:
    """The eigenvalues of S^-1/2 Cov S^-1/2 over a set of images.

    Args:
        images: uint8 or floats in [0, 1] (N, H, W, C).

    Returns:
        One per pixel and channel (D,), falling. A pixel that never changes has none, and counts as
        a 0.

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
    """The KL's weight against a cross-entropy summed over pixels, whatever the objective.

    Args:
        config: of the network.

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
    """Whether a weight of the KL holds a data set's latents asleep.

    Args:
        dataset: a specification of images.
        beta: the weight, as `beta_of` says it.
        by_class: look at every class by itself as well, for a conditional network, whose collapsed
            state is the mean image of each.
        shown: how many eigenvalues to return.
        data_dir: where named data sets are looked for first.

    Returns:
        `"all"`, and every class by its name.

    Raises:
        ValueError: if beta is not above 0, or the set has no classes to look at.
    """
    if not 0 < beta < np.inf:
        raise ValueError(f"beta is {beta:g}; expected a number above 0.")
    if shown < 1:
        raise ValueError(f"shown is {shown}; expected 1 or more eigenvalues.")
    data = load_images(dataset, data_dir=data_dir)
    if by_class and data.labels is None:
        raise ValueError(f"{dataset} has no labels, so that there is no class to look at.")
    groups = {"all": data.images}
    if by_class:
        labels: Any = data.labels
        for k in np.unique(labels):
            groups[data.class_names[k]] = groups["all"][labels == k]
    found = {}
    for name, images in groups.items():
        values = spectrum(images)
        found[name] = Collapse(len(images), beta, values[:shown], int((values > beta).sum()))
    return found
