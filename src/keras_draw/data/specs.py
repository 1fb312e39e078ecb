"""Parse specifications of images, such as `mnist:train[:1000]` or `folder:photos`.

A specification is `NAME[:SPLIT][[START:STOP:STEP]]`, `folder:PATH[:PART][[START:STOP:STEP]]` or
`npz:PATH[[START:STOP:STEP]]`, with a slice as in Python; each of its numbers can be left out. If a
path exists, brackets and colons in it are part of the path.

No numerical library is loaded here, so a wrong name is refused immediately.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from keras_draw.config import suggest
from keras_draw.data.scanning import ENDINGS
from keras_draw.files import expanded

if TYPE_CHECKING:
    from keras_draw.data.images import ImageData

PATHS = ("folder", "npz")
"""Kinds of specifications that name a path."""
PARTS = ("train", "test")
"""Parts of a folder: images to train on, and images held out; see `data/parts.py`."""
SPLITS = {
    "digits": ("train", "test"),
    "mnist": ("train", "test"),
    "fashion_mnist": ("train", "test"),
    "binarized_mnist": ("train", "valid", "test"),
    "cifar10": ("train", "test"),
    "svhn": ("train", "test", "extra"),
    "omniglot": ("train", "test"),
}
"""Splits of every named data set; `data/named.py` describes the sets."""
_SLICE = re.compile(r"\[([^\[\]]*)\]$")
_BOUNDS = re.compile(r"([0-9]{0,18}):([0-9]{0,18})(?::([1-9][0-9]{0,17})?)?")


class Spec(NamedTuple):
    """A parsed specification."""

    kind: str
    """the name of a data set, `folder` or `npz`."""
    rest: str
    """the split, or the path."""
    rows: slice
    text: str
    """the specification as it was given."""
    part: str = ""
    """one of `PARTS` for a part of a folder; "" for all of it."""

    @property
    def path(self) -> Path:
        """The path in a `folder:` or `npz:` specification."""
        return expanded(self.rest)

    @property
    def is_there(self) -> bool:
        """Whether the folder or the file exists."""
        try:
            return bool(self.rest) and self._exists()
        except (OSError, ValueError):  # name too long, no such home, or no permission
            return False

    def _exists(self) -> bool:
        return self.path.is_dir() if self.kind == "folder" else self.path.is_file()

    def check(self) -> None:
        """Refuse an unknown name, split or path, without looking for a data set's files.

        Raises:
            ValueError, FileNotFoundError: with a message that shows the right form.
        """
        if self.kind in PATHS:
            self.check_path()
        elif self.kind not in SPLITS:
            raise ValueError(self._unknown())
        elif self.rest and self.rest not in SPLITS[self.kind]:
            raise ValueError(no_such_split(self.kind, self.rest))

    def _unknown(self) -> str:
        name = f"{self.kind}:{self.rest}" if self.rest else self.kind
        if self._replace(kind="folder", rest=name).is_there:
            return f"{name!r} is a folder: write folder:{name} for the pictures in it."
        if self._replace(kind="npz", rest=name).is_there:
            ending = Path(name).suffix.lower()
            if ending == ".npz":
                return f"{name!r} is a file: write npz:{name} for the images in it."
            if ending in ENDINGS:
                return (
                    f"{name!r} is a single picture; a data set needs many: put them into a folder, "
                    "and write folder:PATH."
                )
        return no_such_set(self.kind, *(PATHS if self.rest else ()))

    @property
    def has_parts_of_its_own(self) -> bool:
        """Whether this is a folder that contains the folders `train` and `test`."""
        return self.kind == "folder" and self.is_there and has_parts_of_its_own(self.path)

    def check_path(self) -> None:
        """Refuse a path that does not exist.

        Raises:
            FileNotFoundError: if there is no such folder or file; shows the right form.
            ValueError: if the folder exists, but has no such part.
        """
        if self.is_there:
            return
        if self.kind == "npz":
            raise FileNotFoundError(f"There is no file {self.rest!r}; write npz:PATH with an .npz.")
        path, _, part = self.rest.rpartition(":")
        if self._replace(rest=path).is_there:
            raise ValueError(f"The folder {path!r} has the parts train and test, but no {part!r}.")
        if self._replace(kind="npz").is_there:
            raise FileNotFoundError(
                f"{self.rest!r} is a file; write folder:PATH with a folder of pictures, such as "
                "the one that contains it."
            )
        raise FileNotFoundError(
            f"There is no folder {self.rest!r}; write folder:PATH with a folder of pictures."
        )


def no_such_set(name: str, *others: str) -> str:
    """The message about an unknown name; suggests a data set or one of `others`."""
    hint = suggest(name, [*SPLITS, *others])
    return f"There is no data set {name!r}: {hint} (Or folder:PATH, or npz:PATH.)"


def no_such_split(name: str, split: str) -> str:
    """The message about a split that a data set does not have."""
    return f"{name} has no split {split!r}; it has {', '.join(SPLITS[name])}."


def parse(text: str) -> Spec:
    """Parse a specification.

    Args:
        text: the specification as the user wrote it.

    Raises:
        ValueError: if the slice is malformed.

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
        start, stop, step = (int(n) if n else None for n in bounds.groups())
        return base._replace(rows=slice(start, stop, None if step == 1 else step))
    if whole.kind in PATHS and not base.is_there:
        return whole
    raise ValueError(
        f"The slice in {text!r} is malformed; write [START:STOP] or [START:STOP:STEP] with whole "
        "numbers, as in mnist:train[:1000] or mnist:test[::5]."
    )


def _apart(base: str, text: str) -> Spec:
    kind, _, rest = base.partition(":")
    spec = Spec(kind, rest, slice(None), text)
    path, _, part = rest.rpartition(":")
    if kind == "folder" and path and part in PARTS and not spec.is_there:
        return spec._replace(rest=path, part=part)
    return spec


def has_parts_of_its_own(path: Path) -> bool:
    """Whether a folder contains the folders `train` and `test`, which are then its parts."""
    return all((path / part).is_dir() for part in PARTS)


def sliced(data: "ImageData", spec: Spec) -> "ImageData":
    """Return the images that the specification's slice selects.

    Raises:
        ValueError: if the slice goes beyond the end, or selects nothing.
    """
    start, stop, step = spec.rows.indices(2**62)
    if spec.rows == slice(None):
        return data
    if spec.rows.stop is None:
        stop = len(data)
    if stop > len(data) or start >= len(data):
        raise ValueError(f"{spec.text} goes beyond the end: {data.name} holds {len(data)} images.")
    if start >= stop:
        raise ValueError(f"{spec.text} holds no image: START must be below STOP.")
    return data.take(slice(start, stop, step), f"{data.name}{bounds_of(spec)}")


def bounds_of(spec: Spec) -> str:
    """The slice of a specification in a uniform notation; "" if there is none."""
    if spec.rows == slice(None):
        return ""
    step = f":{spec.rows.step}" if spec.rows.step else ""
    return f"[{spec.rows.start or ''}:{spec.rows.stop or ''}{step}]"
