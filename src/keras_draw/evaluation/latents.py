"""How a network uses its latent variables: the variance law, active and inactive variables."""

import math
from typing import Any, NamedTuple

import numpy as np
from keras.ops import convert_to_numpy

from keras_draw.evaluation.bound import CHUNK, OnChunk
from keras_draw.models.draw import DRAW
from keras_draw.models.objective import gaussian_kl
from keras_draw.pixels import as_fractions

ACTIVE_ABOVE = 0.01
"""A latent is an active unit if the variance of its posterior mean over images exceeds this."""


class LatentUse(NamedTuple):
    """Statistics over images for each latent of each timestep."""

    images: int
    """N, the number of images."""
    mean_var: np.ndarray
    """mean of the posterior's variance exp(log_var) (T, Z)."""
    var_mean: np.ndarray
    """variance of the posterior's mean mu (T, Z)."""
    kl: np.ndarray
    """mean KL to N(0, 1) in nats (T, Z)."""
    threshold: float
    """a variable is inactive if its mean_var exceeds this."""

    @property
    def variance_law(self) -> np.ndarray:
        """var_mean + mean_var (T, Z): about 1 in a well-regularised VAE."""
        return self.var_mean + self.mean_var

    @property
    def inactive(self) -> np.ndarray:
        """Number of inactive variables per timestep (T,)."""
        return (self.mean_var > self.threshold).sum(axis=1)

    @property
    def active(self) -> np.ndarray:
        """Number of active units per timestep (T,): latents whose posterior mean varies with x.

        Source: Burda et al. 2016, section 5.2, A_u = Cov_x(E_q(u|x)[u]) > 0.01.
        """
        return (self.var_mean > ACTIVE_ABOVE).sum(axis=1)

    def fields(self) -> dict[str, Any]:
        """The statistics as plain values, by their names in `evaluation.json`."""
        return {
            "variance_law": float(self.variance_law.mean()),
            "variance_law_per_timestep": self.variance_law.mean(axis=1).tolist(),
            "mean_var_per_timestep": self.mean_var.mean(axis=1).tolist(),
            "var_mean_per_timestep": self.var_mean.mean(axis=1).tolist(),
            "kl_per_latent": [[float(f"{v:.6g}") for v in row] for row in self.kl],
            "inactive_variables": int(self.inactive.sum()),
            "inactive_variables_per_timestep": self.inactive.tolist(),
            "active_units": int(self.active.sum()),
            "active_units_per_timestep": self.active.tolist(),
            "latent_variables": int(self.mean_var.size),
            "threshold": self.threshold,
        }


def latent_use(
    model: DRAW, x: np.ndarray, y: np.ndarray | None = None, *, threshold: float = 0.9,
    seed: int = 0, on_chunk: OnChunk | None = None,
) -> LatentUse:  # fmt: skip
    """Measure the posteriors of a set of images.

    A posterior depends on the latents drawn at earlier timesteps; there is one draw per image.

    Args:
        model: the network.
        x: images (N, H, W, C), uint8 or floats in [0, 1]; two or more.
        y: labels (N,), for a conditional network.
        threshold: a variable is inactive if its mean_var exceeds this.
        seed: seed of the draws.
        on_chunk: called after every thousand images.

    Returns:
        Statistics over images.

    Raises:
        ValueError: if there are fewer than two images, or the threshold is not above 0.

    Source: Ballestrazzi 2019, section 2; Asperti 2018 for the variance law.
    """
    if not 0 < threshold < math.inf:
        raise ValueError(f"threshold is {threshold}; expected a finite number above 0.")
    if len(x) < 2:
        raise ValueError(f"There are {len(x)} images; a variance over images needs 2 or more.")
    shape = (model.config.timesteps, model.config.latent_dim)
    variance, kl, mean, scatter = np.zeros((4, *shape))
    for i, start in enumerate(range(0, len(x), CHUNK)):
        rows = slice(start, start + CHUNK)
        found = model.encode(as_fractions(x[rows]), None if y is None else y[rows], seed=seed + i)
        variance += np.exp(found.log_var).sum(axis=0, dtype=np.float64)
        nats = convert_to_numpy(gaussian_kl(found.mu, found.log_var))
        kl += nats.sum(axis=0, dtype=np.float64)
        mu, count = found.mu.astype(np.float64), len(found.mu)
        away = mu.mean(axis=0) - mean  # merged as in Chan et al. 1983
        scatter += mu.var(axis=0) * count + away**2 * (start * count / (start + count))
        mean += away * (count / (start + count))
        if on_chunk:
            on_chunk()
    return LatentUse(len(x), variance / len(x), scatter / len(x), kl / len(x), threshold)
