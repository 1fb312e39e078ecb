"""One process at a time: a lock that the system lets go of when its process ends."""

import contextlib
import errno
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

from keras_draw.files import open_plain, take

PATIENCE = 10.0
"""Seconds that a process waits while others do nothing but look whether the lock is held."""
LONGEST_PAUSE = 0.002
"""Seconds between two tries."""


@contextlib.contextmanager
def held(lock: Path, what: str) -> Iterator[None]:
    """Hold a lock for this process.

    Args:
        lock: its file; made if missing. A link is refused, and a file with a second name
            elsewhere is not written to.
        what: is locked, for the message.

    Raises:
        BlockingIOError: if another living process holds it.
        FileExistsError: if the file is a link, or no plain file.
        OSError: if the file cannot be opened, or its system has no locks.
    """
    handle = _opened(lock)
    try:
        if not _taken(handle):
            raise BlockingIOError(
                f"{what} is being trained by another process{_owner(handle)}; wait for it or stop "
                "it."
            )
        _sign(handle, str(os.getpid()))
        try:
            yield
        finally:
            _sign(handle, "")
    finally:
        os.close(handle)


def is_held(lock: Path) -> bool:
    """Whether a living process holds a lock. Looking keeps nobody from taking it.

    Args:
        lock: its file.
    """
    return holder(lock) is not None


def holder(lock: Path) -> str | None:
    """What the living process that holds a lock wrote into it: its number; None if nobody does.

    Looking keeps nobody from taking it. Just taken, the number of the one before, which was
    killed, or nothing may stand there for a moment.

    Args:
        lock: its file.
    """
    try:
        handle = open_plain(lock, os.O_RDONLY)
    except OSError:
        return None
    try:
        if take(handle, shared=True):  # which `_taken` knows from being held
            return None
        return os.read(handle, 20).decode("ascii", "replace")
    except OSError:
        return None
    finally:
        os.close(handle)


def _opened(lock: Path) -> int:
    try:
        return open_plain(lock, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        if error.errno in (None, errno.ELOOP, errno.EMLINK, errno.EISDIR, errno.ENXIO):
            raise FileExistsError(
                f"{lock} is a link or no plain file, and is not written to; remove it."
            ) from None
        raise


def _taken(handle: int) -> bool:
    """Take the lock alone; who only looks at it shares it for a moment, and is waited for."""
    until = time.monotonic() + PATIENCE
    while not take(handle):
        if not take(handle, shared=True):
            return False
        _release(handle)
        if time.monotonic() > until:
            return False
        time.sleep(random.uniform(0, LONGEST_PAUSE))  # noqa: S311
    return True


def _release(handle: int) -> None:
    import fcntl

    fcntl.flock(handle, fcntl.LOCK_UN)


def _sign(handle: int, words: str) -> None:
    """Write who holds the lock; only a message depends on it."""
    with contextlib.suppress(OSError):
        if os.fstat(handle).st_nlink == 1:
            os.ftruncate(handle, 0)
            os.lseek(handle, 0, os.SEEK_SET)
            os.write(handle, words.encode())


def _owner(handle: int) -> str:
    """The number of the process that holds the lock, if it lives on this machine."""
    with contextlib.suppress(OSError, ValueError, OverflowError):
        os.lseek(handle, 0, os.SEEK_SET)
        number = int(os.read(handle, 20).decode("ascii"))
        if number > 0 and _lives(number):
            return f" (number {number})"
    return ""


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except PermissionError:  # another user's
        return True
    except OSError:
        return False
    return True
