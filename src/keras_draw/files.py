"""Writing files so that nothing half-written is ever found under a final name."""

import contextlib
import csv
import io
import math
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

TEMPORARY = ".writing-"
"""How the names of unfinished files begin."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, moved onto it when the block ends well.

    Args:
        path: the final name. What stood there before stays until the new file is whole.

    Yields:
        A path with the same suffix in the same folder, to be written.

    Raises:
        OSError: whatever writing raised; the temporary file is removed.

    Example:
        >>> with replacing(Path("history.csv")) as temporary:    # doctest: +SKIP
        ...     temporary.write_text("epoch,loss")
    """
    handle, name = tempfile.mkstemp(prefix=TEMPORARY, suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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


def finite(value: Any) -> Any:
    """A plain value with None for every number that is not finite: JSON has no others.

    Args:
        value: of numbers, texts, lists and dicts.

    Example:
        >>> finite({"fid": float("nan"), "kl": [1.0, float("inf")]})
        {'fid': None, 'kl': [1.0, None]}
    """
    if isinstance(value, dict):
        return {name: finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


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
    with replacing(path) as temporary:
        temporary.write_text(text.getvalue(), "utf-8")


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
