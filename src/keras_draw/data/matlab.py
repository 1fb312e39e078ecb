"""SVHN's files: MATLAB 5 MAT-files, of which plain arrays of numbers are read and nothing else.

SciPy's reader is not used: one wrong byte in a file crashes the process (SciPy 1.17), and a file
of 3 MB makes it take 3 GB to find a name. Here every size that a file states is compared with what
the file can hold before memory is taken.
"""

import io
import math
import struct
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_draw.data.formats import DEFLATE_RATIO, check_file, most_bytes

HEADER = 128
"""Bytes before the first variable."""
CHUNK = 2**16
"""Compressed bytes that are read at a time."""
MOST_AXES = 32
MOST_LETTERS = 64
"""MATLAB's own limit is 63 letters in a name."""

INT8, INT32, UINT32, MATRIX, COMPRESSED, UTF8 = 1, 5, 6, 14, 15, 16
NUMBERS = {
    INT8: "i1", 2: "u1", 3: "i2", 4: "u2", INT32: "i4", UINT32: "u4", 7: "f4", 9: "f8",
    12: "i8", 13: "u8",
}  # fmt: skip
"""How numbers are stored, whatever their class: MATLAB stores whole doubles as small integers."""
CLASSES = range(6, 16)
"""double, single, and whole numbers of 8 to 64 bits."""
COMPLEX = 0x0800


class SVHNSplit(NamedTuple):
    """One file of SVHN's cropped digits."""

    images: np.ndarray
    """uint8 (N, 32, 32, 3)."""
    labels: np.ndarray
    """int64 (N,), the digits themselves."""


class _Damaged(Exception):
    pass


class _Tag(NamedTuple):
    """What stands before an element."""

    kind: int
    size: int
    padding: int


class _Variable(NamedTuple):
    """What stands before the numbers of a variable."""

    name: str
    plain: bool
    """whether real numbers follow."""
    shape: tuple[int, ...]


class _Inflated(io.RawIOBase):
    """What the next `size` bytes of a file unpack to; never more at once than is asked for."""

    def __init__(self, file: io.BufferedReader, size: int) -> None:
        self.file = file
        self.size = size
        self.inflate = zlib.decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.inflate.eof:
            packed = self.inflate.unconsumed_tail
            if not packed:
                packed = self.file.read(min(self.size, CHUNK))
                self.size -= len(packed)
            piece = self.inflate.decompress(packed, len(buffer))
            if piece or not packed:
                buffer[: len(piece)] = piece
                return len(piece)
        return 0


class _Elements:
    """The elements of a file or of one variable, which end before `left` more bytes are read."""

    def __init__(self, source: io.BufferedReader, left: int, order: str) -> None:
        self.source = source
        self.left = left
        self.order = order

    def tag(self) -> _Tag:
        """The next tag. Elements of up to four bytes share the tag's own eight."""
        word = self._word()
        kind, size = word & 0xFFFF, word >> 16
        if size > 4:
            raise _Damaged(f"a small element states {size} bytes")
        if size:
            return _Tag(kind, size, 4 - size)
        size = self._word()
        return _Tag(kind, size, -size % 8)

    def content(self, tag: _Tag) -> np.ndarray:
        """The bytes that belong to the tag that was read last."""
        found = self._take(tag.size)
        self.left -= len(self.source.read(min(tag.padding, self.left)))
        return found

    def short(self, kinds: tuple[int, ...], most: int) -> np.ndarray:
        """The next element, one of those before a variable's numbers."""
        tag = self.tag()
        if tag.kind not in kinds or tag.size > most:
            raise _Damaged(f"an element of kind {tag.kind} and {tag.size} bytes is not a header's")
        return self.content(tag)

    def _word(self) -> int:
        return int(self._take(4).view(f"{self.order}u4")[0])

    def _take(self, count: int) -> np.ndarray:
        if count > self.left:
            raise _Damaged(f"it states {count} bytes where {self.left} can be")
        self.left -= count
        found = np.empty(count, np.uint8)
        if self.source.readinto(found.data) != count:
            raise _Damaged("it ends early")
        return found


def read_mat(path: Path, required: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Arrays of a MATLAB 5 MAT-file. Everything else in it is passed over.

    Args:
        path: the file; its variables may be compressed.
        required: the arrays to read.

    Returns:
        The arrays by name, of the type that they are stored in.

    Raises:
        ValueError: if the file is not a MATLAB 5 MAT-file, is damaged, lacks an array, or holds
            something else under its name.
    """
    found: dict[str, np.ndarray] = {}
    at, end = HEADER, check_file(path)
    with path.open("rb") as file:
        order = _byte_order(file.read(HEADER), path)
        try:
            while at < end and len(found) < len(required):
                file.seek(at)
                elements = _Elements(file, end - at, order)
                outer = elements.tag()
                at = file.tell() + outer.size
                inner = _inside(elements, outer)
                variable = _variable(inner)
                if variable.name in required and variable.name not in found:
                    found[variable.name] = _numbers(inner, variable)
        except (_Damaged, zlib.error) as error:
            raise ValueError(
                f"{path.name} is damaged or another file ({error}); fetch it again."
            ) from None
    for name in required:
        if name not in found:
            raise ValueError(
                f"{path.name} has no variable {name!r}; expected {' and '.join(required)}. It is "
                "incomplete or another file; fetch it again."
            )
    return found


def _byte_order(header: bytes, path: Path) -> str:
    order = {b"IM": "<", b"MI": ">"}.get(header[126:])
    if not order:
        raise ValueError(
            f"{path.name} is not a MATLAB 5 MAT-file (its first bytes say otherwise); fetch it "
            "again."
        )
    version = struct.unpack(f"{order}H", header[124:126])[0]
    if version != 0x0100:
        raise ValueError(
            f"{path.name} is a MAT-file of version {version >> 8}.{version & 0xFF} (2.0 is MATLAB "
            "7.3's); expected 1.0, MATLAB 5's: save it with -v7 in MATLAB, or fetch it again."
        )
    return order


def _inside(elements: _Elements, tag: _Tag) -> _Elements:
    """The elements of one variable, unpacked if they are compressed."""
    if tag.size > elements.left:
        raise _Damaged(f"a variable states {tag.size} bytes and {elements.left} are left")
    if tag.kind == COMPRESSED:
        unpacked: Any = io.BufferedReader(_Inflated(elements.source, tag.size))
        capacity = int(most_bytes(tag.size * DEFLATE_RATIO))
        elements = _Elements(unpacked, capacity, elements.order)
        tag = elements.tag()
    if tag.kind != MATRIX:
        raise _Damaged(f"an element of kind {tag.kind} stands where a variable should")
    if tag.size > elements.left:
        raise _Damaged(f"a variable claims to unpack to {tag.size} bytes, more than it can")
    return _Elements(elements.source, tag.size, elements.order)


def _variable(elements: _Elements) -> _Variable:
    flags = elements.short((UINT32,), 8)
    sizes = elements.short((INT32,), 4 * MOST_AXES)
    name = elements.short((INT8, UTF8), MOST_LETTERS).tobytes().decode("latin1")
    if len(flags) != 8 or len(sizes) % 4:
        raise _Damaged("the class or shape of a variable is cut")
    flag = int(flags.view(f"{elements.order}u4")[0])
    shape = tuple(sizes.view(f"{elements.order}i4").tolist())
    return _Variable(name, flag & 0xFF in CLASSES and not flag & COMPLEX, shape)


def _numbers(elements: _Elements, variable: _Variable) -> np.ndarray:
    name, plain, shape = variable
    tag = elements.tag() if plain else None
    if tag is None or tag.kind not in NUMBERS:
        raise _Damaged(f"{name} is not an array of real numbers")
    dtype = np.dtype(f"{elements.order}{NUMBERS[tag.kind]}")
    if min(shape, default=0) < 1 or math.prod(shape) * dtype.itemsize != tag.size:
        raise _Damaged(f"{name} states the shape {shape} and holds {tag.size} bytes")
    found = elements.content(tag).view(dtype).reshape(shape, order="F")
    raw = elements.source.raw
    if isinstance(raw, _Inflated) and (elements.source.read(1) or not raw.inflate.eof):
        raise _Damaged(f"{name} does not end where it should")
    return found.astype(dtype.newbyteorder("="), copy=False)


def read_svhn(path: Path) -> SVHNSplit:
    """One file of SVHN's cropped digits.

    Args:
        path: `train_32x32.mat`, `test_32x32.mat` or `extra_32x32.mat`.

    Returns:
        Images (N, 32, 32, 3) and labels (N,). The file's label 10 is the digit 0.

    Raises:
        ValueError: if the file is damaged, or its arrays are not SVHN's.
    """
    found = read_mat(path, ("X", "y"))
    x, y = found["X"], found["y"]
    if x.dtype != np.uint8 or x.ndim != 4 or x.shape[:3] != (32, 32, 3):
        raise ValueError(
            f"X in {path.name} has shape {x.shape} and type {x.dtype}; expected uint8 (32, 32, 3, "
            "N), SVHN's cropped digits."
        )
    if y.shape != (x.shape[3], 1):
        raise ValueError(
            f"{path.name} holds {x.shape[3]} images and labels of shape {y.shape}; expected one "
            f"for each, ({x.shape[3]}, 1): it is damaged or another file."
        )
    if not np.isin(y, np.arange(1, 11)).all():
        raise ValueError(
            f"{path.name} holds labels that are not 1 to 10; it is damaged or another file."
        )
    images = np.ascontiguousarray(x.transpose(3, 0, 1, 2))
    return SVHNSplit(images, y[:, 0].astype(np.int64) % 10)
