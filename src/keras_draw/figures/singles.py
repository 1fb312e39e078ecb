"""Save images as separate files in a new folder, which is complete or does not exist."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from keras_draw.files import TEMPORARY, check_new_folder, expanded
from keras_draw.memory import check_fits
from keras_draw.pixels import as_uint8

MOST_NAME = 80
"""Most characters of a class name in a file name."""


def save_images(
    images: np.ndarray, folder: str | Path, names: Sequence[str] = (), *, scale: int = 1
) -> None:
    """Write one PNG per image: `0007.png`, or `cat-0007.png` with a name.

    The files are written to a temporary folder, which is renamed at the end.

    Args:
        images: (N, H, W, C), floats in [0, 1] or uint8.
        folder: a new folder, or an empty one.
        names: the beginning of each file name, such as the class. Characters other than letters,
            digits, `-` and `_` become `-`.
        scale: pixels of the file per pixel of the image.

    Raises:
        FileExistsError: if the folder is not empty.
        FileNotFoundError: if its parent folder does not exist.

    Example:
        >>> save_images(np.zeros((2, 8, 8, 1)), "nines", ["9", "9"])    # doctest: +SKIP
    """
    folder = expanded(folder)
    check_new_folder(folder)
    h, w = images.shape[1:3]
    check_fits(3.0 * h * w * scale**2, "One image", "choose a smaller scale")
    digits = max(4, len(str(len(images) - 1)))
    with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=folder.parent) as scratch:
        made = Path(scratch) / "images"
        made.mkdir()
        for i, pixels in enumerate(as_uint8(images)):
            tile = pixels.repeat(scale, axis=0).repeat(scale, axis=1)
            picture = Image.fromarray(tile[..., 0] if tile.shape[-1] == 1 else tile)
            begins = f"{plain_name(names[i])}-" if names else ""
            picture.save(made / f"{begins}{i:0{digits}}.png", format="PNG", optimize=True)
        if folder.exists():
            folder.rmdir()
        made.rename(folder)


def plain_name(text: str) -> str:
    """Turn a text into a safe part of a file name.

    Example:
        >>> plain_name("../T-shirt/top"), plain_name("")
        ('T-shirt-top', 'class')
    """
    kept = "".join(c if c.isalnum() or c in "-_" else "-" for c in text)[:MOST_NAME]
    return kept.strip("-") or "class"
