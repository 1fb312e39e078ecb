"""One file that holds everything a training depends on, so that it can go on exactly.

Noise is a function of the generator's state, the order of images of (seed, epoch); with weights,
optimiser, averages, callbacks' states and history in one file, what follows is determined.
"""

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from keras_draw.files import replacing
from keras_draw.models.draw import DRAW

_STATE_OF = {
    "EarlyStopping": ("wait", "best", "best_epoch", "stopped_epoch"),
    "ReduceLROnPlateau": ("wait", "best", "cooldown_counter"),
}
"""What Keras's callbacks carry from epoch to epoch."""


class Progress(NamedTuple):
    """How far a training has come."""

    epoch: int
    """epochs that are over."""
    history: list[dict[str, float]]
    """one row for each."""
    best: float | None
    """the lowest watched loss."""
    best_epoch: int
    """the epoch that reached it, counted from 1; 0 if none."""
    stopped: bool
    """whether early stopping ended it."""
    dataset_checksum: str
    seconds: float
    """time spent training, in all sessions."""


def save(
    path: Path, model: DRAW, callbacks: list[keras.callbacks.Callback], progress: Progress
) -> None:
    """Write the checkpoint; the one before stays until this one is whole.

    Args:
        path: the file, `.npz`.
        model: compiled, its optimizer built.
        callbacks: those of Keras whose state matters are found by their class.
        progress: how far the training is.
    """
    arrays = {f"{kind}/{i}": ops.convert_to_numpy(v) for kind, i, v in _variables(model)}
    meta = {
        # The time spent is no function of the seed: it is kept with the run's provenance instead.
        "progress": progress._replace(seconds=0.0)._asdict(),
        "callbacks": [_state(callback) for callback in callbacks if _kind(callback)],
    }
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    with replacing(path) as temporary:
        np.savez(temporary, allow_pickle=False, **arrays)


def restore(path: Path, model: DRAW) -> tuple[Progress, list[dict[str, Any]]]:
    """Put a checkpoint's state into a model.

    Args:
        path: what `save` wrote.
        model: of the same configuration, compiled, its optimizer built.

    Returns:
        How far the training was, and the callbacks' states for `restore_callbacks`.

    Raises:
        ValueError: if the file is damaged or does not fit the model.
    """
    from keras_draw.data.formats import read_npz

    try:
        found = read_npz(path, ("meta",))
        meta = json.loads(found["meta"].tobytes())
        progress = Progress(**meta["progress"])
        for kind, i, variable in _variables(model):
            value = found[f"{kind}/{i}"]
            if value.shape != tuple(variable.shape):
                raise ValueError(f"{kind} {i} has shape {value.shape}, not {tuple(variable.shape)}")
            variable.assign(value)
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged or of another network: {error}") from None
    return progress, meta["callbacks"]


def restore_callbacks(
    callbacks: list[keras.callbacks.Callback], states: list[dict[str, Any]]
) -> None:
    """Put the states of Keras's callbacks back; to be called after their `on_train_begin`."""
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
