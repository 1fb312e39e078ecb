"""What `mnist:train[:1000]` or `folder:photos` asks for.

A specification is `NAME[:SPLIT][[START:STOP]]`, `folder:PATH[[START:STOP]]` or
`npz:PATH[[START:STOP]]`. A path that is there is a path, whatever brackets it holds.
"""

import re
from pathlib import Path
from typing import NamedTuple

from keras_draw.data.images import ImageData
from keras_draw.files import expanded

PATHS = ("folder", "npz")
"""Kinds of specifications that name a path."""
_SLICE = re.compile(r"\[([^\[\]]*)\]$")
_BOUNDS = re.compile(r"([0-9]{0,18}):([0-9]{0,18})")


class Spec(NamedTuple):
    """A specification, taken apart."""

    kind: str
    """the name of a set, `folder` or `npz`."""
    rest: str
    """the split, or the path."""
    rows: slice
    text: str
    """as it was given."""

    @property
    def path(self) -> Path:
        """The path that it names."""
        return expanded(self.rest)

    @property
    def is_there(self) -> bool:
        """Whether the folder or the file that it names exists."""
        try:
            return bool(self.rest) and self._exists()
        except (OSError, ValueError):  # too long, no such home, or a folder closed to us
            return False

    def _exists(self) -> bool:
        return self.path.is_dir() if self.kind == "folder" else self.path.is_file()


def parse(text: str) -> Spec:
    """Take a specification apart.

    Args:
        text: as a person wrote it.

    Raises:
        ValueError: if a slice is not understood.

    Example:
        >>> parse("mnist:train[:1000]").rows
        slice(None, 1000, None)
    """
    whole = _apart(text, text)
    match = _SLICE.search(text)
    if not match or (whole.kind in PATHS and whole.is_there):
        return whole
    base = _apart(text[: match.start()], text)
    bounds = _BOUNDS.fullmatch(match.group(1))
    if bounds:
        start, stop = (int(n) if n else None for n in bounds.groups())
        return base._replace(rows=slice(start, stop))
    if whole.kind in PATHS and not base.is_there:
        return whole
    raise ValueError(
        f"The slice in {text!r} is not understood; write [START:STOP] with whole numbers, "
        "as in mnist:train[:1000]."
    )


def _apart(base: str, text: str) -> Spec:
    kind, _, rest = base.partition(":")
    return Spec(kind, rest, slice(None), text)


def sliced(data: ImageData, spec: Spec) -> ImageData:
    """The rows that a specification asks for.

    Raises:
        ValueError: if they go beyond the end, or are none.
    """
    start, stop, _ = spec.rows.indices(2**62)
    if spec.rows == slice(None):
        return data
    if spec.rows.stop is None:
        stop = len(data)
    if stop > len(data) or start >= len(data):
        raise ValueError(f"{spec.text} goes beyond the end: {data.name} holds {len(data)} images.")
    if start >= stop:
        raise ValueError(f"{spec.text} holds no image: START must be below STOP.")
    return data.take(slice(start, stop), f"{data.name}{bounds_of(spec)}")


def bounds_of(spec: Spec) -> str:
    """The slice at the end of a specification, written in one way; empty where there is none."""
    if spec.rows == slice(None):
        return ""
    return f"[{spec.rows.start or ''}:{spec.rows.stop or ''}]"
