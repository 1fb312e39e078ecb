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

Shape = tuple[int, int, int]


class FolderImages(NamedTuple):
    """What a folder held."""

    images: np.ndarray
    """uint8 (N, H, W, C)."""
    labels: np.ndarray | None
    """index of the sub-folder (N,), or None if a picture lies in the folder itself."""
    class_names: tuple[str, ...]
    """names of the sub-folders, sorted."""
    note: str
    """what a reader of results should know, without names of files."""
    why_unlabelled: str
    """which pictures lie beside the folders of classes, if any do."""


class _Read:
    """Which pictures have been read, and what is to be said of a folder."""

    def __init__(self, path: Path, part: str) -> None:
        self.scan, self._classes = parted(path, part)
        self.skipped = list(self.scan.left_out)
        self.total = len(self.scan.pictures) + len(self.skipped)
        self.taken: list[Found] = []
        self.dim: list[str] = []
        self.brightest = 0
        """of all values, as far as it takes to see one beyond 1"""

    def pictures(self, image_shape: Shape | None) -> Iterator[tuple[Found, np.ndarray]]:
        """One picture after the other, each once; what cannot be read is passed over.

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
                    "choose a smaller image shape, or take fewer pictures."
                ) from None
            self.taken.append(one)
            self.dim += [one.name] if dim else []
            if self.brightest < 2:
                self.brightest = max(self.brightest, int(pixels.max()))
            yield one, pixels

    @property
    def class_names(self) -> list[str]:
        """The folders of the first level that hold a picture, sorted; none beside stray ones."""
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
        """Which pictures keep the others from having labels; nothing if no folder has any."""
        strays = self.strays
        if not 0 < len(strays) < len(self.taken):
            return ""
        return (
            f"{_count(len(strays), 'picture')} beside the folders of classes: {some(strays)}; "
            "move them into folders, or away"
        )

    def losses(self) -> list[str]:
        """What was not taken, in sentences."""
        said = []
        if self.skipped:
            said.append(
                f"{len(self.skipped)} of {self.total} pictures were skipped: {some(self.skipped)}."
            )
        if links := self.scan.not_followed:
            said.append(f"{_count(len(links), 'folder')} not followed: {some(links)}.")
        return said

    def doubts(self) -> list[str]:
        """What may not be as it was meant, in sentences."""
        said = []
        if self.why_unlabelled:
            said.append(f"No picture gets a label, with {self.why_unlabelled}.")
        elif names := self.class_names:
            empty = [shortened(name) for name in sorted(set(self.scan.folders) - set(names))]
            if empty:
                said.append(f"{_count(len(empty), 'folder')} without a picture: {some(empty)}.")
            if all(len(one.parts) > 2 for one in self.taken):
                shown = some([shortened(name) for name in names])
                said.append(
                    f"The classes are the folders of the first level ({shown}), though every "
                    "picture lies deeper."
                )
        if self.dim:
            said.append(
                f"{_count(len(self.dim), 'picture')} of more than 8 bits, below half of their "
                f"range everywhere, come out dark: {some(self.dim)}. If another value is their "
                "white, save them with 8 bits first, or as npz:PATH with x = values / white."
            )
        if self.brightest == 1 and not self.dim:
            said.append(
                "No value in any picture is above 1 of 255, so that all of them are black: where 1 "
                "means white, save them with 255 in its place."
            )
        return said

    def note(self) -> str:
        """What a reader of results should know, without names of files."""
        said = [f"{_count(len(self.skipped), 'picture')} skipped"] if self.skipped else []
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
    """Every picture below a folder.

    What begins with a dot and what systems leave behind (`__MACOSX`, `Thumbs.db`) is passed over.
    Linked folders are followed, each folder once. Pictures are turned as their EXIF data say.

    Args:
        path: the folder.
        image_shape: height, width, channels (1 or 3): pictures are cropped to the largest piece of
            this aspect around their centre, and resized. Without it all must have one size.
        strict: refuse the folder if a picture cannot be read, instead of skipping it.
        part: `train` or `test`, see `parts.parted`; all of it if empty.

    Returns:
        Images; labels from the folders of the first level, where every picture lies in one; and
        what should be known of them. A warning names what was skipped and why.

    Raises:
        ValueError: if there is no picture, sizes differ without `image_shape`, `strict` meets a
            picture that cannot be read, or the images would not fit into memory.
        MemoryError: if memory is full all the same.
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
    """What a folder of pictures holds, for people. Every picture is read, none is kept.

    Args:
        path: the folder.
        part: as in `read_folder`.

    Returns:
        Under short headings: what is taken, which classes, what is not taken and why; and which
        shapes the pictures have, the most frequent first.
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
        "no pictures": found.scan.others,
    }
    said = {"taken": _count(len(found.taken), "picture"), "parts": _parts(path, part, found)}
    said |= {name: f"{len(of):,}: {some(of)}" for name, of in lists.items() if of}
    if doubts := found.doubts():
        said["mind"] = " ".join(doubts)
    return said, [shape for shape, _ in shapes.most_common()]


def _parts(path: Path, part: str, found: _Read) -> str:
    """How much of a folder is held out, and how it was chosen."""
    if has_parts_of_its_own(path):
        return f"these are those in its folder {part or 'train'}; it has train and test"
    if part:
        return f"these are its part {part}; {HELD_OUT:.0%} are held out, by a hash of their names"
    held_out = sum(map(is_held_out, found.taken))
    return (
        f"folder:PATH:test holds {held_out:,} of them out, about {HELD_OUT:.0%} by a hash of their "
        f"names with seed {SEED}; folder:PATH:train has the rest"
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
            f"Pictures cannot be brought to {h} x {w} pixels: give a height and a width of 1 or "
            f"more, with {MAX_PIXELS:,} pixels at most."
        )


def _images(found: _Read, image_shape: Shape | None) -> np.ndarray | None:
    """The pictures in one array, which is asked for before they are decoded."""
    count, first = len(found.scan.pictures), ""
    images = _room(count, image_shape) if image_shape and count else None
    for one, pixels in found.pictures(image_shape):
        if images is None:
            images, first = _room(count, pixels.shape), one.name
        if pixels.shape != images.shape[1:]:
            raise ValueError(
                f"The pictures have different shapes, such as {images.shape[1:]} ({first}) and "
                f"{pixels.shape} ({one.name}): say which image shape to bring them to "
                "(--image-shape 64 64 3)."
            )
        images[len(found.taken) - 1] = pixels
    return None if images is None or not found.taken else images[: len(found.taken)]


def _room(count: int, shape: tuple[int, ...]) -> np.ndarray:
    needed = count * math.prod(shape)
    what = f"{_count(count, 'picture')} of shape {shape}"
    advice = "give a smaller image shape, or fewer pictures"
    check_fits(needed, what, advice)
    try:
        return np.empty((count, *shape), np.uint8)
    except MemoryError:
        raise MemoryError(
            f"{what} take {needed / GIB:,.1f} GiB, more memory than is left; {advice}."
        ) from None


def _nothing(path: Path, found: _Read) -> str:
    """What is said of a folder without a picture."""
    reasons = found.skipped or [f"known endings: {' '.join(sorted(ENDINGS))}"]
    if hidden := found.scan.hidden:
        reasons = [*reasons[:5], f"passed over as hidden: {some(hidden)}"]
    return f"The folder {shortened(str(path))} holds no picture that can be read: {some(reasons)}."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
