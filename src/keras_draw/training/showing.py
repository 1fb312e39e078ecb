"""What a person sees of a training: a bar on a terminal, a few lines in a log file, or nothing.

Nothing here waits for Keras, so that a bar is there while it loads.
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
"""About as many epochs are said where there is no terminal for a bar."""


class Unit(NamedTuple):
    """What a loss is shown in."""

    name: str
    factor: float = 1.0
    """by which Keras's loss is multiplied."""


class Standing(NamedTuple):
    """How far a training is."""

    epoch: int
    """that is at work, from 1."""
    epochs: int
    """in all."""
    share: float
    """of all steps that is done, 0 to 1."""
    train: float | None
    """loss of this epoch so far, in `unit`; None before its first step."""
    validation: float | None
    """loss of the last epoch that is over; None before, or without validation."""
    unit: str
    left: float | None
    """seconds; None while nobody can tell, and when nothing is left."""
    speed: float | None
    """training images a second; None at first."""

    @property
    def losses(self) -> str:
        """Both losses in words, with their unit; empty before the first step."""
        named = {"train": self.train, "validation": self.validation}
        said = ", ".join(
            f"{name} {value:,.2f}" for name, value in named.items() if value is not None
        )
        return f"{said} {self.unit}".rstrip() if said else ""


class Display:
    """Shows nothing; the others say what they do instead.

    A context manager: what is open is closed when the block ends.

    Example:
        >>> with display_of(True) as display:               # doctest: +SKIP
        ...     train(Architecture(), TrainConfig(), run_dir="runs/a", progress=display)
    """

    @property
    def wants_samples(self) -> bool:
        """Whether it is time to draw some for `drawn`."""
        return False

    def open(self) -> None:
        """Begin to show; more than once is once."""

    def close(self) -> None:
        """Take away what moves; more than once is once."""

    def phase(self, said: str) -> None:
        """Say what is done before the first step."""

    def opening(self, lines: Sequence[str]) -> None:
        """Say what is trained."""

    def moved(self, now: Standing) -> None:
        """A step is done."""

    def epoch_over(self, now: Standing, history: Sequence[dict[str, float]]) -> None:
        """An epoch is over, its validation too; `history` has a row for each."""

    def drawn(
        self, images: "np.ndarray", labels: "np.ndarray | None", names: Sequence[str]
    ) -> None:
        """New samples (N, H, W, C) in [0, 1], their classes (N,) or None, and all names."""

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
    """Lines for a log file: what is trained, and about twenty of its epochs.

    Args:
        console: where they are printed.
    """

    def __init__(self, console: Console) -> None:
        self.console = console

    def opening(self, lines: Sequence[str]) -> None:
        """As they are."""
        for line in lines:
            self.console.print(line, soft_wrap=True, highlight=False, markup=False)

    def epoch_over(self, now: Standing, history: Sequence[dict[str, float]]) -> None:
        """A line, if it is time for one."""
        if now.epoch % max(1, now.epochs // LINES) and now.epoch != now.epochs:
            return
        left = f"; {short_time(now.left)} left" if now.left else ""
        self.opening([f"epoch {now.epoch} of {now.epochs}: {now.losses}{left}"])


class Bar(Lines):
    """Two lines on a terminal that move: a bar with the time left, and the losses.

    Args:
        console: the terminal.
    """

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.said = "beginning"
        self.now: Standing | None = None
        self.live = Live(
            console=console, get_renderable=self._seen, refresh_per_second=8, transient=True
        )

    def open(self) -> None:
        """Show the bar."""
        self.live.start(refresh=True)

    def close(self) -> None:
        """Take the bar away."""
        self.live.stop()

    def phase(self, said: str) -> None:
        """Say it beside the bar, which has no length yet."""
        self.said, self.now = said, None
        if self.live.is_started:
            self.live.refresh()

    def moved(self, now: Standing) -> None:
        """Seen at the next refresh."""
        self.now = now

    def epoch_over(self, now: Standing, history: Sequence[dict[str, float]]) -> None:
        """Seen at the next refresh."""
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
    """What shows a training here.

    Args:
        progress: whether to show anything; or the display itself.

    Returns:
        A bar on a terminal or in a notebook, lines elsewhere; one that shows nothing if nothing is
        to be shown.

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
    """Whether this is a kernel that shows pictures: IPython's, with a page in front of it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None
