"""What a person sees of a sweep: one bar with time left over all runs, or a line a run in a log."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import keras
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from keras_draw.experiments.sweep import SweepRun
from keras_draw.experiments.sweep_folder import Now, SweepFolder, in_words

TRAINING_SHARE = 0.9
"""Of a run's time, about; the rest is evaluation."""


class SweepProgress:
    """Counts the work of a sweep, and says how much time is left: on the terminal and on disk.

    Args:
        folder: receives `progress.json`, which `keras-draw sweep status` reads.
        todo: the runs that are not finished.
        of: runs of the sweep in all.
        show: whether to show anything.
    """

    def __init__(self, folder: SweepFolder, todo: list[SweepRun], of: int, *, show: bool) -> None:
        self.folder = folder
        self.of = of
        self.number = of - len(todo)
        self.left = sum(run.work for run in todo)
        self.done = 0.0
        self.begun = time.perf_counter()
        self.console = Console(stderr=True, quiet=not show)
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"))
        self.bar = Progress(*columns, console=self.console, disable=not self.console.is_terminal)
        self.task = self.bar.add_task("sweep", total=self.left, said="")

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.bar.stop()

    @property
    def seconds_left(self) -> float | None:
        """For the whole sweep, by what this process has done so far."""
        if not self.done:
            return None
        return (time.perf_counter() - self.begun) / self.done * max(self.left, 0.0)

    def begin(self, run: SweepRun) -> None:
        """A run begins, or goes on."""
        self.run = run
        self.number += 1
        self.share: float | None = None
        self.say(f"run {self.number} of {self.of}, {run.name}")
        self.bar.update(self.task, description=f"run {self.number} of {self.of}", said=run.name)

    def epoch(self, epoch: int, epochs: int, *, is_over: bool) -> None:
        """An epoch of the run, counted from 1, begins or is over."""
        self._reach(TRAINING_SHARE * (epoch if is_over else epoch - 1) / epochs)
        self._tell(f"training, epoch {epoch} of {epochs}")

    def watch(self, part: str, steps: int) -> Callable[[], None]:
        """A part of the run's evaluation begins; as `evaluation.evaluate.Watch`."""
        self._reach(TRAINING_SHARE)
        self._tell(f"measuring {part}")
        return lambda: None

    def end(self, said: str, *, is_whole: bool = True) -> None:
        """The run is over; what a failed one left undone took no time."""
        self._reach(1.0, counts=is_whole)
        self.say(f"{self.run.name}: {said}{self._left_in_words()}")

    def say(self, text: str) -> None:
        """A line for the log, and above the bar."""
        self.console.print(text, soft_wrap=True, highlight=False, markup=False)

    def _reach(self, share: float, *, counts: bool = True) -> None:
        """Take note of a share of the run that is over; what was so at first is not this time's."""
        gained = max(share - (self.share or 0.0), 0.0) * self.run.work
        if counts and self.share is not None:
            self.done += gained
        self.left -= gained
        self.share = share
        self.bar.update(self.task, advance=gained)

    def _tell(self, stage: str) -> None:
        said = f"{self.run.name}: {stage}{self._left_in_words()}"
        self.bar.update(self.task, description=f"run {self.number} of {self.of}", said=said)
        self.folder.write_now(Now(self.run.name, stage, self.seconds_left))

    def _left_in_words(self) -> str:
        left = self.seconds_left or 0.0
        return f"; {in_words(left)} left" if left >= 2 else ""


class Epochs(keras.callbacks.Callback):
    """Tells a `SweepProgress` of every epoch."""

    def __init__(self, progress: SweepProgress) -> None:
        super().__init__()
        self.progress = progress

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Tell that it begins."""
        self.progress.epoch(epoch + 1, self.params["epochs"], is_over=False)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Tell that it is over."""
        self.progress.epoch(epoch + 1, self.params["epochs"], is_over=True)
