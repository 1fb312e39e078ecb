"""The thesis's Table 2.1 and Figure 2.3: what the Fréchet distance depends on."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from keras_draw.data import load_images
from keras_draw.data.images import as_uint8
from keras_draw.data.specs import parse
from keras_draw.evaluation.comparison import CHUNK
from keras_draw.evaluation.evaluating import Watch
from keras_draw.evaluation.extractors import extractor as extractor_of
from keras_draw.evaluation.frechet import few_images, frechet_distance, statistics
from keras_draw.figures import curves
from keras_draw.figures.style import COLOURS
from keras_draw.files import expanded, write_csv
from keras_draw.places import placeless

DISTINCT = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""Numbers k of distinct images in the second group."""
THESIS = {"second half": 11.1349125, "noise": 431.3836}
"""Table 2.1, for the extractor keras-inception with 2048 features and groups of 1000 images."""


def fid_properties(
    out: str | Path,
    *,
    extractor: str,
    weights: Path | None,
    dataset: str,
    count: int,
    seed: int,
    data_dir: str | Path | None,
    watch: Watch,
    force: bool = False,
    image_shape: tuple[int, int, int] | None = None,
) -> dict[str, Any]:
    """Measure Fréchet distances from the first images of a data set to three kinds of groups.

    The groups are the next images, noise, and few images repeated many times.

    Args:
        out: folder for `fid-properties.csv` and `fid-properties.png`; older ones are replaced.
        extractor: as in `evaluation.extractors.extractor`.
        weights: path of the extractor's weights.
        dataset: a split, such as `mnist:train`; its first 2 x `count` images are used.
        count: images in each group.
        seed: seed of the noise.
        data_dir: folder in which named data sets are looked for first.
        watch: called with the progress.
        force: let digits-classifier accept other images than those it is made for.
        image_shape: height, width and channels that a folder's pictures are resized to.

    Returns:
        The distances for each group, with the extractor and the counts; also the thesis's values if
        the settings are the same as in the thesis.

    Raises:
        ValueError: if the data set has too few images, or the extractor refuses them.

    Source: Ballestrazzi 2019, section 2.4.
    """
    if count < 2:
        raise ValueError(f"count is {count}; a group needs at least 2 images.")
    if seed < 0:
        raise ValueError(f"seed is {seed}; it must be 0 or more.")
    if parse(dataset).rows != slice(None):
        raise ValueError(
            f"{dataset} is a slice; give the whole split: its first {2 * count:,} images are used "
            "(2 x --count)."
        )
    features_of = extractor_of(extractor, weights, force=force)
    data = load_images(f"{dataset}[:{2 * count}]", data_dir=data_dir, image_shape=image_shape)
    out = expanded(out)
    out.mkdir(parents=True, exist_ok=True)  # if it cannot be made, nothing is computed in vain
    noise = np.random.default_rng(seed).integers(0, 256, (count, *data.image_shape), np.uint8)
    images = np.concatenate([as_uint8(data.images), noise])
    step = watch("features", -(-len(images) // CHUNK))
    features = []
    for start in range(0, len(images), CHUNK):
        features.append(features_of(images[start : start + CHUNK]))
        step()
    first, second, random = np.concatenate(features).reshape(3, count, -1)
    reference = statistics([first])
    note = few_images(reference, reference)

    def distance(group: np.ndarray) -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # `note` says the same
            return frechet_distance(reference, statistics([group]))

    ks = [k for k in DISTINCT if k < count] + [count]
    found: dict[str, Any] = {
        "extractor": features_of.name,
        "weights_hash": features_of.weights_hash,
        "dataset": dataset,
        "count": count,
        "second half": distance(second),
        "noise": distance(random),
        "by_distinct_images": {k: distance(second[np.arange(count) % k]) for k in ks},
        "note": note,
    }
    if features_of.name == "keras-inception:2048" and count == 1000 and dataset == "mnist:train":
        found["thesis"] = THESIS
    _write(out, found)
    return found


def _write(out: Path, found: dict[str, Any]) -> None:
    from matplotlib.figure import Figure

    rows = [["group", "distinct_images", "fid", "extractor", "weights_hash"]]
    made_by = [found["extractor"], found["weights_hash"]]
    rows += [[g, found["count"], found[g], *made_by] for g in ("second half", "noise")]
    rows += [["repeated", k, v, *made_by] for k, v in found["by_distinct_images"].items()]
    write_csv(out / "fid-properties.csv", rows)

    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    curve, count = found["by_distinct_images"], found["count"]
    axes.plot(list(curve), list(curve.values()), "o-", color=COLOURS["train"])
    axes.axhline(found["noise"], linestyle=":", color="0.4")
    axes.annotate("noise", (1, found["noise"]), va="bottom", color="0.3")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set(
        xlabel=f"distinct images among {found['count']}",
        ylabel=f"Fréchet distance\n({found['extractor']})",
        title=f"{placeless(found['dataset'])}: a group of {count} against the next {count}",
    )
    axes.spines[["top", "right"]].set_visible(False)
    curves.save_figure(figure, out / "fid-properties.png", overwrite=True)
