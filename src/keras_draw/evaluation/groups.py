"""Groups of images by name: what a name is taken for, and the images that it stands for."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_draw.config import suggest
from keras_draw.data import load_images, names
from keras_draw.data.formats import read_npz
from keras_draw.data.images import as_uint8
from keras_draw.files import expanded
from keras_draw.training.addresses import is_address
from keras_draw.training.loading import load, presets
from keras_draw.training.runs import RunFolder

FILES = (".keras", ".npz")
"""Endings that say what a file is."""
DRAWN = 1000
"""Images that are drawn where no count is given."""
STATISTICS = {"count", "mean", "scatter", "sample", "made_by"}
"""Arrays of a file of statistics, see `evaluation.cache.save_statistics`."""


class Taken(NamedTuple):
    """What a name is taken for."""

    spec: str
    kind: str
    """`"noise"`, `"statistics"`, `"network"` (images are drawn) or `"images"`."""
    words: str
    """for people, such as `samples of the preset mnist`."""


def taken_for(spec: str) -> Taken:
    """What a name on the command line means. Reads no images and no weights.

    A run or a network's file goes before a preset, a preset before a data set; folders and files
    of other kinds hide neither.

    Args:
        spec: a run folder, `.keras` file, preset or address of a network, a specification of
            images as `load_images` takes them, an `.npz` of images or of statistics, or `noise`.

    Raises:
        ValueError: if it is a file or folder that is none of these; says how images in it are
            named.

    Example:
        >>> taken_for("mnist").words, taken_for("mnist:test").words
        ('samples of the preset mnist', 'images of the data set mnist:test')
    """
    if spec == "noise":
        return Taken(spec, "noise", "noise")
    if is_address(spec):
        return Taken(spec, "network", f"samples of the network {spec}")
    path = expanded(spec)
    if path.suffix.lower() in FILES and path.is_file():
        return _file(spec, path)
    if RunFolder(path).exists:
        return Taken(spec, "network", f"samples of the run {spec}")
    if spec in presets():
        return Taken(spec, "network", f"samples of the preset {spec}")
    kind = spec.partition("[")[0].partition(":")[0]
    if kind in ("folder", "npz"):
        return Taken(spec, "images", f"images of {spec}")
    if kind in names():
        return Taken(spec, "images", f"images of the data set {spec}")
    if path.is_file():
        raise ValueError(
            f"{spec} is a file of another kind: give a .keras file, an .npz of images or of "
            "statistics, or folder:PATH for a folder of pictures."
        )
    if path.is_dir():
        raise ValueError(
            f"{spec} is a folder and no run (it has no config.json): write folder:{spec} for the "
            "pictures in it."
        )
    known = {*names(), *presets(), "noise"}
    raise ValueError(
        f"{spec!r} is no run folder, .keras file, preset or data set: {suggest(kind, known)} (Or "
        "folder:PATH, or npz:PATH.)"
    )


def _file(spec: str, path: Path) -> Taken:
    if path.suffix.lower() == ".keras":
        return Taken(spec, "network", f"samples of the network {spec}")
    held = read_npz(path, ()).keys()
    if held >= STATISTICS:
        return Taken(spec, "statistics", f"the statistics kept in {spec}")
    if "x" in held:
        return Taken(f"npz:{spec}", "images", f"images of npz:{spec} (its array x)")
    raise ValueError(
        f"{spec} holds {', '.join(sorted(held)) or 'no array'}: neither statistics, as fid --save "
        "writes them, nor images, which are in the array x (as generate writes it; then npz:PATH "
        "names them too)."
    )


def images_of(
    taken: Taken,
    *,
    count: int,
    seed: int,
    data_dir: str | Path | None,
    image_shape: tuple[int, int, int] | None,
) -> np.ndarray:
    """The images of a group that has some: drawn, or read.

    Args:
        taken: a network or images.
        count: how many; 0: all, and 1000 where they are drawn.
        seed: of what is drawn.
        data_dir: where named data sets are looked for first.
        image_shape: height, width and channels that a folder's pictures are brought to.

    Returns:
        uint8 (N, H, W, C).

    Raises:
        ValueError: if there are fewer than `count`, or sizes differ without `image_shape`.
    """
    if taken.kind == "network":
        return as_uint8(load(taken.spec).generate(count or DRAWN, seed=seed))
    shape = image_shape if is_folder(taken.spec) else None
    images = as_uint8(load_images(taken.spec, data_dir=data_dir, image_shape=shape).images)
    if len(images) < count:
        raise ValueError(
            f"{taken.spec} has {len(images)} images, fewer than the {count} asked for."
        )
    return images[: count or None]


def is_folder(spec: str) -> bool:
    """Whether a specification is of a folder of pictures."""
    return spec.startswith("folder:")
