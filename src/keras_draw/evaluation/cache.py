"""Feature statistics kept by content: the same images and extractor are never read twice.

The name of a file is a hash of everything that its numbers depend on, so that a changed input is
another name. Files are written whole or not at all, and a damaged one is made again: two processes
may share a folder.
"""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_draw.data.formats import read_npz
from keras_draw.evaluation.extractors import Extractor
from keras_draw.evaluation.frechet import FeatureStatistics
from keras_draw.files import replacing

VERSION = "1"
"""Of what is kept; another one makes everything again."""


class Group(NamedTuple):
    """What is kept of the features of a group of images."""

    statistics: FeatureStatistics
    sample: np.ndarray
    """features of up to 10,000 of the images (S, F)."""


def cache_folder() -> Path:
    """`KERAS_DRAW_CACHE`, or `keras-draw` in the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("KERAS_DRAW_CACHE") or Path(home) / "keras-draw").expanduser()


def read_group(folder: Path, images: np.ndarray, extractor: Extractor) -> Group | None:
    """What was kept of these images, or None.

    Args:
        folder: of the cache.
        images: uint8 (N, H, W, C).
        extractor: made the features.
    """
    path = _path(folder, images, extractor)
    if path is None or not path.is_file():
        return None
    try:
        found = read_npz(path, ("mean", "scatter", "sample"))
    except ValueError:
        return None
    mean, scatter, sample = found["mean"], found["scatter"], found["sample"]
    fits = scatter.shape == 2 * mean.shape and sample.ndim == 2 and sample.shape[1:] == mean.shape
    return Group(FeatureStatistics(len(images), mean, scatter), sample) if fits else None


def write_group(folder: Path, images: np.ndarray, extractor: Extractor, group: Group) -> None:
    """Keep a group; where the folder cannot be written to, nothing is kept.

    Args:
        folder: of the cache; made if missing.
        images: uint8 (N, H, W, C).
        extractor: made the features. One without a hash of its weights is not kept.
        group: what to keep.
    """
    path = _path(folder, images, extractor)
    if path is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            np.savez(
                temporary,
                mean=group.statistics.mean,
                scatter=group.statistics.scatter,
                sample=group.sample,
            )
    except OSError:
        return


def _path(folder: Path, images: np.ndarray, extractor: Extractor) -> Path | None:
    if extractor.weights_hash == "none":
        return None
    labels = (VERSION, extractor.name, extractor.weights_hash, extractor.preprocessing)
    digest = hashlib.sha256(repr((*labels, images.shape, str(images.dtype))).encode())
    digest.update(np.ascontiguousarray(images).data)
    return folder / f"{digest.hexdigest()}.npz"
