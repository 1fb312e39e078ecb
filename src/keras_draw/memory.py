"""How much memory there is, and a sentence for what cannot fit."""

import contextlib
import math
import os
from pathlib import Path

GIB = 2**30
GROUPS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where a container's limit stands, in both versions of control groups."""


def memory() -> float:
    """Bytes of memory that this process may have; infinite where it cannot be asked for.

    The least of the machine's memory, the container's limit and the process's own (`ulimit -v`).
    """
    found = [math.inf]
    with contextlib.suppress(AttributeError, OSError, ValueError):  # Windows
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for limit in GROUPS:
        with contextlib.suppress(OSError, ValueError):  # none, or the word "max"
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
    """Refuse what cannot fit.

    Args:
        needed: bytes, at the least.
        what: the sentence's beginning, such as "The network's weights".
        advice: its end, such as "choose a smaller hidden_dim".
        there: bytes that there are; those of the machine if not given.
        where: what has them.

    Raises:
        ValueError: if there are less.
    """
    there = memory() if there is None else there
    if needed > there:
        raise ValueError(
            f"{what} would take at least {needed / GIB:,.1f} GiB of memory, and {where} has "
            f"{there / GIB:,.1f}; {advice}."
        )
