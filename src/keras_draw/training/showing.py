"""The display of a training: a bar on a terminal, a few lines in a log file, or nothing.

This module does not import Keras, so the bar can be shown while Keras loads.
"""

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from keras_draw.printed import short_time

if TYPE_CHECKING:
    import numpy as np

LINES = 20
"""Approximate number of lines printed for epochs if there is no terminal for a bar."""


class Unit(NamedTuple):
    """The unit in which a loss is shown."""

    name: str
    factor: float = 1.0
    """Keras's loss is multiplied by this."""


class Standing(NamedTuple):
    """The progress of a training at one moment."""

    epoch: int
    """the current epoch, from 1."""
    epochs: int
    """total number of epochs."""
    share: float
    """share of all steps that is done, 0 to 1."""
    train: float | None
    """training loss of this epoch so far, in `unit`; None before its first step."""
    validation: float | None
    """validation loss of the last finished epoch, in `unit`; None if there is none."""
    unit: str
    """name of the unit of the losses."""
    left: float | None
    """estimated seconds left; None if unknown, and at the end."""
    speed: float | None
    """training images per second; None at first."""

    @property
    def losses(self) -> str:
        """Both losses as text with their unit; empty before the first step."""
        named = {"train": self.train, "validation": self.validation}
        said = ", ".join(
            f"{name} {value:,.2f}" for name, value in named.items() if value is not None
        )
        return f"{said} {self.unit}".rstrip() if said else ""


class Display:
    """The base class of all displays, which shows nothing.

    A display is a context manager: it opens when the block begins and closes when it ends.

    Example:
        >>> with display_of(True) as display:               # doctest: +SKIP
        ...     train(Architecture(), TrainConfig(), run_dir="runs/a", progress=display)
    """

    @property
    def wants_samples(self) -> bool:
        """Whether `drawn` should be called with new samples after this epoch."""
        return False

    def open(self) -> None:
        """Start the display; does nothing if it is open already."""

    def close(self) -> None:
        """Remove moving parts such as a bar; does nothing if it is closed already."""

    def phase(self, said: str) -> None:
        """Show what is being done before the first step."""

    def opening(self, lines: Sequence[str]) -> None:
        """Show the description of the training."""

    def moved(self, now: Standing) -> None:
        """Show the progress after a step."""

    def epoch_over(self, now: Standing, history: Sequence[dict[str, float]]) -> None:
        """Show the results of an epoch and its validation; `history` has one row per epoch."""

    def drawn(
        self, images: "np.ndarray", labels: "np.ndarray | None", names: Sequence[str]
    ) -> None:
        """Show new samples.

        Args:
            images: in [0, 1] (N, H, W, C).
            labels: their classes (N,), or None.
            names: names of all classes.
        """

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.close()


class Lines(Display):
    """Lines for a log file: a description of the training, and about twenty of its epochs.

    Args:
        console: prints the lines.
    """

    def __init__(self, console: Console) -> None:
        self.console = console

    def opening(self, lines: Sequence[str]) -> None:
        """Print the lines."""
        for line in lines:
            self.console.print(line, soft_wrap=True, highlight=False, markup=False)

    def epoch_over(self, now: Standing, history: Sequence[dict[str, float]]) -> None:
        """Print a line if this epoch is due for one."""
        if now.epoch % max(1, now.epochs // LINES) and now.epoch != now.epochs:
            return
        left = f"; {short_time(now.left)} left" if now.left else ""
        self.opening([f"epoch {now.epoch} of {now.epochs}: {now.losses}{left}"])


class Bar(Lines):
    """Two live lines on a terminal: a bar with the time left, and the losses.

    Args:
        console: the terminal.
    """

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.said = "starting"
        self.now: Standing | None = None
        self.live = Live(
            console=console, get_renderable=self._seen, refresh_per_second=8, transient=True
        )

    def open(self) -> None:
        """Show the bar."""
        self.live.start(refresh=True)

    def close(self) -> None:
        """Remove the bar."""
        self.live.stop()

    def phase(self, said: str) -> None:
        """Show the phase next to a bar without a length."""
        self.said, self.now = said, None
        if self.live.is_started:
            self.live.refresh()

    def moved(self, now: Standing) -> None:
        """Update the bar at its next refresh."""
        self.now = now

    def epoch_over(self, now: Standing, history: Sequence[dict[str, float]]) -> None:
        """Update the bar at its next refresh."""
        self.now = now

    def _seen(self) -> Group:
        now = self.now
        line = Table.grid(padding=(0, 1), expand=True)
        line.add_column(no_wrap=True)
        line.add_column(ratio=1)
        line.add_column(no_wrap=True, justify="right")
        if now is None:
            line.add_row(self.said, ProgressBar(total=1, pulse=True), "")
            return Group(line)
        left = "" if now.left is None else f"{short_time(now.left)} left"
        bar = ProgressBar(total=1, completed=now.share)
        line.add_row(f"epoch {now.epoch} of {now.epochs}", bar, left)
        speed = f"; {now.speed:,.0f} images per second" if now.speed else ""
        below = Text(f"{now.losses}{speed}", no_wrap=True, overflow="ellipsis", style="dim")
        return Group(line, below)


def display_of(progress: bool | Display) -> Display:
    """Choose the display for a training.

    Args:
        progress: whether to show anything, or a display to use.

    Returns:
        A bar on a terminal or in a notebook, lines elsewhere; if `progress` is False, a display
        that shows nothing.

    Example:
        >>> type(display_of(False)).__name__
        'Display'
    """
    if isinstance(progress, Display):
        return progress
    if not progress:
        return Display()
    if in_notebook():
        from keras_draw.training.notebook import Notebook

        return Notebook()
    console = Console(stderr=True)
    return Bar(console) if console.is_terminal else Lines(console)


def in_notebook() -> bool:
    """Whether this is an IPython kernel that can display pictures, as in a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None
