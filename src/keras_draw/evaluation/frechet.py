"""The Fréchet distance between two groups of features: arrays in, numbers out, all in float64."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class FeatureStatistics:
    """The statistics of a group of images for the Fréchet distance; independent of N in size."""

    count: int
    """N, the number of images."""
    mean: np.ndarray
    """float64 (F,)."""
    scatter: np.ndarray
    """sum over images of the outer product of their deviations from the mean, float64 (F, F)."""

    @property
    def covariance(self) -> np.ndarray:
        """The scatter divided by N - 1 (F, F)."""
        return self.scatter / (self.count - 1)


def statistics(batches: Iterable[np.ndarray]) -> FeatureStatistics:
    """Compute mean and scatter of features in one numerically stable pass.

    Args:
        batches: features (B, F); B may vary.

    Returns:
        The statistics of all batches together.

    Raises:
        ValueError: if there are fewer than two images, a batch does not have shape (B, F), or a
            feature is not finite.

    Example:
        >>> statistics([np.array([[1.0], [3.0]])]).covariance
        array([[2.]])

    Source: Chan, Golub, LeVeque 1979, for merging the statistics of two groups.
    """
    found = None
    for batch in batches:
        if len(batch):
            seen = found.count if found else 0
            part = _of_batch(batch, seen)
            found = part if found is None else merge(found, part)
    if found is None or found.count < 2:
        raise ValueError(
            f"There {'is 1 image' if found else 'are no images'}; a covariance needs 2 or more."
        )
    return found


def _of_batch(batch: np.ndarray, seen: int) -> FeatureStatistics:
    batch = np.asarray(batch, np.float64)
    if batch.ndim != 2:
        raise ValueError(f"Features have shape {batch.shape}; expected one row per image, (N, F).")
    finite = np.isfinite(batch).all(axis=1)
    if not finite.all():
        raise ValueError(f"The features of image {seen + int(finite.argmin())} are not finite.")
    mean = batch.mean(axis=0)
    deviations = batch - mean
    return FeatureStatistics(len(batch), mean, deviations.T @ deviations)


def merge(a: FeatureStatistics, b: FeatureStatistics) -> FeatureStatistics:
    """Merge the statistics of two groups into those of their union.

    Raises:
        ValueError: if the groups differ in the number of features.
    """
    _check_same_size(a, b)
    count = a.count + b.count
    shift = b.mean - a.mean
    scatter = a.scatter + b.scatter + np.outer(shift, shift) * (a.count * b.count / count)
    return FeatureStatistics(count, a.mean + shift * (b.count / count), scatter)


def frechet_distance(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """Squared Fréchet distance between Gaussians with the means and covariances of two groups.

    The trace of (A B)^(1/2) is computed as the sum of the singular values of A^(1/2) B^(1/2). This
    needs no root of a non-symmetric product, and equal groups have distance 0 even if their
    covariance is rank-deficient.

    Args:
        a: one group.
        b: the other; the order does not matter.

    Returns:
        |mean_a - mean_b|^2 + Tr(A + B - 2 (A B)^(1/2)), 0 or more.

    Raises:
        ValueError: if the groups differ in the number of features.

    Warns:
        UserWarning: if a group has fewer images than features (see `few_images`).

    Example:
        >>> group = statistics([np.array([[1.0], [3.0]])])
        >>> frechet_distance(group, group)
        0.0

    Source: Heusel et al. 2017 (arXiv 1706.08500), Eq. 6; Dowson and Landau 1982.
    """
    _check_same_size(a, b)
    if few := few_images(a, b):
        warnings.warn(few, stacklevel=2)
    shift = a.mean - b.mean
    roots = _root(a.covariance), _root(b.covariance)
    cross = np.linalg.svd(roots[0] @ roots[1], compute_uv=False).sum()
    trace = np.trace(a.covariance) + np.trace(b.covariance)
    return max(0.0, float(shift @ shift + trace - 2 * cross))


def few_images(a: FeatureStatistics, b: FeatureStatistics) -> str:
    """A warning if a group has fewer images than features; otherwise an empty string."""
    features, fewest = len(a.mean), min(a.count, b.count)
    if fewest >= features:
        return ""
    return (
        f"{fewest} images are fewer than the {features} features: the covariance does not have "
        "full rank, so the Fréchet distance is too large and cannot be compared with that of other "
        "counts."
    )


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T


def _check_same_size(a: FeatureStatistics, b: FeatureStatistics) -> None:
    if len(a.mean) != len(b.mean):
        raise ValueError(
            f"One group has {len(a.mean)} features per image and the other {len(b.mean)}; use the "
            "same extractor for both."
        )
