"""Feature statistics kept by content: the same images and extractor are never read twice.

The name of a file is a hash of everything that its numbers depend on, so that a changed input is
another name. Files are written whole or not at all, and a damaged one is made again: two processes
may share a folder. A folder that cannot be used costs time alone: a warning says so.
"""

import hashlib
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_draw.data.formats import read_npz
from keras_draw.evaluation.extractors import Extractor
from keras_draw.evaluation.frechet import FeatureStatistics
from keras_draw.files import replacing
from keras_draw.homes import cache_home

VERSION = "1"
"""Of what is kept; another one makes everything again."""


class CacheWarning(UserWarning):
    """Features are made without being kept."""


class Group(NamedTuple):
    """What is kept of the features of a group of images."""

    statistics: FeatureStatistics
    sample: np.ndarray
    """features of up to 10,000 of the images (S, F)."""


def cache_folder() -> Path | None:
    """`homes.cache_home`: where features are kept; None where there is no home.

    Warns:
        CacheWarning: if there is none.
    """
    folder = cache_home()
    if folder is None:  # as in containers
        _warn("there is no home folder")
    return folder


def read_group(folder: Path, images: np.ndarray, extractor: Extractor) -> Group | None:
    """What was kept of these images, or None.

    Args:
        folder: of the cache.
        images: uint8 (N, H, W, C).
        extractor: made the features.
    """
    path = _path(folder, images, extractor)
    if path is None:
        return None
    try:
        found = load_statistics(path, extractor)
    except Exception:  # missing, unreadable or damaged, however a reader calls it: made again
        return None
    return found if found.statistics.count == len(images) else None


def write_group(folder: Path, images: np.ndarray, extractor: Extractor, group: Group) -> None:
    """Keep a group; where the folder cannot be written to, nothing is kept.

    Args:
        folder: of the cache; made if missing.
        images: uint8 (N, H, W, C).
        extractor: made the features. One without a hash of its weights is not kept.
        group: what to keep.

    Warns:
        CacheWarning: if the folder cannot be written to.
    """
    path = _path(folder, images, extractor)
    if path is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_statistics(path, group, extractor)
    except OSError as error:
        _warn(f"{folder} cannot be written to ({error.strerror or error})")


def _warn(why: str) -> None:
    warnings.warn(
        f"Features are not kept for the next time, since {why}: set KERAS_DRAW_CACHE to a folder "
        "that can be written to.",
        CacheWarning,
        stacklevel=2,
    )


def save_statistics(path: Path, group: Group, extractor: Extractor) -> None:
    """Write a group as a file that can be compared with later, elsewhere.

    Args:
        path: the `.npz`; replaced if it exists.
        group: what to write.
        extractor: made the features; its name and hash are written beside them.
    """
    # Given a name, NumPy would add .npz to one that ends in .NPZ.
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream,
            count=group.statistics.count,
            mean=group.statistics.mean,
            scatter=group.statistics.scatter,
            sample=group.sample,
            made_by=np.array(_made_by(extractor)),
        )


def load_statistics(path: Path, extractor: Extractor) -> Group:
    """Read what `save_statistics` wrote.

    Args:
        path: the file; nothing in it is unpickled.
        extractor: what the other group's features are made with.

    Returns:
        The group.

    Raises:
        ValueError: if the file is no such file, is damaged, or is of another extractor.
    """
    found = read_npz(path, ("count", "mean", "scatter", "sample", "made_by"))
    mean, scatter, sample = found["mean"], found["scatter"], found["sample"]
    count, made_by = found["count"], found["made_by"]
    if (
        mean.ndim != 1
        or scatter.shape != 2 * mean.shape
        or sample.shape[1:] != mean.shape
        or count.shape != ()
        or count.dtype.kind not in "iu"
        or made_by.dtype.kind != "U"
        or not all(a.dtype.kind == "f" and np.isfinite(a).all() for a in (mean, scatter, sample))
        or not 2 <= len(sample) <= int(count)
    ):
        raise ValueError(f"{path.name} holds no feature statistics, or is damaged.")
    if made_by.tolist() != _made_by(extractor):
        raise ValueError(
            f"{path.name} was made by {' '.join(made_by.ravel()[:2].tolist())}, and the other "
            f"group by {extractor.name} {extractor.weights_hash}: numbers of two extractors are "
            "not compared."
        )
    return Group(FeatureStatistics(int(count), mean, scatter), sample)


def _made_by(extractor: Extractor) -> list[str]:
    return [extractor.name, extractor.weights_hash, extractor.preprocessing]


def _path(folder: Path, images: np.ndarray, extractor: Extractor) -> Path | None:
    if extractor.weights_hash == "none":
        return None
    labels = (VERSION, *_made_by(extractor), images.shape, str(images.dtype))
    digest = hashlib.sha256(repr(labels).encode())
    digest.update(np.ascontiguousarray(images).data)
    return folder / f"{digest.hexdigest()}.npz"
