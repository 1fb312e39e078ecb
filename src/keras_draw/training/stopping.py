"""Ctrl-C and SIGTERM: stop the work cleanly at any point, and the process within seconds."""

import contextlib
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import NoReturn

from keras_draw.models.interruption import interruptible

NUMBERS = (signal.SIGINT, signal.SIGTERM)
PATIENCE = 3.0
"""Seconds that a process has to end cleanly after the first signal."""
_granted: list[float] = []
"""Seconds on top of that, for each block of `taking_longer` that runs."""
INTERRUPTED = 130
"""The usual exit code of a program ended by Ctrl-C."""


@contextlib.contextmanager
def stopping_gently() -> Iterator[None]:
    """Inside the block, SIGTERM acts like Ctrl-C, and neither gets lost.

    A network in training stops after the running step. An interruption inside a compiler's callback
    reaches Python as another error, or not at all; it becomes a KeyboardInterrupt again at the next
    step or the end of the block. Ignored signals stay ignored. Does nothing outside the main
    thread.

    Raises:
        KeyboardInterrupt: if one of the two signals arrived.

    Example:
        >>> with stopping_gently():                         # doctest: +SKIP
        ...     model.fit(images)
    """
    with interruptible(*NUMBERS):
        yield


@contextlib.contextmanager
def ending_in_time(patience: float = PATIENCE) -> Iterator[None]:
    """Stop cleanly, but end the process if that takes too long, or at a second signal.

    For programs only: the process ends without any clean-up, even in the middle of a compilation
    that takes minutes. The files on disk are complete at every moment; see docs/runs.md. A thread
    ends the process. It gets the signals from the operating system and not from Python, whose
    handlers wait until the main thread returns from foreign code.

    Args:
        patience: seconds between the first signal and the forced end.

    Raises:
        KeyboardInterrupt: if one of the two signals arrived and the block ended in time.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    hears, told = socket.socketpair()  # a pipe would not do on Windows
    told.setblocking(False)
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    watch = threading.Thread(target=_watch, args=(hears, patience), daemon=True)
    try:
        watch.start()
        with stopping_gently():
            yield
    finally:
        signal.set_wakeup_fd(before)
        told.close()  # this also wakes the watching thread
        watch.join()
        hears.close()


@contextlib.contextmanager
def taking_longer(seconds: float) -> Iterator[None]:
    """Inside the block, a clean stop may take more time, such as to stop other processes.

    Args:
        seconds: added to the patience of `ending_in_time`.
    """
    _granted.append(seconds)
    try:
        yield
    finally:
        _granted.pop()


def _watch(hears: socket.socket, patience: float) -> None:
    """Wait for a first signal, then for a second one or until the patience is over."""
    if _heard(hears) and _heard(hears, patience + sum(_granted)) is not False:
        end_at_once("\nStopped immediately; the files on disk are complete.", INTERRUPTED)


def _heard(hears: socket.socket, seconds: float | None = None) -> bool | None:
    """True if one of the two signals arrived, False if the socket was closed, None on timeout."""
    until = None if seconds is None else time.monotonic() + seconds
    while True:
        left = None if until is None else max(0.0, until - time.monotonic())
        if not select.select([hears], [], [], left)[0]:
            return None
        number = hears.recv(1)
        if not number:
            return False
        if number[0] in NUMBERS:
            return True


def end_at_once(said: str, code: int) -> NoReturn:
    """End the process immediately, without clean-up.

    Args:
        said: a last message, written to stderr.
        code: the exit code.
    """
    show_cursor = "\x1b[?25h" if sys.stderr.isatty() else ""  # a bar may have hidden it
    with contextlib.suppress(OSError, ValueError):
        os.write(2, f"{show_cursor}{said}\n".encode())
    os._exit(code)
