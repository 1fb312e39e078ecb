"""Read images and labels from a user's `.npz` file."""

from pathlib import Path

import numpy as np

from keras_draw.data.formats import read_npz
from keras_draw.data.images import ImageData
from keras_draw.data.scanning import printable
from keras_draw.pixels import check_pixels

PICTURE = (1, 3)
"""Channels of a grey picture and of a colour picture."""
MOST_CHANNELS = 4
"""A larger last axis cannot be channels."""
MOST_CLASSES = 1000
"""Labels must be below this, or below the number of images if there are more."""


def read_arrays(path: Path) -> ImageData:
    """Read the array `x` (images), and `y` (labels) and `class_names` if present, from an `.npz`.

    Args:
        path: the file.

    Returns:
        The images. Booleans become 0 and 255, floats become float32.

    Raises:
        ValueError: if an array is missing, has the wrong shape or type, or is ambiguous.
    """
    found, file = read_npz(path, required=("x",)), printable(path.name)
    try:
        x = _images(found["x"])
    except ValueError as error:
        raise ValueError(f"x in {file}: {error}") from None
    name, source = f"npz:{file}", "an .npz file"
    if "y" not in found:
        return ImageData(x, name=name, source=source)
    labels = _labels(found["y"], len(x), file)
    class_names = _class_names(labels, found.get("class_names"), file)
    note = f"every image has class {labels[0]}" if np.all(labels == labels[0]) else ""
    return ImageData(x, labels.astype(np.int64), class_names, name, source, note)


def _images(x: np.ndarray) -> np.ndarray:
    if x.ndim not in (3, 4) or 0 in x.shape:
        raise ValueError(
            f"Images have shape {x.shape}; expected (N, H, W, C), or (N, H, W) for one channel, "
            "all above 0."
        )
    if x.ndim == 3 and x.shape[-1] in PICTURE:
        raise ValueError(
            f"Images have shape {x.shape}, which could be one image with {x.shape[-1]} channels or "
            f"{x.shape[0]} grey images: save x[None] for one image, x[..., None] for several."
        )
    x = x[..., None] if x.ndim == 3 else x
    c = x.shape[3]
    if c > MOST_CHANNELS or (c not in PICTURE and x.shape[1] in PICTURE):
        raise ValueError(
            f"Images have shape {x.shape}, {x.shape[1]} pixels high with {c} channels; expected "
            "(N, H, W, C) with 1 channel or 3: if the channels come first here, save "
            "np.transpose(x, (0, 2, 3, 1))."
        )
    x = check_pixels(x) if x.dtype != bool else x.astype(np.uint8) * np.uint8(255)
    return x if x.dtype == np.uint8 else x.astype(np.float32)


def _labels(y: np.ndarray, count: int, file: str) -> np.ndarray:
    if y.ndim == 2 and y.shape[1] == 1:  # as in keras.datasets.cifar10
        y = y[:, 0]
    if y.ndim != 1 or y.dtype.kind not in "iu":
        one_hot = " (for one-hot rows save np.argmax(y, axis=1))" if y.ndim == 2 else ""
        raise ValueError(
            f"Labels: y in {file} has shape {y.shape} and type {y.dtype}; expected whole numbers "
            f"(N,){one_hot}."
        )
    if len(y) != count:
        raise ValueError(
            f"y in {file} has {len(y)} labels for {count} images; expected one label per image."
        )
    if y.min() < 0 or y.max() >= max(count, MOST_CLASSES):
        raise ValueError(
            f"Labels: y in {file} ranges from {y.min()} to {y.max()}; expected 0 to K-1."
        )
    return y


def _class_names(y: np.ndarray, names: np.ndarray | None, file: str) -> tuple[str, ...]:
    """The file's class names; without them the numbers, if every class, or only one, has images."""
    if names is not None:
        if names.ndim != 1 or names.dtype.kind != "U" or len(names) <= y.max():
            raise ValueError(
                f"class_names in {file} has shape {names.shape} and type {names.dtype}; expected "
                f"K texts, with K above {y.max()}, the largest label in y."
            )
        return tuple(str(name) for name in names)
    used = np.unique(y)
    if 1 < len(used) <= used[-1]:
        missing = min(set(range(len(used) + 1)) - set(used.tolist()))
        raise ValueError(
            f"Labels: y in {file} ranges from {used[0]} to {used[-1]}, but no image has class "
            f"{missing}; expected 0 to K-1. Renumber the classes with np.unique(y, "
            "return_inverse=True)[1], or name all K in an array class_names."
        )
    return tuple(str(k) for k in range(int(used[-1]) + 1))
