"""What a person sees of a sweep: one bar with time left over all runs, or a line a run in a log."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from keras_draw.sweeps.folder import Now, SweepFolder, in_words
from keras_draw.sweeps.spec import SweepRun


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
        self.at_work: dict[str, str] = {}
        self.shares: dict[str, float] = {}
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
        """A run begins, or goes on; others may be at work beside it."""
        self.number += 1
        self.at_work[run.name] = "starting"
        self.say(f"run {self.number} of {self.of}, {run.name}")
        self._tell()

    def reached(self, run: SweepRun, share: float, stage: str) -> None:
        """How far a run is that has begun.

        Args:
            run: the run.
            share: of it that is over, 0 to 1.
            stage: what it does now, such as `training, epoch 3 of 20`.
        """
        self._count(run, share)
        self.at_work[run.name] = stage
        self._tell()

    def end(self, run: SweepRun, said: str, *, is_whole: bool = True) -> None:
        """A run that has begun is over; what a failed one left undone took no time."""
        self._count(run, 1.0, counts=is_whole)
        del self.at_work[run.name]
        self.say(f"{run.name}: {said}{self._left_in_words()}")
        self._tell()

    def say(self, text: str) -> None:
        """A line for the log, and above the bar."""
        self.console.print(text, soft_wrap=True, highlight=False, markup=False)

    def _count(self, run: SweepRun, share: float, *, counts: bool = True) -> None:
        """Take note of a share of a run that is over; what was so at first is not this time's."""
        before = self.shares.get(run.name)
        gained = max(share - (before or 0.0), 0.0) * run.work
        if counts and before is not None:
            self.done += gained
        self.left -= gained
        self.shares[run.name] = max(share, before or 0.0)  # a run that was lost goes back a little
        self.bar.update(self.task, advance=gained)

    def _tell(self) -> None:
        if len(self.at_work) == 1:
            ((name, stage),) = self.at_work.items()
            description, said = f"run {self.number} of {self.of}", f"{name}: {stage}"
        else:
            over = self.number - len(self.at_work)
            description, said = f"{over} of {self.of} runs over", f"{len(self.at_work)} at work"
        said += self._left_in_words()
        self.bar.update(self.task, description=description, said=said)
        self.folder.write_now(Now(self.at_work, self.seconds_left))

    def _left_in_words(self) -> str:
        left = self.seconds_left or 0.0
        return f"; {in_words(left)} left" if left >= 2 else ""
