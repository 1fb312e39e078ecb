"""Faults in single operations on files: the k-th one fails, or is the last that a process does.

Python's audit events tell of every file that is opened, moved, made or removed; what tells of none
(fsync) is wrapped. A fault hits operations on paths below one folder alone.
"""

import errno
import os
import sys
from contextlib import contextmanager

_EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate"}
_active = []


class Killed(BaseException):
    """The process is gone: nothing that it does afterwards reaches the disk."""


def _hook(event, args):
    if _active and event in _EVENTS and isinstance(args[0], str | bytes | os.PathLike):
        _active[-1](event, os.fspath(args[0]))


sys.addaudithook(_hook)


@contextmanager
def fault_at(k, folder, number=None):
    """The k-th operation below the folder fails, counted from 0.

    Args:
        k: which one; never reached if it is too large.
        folder: below which operations count.
        number: of the system's error; None: the process is killed there, as far as the disk can
            tell: that operation and all that follow do nothing but raise `Killed`.

    Yields:
        A list of the operations so far.
    """
    seen = []

    def watch(event, path):
        if not str(path).startswith(str(folder)):
            return
        seen.append((event, path))
        if number is None and len(seen) > k:
            raise Killed
        if number is not None and len(seen) == k + 1:
            raise OSError(number, os.strerror(number), path)

    plain = os.fsync

    def fsync(handle):
        watch("fsync", str(folder))
        plain(handle)

    _active.append(watch)
    os.fsync = fsync
    try:
        yield seen
    finally:
        os.fsync = plain
        _active.pop()


FULL = errno.ENOSPC
FAILING = errno.EIO
