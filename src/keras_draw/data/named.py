"""The named data sets: where each one is kept, how it is read, and what it must contain."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_draw.data.formats import read_idx, read_npz
from keras_draw.data.images import ImageData
from keras_draw.data.omniglot import FILE as OMNIGLOT
from keras_draw.data.omniglot import read_omniglot
from keras_draw.data.pickles import read_cifar_batch
from keras_draw.data.svhn import read_svhn
from keras_draw.files import expanded
from keras_draw.homes import cache_home, keras_home

DIGITS = tuple("0123456789")
CLOTHES = (
    "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot",
)  # fmt: skip
OBJECTS = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip


class Place(NamedTuple):
    """A folder that may hold a data set."""

    folder: Path
    words: str
    """a description to show; results never contain a path of this machine."""


class Arrays(NamedTuple):
    """What a reader returns."""

    images: np.ndarray
    """uint8 (N, H, W, C)."""
    labels: np.ndarray | None
    """int64 (N,)."""
    class_names: tuple[str, ...] = ()
    """empty unless the files contain them."""


@dataclass(frozen=True)
class NamedSet:
    """A data set that the package knows by name."""

    name: str
    summary: str
    image_shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    splits: dict[str, int]
    """split -> number of images."""
    reader: Callable[[Path, str], Arrays]
    """(folder, split) -> arrays."""
    files: tuple[str, ...]
    """a folder holds the set if it contains any of these; () for a set without files."""
    cache: tuple[str, ...] = ()
    """folders of Keras's download cache that may hold the set."""
    digests: dict[str, str] = field(default_factory=dict)
    """split -> first digits of the SHA-256 of its pixels and labels (see `digest`)."""
    optional: tuple[str, ...] = ()
    """splits that a complete set may lack."""
    reader_verifies: bool = False
    """whether the reader compares the files with published digests."""

    @property
    def files_wanted(self) -> str:
        """The names in `files`, joined for a message."""
        return " or ".join(self.files)

    def is_in(self, folder: Path) -> bool:
        """Whether this folder holds the set, or part of it."""
        return not self.files or any((folder / name).exists() for name in self.files)

    def read(self, split: str, place: Place) -> ImageData:
        """Read a split and check its shape, its size and, if one is recorded, its digest.

        Raises:
            ValueError: if a file is damaged or belongs to a different data set.
            FileNotFoundError: if a file is missing.
        """
        images, labels, found = self.reader(place.folder, split)
        if images.shape[1:] != self.image_shape:
            raise ValueError(
                f"{self.name}:{split} holds images of shape {images.shape[1:]}, not "
                f"{self.image_shape}: this is a different data set."
            )
        if len(images) != self.splits[split]:
            raise ValueError(
                f"{self.name}:{split} holds {len(images)} images, not {self.splits[split]}: it is "
                "incomplete or a different data set."
            )
        if split in self.digests and digest(images, labels) != self.digests[split]:
            raise ValueError(
                f"{self.name}:{split} has the right size, but its content is not the published "
                "one: it is damaged or a different data set (npz:PATH and folder:PATH accept any "
                "images)."
            )
        names = found or self.class_names
        return ImageData(images, labels, names, f"{self.name}:{split}", place.words)


def digest(images: np.ndarray, labels: np.ndarray | None) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of pixels and labels, as bytes."""
    found = hashlib.sha256(np.ascontiguousarray(images).data)
    if labels is not None:
        found.update(labels.astype(np.uint8).tobytes())
    return found.hexdigest()[:16]


def places(known: NamedSet, data_dir: str | Path | None) -> list[Place]:
    """Return the folders in which a set is looked for, in order."""
    if not known.files:
        return [Place(Path(), "embedded in scikit-learn")]
    found = []
    if data_dir is not None:
        found.append(Place(expanded(data_dir) / known.name, "the data folder"))
    if os.environ.get("KERAS_DRAW_DATA"):
        folder = expanded(os.environ["KERAS_DRAW_DATA"])
        found.append(Place(folder / known.name, "KERAS_DRAW_DATA"))
    if ours := cache_home():
        found.append(Place(ours / "data" / known.name, "keras-draw's cache"))
    cache = keras_home() / "datasets"
    found += [Place(cache / part, "Keras's download cache") for part in known.cache]
    return found


def _digits(_: Path, split: str) -> Arrays:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    held_out = np.arange(len(bunch.images)) % 5 == 4
    rows = held_out if split == "test" else ~held_out
    images = np.round(bunch.images[rows] * (255 / 16)).astype(np.uint8)
    return Arrays(images[..., None], bunch.target[rows].astype(np.int64))


def _mnist(folder: Path, split: str) -> Arrays:
    if (folder / "mnist.npz").exists():
        found = read_npz(folder / "mnist.npz", tuple(f"{a}_{split}" for a in "xy"))
        images, labels = found[f"x_{split}"], found[f"y_{split}"]
        if images.dtype != np.uint8 or images.ndim != 3 or labels.ndim != 1:
            raise ValueError(
                "mnist.npz does not hold the arrays of Keras's file: delete it and fetch it again."
            )
    else:
        prefix = "train" if split == "train" else "t10k"
        images = read_idx(_either(folder, f"{prefix}-images-idx3-ubyte"))
        labels = read_idx(_either(folder, f"{prefix}-labels-idx1-ubyte"))
    if images.ndim != 3 or labels.shape != images.shape[:1] or len(labels) == 0:
        raise ValueError(
            f"The images have shape {images.shape} and the labels {labels.shape}; expected "
            "(N, 28, 28) and (N,)."
        )
    return Arrays(images[..., None], labels.astype(np.int64))


def _either(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return path
    raise FileNotFoundError(
        f"{name} (or {name}.gz) is missing: put it next to the other files of the set."
    )


def _binarized_mnist(folder: Path, split: str) -> Arrays:
    rows = read_npz(folder / "binarized_mnist.npz", (split,))[split]
    if rows.ndim != 2 or rows.shape[1] != 784 or rows.dtype != np.uint8 or rows.max(initial=0) > 1:
        raise ValueError(
            f"binarized_mnist.npz: {split} has shape {rows.shape} and type {rows.dtype}; expected "
            "uint8 (N, 784) in {0, 1}."
        )
    return Arrays(rows.reshape(-1, 28, 28, 1) * np.uint8(255), None)


def _cifar10(folder: Path, split: str) -> Arrays:
    inside = folder / "cifar-10-batches-py"
    folder = inside if inside.is_dir() else folder
    files = [f"data_batch_{i}" for i in range(1, 6)] if split == "train" else ["test_batch"]
    for name in files:
        if not (folder / name).exists():
            raise FileNotFoundError(
                f"{name} of CIFAR-10 is missing: put it next to the other files of the set."
            )
    batches = [read_cifar_batch(folder / name) for name in files]
    images = np.concatenate([batch.images for batch in batches])
    labels = np.concatenate([batch.labels for batch in batches])
    return Arrays(images, labels)


def _svhn(folder: Path, split: str) -> Arrays:
    path = folder / f"{split}_32x32.mat"
    if not path.exists():
        raise FileNotFoundError(
            f"{path.name} is missing; svhn:{split} needs it next to the other files of SVHN."
        )
    return Arrays(*read_svhn(path))


_IDX = tuple(f"{part}-images-idx3-ubyte{end}" for part in ("train", "t10k") for end in ("", ".gz"))

SETS = {
    known.name: known
    for known in (
        NamedSet(
            "digits",
            "scikit-learn's handwritten digits, built in; every fifth image is in the test split",
            (8, 8, 1),
            DIGITS,
            {"train": 1438, "test": 359},
            _digits,
            files=(),
        ),
        NamedSet(
            "mnist",
            "handwritten digits (LeCun, Cortes, Burges)",
            (28, 28, 1),
            DIGITS,
            {"train": 60_000, "test": 10_000},
            _mnist,
            files=("mnist.npz", *_IDX),
            cache=(".",),
            digests={"train": "edc0d1098aa497be", "test": "c3f9adf9c66efb57"},
        ),
        NamedSet(
            "fashion_mnist",
            "pictures of clothes (Zalando Research)",
            (28, 28, 1),
            CLOTHES,
            {"train": 60_000, "test": 10_000},
            _mnist,
            files=_IDX,
            cache=("fashion-mnist",),
        ),
        NamedSet(
            "binarized_mnist",
            "MNIST, binarized once and for all (Larochelle and Murray): for likelihoods",
            (28, 28, 1),
            (),
            {"train": 50_000, "valid": 10_000, "test": 10_000},
            _binarized_mnist,
            files=("binarized_mnist.npz",),
            cache=("binarized_mnist",),
            digests={
                "train": "ea273910483323d4",
                "valid": "a5d1888f93755b50",
                "test": "a5856e8b2c3c02ae",
            },
        ),
        NamedSet(
            "cifar10",
            "small colour photographs of ten kinds (Krizhevsky)",
            (32, 32, 3),
            OBJECTS,
            {"train": 50_000, "test": 10_000},
            _cifar10,
            files=("cifar-10-batches-py", "data_batch_1"),
            cache=(".", "cifar-10-batches-py-target"),
            digests={"train": "f912919bdea37113"},
        ),
        NamedSet(
            "svhn",
            "house numbers in photographs, cropped to one digit (Netzer et al.)",
            (32, 32, 3),
            DIGITS,
            {"train": 73_257, "test": 26_032, "extra": 531_131},
            _svhn,
            files=("train_32x32.mat", "test_32x32.mat", "extra_32x32.mat"),
            optional=("extra",),
            reader_verifies=True,
        ),
        NamedSet(
            "omniglot",
            "characters of fifty alphabets, at 28 x 28 (Lake et al.): for likelihoods",
            (28, 28, 1),
            (),
            {"train": 24_345, "test": 8_070},
            lambda folder, split: Arrays(*read_omniglot(folder, split)),
            files=(OMNIGLOT,),
        ),
    )
}
