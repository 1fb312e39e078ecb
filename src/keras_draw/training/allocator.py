"""Freed memory is kept for the next step instead of being given back to the system."""

import ctypes
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's mallopt(3)."""


def keep_freed_memory() -> bool:
    """Tell glibc's allocator to keep what is freed, for the life of this process.

    On CPUs XLA takes the memory of a training step anew at every step. glibc gives blocks of that
    size back to the system, which clears every page of them again: a quarter of the step's time.
    Nothing but time, and the memory that an idle process holds, depends on this.

    Returns:
        Whether there was a glibc to be told.

    Example:
        >>> keep_freed_memory()                             # doctest: +SKIP
        True
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return bool(mallopt(MMAP_THRESHOLD, 2**30) and mallopt(TRIM_THRESHOLD, 2**31 - 1))
