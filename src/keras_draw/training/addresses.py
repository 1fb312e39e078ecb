"""Networks by address: fetched to this machine, where they are files like any other."""

import hashlib
import re
import urllib.parse
from functools import partial
from pathlib import Path

from keras_draw.data.download import download
from keras_draw.data.fetching import LOCK, alone
from keras_draw.data.published import Published
from keras_draw.data.reporting import Terminal, megabytes
from keras_draw.homes import cache_home
from keras_draw.models import hub
from keras_draw.models.hub import FILE
from keras_draw.network import OFFLINE, is_offline
from keras_draw.training.named import HUB

MOST_BYTES = 2**30
"""Of a network that is fetched."""
HERE = ("127.0.0.1", "localhost", "::1")
"""Servers that may do without a safe connection."""


def fetched(address: str) -> Path:
    """The `.keras` file of an address, on this machine.

    What was fetched before is taken without a network, and always under `KERAS_DRAW_OFFLINE=1`.

    Args:
        address: `hf://USER/NAME` or `hf://USER/NAME@REVISION`, kept in the Hub's own cache, where
            a newer revision replaces an older one; or `https://HOST/NAME.keras`, kept in ours
            (`KERAS_DRAW_CACHE`) and fetched once. `#sha256=HEX` after it says what must come.

    Returns:
        The file, of up to a gigabyte (2^30 bytes).

    Raises:
        ValueError: if the address is none, or the file too large.
        FileNotFoundError: if there is nothing at the address.
        OSError: if it cannot be reached, or another file comes.
    """
    return _from_hub(address) if address.startswith(HUB) else _from_web(address)


def _from_hub(address: str) -> Path:
    name, at, revision = address.removeprefix(HUB).partition("@")
    hub.check_name(name)
    if at and not revision:
        raise ValueError(f"{address} ends in @ and names no revision: name one, or leave @ out.")
    fetch = partial(
        hub.library().hf_hub_download,
        name,
        FILE,
        revision=revision or None,
        library_name="keras-draw",
    )
    with hub.explained(address.removeprefix(HUB)):
        if is_offline():
            return Path(fetch(local_files_only=True))
        found = fetch(dry_run=True)
        if found.file_size is None or found.file_size > MOST_BYTES:
            size = "bytes of an unknown number"
            size = size if found.file_size is None else megabytes(found.file_size)
            raise ValueError(
                f"{address} holds {size}; networks of up to {megabytes(MOST_BYTES)} are downloaded."
            )
        return Path(fetch())


def _from_web(address: str) -> Path:
    url, _, digest = address.partition("#")
    file = Published(
        name=_name(url),
        addresses=(url,),
        size=MOST_BYTES // 2,  # nobody says how large it is: up to twice as much is taken
        exact=False,
        sha256=_digest(digest, address),
    )
    home = cache_home()
    if home is None:
        raise FileNotFoundError(
            "There is no home folder in which a network could be kept: set KERAS_DRAW_CACHE to a "
            "folder."
        )
    folder = home / "networks" / hashlib.sha256(address.encode()).hexdigest()[:16]
    if (folder / file.name).is_file():
        return folder / file.name
    if is_offline():
        raise FileNotFoundError(
            f"{url} was never downloaded to this machine, and downloads are off "
            f"(--offline or {OFFLINE})."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder / LOCK), Terminal().watching() as watch:
            return download(file, folder, watch)
    except OSError as error:
        if not error.strerror:  # a sentence already
            raise
        raise OSError(
            f"{url} cannot be put into {folder} ({error.strerror}): make room there, or name "
            "another folder with KERAS_DRAW_CACHE."
        ) from None


def _name(url: str) -> str:
    """What the file is called here.

    Raises:
        ValueError: if nothing safe is at the address, or no network.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        host = ""
    if not host or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"{url} is no address; expected https://HOST/NAME.keras.")
    if parts.scheme == "http" and host not in HERE:
        raise ValueError(f"{url} is no safe connection: give an address that begins with https://.")
    name = parts.path.rpartition("/")[2]
    if not name.lower().endswith(".keras"):
        raise ValueError(f"{url} does not end in .keras, as the address of a network does.")
    return name if re.fullmatch(r"[\w-][\w.-]{0,99}", name, re.ASCII) else "network.keras"


def _digest(said: str, address: str) -> str:
    name, _, value = said.partition("=")
    if said and (name != "sha256" or not re.fullmatch("[0-9a-fA-F]{64}", value)):
        raise ValueError(
            f"{address}: after # stands sha256= and 64 hexadecimal digits, or nothing."
        )
    return value.lower()
