"""`ImageData`: images with their labels and where they came from."""

import dataclasses
import hashlib
from dataclasses import dataclass
from html import escape

import numpy as np

from keras_draw.pixels import as_uint8
from keras_draw.printed import counted

__all__ = ["ImageData", "as_uint8", "spread_out"]


SHOWN = 100
"""Images that a notebook shows at most."""
MOST_ROWS = 12
"""With at most this many classes, a notebook shows one row per class."""


@dataclass(frozen=True, repr=False)
class ImageData:
    """Images of one shape, with or without labels.

    Args:
        images: (N, H, W, C), uint8 in 0..255, or float32 in [0, 1] if the source was float. Binary
            sets hold 0 and 255.
        labels: (N,) int64 in 0..K-1, or None.
        class_names: K names, or () without labels.
        name: the specification that loads the same images again, such as `mnist:train[:1000]`.
        source: a description of where they were found.
        note: a caveat for readers of results, such as an incomplete split.
        why_unlabelled: why there are no labels, if the user may have expected some.

    Raises:
        ValueError: if shapes, types, values or labels are invalid or inconsistent.
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    name: str = "images"
    source: str = "given as arrays"
    note: str = ""
    why_unlabelled: str = ""

    def __post_init__(self) -> None:
        x = self.images
        if x.ndim != 4 or 0 in x.shape:
            raise ValueError(
                f"{self.name}: images have shape {x.shape}; expected (N, H, W, C), all above 0."
            )
        if x.dtype not in (np.uint8, np.float32):
            raise ValueError(
                f"{self.name}: images have type {x.dtype}; expected uint8 in 0..255 or float32 in "
                "[0, 1]."
            )
        if x.dtype == np.float32 and not (x.min() >= 0 and x.max() <= 1):
            raise ValueError(
                f"{self.name}: float32 images must be in [0, 1] and contain no NaN; found "
                f"{x.min():g} to {x.max():g}."
            )
        if self.labels is None:
            return
        if self.labels.shape != (len(x),):
            raise ValueError(
                f"{self.name}: labels have shape {self.labels.shape} for {len(x)} images; expected "
                "one label per image."
            )
        k = len(self.class_names)
        if self.labels.min() < 0 or self.labels.max() >= k:
            raise ValueError(
                f"{self.name}: labels range from {self.labels.min()} to {self.labels.max()}; with "
                f"{k} classes they must be 0 to {k - 1}."
            )

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.image_shape))
        classes = f", {counted(self.num_classes, 'class', 'es')}" if self.num_classes else ""
        return f"ImageData({self.name}: {counted(len(self), 'image')} of {shape}{classes})"

    def _repr_html_(self) -> str:
        """HTML of some of the images, for a notebook: one row per class if there are few."""
        from keras_draw.figures.inline import grid
        from keras_draw.figures.layout import by_class, rectangle

        some = self.some(SHOWN)
        layout = rectangle(len(some))
        if some.labels is not None and self.num_classes <= MOST_ROWS:
            layout = by_class(some.labels, self.class_names)
        said = f"{escape(repr(self))}<br>{escape(self.source)}"
        return f"<div>{said}</div>{grid(some.images, layout, some.name).html}"

    def __len__(self) -> int:
        return len(self.images)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        h, w, c = self.images.shape[1:]
        return h, w, c

    def check_shape(self, image_shape: tuple[int, ...]) -> None:
        """Check that the images have the shape that a network takes.

        Args:
            image_shape: height, width and channels of the network's images.

        Raises:
            ValueError: if they have another shape.
        """
        if self.image_shape != tuple(image_shape):
            here, there = (" x ".join(map(str, s)) for s in (self.image_shape, image_shape))
            raise ValueError(
                f"Images of {self.name} are {here}, and this network takes {there}: choose images "
                "of that shape, or another network."
            )

    @property
    def num_classes(self) -> int:
        """Number of classes K, or 0 without labels."""
        return len(self.class_names)

    @property
    def no_labels(self) -> str:
        """The beginning of an error message for functions that need labels."""
        why = f" ({self.why_unlabelled})" if self.why_unlabelled else ""
        return f"{self.name} has no labels{why}"

    @property
    def checksum(self) -> str:
        """Hexadecimal SHA-256 of images and labels, with their shapes and types."""
        digest = hashlib.sha256()
        for array in (self.images, self.labels):
            if array is not None:
                digest.update(f"{array.shape}{array.dtype}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def take(self, rows: slice | np.ndarray, name: str) -> "ImageData":
        """Return a selection of the images, with their labels.

        Args:
            rows: a slice, or indices (M,).
            name: the name of the selection.
        """
        labels = None if self.labels is None else self.labels[rows]
        return dataclasses.replace(self, images=self.images[rows], labels=labels, name=name)

    def some(self, count: int) -> "ImageData":
        """Return a few images that are representative even if the set is sorted.

        Args:
            count: how many; all if there are fewer.

        Returns:
            With labels: the first image of each class, then the second of each, and so on. Without:
            evenly spaced images.
        """
        if self.labels is None:
            rows = spread_out(len(self), count)
        else:
            by_class = np.argsort(self.labels, kind="stable")
            start = np.searchsorted(self.labels[by_class], self.labels[by_class])
            turn = np.empty(len(self), int)
            turn[by_class] = np.arange(len(self)) - start  # earlier images of the same class
            rows = np.lexsort((self.labels, turn))[:count]
        return self.take(rows, f"{len(rows)} of {self.name}")


def spread_out(length: int, count: int) -> np.ndarray:
    """Return the indices of at most `count` evenly spaced images: a set may be sorted.

    Example:
        >>> spread_out(100, 3).tolist()
        [0, 49, 99]
    """
    return np.unique(np.linspace(0, length - 1, min(length, count)).astype(int))
