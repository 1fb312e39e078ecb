"""A new run that begins with the weights of a trained network, instead of random ones."""

import dataclasses
import io
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.data.formats import read_npz
from keras_draw.files import sha256_of
from keras_draw.models.draw import DRAW
from keras_draw.models.weights import specs
from keras_draw.places import last_name
from keras_draw.training.keras_file import config_of
from keras_draw.training.loading import check_has_weights, file_of, load_hashed, run_of
from keras_draw.training.runs import RunConfig, RunFolder
from keras_draw.training.starts import Start

Values = dict[str, np.ndarray]
"""Weights that are trained, by name."""


class Source(NamedTuple):
    """A trained network to begin with: what is known of it before anything is computed."""

    what: str | Path
    """as `load` takes it."""
    config: DRAWConfig
    start: Start


def source_of(what: str | Path) -> Source:
    """Look at a trained network: its configuration is read, and its file's SHA-256 taken.

    Args:
        what: as in `load`; an address is fetched.

    Raises:
        FileNotFoundError, ValueError, OSError: as in `load`.
    """
    file = file_of(what)
    if file is None:
        run = run_of(what)
        check_has_weights(run)
        file = run.best
    return Source(what, config_of(what), Start(last_name(str(what)), sha256_of(file)))


def weights_of(source: Source) -> Values:
    """The network's weights, as far as they are trained.

    Args:
        source: the network.

    Raises:
        ValueError: if the file is damaged, or another one than it was.
    """
    found = load_hashed(source.what)
    if found.sha256 != source.start.sha256:
        raise ValueError(f"{source.what} has just been replaced by another network; try again.")
    return {v.name: ops.convert_to_numpy(v) for v in found.model.trainable_variables}


def put_into(model: DRAW, values: Values) -> None:
    """Begin with these weights: every one that is trained.

    What is not trained stays as it is, so that under `initial_canvas="mean"` the canvas starts at
    the mean of the new images.

    Args:
        model: of a configuration that `check_fits` lets pass.
        values: the weights.
    """
    for variable in model.trainable_variables:
        variable.assign(values[variable.name])


def packed(values: Values) -> bytes:
    """The file that keeps the weights in a run's folder: `--resume` needs no other."""
    content = io.BytesIO()
    np.savez(content, **values)  # type: ignore[arg-type]
    return content.getvalue()


def kept(run: RunFolder, config: RunConfig) -> Values | None:
    """The weights that a run begins with anew, since it has no checkpoint yet.

    Args:
        run: the folder.
        config: what it says.

    Returns:
        None if it began with random weights, or needs them no more.

    Raises:
        ValueError: if they are not there, damaged, or do not fit the run.
    """
    if config.start is None or run.checkpoint.exists():
        return None
    file, name = config.start.file(run.path), config.start.network
    again = f"train anew from {name} with --start-from and --overwrite."
    if not file.is_file():
        raise ValueError(
            f"{run} began with the weights of {name} and has no checkpoint, and {file.name}, which "
            f"keeps those weights, is not there: bring it back, or {again}"
        )
    shapes = {spec.name: spec.shape for spec in specs(config.model) if spec.trainable}
    try:
        values = read_npz(file, tuple(shapes))
    except ValueError as error:
        raise ValueError(f"{error} It keeps the weights that {run} began with: {again}") from None
    if {n: v.shape for n, v in values.items()} != shapes or not _are_numbers(values):
        raise ValueError(f"{file} is damaged or of another network: {again}")
    return values


def _are_numbers(values: Values) -> bool:
    return all(v.dtype.kind == "f" and bool(np.isfinite(v).all()) for v in values.values())


def check_fits(source: Source, config: DRAWConfig, images: str) -> None:
    """Refuse a network whose weights do not fit the new one, each by name and shape.

    Args:
        source: the network to begin with.
        config: the new network.
        images: the name of those it is trained on.

    Raises:
        ValueError: naming the fields that make the difference.
    """
    if _shapes(config) == _shapes(source.config):
        return
    said = [_said(name, source.config, config, images) for name in _reasons(source, config)]
    raise ValueError(
        f"{source.what} does not fit this training: {'; '.join(said)}. Its weights are taken as "
        "they are: train what fits them, or start from another network."
    )


def _said(name: str, theirs: DRAWConfig, mine: DRAWConfig, images: str) -> str:
    """In what a field differs, and what would fit."""
    there, here = getattr(theirs, name), getattr(mine, name)
    if name == "image_shape":
        return (
            f"it paints images of {_by(there)}, and those of {images} are {_by(here)} (a folder of "
            "pictures is brought to its shape if none is given)"
        )
    if name == "num_classes":
        a, b = (f"is told {n} classes" if n else "is unconditional" for n in (there, here))
        return f"it {a}, and the new network {b}"
    own = ", and it has weights of its own for every timestep" if name == "timesteps" else ""
    return f"{name} is {here}, and the network's {there}{own}"


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _reasons(source: Source, config: DRAWConfig) -> list[str]:
    """The fields that change the weights, whichever of the two networks has them changed."""
    theirs, mine = source.config, config
    names = [field.name for field in dataclasses.fields(DRAWConfig) if field.name != "class_names"]
    names = [name for name in names if getattr(theirs, name) != getattr(mine, name)]
    found = [
        name for name in names if _matters(theirs, mine, name) and _matters(mine, theirs, name)
    ]
    return found or names


def _matters(config: DRAWConfig, other: DRAWConfig, name: str) -> bool:
    """Whether a network has other weights with another one's value of a field."""
    changed: dict[str, Any] = {name: getattr(other, name), "class_names": (), "remat_segment": 0}
    try:
        return _shapes(dataclasses.replace(config, **changed)) != _shapes(config)
    except ValueError:  # the value makes no sense beside the others
        return True


def _shapes(config: DRAWConfig) -> dict[str, tuple[int, ...] | None]:
    """Every weight by name, with the shape of those that are trained, and so are taken."""
    return {spec.name: spec.shape if spec.trainable else None for spec in specs(config)}
