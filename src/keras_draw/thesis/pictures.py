"""The thesis's figures of a network's pictures or latents: 2.2, 3.1, 3.4, 3.5, 4.2; and two more.

Each figure is a sweep of one or two runs, so it can be resumed and is evaluated like any other
sweep, and a picture drawn from the trained networks. Figures of the same network share its folder.

Source: Ballestrazzi 2019, chapters 2 to 4.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from keras_draw.config import Objective
from keras_draw.data import load_images
from keras_draw.data.images import ImageData, as_uint8
from keras_draw.data.sources import test_split_of
from keras_draw.evaluation.latents import LatentUse, latent_use
from keras_draw.figures import curves, grids
from keras_draw.figures.curves import Cloud, latent_space
from keras_draw.figures.latents import kl_heat_map, variance_law
from keras_draw.models.draw import DRAW
from keras_draw.sweeps.folder import SweepFolder
from keras_draw.sweeps.panels import in_short
from keras_draw.sweeps.spec import Sweep
from keras_draw.sweeps.sweeping import SweepResult, run_sweep
from keras_draw.thesis.catalogue import SMOKE
from keras_draw.training.loading import load

SHOWN = 12
"""Test images in a row; Figure 3.1 has half as many rows."""
ASKED_FOR = 9
"""The class shown in Figure 4.2."""


class Network(NamedTuple):
    """The networks that a figure needs."""

    recipe: str
    scales: dict[str, dict[str, Any]]
    """scale -> changes of the recipe."""
    vary: dict[str, list[Any]] = {}  # noqa: RUF012 (nothing changes it)


def _scales(laptop: dict[str, Any], **every: Any) -> dict[str, dict[str, Any]]:
    return {
        "smoke": SMOKE | every,
        "laptop": {"ema_momentum": 0.99} | laptop | every,
        "full": every,
    }


_MNIST: dict[str, Any] = {"dataset": "mnist:train[:12000]", "epochs": 20}
NETWORKS = {
    "mnist": Network("thesis-mnist", _scales(_MNIST)),
    "conditional": Network("thesis-conditional", _scales(_MNIST)),
    "cifar10": Network(
        "thesis-cifar10",
        _scales({"dataset": "cifar10:train[:10000]", "epochs": 6, "hidden_dim": 256}),
    ),
    "two-latents": Network(
        "thesis-mnist", _scales(_MNIST, timesteps=1, latent_dim=2), {"kl_weight": [0.0, 1.0]}
    ),
}


def _strokes(models: list[DRAW], test: ImageData) -> Image.Image:
    """Figure 3.1: real images, and the canvas after every timestep."""
    x, y = _some(models[0], test, SHOWN // 2)
    return grids.reconstruction_grid(x, models[0].reconstruct_strokes(x, y).images)


def _pairs(models: list[DRAW], test: ImageData) -> Image.Image:
    """Figures 3.4 and 3.5: real images above their reconstructions."""
    x, y = _some(models[0], test, SHOWN)
    tiles = np.stack([as_uint8(x), as_uint8(models[0].reconstruct(x, y))])
    return grids.image_grid(tiles, row_labels=["real", "reconstructed"])


def _one_class(models: list[DRAW], test: ImageData) -> Image.Image:
    """Figure 4.2: samples of one class."""
    return grids.square_grid(models[0].generate(36, np.full(36, ASKED_FOR)))


def _latent_space(models: list[DRAW], test: ImageData) -> Figure:
    """Figure 2.2: the classes in a space of two latents, without and with the KL."""
    clouds = [
        Cloud(
            in_short("kl_weight", model.config.kl_weight),
            model.encode(test.images).mu[:, 0],
            np.asarray(test.labels),
        )
        for model in models
    ]
    return latent_space(clouds)


def _variance_law(models: list[DRAW], test: ImageData) -> Figure:
    """Both parts of the variance law for each timestep."""
    use = _use(models[0], test)
    return variance_law(use.mean_var, use.var_mean)


def _kl_map(models: list[DRAW], test: ImageData) -> Figure:
    """The KL of every latent at every timestep."""
    return kl_heat_map(_use(models[0], test).kl)


class PictureExperiment(NamedTuple):
    """A figure, and the network that it shows."""

    network: str
    """one of `NETWORKS`."""
    draw: Callable[[list[DRAW], ImageData], Figure | Image.Image]
    """(trained networks, test images) -> picture."""


PICTURES = {
    "fig-2.2": PictureExperiment("two-latents", _latent_space),
    "fig-3.1": PictureExperiment("mnist", _strokes),
    "fig-3.4": PictureExperiment("cifar10", _pairs),
    "fig-3.5": PictureExperiment("mnist", _pairs),
    "fig-4.2": PictureExperiment("conditional", _one_class),
    "kl-map": PictureExperiment("mnist", _kl_map),
    "variance-law": PictureExperiment("mnist", _variance_law),
}


def sweep_of(name: str, *, scale: str = "laptop", objective: Objective = "elbo") -> Sweep:
    """Return the sweep behind a figure.

    Args:
        name: one of `PICTURES`.
        scale: `smoke`, `laptop` or `full`.
        objective: the training objective.

    Example:
        >>> [r.architecture.timesteps for r in sweep_of("fig-3.4", scale="full").runs()]
        [16]
    """
    network = NETWORKS[PICTURES[name].network]
    return Sweep(
        name=f"{PICTURES[name].network}, {scale}, {objective}",
        recipe=network.recipe,
        changes={"sample_every": 0, "objective": objective} | network.scales[scale],
        vary=network.vary,
    )


def make_picture(
    name: str,
    sweep: Sweep,
    out: str | Path,
    *,
    data_dir: str | Path | None = None,
) -> tuple[SweepResult, Path | None]:
    """Train the networks that are not trained yet, and draw the figure.

    Args:
        name: one of `PICTURES`.
        sweep: from `sweep_of`.
        out: the sweep's folder; the figure is written there as NAME.png.
        data_dir: folder in which named data sets are looked for first.

    Returns:
        The outcome of the sweep, and the path of the figure; None if a run failed.
    """
    result = run_sweep(sweep, out, data_dir=data_dir)
    if result.failed:
        return result, None
    folder, runs = SweepFolder(result.out), sweep.runs()
    test = test_split_of(runs[0].training.dataset)
    models = [load(folder.run(run).path) for run in runs]
    drawn = PICTURES[name].draw(models, load_images(test, data_dir=data_dir))
    picture = folder.path / f"{name}.png"
    if isinstance(drawn, Image.Image):
        grids.save_image(drawn, picture, overwrite=True)
    else:
        curves.save_figure(drawn, picture, overwrite=True)
    return result, picture


def _labels(model: DRAW, test: ImageData) -> np.ndarray | None:
    return test.labels if model.config.num_classes else None


def _some(model: DRAW, test: ImageData, count: int) -> tuple[np.ndarray, np.ndarray | None]:
    labels = _labels(model, test)
    return test.images[:count], None if labels is None else labels[:count]


def _use(model: DRAW, test: ImageData) -> LatentUse:
    return latent_use(model, test.images, _labels(model, test))
