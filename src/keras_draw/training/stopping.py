"""Ctrl-C and SIGTERM stop work gently, wherever they meet it, and a process within seconds."""

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
"""Seconds that a process is given to end by itself after the first signal."""
INTERRUPTED = 130
"""Exit code: that of a program which Ctrl-C ended."""


@contextlib.contextmanager
def stopping_gently() -> Iterator[None]:
    """Within the block SIGTERM does what Ctrl-C does, and neither gets lost.

    While a network trains, it stops after the step that runs. An interruption inside a compiler's
    callback reaches Python as another error, or not at all; it is a KeyboardInterrupt again at the
    next step, or the end of the block. Signals that are ignored stay so. Outside the main thread
    nothing is changed.

    Raises:
        KeyboardInterrupt: if one of the two signals came.

    Example:
        >>> with stopping_gently():                         # doctest: +SKIP
        ...     model.fit(images)
    """
    with interruptible(*NUMBERS):
        yield


@contextlib.contextmanager
def ending_in_time(patience: float = PATIENCE) -> Iterator[None]:
    """Stop gently, but end the process if that takes too long, or at a second signal.

    For programs alone: the process ends without any clean-up, also in the middle of a compilation
    that takes minutes. What is on disk is whole at every moment; see docs/runs.md. The thread
    that does it hears of signals from the system, not from Python, whose handlers wait until the
    main thread comes back from foreign code.

    Args:
        patience: seconds between the first signal and the end.

    Raises:
        KeyboardInterrupt: if one of the two signals came, and the block came to its end in time.
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
        told.close()  # which the watch hears too
        watch.join()
        hears.close()


def _watch(hears: socket.socket, patience: float) -> None:
    """Wait for a first signal, then for a second one or the end of patience."""
    if _heard(hears) and _heard(hears, patience) is not False:
        end_at_once("\nStopped at once; what is on disk is whole.", INTERRUPTED)


def _heard(hears: socket.socket, seconds: float | None = None) -> bool | None:
    """Whether one of the two signals came; False once nothing will, None if time is over."""
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
    """End the process, whatever it is in the middle of.

    Args:
        said: its last words, on stderr.
        code: its exit code.
    """
    show_cursor = "\x1b[?25h" if sys.stderr.isatty() else ""  # a bar may have hidden it
    with contextlib.suppress(OSError, ValueError):
        os.write(2, f"{show_cursor}{said}\n".encode())
    os._exit(code)
