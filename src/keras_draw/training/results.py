"""What a training reached."""

from typing import Any, NamedTuple, cast

from keras_draw.training.checkpoint import Progress
from keras_draw.training.runs import RunFolder


class TrainResult(NamedTuple):
    """What a training reached. Losses are those of the last epoch."""

    run_dir: str
    epochs: int
    best_epoch: int
    loss: float
    """the objective."""
    reconstruction: float
    """nats per image."""
    kl: float
    """nats per image."""
    val_loss: float | None
    val_reconstruction: float | None
    val_kl: float | None
    images_per_second: float
    """training images, without the first epoch of the session, which compiles."""
    seconds: float
    """time spent training, in all sessions."""


def result_of(run: RunFolder, state: Progress, provenance: dict[str, Any]) -> TrainResult:
    """What a run reached.

    Args:
        run: the folder.
        state: after its last epoch.
        provenance: what `provenance.json` says.
    """
    last = state.history[-1]
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
    """The result as plain values, without those that there are none of."""
    return {name: value for name, value in result._asdict().items() if value is not None}
