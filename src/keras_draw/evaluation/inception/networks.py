"""The two Inception-v3 networks for features, and the location of their weights."""

import os
from pathlib import Path
from typing import Literal, NamedTuple

from keras_draw.data.fetching import fetch, how_to_get
from keras_draw.data.reporting import Terminal
from keras_draw.evaluation.inception.weights import read_weights
from keras_draw.files import expanded
from keras_draw.homes import cache_home, keras_home
from keras_draw.network import is_offline


class Network(NamedTuple):
    """One of the two Inception-v3 networks."""

    last_pool: Literal["avg", "max"]
    """pooling of the last block."""
    offset: float
    scale: float
    """pixels are transformed to (x − offset) / scale."""
    preprocessing: str
    """description of the preprocessing, used as a label."""
    files: tuple[str, ...]
    """possible names of the file of weights."""


NETWORKS = {
    "inception-2015": Network(
        last_pool="max",
        offset=128.0,
        scale=128.0,
        preprocessing="TensorFlow-1 bilinear resize to 299 x 299, grey repeated to three channels, "
        "(x - 128) / 128",
        files=(
            "pt_inception-2015-12-05-6726825d.pth",
            "weights-inception-2015-12-05-6726825d.pth",
            "inception-2015-12-05.npz",
            "partial.npz",
        ),
    ),
    "keras-inception": Network(
        last_pool="avg",
        offset=127.5,
        scale=127.5,
        preprocessing="TensorFlow-1 bilinear resize to 299 x 299, grey repeated to three channels, "
        "x / 127.5 - 1",
        files=("inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",),
    ),
}


def weights_file(name: str, weights: Path | None = None) -> Path:
    """Find the weights of an Inception network; download them if no location was given.

    Args:
        name: one of `NETWORKS`.
        weights: as in `extractors.extractor`.

    Returns:
        As in `find_weights`.

    Raises:
        ValueError, FileNotFoundError: as in `find_weights`.
        ConnectionError, OSError: as in `fetching.fetch`.
    """
    try:
        return find_weights(name, weights)
    except FileNotFoundError:
        if weights is not None or is_offline() or _is_missing():
            raise
    return find_weights(name, fetch(name, reporter=Terminal()))


def weights_here(name: str) -> str | None:
    """Name of the local file of an Inception network's weights, or None. Reads nothing."""
    try:
        return find_weights(name).name
    except FileNotFoundError:
        return None


def get_weights(name: str) -> str:
    """Download an Inception network's weights, unless they are on this machine, and check them.

    Args:
        name: one of `NETWORKS`.

    Returns:
        The file's name.

    Raises:
        ValueError, FileNotFoundError, ConnectionError, OSError: as in `weights_file`.
    """
    path = weights_file(name)
    read_weights(path)
    return path.name


def _is_missing() -> bool:
    """Whether `KERAS_DRAW_WEIGHTS` is set to a path that does not exist."""
    said = os.environ.get("KERAS_DRAW_WEIGHTS")
    return bool(said) and not expanded(str(said)).exists()


def find_weights(name: str, weights: Path | None = None) -> Path:
    """Find the weights of an Inception network on this machine.

    Args:
        name: one of `NETWORKS`.
        weights: as in `extractors.extractor`.

    Returns:
        A file with an extension that is used for this network.

    Raises:
        ValueError: if `weights` is a file with another extension.
        FileNotFoundError: if there is no such file.
    """
    network = NETWORKS[name]
    extensions = {Path(file).suffix for file in network.files}
    weights = None if weights is None else expanded(weights)
    if weights is not None and weights.is_file() and weights.suffix not in extensions:
        raise ValueError(
            f"{weights.name} has the extension {weights.suffix!r}; expected a file of {name} with "
            f"{', '.join(sorted(extensions))}."
        )
    for place in _places(weights):
        if place.is_file() and place.suffix in extensions:
            return place
        for folder in (place, place / "inception-2015-12-05"):
            for file in network.files:
                if (folder / file).is_file():
                    return folder / file
    given = "" if weights is None else f" in {weights}"
    raise FileNotFoundError(
        f"There are no weights for {name}{given} ({network.files[0]}): {how_to_get(name)} To use "
        "a file that you already have, give it with --weights or KERAS_DRAW_WEIGHTS."
    )


def _places(weights: Path | None) -> list[Path]:
    """Files and folders to search for weights, in order; only `weights` if it is given."""
    if weights is not None:
        return [weights]
    said = os.environ.get("KERAS_DRAW_WEIGHTS")
    ours = cache_home()
    return [
        *([expanded(said)] if said else []),
        *([ours / "weights"] if ours else []),
        keras_home() / "models",
    ]
