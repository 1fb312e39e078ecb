"""The Kernel Inception Distance, and the sample of features that it needs."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

LIMIT = 10_000
"""Images that a sample holds at most."""
SIZE = 1000
"""Images of one subset."""


class KID(NamedTuple):
    """The squared maximum mean discrepancy under a cubic kernel."""

    kid: float
    """mean over disjoint subsets; unbiased, so that it may fall below 0."""
    standard_error: float
    """of that mean, from the spread between subsets; NaN where there is only one."""
    subsets: int
    """disjoint pairs of subsets."""
    size: int
    """images in each."""


def sample(batches: Iterable[np.ndarray], limit: int = LIMIT, seed: int = 0) -> np.ndarray:
    """A uniform sample of a stream of features, in memory that does not grow with it.

    Args:
        batches: features (B, F).
        limit: rows that are kept at most.
        seed: of the choice.

    Returns:
        (min(N, limit), F): all rows in order, if there are no more than `limit`.

    Source: Vitter 1985, algorithm R.
    """
    random = np.random.default_rng(seed)
    kept: list[np.ndarray] = []
    seen = 0
    for batch in batches:
        for row in np.asarray(batch):
            seen += 1
            if len(kept) < limit:
                kept.append(row)
            elif (place := int(random.integers(seen))) < limit:
                kept[place] = row
    if not kept:
        raise ValueError("There are no images.")
    return np.stack(kept)


def kid(a: np.ndarray, b: np.ndarray, size: int = SIZE, seed: int = 0) -> KID:
    """KID over disjoint random subsets, which are independent: their spread is an honest error.

    Args:
        a: features (N, F).
        b: features (M, F).
        size: images of a subset; less where a group has fewer.
        seed: of the subsets.

    Returns:
        Mean and standard error.

    Raises:
        ValueError: if a group has fewer than two images, or the features differ in size.

    Example:
        >>> kid(np.zeros((4, 2)), np.zeros((4, 2)), size=2).kid
        0.0

    Source: Bińkowski et al. 2018 (arXiv 1801.01401), section 4.
    """
    if a.shape[1:] != b.shape[1:]:
        raise ValueError(
            f"The groups have features {a.shape[1:]} and {b.shape[1:]}; use one extractor for both."
        )
    fewest = min(len(a), len(b))
    if fewest < 2:
        raise ValueError(f"A group has {fewest} images; KID needs 2 or more of each.")
    size = min(size, fewest)
    subsets = fewest // size
    random = np.random.default_rng(seed)
    rows_a, rows_b = (
        random.permutation(len(x))[: subsets * size].reshape(subsets, size) for x in (a, b)
    )
    values = [_discrepancy(a[i], b[j]) for i, j in zip(rows_a, rows_b, strict=True)]
    error = float(np.std(values, ddof=1) / np.sqrt(subsets)) if subsets > 1 else float("nan")
    return KID(float(np.mean(values)), error, subsets, size)


def _discrepancy(x: np.ndarray, y: np.ndarray) -> float:
    """The unbiased estimate of MMD squared, k(x, y) = (x . y / F + 1)^3."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)

    def kernel(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        return (u @ v.T / u.shape[1] + 1) ** 3

    def within(u: np.ndarray) -> float:
        values = kernel(u, u)
        return float((values.sum() - np.trace(values)) / (len(u) * (len(u) - 1)))

    return within(x) + within(y) - 2 * float(kernel(x, y).mean())
