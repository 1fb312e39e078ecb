"""Show a network's images in a notebook: grids with labels, and animations that can be paused."""

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_draw.config import whole_number
from keras_draw.models import drawing
from keras_draw.models.inputs import check_labels
from keras_draw.models.outputs import Strokes
from keras_draw.models.running import Network
from keras_draw.pixels import as_array, check_pixels
from keras_draw.printed import counted

if TYPE_CHECKING:
    from keras_draw.figures.inline import Shown
    from keras_draw.figures.layout import Layout
    from keras_draw.figures.strokes import Frame

SAMPLES = 50
"""Number of images drawn by default by an unconditional network."""
SAMPLES_BY_CLASS = 100
"""Approximate number of images drawn by default over all classes."""


def show(
    network: Network,
    what: Any = None,
    y: Any = None,
    *,
    columns: int | None = None,
    scale: int | None = None,
    seed: int = 0,
) -> "Shown":
    """Show images in a notebook, or an animation of how the network draws them.

    Args:
        network: a `DRAW`.
        what: one of the following.
            Images (N, H, W, C) or, for one channel, (N, H, W); or a single image (H, W, C): shown
                as a grid.
            Images after every timestep (N, T, H, W, C): animated.
            The result of `generate_strokes` or a similar method: animated, with the windows that
            the network read and wrote through.
            A number, or None: the network generates that many images, or a default number, with
            the classes in turn, and they are animated.
        y: labels (N,), or one label for all, as indices or class names. Each class gets its own
            row, labelled with its name.
        columns: images per row; default: chosen automatically.
        scale: screen pixels per image pixel; default: chosen automatically.
        seed: seed of generated images.

    Returns:
        An object that a notebook displays at the end of a cell; anywhere else, pass it to
        `display`. An animation has a pause button, and a slider over the strokes.

    Raises:
        ValueError: if images or labels do not fit, or the picture would be too large.

    Example:
        >>> model.show()                                        # doctest: +SKIP
        >>> model.show(model.reconstruct_strokes(images[:8]))   # doctest: +SKIP
    """
    from keras_draw.figures.inline import animation, grid
    from keras_draw.figures.strokes import with_frames

    config = network.config
    if what is None or isinstance(what, Integral):
        count = (
            _usual(config.num_classes, y)
            if what is None
            else whole_number("what", what, at_least=1)
        )
        what = drawing.generate_strokes(network, count, y, seed=seed)
        if y is None and config.num_classes:
            y = np.arange(count) % config.num_classes
    frames: list[Frame] = []
    if isinstance(what, Strokes):
        images, frames = with_frames(what, read=config.read, write=config.write)
    else:
        images = as_array(what, "Images")
        if images.ndim == 3:  # one image, or several of one channel
            images = images[None] if images.shape == config.image_shape else images[..., None]
    if images.ndim not in (4, 5) or images.shape[-1] not in (1, 3) or 0 in images.shape:
        raise ValueError(
            f"Images have shape {images.shape}; expected (N, H, W, C), or (N, T, H, W, C) for "
            "images after each of T strokes, with 1 or 3 channels."
        )
    images = check_pixels(images, asking=False)
    layout = _layout(network, len(images), y, columns)
    if images.ndim == 4:
        return grid(images, layout, counted(len(images), "image"), scale=scale)
    words = f"{counted(len(images), 'image')} in {counted(images.shape[1], 'stroke')}"
    return animation(images, words, layout=layout, frames=frames, scale=scale)


def _usual(classes: int, y: Any) -> int:
    """Default number of images: one per label, or else equally many of each class."""
    if y is not None and np.ndim(y) > 0:
        return len(y)
    if y is not None or not classes:
        return SAMPLES
    return classes * max(1, SAMPLES_BY_CLASS // classes)


def _layout(network: Network, count: int, y: Any, columns: int | None) -> "Layout":
    from keras_draw.figures.layout import by_class, rectangle

    columns = None if columns is None else whole_number("columns", columns, at_least=1)
    one_hot = None if y is None else check_labels(network.config, y, count)
    if one_hot is None:
        return rectangle(count, columns)
    labels = np.argmax(one_hot, axis=1)
    if columns is None and len(np.unique(labels)) == 1:  # one class: a rectangle with its name
        columns = rectangle(count).shape[1]
    return by_class(labels, network.config.classes, columns)
