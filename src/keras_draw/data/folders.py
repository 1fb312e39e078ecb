"""A folder of pictures as a data set: cropped, resized, labelled by sub-folder."""

import os
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
"""What a file may hold, whatever its name says: another of Pillow's formats starts a program."""
MAX_PIXELS = 64_000_000
"""Larger pictures are skipped: such a claim is more likely an attack than a photograph."""


class FolderImages(NamedTuple):
    """What a folder held."""

    images: np.ndarray
    """uint8 (N, H, W, C)."""
    labels: np.ndarray | None
    """index of the sub-folder (N,), or None if the pictures lie in the folder itself."""
    class_names: tuple[str, ...]
    """names of the sub-folders, sorted."""
    skipped: tuple[str, ...]
    """what could not be read, each with its reason."""


def read_folder(
    path: Path, image_shape: tuple[int, int, int] | None, *, strict: bool = False
) -> FolderImages:
    """Every picture below a folder.

    Args:
        path: the folder. Links to folders are not followed.
        image_shape: height, width, channels (1 or 3): pictures are cropped to the largest piece of
            this aspect around their centre, and resized. Without it all must have one size.
        strict: refuse the folder if a picture cannot be read, instead of skipping it.

    Returns:
        Images, labels from sub-folders (where every picture lies in one), names, what was skipped.

    Raises:
        ValueError: if there is no picture, sizes differ without `image_shape`, or `strict` meets a
            picture that cannot be read.
    """
    files = _pictures(path)
    read: list[tuple[Path, np.ndarray]] = []
    skipped: list[str] = []
    for file in files:
        try:
            read.append((file, _picture(file, image_shape)))
        except _Unreadable as reason:
            skipped.append(f"{_printable(file.relative_to(path))} ({reason})")
    if skipped and strict:
        raise ValueError(
            f"{len(skipped)} of {len(files)} pictures cannot be used, and strict is on: "
            f"{_some(skipped)}."
        )
    if not read:
        raise ValueError(
            f"The folder {_printable(path)} holds no picture that can be read"
            + (f": {_some(skipped)}." if skipped else f" ({', '.join(sorted(SUFFIXES))}).")
        )
    shapes = sorted({image.shape for _, image in read})
    if len(shapes) > 1:
        raise ValueError(
            f"The pictures have {len(shapes)} different shapes, such as {shapes[0]} and "
            f"{shapes[-1]}: say which image shape to bring them to (--image-shape 64 64 3)."
        )
    if skipped:
        warnings.warn(
            f"{len(skipped)} of {len(files)} pictures were skipped: {_some(skipped)}.", stacklevel=2
        )
    folders = [file.relative_to(path).parts[:-1] for file, _ in read]
    images = np.stack([image for _, image in read])
    if not all(folders):
        return FolderImages(images, None, (), tuple(skipped))
    class_names = sorted({parts[0] for parts in folders})
    labels = np.array([class_names.index(parts[0]) for parts in folders], np.int64)
    names = tuple(_printable(Path(name)) for name in class_names)
    return FolderImages(images, labels, names, tuple(skipped))


class _Unreadable(Exception):
    pass


def _pictures(path: Path) -> list[Path]:
    found = []
    for parent, folders, files in os.walk(path, followlinks=False):
        folders.sort()
        inside = Path(parent)
        found += [inside / f for f in sorted(files) if Path(f).suffix.lower() in SUFFIXES]
    return [file for file in found if file.is_file() or file.is_symlink()]


def _picture(file: Path, image_shape: tuple[int, int, int] | None) -> np.ndarray:
    """One picture as uint8 (H, W, C); `_Unreadable` with a reason if that cannot be had."""
    try:
        if file.stat().st_size == 0:
            raise _Unreadable("empty file")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=FORMATS) as image:
                if getattr(image, "n_frames", 1) > 1:
                    raise _Unreadable("animated: it holds several pictures")
                if image.width * image.height > MAX_PIXELS:
                    raise _Unreadable(f"{image.width} x {image.height} pixels are too many")
                return _as_array(ImageOps.exif_transpose(image), image_shape)
    except _Unreadable:
        raise
    except Exception as error:  # Pillow's decoders fail in many ways
        raise _Unreadable(f"broken: {type(error).__name__}") from None


def _as_array(image: Image.Image, image_shape: tuple[int, int, int] | None) -> np.ndarray:
    grey = image.mode in ("1", "L", "LA") or image.mode.startswith("I") or image.mode == "F"
    if image.mode.startswith("I"):  # 16 bits a pixel: keep the upper 8
        deep = np.asarray(image, dtype=np.float64)
        image = Image.fromarray(np.clip(deep / 257, 0, 255).round().astype(np.uint8))
    elif image.mode == "F":
        raise _Unreadable("pixels are floating-point numbers")
    elif image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        page = Image.new("RGBA", image.size, "white")  # transparent means: on white paper
        image = Image.alpha_composite(page, image.convert("RGBA"))
    channels = image_shape[2] if image_shape else (1 if grey else 3)
    image = image.convert("L" if channels == 1 else "RGB")
    if image_shape:
        size = (image_shape[1], image_shape[0])
        image = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    return np.asarray(image, np.uint8).reshape(image.height, image.width, channels)


def _printable(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "replace")


def _some(reasons: list[str], most: int = 5) -> str:
    more = f", and {len(reasons) - most} more" if len(reasons) > most else ""
    return ", ".join(reasons[:most]) + more
