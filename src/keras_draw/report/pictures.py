"""Pictures that a network draws for a report: samples, stroke by stroke, and reconstructions."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_draw.data import ImageData
from keras_draw.data.images import as_uint8
from keras_draw.figures import grids
from keras_draw.figures.layout import rectangle
from keras_draw.figures.moving import save_drawing
from keras_draw.figures.sizes import tile_scale
from keras_draw.figures.strokes import Frame, with_frames
from keras_draw.models.draw import DRAW
from keras_draw.report.page import Picture, inline_file, inline_image

COLUMNS = 10
ROWS = (5, 3, 2, 1)
"""Rows of the animation; the first number that keeps it small enough is used."""
MOST_GIF = 1_200_000
"""Most characters of an animation's data URI, 4 for 3 bytes."""
STILL_SAMPLES = (3, 6)
"""Fewest and most samples in the still picture; about half as many as strokes."""
MOST_STROKES = 10
"""Columns of the still picture. With more strokes, some are left out."""
SEED = 0
"""Seed of everything that is drawn for a report."""


def strokes_of(model: DRAW, rows: int = ROWS[0]) -> np.ndarray:
    """Samples after every stroke; a conditional network draws its classes in turn.

    Args:
        model: the network.
        rows: number of rows. Each has `columns_of(model)` samples.

    Returns:
        The images, in [0, 1] (N, T, H, W, C).
    """
    return np.asarray(model.generate_strokes(rows * columns_of(model), seed=SEED).images)


def columns_of(model: DRAW) -> int:
    """Columns of a picture of samples: one per class if there are at most `COLUMNS` classes."""
    k = model.config.num_classes
    return k if 2 <= k <= COLUMNS else COLUMNS


def moving(model: DRAW, steps: np.ndarray) -> Picture:
    """An animation of samples being drawn, with a still picture for print.

    Args:
        model: the network.
        steps: the result of `strokes_of`.
    """
    columns = columns_of(model)
    for rows in ROWS:
        some = steps[: rows * columns]
        source, (width, height) = _gif(some, columns)
        if len(source) <= MOST_GIF:
            break
    last = some[:, -1].reshape(-1, columns, *some.shape[2:])
    still = inline_image(_grid(last), images=len(some))
    return still._replace(source=source, width=width, height=height, still=still.source)


def looking(model: DRAW, data: ImageData) -> Picture:
    """An animation of reconstructions, with rectangles where the network reads and writes.

    Args:
        model: a network with a window.
        data: images on which it was not trained.
    """
    some = data.some(COLUMNS)
    drawn = model.reconstruct_strokes(some.images, _labels(model, some), seed=SEED)
    steps, frames = with_frames(drawn, read=model.config.read, write=model.config.write)
    columns = COLUMNS // 2
    for count in (COLUMNS, columns):
        few = [frame.each(lambda values: values[:count]) for frame in frames]  # noqa: B023
        source, (width, height) = _gif(steps[:count], columns, few)
        if len(source) <= MOST_GIF:
            break
    held = steps[:count, -1]
    grid = grids.laid_out(held, rectangle(len(held), columns), scale=_scale(held, windows=True))
    last = inline_image(grid, images=len(held))
    return Picture(source, width, height, last.source, last.images)


def still(steps: np.ndarray) -> Picture:
    """A few samples after several strokes, one row per sample.

    Args:
        steps: the result of `strokes_of`.
    """
    timesteps = steps.shape[1]
    shown = np.unique(np.linspace(1, timesteps, min(timesteps, MOST_STROKES)).round().astype(int))
    fewest, most = STILL_SAMPLES
    some = steps[: min(max(len(shown) // 2, fewest), most), shown - 1]
    grid = _grid(some, column_labels=[str(t) for t in shown])
    return inline_image(grid, images=len(some), strokes=len(shown))


def strip(model: DRAW) -> Picture:
    """A row of `COLUMNS` samples of a network."""
    images = np.asarray(model.generate(COLUMNS, seed=SEED))
    return inline_image(_grid(images[None]), images=len(images))


def samples(model: DRAW, rows: int = ROWS[0]) -> Picture:
    """A grid of samples of a network.

    Args:
        model: the network.
        rows: number of rows. Each has `columns_of(model)` samples.
    """
    columns = columns_of(model)
    images = np.asarray(model.generate(rows * columns, seed=SEED))
    grid = grids.laid_out(images, rectangle(len(images), columns), scale=_scale(images))
    return inline_image(grid, images=len(images))


def painted_again(model: DRAW, data: ImageData) -> Picture:
    """Real images above their reconstructions; one of each class if there are labels.

    Args:
        model: the network.
        data: images on which it was not trained.

    Raises:
        ValueError: if the images do not fit the network.
    """
    some = data.some(COLUMNS)
    again = model.reconstruct(some.images, _labels(model, some), seed=SEED)
    pairs = np.stack([as_uint8(some.images), as_uint8(again)])
    grid = _grid(pairs, row_labels=["real", "copy"])
    return inline_image(grid, images=len(some))


def _scale(images: np.ndarray, *, windows: bool = False) -> int:
    """Pixels per image pixel: small, because a page has many pictures."""
    h, w = images.shape[-3:-1]
    return tile_scale(h, w, windows=windows)


def _grid(images: np.ndarray, **labels: Any) -> Image.Image:
    return grids.image_grid(images, scale=_scale(images), **labels)


def _gif(
    steps: np.ndarray, columns: int, frames: Sequence[Frame] = ()
) -> tuple[str, tuple[int, int]]:
    """An animation as a data URI, with its width and height in pixels."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "drawing.gif"
        layout = rectangle(len(steps), columns)
        scale = _scale(steps, windows=bool(frames))
        save_drawing(steps, path, layout=layout, frames=frames, scale=scale)
        with Image.open(path) as gif:
            return inline_file(path), gif.size


def _labels(model: DRAW, data: ImageData) -> Any:
    return data.labels if model.config.num_classes else None
