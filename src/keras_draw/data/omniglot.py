"""Omniglot at 28 x 28, made from Lake's drawings of 105 x 105.

Burda et al. 2016 (arXiv 1509.00519) measured on a MAT-file with 24,345 and 8,070 drawings; no
digest of it is published. The splits made here have the same sizes; docs/data.md says what may
differ.
"""

import io
import re
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from keras_draw.data.formats import check_file, read_npz
from keras_draw.files import replacing

ARCHIVES = ("images_background.zip", "images_evaluation.zip")
FILE = "omniglot.npz"
SIDE, WAS = 28, 105
DRAWERS, FOR_TRAINING = 20, 15
CHARACTERS = 1623
TESTED = 1614
"""The test split uses the first 1,614 characters: five drawings of each make 8,070."""
MOST_BYTES = 2**16
"""Largest accepted picture file, in bytes; Omniglot's have a few hundred."""
_NAME = re.compile(r"images_(?:background|evaluation)/([^/]+)/(character\d+)/\d+_(\d\d)\.png")


class Omniglot(NamedTuple):
    """One split of Omniglot."""

    images: np.ndarray
    """uint8 (N, 28, 28, 1): ink is 255, paper 0."""
    labels: np.ndarray
    """int64 (N,), index of the alphabet."""
    class_names: tuple[str, ...]
    """names of the alphabets."""


def smaller(drawings: np.ndarray) -> np.ndarray:
    """Reduce drawings from 105 x 105 to 28 x 28: each pixel is the share of its area that is ink.

    A new pixel is 3.75 old pixels wide, or 15 quarters. Counted in quarters, all sums are whole
    numbers, so the result is byte-identical on every machine.

    Args:
        drawings: (N, 105, 105), True where there is ink.

    Returns:
        uint8 (N, 28, 28), 0 to 255.
    """
    quarters = np.arange(4 * WAS)
    weights = np.zeros((SIDE, WAS), np.float32)
    np.add.at(weights, (quarters // (4 * WAS // SIDE), quarters // 4), 1)
    ink = weights @ drawings.astype(np.float32) @ weights.T  # 0 to 225, exactly
    return ((ink.astype(np.int32) * 510 + 225) // 450).astype(np.uint8)


def make_omniglot(folder: Path) -> None:
    """Make `omniglot.npz` from Lake's two archives.

    Args:
        folder: holds the archives; the `.npz` is written there.

    Raises:
        ValueError: if an archive is damaged, or does not hold the expected drawings.
    """
    drawn: dict[tuple[str, str], dict[int, np.ndarray]] = {}
    for name in ARCHIVES:
        for alphabet, character, drawer, picture in _pictures(folder / name):
            drawn.setdefault((alphabet, character), {})[drawer] = picture
    whole = all(sorted(one) == list(range(1, DRAWERS + 1)) for one in drawn.values())
    if len(drawn) != CHARACTERS or not whole:
        raise ValueError(
            f"{' and '.join(ARCHIVES)} hold {len(drawn)} characters; expected {CHARACTERS} of "
            f"{DRAWERS} drawings each."
        )
    alphabets = sorted({alphabet for alphabet, _ in drawn})
    parts: dict[str, list] = {"x_train": [], "y_train": [], "x_test": [], "y_test": []}
    for place, key in enumerate(sorted(drawn)):
        images = smaller(np.stack([drawn[key][drawer] for drawer in range(1, DRAWERS + 1)]))
        labels = np.full(DRAWERS, alphabets.index(key[0]), np.uint8)
        for split, rows in (("train", slice(FOR_TRAINING)), ("test", slice(FOR_TRAINING, None))):
            if split == "train" or place < TESTED:
                parts[f"x_{split}"].append(images[rows])
                parts[f"y_{split}"].append(labels[rows])
    arrays = {name: np.concatenate(values) for name, values in parts.items()}
    with replacing(folder / FILE) as temporary:
        np.savez_compressed(temporary, class_names=np.array(alphabets), **arrays)  # type: ignore[arg-type]


def _pictures(path: Path):  # type: ignore[no-untyped-def]
    """Yield (alphabet, character, drawer, ink) for every drawing in an archive."""
    check_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if not (found := _NAME.fullmatch(member.filename)):
                    continue
                if member.file_size > MOST_BYTES:
                    raise ValueError(
                        f"{path.name}: {member.filename} is not a drawing of Omniglot: it is too "
                        "large."
                    )
                yield found[1], found[2], int(found[3]), _ink(archive.read(member))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ValueError(f"{path.name} is damaged ({error}).") from None


def _ink(content: bytes) -> np.ndarray:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(content), formats=("PNG",))
            if picture.size != (WAS, WAS):
                raise ValueError(f"its size is {picture.size}")
            return np.asarray(picture.convert("L")) < 128
    except Exception as error:  # Pillow raises many kinds of errors
        raise ValueError(f"A drawing in Omniglot's archive is damaged ({error}).") from None


def read_omniglot(folder: Path, split: str) -> Omniglot:
    """Read a split from the file that `make_omniglot` wrote.

    Args:
        folder: holds `omniglot.npz`.
        split: `train` or `test`.

    Raises:
        ValueError: if the file is damaged, or does not hold these arrays.
    """
    found = read_npz(folder / FILE, (f"x_{split}", f"y_{split}", "class_names"))
    images, labels, names = found[f"x_{split}"], found[f"y_{split}"], found["class_names"]
    if (
        images.dtype != np.uint8
        or labels.dtype != np.uint8
        or images.shape[1:] != (SIDE, SIDE)
        or labels.shape != images.shape[:1]
        or names.dtype.kind != "U"
        or names.ndim != 1
    ):
        raise ValueError(
            f"{FILE} does not hold the arrays that it was made with: delete it and fetch it again."
        )
    return Omniglot(images[..., None], labels.astype(np.int64), tuple(names.tolist()))
