"""What a network of a report draws: samples, stroke by stroke, and images painted again."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from keras_draw import plots
from keras_draw.data import ImageData
from keras_draw.experiments.report.page import Picture, inline_file, inline_image
from keras_draw.models.draw import DRAW

COLUMNS = 10
ROWS = (5, 3, 2, 1)
"""Of the moving picture: the first number of them that keeps it small enough."""
MOST_GIF_BYTES = 900_000
STILL_SAMPLES = 6
MOST_STROKES = 10
"""Columns of the still picture: more strokes than these are passed over."""
SEED = 0
"""Of everything that is drawn anew."""


def strokes_of(model: DRAW, rows: int = ROWS[0]) -> np.ndarray:
    """Samples after every stroke, in [0, 1] (N, T, H, W, C); a conditional network's in turn.

    Args:
        model: the network.
        rows: of as many columns as a picture has.
    """
    return np.asarray(model.generate(rows * _columns(model), steps=True, seed=SEED))


def moving(model: DRAW, steps: np.ndarray) -> Picture:
    """Samples being drawn, with a still that stands for them on paper.

    Args:
        model: the network.
        steps: what `strokes_of` gave.
    """
    columns = _columns(model)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "drawing.gif"
        for rows in ROWS:
            some = steps[: rows * columns]
            plots.drawing_gif(some, path, columns=columns)
            if path.stat().st_size <= MOST_GIF_BYTES:
                break
        source = inline_file(path)
    last = some[:, -1].reshape(-1, columns, *some.shape[2:])
    still = inline_image(plots.image_grid(last), "")
    each = ", one class a column" if model.config.num_classes == columns else ""
    what = f"{len(some)} samples being drawn in {steps.shape[1]} strokes{each}"
    caption = f"{what}; seed {SEED}."
    return Picture(source, still.width, still.height, what, caption, still.source)


def still(steps: np.ndarray) -> Picture:
    """A few samples after their strokes, one row a sample.

    Args:
        steps: what `strokes_of` gave.
    """
    timesteps = steps.shape[1]
    shown = np.unique(np.linspace(1, timesteps, min(timesteps, MOST_STROKES)).round().astype(int))
    some = steps[:STILL_SAMPLES, shown - 1]
    grid = plots.image_grid(some, column_labels=[str(t) for t in shown])
    which = "every stroke" if len(shown) == timesteps else f"{len(shown)} of {timesteps} strokes"
    caption = f"The first {len(some)} of them after {which}; the timestep is above."
    return inline_image(grid, f"{len(some)} samples after {which}, one row a sample", caption)


def strip(images: np.ndarray, alt: str) -> Picture:
    """Images in a row.

    Args:
        images: (N, H, W, C), in [0, 1].
        alt: what they are.
    """
    return inline_image(plots.image_grid(images[None]), alt)


def painted_again(model: DRAW, data: ImageData) -> Picture:
    """Real images over their reconstructions; one of each class where there are labels.

    Args:
        model: the network.
        data: images it was not trained on.

    Raises:
        ValueError: if they do not fit the network.
    """
    some = data.take(_one_of_each(data), data.name)
    again = model.reconstruct(some.images, _labels(model, some), seed=SEED)
    pairs = np.stack([plots.as_uint8(some.images), plots.as_uint8(again)])
    grid = plots.image_grid(pairs, row_labels=["real", "painted again"])
    caption = f"Images of {data.name}, and what the network makes of them."
    return inline_image(grid, f"{len(some)} real images, and below each its copy", caption)


def _labels(model: DRAW, data: ImageData) -> Any:
    return data.labels if model.config.num_classes else None


def _columns(model: DRAW) -> int:
    """A class a column, where there are about as many as there are columns."""
    k = model.config.num_classes
    return k if 2 <= k <= COLUMNS else COLUMNS


def _one_of_each(data: ImageData) -> np.ndarray:
    if data.labels is None:
        return np.arange(min(COLUMNS, len(data)))
    found = np.unique(data.labels, return_index=True)[1]
    rest = np.setdiff1d(np.arange(min(COLUMNS, len(data))), found)
    return np.concatenate([found, rest])[: min(COLUMNS, len(data))]
