"""File formats: bytes -> uint8 arrays, or one sentence that says what is wrong.

Every size that a file states is compared with what the file can hold before memory is taken.
"""

import gzip
import math
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np

MAX_BYTES = 4 * 2**30
"""No array larger than this is read from one file, in bytes."""

IDX_UBYTE = 0x08
DEFLATE_RATIO = 1100
"""deflate never packs tighter than about 1030 to 1."""


def read_idx(path: Path) -> np.ndarray:
    """An IDX file of unsigned bytes, plain or gzipped: MNIST's format.

    Args:
        path: the file; gzip is recognised by its first bytes.

    Returns:
        uint8, of the shape that the header states.

    Raises:
        ValueError: if the file is not IDX, is damaged, or its header contradicts its size.
    """
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        capacity = path.stat().st_size * (DEFLATE_RATIO if zipped else 1)
        stream: BinaryIO = gzip.GzipFile(fileobj=raw) if zipped else raw  # type: ignore[assignment]
        try:
            return _idx(stream, path, min(capacity, MAX_BYTES))
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(
                f"{path.name} is damaged ({error}); delete it and fetch it again."
            ) from None


def _idx(stream: BinaryIO, path: Path, capacity: int) -> np.ndarray:
    header = stream.read(4)
    if len(header) < 4 or header[:2] != b"\0\0" or header[2] != IDX_UBYTE or not header[3]:
        raise ValueError(
            f"{path.name} is not an IDX file of bytes (its first bytes say otherwise)."
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
            f"{path.name} states {count} values in its header and holds {found}; it is damaged or "
            "incomplete."
        )
    return np.frombuffer(body, np.uint8).reshape(shape)


def read_npz(path: Path, required: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` file. Nothing is unpickled.

    Args:
        path: the file.
        required: arrays that it must hold.

    Returns:
        Every array by name.

    Raises:
        ValueError: if the file is not an npz, is damaged, holds objects, lacks an array, or claims
            to unpack to more than it can hold.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            declared = sum(member.file_size for member in archive.infolist())
            capacity = min(path.stat().st_size * DEFLATE_RATIO, MAX_BYTES)
            if declared > capacity:
                raise ValueError(
                    f"{path.name} claims to unpack to {declared} bytes, more than the "
                    f"{capacity} that are allowed for it."
                )
            found = {
                member.filename.removesuffix(".npy"): _npy(archive, member)
                for member in archive.infolist()
            }
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{path.name} is not an .npz file, or damaged ({error}).") from None
    except (OSError, OverflowError, struct.error, SyntaxError, UnicodeDecodeError) as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise ValueError(f"{path.name} is damaged ({error}).") from None
    for name in required:
        if name not in found:
            raise ValueError(
                f"{path.name} has no array {name!r}; it holds {', '.join(sorted(found)) or 'none'}."
            )
    return found


def _npy(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """One array of the archive; its header's shape is compared with the member's size first."""
    with archive.open(member) as stream:
        shape, dtype = _header(stream, member.filename)
        if dtype.hasobject or dtype.fields is not None:
            raise ValueError(
                f"{member.filename} holds Python objects, which are not read; save plain arrays."
            )
        if any(n < 0 for n in shape) or math.prod(shape) * dtype.itemsize > member.file_size:
            raise ValueError(
                f"{member.filename} states the shape {shape}, more than it holds; it is damaged."
            )
    with archive.open(member) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


def _header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype that an .npy states. NumPy parses it as a literal: nothing is run."""
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    version = np.lib.format.read_magic(stream)
    if version not in readers:
        raise ValueError(f"{name} is an .npy of the unknown version {version}.")
    try:
        shape, _, dtype = readers[version](stream)
    except zlib.error:
        raise
    except Exception as error:  # NumPy's parser fails in any way it likes
        raise ValueError(f"{name} has a damaged header ({type(error).__name__}).") from None
    return shape, dtype
