"""Figures of experiments: values against timesteps, latent spaces, rankings, training curves."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from textwrap import fill
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, ScalarFormatter

from keras_draw.figures.style import COLOURS
from keras_draw.files import check_output, expanded, replacing

STYLES: tuple[dict[str, Any], ...] = (
    {"color": COLOURS["train"], "marker": "o", "linestyle": "-"},
    {"color": COLOURS["validation"], "marker": "s", "linestyle": "--"},
    {"color": "#2f9e44", "marker": "^", "linestyle": ":"},
    {"color": "#7b3fa0", "marker": "D", "linestyle": "-."},
)
"""Curves also differ in marker and line, so they can be told apart in grey; a fifth curve repeats
the first style."""
PANEL_INCHES = (3.6, 3.2)
TITLE_LETTERS = 46
"""Characters per line of the title, for each panel below it."""

CURVES = {"loss": "objective", "reconstruction": "nats per image", "kl": "nats per image"}
"""Column of a history -> label of its axis."""


class Curve(NamedTuple):
    """One measure of many runs."""

    label: str
    """for the legend; empty for no entry."""
    timesteps: np.ndarray
    """T of each run (N,)."""
    values: np.ndarray
    """the measure of each run, the same shape."""


class Panel(NamedTuple):
    """Curves with the same unit."""

    title: str
    unit: str
    curves: Sequence[Curve]
    from_zero: bool = False
    """begin the axis at 0, for counts and distances."""


class Spread(NamedTuple):
    """The runs of a curve, grouped by T."""

    timesteps: np.ndarray
    """T, increasing (K,)."""
    mean: np.ndarray
    """mean over the runs with each T, the same shape."""
    lowest: np.ndarray
    """lowest value for each T, the same shape."""
    highest: np.ndarray
    """highest value for each T, the same shape."""
    runs: np.ndarray
    """number of runs for each T, the same shape."""


def spread(curve: Curve) -> Spread:
    """Compute the mean, lowest and highest value for each T.

    Args:
        curve: one or more runs for each T, in any order.

    Example:
        >>> spread(Curve("", np.array([2, 1, 2]), np.array([3.0, 5.0, 1.0]))).mean.tolist()
        [5.0, 2.0]
    """
    timesteps = np.unique(curve.timesteps)
    groups = [np.asarray(curve.values, float)[curve.timesteps == t] for t in timesteps]
    return Spread(
        timesteps,
        np.array([g.mean() for g in groups]),
        np.array([g.min() for g in groups]),
        np.array([g.max() for g in groups]),
        np.array([len(g) for g in groups]),
    )


def against_timesteps(
    panels: Sequence[Panel], title: str = "", xlabel: str = "timesteps T"
) -> Figure:
    """Draw panels side by side, each with values against T on a logarithmic axis.

    Args:
        panels: one or more. The line of a curve is the mean over runs; its band extends from the
            lowest to the highest value.
        title: a title above all panels.
        xlabel: label of the horizontal axis, if the curves' `timesteps` are something other than T.

    Returns:
        A figure; save it with `save_figure`.
    """
    width, height = PANEL_INCHES
    figure = Figure(figsize=(width * len(panels), height), layout="constrained")
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _draw(axes, panel, xlabel)
    return _surrounded(figure, len(panels), title)


def _draw(axes: Any, panel: Panel, xlabel: str) -> None:
    for curve, style in zip(panel.curves, cycle(STYLES), strict=False):
        if not len(curve.values):
            continue
        found = spread(curve)
        axes.plot(found.timesteps, found.mean, label=curve.label, markersize=5, **style)
        if found.runs.max() > 1:
            axes.fill_between(
                found.timesteps, found.lowest, found.highest, color=style["color"], alpha=0.2, lw=0
            )
    ticks = np.unique(np.concatenate([curve.timesteps for curve in panel.curves]))
    axes.set_xscale("log", base=2)
    axes.set_xticks(ticks, [str(t) for t in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    values = np.concatenate([np.asarray(curve.values) for curve in panel.curves])
    if np.equal(values, np.round(values)).all():  # counts
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    if panel.from_zero:
        axes.set_ylim(bottom=0, top=1.05 * max(values.max(), 1e-9))
    axes.set(title=panel.title, xlabel=xlabel, ylabel=panel.unit)
    axes.grid(axis="y", color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _surrounded(figure: Figure, panels: int, title: str) -> Figure:
    """Add a legend below all panels and a title above them."""
    _legend_below(figure, panels)
    if title:
        figure.suptitle(fill(title, TITLE_LETTERS * panels), fontsize="medium")
    return figure


def _legend_below(figure: Figure, panels: int) -> None:
    """Add one legend below all panels, and make the figure higher for each line of it."""
    handles = {str(line.get_label()): line for axes in figure.axes for line in axes.lines}
    handles = {label: line for label, line in handles.items() if not label.startswith("_")}
    if not handles:
        return
    across = min(len(handles), max(1, panels))
    figure.legend(
        handles=list(handles.values()), loc="outside lower center", ncols=across, frameon=False
    )
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + 0.25 * -(-len(handles) // across))


class Cloud(NamedTuple):
    """Images as points in a two-dimensional latent space."""

    title: str
    points: np.ndarray
    """posterior means (N, 2)."""
    labels: np.ndarray
    """class of each image (N,)."""


PRIOR_DEVIATIONS = 2.0
"""Radius of the circle that shows the prior N(0, I), in standard deviations."""
MOST_POINTS = 3000
"""Most points in a cloud; more would hide each other."""


def latent_space(clouds: Sequence[Cloud]) -> Figure:
    """Draw where images of each class lie in a space of two latents, one panel per cloud.

    Args:
        clouds: one or more; at most the first `MOST_POINTS` points of each are drawn.

    Returns:
        A figure. The number of a class is at the median of its points; the circle is at two
        standard deviations of the prior. Each panel has its own scale.

    Raises:
        ValueError: if the points do not have two dimensions.
    """
    width = 4.2
    figure = Figure(figsize=(width * len(clouds), width + 0.3), layout="constrained")
    for axes, cloud in zip(figure.subplots(1, len(clouds), squeeze=False)[0], clouds, strict=True):
        points, labels = np.asarray(cloud.points)[:MOST_POINTS], cloud.labels[:MOST_POINTS]
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(f"Points have the shape {points.shape}; expected (N, 2).")
        axes.scatter(*points.T, c=labels, cmap="tab10", s=5, alpha=0.55, lw=0)
        prior = axes.add_patch(
            Circle(
                (0, 0), PRIOR_DEVIATIONS, fill=False, linestyle="--", edgecolor="0.15",
                label="two standard deviations of the prior",
            )
        )  # fmt: skip
        for label in np.unique(labels):
            middle = np.median(points[labels == label], axis=0)
            text = axes.text(*middle, str(label), ha="center", va="center", weight="bold")
            text.set_path_effects([withStroke(linewidth=3, foreground="white")])
        axes.set_aspect("equal", "datalim")
        axes.set(title=cloud.title, xlabel="latent 1, posterior mean")
        axes.set_ylabel("latent 2, posterior mean")
        axes.spines[["top", "right"]].set_visible(False)
    figure.legend(handles=[prior], loc="outside lower center", frameon=False)
    return figure


class Points(NamedTuple):
    """Runs of one kind, each with two measures."""

    label: str
    x: np.ndarray
    """Fréchet distance of each run (N,)."""
    y: np.ndarray
    """the other measure of each run (N,)."""


def rankings(panels: dict[str, list[Points]], title: str = "") -> Figure:
    """Draw other measures of runs against their FID, on a logarithmic axis.

    Args:
        panels: name of the other measure -> runs, grouped by kind; one or more.
        title: a title above all panels.

    Returns:
        A figure; save it with `save_figure`.
    """
    width, height = PANEL_INCHES
    figure = Figure(figsize=(width * len(panels), height), layout="constrained")
    labels = list(dict.fromkeys(one.label for some in panels.values() for one in some))
    styles = dict(zip(labels, cycle(STYLES), strict=False))
    for axes, (unit, some) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
    ):
        for one in some:
            axes.plot(one.x, one.y, label=one.label, **styles[one.label] | {"linestyle": ""})
        axes.set(xlabel="Fréchet distance", ylabel=unit, xscale="log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_locator(NullLocator())
        axes.grid(color="0.9")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    return _surrounded(figure, len(panels), title)


def training_curves(
    history: Mapping[str, Sequence[float]], names: Sequence[str] = tuple(CURVES)
) -> Figure:
    """Draw loss, reconstruction and KL over epochs, for training and validation images.

    Args:
        history: columns of `history.csv`; reconstruction and KL in nats per image.
        names: some of `CURVES`; each gets a panel.
    """
    figure = Figure(figsize=(10 / 3 * len(names), 3), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for prefix, what in (("", "train"), ("val_", "validation")):
            if prefix + name in history:
                style: dict[str, Any] = {"linestyle": "-" if what == "train" else "--"}
                axes.plot(
                    history["epoch"],
                    history[prefix + name],
                    color=COLOURS[what],
                    label=what,
                    **style,
                )
        axes.set(title=name, xlabel="epoch", ylabel=CURVES[name])
        axes.spines[["top", "right"]].set_visible(False)
        if axes.lines:
            axes.legend(frameon=False)
    return figure


def save_figure(figure: Figure, path: str | Path, *, overwrite: bool = False) -> None:
    """Write a figure as PNG. If writing fails, no partial file is left; raises as `save_image`."""
    path = expanded(path)
    check_output(path, (".png",), overwrite=overwrite)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=150)
