"""Binarized MNIST: from the text files that Larochelle publishes to one `.npz`."""

from pathlib import Path

import numpy as np

from keras_draw.data.formats import check_file
from keras_draw.files import replacing

PIXELS = 784
ROWS = {"train": 50_000, "valid": 10_000, "test": 10_000}
BEFORE, AFTER = b" "[0], b"\n"[0]


def read_amat(path: Path, rows: int) -> np.ndarray:
    """Read a text file of zeros and ones.

    Args:
        path: the file; each line has 784 digits, separated by single spaces.
        rows: number of lines that it must have.

    Returns:
        uint8 (rows, 784) in {0, 1}.

    Raises:
        ValueError: if the file has any other content.
    """
    size = check_file(path)
    if size != 2 * PIXELS * rows:
        raise ValueError(
            f"{path.name} has {size} bytes; expected {2 * PIXELS * rows} for {rows} rows."
        )
    text = np.fromfile(path, np.uint8).reshape(rows, PIXELS, 2)
    digits = text[..., 0] - b"0"[0]
    between = text[..., 1]
    if digits.max() > 1 or (between[:, :-1] != BEFORE).any() or (between[:, -1] != AFTER).any():
        raise ValueError(f"{path.name} does not consist of rows of zeros and ones.")
    return digits


def make_binarized_mnist(folder: Path) -> None:
    """Make `binarized_mnist.npz` from the three published files.

    Args:
        folder: holds the files; the `.npz` is written there.

    Raises:
        ValueError: if one of the files is damaged.
    """
    arrays = {
        split: read_amat(folder / f"binarized_mnist_{split}.amat", rows)
        for split, rows in ROWS.items()
    }
    with replacing(folder / "binarized_mnist.npz") as temporary:
        np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]
