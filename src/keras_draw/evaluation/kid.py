"""The Kernel Inception Distance (KID), and the sample of features that it needs."""

from typing import NamedTuple

import numpy as np

LIMIT = 10_000
"""Maximum number of images in a sample."""
SIZE = 1000
"""Images per subset."""


class KID(NamedTuple):
    """The squared maximum mean discrepancy under a cubic kernel."""

    kid: float
    """mean over disjoint subsets; unbiased, so it may be negative."""
    standard_error: float | None
    """standard error of that mean, from the spread between subsets; None for a single subset."""
    subsets: int
    """number of disjoint pairs of subsets."""
    size: int
    """images in each subset."""


class Sample:
    """A uniform sample of a stream of features, in constant memory.

    Args:
        limit: maximum number of rows to keep. If there are no more, all are kept, in order.
        seed: seed of the random choice.

    Source: Vitter 1985, algorithm R.
    """

    def __init__(self, limit: int = LIMIT, seed: int = 0) -> None:
        self.limit = limit
        self.random = np.random.default_rng(seed)
        self.kept: list[np.ndarray] = []
        self.seen = 0

    def add(self, batch: np.ndarray) -> None:
        """Add features (B, F) to the stream."""
        for row in batch:
            self.seen += 1
            if len(self.kept) < self.limit:
                self.kept.append(row.copy())
            elif (place := int(self.random.integers(self.seen))) < self.limit:
                self.kept[place] = row.copy()

    @property
    def rows(self) -> np.ndarray:
        """The sample (min(N, limit), F)."""
        return np.stack(self.kept)


def kid(a: np.ndarray, b: np.ndarray, size: int = SIZE, seed: int = 0) -> KID:
    """KID over disjoint random subsets. They are independent, so their spread gives the error.

    Args:
        a: features (N, F).
        b: features (M, F).
        size: images per subset; reduced if a group has fewer.
        seed: seed of the random subsets.

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
            f"The groups have features of shape {a.shape[1:]} and {b.shape[1:]}; use the same "
            "extractor for both."
        )
    fewest = min(len(a), len(b))
    if fewest < 2:
        raise ValueError(f"A group has {fewest} images; KID needs 2 or more in each.")
    size = min(size, fewest)
    subsets = fewest // size
    random = np.random.default_rng(seed)
    rows_a, rows_b = (
        random.permutation(len(x))[: subsets * size].reshape(subsets, size) for x in (a, b)
    )
    values = [_discrepancy(a[i], b[j]) for i, j in zip(rows_a, rows_b, strict=True)]
    error = None if subsets == 1 else float(np.std(values, ddof=1) / np.sqrt(subsets))
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
