"""Images stroke by stroke, with rectangles where the network looked and wrote."""

from typing import Any

from keras_draw.config import DRAWConfig
from keras_draw.models.outputs import Strokes
from keras_draw.plots import Frame, window_frame


def with_frames(config: DRAWConfig, drawn: Strokes) -> tuple[Any, list[Frame]]:
    """What `drawing_gif` takes, from what a network drew with `windows=True`.

    Args:
        config: the network's.
        drawn: images and windows.

    Returns:
        Images (N, T, H, W, C), and a frame for each side that has a window.

    Example:
        >>> with_frames(model.config, model.generate(4, windows=True))     # doctest: +SKIP
    """
    found = []
    for what, window, n in (
        ("read", drawn.read, config.read),
        ("write", drawn.write, config.write),
    ):
        if window is not None and n is not None:
            found.append(window_frame(what, window.x, window.y, window.delta, window.sigma, n))
    return drawn.images, found
