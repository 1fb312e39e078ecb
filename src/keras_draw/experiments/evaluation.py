"""Two groups of images, found by name and compared."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from keras_draw.data import load as load_data
from keras_draw.evaluation import comparison
from keras_draw.evaluation.cache import cache_folder, load_statistics, save_statistics
from keras_draw.evaluation.comparison import between, check_same_shape, group_of
from keras_draw.evaluation.evaluate import Watch
from keras_draw.evaluation.extractors import extractor as extractor_of
from keras_draw.files import check_output
from keras_draw.models.memory import check_fits
from keras_draw.plots import as_uint8
from keras_draw.training.loading import PRESETS, load

DRAWN = 1000
"""Images that are drawn where no count is given."""


def compare_groups(
    a: str,
    b: str,
    *,
    extractor: str,
    weights: Path | None,
    count: int,
    seed: int,
    data_dir: str | Path | None,
    watch: Watch,
    save: Path | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """Find two groups of images and compare them.

    Args:
        a: the reference: a run, `.keras` file or preset (samples are drawn), a specification of
            images, a file of saved statistics, or `noise`.
        b: what is judged, in the same ways.
        extractor: as in `evaluation.extractors.extractor`.
        weights: the extractor's.
        count: images of each; 0: all, and 1000 where they are drawn.
        seed: of what is drawn.
        data_dir: where named data sets are looked for first.
        watch: hears of the progress.
        save: a new `.npz` for the statistics of the reference.
        force: let digits-classifier take other pictures.

    Returns:
        The fields of `evaluation.comparison.Comparison`, and what the groups were.

    Raises:
        ValueError: if both groups are noise, or a group has fewer images than asked for.
    """
    if count < 0:
        raise ValueError(f"count is {count}; it must be 0 (all) or more.")
    if seed < 0:
        raise ValueError(f"seed is {seed}; it must be 0 or more.")
    if a == b == "noise":
        raise ValueError("Both groups are noise; give images for one of them.")
    features = extractor_of(extractor, weights, force=force)
    if save:
        check_output(save, (".npz",), overwrite=False)
    specs = {"a": a, "b": b}
    kept = {n: load_statistics(Path(s), features) for n, s in specs.items() if _is_statistics(s)}
    images = {
        name: _group(spec, count, seed, data_dir)
        for name, spec in specs.items()
        if name not in kept and spec != "noise"
    }
    for name, other in (("a", "b"), ("b", "a")):
        if specs[name] == "noise":
            if other not in images:
                raise ValueError("Noise takes its shape from images; give some beside it.")
            shape = (count or len(images[other]), *images[other].shape[1:])
            check_fits(float(math.prod(shape)), f"{shape[0]} images of noise", "ask for fewer")
            random = np.random.default_rng(seed)
            images[name] = random.integers(0, 256, shape, np.uint8)
    if len(images) == 2:
        check_same_shape(images["a"], images["b"])
    step = watch("features", sum(-(-len(x) // comparison.CHUNK) for x in images.values()))
    made = {
        name: group_of(x, features, on_chunk=step, cache=cache_folder())
        for name, x in images.items()
    }
    groups = kept | made
    if save:
        save_statistics(save, groups["a"], features)
    found = between(groups["a"], groups["b"], features)
    return {"a": a, "b": b, "seed": seed, **found.fields()}


def _is_statistics(spec: str) -> bool:
    return spec.endswith(".npz") and Path(spec).is_file()


def _group(spec: str, count: int, seed: int, data_dir: str | Path | None) -> np.ndarray:
    """uint8 images (N, H, W, C)."""
    if Path(spec).expanduser().exists() or (PRESETS / spec / "config.json").is_file():
        return as_uint8(load(spec).generate(count or DRAWN, seed=seed))
    images = as_uint8(load_data(spec, data_dir=data_dir).images)
    if len(images) < count:
        raise ValueError(f"{spec} has {len(images)} images, fewer than the {count} asked for.")
    return images[: count or None]
