"""Curves of several training runs in one figure."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from keras_draw.figures.curves import CURVES
from keras_draw.figures.lettering import in_one_line

COLOURS = (
    "#1b5e9e", "#d1662a", "#2f9e44", "#7b3fa0", "#c2255c", "#0c8599", "#5c4a1e", "#868e96",
)  # fmt: skip
LINES = ("-", "--", ":")
"""Line styles; when all colours are used up, the next style begins."""
MOST_LETTERS = 32
"""Longest run name, in characters; longer names are shortened."""
WARM_UP = 0.1
"""Share of the epochs, at the start, that the range of the axis ignores."""


def overlaid_curves(histories: Mapping[str, Mapping[str, Sequence[float]]], name: str) -> Figure:
    """Draw one column of the histories of several runs over epochs.

    Args:
        histories: label of a run -> columns of its `history.csv`; runs without the column are left
            out.
        name: one of `curves.CURVES`. The validation values are drawn if the run has any, else the
            training values.

    Returns:
        A figure. Values of the first tenth of the epochs may lie outside its axis.
    """
    figure = Figure(figsize=(4.4, 3.5), layout="constrained")
    axes = figure.subplots()
    kept: list[float] = []
    for i, (label, history) in enumerate(histories.items()):
        column = next((c for c in (f"val_{name}", name) if c in history), None)
        if column is None or not len(history["epoch"]):
            continue
        values = np.asarray(history[column], float)
        late = values[int(WARM_UP * len(values)) :]
        kept += late[np.isfinite(late)].tolist()
        style: dict[str, Any] = {"linestyle": LINES[i // len(COLOURS) % len(LINES)]}
        said = _brief(label) + ("" if column != name else " (train)")
        if len(values) == 1:
            style["marker"] = "o"
        axes.plot(history["epoch"], values, color=COLOURS[i % len(COLOURS)], label=said, **style)
    if kept:
        low, high = min(kept), max(kept)
        room = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
        axes.set_ylim(low - room, high + room)
    axes.set(title=f"{name}, validation", xlabel="epoch", ylabel=CURVES[name])
    axes.grid(axis="y", color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.lines:
        figure.legend(
            loc="outside lower center", ncols=2 if len(axes.lines) > 4 else 1, frameon=False
        )
    return figure


def _brief(text: str) -> str:
    text = in_one_line(text)
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1].rstrip() + "…"
