"""Images stroke by stroke, with rectangles where the network looked and wrote."""

from typing import Any

from keras_draw.figures.grids import Frame, window_frame


def with_frames(drawn: Any, *, read: int | None, write: int | None) -> tuple[Any, list[Frame]]:
    """What `drawing_gif` takes, from what a network drew stroke by stroke.

    Args:
        drawn: `images` (N, T, H, W, C), and windows `read` and `write`, each value (N, T), or None.
        read: N of the reading window, as the network's configuration says.
        write: N of the writing window.

    Returns:
        Images (N, T, H, W, C), and a frame for each side that has a window.

    Example:
        >>> with_frames(model.generate_strokes(4), read=5, write=5)      # doctest: +SKIP
    """
    found = []
    for what, window, n in (
        ("read", drawn.read, read),
        ("write", drawn.write, write),
    ):
        if window is not None and n is not None:
            found.append(window_frame(what, window.x, window.y, window.delta, window.sigma, n))
    return drawn.images, found
