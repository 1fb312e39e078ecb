"""Which pictures of a folder are trained on, and which are held out.

If a folder contains the folders `train` and `test`, those are its parts. In any other folder about
a tenth of the pictures is held out, chosen by their names.
"""

import hashlib
import unicodedata
from pathlib import Path
from typing import NamedTuple

from keras_draw.data.scanning import ENDINGS, Found, Scan, is_clutter, printable, scan, shortened
from keras_draw.data.specs import PARTS, has_parts_of_its_own

HELD_OUT = 0.1
"""Approximate share of the pictures in `folder:PATH:test`: each picture is drawn independently."""
SEED = 0
"""Seed of that draw."""


class Parted(NamedTuple):
    """A folder, or one of its parts."""

    scan: Scan
    """its `pictures` are those of the part."""
    classes: list[str] | None
    """first-level folders that hold a picture in any part; None if the folder was not split."""
    beside: list[str]
    """pictures and folders next to the folders `train` and `test`, which are not used."""


def parted(path: Path, part: str) -> Parted:
    """Scan a folder and select one of its parts.

    Args:
        path: the folder.
        part: `train`, `test`, or "". With "" the whole folder is used, or its folder `train` if it
            contains both `train` and `test`.

    Returns:
        The scan, and the classes, which all parts share.

    Raises:
        ValueError: if the folder has pictures, but none of them falls into this part.
    """
    if has_parts_of_its_own(path):
        scans = {name: scan(path / name) for name in PARTS}
        pictures = [*scans["train"].pictures, *scans["test"].pictures]
        return Parted(scans[part or "train"], _classes(pictures), _beside(path))
    found = scan(path)
    if not part:
        return Parted(found, None, [])
    pictures = [one for one in found.pictures if is_held_out(one) == (part == "test")]
    if found.pictures and not pictures:
        raise ValueError(
            f"None of the {len(found.pictures)} pictures in {shortened(path.name)} is in the part "
            f"{part}, which is chosen by their names: create the folders train and test in it, and "
            "move each picture into one of them."
        )
    return Parted(found._replace(pictures=pictures), _classes(found.pictures), [])


def is_held_out(one: Found) -> bool:
    """Whether a picture is held out.

    This depends only on the picture's own path within the folder. The result is the same on every
    machine, and pictures that are added later do not change it.

    Args:
        one: the picture.
    """
    name = unicodedata.normalize("NFC", printable("/".join(one.parts)))
    digest = hashlib.sha256(f"{SEED}/{name}".encode()).digest()
    return int.from_bytes(digest[:8]) < HELD_OUT * 2**64


def _beside(path: Path) -> list[str]:
    return sorted(
        shortened(one.name)
        for one in path.iterdir()
        if one.name not in PARTS
        and not is_clutter(one.name)
        and (one.is_dir() or one.suffix.lower() in ENDINGS)
    )


def _classes(pictures: list[Found]) -> list[str]:
    if any(len(one.parts) == 1 for one in pictures):
        return []
    return sorted({one.parts[0] for one in pictures})
