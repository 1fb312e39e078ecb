"""Safe file writing: no half-written file ever has a final name."""

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
"""Prefix of the names of unfinished files."""
_OURS = re.compile(re.escape(TEMPORARY) + r"([0-9a-f]{16}|[0-9a-z_]{8})(\.\w+)?")
"""Names that this module gives unfinished files, now and in earlier versions."""
_DAY = 86_400.0
"""On a file system without locks: the age in seconds at which an unfinished file is abandoned."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write to a temporary file next to `path`, and rename it to `path` if the block succeeds.

    If `path` is a link, the link is replaced and its target stays. The file gets the permissions
    that the umask allows. Unfinished files that killed processes left in the folder are removed.

    Args:
        path: the final name. An existing file stays until the new one is complete.

    Yields:
        The path to write: a temporary name with the same suffix in the same folder.

    Raises:
        OSError: any error of the block, reported under the final name. The temporary file is
            removed.

    Example:
        >>> with replacing(Path("history.csv")) as temporary:    # doctest: +SKIP
        ...     temporary.write_text("epoch,loss")
    """
    remove_unfinished(path.parent)
    with _named(path, path.with_name(TEMPORARY + secrets.token_hex(8) + path.suffix)) as temporary:
        handle = _claim(temporary)
        try:
            yield temporary
            with temporary.open("rb+") as written:  # Windows flushes only writable files
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
    """Remove unfinished files whose writers were killed.

    Args:
        folder: the folder to search.
        every: remove every file whose name has the prefix `TEMPORARY`, not just names of this
            module's own pattern. For folders that belong to the package, such as a run folder.
    """
    with contextlib.suppress(OSError):
        for path in list(folder.glob(f"{TEMPORARY}*")):
            if every or _OURS.fullmatch(path.name):
                _remove_if_left(path)


def take(handle: int, *, shared: bool = False) -> bool:
    """Try to take the system's lock on an open file, without waiting.

    The system releases the lock when the process ends.

    Args:
        handle: the file descriptor.
        shared: take a shared lock, which several processes can hold, instead of an exclusive one.

    Returns:
        Whether the lock was taken. Always True on systems without such locks (Windows).

    Raises:
        OSError: if the file system does not support locks.
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
    """Open a regular file without following a link or waiting for a pipe.

    Args:
        path: the file.
        flags: flags for `os.open`.

    Returns:
        The file descriptor.

    Raises:
        OSError: if it cannot be opened, or is a link, a pipe, a device or a folder.
    """
    more = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
    handle = os.open(path, flags | sum(getattr(os, name, 0) for name in more), 0o666)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise FileExistsError(f"{path} is not a regular file.")
    return handle


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file of bytes, completely or not at all.

    Args:
        path: the file. An existing one is replaced.
        content: the complete content.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def expanded(path: str | Path) -> Path:
    """A path with `~` replaced by the home folder.

    Args:
        path: the path as the user gave it.

    Raises:
        ValueError: if the home folder is not known.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ValueError(
            f"{path} begins with a home folder that is unknown here; write the path without ~."
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
    except OverflowError:  # an integer too large for a float
        return False


def write_csv(path: Path, rows: Iterable[Iterable[Any]]) -> None:
    """Write a table of comma-separated values, completely or not at all.

    Args:
        path: the file. An existing one is replaced.
        rows: the rows, the header first.
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_bytes(path, text.getvalue().encode())


def check_output(path: Path, suffixes: tuple[str, ...], *, overwrite: bool) -> None:
    """Check that an output file can be written, before any work is done for it.

    Args:
        path: the output file.
        suffixes: the supported extensions, such as `.png`.
        overwrite: whether an existing file may be replaced.

    Raises:
        ValueError: if the extension is not supported.
        FileNotFoundError: if the folder is missing.
        PermissionError: if the folder is not writable.
        FileExistsError: if the file exists and may not be replaced, or is a folder.
    """
    if path.suffix.lower() not in suffixes:
        raise ValueError(
            f"{path.name} has the extension {path.suffix!r}; choose from {', '.join(suffixes)}."
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(f"The folder {path.parent} does not exist; create it first.")
    if path.is_dir():
        raise FileExistsError(f"{path} is a folder; give a file name.")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists; use another name, or --overwrite to replace it.")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"The folder {path.parent} cannot be written to; choose another one.")


def check_new_folder(path: Path) -> None:
    """Check that an output folder can be created, or exists and is empty.

    Args:
        path: the output folder.

    Raises:
        FileNotFoundError: if its parent folder is missing.
        FileExistsError: if a file has that name, or the folder is not empty.
        PermissionError: if it cannot be created.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"The folder {path.parent} does not exist; create it first.")
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise FileExistsError(f"{path} is not a folder; give the name of a new one.")
    if path.is_dir() and any(path.iterdir()):
        raise FileExistsError(
            f"The folder {path} is not empty, and its files are never replaced; give a new one."
        )
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"The folder {path.parent} cannot be written to; choose another one.")


@contextlib.contextmanager
def _named(path: Path, temporary: Path) -> Iterator[Path]:
    """Make system errors about the temporary file, or without a file, name the final one."""
    try:
        yield temporary
    except OSError as error:
        if error.strerror and error.filename in (None, temporary, str(temporary)):
            error.filename = str(path)
        raise


def _claim(temporary: Path) -> int | None:
    """Create the file and lock it while it is written, so that no other process removes it."""
    while True:
        handle = open_plain(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        if os.name == "nt":  # an open file cannot be moved there
            os.close(handle)
            return None
        with contextlib.suppress(OSError):  # no locks here: its age protects it
            while not take(handle):  # another process briefly checks whether it is abandoned
                time.sleep(0.001)
        if temporary.exists():
            return handle
        os.close(handle)  # another process removed it just before the lock


def _remove_if_left(path: Path) -> None:
    try:
        handle = open_plain(path, os.O_RDWR)
    except OSError:  # a link or a folder, which this module never creates
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
    """Flush the folder's entries to disk, in order, if the system supports it."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
