"""Sets and weights by name from the network, into a folder of the user's or the cache."""

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from keras_draw.data.origins import ORIGINS
from keras_draw.data.published import Origin, Part
from keras_draw.data.reporting import Reporter, megabytes
from keras_draw.files import expanded, open_plain, take
from keras_draw.homes import cache_home
from keras_draw.network import OFFLINE, is_offline
from keras_draw.printed import command

LOCK = ".fetching"
"""The file that a process holds while it fetches into a folder."""


def folder_of(name: str, data_dir: str | Path | None = None) -> Path:
    """Where a set or weights are put.

    Args:
        name: one of `ORIGINS`.
        data_dir: the folder of all sets, where one is given.

    Returns:
        For a set NAME in `data_dir`, `KERAS_DRAW_DATA` or the cache's `data`; for weights
        `KERAS_DRAW_WEIGHTS`, if that is a folder, or the cache's `weights`.

    Raises:
        FileNotFoundError: if there is none: no home, and nothing is set.
    """
    weights = ORIGINS[name].weights
    variable = "KERAS_DRAW_WEIGHTS" if weights else "KERAS_DRAW_DATA"
    said = (None if weights else data_dir) or os.environ.get(variable)
    if said and (not weights or expanded(said).is_dir()):
        return expanded(said) if weights else expanded(said) / name
    home = cache_home()
    if home is None:
        raise FileNotFoundError(
            f"There is no home folder in which {name} could be kept: set {variable} to a folder."
        )
    return home / "weights" if weights else home / "data" / name


def how_to_get(name: str) -> str:
    """What a person does about a set or weights that are not here.

    Example:
        >>> how_to_get("mnist")                     # doctest: +SKIP
        'keras-draw data get mnist fetches it (docs/data.md).'
    """
    fetches = f"{command('data', 'get', name)} fetches it (docs/data.md)."
    if is_offline():
        return f"Downloads are off (--offline or {OFFLINE}); without that, {fetches}"
    return fetches


def fetch(
    name: str,
    split: str = "",
    *,
    data_dir: str | Path | None = None,
    reporter: Reporter | None = None,
) -> Path:
    """Bring what is missing of a set, or of weights, into their folder. Two processes fetch once.

    Args:
        name: one of `ORIGINS`.
        split: only what this split is read from; all but what is optional, if empty.
        data_dir: the folder of all sets, where one is given.
        reporter: is told what is done; nobody, if None.

    Returns:
        The folder that holds it.

    Raises:
        FileNotFoundError: if downloads are off.
        ConnectionError: if it cannot be fetched.
        OSError: if the folder cannot be written to, or the disk is full.
        ValueError: if a file is the published one and cannot be read.
    """
    origin, reporter = ORIGINS[name], reporter or Reporter()
    parts = [p for p in origin.parts if (split in p.splits if split else not p.optional)]
    asked = f"{name}:{split}" if any(part.optional for part in parts) else name
    folder = folder_of(name, data_dir)
    if not _missing(parts, folder):
        return folder
    if is_offline():
        raise FileNotFoundError(f"{asked} is not on this machine. {how_to_get(asked)}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder / LOCK, lambda: reporter.tell(f"Another process fetches {name}.")):
            if missing := _missing(parts, folder):
                _check_room(folder, missing)
                reporter.tell(_announced(origin, missing, folder))
                for part in missing:
                    _get(part, folder, reporter)
                reporter.tell(f"{name} is in {folder}.")
    except OSError as error:
        raise _explained(error, asked, folder) from None
    return folder


def _missing(parts: list[Part], folder: Path) -> list[Part]:
    return [p for p in parts if not all((folder / name).exists() for name in p.there)]


def _get(part: Part, folder: Path, reporter: Reporter) -> None:
    from keras_draw.data.download import download  # Python's HTTP waits until it is needed

    with reporter.watching() as watch:
        paths = [download(file, folder, watch) for file in part.files]
    if part.make is None:
        return
    reporter.tell(f"Making {part.there[0]} of it.")
    try:
        part.make(folder)
    except ValueError:  # the next try fetches them anew
        _remove(paths)
        raise
    _remove(paths)


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _announced(origin: Origin, missing: list[Part], folder: Path) -> str:
    from keras_draw.data.connecting import host

    files = [file for part in missing for file in part.files]
    size = megabytes(sum(file.size for file in files), exact=all(file.exact for file in files))
    unverified = [file.name for file in files if file.verified_by == "unverified"]
    warned = f" No digest of {', '.join(unverified)} is published." if unverified else ""
    return (
        f"{origin.name} is not on this machine: downloading {size} from "
        f"{host(files[0].addresses[0])} into {folder} (licence: {origin.licence}).{warned}"
    )


def _check_room(folder: Path, missing: list[Part]) -> None:
    needed = sum(file.size for part in missing for file in part.files)
    needed += sum(file.size for part in missing if part.make for file in part.files)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(
            errno.ENOSPC, f"{megabytes(needed)} are needed, and {megabytes(free)} are free"
        )


def _explained(error: OSError, asked: str, folder: Path) -> OSError:
    """The error as a sentence that says what to do."""
    weights = asked in ORIGINS and ORIGINS[asked].weights
    variable = "KERAS_DRAW_WEIGHTS" if weights else "--data-dir or KERAS_DRAW_DATA"
    if isinstance(error, ConnectionError) and not error.errno:
        return ConnectionError(
            f"{asked}: {error} Try again with {command('data', 'get', asked)}; behind a proxy set "
            f"HTTPS_PROXY; or put its files into {folder} by hand (docs/data.md)."
        )
    if not error.strerror:
        return error
    return type(error)(
        f"{asked} cannot be put into {folder} ({error.strerror}): make room there, or name "
        f"another folder with {variable}."
    )


@contextlib.contextmanager
def alone(lock: Path, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Wait until no other process holds a lock, and hold it; its file goes afterwards.

    Args:
        lock: its file.
        on_wait: is called once where another process holds it.
    """
    told = False
    while True:
        handle = open_plain(lock, os.O_RDWR | os.O_CREAT)
        try:
            taken = take(handle)
        except OSError:  # a file system without locks: the digests tell what went wrong
            taken = True
        if taken and _is_open(lock, handle):
            break
        os.close(handle)
        if not taken and not told:
            on_wait()
            told = True
        time.sleep(0.05 if taken else 0.2)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if os.name != "nt":  # where an open file cannot be removed
                lock.unlink(missing_ok=True)
        os.close(handle)


def _is_open(path: Path, handle: int) -> bool:
    """Whether a name still belongs to an open file: who held the lock before removes it."""
    try:
        there, opened = path.stat(), os.fstat(handle)
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) == (opened.st_dev, opened.st_ino)
