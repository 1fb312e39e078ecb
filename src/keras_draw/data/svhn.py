"""SVHN's cropped digits: the published MAT-files, and no others.

One wrong byte can crash SciPy's reader. Therefore a file's SHA-256 is compared with the published
one first; only the known, harmless files are parsed.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_draw.data.formats import check_file

PUBLISHED = {
    "train_32x32.mat": "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
    "test_32x32.mat": "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
    "extra_32x32.mat": "a133a4beb38a00fcdda90c9489e0c04f900b660ce8a316a5e854838379a71eb3",
}
"""SHA-256 of each file, as TensorFlow Datasets records it (datasets/svhn_cropped/checksums.tsv)."""


class SVHNSplit(NamedTuple):
    """One file of SVHN's cropped digits."""

    images: np.ndarray
    """uint8 (N, 32, 32, 3)."""
    labels: np.ndarray
    """int64 (N,), the digits 0 to 9."""


def read_svhn(path: Path) -> SVHNSplit:
    """Read one file of SVHN's cropped digits.

    Args:
        path: `train_32x32.mat`, `test_32x32.mat` or `extra_32x32.mat`.

    Returns:
        Images (N, 32, 32, 3) and labels (N,). The file's label 10 becomes the digit 0.

    Raises:
        ValueError: if the file is not the published one; it is not parsed then.

    Source: Netzer et al. 2011, "Reading digits in natural images with unsupervised feature
    learning", Format 2.
    """
    check_file(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != PUBLISHED[path.name]:
        raise ValueError(
            f"{path.name} is not the file that SVHN's authors publish (its SHA-256 begins with "
            f"{digest[:16]}, theirs with {PUBLISHED[path.name][:16]}): fetch it again. For your "
            "own images use npz:PATH or folder:PATH."
        )
    import scipy.io  # takes a third of a second, and no other data set needs it

    found = scipy.io.loadmat(path, variable_names=("X", "y"))
    images = np.ascontiguousarray(found["X"].transpose(3, 0, 1, 2))
    return SVHNSplit(images, found["y"][:, 0].astype(np.int64) % 10)
