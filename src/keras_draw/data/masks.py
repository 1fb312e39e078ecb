"""Which pixels of an image are hidden: one half of it, or the white pixels of a mask picture."""

import numpy as np

from keras_draw.config import suggest
from keras_draw.data.picture_files import Unreadable, read_picture
from keras_draw.files import expanded

HALVES = ("lower", "upper", "left", "right")
HALF_WHITE = 128
"""A pixel is hidden if the mask is at least this bright there, 0 to 255."""


def mask_of(what: str, image_shape: tuple[int, int, int]) -> np.ndarray:
    """Return the mask that a name or a picture describes.

    Args:
        what: a half, `lower`, `upper`, `left` or `right`; or the path of a picture of the same size
            as the images, white where they are hidden.
        image_shape: height, width and channels of the images.

    Returns:
        Booleans (H, W), True where a pixel is hidden. If the number of rows or columns is odd, the
        middle one stays visible.

    Raises:
        FileNotFoundError: if there is no such half or file.
        ValueError: if the picture cannot be read, or has a different size.

    Example:
        >>> mask_of("lower", (3, 2, 1)).tolist()
        [[False, False], [False, False], [True, True]]
    """
    height, width, _ = image_shape
    if what in HALVES:
        rows, columns = np.arange(height)[:, None], np.arange(width)
        hidden = {
            "lower": rows >= height - height // 2,
            "upper": rows < height // 2,
            "left": columns < width // 2,
            "right": columns >= width - width // 2,
        }[what]
        return np.broadcast_to(hidden, (height, width)).copy()
    path = expanded(what)
    if not path.exists():
        raise FileNotFoundError(
            f"There is no half, and no mask picture, named {what!r}: {suggest(what, HALVES)} "
            "(A mask picture is white where images are hidden.)"
        )
    try:
        pixels = read_picture(path, None).pixels
    except Unreadable as error:
        raise ValueError(f"{path} cannot be read as a picture: {error}.") from None
    if pixels.shape[:2] != (height, width):
        raise ValueError(
            f"{path} has {pixels.shape[0]} x {pixels.shape[1]} pixels, but the network's images "
            f"have {height} x {width}: a mask must have the same size as the images."
        )
    return pixels.mean(axis=-1) >= HALF_WHITE
