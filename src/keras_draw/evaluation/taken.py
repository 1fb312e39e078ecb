"""Resolve the name of a group of images, without importing a numerical library."""

from pathlib import Path
from typing import NamedTuple

from keras_draw.config import suggest
from keras_draw.data.specs import PATHS, SPLITS
from keras_draw.files import expanded
from keras_draw.training.named import is_address, presets
from keras_draw.training.runs import RunFolder

FILES = (".keras", ".npz")
"""Suffixes of files that can be used directly."""
STATISTICS = {"count", "mean", "scatter", "sample", "made_by"}
"""Arrays in a file of statistics, see `evaluation.cache.save_statistics`."""


class Taken(NamedTuple):
    """A resolved name."""

    spec: str
    """the name."""
    kind: str
    """`"noise"`, `"statistics"`, `"network"` (images are drawn) or `"images"`."""
    words: str
    """a description such as `samples of the preset mnist`."""


def taken_for(spec: str) -> Taken:
    """Resolve a name from the command line. Reads no images and no weights.

    A run or the file of a network takes precedence over a preset, and a preset over a data set.
    Other files and folders of the same name are ignored.

    Args:
        spec: a run folder, `.keras` file, preset or address of a network, a specification of
            images as for `load_images`, an `.npz` of images or of statistics, or `noise`.

    Raises:
        ValueError: if it is none of these; for a file or folder, the message says how to specify
            its images.

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
            f"{spec} is not a supported file: give a .keras file, an .npz of images or of "
            "statistics, or folder:PATH for a folder of pictures."
        )
    if path.is_dir():
        raise ValueError(
            f"{spec} is a folder but not a run (it has no config.json): write folder:{spec} for "
            "the pictures in it."
        )
    known = {*SPLITS, *presets(), "noise"}
    raise ValueError(
        f"There is no run folder, .keras file, preset or data set {spec!r}: "
        f"{suggest(kind, known)} (Or give folder:PATH or npz:PATH.)"
    )


def preset_meant(spec: str) -> str:
    """A note if a name is both a preset and a data set; otherwise an empty string.

    Example:
        >>> preset_meant("mnist:test"), preset_meant("mnist")[:30]
        ('', 'mnist means images drawn by th')
    """
    if spec not in presets() or spec not in SPLITS or RunFolder(expanded(spec)).exists:
        return ""
    return f"{spec} means images drawn by the preset; for those of the data set give {spec}:test."


def _file(spec: str, path: Path) -> Taken:
    if path.suffix.lower() == ".keras":
        return Taken(spec, "network", f"samples of the network {spec}")
    from keras_draw.data.formats import read_npz

    held = read_npz(path, ()).keys()
    if held >= STATISTICS:
        return Taken(spec, "statistics", f"the statistics stored in {spec}")
    if "x" in held:
        return Taken(f"npz:{spec}", "images", f"images of npz:{spec} (its array x)")
    raise ValueError(
        f"{spec} contains {', '.join(sorted(held)) or 'no array'}: neither statistics, as written "
        "by fid --save, nor images, which must be in an array x, as written by generate (such a "
        "file can also be given as npz:PATH)."
    )
