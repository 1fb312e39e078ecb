"""Precision, recall, density and coverage: nearest neighbours of real and generated images."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

ROWS = 256
"""Number of rows of the distance matrix in memory at once: few enough for the processor's cache."""


class Neighbours(NamedTuple):
    """Separate measures of the quality and the variety of generated images."""

    precision: float
    """share of generated images in the neighbourhood of at least one real image, 0 to 1."""
    recall: float
    """share of real images in the neighbourhood of at least one generated image, 0 to 1."""
    density: float
    """mean number of real neighbourhoods that contain a generated image, divided by k; about 1 if
    both groups have the same distribution."""
    coverage: float
    """share of real images with a generated image in their neighbourhood, 0 to 1."""
    k: int
    """the radius of a neighbourhood is the distance to the k-th neighbour."""


def neighbours(real: np.ndarray, generated: np.ndarray, k: int = 5) -> Neighbours:
    """Compare two groups by neighbourhoods: balls around each image up to its k-th neighbour.

    An image on the surface of a ball counts as inside, as in torch-fidelity; the authors' own
    `prdc` excludes it. The results only differ if features repeat.

    Args:
        real: features (N, F).
        generated: features (M, F).
        k: 1 or more, less than N and M.

    Returns:
        The four measures.

    Raises:
        ValueError: if a group has k images or fewer, or the features differ in size.

    Source: Kynkäänniemi et al. 2019 (arXiv 1904.06991), Eqs. 1 and 2; Naeem et al. 2020
    (arXiv 2002.09797), Eqs. 4 and 6.
    """
    if k < 1 or min(len(real), len(generated)) <= k:
        raise ValueError(
            f"k is {k}, with {len(real)} real and {len(generated)} generated images; k must be at "
            "least 1 and less than both numbers."
        )
    if real.shape[1:] != generated.shape[1:]:
        raise ValueError(
            f"Real images have features of shape {real.shape[1:]} and generated ones of shape "
            f"{generated.shape[1:]}; use the same extractor for both."
        )
    centre = real.mean(axis=0, dtype=np.float64)  # distances lose fewer digits near the origin
    real, generated = (np.asarray(x, np.float64) - centre for x in (real, generated))
    radius_real, radius_generated = (_radii(x, k) for x in (real, generated))
    inside = np.zeros(len(generated))
    covered = np.zeros(len(real), bool)
    recalled = np.zeros(len(real), bool)

    def look(rows: slice, distances: np.ndarray) -> None:
        within = distances <= radius_real[rows, None]
        inside[:] += within.sum(axis=0)
        covered[rows] = within.any(axis=1)
        recalled[rows] = (distances <= radius_generated).any(axis=1)

    _by_rows(real, generated, look)
    return Neighbours(
        precision=float((inside > 0).mean()),
        recall=float(recalled.mean()),
        density=float(inside.mean() / k),
        coverage=float(covered.mean()),
        k=k,
    )


def _radii(x: np.ndarray, k: int) -> np.ndarray:
    """Squared distance of each image to its k-th neighbour, not counting the image itself."""
    found = np.empty(len(x))

    def look(rows: slice, distances: np.ndarray) -> None:
        own = np.arange(rows.start, rows.stop)
        distances[own - rows.start, own] = -1.0  # each image is its own nearest, despite rounding
        distances.partition(k, axis=1)
        found[rows] = distances[:, k]

    _by_rows(x, x, look)
    return found


def _by_rows(x: np.ndarray, y: np.ndarray, look: Callable[[slice, np.ndarray], None]) -> None:
    """Call `look` with squared distances (some rows of x, all of y), a slice of rows at a time.

    All slices use the same array, which `look` may change.
    """
    lengths = (y**2).sum(axis=1)
    product, sums = np.empty((2, min(ROWS, len(x)), len(y)))
    for start in range(0, len(x), ROWS):
        part = x[start : start + ROWS]
        squared, lengths_both = product[: len(part)], sums[: len(part)]
        np.matmul(part, y.T, out=squared)
        squared *= 2
        np.add((part**2).sum(axis=1)[:, None], lengths, out=lengths_both)
        np.subtract(lengths_both, squared, out=squared)
        look(slice(start, start + len(part)), np.maximum(squared, 0, out=squared))
