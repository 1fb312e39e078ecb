"""Read PyTorch's files of tensors without PyTorch, and without executing anything in them.

`torch.save` writes a zip file (since PyTorch 1.6), or several pickles followed by the numbers
(before). In both, a pickle describes each tensor as a view of a storage. This reader accepts only
tensors of float32 and int64, and ordered dictionaries.
"""

import io
import math
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_draw.data.formats import check_file
from keras_draw.data.pickles import Damaged, Forbidden, check_steps

MAX_BYTES = 2**29
"""The published file has 96 MB; larger ones are not read."""
MAX_PICKLE = 2**22
"""Maximum bytes of the pickle that lists the tensors; the published file's has less than 0.1 MB."""
MOST_CALLS = 4_000
"""Maximum number of objects and tuples in it; the published network has 566 tensors with about
six each."""
STORAGES: dict[str, np.dtype] = {
    "FloatStorage": np.dtype("<f4"),
    "LongStorage": np.dtype("<i8"),
}
MAGIC = 0x1950A86A20F9469CFC6C
"""The first value of a file that is not a zip."""
PROTOCOL = 1001


class _Kind(NamedTuple):
    """The type of a storage, as stated by the file."""

    dtype: np.dtype


class _Storage(NamedTuple):
    """A block of numbers in the file."""

    key: str
    dtype: np.dtype
    size: int


class _Tensor(NamedTuple):
    """The file's description of a tensor."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Dict(dict):
    """A stand-in for an ordered dictionary; attributes in the file are ignored."""

    def __setstate__(self, state: Any) -> None:
        pass


def _dictionary(*arguments: Any) -> _Dict:
    if arguments:
        raise Forbidden("a dictionary with arguments")
    return _Dict()


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_BYTES


def _are_counts(values: Any) -> bool:
    return isinstance(values, tuple) and len(values) <= 8 and all(map(_is_count, values))


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _Tensor:
    """`torch._utils._rebuild_tensor_v2`, with a check that the storage is large enough."""
    plain = isinstance(storage, _Storage) and _is_count(offset)
    if not (plain and _are_counts(shape) and _are_counts(strides) and len(shape) == len(strides)):
        raise Damaged("an invalid tensor")
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if 0 not in shape and last >= storage.size:
        raise Damaged("a tensor larger than its storage")
    return _Tensor(storage, offset, shape, strides)


class _TensorsOnly(pickle.Unpickler):
    """An unpickler that only knows the names that a state dict needs, as stand-ins."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return _dictionary
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in STORAGES:
            return _Kind(STORAGES[name])
        raise Forbidden(f"{module[:40]}.{name[:40]}")

    def persistent_load(self, pid: Any) -> _Storage:
        if isinstance(pid, tuple) and 5 <= len(pid) <= 6 and pid[0] == "storage":
            _, kind, key, _, count = pid[:5]
            whole = len(pid) == 5 or pid[5] is None  # not a view of part of another storage
            if isinstance(kind, _Kind) and type(key) is str and _is_count(count) and whole:
                return _Storage(key, kind.dtype, count)
        raise Forbidden("an unknown kind of storage")


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """Read the tensors of a state dict.

    Args:
        path: a state dict written by `torch.save`, with tensors of float32 or int64.

    Returns:
        Name -> read-only array. Values that are not tensors are left out.

    Raises:
        ValueError: if the file is not such a file, is damaged, states sizes that exceed its
            content, or contains anything else. Nothing in it is executed.

    Example:
        >>> read_tensors(Path("pt_inception-2015-12-05-6726825d.pth"))["fc.bias"].shape
        ... # doctest: +SKIP
        (1008,)
    """
    size = check_file(path)
    if size > MAX_BYTES:
        raise ValueError(f"{path.name} has {size} bytes; expected at most {MAX_BYTES}.")
    content = path.read_bytes()
    try:
        is_zip = zipfile.is_zipfile(io.BytesIO(content))
        state, numbers = (_of_zip if is_zip else _of_pickles)(content)
        if not isinstance(state, dict):
            raise Damaged(f"a {type(state).__name__}, not a state dict")
        named = {name: one for name, one in state.items() if isinstance(one, _Tensor)}
        return {str(name): _array(one, numbers(one.storage)) for name, one in named.items()}
    except Forbidden as error:
        raise ValueError(
            f"{path.name} refers to {error}, which tensors never need; it was not executed. Do not "
            "trust this file."
        ) from None
    except Damaged as error:
        raise ValueError(
            f"{path.name} contains {error}: it is damaged, or a different file."
        ) from None
    except MemoryError:
        raise
    except Exception as error:  # damaged pickles and zip files fail in many ways
        raise ValueError(
            f"{path.name} is not a file of tensors, or is damaged ({type(error).__name__})."
        ) from None


Numbers = Callable[[_Storage], np.ndarray]
"""A storage -> its numbers (count,)."""


def _unpickled(content: bytes) -> Any:
    return _TensorsOnly(io.BytesIO(content), encoding="utf-8").load()


def _of_zip(content: bytes) -> tuple[Any, Numbers]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {member.filename: member for member in archive.infolist()}
        (pickled,) = (name for name in members if name.endswith("/data.pkl"))
        root = pickled.removesuffix("data.pkl")

        def member(name: str, most: int) -> bytes:
            about = members[root + name]
            packed = about.compress_type != zipfile.ZIP_STORED
            if packed or about.file_size > most:
                raise Damaged(f"{name} of {about.file_size} bytes")
            return archive.read(about)

        order = member("byteorder", 100) if f"{root}byteorder" in members else b"little"
        if order != b"little":
            raise Damaged("numbers in big-endian byte order")
        names = member("data.pkl", MAX_PICKLE)
        check_steps(io.BytesIO(names), MOST_CALLS)
        state = _unpickled(names)
        wanted = _storages(state, len(content))
        read = {key: _numbers(member(f"data/{key}", MAX_BYTES), one) for key, one in wanted.items()}
    return state, lambda storage: read[storage.key].view(storage.dtype)


def _of_pickles(content: bytes) -> tuple[Any, Numbers]:
    stream = io.BytesIO(content)

    def value() -> Any:
        start = stream.tell()
        check_steps(stream, MOST_CALLS)
        if stream.tell() - start > MAX_PICKLE:
            raise Damaged("a list of tensors that is too large")
        return _unpickled(content[start : stream.tell()])

    if value() != MAGIC or value() != PROTOCOL:
        raise Damaged("something other than tensors")
    if value().get("little_endian") is not True:
        raise Damaged("numbers in big-endian byte order")
    state, keys = value(), value()
    wanted = _storages(state, len(content))
    if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(wanted):
        raise Damaged("other storages than its tensors refer to")
    read, place = {}, stream.tell()
    for key in keys:  # for each storage: the count of its numbers, then the numbers
        one = wanted[key]
        if content[place : place + 8] != one.size.to_bytes(8, "little"):
            raise Damaged(f"storage {key[:20]} with a size other than stated")
        end = place + 8 + one.size * one.dtype.itemsize
        read[key] = _numbers(content[place + 8 : end], one)
        place = end
    return state, lambda storage: read[storage.key].view(storage.dtype)


def _storages(state: Any, size: int) -> dict[str, _Storage]:
    """The storages of a state dict's tensors, after checking that the file is large enough."""
    values = state.values() if isinstance(state, dict) else ()
    found = {one.storage.key: one.storage for one in values if isinstance(one, _Tensor)}
    stated = sum(one.size * one.dtype.itemsize for one in found.values())
    if stated > size:
        raise Damaged(f"references to {stated} bytes of numbers, more than its size")
    return found


def _numbers(content: bytes, storage: _Storage) -> np.ndarray:
    if len(content) != storage.size * storage.dtype.itemsize:
        raise Damaged(f"storage {storage.key[:20]} of {len(content)} bytes")
    return np.frombuffer(content, storage.dtype)


def _array(tensor: _Tensor, numbers: np.ndarray) -> np.ndarray:
    """The tensor as a view of its storage; `_tensor` has checked that it fits."""
    if len(numbers) != tensor.storage.size:
        raise Damaged("two different sizes for one storage")
    steps = tuple(step * numbers.itemsize for step in tensor.strides)
    if math.prod(tensor.shape) == 0:
        return np.zeros(tensor.shape, numbers.dtype)
    start = numbers[tensor.offset :]
    return np.lib.stride_tricks.as_strided(start, tensor.shape, steps, writeable=False)
