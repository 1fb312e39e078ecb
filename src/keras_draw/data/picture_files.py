"""Read a picture file as uint8, upright and in a given size, or say why it cannot be read."""

import functools
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError, features

from keras_draw.data.scanning import not_a_file, shortened

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
"""Formats that are accepted, whatever the file's name, along with AVIF. Not all of Pillow's formats
are: one of the others starts a program."""
TARGA = (".tga", ".icb", ".vda", ".vst")
"""Endings of Targa files. The format has no signature, so it is recognised by the ending alone."""
MAX_PIXELS = 64_000_000
"""Larger pictures are skipped: such a size is more likely an attack than a photograph."""
MAX_FILE = 2**30
"""Largest file, in bytes; some decoders read all of it into memory."""
WHITE = 65_535
"""The largest 16-bit value."""
PHOTOMETRIC = 262
"""The TIFF tag that states whether 0 is black."""


class Unreadable(Exception):
    """A picture cannot be read; the message is the reason."""


class Picture(NamedTuple):
    """A decoded picture."""

    pixels: np.ndarray
    """uint8 (H, W, C)."""
    dim: bool
    """whether it has more than 8 bits per channel and no value reaches half of the range."""


def read_picture(path: Path, image_shape: tuple[int, int, int] | None) -> Picture:
    """Read one picture.

    Args:
        path: the file.
        image_shape: height, width, channels (1 or 3). The picture is cropped to the largest centred
            piece of this aspect ratio, and resized. None: the picture keeps its size.

    Raises:
        Unreadable: with the reason.
        MemoryError: if the picture needs more memory than there is.
    """
    try:
        status = path.stat()
        if reason := not_a_file(status):
            raise Unreadable(reason)
        if status.st_size == 0:
            raise Unreadable("empty file")
        if status.st_size > MAX_FILE:
            raise Unreadable(f"too large: {status.st_size:,} bytes")
        # Pass an open file: Pillow 13 memory-maps a TIFF given by name with its sides swapped.
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=_formats(path)) as image:
                _check(image)
                return _as_picture(image, image_shape)
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # Pillow's decoders fail in many ways
        if "out of memory" in str(error).lower():
            raise MemoryError(str(error)) from None
        raise Unreadable(_why(error, path)) from None


def _formats(path: Path) -> tuple[str, ...]:
    known = (*FORMATS, "AVIF") if _avif() else FORMATS
    return (*known, "TGA") if path.suffix.lower() in TARGA else known


@functools.cache
def _avif() -> bool:
    """Whether this Pillow reads AVIF; older versions, and some builds, do not."""
    return "avif" in features.modules and features.check_module("avif")


def _why(error: Exception, path: Path) -> str:
    if isinstance(error, UnidentifiedImageError):
        if path.suffix.lower() == ".avif" and not _avif():
            return "this installation of Pillow does not support AVIF"
        return "broken: its content is not a picture"
    if isinstance(error, Image.DecompressionBombError):
        return f"too large: more than {MAX_PIXELS:,} pixels"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be opened: {error.strerror}"
    words = str(error)
    if "truncated" in words.lower():
        return "broken: the file ends early"
    return f"broken: {shortened(words) or type(error).__name__}"


def _check(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise Unreadable(f"too large: {image.width} x {image.height} pixels")
    if image.format == "MPO":  # written by cameras: the first frame is the photograph
        return
    if getattr(image, "n_frames", 1) > 1:
        raise Unreadable("it holds several pictures: it is animated or has several pages")


def _as_picture(image: Image.Image, image_shape: tuple[int, int, int] | None) -> Picture:
    stored, inverted = _stored(image), getattr(image, "tag_v2", {}).get(PHOTOMETRIC) == 0
    image = ImageOps.exif_transpose(image)
    grey = image.mode in ("1", "L", "LA", "I", "F") or image.mode.startswith("I;")
    dim = False
    if image.mode.startswith("I"):
        image, dim = _eight_bits(image, stored, inverted=inverted)
    elif image.mode == "F":
        raise Unreadable("its pixels are floating-point numbers: save it with 8 bits")
    elif ";16" in stored and image.mode in ("RGB", "RGBA"):  # Pillow kept only the upper 8 bits
        dim = max(high for _, high in image.getextrema()[:3]) < 128  # type: ignore[misc]
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        page = Image.new("RGBA", image.size, "white")  # transparent pixels become white
        image = Image.alpha_composite(page, image.convert("RGBA"))
    channels = image_shape[2] if image_shape else (1 if grey else 3)
    image = image.convert("L" if channels == 1 else "RGB")
    if image_shape:
        size = (image_shape[1], image_shape[0])
        image = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    pixels = np.asarray(image, np.uint8).reshape(image.height, image.width, channels)
    return Picture(pixels, dim)


def _stored(image: Image.Image) -> str:
    """Pillow's name for how the file stores its pixels, such as `RGB;16B`."""
    tile = getattr(image, "tile", None)
    found = tile[0][3] if tile else ""
    mode, *rest = found if isinstance(found, tuple) and found else (found,)
    states_more = image.format == "PPM" and rest and rest[0] > 255  # a PPM states its maximum
    return f"{mode};16" if states_more else str(mode)


def _eight_bits(image: Image.Image, stored: str, *, inverted: bool) -> tuple[Image.Image, bool]:
    """Reduce a grey picture to 8 bits, and tell whether it is dim (see `Picture.dim`)."""
    deep = np.asarray(image)
    low, high = int(deep.min()), int(deep.max())
    white = 4095 if stored == "I;12" else WHITE
    if low < 0 or high > white:
        raise Unreadable(
            f"its values run from {low} to {high}, outside the 16-bit range: save it with 8 bits"
        )
    if inverted:  # 0 can mean white in a TIFF; Pillow handles this for 8 bits only
        deep, high = white - deep.astype(np.int32), white - low
    shallow = (deep.astype(np.uint32) * 255 + white // 2) // white
    return Image.fromarray(shallow.astype(np.uint8)), 0 < high <= white // 2
