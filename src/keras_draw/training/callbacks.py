"""Our own Keras callbacks: saving the run after every epoch, drawing samples, recording time."""

import contextlib
import csv
import io
import time
from collections.abc import Callable, Iterator
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
from keras_draw.training.shifts import is_told_shifts, keep

SAMPLES = 8
"""Number of samples in a row of a grid."""
MOST_CLASSES = 100
"""A grid shows the first classes only, if there are more: one row each makes a picture too tall."""


class Diverged(ArithmeticError):
    """Raised if the loss became NaN or infinite."""


@contextlib.contextmanager
def averaged(model: DRAW) -> Iterator[None]:
    """Inside the block, the model has the optimizer's averaged weights, if it keeps averages."""
    if not model.optimizer.use_ema:
        yield
        return
    weights = model.trainable_variables
    # JAX arrays are immutable and may also lie on other machines; other backends write in place.
    raw = [w.value if on_jax() else ops.convert_to_numpy(w).copy() for w in weights]
    model.optimizer.finalize_variable_values(weights)
    try:
        yield
    finally:
        for weight, value in zip(weights, raw, strict=True):
            weight.assign(value)


class Keeper(keras.callbacks.Callback):
    """Saves best weights, checkpoint and history once per epoch, and sets the order of images.

    It must come after Keras's stateful callbacks in the list, so it saves their current state.

    Args:
        run: the run folder.
        batches: the training images; their order depends on the epoch.
        others: Keras's callbacks of this training.
        watched: name of the log whose lowest value is best.
        network: an uncompiled copy of the network, used to save weights without the optimizer.
        progress: current progress of the training.
        states: states of the callbacks, restored when training begins; None for a new run.
        writes: whether this process writes the files.
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
        self.steps = 0

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Restore the states of the other callbacks."""
        if self.states is not None:
            checkpoint.restore_callbacks(self.others, self.states)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Set the order of the images for this epoch."""
        self.batches.epoch = epoch
        self.steps = 0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop immediately if the loss is not finite.

        Raises:
            Diverged: in that case.
        """
        self.steps = batch + 1
        if logs and not np.isfinite(float(logs["loss"])):
            raise self._diverged("The loss", f"step {self.steps}")

    def _diverged(self, what: str, when: str) -> Diverged:
        epoch = self.progress.epoch
        kept = f"the weights after epoch {epoch} are kept" if epoch else "nothing is saved yet"
        return Diverged(
            f"{what} became NaN or infinite at {when} of epoch {epoch + 1}; {kept}. Try a lower "
            "learning_rate, a clip_norm of 1, or float32 precision."
        )

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Save best weights, checkpoint and history, each atomically.

        An epoch that another callback cut short is not saved: it is repeated when the run is
        resumed.

        Raises:
            Diverged: if a loss or a weight is not finite.
        """
        if self.steps < len(self.batches):
            return
        logs = {name: float(value) for name, value in (logs or {}).items()}
        self._check_finite(logs)
        rate = float(ops.convert_to_numpy(self.model.optimizer.learning_rate))
        before = self.progress
        row = {"epoch": epoch + 1, **logs, "learning_rate": rate}
        # While the weight of the KL rises, the training loss rises too: the newest is the best.
        warming = self.watched == "loss" and epoch * len(self.batches) < self._warmup_steps
        is_best = warming or before.best is None or logs[self.watched] < before.best
        best = None if warming else logs[self.watched] if is_best else before.best
        self.progress = before._replace(
            epoch=epoch + 1,
            history=[*before.history, row],
            best=best,
            best_epoch=epoch + 1 if is_best else before.best_epoch,
            stopped=any(getattr(other, "stopped_epoch", 0) for other in self.others),
        )
        if not self.writes:
            return
        if is_best:
            with averaged(self.model):
                keep(self.model, self.network)
            save_weights(self.network, self.run.best)
        checkpoint.save(self.run.checkpoint, self.model, self.others, self.progress)
        write_history(self.run.history, self.progress.history)

    @property
    def _warmup_steps(self) -> int:
        return self.network.config.kl_warmup_steps

    def _check_finite(self, logs: dict[str, float]) -> None:
        """Refuse an epoch whose last step, which no later loss shows, broke the weights."""
        for name, value in logs.items():
            if not np.isfinite(value):
                raise self._diverged(name, "the end")
        for variable in self.model.trainable_variables if self.writes else ():
            if not np.isfinite(ops.convert_to_numpy(variable)).all():
                raise self._diverged(variable.path, "the end")


class Clock(keras.callbacks.Callback):
    """Records the time spent at the end of every epoch: a killed process loses no more than that.

    Args:
        add: adds some seconds to the record and returns it.
    """

    def __init__(self, add: Callable[[float], dict[str, Any]]) -> None:
        super().__init__()
        self.add = add
        self.recorded = time.perf_counter()

    def seconds(self) -> float:
        """Time since the last record, or since this was made."""
        return time.perf_counter() - self.recorded

    def record(self) -> dict[str, Any]:
        """Record the time since the last record.

        Returns:
            The record.
        """
        spent = self.seconds()
        found = self.add(spent)
        self.recorded += spent
        return found

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Record the epoch's time."""
        self.record()


def write_history(path: Path, history: list[dict[str, float]]) -> None:
    """Write the history as CSV, one row per epoch."""
    text = io.StringIO()
    if history:
        writer = csv.DictWriter(text, list(history[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)
    write_bytes(path, text.getvalue().encode())


class Drawn(NamedTuple):
    """Samples drawn during a training."""

    images: np.ndarray
    """in [0, 1] (N, H, W, C)."""
    labels: np.ndarray | None
    """the class of each image (N,), equally many per class; None for an unconditional network."""
    names: tuple[str, ...]
    """names of these classes."""


def samples_of(model: DRAW) -> Drawn:
    """Draw samples with a fixed seed, using the averaged weights if there are any.

    Args:
        model: the network in training.
    """
    is_told = is_told_shifts(model.config)
    k = 0 if is_told else min(model.config.num_classes, MOST_CLASSES)
    count = (k or SAMPLES) * SAMPLES
    labels = np.arange(count) % k if k else None
    with averaged(model):
        images = model.generate(count, 0 if is_told else labels)
    return Drawn(images, labels, model.config.classes[:k])


class Samples(keras.callbacks.Callback):
    """Draws a grid of samples every `every` epochs, with one labelled row per class.

    Args:
        run: the run folder; pictures are written to its `samples/`.
        every: number of epochs between pictures.
    """

    def __init__(self, run: RunFolder, every: int) -> None:
        super().__init__()
        self.run = run
        self.every = every

    def make_good(self, model: DRAW, epoch: int) -> None:
        """Draw the grid of the last epoch, if the process was killed before drawing it.

        Args:
            model: the network after that epoch.
            epoch: number of finished epochs.
        """
        if epoch and not self._path(epoch).is_file():
            self.set_model(model)
            self.on_epoch_end(epoch - 1)

    def _path(self, epoch: int) -> Path:
        return self.run.samples / f"epoch-{epoch:04d}.png"

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Draw a grid if this epoch is due."""
        if (epoch + 1) % self.every:
            return
        self.run.samples.mkdir(exist_ok=True)
        drawn = samples_of(self.model)
        labels = drawn.labels
        if labels is None:
            grid = grids.square_grid(drawn.images)
        else:
            grid = grids.class_grid(drawn.images, labels, drawn.names)
        grids.save_image(grid, self._path(epoch + 1), overwrite=True)
