"""Our own callbacks: what keeps a run safe, and samples of every few epochs."""

import contextlib
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from keras_draw.data.batches import Batches
from keras_draw.figures import grids
from keras_draw.files import write_bytes
from keras_draw.models.devices import on_jax
from keras_draw.models.draw import DRAW
from keras_draw.models.saving import save_weights
from keras_draw.training import checkpoint
from keras_draw.training.runs import RunFolder

SAMPLES = 8
"""In a row of a grid of samples."""


class Diverged(ArithmeticError):
    """The loss became NaN or infinite."""


@contextlib.contextmanager
def averaged(model: DRAW) -> Iterator[None]:
    """The optimiser's weight averages in the model's place, where it keeps them, for one block."""
    if not model.optimizer.use_ema:
        yield
        return
    weights = model.trainable_variables
    # JAX's arrays never change, and may lie on other machines too; others' are changed in place.
    raw = [w.value if on_jax() else ops.convert_to_numpy(w).copy() for w in weights]
    model.optimizer.finalize_variable_values(weights)
    try:
        yield
    finally:
        for weight, value in zip(weights, raw, strict=True):
            weight.assign(value)


class Keeper(keras.callbacks.Callback):
    """Keeps a run: order of images, best weights, checkpoint and history, once an epoch.

    It stands after Keras's stateful callbacks in the list, so that it saves what they have seen.

    Args:
        run: the folder.
        batches: the training images, whose order follows the epoch.
        others: Keras's callbacks of this training.
        watched: the log whose lowest value is best.
        network: the same network, not compiled: what is kept of it holds no optimizer.
        progress: where the training stands.
        states: of the callbacks, to be restored when training begins.
        writes: whether this process is the one that writes.
    """

    def __init__(
        self,
        run: RunFolder,
        batches: Batches,
        others: list[keras.callbacks.Callback],
        watched: str,
        network: DRAW,
        progress: checkpoint.Progress,
        states: list[dict[str, Any]] | None,
        *,
        writes: bool = True,
    ) -> None:
        super().__init__()
        self.run = run
        self.batches = batches
        self.others = others
        self.watched = watched
        self.network = network
        self.progress = progress
        self.states = states
        self.writes = writes

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Put the other callbacks' states back."""
        if self.states is not None:
            checkpoint.restore_callbacks(self.others, self.states)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Set the order of images."""
        self.batches.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop at once if the loss is no number."""
        if logs and not np.isfinite(float(logs["loss"])):
            epoch = self.progress.epoch
            kept = f"the weights after epoch {epoch} are kept" if epoch else "nothing is kept yet"
            raise Diverged(
                f"The loss became NaN or infinite at step {batch + 1} of epoch {epoch + 1}; "
                f"{kept}. Try a lower learning_rate, a clip_norm of 1, or float32 precision."
            )

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Save best weights, checkpoint and history, each whole or not at all."""
        logs = {name: float(value) for name, value in (logs or {}).items()}
        rate = float(ops.convert_to_numpy(self.model.optimizer.learning_rate))
        before = self.progress
        row = {"epoch": epoch + 1, **logs, "learning_rate": rate}
        is_best = before.best is None or logs[self.watched] < before.best
        self.progress = before._replace(
            epoch=epoch + 1,
            history=[*before.history, row],
            best=logs[self.watched] if is_best else before.best,
            best_epoch=epoch + 1 if is_best else before.best_epoch,
            stopped=bool(self.model.stop_training),
        )
        if not self.writes:
            return
        if is_best:
            with averaged(self.model):
                self.network.set_weights(self.model.get_weights())
            save_weights(self.network, self.run.best)
        checkpoint.save(self.run.checkpoint, self.model, self.others, self.progress)
        write_history(self.run.history, self.progress.history)


def write_history(path: Path, history: list[dict[str, float]]) -> None:
    """Write the history as CSV: a row an epoch."""
    text = io.StringIO()
    if history:
        writer = csv.DictWriter(text, list(history[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)
    write_bytes(path, text.getvalue().encode())


class Drawn(NamedTuple):
    """Samples in the middle of a training."""

    images: np.ndarray
    """in [0, 1] (N, H, W, C)."""
    labels: np.ndarray | None
    """the class of each (N,), as many of each class; None where there are none."""


def samples_of(model: DRAW) -> Drawn:
    """The same samples at every epoch, as the weight averages draw them, where there are any.

    Args:
        model: as it is trained.
    """
    k = model.config.num_classes
    with averaged(model):
        images = model.generate((k or SAMPLES) * SAMPLES)
    return Drawn(images, np.arange(len(images)) % k if k else None)


class Samples(keras.callbacks.Callback):
    """Draws a grid of samples after every `every` epochs, one labelled row a class.

    Args:
        run: the folder; pictures go into its `samples/`.
        every: epochs between pictures.
    """

    def __init__(self, run: RunFolder, every: int) -> None:
        super().__init__()
        self.run = run
        self.every = every

    def make_good(self, model: DRAW, epoch: int) -> None:
        """Draw the last epoch's grid, if the process was killed before it did.

        Args:
            model: as it was when that epoch was over.
            epoch: how many are over.
        """
        if epoch and not self._path(epoch).is_file():
            self.set_model(model)
            self.on_epoch_end(epoch - 1)

    def _path(self, epoch: int) -> Path:
        return self.run.samples / f"epoch-{epoch:04d}.png"

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Draw, if it is time."""
        if (epoch + 1) % self.every:
            return
        self.run.samples.mkdir(exist_ok=True)
        drawn = samples_of(self.model)
        names, labels = self.model.config.classes, drawn.labels
        if labels is None:
            grid = grids.square_grid(drawn.images)
        else:
            grid = grids.class_grid(drawn.images, labels, names)
        grids.save_image(grid, self._path(epoch + 1), overwrite=True)
