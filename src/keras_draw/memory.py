"""How much memory there is, and an error for what does not fit."""

import contextlib
import math
import os
from pathlib import Path

GIB = 2**30
GROUPS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Files with a container's memory limit, in both versions of control groups."""


def memory() -> float:
    """Bytes of memory that this process may use; infinite if the system does not report it.

    The smallest of the machine's memory, the container's limit and the process's own limit
    (`ulimit -v`).
    """
    found = [math.inf]
    with contextlib.suppress(AttributeError, OSError, ValueError):  # Windows
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for limit in GROUPS:
        with contextlib.suppress(OSError, ValueError):  # no such file, or the word "max"
            found.append(int(limit.read_text()))
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows
        import resource

        own = resource.getrlimit(resource.RLIMIT_AS)[0]
        found += [own] if own != resource.RLIM_INFINITY else []
    return min(found)


def check_fits(
    needed: float,
    what: str,
    advice: str,
    *,
    there: float | None = None,
    where: str = "this machine",
) -> None:
    """Raise an error if something does not fit in memory.

    Args:
        needed: the least number of bytes that it takes.
        what: the subject of the message, such as "The network's weights".
        advice: the end of the message, such as "choose a smaller hidden_dim".
        there: available bytes; those of the machine if not given.
        where: the place that has them, for the message.

    Raises:
        ValueError: if `needed` is more than `there`.
    """
    there = memory() if there is None else there
    if needed > there:
        raise ValueError(
            f"{what} would take at least {needed / GIB:,.1f} GiB of memory, and {where} has "
            f"{there / GIB:,.1f}; {advice}."
        )
