"""Where images come from: a name or path -> `ImageData`, checked.

A specification is `NAME[:SPLIT][[START:STOP]]`, `folder:PATH[[START:STOP]]` or
`npz:PATH[[START:STOP]]`; the split is `train` where none is named.
"""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_draw.config import suggest
from keras_draw.data.arrays import read_arrays
from keras_draw.data.folders import read_folder
from keras_draw.data.images import ImageData
from keras_draw.data.named import SETS, NamedSet, Place, places

__all__ = ["ImageData", "Report", "TrainingData", "check", "load", "load_training", "names"]

_SLICE = re.compile(r"\[([^\[\]]*)\]$")
_BOUNDS = re.compile(r"(\d*):(\d*)")


class TrainingData(NamedTuple):
    """What training sees, and what it is watched on."""

    train: ImageData
    validation: ImageData | None


class Report(NamedTuple):
    """What is there of a named set."""

    name: str
    summary: str
    image_shape: tuple[int, int, int]
    splits: dict[str, str]
    """for each split: where it was found, how many images, what was checked; or what is missing."""
    whole: bool
    """whether every split was found (optional ones may be missing) and is as it should be."""


class _Spec(NamedTuple):
    kind: str
    rest: str
    rows: slice
    text: str


def names() -> list[str]:
    """The named sets, in the order in which a newcomer would try them."""
    return list(SETS)


def load(
    spec: str,
    *,
    data_dir: str | Path | None = None,
    image_shape: tuple[int, int, int] | None = None,
    strict: bool = False,
) -> ImageData:
    """Find, read and check images.

    Args:
        spec: `mnist`, `mnist:test`, `mnist:train[:1000]`, `folder:PATH`, `npz:PATH`, ...
        data_dir: where named sets are looked for first; then `KERAS_DRAW_DATA`, then Keras's
            download cache.
        image_shape: height, width and channels that a folder's pictures are brought to.
        strict: refuse a folder that holds a picture that cannot be read.

    Returns:
        The images, with labels and names of classes where there are any.

    Raises:
        ValueError: if the name, split or slice is unknown or the files are not what they should be.
        FileNotFoundError: if the set is not on this machine; the message says how to get it.

    Example:
        >>> load("digits:test[:10]").images.shape
        (10, 8, 8, 1)
    """
    parsed = _parse(spec)
    if parsed.kind == "folder":
        data = _folder(parsed, image_shape, strict=strict)
    elif parsed.kind == "npz":
        data = _npz(parsed)
    else:
        known = _known(parsed.kind)
        data = known.read(_split(known, parsed.rest), _found(known, data_dir))
    if image_shape and data.image_shape != tuple(image_shape):
        raise ValueError(
            f"Images of {data.name} have shape {data.image_shape}, not {tuple(image_shape)}: leave "
            "the image shape out, or bring a folder of pictures to it with folder:PATH."
        )
    return _sliced(data, parsed)


def test_split_of(spec: str) -> str:
    """The test split of the set that a specification names.

    Example:
        >>> test_split_of("mnist:train[:1000]")
        'mnist:test'
    """
    return spec.partition("[")[0].partition(":")[0] + ":test"


def load_training(
    spec: str,
    *,
    validation: float,
    seed: int,
    data_dir: str | Path | None = None,
    image_shape: tuple[int, int, int] | None = None,
    strict: bool = False,
) -> TrainingData:
    """Images to train on, and some kept aside. A test split is never touched.

    Args:
        spec: as in `load`.
        validation: share of the images to keep aside, 0 for none. A set that comes with its own
            validation split uses that one.
        seed: which images are kept aside.
        data_dir: as in `load`.
        image_shape: as in `load`.
        strict: as in `load`.

    Raises:
        ValueError: if the specification names the test split, or too few images are left.
    """
    parsed = _parse(spec)
    if parsed.kind in SETS and _split(SETS[parsed.kind], parsed.rest) == "test":
        raise ValueError(
            f"{spec} is the test split, which is kept for measuring: train on {parsed.kind}:train."
        )
    data = load(spec, data_dir=data_dir, image_shape=image_shape, strict=strict)
    if validation == 0:
        return TrainingData(data, None)
    if parsed.kind in SETS and "valid" in SETS[parsed.kind].splits:
        return TrainingData(data, load(f"{parsed.kind}:valid", data_dir=data_dir))
    kept_aside = max(1, round(validation * len(data)))
    if kept_aside >= len(data):
        raise ValueError(
            f"{spec} holds {len(data)} images; with {kept_aside} kept aside for validation none "
            "are left to train on. Use more images, or validation 0."
        )
    order = np.random.default_rng([seed, 0]).permutation(len(data))
    train, aside = np.sort(order[kept_aside:]), np.sort(order[:kept_aside])
    share = f"{validation:g}, seed {seed}"
    return TrainingData(
        data.take(train, f"{data.name} less validation {share}"),
        data.take(aside, f"{data.name} validation {share}"),
    )


def is_here(name: str, *, data_dir: str | Path | None = None) -> str | None:
    """Where a named set is, in words, or None if it is not on this machine. Reads nothing."""
    try:
        return _found(_known(name), data_dir).words
    except FileNotFoundError:
        return None


def check(name: str, *, data_dir: str | Path | None = None) -> Report:
    """What of a named set is on this machine, and whether it is whole. Reads every file.

    Args:
        name: of the set.
        data_dir: as in `load`.

    Raises:
        ValueError: if there is no such set.
    """
    known = _known(name)
    try:
        place = _found(known, data_dir)
    except FileNotFoundError as error:
        return Report(name, known.summary, known.image_shape, {"all": str(error)}, False)
    splits, whole = {}, True
    for split in known.splits:
        try:
            data = known.read(split, place)
        except (ValueError, OSError) as error:
            missing = isinstance(error, FileNotFoundError) and split in known.optional
            splits[split] = f"{error} (It is optional.)" if missing else str(error)
            whole = whole and missing
            continue
        checked = "content verified" if split in known.digests else "content not verified"
        splits[split] = f"{len(data):,} images, {data.source}, {data.note or checked}"
        whole = whole and not data.note
    return Report(name, known.summary, known.image_shape, splits, whole)


def _parse(spec: str) -> _Spec:
    base, rows = spec, slice(None)
    match = _SLICE.search(spec)
    if match:
        bounds = _BOUNDS.fullmatch(match.group(1))
        if not bounds:
            raise ValueError(
                f"The slice in {spec!r} is not understood; write [START:STOP] with whole numbers, "
                "as in mnist:train[:1000]."
            )
        start, stop = (int(n) if n else None for n in bounds.groups())
        base, rows = spec[: match.start()], slice(start, stop)
    kind, _, rest = base.partition(":")
    return _Spec(kind, rest, rows, spec)


def _known(name: str) -> NamedSet:
    if name not in SETS:
        hint = suggest(name, SETS)
        raise ValueError(f"There is no data set {name!r}: {hint} (Or folder:PATH, or npz:PATH.)")
    return SETS[name]


def _split(known: NamedSet, split: str) -> str:
    split = split or "train"
    if split not in known.splits:
        raise ValueError(f"{known.name} has no split {split!r}; it has {', '.join(known.splits)}.")
    return split


def _found(known: NamedSet, data_dir: str | Path | None) -> Place:
    looked = places(known, data_dir)
    for place in looked:
        if known.is_in(place.folder):
            return place
    where = "; ".join(place.words for place in looked) or "no folder: KERAS_DRAW_DATA is not set"
    raise FileNotFoundError(
        f"{known.name} was not found (looked for {known.files_wanted} in: {where}). "
        f"{known.how_to_get}"
    )


def _sliced(data: ImageData, parsed: _Spec) -> ImageData:
    start, stop, _ = parsed.rows.indices(2**62)
    if parsed.rows == slice(None):
        return data
    if parsed.rows.stop is None:
        stop = len(data)
    if stop > len(data) or start >= len(data):
        raise ValueError(
            f"{parsed.text} goes beyond the end: {data.name} holds {len(data)} images."
        )
    if start >= stop:
        raise ValueError(f"{parsed.text} holds no image: START must be below STOP.")
    bounds = f"[{parsed.rows.start or ''}:{parsed.rows.stop or ''}]"
    return data.take(slice(start, stop), f"{data.name}{bounds}")


def _folder(parsed: _Spec, image_shape: tuple[int, int, int] | None, *, strict: bool) -> ImageData:
    path = Path(parsed.rest).expanduser()
    if not parsed.rest or not path.is_dir():
        raise FileNotFoundError(
            f"There is no folder {parsed.rest!r}; write folder:PATH with a folder of pictures."
        )
    if image_shape and image_shape[2] not in (1, 3):
        raise ValueError(f"Pictures have 1 channel (grey) or 3 (colour), not {image_shape[2]}.")
    found = read_folder(path, image_shape, strict=strict)
    note = f"{len(found.skipped)} pictures skipped" if found.skipped else ""
    return ImageData(
        found.images, found.labels, found.class_names, f"folder:{path.name}", "a folder", note
    )


def _npz(parsed: _Spec) -> ImageData:
    path = Path(parsed.rest).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {parsed.rest!r}; write npz:PATH with an .npz.")
    return read_arrays(path)
