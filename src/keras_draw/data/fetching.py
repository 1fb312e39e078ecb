"""Download data sets and weights by name, into the user's folder or the cache."""

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
"""The file that a process locks while it downloads into a folder."""


def folder_of(name: str, data_dir: str | Path | None = None) -> Path:
    """Return the folder that a data set, or weights, are downloaded into.

    Args:
        name: one of `ORIGINS`.
        data_dir: the folder of all data sets, or None.

    Returns:
        For a data set: the folder NAME in `data_dir`, in `KERAS_DRAW_DATA`, or in the cache's
        `data`. For weights: `KERAS_DRAW_WEIGHTS`, if that is a folder, or the cache's `weights`.

    Raises:
        FileNotFoundError: if none of these is set and there is no home folder for the cache.
    """
    weights = ORIGINS[name].weights
    variable = "KERAS_DRAW_WEIGHTS" if weights else "KERAS_DRAW_DATA"
    said = (None if weights else data_dir) or os.environ.get(variable)
    if said and (not weights or expanded(said).is_dir()):
        return expanded(said) if weights else expanded(said) / name
    home = cache_home()
    if home is None:
        raise FileNotFoundError(
            f"There is no home folder to keep {name} in: set {variable} to a folder."
        )
    return home / "weights" if weights else home / "data" / name


def how_to_get(name: str) -> str:
    """Say how to get a data set, or weights, that are not on this machine.

    Example:
        >>> how_to_get("mnist")                     # doctest: +SKIP
        'Download it with keras-draw data get mnist.'
    """
    get = command("data", "get", name)
    if is_offline():
        return f"Downloads are off (--offline or {OFFLINE}). Without that, {get} downloads it."
    return f"Download it with {get}."


def fetch(
    name: str,
    split: str = "",
    *,
    data_dir: str | Path | None = None,
    reporter: Reporter | None = None,
) -> Path:
    """Download the missing files of a data set, or of weights.

    If several processes ask for the same files, only one of them downloads.

    Args:
        name: one of `ORIGINS`.
        split: download only the files of this split; "" for all files that are not optional.
        data_dir: the folder of all data sets, or None.
        reporter: reports the progress; None for no reports.

    Returns:
        The folder that holds the files.

    Raises:
        FileNotFoundError: if downloads are off.
        ConnectionError: if the download fails.
        OSError: if the folder cannot be written to, or the disk is full.
        ValueError: if a file is the published one but cannot be read.
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
        with alone(
            folder / LOCK, lambda: reporter.tell(f"Waiting: another process is downloading {name}.")
        ):
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
    from keras_draw.data.download import download  # loads Python's HTTP modules only if needed

    with reporter.watching() as watch:
        paths = [download(file, folder, watch) for file in part.files]
    if part.make is None:
        return
    reporter.tell(f"Making {part.there[0]} from the download.")
    try:
        part.make(folder)
    except ValueError:  # so the next attempt downloads them again
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
    warned = f" No digest is published for {', '.join(unverified)}." if unverified else ""
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
            errno.ENOSPC, f"{megabytes(needed)} are needed, but only {megabytes(free)} are free"
        )


def _explained(error: OSError, asked: str, folder: Path) -> OSError:
    """Return the same error with a message that says what to do."""
    weights = asked in ORIGINS and ORIGINS[asked].weights
    variable = "KERAS_DRAW_WEIGHTS" if weights else "--data-dir or KERAS_DRAW_DATA"
    if isinstance(error, ConnectionError) and not error.errno:
        return ConnectionError(
            f"{asked}: {error} Try again with {command('data', 'get', asked)}; behind a proxy, set "
            f"HTTPS_PROXY; or put the files into {folder} yourself."
        )
    if not error.strerror:
        return error
    return type(error)(
        f"{asked} cannot be written to {folder} ({error.strerror}): make room there, or choose "
        f"another folder with {variable}."
    )


@contextlib.contextmanager
def alone(lock: Path, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold a lock within the block, waiting while another process holds it.

    The lock's file is removed afterwards.

    Args:
        lock: the lock's file.
        on_wait: called once if another process holds the lock.
    """
    told = False
    while True:
        handle = open_plain(lock, os.O_RDWR | os.O_CREAT)
        try:
            taken = take(handle)
        except OSError:  # a file system without locks: digests still reveal a damaged file
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
            if os.name != "nt":  # Windows cannot remove an open file
                lock.unlink(missing_ok=True)
        os.close(handle)


def _is_open(path: Path, handle: int) -> bool:
    """Whether a path still names the open file: the previous holder removes it when it is done."""
    try:
        there, opened = path.stat(), os.fstat(handle)
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) == (opened.st_dev, opened.st_ino)
