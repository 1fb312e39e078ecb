"""A training watched: how fast it is, how far, and what time is left."""

import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_draw.training.callbacks import samples_of
from keras_draw.training.showing import Display, Standing, Unit

REMEMBERED = 10
"""Epochs whose mean says how long the next ones take."""
FORWARD = 1 / 3
"""An image in validation takes about as much of one in training, which is also differentiated."""


class Pace:
    """How long epochs take, said so that it does not jump.

    The first epoch of a session compiles: of it only the steps count, but for the first, and only
    until a second one is over.

    Args:
        steps: in each epoch.
        validation: images in validation for each in training.
    """

    def __init__(self, steps: int, validation: float) -> None:
        self.steps, self.validation = steps, validation
        self.epochs: list[float] = []
        """Seconds of whole epochs, with validation and all that is saved."""
        self.trained: list[float] = []
        """Seconds of their steps alone."""
        self.begun = self.after_first = self.last = self.over = 0.0
        self.done = 0
        self._by_steps: float | None = None

    def begin(self, now: float) -> None:
        """An epoch begins, at this second of any clock; what lies between two is the first's."""
        if self.epochs:
            self.epochs[-1] += now - self.over
        self.begun, self.done = now, 0

    def step(self, now: float) -> None:
        """A step is over."""
        self.done += 1
        self.last = now
        if self.done == 1:
            self.after_first = now
        if self.done == self.steps:
            self.trained.append(now - self.begun)

    def end(self, now: float) -> None:
        """The epoch is over."""
        self.epochs.append(now - self.begun)
        self.over = now

    @property
    def epoch(self) -> float | None:
        """Seconds of an epoch to come; None where nobody can tell."""
        if len(self.epochs) > 1:
            return float(np.mean(self.epochs[1:][-REMEMBERED:]))
        return self.by_steps

    @property
    def by_steps(self) -> float | None:
        """The same, by the steps of the first epoch alone, but for the very first."""
        if not self.epochs and self.done > 1:
            step = (self.last - self.after_first) / (self.done - 1)
            self._by_steps = step * self.steps * (1 + FORWARD * self.validation)
        return self._by_steps

    def left(self, epochs: int) -> float | None:
        """Seconds until the end, with so many epochs after this one."""
        each = self.epoch
        return None if each is None else each * (epochs + 1 - self.done / self.steps)

    def speed(self, images: int) -> float:
        """Training images per second, without validation; 0 if none was measured.

        Args:
            images: in each epoch.
        """
        measured = self.trained[1:] or self.trained
        return images * len(measured) / sum(measured) if measured else 0.0


class Watch(keras.callbacks.Callback):
    """Tells a display how far a training is.

    Args:
        steps: in each epoch.
        images: to train on, in each epoch.
        validation: images in validation; 0 for none.
        epochs: in all.
        unit: of the loss.
        display: is told.
        history: rows of the epochs that are over.
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
        """Say how far it is."""
        self.pace.step(time.perf_counter())
        self.display.moved(self._standing((logs or {}).get("loss")))

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Say what the epoch came to."""
        logs = {name: float(value) for name, value in (logs or {}).items()}
        self.history.append({"epoch": epoch + 1, **logs})
        self.validation = self._shown(logs.get("val_loss"))
        self.pace.end(time.perf_counter())
        if self.display.wants_samples:
            drawn = samples_of(self.model)
            self.display.drawn(drawn.images, drawn.labels, self.model.config.classes)
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
