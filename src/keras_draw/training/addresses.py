"""Download networks by address, to be read like any other file."""

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
"""Maximum size of a downloaded network."""
HERE = ("127.0.0.1", "localhost", "::1")
"""Servers for which http:// is allowed."""


def fetched(address: str) -> Path:
    """Download the `.keras` file at an address, unless it is in the cache.

    With `KERAS_DRAW_OFFLINE=1` only the cache is used.

    Args:
        address: `hf://USER/NAME` or `hf://USER/NAME@REVISION`, kept in the Hub's own cache, where
            a newer revision replaces an older one; or `https://HOST/NAME.keras`, kept in our cache
            (`KERAS_DRAW_CACHE`) and downloaded only once. Append `#sha256=HEX` to a web address to
            verify the file.

    Returns:
        The local path of the file, which has at most 2^30 bytes.

    Raises:
        ValueError: if the address is invalid, or the file is too large.
        FileNotFoundError: if there is nothing at the address.
        OSError: if the address cannot be reached, or the file has a different SHA-256.
    """
    return _from_hub(address) if address.startswith(HUB) else _from_web(address)


def _from_hub(address: str) -> Path:
    name, at, revision = address.removeprefix(HUB).partition("@")
    hub.check_name(name)
    if at and not revision:
        raise ValueError(f"{address} ends in @ without a revision: add one, or leave out the @.")
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
            size = "an unknown size"
            size = size if found.file_size is None else megabytes(found.file_size)
            raise ValueError(
                f"{address} has {size}; only networks of up to {megabytes(MOST_BYTES)} are "
                "downloaded."
            )
        return Path(fetch())


def _from_web(address: str) -> Path:
    url, _, digest = address.partition("#")
    file = Published(
        name=_name(url),
        addresses=(url,),
        size=MOST_BYTES // 2,  # the real size is unknown; up to twice this is accepted
        exact=False,
        sha256=_digest(digest, address),
    )
    home = cache_home()
    if home is None:
        raise FileNotFoundError(
            "There is no home folder to store a network in: set KERAS_DRAW_CACHE to a folder."
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
        if not error.strerror:  # the message is complete already
            raise
        raise OSError(
            f"{url} cannot be stored in {folder} ({error.strerror}): free some space there, or "
            "choose another folder with KERAS_DRAW_CACHE."
        ) from None


def _name(url: str) -> str:
    """The local file name for an address.

    Raises:
        ValueError: if the address is invalid, not https, or does not end in .keras.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        host = ""
    if not host or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"{url} is not a valid address; expected https://HOST/NAME.keras.")
    if parts.scheme == "http" and host not in HERE:
        raise ValueError(f"{url} is not a secure connection: use an address with https://.")
    name = parts.path.rpartition("/")[2]
    if not name.lower().endswith(".keras"):
        raise ValueError(f"{url} does not end in .keras; expected the address of a network.")
    return name if re.fullmatch(r"[\w-][\w.-]{0,99}", name, re.ASCII) else "network.keras"


def _digest(said: str, address: str) -> str:
    name, _, value = said.partition("=")
    if said and (name != "sha256" or not re.fullmatch("[0-9a-fA-F]{64}", value)):
        raise ValueError(
            f"{address}: expected sha256= and 64 hexadecimal digits after the #, or nothing."
        )
    return value.lower()
