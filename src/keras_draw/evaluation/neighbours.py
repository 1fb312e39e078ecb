"""Precision, recall, density and coverage: what nearest neighbours say about generated images."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

ROWS = 256
"""Rows of distances that are in memory at once: few enough to stay near the processor."""


class Neighbours(NamedTuple):
    """Fidelity and variety, each on its own."""

    precision: float
    """share of generated images within the neighbourhood of some real one, 0 to 1."""
    recall: float
    """share of real images within the neighbourhood of some generated one, 0 to 1."""
    density: float
    """neighbourhoods of real images that a generated one lies in, over k; about 1 for equals."""
    coverage: float
    """share of real images with a generated one in their neighbourhood, 0 to 1."""
    k: int
    """the neighbour whose distance is a neighbourhood's radius."""


def neighbours(real: np.ndarray, generated: np.ndarray, k: int = 5) -> Neighbours:
    """Compare two groups by the balls that reach from each image to its k-th neighbour.

    An image on the edge of a ball is in it, as in torch-fidelity; the authors' own `prdc` leaves it
    out. Both are the same unless features repeat.

    Args:
        real: features (N, F).
        generated: features (M, F).
        k: 1 or more, below N and M.

    Returns:
        The four measures.

    Raises:
        ValueError: if a group has no more than k images, or the features differ in size.

    Source: Kynkäänniemi et al. 2019 (arXiv 1904.06991), Eqs. 1 and 2; Naeem et al. 2020
    (arXiv 2002.09797), Eqs. 4 and 6.
    """
    if k < 1 or min(len(real), len(generated)) <= k:
        raise ValueError(
            f"k is {k}, with {len(real)} real and {len(generated)} generated images; it must be 1 "
            "or more and below both."
        )
    if real.shape[1:] != generated.shape[1:]:
        raise ValueError(
            f"Real images have features {real.shape[1:]} and generated ones "
            f"{generated.shape[1:]}; use one extractor for both."
        )
    centre = real.mean(axis=0, dtype=np.float64)  # distances lose fewer digits near 0
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
    """Squared distance of each image to its k-th neighbour, itself not counted."""
    found = np.empty(len(x))

    def look(rows: slice, distances: np.ndarray) -> None:
        own = np.arange(rows.start, rows.stop)
        distances[own - rows.start, own] = -1.0  # each image is nearest to itself, also to rounding
        distances.partition(k, axis=1)
        found[rows] = distances[:, k]

    _by_rows(x, x, look)
    return found


def _by_rows(x: np.ndarray, y: np.ndarray, look: Callable[[slice, np.ndarray], None]) -> None:
    """Squared distances (rows of x, all of y), some rows at a time, each time the same array."""
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
