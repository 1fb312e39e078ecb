"""Ctrl-C while a network works: never lost, and never in the middle of a step.

An exception that a handler raises is at the mercy of the code that it meets: Keras waits for a step
inside `except: pass`, and XLA's compiler makes another error of it. So a handler raises where it
may, and remembers; whoever begins a step looks whether a stop was asked for.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any


class _Request:
    """Whether a stop was asked for, in this process."""

    def __init__(self) -> None:
        self.blocks = 0
        """within each other, in which signals are handled here."""
        self.came = False
        self.held = 0
        """blocks that are not to be broken off."""

    def handle(self, number: int, frame: FrameType | None) -> None:
        self.came = True
        if not self.held:
            raise KeyboardInterrupt


_request = _Request()
_handle = _request.handle  # one object, so that it is found again among the handlers


@contextlib.contextmanager
def interruptible(*numbers: signal.Signals, instead_of: Any = None) -> Iterator[None]:
    """Within the block these signals raise KeyboardInterrupt, and none gets lost.

    Outside the main thread nothing is changed, and ignored signals stay ignored.

    Args:
        numbers: of the signals.
        instead_of: the only handler that is replaced; any if not given.

    Raises:
        KeyboardInterrupt: at the end at the latest, if one of the signals came, in place of
            whatever error was made of it.
    """
    if not _in_main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in numbers}
    if instead_of is None:
        kept = (signal.SIG_IGN, None, _handle)  # None: of a program that Python is a part of
        before = {n: handler for n, handler in before.items() if handler not in kept}
    else:
        before = {n: handler for n, handler in before.items() if handler == instead_of}
    if not before and not _request.blocks:
        yield
        return
    _request.blocks += 1
    try:
        for number in before:
            signal.signal(number, _handle)
        yield
    except Exception as error:
        if _request.came:
            raise KeyboardInterrupt from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        came = _request.came
        _request.blocks -= 1
        if not _request.blocks:
            _request.came, _request.held = False, 0
    if came:
        raise KeyboardInterrupt


def look() -> None:
    """Stop here, if that was asked for.

    Raises:
        KeyboardInterrupt: if a signal came in the block around, however it was passed over.
    """
    if _request.came and _in_main_thread():
        raise KeyboardInterrupt


@contextlib.contextmanager
def unbroken() -> Iterator[None]:
    """Within `interruptible`: the block is not broken off by a signal, which waits for its end.

    Raises:
        KeyboardInterrupt: at the end, if a signal came meanwhile.
    """
    if not _request.blocks or not _in_main_thread():
        yield
        return
    came_before = _request.came
    _request.held += 1
    try:
        yield
    finally:
        _request.held -= 1
    if not came_before:
        look()


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
