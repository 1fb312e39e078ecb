"""Standard streams that may be closed, broken, full, or of another encoding."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from keras_draw.printed import as_json

BROKEN_PIPE = 141
"""Exit code if the reader went away, as in `| head`: 128 + SIGPIPE, as in a shell."""


def say(text: str) -> None:
    """Print a message on stderr, so that stdout stays free for `--json`.

    A message that cannot be written is dropped, and the work goes on.
    """
    if sys.stderr is None:  # `print` would use stdout
        return
    try:
        print(printable(text), file=sys.stderr, flush=True)
    except (OSError, ValueError):
        _silence(sys.stderr)


def printable(text: str) -> str:
    r"""Text that can be encoded: bytes of a file name that are not UTF-8 become escapes.

    Example:
        >>> print(printable("caf" + chr(0xDCE9)))
        caf\udce9
    """
    return text.encode("utf-8", "backslashreplace").decode()


def print_json(values: dict[str, Any]) -> None:
    """Print one JSON object on stdout.

    Raises:
        OSError: if it cannot be written.
    """
    try:
        print(as_json(values, ascii_only=True), flush=True)
    except OSError as error:
        _silence(sys.stdout)
        raise OSError(error.errno, error.strerror, "stdout") from None


@contextmanager
def whole_streams() -> Iterator[bool]:
    """Run a command on streams that may be closed, or that a reader may close meanwhile.

    A closed stream is opened on the null device. Otherwise the next opened file would get the
    stream's number, and libraries would print into that file.

    Yields:
        Whether stdout was open.

    Raises:
        SystemExit: with 141 if a reader went away, and with 2 if stdout is full.
    """
    has_stdout = sys.stdout is not None
    _open_what_is_closed()
    try:
        yield has_stdout
    except (BrokenPipeError, SystemExit) as stopped:
        if not _by_broken_pipe(stopped):
            raise
        _silence(sys.stdout)
        raise SystemExit(BROKEN_PIPE) from None
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _silence(sys.stdout)
        except OSError as error:
            _silence(sys.stdout)
            say(f"keras-draw: stdout cannot be written: {error.strerror}")
            sys.exit(2)


def _by_broken_pipe(stopped: BaseException) -> bool:
    """Whether a reader went away; rich turns that into a SystemExit with a failure's code."""
    return any(isinstance(e, BrokenPipeError) for e in (stopped, stopped.__context__))


def _open_what_is_closed() -> None:
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # gets the lowest free number: this one
            os.set_inheritable(opened, True)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115


def _silence(stream: TextIO) -> None:
    """Point a broken stream at the null device, so that Python's last flush prints no error."""
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
    except (OSError, ValueError):  # not a file
        return
