"""Find two groups of images by name, and compare them."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from keras_draw.evaluation import comparison
from keras_draw.evaluation.cache import cache_folder, load_statistics, save_statistics
from keras_draw.evaluation.comparison import between, check_same_shape, group_of
from keras_draw.evaluation.evaluating import Watch
from keras_draw.evaluation.extractors import extractor as extractor_of
from keras_draw.evaluation.groups import images_of, is_folder
from keras_draw.evaluation.taken import Taken, taken_for
from keras_draw.files import check_output, expanded
from keras_draw.models.memory import check_fits


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
    image_shape: tuple[int, int, int] | None = None,
) -> dict[str, Any]:
    """Find two groups of images and compare them.

    Args:
        a: the reference: a run, `.keras` file or preset (samples are drawn), a specification of
            images, an `.npz` of images or of saved statistics, or `noise`.
        b: the group to judge, specified in the same way.
        extractor: as in `evaluation.extractors.extractor`.
        weights: the extractor's weights.
        count: images per group; 0 means all, or 1000 if they are drawn.
        seed: seed of drawn images.
        data_dir: first folder to search for named data sets.
        watch: called with the progress.
        save: a new `.npz` for the statistics of the reference.
        force: let digits-classifier accept pictures of other kinds.
        image_shape: height, width and channels to which the pictures of a folder are converted.

    Returns:
        The fields of `evaluation.comparison.Comparison`, and what each group was identified as.

    Raises:
        ValueError: if both groups are noise, or a group has fewer than `count` images.
        FileExistsError: if the file to save exists.
    """
    _check_asked({"a": a, "b": b}, count, seed, image_shape)
    taken = {name: taken_for(spec) for name, spec in (("a", a), ("b", b))}
    features = extractor_of(extractor, weights, force=force)
    if save:
        if save.exists():
            raise FileExistsError(f"{save} already exists; choose another name for the statistics.")
        check_output(save, (".npz",), overwrite=False)
    kept = {
        name: load_statistics(expanded(group.spec), features)
        for name, group in taken.items()
        if group.kind == "statistics"
    }
    images = _images(taken, count, seed, data_dir, image_shape)
    step = watch("features", sum(-(-len(x) // comparison.CHUNK) for x in images.values()))
    made = {
        name: group_of(x, features, on_chunk=step, cache=cache_folder())
        for name, x in images.items()
    }
    groups = kept | made
    if save:
        save_statistics(save, groups["a"], features)
    found = between(groups["a"], groups["b"], features)
    words = {f"{name}_is": group.words for name, group in taken.items()}
    return {"a": a, "b": b, **words, "seed": seed, **found.fields()}


def _check_asked(
    specs: dict[str, str], count: int, seed: int, image_shape: tuple[int, int, int] | None
) -> None:
    if count < 0:
        raise ValueError(f"count is {count}; it must be 0 (all) or more.")
    if seed < 0:
        raise ValueError(f"seed is {seed}; it must be 0 or more.")
    if specs["a"] == specs["b"] == "noise":
        raise ValueError("Both groups are noise; give images for one of them.")
    if image_shape and not any(map(is_folder, specs.values())):
        raise ValueError(
            "--image-shape is only for folder:PATH, but no group is one; leave it out."
        )


def _images(
    taken: dict[str, Taken],
    count: int,
    seed: int,
    data_dir: str | Path | None,
    image_shape: tuple[int, int, int] | None,
) -> dict[str, np.ndarray]:
    """The images of the groups that have any, noise included: uint8 (N, H, W, C)."""
    images = {
        name: images_of(group, count=count, seed=seed, data_dir=data_dir, image_shape=image_shape)
        for name, group in taken.items()
        if group.kind in ("network", "images")
    }
    for name, other in (("a", "b"), ("b", "a")):
        if taken[name].kind == "noise":
            if other not in images:
                raise ValueError(
                    "Noise gets its shape from images; give images as the other group."
                )
            shape = (count or len(images[other]), *images[other].shape[1:])
            check_fits(float(math.prod(shape)), f"{shape[0]} images of noise", "choose fewer")
            images[name] = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    if len(images) == 2:
        _check_comparable(images, taken)
    return images


def _check_comparable(images: dict[str, np.ndarray], taken: dict[str, Taken]) -> None:
    """Refuse images of two shapes; the message suggests --image-shape for a folder."""
    for name, other in (("a", "b"), ("b", "a")):
        shape, wanted = images[name].shape[1:], images[other].shape[1:]
        if shape != wanted and is_folder(taken[name].spec) and wanted[-1] in (1, 3):
            raise ValueError(
                f"The groups have images of shape {images['a'].shape[1:]} and "
                f"{images['b'].shape[1:]}; convert both to one size: --image-shape "
                f"{' '.join(map(str, wanted))} converts {taken[name].spec}."
            )
    check_same_shape(images["a"], images["b"])
