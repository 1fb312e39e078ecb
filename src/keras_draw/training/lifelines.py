"""While several processes train together: whether the others live, and what ends them all.

A process that waits for one which is gone waits inside foreign code, for good. So a thread of its
own listens to the others, and ends this process when one of them is lost or has stopped. What is on
disk is whole at every moment; see docs/runs.md.
"""

import contextlib
import select
import threading
import time
from collections.abc import Callable

from keras_draw.training.rollcall import Link
from keras_draw.training.stopping import end_at_once

PATIENCE = 60.0
"""Seconds without a sign of life after which a process counts as lost. One that dies on a machine
that lives is missed at once."""
BEAT = 5.0
"""Seconds between two signs of life."""
LOST = 1
"""Exit code of who is left behind."""
GOODBYE = 10.0
"""Seconds that are given to JAX to end its own connections."""


class Lifelines:
    """Connections to the other processes, and the thread that listens to them.

    Args:
        links: by the number of the process at their end.
        process: this one's number.
        leave: what ends JAX's own connections, and waits for the others to do the same.
    """

    def __init__(self, links: dict[int, Link], process: int, leave: Callable[[], None]) -> None:
        self.links = links
        self.process = process
        self.leave = leave
        self.advice = "nothing was trained yet."
        """what to do when a process is lost; the end of a sentence."""
        self._heard = dict.fromkeys(links, time.monotonic())
        self._is_leaving = False
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def part(self, sentence: str | None) -> None:
        """End, well or with a sentence, which the others then say too.

        Args:
            sentence: why this process stops before its time; None at the end of a training.
        """
        self._is_leaving = True
        self._tell({"done": True} if sentence is None else {"stopped": sentence})
        _within(GOODBYE if sentence else None, self.leave)
        self._is_over.set()
        self._thread.join()
        for link in self.links.values():
            link.close()

    def _tell(self, message: dict[str, object]) -> None:
        for link in list(self.links.values()):
            with contextlib.suppress(OSError):
                link.send(message)

    def _watch(self) -> None:
        beaten = 0.0
        while not self._is_over.is_set():
            if time.monotonic() - beaten > BEAT:
                beaten = time.monotonic()
                self._tell({"beat": True})
            open_links = [link for link in self.links.values() if link.fileno() >= 0]
            ready = select.select(open_links, [], [], 0.2)[0] if open_links else []
            for process, link in list(self.links.items()):
                if link in ready:
                    self._hear(process, link)
                elif time.monotonic() - self._heard[process] > PATIENCE:
                    self._lost(process, f"gave no sign of life for {PATIENCE:.0f} seconds")
            if not open_links:
                self._is_over.wait(0.2)

    def _hear(self, process: int, link: Link) -> None:
        try:
            messages = link.read()
        except EOFError:
            self._lost(process, "ended, or cannot be reached any more")
            return
        self._heard[process] = time.monotonic()
        for message in messages:
            if "done" in message:
                self._forget(process)
            elif "stopped" in message:
                self._end(f"Process {process} stopped: {message['stopped']}", is_parting=True)

    def _lost(self, process: int, what: str) -> None:
        self._end(f"Process {process} {what}, so that this one cannot go on; {self.advice}")
        self._forget(process)

    def _forget(self, process: int) -> None:
        """Miss it no more."""
        self._heard[process] = float("inf")
        if process in self.links:
            self.links.pop(process).close()

    def _end(self, sentence: str, *, is_parting: bool = False) -> None:
        if self._is_leaving:
            return
        self._is_leaving = True
        self._tell({"stopped": sentence})
        if is_parting:  # the other waits for it, and then ends with its own words
            _within(GOODBYE, self.leave)
        end_at_once(f"keras-draw: {' '.join(sentence.split())}", LOST)


def _within(seconds: float | None, act: Callable[[], None]) -> None:
    """Do it, and wait for it no longer than this."""

    def quietly() -> None:
        with contextlib.suppress(Exception):
            act()

    thread = threading.Thread(target=quietly, daemon=True)
    thread.start()
    thread.join(seconds)
