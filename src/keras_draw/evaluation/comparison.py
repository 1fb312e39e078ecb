"""Two groups of images, compared by the features of one extractor."""

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
"""Images whose features are made at once."""
NEIGHBOUR = 5


class Comparison(NamedTuple):
    """What is said about two groups, always with what made the features."""

    fid: float
    """squared Fréchet distance of the features."""
    kid: float
    kid_standard_error: float | None
    """None where there are images for one subset only."""
    precision: float | None
    """of b against a; None where a group has too few images for neighbours."""
    recall: float | None
    density: float | None
    coverage: float | None
    extractor: str
    weights_hash: str
    preprocessing: str
    count_a: int
    count_b: int
    note: str
    """what a reader of the number must know; empty if nothing."""

    def fields(self) -> dict[str, Any]:
        """As plain values."""
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
        b: what is judged, uint8 (M, H, W, C); M may differ from N, which the note then says.
        extractor: makes the features of both.
        on_chunk: called after every 256 images.
        cache: folder in which groups are kept by content, see `evaluation.cache`.

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
    """Refuse what has no covariance of features.

    Raises:
        ValueError: if it is not uint8 (N, H, W, 1) or (N, H, W, 3), or a single image.
    """
    check_images(images)
    if len(images) < 2:
        raise ValueError("A group has 1 image; a distance between groups needs 2 or more of each.")


def check_same_shape(a: np.ndarray, b: np.ndarray) -> None:
    """Refuse groups whose images differ in size or channels.

    Raises:
        ValueError: naming both shapes.
    """
    if a.shape[1:] != b.shape[1:]:
        raise ValueError(
            f"The groups have images of shape {a.shape[1:]} and {b.shape[1:]}; bring both to one "
            "size before they are compared."
        )


def between(a: Group, b: Group, extractor: Extractor) -> Comparison:
    """Two groups whose features are known already.

    Args:
        a: the reference.
        b: what is judged.
        extractor: made the features of both.

    Returns:
        As `compare`.

    Raises:
        ValueError: if their features are not of one size.
    """
    (stats_a, sample_a), (stats_b, sample_b) = a, b
    notes = [few_images(stats_a, stats_b)]
    if stats_a.count != stats_b.count:
        notes.append(f"The groups differ in size: {stats_a.count} and {stats_b.count} images.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the note says it
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
    """Statistics and a sample of the features of a group of images.

    Args:
        images: uint8 (N, H, W, C), two or more.
        extractor: makes the features.
        on_chunk: called after every 256 images.
        cache: folder in which groups are kept by content; None keeps nothing.

    Returns:
        Both, from the cache if these very images were there before.

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
