"""Readers of file formats that return arrays, or raise a one-sentence error.

Before memory is allocated, each size that a file states is compared with what the file can hold.
"""

import gzip
import lzma
import math
import struct
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np

from keras_draw.data.scanning import CLUTTER, not_a_file
from keras_draw.memory import memory

MAX_BYTES = 4 * 2**30
"""Most bytes that are read from one file."""

IDX_UBYTE = 0x08
DEFLATE_RATIO = 1100
"""The largest possible compression ratio of deflate is about 1030 to 1."""
PLAIN = "biufcSU"
"""Kinds of dtypes that hold numbers or text."""


def check_file(path: Path) -> int:
    """Refuse anything but a regular file: reading a FIFO or a device may never end.

    Args:
        path: the file to be opened.

    Returns:
        Its size in bytes.

    Raises:
        ValueError: if it is not a regular file.
    """
    status = path.stat()
    if reason := not_a_file(status):
        raise ValueError(f"{path.name} is {reason}; it was not opened.")
    return status.st_size


def most_bytes(capacity: float) -> float:
    """How many bytes may be read from a file that can hold `capacity`; memory is a limit, too."""
    return min(capacity, MAX_BYTES, memory())


def read_idx(path: Path) -> np.ndarray:
    """Read an IDX file of unsigned bytes, plain or gzipped: MNIST's format.

    Args:
        path: the file; gzip is recognised by its first bytes.

    Returns:
        A uint8 array with the shape that the header states.

    Raises:
        ValueError: if the file is not IDX, is damaged, or its header contradicts its size.
    """
    size = check_file(path)
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        capacity = most_bytes(size * (DEFLATE_RATIO if zipped else 1))
        stream: BinaryIO = gzip.GzipFile(fileobj=raw) if zipped else raw  # type: ignore[assignment]
        try:
            return _idx(stream, path, capacity)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(
                f"{path.name} is damaged ({error}); delete it and fetch it again."
            ) from None


def _idx(stream: BinaryIO, path: Path, capacity: float) -> np.ndarray:
    header = stream.read(4)
    if len(header) < 4 or header[:2] != b"\0\0" or header[2] != IDX_UBYTE or not header[3]:
        raise ValueError(
            f"{path.name} is not an IDX file of unsigned bytes (its header is different)."
        )
    rank = header[3]
    sizes = stream.read(4 * rank)
    if len(sizes) < 4 * rank:
        raise ValueError(f"{path.name} ends within its header; fetch it again.")
    shape = struct.unpack(f">{rank}I", sizes)
    count = math.prod(shape)
    if count > capacity:
        raise ValueError(
            f"{path.name} states {count} values in its header, more than the file can hold; it is "
            "damaged."
        )
    body = stream.read(count + 1)
    if len(body) != count:
        found = "more" if len(body) > count else f"{len(body)}"
        raise ValueError(
            f"{path.name} states {count} values in its header but holds {found}; it is damaged or "
            "incomplete."
        )
    return np.frombuffer(body, np.uint8).reshape(shape)


def read_npz(path: Path, required: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Read the arrays of an `.npz` file. Nothing is unpickled.

    Args:
        path: the file.
        required: names of arrays that it must contain.

    Returns:
        Name -> array.

    Raises:
        ValueError: if the file is not an `.npz`, is damaged, contains Python objects, lacks an
            array, or claims to unpack to more than it can hold.
        MemoryError: if there is not enough memory.
    """
    capacity = most_bytes(check_file(path) * DEFLATE_RATIO)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if _is_array(member.filename)]
            declared = sum(member.file_size for member in members)
            if declared > capacity:
                raise ValueError(
                    f"{path.name} claims to unpack to {declared} bytes, more than the allowed "
                    f"{capacity:.0f}."
                )
            found = {
                member.filename.removesuffix(".npy"): _npy(archive, member, path.name)
                for member in members
            }
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path.name} is not an .npz file, or is damaged ({error}).") from None
    except MemoryError:
        raise MemoryError(f"Reading {path.name} needs more memory than is free.") from None
    except _DAMAGED as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        words = str(error) or type(error).__name__
        raise ValueError(f"{path.name} is damaged ({words}).") from None
    for name in required:
        if name not in found:
            raise ValueError(
                f"{path.name} has no array {name!r}; it holds {', '.join(sorted(found)) or 'none'}."
            )
    return found


_DAMAGED = (
    EOFError, OSError, OverflowError, RuntimeError, SyntaxError, UnicodeDecodeError, lzma.LZMAError,
    struct.error, zlib.error,
)  # fmt: skip
"""Exceptions that `zipfile` and its decompressors raise for a damaged member."""


def _is_array(name: str) -> bool:
    """Whether a member is an array; `__MACOSX/._x.npy`, which macOS adds, is not."""
    parts = name.split("/")
    hidden = any(part.startswith(".") or part.lower() in CLUTTER for part in parts)
    return name.endswith(".npy") and not hidden


def _npy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: str) -> np.ndarray:
    """Read one array, after checking that the shape in its header fits the member's size."""
    name = f"{file}: {member.filename}"
    with archive.open(member) as stream:
        shape, dtype = _header(stream, name)
        if dtype.hasobject:
            raise ValueError(
                f"{name} contains Python objects, which are not read; save plain arrays."
            )
        if dtype.kind not in PLAIN or dtype.itemsize == 0:
            raise ValueError(
                f"{name} holds values of type {str(dtype)[:100]}; expected numbers or text."
            )
        if any(n < 0 for n in shape) or math.prod(shape) * dtype.itemsize > member.file_size:
            raise ValueError(f"{name} states the shape {shape} but holds less; it is damaged.")
    with archive.open(member) as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found: np.ndarray = np.lib.format.read_array(stream, allow_pickle=False)
        except ValueError as error:
            raise ValueError(f"{name} is damaged ({error}).") from None
        if stream.read(1):
            raise ValueError(f"{name} states the shape {shape} but holds more; it is damaged.")
        return found


class _UnknownVersion(Exception):
    pass


def _header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Read shape and dtype from an `.npy` header. NumPy parses it as a literal, without `eval`."""
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            version = np.lib.format.read_magic(stream)
            if version not in readers:
                raise _UnknownVersion
            shape, _, dtype = readers[version](stream)
    except _UnknownVersion:
        raise ValueError(f"{name} has the unknown .npy version {version}.") from None
    except (zipfile.BadZipFile, lzma.LZMAError, zlib.error):
        raise
    except Exception as error:  # NumPy's parser raises many kinds of errors
        raise ValueError(f"{name} has a damaged header ({type(error).__name__}).") from None
    return shape, dtype
