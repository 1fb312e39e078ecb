"""The progress of a sweep: the same as `keras-draw sweep status` shows, or lines in a log."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from keras_draw.sweeps.folder import Standings, SweepFolder, finished_of, in_words
from keras_draw.sweeps.spec import SweepRun


class SweepProgress:
    """Reports runs as they begin and end; on a terminal, also the state of each run.

    Args:
        folder: the sweep's folder.
        found: the state of its runs.
        show: whether to show anything.
    """

    def __init__(self, folder: SweepFolder, found: Standings, *, show: bool) -> None:
        self.folder, self.of = folder, len(found)
        self.over = finished_of(found)
        self.number = len(self.over)
        self.console = Console(stderr=True, quiet=not show)
        self.live = Live(
            console=self.console,
            get_renderable=self._seen,
            refresh_per_second=0.5,
            transient=True,
        )

    def __enter__(self) -> Self:
        if self.console.is_terminal and not self.console.quiet:
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.live.stop()

    def begin(self, run: SweepRun) -> None:
        """Report that a run begins or is resumed; other runs may be active at the same time."""
        self.number += 1
        self.say(f"run {self.number} of {self.of}, {run.name}")

    def end(self, run: SweepRun, said: str, found: Standings) -> None:
        """Report that a run has ended.

        Args:
            run: the run.
            said: how it ended.
            found: the new state of all runs.
        """
        self.over = finished_of(found)
        now = self.folder.status(self.over).now
        left = now.seconds_left if now else None
        self.say(f"{run.name}: {said}" + (f"; {in_words(left)} left" if left and left >= 2 else ""))

    def say(self, text: str) -> None:
        """Print a line; on a terminal, above the live display."""
        self.console.print(text, soft_wrap=True, highlight=False, markup=False)

    def _seen(self) -> Text:
        try:
            return Text("\n".join(self.folder.status(self.over).words), no_wrap=True)
        except (OSError, ValueError):  # someone is just replacing a file by hand
            return Text()
