"""The display of a training in a notebook: a bar, curves and samples, updated in place."""

import time
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from keras_draw.figures.curves import training_curves
from keras_draw.figures.inline import figure, grid
from keras_draw.figures.layout import by_class, rectangle
from keras_draw.printed import short_time
from keras_draw.training.showing import Display, Standing

BAR_SECONDS = 0.3
"""Minimum number of seconds between two updates of the bar."""
SHARE = 0.05
"""Maximum share of the time spent on drawing curves and samples."""


class Notebook(Display):
    """A bar with curves and samples below it, by IPython's display protocol."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.said = ""
        self.now: Standing | None = None
        self.bar: Any = None
        self.below: Any = None
        self.history: Sequence[dict[str, float]] = ()
        self.samples = ""
        self.changed = self.begun = self.next = 0.0

    @property
    def wants_samples(self) -> bool:
        """True after the last epoch, and whenever drawing stays within its share of the time."""
        self.begun = time.perf_counter()
        at_end = self.now is not None and self.now.epoch == self.now.epochs
        return at_end or self.begun >= self.next

    def open(self) -> None:
        """Create the output areas below the cell."""
        if self.bar is None:
            from IPython.display import HTML, display

            self.bar = display(HTML(self._bar()), display_id=True)
            self.below = display(HTML(""), display_id=True)

    def close(self) -> None:
        """Update everything once more, then stop."""
        if self.bar is not None:
            self._show_bar()
            self._show_below()
            self.bar = self.below = None

    def phase(self, said: str) -> None:
        """Show the phase next to the bar."""
        self.said, self.now = said, None
        self._show_bar()

    def opening(self, lines: Sequence[str]) -> None:
        """Show the lines above the bar."""
        self.lines = list(lines)
        self._show_bar()

    def moved(self, now: Standing) -> None:
        """Update the bar, a few times per second at most."""
        self.now = now
        if time.perf_counter() - self.changed > BAR_SECONDS:
            self._show_bar()

    def epoch_over(self, now: Standing, history: Sequence[dict[str, float]]) -> None:
        """Update the bar and, if drawing stays within its share of the time, the curves."""
        self.now, self.history = now, history
        if self.begun >= self.next:
            self._show_below()
            self.next = time.perf_counter() + (time.perf_counter() - self.begun) / SHARE
        self._show_bar()

    def drawn(self, images: np.ndarray, labels: np.ndarray | None, names: Sequence[str]) -> None:
        """Keep the samples; they are shown with the next curves."""
        layout = rectangle(len(images)) if labels is None else by_class(labels, names)
        self.samples = grid(images, layout, "samples of this epoch").html

    def _bar(self) -> str:
        now = self.now
        above = f'<pre style="margin:0">{escape(chr(10).join(self.lines))}</pre>'
        if now is None:
            return f"{above}<div>{escape(self.said)} <progress></progress></div>"
        left = "" if now.left is None else f"{short_time(now.left)} left"
        share = f'<progress value="{now.share:.4f}" max="1" style="width:20em"></progress>'
        said = escape(f"epoch {now.epoch} of {now.epochs}")
        return f"{above}<div>{said} {share} {left}</div><div>{escape(now.losses)}</div>"

    def _show_bar(self) -> None:
        if self.bar is not None:
            from IPython.display import HTML

            self.changed = time.perf_counter()
            self.bar.update(HTML(self._bar()))

    def _show_below(self) -> None:
        if self.below is None or not self.history:
            return
        from IPython.display import HTML

        columns = {name: [row[name] for row in self.history] for name in self.history[-1]}
        curves = figure(training_curves(columns), "loss, reconstruction and KL over epochs")
        self.below.update(HTML(f"<div>{curves}</div><div>{self.samples}</div>"))
