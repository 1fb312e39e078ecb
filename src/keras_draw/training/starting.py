"""Start a new run from the weights of a trained network instead of random ones."""

import dataclasses
import io
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.data.formats import read_npz
from keras_draw.files import sha256_of
from keras_draw.models.one_class import Values
from keras_draw.models.weights import specs
from keras_draw.places import last_name
from keras_draw.training.keras_file import config_of
from keras_draw.training.loading import check_has_weights, file_of, load_hashed, run_of
from keras_draw.training.runs import RunConfig, RunFolder
from keras_draw.training.starts import Start


class Source(NamedTuple):
    """A trained network to start from, before its weights are loaded."""

    what: str | Path
    """as given to `load`."""
    local: str | Path
    """the same on this machine: an address is downloaded once."""
    config: DRAWConfig
    start: Start


def source_of(what: str | Path) -> Source:
    """Read the configuration of a trained network and hash its file.

    Args:
        what: as in `load`; an address is downloaded.

    Raises:
        FileNotFoundError, ValueError, OSError: as in `load`.
    """
    file = file_of(what)
    local = file or what
    if file is None:
        run = run_of(what)
        check_has_weights(run)
        file = run.best
    return Source(what, local, config_of(local), Start(last_name(str(what)), sha256_of(file)))


def weights_of(source: Source) -> Values:
    """Load the trainable weights of a network.

    Args:
        source: the network.

    Raises:
        ValueError: if the file is damaged, or has changed since `source_of`.
    """
    found = load_hashed(source.local)
    if found.sha256 != source.start.sha256:
        raise ValueError(f"{source.what} has just been replaced by another network; try again.")
    return {v.name: ops.convert_to_numpy(v) for v in found.model.trainable_variables}


def packed(values: Values) -> bytes:
    """The content of the file that keeps the weights in the run folder, for `--resume`."""
    content = io.BytesIO()
    np.savez(content, **values)  # type: ignore[arg-type]
    return content.getvalue()


def kept(run: RunFolder, config: RunConfig) -> Values | None:
    """The starting weights kept in a run folder, for a run without a checkpoint.

    Args:
        run: the run folder.
        config: its configuration.

    Returns:
        The weights; None if the run started from random weights or has a checkpoint.

    Raises:
        ValueError: if the file is missing or damaged, or does not fit the run.
    """
    if config.start is None or run.checkpoint.exists():
        return None
    file, name = config.start.file(run.path), config.start.network
    again = f"train again from {name} with --start-from and --overwrite."
    if not file.is_file():
        raise ValueError(
            f"{run} started from the weights of {name} and has no checkpoint, and its copy of "
            f"them, {file.name}, is missing: restore it, or {again}"
        )
    shapes = {spec.name: spec.shape for spec in specs(config.model) if spec.trainable}
    try:
        values = read_npz(file, tuple(shapes))
    except ValueError as error:
        raise ValueError(f"{error} It keeps the starting weights of {run}: {again}") from None
    if {n: v.shape for n, v in values.items()} != shapes or not _are_numbers(values):
        raise ValueError(f"{file} is damaged or belongs to another network: {again}")
    return values


def _are_numbers(values: Values) -> bool:
    return all(v.dtype.kind == "f" and bool(np.isfinite(v).all()) for v in values.values())


def check_fits(source: Source, config: DRAWConfig, images: str) -> None:
    """Check that the names and shapes of a network's weights fit the new network.

    Args:
        source: the network to start from.
        config: the new network.
        images: name of the training images.

    Raises:
        ValueError: if they do not, naming the fields that differ.
    """
    if _shapes(config) == _shapes(source.config):
        return
    said = [_said(name, source.config, config, images) for name in _reasons(source, config)]
    raise ValueError(
        f"{source.what} does not fit this training: {'; '.join(said)}. Its weights are used "
        "unchanged: change these fields, or start from another network."
    )


def _said(name: str, theirs: DRAWConfig, mine: DRAWConfig, images: str) -> str:
    """How a field differs, and what would fit."""
    there, here = getattr(theirs, name), getattr(mine, name)
    if name == "image_shape":
        return (
            f"it paints images of {_by(there)}, and those of {images} are {_by(here)} (the "
            "pictures of a folder are converted to its shape if you give none)"
        )
    if name == "num_classes":
        a, b = (f"has {n} classes" if n else "is unconditional" for n in (there, here))
        return f"it {a}, and the new network {b}"
    own = ", with separate weights for every timestep" if name == "timesteps" else ""
    return f"{name} is {here}, and the network's is {there}{own}"


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _reasons(source: Source, config: DRAWConfig) -> list[str]:
    """The fields whose difference changes the weights, seen from either network."""
    theirs, mine = source.config, config
    names = [field.name for field in dataclasses.fields(DRAWConfig) if field.name != "class_names"]
    names = [name for name in names if getattr(theirs, name) != getattr(mine, name)]
    found = [
        name for name in names if _matters(theirs, mine, name) and _matters(mine, theirs, name)
    ]
    return found or names


def _matters(config: DRAWConfig, other: DRAWConfig, name: str) -> bool:
    """Whether one network's value of a field would change the other's weights."""
    changed: dict[str, Any] = {name: getattr(other, name), "class_names": (), "remat_segment": 0}
    try:
        return _shapes(dataclasses.replace(config, **changed)) != _shapes(config)
    except ValueError:  # the value is invalid in combination with the others
        return True


def _shapes(config: DRAWConfig) -> dict[str, tuple[int, ...] | None]:
    """Every weight by name, with its shape if it is trainable, else None."""
    return {spec.name: spec.shape if spec.trainable else None for spec in specs(config)}
