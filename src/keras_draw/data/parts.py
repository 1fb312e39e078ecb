"""What of a folder of pictures is trained on, and what is held out.

A folder with the folders `train` and `test` in it has these for parts. Of any other folder a tenth
is held out, chosen by the pictures' names.
"""

import hashlib
import unicodedata
from pathlib import Path
from typing import NamedTuple

from keras_draw.data.scanning import Found, Scan, printable, scan, shortened
from keras_draw.data.specs import PARTS, has_parts_of_its_own

HELD_OUT = 0.1
"""Share of the pictures that `folder:PATH:test` has, about: each is drawn by itself."""
SEED = 0
"""Of that draw."""


class Parted(NamedTuple):
    """A folder, or a part of it."""

    scan: Scan
    """of which `pictures` are those of the part."""
    classes: list[str] | None
    """folders of the first level that hold a picture in any part; None if this is no part."""


def parted(path: Path, part: str) -> Parted:
    """What lies in a folder, as far as a part of it is asked for.

    Args:
        path: the folder.
        part: `train`, `test`, or nothing: the whole folder, or its own `train` if it has one.

    Returns:
        The scan, and the classes, which all parts share.

    Raises:
        ValueError: if no picture is held out.
    """
    if has_parts_of_its_own(path):
        scans = {name: scan(path / name) for name in PARTS}
        return Parted(
            scans[part or "train"], _classes([*scans["train"].pictures, *scans["test"].pictures])
        )
    found = scan(path)
    if not part:
        return Parted(found, None)
    pictures = [one for one in found.pictures if is_held_out(one) == (part == "test")]
    if found.pictures and not pictures:
        raise ValueError(
            f"Of the {len(found.pictures)} pictures in {shortened(path.name)} none is in the part "
            f"{part}, which is chosen by their names: move those that are meant into a folder test "
            "in it, and the others into a folder train."
        )
    return Parted(found._replace(pictures=pictures), _classes(found.pictures))


def is_held_out(one: Found) -> bool:
    """Whether a picture is in the part that is held out.

    Its name within the folder decides, on every machine alike, and no other picture's: what is
    added to a folder later moves none of those that are there.

    Args:
        one: the picture.
    """
    name = unicodedata.normalize("NFC", printable("/".join(one.parts)))
    digest = hashlib.sha256(f"{SEED}/{name}".encode()).digest()
    return int.from_bytes(digest[:8]) < HELD_OUT * 2**64


def _classes(pictures: list[Found]) -> list[str]:
    if any(len(one.parts) == 1 for one in pictures):
        return []
    return sorted({one.parts[0] for one in pictures})
