"""Whether the package may access the network."""

import contextlib
import os
from collections.abc import Iterator

OFFLINE = "KERAS_DRAW_OFFLINE"
"""Environment variable: set to anything but 0, no command or function accesses the network."""


def is_offline() -> bool:
    """Whether the user has turned network access off."""
    return os.environ.get(OFFLINE, "") not in ("", "0")


@contextlib.contextmanager
def offline(*, really: bool = True) -> Iterator[None]:
    """Turn network access off within the block, also for processes started in it.

    Args:
        really: if False, change nothing.
    """
    before = os.environ.get(OFFLINE)
    if really:
        os.environ[OFFLINE] = "1"
    try:
        yield
    finally:
        if really:
            os.environ.pop(OFFLINE)
            if before is not None:
                os.environ[OFFLINE] = before
