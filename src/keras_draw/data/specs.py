"""What `mnist:train[:1000]` or `folder:photos` asks for.

A specification is `NAME[:SPLIT][[START:STOP]]`, `folder:PATH[:PART][[START:STOP]]` or
`npz:PATH[[START:STOP]]`. A path that is there is a path, whatever brackets and colons it holds.

No numerical library is loaded here, so that a name can be refused at once.
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
"""Of a folder: what is trained on, and what is held out; see `data/parts.py`."""
SPLITS = {
    "digits": ("train", "test"),
    "mnist": ("train", "test"),
    "fashion_mnist": ("train", "test"),
    "binarized_mnist": ("train", "valid", "test"),
    "cifar10": ("train", "test"),
    "svhn": ("train", "test", "extra"),
    "omniglot": ("train", "test"),
}
"""Those of every named set; what else is known of them is in `data/named.py`."""
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
    part: str = ""
    """of a folder: one of `PARTS`, or all of it."""

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

    def check(self) -> None:
        """Refuse what no data set is meant by, without looking for its files.

        Raises:
            ValueError, FileNotFoundError: in one sentence, with how it is written.
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
                    f"{name!r} is one picture, and a data set is many: put them into a folder, and "
                    "write folder:PATH."
                )
        return no_such_set(self.kind, *(PATHS if self.rest else ()))

    @property
    def has_parts_of_its_own(self) -> bool:
        """Whether this is a folder with a folder `train` and a folder `test` in it."""
        return self.kind == "folder" and self.is_there and has_parts_of_its_own(self.path)

    def check_path(self) -> None:
        """Refuse the path of a folder or file that is not there.

        Raises:
            FileNotFoundError: in one sentence, with how it is written.
        """
        if self.is_there:
            return
        if self.kind == "npz":
            raise FileNotFoundError(f"There is no file {self.rest!r}; write npz:PATH with an .npz.")
        path, _, part = self.rest.rpartition(":")
        if self._replace(rest=path).is_there:
            raise ValueError(f"The folder {path!r} has the parts train and test, and no {part!r}.")
        if self._replace(kind="npz").is_there:
            raise FileNotFoundError(
                f"{self.rest!r} is a file; write folder:PATH with a folder of pictures, which may "
                "hold this one."
            )
        raise FileNotFoundError(
            f"There is no folder {self.rest!r}; write folder:PATH with a folder of pictures."
        )


def no_such_set(name: str, *others: str) -> str:
    """The sentence about a name that no data set has; it may be meant for one of others."""
    hint = suggest(name, [*SPLITS, *others])
    return f"There is no data set {name!r}: {hint} (Or folder:PATH, or npz:PATH.)"


def no_such_split(name: str, split: str) -> str:
    """The sentence about a split that a named set has not."""
    return f"{name} has no split {split!r}; it has {', '.join(SPLITS[name])}."


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
    spec = Spec(kind, rest, slice(None), text)
    path, _, part = rest.rpartition(":")
    if kind == "folder" and path and part in PARTS and not spec.is_there:
        return spec._replace(rest=path, part=part)
    return spec


def has_parts_of_its_own(path: Path) -> bool:
    """Whether a folder has the folders `train` and `test` in it, which then are its parts."""
    return all((path / part).is_dir() for part in PARTS)


def sliced(data: "ImageData", spec: Spec) -> "ImageData":
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
