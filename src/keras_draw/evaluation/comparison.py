"""Compare two groups of images by the features of one extractor."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_draw.evaluation.cache import Group, read_group, write_group
from keras_draw.evaluation.extractors import Extractor
from keras_draw.evaluation.frechet import few_images, frechet_distance, statistics
from keras_draw.evaluation.inception.resize import check_images
from keras_draw.evaluation.kid import Sample, kid
from keras_draw.evaluation.neighbours import neighbours
from keras_draw.models.interruption import look

CHUNK = 256
"""Number of images whose features are computed at once."""
NEIGHBOUR = 5
"""k of the neighbour measures."""


class Comparison(NamedTuple):
    """The result of a comparison, always with the extractor that computed the features."""

    fid: float
    """squared Fréchet distance of the features."""
    kid: float
    kid_standard_error: float | None
    """None if there are only enough images for one subset."""
    precision: float | None
    """of b against a, like the next three; None if a group has too few images for neighbours."""
    recall: float | None
    density: float | None
    coverage: float | None
    extractor: str
    weights_hash: str
    preprocessing: str
    count_a: int
    count_b: int
    note: str
    """warnings that a reader of the numbers needs; usually empty."""

    def fields(self) -> dict[str, Any]:
        """The result as a dict of plain values."""
        return self._asdict()


def compare(
    a: np.ndarray,
    b: np.ndarray,
    extractor: Extractor,
    on_chunk: Callable[[], None] | None = None,
    *,
    cache: Path | None = None,
) -> Comparison:
    """Fréchet distance, KID, precision, recall, density and coverage of two groups.

    Args:
        a: the reference, uint8 (N, H, W, C).
        b: the group to judge, uint8 (M, H, W, C). If M differs from N, the note says so.
        extractor: computes the features of both.
        on_chunk: called after every 256 images.
        cache: folder for feature statistics, see `evaluation.cache`.

    Returns:
        The numbers, the extractor and the counts.

    Raises:
        ValueError: if a group has fewer than two images, the images differ in shape, or the
            extractor refuses them.

    Example:
        >>> compare(real, drawn, extractor("digits-classifier")).fid    # doctest: +SKIP
    """
    for images in (a, b):
        check_group(images)
    check_same_shape(a, b)
    groups = [group_of(images, extractor, on_chunk=on_chunk, cache=cache) for images in (a, b)]
    return between(groups[0], groups[1], extractor)


def check_group(images: np.ndarray) -> None:
    """Check that a group of images has a covariance of features.

    Raises:
        ValueError: if it is not uint8 (N, H, W, 1) or (N, H, W, 3), or is a single image.
    """
    check_images(images)
    if len(images) < 2:
        raise ValueError("A group has 1 image; a distance between groups needs 2 or more in each.")


def check_same_shape(a: np.ndarray, b: np.ndarray) -> None:
    """Refuse groups whose images differ in size or channels.

    Raises:
        ValueError: if they differ; the message gives both shapes.
    """
    if a.shape[1:] != b.shape[1:]:
        raise ValueError(
            f"The groups have images of shape {a.shape[1:]} and {b.shape[1:]}; convert both to one "
            "size before comparing them."
        )


def between(a: Group, b: Group, extractor: Extractor) -> Comparison:
    """Compare two groups whose features are already computed.

    Args:
        a: the reference.
        b: the group to judge.
        extractor: the extractor that computed the features of both.

    Returns:
        As in `compare`.

    Raises:
        ValueError: if the groups differ in the number of features.
    """
    (stats_a, sample_a), (stats_b, sample_b) = a, b
    notes = [few_images(stats_a, stats_b)]
    if stats_a.count != stats_b.count:
        notes.append(f"The groups differ in size: {stats_a.count} and {stats_b.count} images.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it is in the note
        fid = frechet_distance(stats_a, stats_b)
    near = None
    if min(len(sample_a), len(sample_b)) > NEIGHBOUR:
        near = neighbours(sample_a, sample_b, NEIGHBOUR)
    discrepancy = kid(sample_a, sample_b)
    return Comparison(
        fid=fid,
        kid=discrepancy.kid,
        kid_standard_error=discrepancy.standard_error,
        precision=near and near.precision,
        recall=near and near.recall,
        density=near and near.density,
        coverage=near and near.coverage,
        extractor=extractor.name,
        weights_hash=extractor.weights_hash,
        preprocessing=extractor.preprocessing,
        count_a=stats_a.count,
        count_b=stats_b.count,
        note=" ".join(note for note in notes if note),
    )


def group_of(
    images: np.ndarray,
    extractor: Extractor,
    *,
    on_chunk: Callable[[], None] | None = None,
    cache: Path | None = None,
) -> Group:
    """Compute statistics and a sample of the features of a group of images.

    Args:
        images: uint8 (N, H, W, C), two or more.
        extractor: computes the features.
        on_chunk: called after every 256 images.
        cache: folder for feature statistics; None disables the cache.

    Returns:
        Statistics and sample; from the cache if it has exactly these images.

    Raises:
        ValueError: if there are fewer than two images, or they are not uint8.
    """
    check_group(images)
    if cache is not None and (known := read_group(cache, images, extractor)):
        for _ in range(0, len(images), CHUNK):
            if on_chunk:
                on_chunk()
        return known
    sample = Sample()

    def features() -> Iterator[np.ndarray]:
        for start in range(0, len(images), CHUNK):
            look()
            batch = extractor(images[start : start + CHUNK])
            sample.add(batch)
            yield batch
            if on_chunk:
                on_chunk()

    group = Group(statistics(features()), sample.rows)
    if cache is not None:
        write_group(cache, images, extractor, group)
    return group
