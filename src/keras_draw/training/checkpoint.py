"""A single file with everything a training depends on, so it can be resumed exactly.

The noise is a function of the generator's state, and the order of images one of (seed, epoch). So
weights, optimizer, averages, callback states and history in one file determine what follows.
"""

import json
import lzma
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from keras_draw.files import replacing
from keras_draw.models.draw import DRAW
from keras_draw.training.runs import RunConfig

_STATE_OF = {
    "EarlyStopping": ("wait", "best", "best_epoch", "stopped_epoch"),
    "ReduceLROnPlateau": ("wait", "best", "cooldown_counter"),
}
"""Attributes that Keras's callbacks carry from epoch to epoch."""


class Progress(NamedTuple):
    """How far a training has come."""

    epoch: int
    """number of finished epochs."""
    history: list[dict[str, float]]
    """one row per finished epoch."""
    best: float | None
    """the lowest watched loss."""
    best_epoch: int
    """the epoch that reached it, counted from 1; 0 if none."""
    stopped: bool
    """whether early stopping ended the training."""
    dataset_checksum: str
    """checksum of the training images."""
    seconds: float
    """0, so that equal trainings write equal files; `provenance.json` has the time spent."""
    configuration: dict[str, Any] = {}  # noqa: RUF012
    """the result of `configuration` for this run; empty in checkpoints of early versions."""


def configuration(config: RunConfig) -> dict[str, Any]:
    """The settings that a checkpoint depends on, apart from the images, which have a checksum.

    Args:
        config: of the run.

    Returns:
        All fields except those that may change when a run is resumed: the number of epochs and the
        location of the images. `start_from` is the SHA-256 of the weights that the run started
        from.
    """
    training = config.training.to_json()
    return config.model.to_json() | {
        **{name: training[name] for name in training if name not in ("epochs", "dataset")},
        "start_from": config.start.sha256 if config.start else "",
    }


def save(
    path: Path, model: DRAW, callbacks: list[keras.callbacks.Callback], progress: Progress
) -> None:
    """Write a checkpoint. The previous one stays until the new one is complete.

    Args:
        path: the file, `.npz`.
        model: the network, compiled and with its optimizer built.
        callbacks: Keras's callbacks; those with a state are recognised by their class.
        progress: current progress of the training.
    """
    arrays = {f"{kind}/{i}": ops.convert_to_numpy(v) for kind, i, v in _variables(model)}
    meta = {
        # The time spent does not follow from the seed: it is kept in the run's provenance instead.
        "progress": progress._replace(seconds=0.0)._asdict(),
        "callbacks": [_state(callback) for callback in callbacks if _kind(callback)],
    }
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    # The format of np.savez, which itself leaves its archive open if the disk is full.
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def restore(
    path: Path, model: DRAW, callbacks: list[keras.callbacks.Callback] | None = None
) -> tuple[Progress, list[dict[str, Any]]]:
    """Restore a checkpoint into a model.

    Args:
        path: a file that `save` wrote.
        model: a network of the same configuration, compiled and with its optimizer built.
        callbacks: the callbacks that the stored states must fit; None to skip this check.

    Returns:
        The progress of the training, and the callbacks' states for `restore_callbacks`.

    Raises:
        ValueError: if the file is damaged or does not fit the model.
    """
    from keras_draw.data.formats import read_npz

    try:
        found = read_npz(path, ("meta",))
        meta = json.loads(found["meta"].tobytes())
        progress, states = _progress(meta["progress"]), meta["callbacks"]
        _check_states(states, callbacks)
        for kind, i, variable in _variables(model):
            value = found[f"{kind}/{i}"]
            if value.shape != tuple(variable.shape):
                raise ValueError(f"{kind} {i} has shape {value.shape}, not {tuple(variable.shape)}")
            if value.dtype != ops.convert_to_numpy(variable).dtype:
                raise ValueError(f"{kind} {i} has type {value.dtype}, not {variable.dtype}")
            variable.assign(value)
    except (
        KeyError, TypeError, ValueError, RecursionError, zipfile.BadZipFile, zlib.error,
        lzma.LZMAError,
    ) as error:  # fmt: skip
        said = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path} is damaged or belongs to another network: {said}") from None
    return progress, states


def _progress(found: Any) -> Progress:
    """The stored progress.

    Raises:
        ValueError: if a value has the wrong type or is impossible.
    """
    progress = Progress(**found)
    whole = (progress.epoch, progress.best_epoch)
    if any(isinstance(n, bool) or not isinstance(n, int) or not 0 <= n < 2**53 for n in whole):
        raise ValueError("its epochs are not whole numbers")
    history = progress.history
    if not isinstance(history, list):
        raise ValueError("its history is not a list of rows")
    for row in history:
        if not isinstance(row, dict) or not row or row.keys() != history[0].keys():
            raise ValueError("the rows of its history have different columns")
        if not all(map(_is_number, row.values())):
            raise ValueError("its history contains values that are not numbers")
    if history and not {"loss", "reconstruction", "kl"} <= history[0].keys():
        raise ValueError("its history has no losses")
    if not (progress.best is None or _is_number(progress.best)):
        raise ValueError("its best loss is not a number")
    others = (progress.stopped, progress.dataset_checksum, progress.configuration)
    for value, kind in zip(others, (bool, str, dict), strict=True):
        if not isinstance(value, kind):
            raise ValueError(f"it has {value!r} where a {kind.__name__} is expected")
    return progress


def _check_states(states: Any, callbacks: list[keras.callbacks.Callback] | None) -> None:
    if not isinstance(states, list) or not all(isinstance(state, dict) for state in states):
        raise ValueError("it has no callback states")
    if callbacks is not None:
        wanted = [set(_kind(callback)) for callback in callbacks if _kind(callback)]
        if wanted != [set(state) for state in states]:
            raise ValueError("it was written with different callbacks")
    for value in (value for state in states for value in state.values()):
        if not (value is None or _is_number(value)):
            raise ValueError("its callback states are not numbers")


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, float) or abs(value) < 2**63


def restore_callbacks(
    callbacks: list[keras.callbacks.Callback], states: list[dict[str, Any]]
) -> None:
    """Restore the states of Keras's callbacks; call this after their `on_train_begin`."""
    stateful = [callback for callback in callbacks if _kind(callback)]
    for callback, state in zip(stateful, states, strict=True):
        for name, value in state.items():
            setattr(callback, name, value)


def _variables(model: DRAW) -> list[tuple[str, int, Any]]:
    groups = {
        "weights": model.weights,
        "optimizer": model.optimizer.variables,
        "noise": [model.noise_generator.state],
    }
    return [(kind, i, v) for kind, group in groups.items() for i, v in enumerate(group)]


def _kind(callback: keras.callbacks.Callback) -> tuple[str, ...]:
    return _STATE_OF.get(type(callback).__name__, ())


def _state(callback: keras.callbacks.Callback) -> dict[str, Any]:
    values = {name: getattr(callback, name) for name in _kind(callback)}
    return {k: v if v is None or isinstance(v, int) else float(v) for k, v in values.items()}
