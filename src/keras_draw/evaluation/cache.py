"""A cache of feature statistics, so no features are computed twice for the same images.

The name of a file is a hash of everything that its numbers depend on, so a changed input gets a new
cache file. Files are written atomically and damaged files are replaced, so processes may share a
folder. If the folder cannot be used, there is a warning and the features are computed every time.
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
"""Version of the cached content; a new version invalidates all files."""


class CacheWarning(UserWarning):
    """Features are computed, but cannot be cached."""


class Group(NamedTuple):
    """The statistics of the features of a group of images, and a sample of the features."""

    statistics: FeatureStatistics
    sample: np.ndarray
    """features of up to 10,000 of the images (S, F)."""


def cache_folder() -> Path | None:
    """The cache folder, `homes.cache_home`; None if there is no home folder.

    Warns:
        CacheWarning: if there is no home folder.
    """
    folder = cache_home()
    if folder is None:  # as in containers
        _warn("there is no home folder")
    return folder


def read_group(folder: Path, images: np.ndarray, extractor: Extractor) -> Group | None:
    """The cached group of these images, or None.

    Args:
        folder: the cache folder.
        images: uint8 (N, H, W, C).
        extractor: the extractor that computed the features.
    """
    path = _path(folder, images, extractor)
    if path is None:
        return None
    try:
        found = load_statistics(path, extractor)
    except Exception:  # missing, unreadable or damaged in any way: computed again
        return None
    return found if found.statistics.count == len(images) else None


def write_group(folder: Path, images: np.ndarray, extractor: Extractor, group: Group) -> None:
    """Store a group in the cache, if the folder can be written to.

    Args:
        folder: the cache folder; created if missing.
        images: uint8 (N, H, W, C).
        extractor: the extractor that computed the features. Without a hash of its weights, nothing
            is stored.
        group: the group to store.

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
        f"Features are not cached because {why}: set KERAS_DRAW_CACHE to a folder that can be "
        "written to.",
        CacheWarning,
        stacklevel=2,
    )


def save_statistics(path: Path, group: Group, extractor: Extractor) -> None:
    """Write a group to a file for later comparisons.

    Args:
        path: the `.npz`; replaced if it exists.
        group: the group to write.
        extractor: the extractor that computed the features; its name and hash are stored with them.
    """
    # A stream, since NumPy would append .npz to a name that ends in .NPZ.
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
    """Read a file that `save_statistics` wrote.

    Args:
        path: the file; nothing in it is unpickled.
        extractor: the extractor of the other group.

    Returns:
        The group.

    Raises:
        ValueError: if the file has no statistics, is damaged, or was made with another extractor.
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
        raise ValueError(f"{path.name} contains no feature statistics, or is damaged.")
    if made_by.tolist() != _made_by(extractor):
        raise ValueError(
            f"{path.name} was made with {' '.join(made_by.ravel()[:2].tolist())}, and the other "
            f"group with {extractor.name} {extractor.weights_hash}: features of two different "
            "extractors cannot be compared."
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
