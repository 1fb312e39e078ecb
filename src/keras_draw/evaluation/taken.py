"""What the name of a group of images is taken for. No numerical library is loaded for a name."""

from pathlib import Path
from typing import NamedTuple

from keras_draw.config import suggest
from keras_draw.data.specs import PATHS, SPLITS
from keras_draw.files import expanded
from keras_draw.training.named import is_address, presets
from keras_draw.training.runs import RunFolder

FILES = (".keras", ".npz")
"""Endings that say what a file is."""
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
    if kind in PATHS:
        return Taken(spec, "images", f"images of {spec}")
    if kind in SPLITS:
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
    known = {*SPLITS, *presets(), "noise"}
    raise ValueError(
        f"{spec!r} is no run folder, .keras file, preset or data set: {suggest(kind, known)} (Or "
        "folder:PATH, or npz:PATH.)"
    )


def preset_meant(spec: str) -> str:
    """The sentence about a name that a preset and a data set share, or nothing.

    Example:
        >>> preset_meant("mnist:test"), preset_meant("mnist")[:43]
        ('', 'mnist is the preset, which draws its images')
    """
    if spec not in presets() or spec not in SPLITS or RunFolder(expanded(spec)).exists:
        return ""
    return f"{spec} is the preset, which draws its images; those of the data set are {spec}:test."


def _file(spec: str, path: Path) -> Taken:
    if path.suffix.lower() == ".keras":
        return Taken(spec, "network", f"samples of the network {spec}")
    from keras_draw.data.formats import read_npz

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
