"""The thesis's Table 2.1 and Figure 2.3: what a Fréchet distance sees and how it falls."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from keras_draw.data import load_images
from keras_draw.data.images import as_uint8
from keras_draw.evaluation.comparison import CHUNK
from keras_draw.evaluation.evaluating import Watch
from keras_draw.evaluation.extractors import extractor as extractor_of
from keras_draw.evaluation.frechet import few_images, frechet_distance, statistics
from keras_draw.figures import curves
from keras_draw.figures.style import COLOURS
from keras_draw.files import expanded, write_csv
from keras_draw.places import placeless

DISTINCT = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""k, distinct images of the second group."""
THESIS = {"second half": 11.1349125, "noise": 431.3836}
"""Table 2.1, by the extractor keras-inception at 2048 features and 1000 images of each."""


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
    """Distances of the first images of a set to the next ones, to noise, and to few repeated ones.

    Args:
        out: folder that receives `fid-properties.csv` and `.png`; those in it are replaced.
        extractor: as in `evaluation.extractors.extractor`.
        weights: the extractor's.
        dataset: a split, such as `mnist:train`; its first 2 x `count` images are used.
        count: images of each group.
        seed: of the noise.
        data_dir: where named data sets are looked for first.
        watch: hears of the progress.
        force: let digits-classifier take other pictures.
        image_shape: height, width and channels that a folder's pictures are brought to.

    Returns:
        Distances by what was compared, with extractor, counts and the thesis's values where the
        extractor is the thesis's.

    Raises:
        ValueError: if the set has too few images, or the extractor refuses them.

    Source: Ballestrazzi 2019, section 2.4.
    """
    if count < 2:
        raise ValueError(f"count is {count}; a group needs 2 images or more.")
    if seed < 0:
        raise ValueError(f"seed is {seed}; it must be 0 or more.")
    features_of = extractor_of(extractor, weights, force=force)
    data = load_images(f"{dataset}[:{2 * count}]", data_dir=data_dir, image_shape=image_shape)
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
            warnings.simplefilter("ignore", UserWarning)  # the note says it
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
    _write(expanded(out), found)
    return found


def _write(out: Path, found: dict[str, Any]) -> None:
    from matplotlib.figure import Figure

    out.mkdir(parents=True, exist_ok=True)
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
