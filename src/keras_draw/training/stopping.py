"""Ctrl-C and SIGTERM stop work gently, wherever they meet it."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def stopping_gently() -> Iterator[None]:
    """Within the block SIGTERM does what Ctrl-C does, and neither gets lost.

    An interruption inside a compiler's callback reaches Python as another error, or not at all; it
    is a KeyboardInterrupt again at the end of the block. Signals that are ignored stay so. Outside
    the main thread nothing is changed.

    Raises:
        KeyboardInterrupt: if one of the two signals came.

    Example:
        >>> with stopping_gently():                         # doctest: +SKIP
        ...     model.fit(images)
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal came
        came = True
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {n: signal.getsignal(n) for n in numbers if signal.getsignal(n) != signal.SIG_IGN}
    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    except Exception as error:
        if came:
            raise KeyboardInterrupt from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt
