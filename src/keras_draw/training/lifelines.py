"""Detect lost processes while several of them train together, and end the others.

A process that waits for a lost one would hang inside foreign code forever. So a separate thread
listens to the other processes, and ends this one if another is lost or has stopped. The files on
disk are complete at every moment; see docs/runs.md.
"""

import contextlib
import select
import threading
import time
from collections.abc import Callable

from keras_draw.training.rollcall import Link
from keras_draw.training.stopping import end_at_once

PATIENCE = 60.0
"""Seconds without a heartbeat after which a process counts as lost. If only the process dies and
its machine keeps running, the loss is noticed immediately."""
BEAT = 5.0
"""Seconds between two heartbeats."""
LOST = 1
"""Exit code of a process that ends because another one was lost or stopped."""
GOODBYE = 10.0
"""Seconds that JAX gets to close its own connections."""


class Lifelines:
    """Connections to the other processes, and the thread that listens to them.

    Args:
        links: process number -> connection to that process.
        process: the number of this process.
        leave: closes JAX's own connections, and waits until the other processes do the same.
    """

    def __init__(self, links: dict[int, Link], process: int, leave: Callable[[], None]) -> None:
        self.links = links
        self.process = process
        self.leave = leave
        self.advice = "nothing was trained yet."
        """what the user can do if a process is lost; the end of the error message."""
        self._heard = dict.fromkeys(links, time.monotonic())
        self._is_leaving = False
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Start the listening thread."""
        self._thread.start()

    def part(self, sentence: str | None) -> None:
        """Say goodbye to the other processes and close all connections.

        Args:
            sentence: why this process stops early, which the others then print too; None at the
                normal end of a training.
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
                    self._lost(process, f"sent no heartbeat for {PATIENCE:.0f} seconds")
            if not open_links:
                self._is_over.wait(0.2)

    def _hear(self, process: int, link: Link) -> None:
        try:
            messages = link.read()
        except EOFError:
            self._lost(process, "ended or cannot be reached any more")
            return
        self._heard[process] = time.monotonic()
        for message in messages:
            if "done" in message:
                self._forget(process)
            elif "stopped" in message:
                self._end(f"Process {process} stopped: {message['stopped']}", is_parting=True)

    def _lost(self, process: int, what: str) -> None:
        self._end(f"Process {process} {what}, so this one cannot go on; {self.advice}")
        self._forget(process)

    def _forget(self, process: int) -> None:
        """Stop watching a process and close its connection."""
        self._heard[process] = float("inf")
        if process in self.links:
            self.links.pop(process).close()

    def _end(self, sentence: str, *, is_parting: bool = False) -> None:
        if self._is_leaving:
            return
        self._is_leaving = True
        self._tell({"stopped": sentence})
        if is_parting:  # the other process waits for this, then ends with its own message
            _within(GOODBYE, self.leave)
        end_at_once(f"keras-draw: {' '.join(sentence.split())}", LOST)


def _within(seconds: float | None, act: Callable[[], None]) -> None:
    """Call `act` and wait for it, but no longer than `seconds`; errors are ignored."""

    def quietly() -> None:
        with contextlib.suppress(Exception):
            act()

    thread = threading.Thread(target=quietly, daemon=True)
    thread.start()
    thread.join(seconds)
