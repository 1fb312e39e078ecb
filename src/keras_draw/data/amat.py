"""Binarized MNIST as Larochelle publishes it: text, a digit for every pixel -> one npz."""

from pathlib import Path

import numpy as np

from keras_draw.data.formats import check_file
from keras_draw.files import replacing

PIXELS = 784
ROWS = {"train": 50_000, "valid": 10_000, "test": 10_000}
BEFORE, AFTER = b" "[0], b"\n"[0]


def read_amat(path: Path, rows: int) -> np.ndarray:
    """A table of zeros and ones, written as text.

    Args:
        path: lines of 784 digits, a space between two of them.
        rows: how many lines it must have.

    Returns:
        uint8 (rows, 784) in {0, 1}.

    Raises:
        ValueError: if it is anything else.
    """
    size = check_file(path)
    if size != 2 * PIXELS * rows:
        raise ValueError(f"{path.name} has {size} bytes; {rows} rows have {2 * PIXELS * rows}.")
    text = np.fromfile(path, np.uint8).reshape(rows, PIXELS, 2)
    digits = text[..., 0] - b"0"[0]
    between = text[..., 1]
    if digits.max() > 1 or (between[:, :-1] != BEFORE).any() or (between[:, -1] != AFTER).any():
        raise ValueError(f"{path.name} holds other things than rows of zeros and ones.")
    return digits


def make_binarized_mnist(folder: Path) -> None:
    """Make `binarized_mnist.npz` of the three published files.

    Args:
        folder: holds them; the npz goes there.

    Raises:
        ValueError: if one of them is damaged.
    """
    arrays = {
        split: read_amat(folder / f"binarized_mnist_{split}.amat", rows)
        for split, rows in ROWS.items()
    }
    with replacing(folder / "binarized_mnist.npz") as temporary:
        np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]
