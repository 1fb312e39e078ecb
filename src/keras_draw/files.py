"""Writing files so that nothing half-written is ever found under a final name."""

import contextlib
import csv
import hashlib
import io
import math
import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

TEMPORARY = ".writing-"
"""How the names of unfinished files begin."""
_OURS = re.compile(re.escape(TEMPORARY) + r"([0-9a-f]{16}|[0-9a-z_]{8})(\.\w+)?")
"""Names that this module gives them, or gave them once."""
_DAY = 86_400.0
"""Seconds after which an unfinished file is left over, where the file system has no locks."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, moved onto it when the block ends well.

    A link of that name is replaced, and what it points to stays. The file gets the rights that the
    umask leaves. What killed processes left unfinished in the folder is removed.

    Args:
        path: the final name. What stood there before stays until the new file is whole.

    Yields:
        A path with the same suffix in the same folder, to be written.

    Raises:
        OSError: whatever writing raised, with the final name; the temporary file is removed.

    Example:
        >>> with replacing(Path("history.csv")) as temporary:    # doctest: +SKIP
        ...     temporary.write_text("epoch,loss")
    """
    remove_unfinished(path.parent)
    with _named(path, path.with_name(TEMPORARY + secrets.token_hex(8) + path.suffix)) as temporary:
        handle = _claim(temporary)
        try:
            yield temporary
            with temporary.open("rb+") as written:  # Windows flushes only what may be written to
                os.fsync(written.fileno())
            temporary.replace(path)
        finally:
            try:
                with contextlib.suppress(OSError):  # a failing disk; the next writer removes it
                    temporary.unlink(missing_ok=True)
            finally:
                if handle is not None:
                    os.close(handle)
    _flush_names(path.parent)


def remove_unfinished(folder: Path, *, every: bool = False) -> None:
    """Remove unfinished files that nobody is writing any more: their writers were killed.

    Args:
        folder: where to look.
        every: take every name that begins like an unfinished file's for one, as in a run's folder.
    """
    with contextlib.suppress(OSError):
        for path in list(folder.glob(f"{TEMPORARY}*")):
            if every or _OURS.fullmatch(path.name):
                _remove_if_left(path)


def take(handle: int, *, shared: bool = False) -> bool:
    """Take the system's lock on an open file, at once or not at all; it ends with the process.

    Args:
        handle: the open file's number.
        shared: let others share it. Nobody has it alone, then.

    Returns:
        Whether it was taken: always where the system has no such locks (Windows).

    Raises:
        OSError: if the file system has none.
    """
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def open_plain(path: Path, flags: int) -> int:
    """Open a plain file by its own name: no link is followed, no pipe waited for.

    Args:
        path: the file.
        flags: of `os.open`.

    Returns:
        The open file's number.

    Raises:
        OSError: if it cannot be opened, or is a link, a pipe, a device or a folder.
    """
    more = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
    handle = os.open(path, flags | sum(getattr(os, name, 0) for name in more), 0o666)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise FileExistsError(f"{path} is no plain file.")
    return handle


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes, whole or not at all.

    Args:
        path: the file; an older one is replaced.
        content: all of it.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def expanded(path: str | Path) -> Path:
    """A path with `~` as the home folder that it stands for.

    Args:
        path: as a person gave it.

    Raises:
        ValueError: if there is no such home.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ValueError(
            f"{path} begins with a home folder that is not known here; give the path without ~."
        ) from None


def is_number(value: Any) -> bool:
    """Whether a JSON value is a finite number.

    Example:
        >>> is_number(3), is_number(True), is_number(float("nan"))
        (True, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


def write_csv(path: Path, rows: Iterable[Iterable[Any]]) -> None:
    """Write a table of comma-separated values, whole or not at all.

    Args:
        path: the file; an older one is replaced.
        rows: the heading's first.
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_bytes(path, text.getvalue().encode())


def check_output(path: Path, suffixes: tuple[str, ...], *, overwrite: bool) -> None:
    """Refuse an output file at the door, before any work is done for it.

    Args:
        path: where the output is to go.
        suffixes: which endings are known.
        overwrite: whether an existing file may be replaced.

    Raises:
        ValueError: if the ending is unknown.
        FileNotFoundError: if the folder is missing.
        PermissionError: if the folder cannot be written to.
        FileExistsError: if the file exists and is not to be replaced.
    """
    if path.suffix.lower() not in suffixes:
        raise ValueError(
            f"{path.name} has the ending {path.suffix!r}; known are {', '.join(suffixes)}."
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(f"The folder {path.parent} does not exist; create it first.")
    if path.is_dir():
        raise FileExistsError(f"{path} is a folder; give the name of a file.")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists; use another name, or --overwrite to replace it.")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"The folder {path.parent} cannot be written to; choose another.")


def check_new_folder(path: Path) -> None:
    """Refuse a folder that cannot be made, or holds anything already.

    Args:
        path: where the output is to go.

    Raises:
        FileNotFoundError: if what it is to lie in is missing.
        FileExistsError: if there is a file of that name, or something in the folder.
        PermissionError: if it cannot be made.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"The folder {path.parent} does not exist; create it first.")
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise FileExistsError(f"{path} is no folder; give the name of a new one.")
    if path.is_dir() and any(path.iterdir()):
        raise FileExistsError(
            f"The folder {path} is not empty, and nothing in it is replaced: give a new one."
        )
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"The folder {path.parent} cannot be written to; choose another.")


@contextlib.contextmanager
def _named(path: Path, temporary: Path) -> Iterator[Path]:
    """Errors of the system about the temporary file, or about none, name the final one."""
    try:
        yield temporary
    except OSError as error:
        if error.strerror and error.filename in (None, temporary, str(temporary)):
            error.filename = str(path)
        raise


def _claim(temporary: Path) -> int | None:
    """Make the file, and hold it for as long as it is written, so that nobody removes it."""
    while True:
        handle = open_plain(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        if os.name == "nt":  # an open file cannot be moved there
            os.close(handle)
            return None
        with contextlib.suppress(OSError):  # no locks here: its age protects it
            while not take(handle):  # somebody looks whether it is left over, for a moment
                time.sleep(0.001)
        if temporary.exists():
            return handle
        os.close(handle)  # it was taken for left over in the moment before


def _remove_if_left(path: Path) -> None:
    try:
        handle = open_plain(path, os.O_RDWR)
    except OSError:  # a link or a folder, which we never make
        return
    try:
        try:
            is_left = take(handle)
        except OSError:
            is_left = time.time() - os.fstat(handle).st_mtime > _DAY
        if is_left:
            path.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _flush_names(folder: Path) -> None:
    """Bring the folder's names to the disk, in their order, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
