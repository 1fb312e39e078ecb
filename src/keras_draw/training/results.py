"""The result of a training."""

import math
from typing import Any, NamedTuple, cast

from keras_draw.training.checkpoint import Progress
from keras_draw.training.runs import RunFolder


class TrainResult(NamedTuple):
    """The result of a training. Losses are those of the last epoch; NaN if none was finished."""

    run_dir: str
    epochs: int
    best_epoch: int
    loss: float
    """the objective."""
    reconstruction: float
    """in nats per image."""
    kl: float
    """in nats per image."""
    val_loss: float | None
    """the objective on the validation images; None without validation, like the next two."""
    val_reconstruction: float | None
    val_kl: float | None
    images_per_second: float
    """training speed, without the first epoch of the session, which includes compilation."""
    seconds: float
    """time spent training, in all sessions."""


def result_of(run: RunFolder, state: Progress, provenance: dict[str, Any]) -> TrainResult:
    """Collect the result of a run.

    Args:
        run: the run folder.
        state: progress after the last epoch.
        provenance: content of `provenance.json`.
    """
    nothing = dict.fromkeys(("loss", "reconstruction", "kl"), math.nan)
    last = state.history[-1] if state.history else nothing
    names = ("loss", "reconstruction", "kl", "val_loss", "val_reconstruction", "val_kl")
    return TrainResult(
        run_dir=str(run),
        epochs=state.epoch,
        best_epoch=state.best_epoch,
        images_per_second=provenance.get("images_per_second", 0.0),
        seconds=provenance["seconds"],
        **cast(Any, {name: last.get(name) for name in names}),
    )


def fields(result: TrainResult) -> dict[str, Any]:
    """The result as a dict of plain values, without those that are None."""
    return {name: value for name, value in result._asdict().items() if value is not None}
