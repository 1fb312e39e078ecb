"""Ctrl-C while a network works: never lost, and never in the middle of a step.

An exception raised by a signal handler can get lost in the code it interrupts: Keras waits for a
step inside `except: pass`, and XLA's compiler turns it into another error. So the handler sets a
flag, and raises only if that is safe. Before each step the flag is checked.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any


class _Request:
    """Whether a stop was requested in this process."""

    def __init__(self) -> None:
        self.blocks = 0
        """number of nested `interruptible` blocks."""
        self.came = False
        """whether a signal has arrived."""
        self.held = 0
        """number of nested `unbroken` blocks."""

    def handle(self, number: int, frame: FrameType | None) -> None:
        self.came = True
        if not self.held:
            raise KeyboardInterrupt


_request = _Request()
_handle = _request.handle  # a single object, so it can be recognised among the handlers


@contextlib.contextmanager
def interruptible(*numbers: signal.Signals, instead_of: Any = None) -> Iterator[None]:
    """Inside the block, these signals raise KeyboardInterrupt, and none gets lost.

    Does nothing outside the main thread. Ignored signals stay ignored.

    Args:
        numbers: the signals.
        instead_of: replace only this handler; default: any.

    Raises:
        KeyboardInterrupt: if one of the signals arrived, at the end of the block at the latest. It
            replaces any other error that the signal caused.
    """
    if not _in_main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in numbers}
    if instead_of is None:
        kept = (signal.SIG_IGN, None, _handle)  # None: set by a program that embeds Python
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


def ctrl_c() -> contextlib.AbstractContextManager[None]:
    """Inside the block, Ctrl-C is not lost and breaks nothing, unless a program handles it itself.

    Raises:
        KeyboardInterrupt: on Ctrl-C, even if the code it hit swallowed the exception.
    """
    return interruptible(signal.SIGINT, instead_of=signal.default_int_handler)


def look() -> None:
    """Stop here if a stop was requested.

    Raises:
        KeyboardInterrupt: if a signal arrived in the enclosing `interruptible` block, even if its
            exception was swallowed.
    """
    if _request.came and _in_main_thread():
        raise KeyboardInterrupt


@contextlib.contextmanager
def unbroken() -> Iterator[None]:
    """Inside `interruptible`, defer signals to the end of this block.

    Raises:
        KeyboardInterrupt: at the end of the block, if a signal arrived meanwhile.
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
