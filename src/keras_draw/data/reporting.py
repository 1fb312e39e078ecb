"""Progress of downloads on stderr: a bar on a terminal, lines otherwise."""

import contextlib
import time
from collections.abc import Iterator

from keras_draw.data.published import Watch

SECONDS = 5.0
"""Least time between two lines about one file, if there is no terminal."""


def megabytes(size: float, *, exact: bool = True) -> str:
    """Format a file size.

    Args:
        size: bytes.
        exact: whether the size is known exactly; if not, it is rounded and marked "about".

    Example:
        >>> megabytes(11_594_722), megabytes(4_542), megabytes(170_000_000, exact=False)
        ('11.6 MB', '4.5 kB', 'about 170 MB')
    """
    for unit, value in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= value:
            return f"{size / value:.1f} {unit}" if exact else f"about {size / value:.0f} {unit}"
    return f"{size:.0f} bytes"


class Reporter:
    """Base class of reporters; it reports nothing."""

    def tell(self, sentence: str) -> None:
        """Report one sentence."""

    @contextlib.contextmanager
    def watching(self) -> Iterator[Watch]:
        """Give a function that reports the progress of files within the block."""
        yield lambda name, done, size: None


class Terminal(Reporter):
    """Reports on stderr. If stderr cannot be written to, the text is dropped and work goes on."""

    def __init__(self) -> None:
        from rich.console import Console  # slow to import, and needed for downloads only

        self._console = Console(stderr=True, highlight=False)

    def tell(self, sentence: str) -> None:
        """Print one sentence."""
        with contextlib.suppress(OSError, ValueError):
            self._console.print(sentence, markup=False, soft_wrap=True)

    @contextlib.contextmanager
    def watching(self) -> Iterator[Watch]:
        """Show a bar for each file on a terminal; print lines otherwise."""
        if not self._console.is_terminal:
            yield self._lines()
            return
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TaskID,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        columns = (
            TextColumn("{task.description}"), BarColumn(), DownloadColumn(),
            TransferSpeedColumn(), TimeRemainingColumn(compact=True), TextColumn("left"),
        )  # fmt: skip
        tasks: dict[str, TaskID] = {}
        with Progress(*columns, console=self._console) as bars:

            def watch(name: str, done: int, size: int) -> None:
                if name not in tasks:
                    tasks[name] = bars.add_task(name, total=size)
                bars.update(tasks[name], completed=done, total=max(size, done))

            yield watch

    def _lines(self) -> Watch:
        said: dict[str, float] = {}

        def watch(name: str, done: int, size: int) -> None:
            now = time.monotonic()
            if done >= size or now - said.setdefault(name, now) >= SECONDS:
                said[name] = now
                self.tell(f"  {name}: {megabytes(done)} of {megabytes(max(size, done))}")

        return watch
