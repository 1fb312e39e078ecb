"""A folder of pictures as a data set: cropped, resized, labelled by sub-folder."""

import math
import warnings
from collections import Counter
from collections.abc import Iterator
from numbers import Integral
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_draw.data.parts import HELD_OUT, SEED, is_held_out, parted
from keras_draw.data.picture_files import MAX_PIXELS, Unreadable, read_picture
from keras_draw.data.scanning import ENDINGS, Found, escaped, shortened, some
from keras_draw.data.specs import has_parts_of_its_own
from keras_draw.memory import GIB, check_fits
from keras_draw.printed import counted

Shape = tuple[int, int, int]


class FolderImages(NamedTuple):
    """The pictures of a folder."""

    images: np.ndarray
    """uint8 (N, H, W, C)."""
    labels: np.ndarray | None
    """index of the sub-folder (N,), or None if any picture lies in the folder itself."""
    class_names: tuple[str, ...]
    """names of the sub-folders, sorted."""
    note: str
    """a caveat for readers of results; contains no file names."""
    why_unlabelled: str
    """which pictures lie next to the class folders; empty if none do."""


class _Read:
    """Reads the pictures of a folder, and keeps track of what to report about them."""

    def __init__(self, path: Path, part: str) -> None:
        self.scan, self._classes, self._beside = parted(path, part)
        self._is_trained_on = part != "test" and has_parts_of_its_own(path)
        self.skipped = list(self.scan.left_out)
        self.total = len(self.scan.pictures) + len(self.skipped)
        self.taken: list[Found] = []
        self.dim: list[str] = []
        self.brightest = 0
        """largest value seen so far; not updated once it exceeds 1"""

    def pictures(self, image_shape: Shape | None) -> Iterator[tuple[Found, np.ndarray]]:
        """Yield each picture and its pixels once, skipping pictures that cannot be read.

        Raises:
            MemoryError: if a picture needs more memory than there is.
        """
        for one in self.scan.pictures:
            try:
                pixels, dim = read_picture(one.path, image_shape)
            except Unreadable as reason:
                self.skipped.append(f"{one.name} ({reason})")
                continue
            except MemoryError:
                raise MemoryError(
                    f"Memory is full at picture {len(self.taken) + 1} of {self.total}, {one.name}; "
                    "choose a smaller image shape, or use fewer pictures."
                ) from None
            self.taken.append(one)
            self.dim += [one.name] if dim else []
            if self.brightest < 2:
                self.brightest = max(self.brightest, int(pixels.max()))
            yield one, pixels

    @property
    def class_names(self) -> list[str]:
        """First-level folders that hold a picture, sorted; none if there are stray pictures."""
        if self._classes is not None:
            return self._classes
        if self.strays:
            return []
        return sorted({one.parts[0] for one in self.taken})

    @property
    def strays(self) -> list[str]:
        """Pictures that lie in the folder itself."""
        return [one.name for one in self.taken if len(one.parts) == 1]

    @property
    def why_unlabelled(self) -> str:
        """Which stray pictures prevent labels; "" if there are none, or no class folders."""
        strays = self.strays
        if not 0 < len(strays) < len(self.taken):
            return ""
        return (
            f"{counted(len(strays), 'picture')} next to the class folders: {some(strays)}; move "
            "them into folders, or elsewhere"
        )

    def _absent(self) -> list[str]:
        """Classes that only the part `test` has pictures of."""
        there = {one.parts[0] for one in self.taken}
        return [shortened(name) for name in self.class_names if name not in there]

    def losses(self) -> list[str]:
        """Sentences about what was left out."""
        said = []
        if self.skipped:
            said.append(
                f"{len(self.skipped)} of {self.total} pictures were skipped: {some(self.skipped)}."
            )
        if links := self.scan.not_followed:
            said.append(f"{counted(len(links), 'folder')} not followed: {some(links)}.")
        return said

    def doubts(self) -> list[str]:
        """Sentences about what may not be intended."""
        said = []
        if self._beside:
            said.append(
                f"Only the folders train and test are used; next to them: {some(self._beside)}."
            )
        if self._is_trained_on and (absent := self._absent()):
            said.append(
                f"{counted(len(absent), 'class', 'es')} without a picture in train: {some(absent)}."
            )
        if self.why_unlabelled:
            said.append(f"No picture gets a label, because of {self.why_unlabelled}.")
        elif names := self.class_names:
            empty = [shortened(name) for name in sorted(set(self.scan.folders) - set(names))]
            if empty:
                said.append(f"{counted(len(empty), 'folder')} without a picture: {some(empty)}.")
            if all(len(one.parts) > 2 for one in self.taken):
                shown = some([shortened(name) for name in names])
                said.append(
                    f"The classes are the first-level folders ({shown}), although every picture "
                    "lies in a deeper one."
                )
        if self.dim:
            said.append(
                f"{counted(len(self.dim), 'picture')} with more than 8 bits will be dark, because "
                f"every value is below half of the range: {some(self.dim)}. If white is a smaller "
                "value, save them with 8 bits first, or as npz:PATH with x = values / white."
            )
        if self.brightest == 1 and not self.dim:
            said.append(
                "No value in any picture is above 1 of 255, so all of them are black: if 1 means "
                "white, save them with 255 instead."
            )
        return said

    def note(self) -> str:
        """A caveat for readers of results; contains no file names."""
        said = [f"{counted(len(self.skipped), 'picture')} skipped"] if self.skipped else []
        if len(self.dim) == 1:
            said.append("1 deep picture stays below half of its range")
        elif self.dim:
            said.append(f"{len(self.dim)} deep pictures stay below half of their range")
        elif self.brightest == 1:
            said.append("no value is above 1 of 255")
        return ", ".join(said)


def read_folder(
    path: Path, image_shape: Shape | None, *, strict: bool = False, part: str = ""
) -> FolderImages:
    """Read every picture below a folder.

    Names that begin with a dot, and files that operating systems create (`__MACOSX`, `Thumbs.db`),
    are ignored. Links to folders are followed, but each folder is read once. Pictures are rotated
    as their EXIF data state.

    Args:
        path: the folder.
        image_shape: height, width, channels (1 or 3). Each picture is cropped to the largest
            centred piece of this aspect ratio, and resized. None: all must have the same size.
        strict: refuse the folder if a picture cannot be read, instead of skipping the picture.
        part: `train` or `test`, see `parts.parted`; "" for the whole folder.

    Returns:
        The images; labels from the first-level folders, if every picture lies in one; and notes. A
        warning lists what was skipped and why.

    Raises:
        ValueError: if there are no pictures; if their sizes differ and `image_shape` is None; if
            `strict` is set and a picture cannot be read; or if the images would not fit into
            memory.
        MemoryError: if memory runs out anyway.
    """
    if image_shape:
        _check_shape(image_shape)
    found = _Read(path, part)
    images = _images(found, image_shape)
    if found.skipped and strict:
        raise ValueError(
            f"{len(found.skipped)} of {found.total} pictures cannot be used, and strict is on: "
            f"{some(found.skipped)}."
        )
    if images is None:
        raise ValueError(_nothing(path, found))
    if said := found.losses() + found.doubts():
        warnings.warn(" ".join(said), stacklevel=4)  # where `load_images` was called
    names = found.class_names
    index = {name: k for k, name in enumerate(names)}
    labels = np.array([index[one.parts[0]] for one in found.taken], np.int64) if names else None
    class_names = tuple(escaped(name) for name in names)
    return FolderImages(images, labels, class_names, found.note(), found.why_unlabelled)


def describe_folder(path: Path, part: str = "") -> tuple[dict[str, str], list[Shape]]:
    """Describe a folder of pictures. Every picture is read, but none is kept in memory.

    Args:
        path: the folder.
        part: as in `read_folder`.

    Returns:
        Heading -> text: which pictures are used, their classes, what is left out and why. Then the
        shapes of the pictures, the most frequent first.
    """
    found = _Read(path, part)
    shapes = Counter[Shape](pixels.shape for _, pixels in found.pictures(None))
    sizes = [f"{n:,} of {' x '.join(map(str, shape))}" for shape, n in shapes.most_common()]
    counts = Counter(one.parts[0] for one in found.taken if found.class_names)
    classes = [f"{shortened(name)} ({n:,})" for name, n in sorted(counts.items())]
    lists = {
        "sizes": sizes,
        "classes": classes,
        "skipped": found.skipped,
        "not followed": found.scan.not_followed,
        "hidden": found.scan.hidden,
        "other files": found.scan.others,
    }
    said = {"used": counted(len(found.taken), "picture"), "parts": _parts(path, part, found)}
    said |= {name: f"{len(of):,}: {some(of)}" for name, of in lists.items() if of}
    if doubts := found.doubts():
        said["warning"] = " ".join(doubts)
    return said, [shape for shape, _ in shapes.most_common()]


def _parts(path: Path, part: str, found: _Read) -> str:
    """How much of a folder is held out, and how those pictures were chosen."""
    if has_parts_of_its_own(path):
        return f"these pictures are in its folder {part or 'train'}; it has train and test"
    if part:
        return f"these are its part {part}; {HELD_OUT:.0%} are held out, by a hash of their names"
    held_out = sum(map(is_held_out, found.taken))
    return (
        f"folder:PATH:test holds out {held_out:,} of them, about {HELD_OUT:.0%}, by a hash of "
        f"their names with seed {SEED}; folder:PATH:train has the rest"
    )


def _check_shape(image_shape: Shape) -> None:
    if len(image_shape) != 3 or not all(isinstance(n, Integral) for n in image_shape):
        raise ValueError(
            f"The image shape is {image_shape}; expected height, width and channels, such as "
            "(64, 64, 3)."
        )
    h, w, channels = image_shape
    if channels not in (1, 3):
        raise ValueError(f"Pictures have 1 channel (grey) or 3 (colour), not {channels}.")
    if min(h, w) < 1 or h * w > MAX_PIXELS:
        raise ValueError(
            f"Pictures cannot be resized to {h} x {w} pixels: give a height and a width of 1 or "
            f"more, with {MAX_PIXELS:,} pixels at most."
        )


def _images(found: _Read, image_shape: Shape | None) -> np.ndarray | None:
    """Return all pictures in one array, allocated before they are decoded; None without any."""
    count, first = len(found.scan.pictures), ""
    images = _room(count, image_shape) if image_shape and count else None
    for one, pixels in found.pictures(image_shape):
        if images is None:
            images, first = _room(count, pixels.shape), one.name
        if pixels.shape != images.shape[1:]:
            raise ValueError(
                f"The pictures have different shapes, such as {images.shape[1:]} ({first}) and "
                f"{pixels.shape} ({one.name}): give an image shape to resize them to "
                "(--image-shape 64 64 3)."
            )
        images[len(found.taken) - 1] = pixels
    return None if images is None or not found.taken else images[: len(found.taken)]


def _room(count: int, shape: tuple[int, ...]) -> np.ndarray:
    needed = count * math.prod(shape)
    what = f"{counted(count, 'picture')} of shape {shape}"
    advice = "give a smaller image shape, or use fewer pictures"
    check_fits(needed, what, advice)
    try:
        return np.empty((count, *shape), np.uint8)
    except MemoryError:
        raise MemoryError(
            f"{what} need {needed / GIB:,.1f} GiB, more memory than is free; {advice}."
        ) from None


def _nothing(path: Path, found: _Read) -> str:
    """The error message for a folder without readable pictures."""
    reasons = found.skipped or [f"known extensions are {' '.join(sorted(ENDINGS))}"]
    if hidden := found.scan.hidden:
        reasons = [*reasons[:5], f"ignored as hidden: {some(hidden)}"]
    return (
        f"The folder {shortened(str(path))} contains no picture that can be read: {some(reasons)}."
    )
