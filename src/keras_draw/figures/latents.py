"""Figures of latents: the variance law, and how much KL each latent uses."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_draw.figures.style import COLOURS

COLOUR_MAP = "viridis"
"""Perceptually uniform; its brightness also increases when printed in grey."""
LAW_COLOUR = "#333333"
MAPS_ACROSS = 4
"""Most heat maps in one row."""


class HeatMap(NamedTuple):
    """The KL of one network, for a figure of several networks."""

    title: str
    kl: np.ndarray
    """KL to the prior, nats per image (T, Z)."""


def variance_law(mean_var: np.ndarray, var_mean: np.ndarray) -> Figure:
    """Draw the two parts of the variance law as stacked bars, one per timestep, against 1.

    Args:
        mean_var: mean over images of the posterior's variance, no unit: (T,), or (T, Z), which is
            averaged over latents.
        var_mean: variance over images of the posterior's mean, the same shape.

    Returns:
        A figure; save it with `save_figure`.

    Raises:
        ValueError: if the shapes differ, or are neither (T,) nor (T, Z).

    Example:
        >>> len(variance_law(np.full(3, 0.4), np.full(3, 0.6)).get_axes())
        1
    """
    mean_var, var_mean = np.asarray(mean_var, float), np.asarray(var_mean, float)
    if mean_var.shape != var_mean.shape or mean_var.ndim not in (1, 2) or mean_var.size == 0:
        raise ValueError(
            f"mean_var and var_mean have the shapes {mean_var.shape} and {var_mean.shape}; "
            "expected (T, Z) or (T,), the same for both."
        )
    if mean_var.ndim == 2:
        mean_var, var_mean = mean_var.mean(axis=1), var_mean.mean(axis=1)
    timesteps = np.arange(1, len(mean_var) + 1)
    figure = Figure(figsize=(5.2, 3.4), layout="constrained")
    axes = figure.subplots()
    width = 0.7
    axes.bar(timesteps, var_mean, width, color=COLOURS["train"], label="variance of the mean")
    axes.bar(
        timesteps, mean_var, width, bottom=var_mean, color=COLOURS["validation"],
        label="mean of the variance",
    )  # fmt: skip
    axes.axhline(1, color=LAW_COLOUR, linestyle="--", linewidth=1.2, label="the law: sum of 1")
    axes.set(
        title="variance law",
        xlabel="timestep",
        ylabel="variance, mean over latents",
        ylim=(0, 1.12 * max(1.0, float((mean_var + var_mean).max()))),
    )
    _finish(axes, len(mean_var))
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize="small")
    return figure


def kl_heat_map(kl: np.ndarray, title: str = "KL of every latent") -> Figure:
    """Draw the KL of every latent at every timestep as a heat map.

    Args:
        kl: KL of the posterior to the prior, mean over images, nats (T, Z).
        title: the title.

    Returns:
        A figure; save it with `save_figure`. Cells of the darkest colour carry no information.

    Raises:
        ValueError: if `kl` does not have two dimensions, or is empty.

    Example:
        >>> kl_heat_map(np.ones((8, 12))).get_axes()[0].get_xlabel()
        'timestep'
    """
    figure = Figure(figsize=(5.2, 3.4), layout="constrained")
    axes = figure.subplots()
    image = _heat(axes, HeatMap(title, kl), _ceiling([kl]))
    figure.colorbar(image, ax=axes, label="KL, nats per image")
    return figure


def kl_heat_maps(maps: Sequence[HeatMap]) -> Figure:
    """Draw the KL of several networks side by side, with a common colour scale.

    Args:
        maps: one or more; T and Z may differ.

    Returns:
        A figure; save it with `save_figure`.

    Raises:
        ValueError: if a map does not have two dimensions, or is empty.

    Example:
        >>> maps = [HeatMap("T 4", np.ones((4, 2))), HeatMap("T 8", np.ones((8, 1)))]
        >>> [axes.get_title() for axes in kl_heat_maps(maps).get_axes()][:2]
        ['T 4', 'T 8']
    """
    across = min(len(maps), MAPS_ACROSS)
    down = math.ceil(len(maps) / across)
    # A single map is as wide as two, to leave room for its title and colour bar.
    figure = Figure(figsize=(2.5 * max(across, 2), 2.2 * down + 0.4), layout="constrained")
    places = figure.subplots(down, across, squeeze=False).ravel()
    ceiling = _ceiling([one.kl for one in maps])
    images = [_heat(*pair, ceiling) for pair in zip(places, maps, strict=False)]
    for place in places:
        place.title.set_fontsize("small")
    for place in places[len(maps) :]:
        place.set_visible(False)
    figure.colorbar(images[0], ax=places.tolist(), label="KL, nats per image", aspect=30)
    return figure


def _heat(axes: Any, one: HeatMap, ceiling: float) -> Any:
    kl = _checked(one.kl)
    timesteps, latents = kl.shape
    image = axes.imshow(
        kl.T, cmap=COLOUR_MAP, vmin=0, vmax=ceiling, aspect="auto", interpolation="nearest",
        origin="lower", extent=(0.5, timesteps + 0.5, 0.5, latents + 0.5),
    )  # fmt: skip
    axes.set(title=one.title, xlabel="timestep", ylabel="latent")
    _finish(axes, timesteps)
    axes.yaxis.set_major_locator(_whole_numbers(latents))
    return image


def _checked(kl: np.ndarray) -> np.ndarray:
    kl = np.asarray(kl, float)
    if kl.ndim != 2 or kl.size == 0:
        raise ValueError(f"kl has the shape {kl.shape}; expected (T, Z).")
    return kl


def _ceiling(maps: Sequence[np.ndarray]) -> float:
    """The value of the brightest colour, above 0 even if all KL is 0."""
    return max(float(_checked(kl).max()) for kl in maps) or 1.0


def _finish(axes: Any, timesteps: int) -> None:
    axes.set_xlim(0.5, timesteps + 0.5)
    axes.xaxis.set_major_locator(_whole_numbers(timesteps))


def _whole_numbers(count: int) -> Any:
    return MaxNLocator(nbins=min(count, 8), integer=True, min_n_ticks=1)
