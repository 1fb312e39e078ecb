"""Load images by name or path as checked `ImageData`.

`data/specs.py` describes how a specification is written. The default split is `train`.
"""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_draw.data.arrays import read_arrays
from keras_draw.data.finding import is_published, known_set, looked_for, read_split, split_of
from keras_draw.data.folders import describe_folder, read_folder
from keras_draw.data.images import ImageData
from keras_draw.data.named import SETS
from keras_draw.data.origins import ORIGINS
from keras_draw.data.reporting import Terminal
from keras_draw.data.scanning import printable
from keras_draw.data.specs import PATHS, Spec, bounds_of, parse, sliced
from keras_draw.network import is_offline

__all__ = ["ImageData", "Report", "TrainingData", "check", "load_images", "load_training", "names"]


class TrainingData(NamedTuple):
    """Images to train on, and images for validation."""

    train: ImageData
    validation: ImageData | None


class Report(NamedTuple):
    """What this machine has of a data set."""

    name: str
    summary: str
    image_shape: tuple[int, int, int] | None
    """None for a folder without pictures, or with pictures of several shapes."""
    splits: dict[str, str]
    """split -> how many images were found, where, and what was checked; or what is missing. For a
    folder: heading -> which pictures are used, which are not, and why."""
    whole: bool
    """whether every split that is not optional was found, and no split is damaged."""


def names() -> list[str]:
    """Return the names of the data sets, simplest first."""
    return list(SETS)


def load_images(
    spec: str,
    *,
    data_dir: str | Path | None = None,
    image_shape: tuple[int, int, int] | None = None,
    strict: bool = False,
    download: bool = True,
) -> ImageData:
    """Find, read and check images. A named data set that is not on this machine is downloaded.

    Args:
        spec: `mnist`, `mnist:test`, `mnist:train[:1000]`, `mnist:test[::5]` (every fifth),
            `folder:PATH`, `folder:PATH:test`, `npz:PATH`, ...
        data_dir: folder in which named data sets are looked for first, before `KERAS_DRAW_DATA`,
            keras-draw's cache and Keras's cache. Downloads go to `data_dir` if it is given, else
            to `KERAS_DRAW_DATA` if it is set, else to keras-draw's cache.
        image_shape: height, width and channels that a folder's pictures are resized to.
        strict: refuse a folder that contains a picture that cannot be read.
        download: whether the data set may be downloaded; never if `KERAS_DRAW_OFFLINE` is set.

    Returns:
        The images, with labels and class names if there are any.

    Raises:
        ValueError: if the name, split or slice is unknown, or a file is damaged.
        FileNotFoundError: if the data set is not on this machine and may not be downloaded; the
            message says how to get it.
        ConnectionError: if the download fails.
        OSError: if the download cannot be written.

    Example:
        >>> load_images("digits:test[:10]").images.shape
        (10, 8, 8, 1)
    """
    parsed = parse(spec)
    parsed.check()
    if parsed.kind == "folder":
        data = _folder(parsed, image_shape, strict=strict)
    elif parsed.kind == "npz":
        data = _npz(parsed)
    else:
        known = known_set(parsed.kind)
        reporter = Terminal() if download and not is_offline() else None
        data = read_split(known, split_of(known, parsed.rest), data_dir, reporter)
    if image_shape and data.image_shape != tuple(image_shape):
        raise ValueError(
            f"Images of {data.name} have shape {data.image_shape}, not {tuple(image_shape)}: leave "
            "the image shape out, or use folder:PATH, whose pictures are resized to it."
        )
    return sliced(data, parsed)


def test_split_of(spec: str) -> str:
    """Return the specification of the test split that belongs to a specification.

    Example:
        >>> test_split_of("mnist:train[:1000]")
        'mnist:test'
    """
    parsed = parse(spec)
    return f"folder:{parsed.rest}:test" if parsed.kind == "folder" else f"{parsed.kind}:test"


def has_test_split(spec: str) -> bool:
    """Whether there is a separate test split to measure on for the images of a specification.

    Example:
        >>> has_test_split("mnist"), has_test_split("folder:photos:train"), has_test_split("npz:a")
        (True, True, False)
    """
    parsed = parse(spec)
    if parsed.kind not in PATHS:
        return True
    return parsed.part == "train" or (not parsed.part and parsed.has_parts_of_its_own)


def was_trained_on(spec: str, trained_on: str) -> bool:
    """Whether a network trained on `trained_on` may have been trained on images of `spec`.

    Example:
        >>> was_trained_on("folder:photos:test", "folder:photos[:1000]")
        True
        >>> was_trained_on("mnist:train[5000:]", "mnist[:5000]")
        False
    """
    asked, used = parse(spec), parse(trained_on)
    if asked.kind != used.kind:
        return False
    if asked.kind not in PATHS:
        return (asked.rest or "train") == (used.rest or "train") and _overlap(asked, used)
    if asked.path.absolute() != used.path.absolute():
        return False
    if asked.kind == "npz" or asked.part == used.part:
        return _overlap(asked, used)
    if used.has_parts_of_its_own:
        return {asked.part, used.part} == {"", "train"} and _overlap(asked, used)
    return "" in (asked.part, used.part)  # a part against the whole folder: rows count otherwise


def _overlap(one: Spec, other: Spec) -> bool:
    """Whether the slices of two specifications share rows."""
    a, b = (range(*spec.rows.indices(2**62)) for spec in (one, other))
    common, apart = math.gcd(a.step, b.step), b.start - a.start
    if apart % common:
        return False  # such as every second row from 0, and every second row from 1
    # The first row from a.start on that is in both, by the Chinese remainder theorem.
    every = b.step // common
    first = a.start + a.step * (apart // common * pow(a.step // common, -1, every) % every)
    both = math.lcm(a.step, b.step)
    first += both * max(0, -((first - b.start) // both))
    return first < min(a.stop, b.stop)


def name_of(spec: str) -> str:
    """Return the name that `load_images` gives to the images of a specification; reads no files.

    Example:
        >>> name_of("mnist[:1000]"), name_of("folder:/data/cats")
        ('mnist:train[:1000]', 'folder:cats')
    """
    parsed = parse(spec)
    if parsed.kind == "folder":
        return f"{_folder_name(parsed)}{bounds_of(parsed)}"
    if parsed.kind == "npz":
        return f"npz:{printable(parsed.path.name)}{bounds_of(parsed)}"
    return f"{parsed.kind}:{parsed.rest or 'train'}{bounds_of(parsed)}"


def load_training(
    spec: str,
    *,
    validation: float,
    seed: int,
    data_dir: str | Path | None = None,
    image_shape: tuple[int, int, int] | None = None,
    strict: bool = False,
) -> TrainingData:
    """Load images to train on and images for validation. A test split is never used.

    Args:
        spec: as in `load_images`.
        validation: share of the images to hold back for validation, 0 for none. A data set with its
            own validation split uses that one instead, unless it is trained on.
        seed: seed of the choice of these images.
        data_dir: as in `load_images`.
        image_shape: as in `load_images`.
        strict: as in `load_images`.

    Raises:
        ValueError: if the specification names the test split, or no images would be left to train
            on.
    """
    parsed = parse(spec)
    named_test = parsed.kind in SETS and split_of(SETS[parsed.kind], parsed.rest) == "test"
    if named_test or parsed.part == "test":
        whole = parsed.kind if named_test else f"folder:{parsed.rest}"
        raise ValueError(
            f"{spec} is the test split, which is reserved for evaluation: train on {whole}:train."
        )
    data = load_images(spec, data_dir=data_dir, image_shape=image_shape, strict=strict)
    if validation == 0:
        return TrainingData(data, None)
    has_its_own = parsed.kind in SETS and "valid" in SETS[parsed.kind].splits
    if has_its_own and parsed.rest != "valid":
        return TrainingData(data, load_images(f"{parsed.kind}:valid", data_dir=data_dir))
    kept_aside = max(1, round(validation * len(data)))
    if kept_aside >= len(data):
        raise ValueError(
            f"{spec} holds {len(data)} image{'s' if len(data) > 1 else ''}; with {kept_aside} held "
            "back for validation, none are left to train on. Use more images, or validation 0."
        )
    order = np.random.default_rng([seed, 0]).permutation(len(data))
    train, aside = np.sort(order[kept_aside:]), np.sort(order[:kept_aside])
    share = f"{validation:g}, seed {seed}"
    return TrainingData(
        data.take(train, f"{data.name} less validation {share}"),
        data.take(aside, f"{data.name} validation {share}"),
    )


def check(name: str, *, data_dir: str | Path | None = None) -> Report:
    """Report what this machine has of a data set, and whether it is complete. Reads every file.

    Args:
        name: the name of the data set; or `npz:PATH`; or `folder:PATH`, to see which pictures of a
            folder are used, which are not, and why.
        data_dir: as in `load_images`.

    Raises:
        ValueError: if there is no such data set, or the `.npz` holds no images.
        FileNotFoundError: if there is no such folder or file.
    """
    parsed = parse(name)
    if parsed.kind == "folder":
        return _check_folder(_path(parsed), name, parsed.part)
    if parsed.kind == "npz":
        data = _npz(parsed)
        found = f"{len(data):,} images, {data.num_classes or 'no'} classes"
        return Report(printable(name), data.source, data.image_shape, {"all": found}, True)
    known = known_set(name)
    try:
        there = looked_for(known, data_dir)[0].folder
    except FileNotFoundError as error:
        return Report(name, known.summary, known.image_shape, {"all": str(error)}, False)
    splits, whole = {}, True
    for split in known.splits:
        try:
            data = read_split(known, split, data_dir, None)
        except (ValueError, OSError) as error:
            missing = isinstance(error, FileNotFoundError) and split in known.optional
            splits[split] = f"{error} (It is optional.)" if missing else str(error)
            whole = whole and missing
            continue
        verified = (
            known.reader_verifies
            or split in known.digests
            or (name in ORIGINS and is_published(known, split, there))
        )
        checked = "content verified" if verified else "content not verified"
        splits[split] = f"{len(data):,} images, {data.source}, {checked}"
    return Report(name, known.summary, known.image_shape, splits, whole)


def _check_folder(path: Path, name: str, part: str) -> Report:
    found, shapes = describe_folder(path, part)
    shape = shapes[0] if len(shapes) == 1 else None
    summary = "a folder of pictures" if shape else "a folder of pictures of several shapes"
    whole = bool(shapes) and "skipped" not in found
    return Report(printable(name), summary, shape, found, whole)


def _folder(parsed: Spec, image_shape: tuple[int, int, int] | None, *, strict: bool) -> ImageData:
    found = read_folder(_path(parsed), image_shape, strict=strict, part=parsed.part)
    return ImageData(
        found.images,
        found.labels,
        found.class_names,
        _folder_name(parsed),
        "a folder",
        found.note,
        found.why_unlabelled,
    )


def _folder_name(parsed: Spec) -> str:
    part = parsed.part or ("train" if parsed.has_parts_of_its_own else "")
    return f"folder:{printable(parsed.path.name)}{part and f':{part}'}"


def _path(parsed: Spec) -> Path:
    """The folder or file that a specification names; raises as `Spec.check_path`."""
    parsed.check_path()
    return parsed.path


def _npz(parsed: Spec) -> ImageData:
    return read_arrays(_path(parsed))
