"""The two Inception-v3 networks that extract features, and where their weights lie."""

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
    """of the last block."""
    offset: float
    scale: float
    """pixels become (x − offset) / scale."""
    preprocessing: str
    files: tuple[str, ...]
    """names under which the weights are published, or lie in a folder."""


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
    """Where an Inception network's weights are; downloaded, if nobody said where they are.

    Args:
        name: one of `NETWORKS`.
        weights: as in `extractors.extractor`.

    Returns:
        As `find_weights`.

    Raises:
        ValueError, FileNotFoundError: as `find_weights`.
        ConnectionError, OSError: as `fetching.fetch`.
    """
    try:
        return find_weights(name, weights)
    except FileNotFoundError:
        if weights is not None or is_offline() or _is_missing():
            raise
    return find_weights(name, fetch(name, reporter=Terminal()))


def weights_here(name: str) -> str | None:
    """The file of an Inception network's weights on this machine, or None. Reads nothing."""
    try:
        return find_weights(name).name
    except FileNotFoundError:
        return None


def get_weights(name: str) -> str:
    """Fetch an Inception network's weights, if they are not here, and read them.

    Args:
        name: one of `NETWORKS`.

    Returns:
        The file's name.

    Raises:
        ValueError, FileNotFoundError, ConnectionError, OSError: as `weights_file`.
    """
    path = weights_file(name)
    read_weights(path)
    return path.name


def _is_missing() -> bool:
    """Whether `KERAS_DRAW_WEIGHTS` names what is not there."""
    said = os.environ.get("KERAS_DRAW_WEIGHTS")
    return bool(said) and not expanded(str(said)).exists()


def find_weights(name: str, weights: Path | None = None) -> Path:
    """Where an Inception network's weights are.

    Args:
        name: one of `NETWORKS`.
        weights: as in `extractors.extractor`.

    Returns:
        A file with one of the endings of the network.

    Raises:
        ValueError: if `weights` is a file of another kind.
        FileNotFoundError: if there is none.
    """
    network = NETWORKS[name]
    endings = {Path(file).suffix for file in network.files}
    weights = None if weights is None else expanded(weights)
    if weights is not None and weights.is_file() and weights.suffix not in endings:
        raise ValueError(
            f"{weights.name} has the ending {weights.suffix!r}; {name} is read from "
            f"{', '.join(sorted(endings))}."
        )
    for place in _places(weights):
        if place.is_file() and place.suffix in endings:
            return place
        for folder in (place, place / "inception-2015-12-05"):
            for file in network.files:
                if (folder / file).is_file():
                    return folder / file
    given = "" if weights is None else f" in {weights}"
    raise FileNotFoundError(
        f"There are no weights of {name}{given} ({network.files[0]}): {how_to_get(name)} A file "
        "that is here already is named by --weights or KERAS_DRAW_WEIGHTS."
    )


def _places(weights: Path | None) -> list[Path]:
    """Files or folders in which weights may be, in order; only `weights` where it is given."""
    if weights is not None:
        return [weights]
    said = os.environ.get("KERAS_DRAW_WEIGHTS")
    ours = cache_home()
    return [
        *([expanded(said)] if said else []),
        *([ours / "weights"] if ours else []),
        keras_home() / "models",
    ]
