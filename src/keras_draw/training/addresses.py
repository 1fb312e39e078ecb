"""Networks by address: fetched to this machine, where they are files like any other."""

import os
from functools import partial
from pathlib import Path

from keras_draw.models import hub
from keras_draw.models.hub import FILE

HUB = "hf://"
MOST_BYTES = 2**30
"""Of a network that is fetched."""


def is_address(what: str | Path) -> bool:
    """Whether a network is named by its address, and not by a name or a path.

    Example:
        >>> is_address("hf://ada/digits"), is_address("digits.keras")
        (True, False)
    """
    return isinstance(what, str) and what.startswith(HUB)


def fetched(address: str) -> Path:
    """The `.keras` file of an address, on this machine.

    Args:
        address: `hf://user/name`, or `hf://user/name@revision`.

    Returns:
        The file, in the Hub's own cache (`HF_HOME`). It is fetched once for each revision; with
        `KERAS_DRAW_OFFLINE=1`, or without a network, what is there is taken.

    Raises:
        ValueError: if the address is none, or the file too large.
        FileNotFoundError: if there is nothing at the address.
        OSError: if it cannot be reached.
    """
    name, at, revision = address.removeprefix(HUB).partition("@")
    hub.check_name(name)
    if at and not revision:
        raise ValueError(f"{address} ends in @ and names no revision: name one, or leave @ out.")
    library = hub.library()
    fetch = partial(
        library.hf_hub_download, name, FILE, revision=revision or None, library_name="keras-draw"
    )
    with hub.explained(address.removeprefix(HUB)):
        if _is_offline():
            return Path(fetch(local_files_only=True))
        found = fetch(dry_run=True)
        if found.file_size is None or found.file_size > MOST_BYTES:
            size = "an unknown number of" if found.file_size is None else f"{found.file_size:,}"
            raise ValueError(
                f"{address} holds {size} bytes; networks of up to {MOST_BYTES:,} are fetched."
            )
        return Path(fetch())


def _is_offline() -> bool:
    return os.environ.get("KERAS_DRAW_OFFLINE", "") not in ("", "0")
