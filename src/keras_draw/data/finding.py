"""Find a split of a named data set: in the first folder that has it, or on the network."""

import hashlib
from pathlib import Path

from keras_draw.data.fetching import fetch, how_to_get
from keras_draw.data.images import ImageData
from keras_draw.data.named import SETS, NamedSet, Place, places
from keras_draw.data.origins import ORIGINS
from keras_draw.data.reporting import Reporter
from keras_draw.data.specs import no_such_set, no_such_split


def known_set(name: str) -> NamedSet:
    """Return the data set with this name.

    Raises:
        ValueError: if there is none; suggests a similar name.
    """
    if name not in SETS:
        raise ValueError(no_such_set(name))
    return SETS[name]


def split_of(known: NamedSet, split: str) -> str:
    """Return the split, or `train` if it is "".

    Raises:
        ValueError: if the data set does not have this split.
    """
    split = split or "train"
    if split not in known.splits:
        raise ValueError(no_such_split(known.name, split))
    return split


def is_here(name: str, *, data_dir: str | Path | None = None) -> str | None:
    """Describe where a data set is, or return None if it is not on this machine; reads no files."""
    try:
        return looked_for(known_set(name), data_dir)[0].words
    except FileNotFoundError:
        return None


def looked_for(known: NamedSet, data_dir: str | Path | None) -> list[Place]:
    """Return the places that hold at least part of a data set, in order of preference.

    Raises:
        FileNotFoundError: if there are none; says where it was looked for, and how to get it.
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
    """Read a split from the first place that has it, or download it.

    Args:
        known: the data set.
        split: one of its splits.
        data_dir: the folder of all data sets, or None.
        reporter: reports a download; if None, nothing is downloaded.

    Raises:
        FileNotFoundError: if no place has the split and it is not downloaded.
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
    """Download the missing files of a data set, and read every split.

    Args:
        spec: NAME for every split that is not optional, or NAME:SPLIT for one split.
        data_dir: the folder of all data sets, or None.
        reporter: reports downloads.

    Returns:
        Split -> how many images it has, and where they are.

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
    """Whether the files of a split are byte-identical to the published ones. Reads the files.

    Args:
        known: the data set.
        split: one of its splits.
        folder: holds the files under their published names.
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
        except FileNotFoundError:  # another place may have the rest of the set
            continue
    return known.read(split, there[-1])
