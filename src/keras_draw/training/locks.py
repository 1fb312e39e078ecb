"""Lock files, one process at a time; the operating system releases a lock when its process ends."""

import contextlib
import errno
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

from keras_draw.files import open_plain, take

PATIENCE = 10.0
"""Seconds that a process waits while others merely check whether the lock is held."""
LONGEST_PAUSE = 0.002
"""Longest pause between two attempts, in seconds."""


@contextlib.contextmanager
def held(lock: Path, what: str) -> Iterator[None]:
    """Hold a lock for this process.

    Args:
        lock: the lock file; created if missing. A symbolic link is refused. A file with other
            hard links is locked, but not written to.
        what: name of the locked thing, for the message.

    Raises:
        BlockingIOError: if another running process holds the lock.
        FileExistsError: if the file is a link, or not a regular file.
        OSError: if the file cannot be opened, or the file system has no locks.
    """
    handle = _opened(lock)
    try:
        if not _taken(handle):
            raise BlockingIOError(
                f"{what} is being trained by another process{_owner(handle)}; wait for it to "
                "finish, or stop it."
            )
        _sign(handle, str(os.getpid()))
        try:
            yield
        finally:
            _sign(handle, "")
    finally:
        os.close(handle)


def is_held(lock: Path) -> bool:
    """Whether a running process holds a lock. Checking does not prevent others from taking it.

    Args:
        lock: the lock file.
    """
    return holder(lock) is not None


def holder(lock: Path) -> str | None:
    """The number of the process that holds a lock, as text; None if it is not held.

    Checking does not prevent others from taking the lock. Right after the lock was taken, the text
    may still be empty, or the number of an earlier process that was killed.

    Args:
        lock: the lock file.
    """
    try:
        handle = open_plain(lock, os.O_RDONLY)
    except OSError:
        return None
    try:
        if take(handle, shared=True):  # `_taken` can tell a shared lock from a held one
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
                f"{lock} is a link or not a regular file, so it is not used as a lock; remove it."
            ) from None
        raise


def _taken(handle: int) -> bool:
    """Take the lock exclusively; wait for processes that merely check it and share it briefly."""
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
    """Write the holder of the lock into the file; this is used in messages only."""
    with contextlib.suppress(OSError):
        if os.fstat(handle).st_nlink == 1:
            os.ftruncate(handle, 0)
            os.lseek(handle, 0, os.SEEK_SET)
            os.write(handle, words.encode())


def _owner(handle: int) -> str:
    """The number of the process that holds the lock, in words, if it runs on this machine."""
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
