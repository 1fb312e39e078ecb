"""Whether the network may be used."""

import contextlib
import os
from collections.abc import Iterator

OFFLINE = "KERAS_DRAW_OFFLINE"
"""Set to anything but 0 it keeps every command and function off the network."""


def is_offline() -> bool:
    """Whether the user forbids the network."""
    return os.environ.get(OFFLINE, "") not in ("", "0")


@contextlib.contextmanager
def offline(*, really: bool = True) -> Iterator[None]:
    """Keep off the network within the block, also in processes that are begun in it.

    Args:
        really: False changes nothing.
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
