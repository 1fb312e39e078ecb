"""A named set's split: from the first folder that has it, or from the network."""

import hashlib
from pathlib import Path

from keras_draw.data.fetching import fetch, how_to_get
from keras_draw.data.images import ImageData
from keras_draw.data.named import SETS, NamedSet, Place, places
from keras_draw.data.origins import ORIGINS
from keras_draw.data.reporting import Reporter
from keras_draw.data.specs import no_such_set, no_such_split


def known_set(name: str) -> NamedSet:
    """The set of that name.

    Raises:
        ValueError: if there is none; says which name was meant.
    """
    if name not in SETS:
        raise ValueError(no_such_set(name))
    return SETS[name]


def split_of(known: NamedSet, split: str) -> str:
    """The split of that name; `train` where none is named.

    Raises:
        ValueError: if the set has no such split.
    """
    split = split or "train"
    if split not in known.splits:
        raise ValueError(no_such_split(known.name, split))
    return split


def is_here(name: str, *, data_dir: str | Path | None = None) -> str | None:
    """Where a named set is, in words, or None if it is not on this machine. Reads nothing."""
    try:
        return looked_for(known_set(name), data_dir)[0].words
    except FileNotFoundError:
        return None


def looked_for(known: NamedSet, data_dir: str | Path | None) -> list[Place]:
    """Where something of a set is, in the order in which it is taken.

    Raises:
        FileNotFoundError: if it is nowhere; says where it was looked for, and how to get it.
    """
    looked = places(known, data_dir)
    if found := [place for place in looked if known.is_in(place.folder)]:
        return found
    where = "; ".join(place.words for place in looked)
    raise FileNotFoundError(
        f"{known.name} was not found (looked for {known.files_wanted} in: {where}). "
        f"{how_to_get(known.name)}"
    )


def read_split(
    known: NamedSet,
    split: str,
    data_dir: str | Path | None = None,
    reporter: Reporter | None = None,
) -> ImageData:
    """A split from the first place that has it.

    Args:
        known: the set.
        split: one of its splits.
        data_dir: the folder of all sets, where one is given.
        reporter: is told of a download; without one there is none.

    Raises:
        FileNotFoundError: if no place has it, and it is not fetched.
        ValueError, ConnectionError, OSError: as `NamedSet.read` and `fetching.fetch`.
    """
    try:
        return _first(known, split, looked_for(known, data_dir))
    except FileNotFoundError:
        if reporter is None or known.name not in ORIGINS:
            raise
    folder = fetch(known.name, split, data_dir=data_dir, reporter=reporter)
    there = next(place for place in places(known, data_dir) if place.folder == folder)
    return known.read(split, there)


def get(spec: str, *, data_dir: str | Path | None, reporter: Reporter) -> dict[str, str]:
    """Fetch what is missing of a named set, and read all of it.

    Args:
        spec: its name; or NAME:SPLIT, as for a split that its name alone leaves out.
        data_dir: the folder of all sets, where one is given.
        reporter: is told of downloads.

    Returns:
        What is there of each split now, and where.

    Raises:
        ValueError, FileNotFoundError, ConnectionError, OSError: as `read_split`.
    """
    name, _, split = spec.partition(":")
    known = known_set(name)
    wanted = (
        [split_of(known, split)] if split else [s for s in known.splits if s not in known.optional]
    )
    found = {}
    for split in wanted:
        data = read_split(known, split, data_dir, reporter)
        found[split] = f"{len(data):,} images, {data.source}"
    return found


def is_published(known: NamedSet, split: str, folder: Path) -> bool:
    """Whether the files of a split are the published ones, byte for byte. Reads them.

    Args:
        known: the set.
        split: one of its splits.
        folder: holds them, as they are published.
    """
    parts = [p for p in ORIGINS[known.name].parts if split in p.splits and p.make is None]
    files = [file for part in parts for file in part.files]
    return bool(files) and all(_has(folder / file.name, file.sha256) for file in files)


def _has(path: Path, sha256: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def _first(known: NamedSet, split: str, there: list[Place]) -> ImageData:
    for place in there[:-1]:
        try:
            return known.read(split, place)
        except FileNotFoundError:  # another place has the rest of the set
            continue
    return known.read(split, there[-1])
