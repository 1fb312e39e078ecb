"""Follow a training: its speed, its progress, and the time left."""

import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_draw.training.callbacks import samples_of
from keras_draw.training.showing import Display, Standing, Unit

REMEMBERED = 10
"""Number of recent epochs whose mean duration predicts that of the next ones."""
FORWARD = 1 / 3
"""Cost of an image in validation relative to training, which also computes gradients."""


class Pace:
    """Estimate how long epochs take, without jumps.

    The first epoch of a session includes compilation. It is only used until a second one is over,
    and then without its first step.

    Args:
        steps: steps per epoch.
        validation: number of validation images per training image.
    """

    def __init__(self, steps: int, validation: float) -> None:
        self.steps, self.validation = steps, validation
        self.epochs: list[float] = []
        """Seconds of complete epochs, including validation and saving."""
        self.trained: list[float] = []
        """Seconds of their training steps only."""
        self.begun = self.after_first = self.last = self.over = 0.0
        self.done = 0
        self._by_steps: float | None = None

    def begin(self, now: float) -> None:
        """An epoch begins at `now`, in seconds of any clock.

        The time since the last epoch ended is added to that epoch.
        """
        if self.epochs:
            self.epochs[-1] += now - self.over
        self.begun, self.done = now, 0

    def step(self, now: float) -> None:
        """A step ended at `now`."""
        self.done += 1
        self.last = now
        if self.done == 1:
            self.after_first = now
        if self.done == self.steps:
            self.trained.append(now - self.begun)

    def end(self, now: float) -> None:
        """The epoch ended at `now`."""
        self.epochs.append(now - self.begun)
        self.over = now

    @property
    def epoch(self) -> float | None:
        """Estimated seconds of the next epoch; None if unknown."""
        if len(self.epochs) > 1:
            return float(np.mean(self.epochs[1:][-REMEMBERED:]))
        return self.by_steps

    @property
    def by_steps(self) -> float | None:
        """Estimated seconds of an epoch from the steps of the first one, without its first step."""
        if not self.epochs and self.done > 1:
            step = (self.last - self.after_first) / (self.done - 1)
            self._by_steps = step * self.steps * (1 + FORWARD * self.validation)
        return self._by_steps

    def left(self, epochs: int) -> float | None:
        """Estimated seconds until the end, if `epochs` more follow this one; None if unknown."""
        each = self.epoch
        return None if each is None else each * (epochs + 1 - self.done / self.steps)

    def speed(self, images: int) -> float:
        """Training images per second, without validation; 0 if none was measured.

        Args:
            images: training images per epoch.
        """
        measured = self.trained[1:] or self.trained
        return images * len(measured) / sum(measured) if measured else 0.0


class Watch(keras.callbacks.Callback):
    """A Keras callback that reports the progress of a training to a display.

    Args:
        steps: steps per epoch.
        images: training images per epoch.
        validation: number of validation images; 0 for none.
        epochs: total number of epochs.
        unit: unit of the loss.
        display: receives the reports.
        history: rows of the epochs that are already finished.
    """

    def __init__(
        self,
        steps: int,
        images: int,
        validation: int,
        epochs: int,
        *,
        unit: Unit,
        display: Display,
        history: Sequence[dict[str, float]] = (),
    ) -> None:
        super().__init__()
        self.steps, self.images, self.epochs = steps, images, epochs
        self.unit, self.display = unit, display
        self.history = list(history)
        self.pace = Pace(steps, validation / images)
        self.validation = self._shown((self.history or [{}])[-1].get("val_loss"))
        self.epoch = 0

    @property
    def images_per_second(self) -> float:
        """Training images per second, without validation and a session's first epoch."""
        return self.pace.speed(self.images)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the clock."""
        self.epoch = epoch
        self.pace.begin(time.perf_counter())

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Report the progress after a step."""
        self.pace.step(time.perf_counter())
        self.display.moved(self._standing((logs or {}).get("loss")))

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Report the results of the epoch, with new samples if the display wants some."""
        logs = {name: float(value) for name, value in (logs or {}).items()}
        self.history.append({"epoch": epoch + 1, **logs})
        self.validation = self._shown(logs.get("val_loss"))
        self.pace.end(time.perf_counter())
        if self.display.wants_samples:
            drawn = samples_of(self.model)
            self.display.drawn(*drawn)
        self.display.epoch_over(self._standing(logs.get("loss")), self.history)

    def _standing(self, loss: Any) -> Standing:
        done = self.pace.done / self.steps
        return Standing(
            epoch=self.epoch + 1,
            epochs=self.epochs,
            share=(self.epoch + done) / self.epochs,
            train=self._shown(loss),
            validation=self.validation,
            unit=self.unit.name,
            left=self.pace.left(self.epochs - self.epoch - 1) or None,
            speed=self.images_per_second if len(self.pace.trained) > 1 else None,
        )

    def _shown(self, loss: Any) -> float | None:
        return None if loss is None else float(loss) * self.unit.factor
