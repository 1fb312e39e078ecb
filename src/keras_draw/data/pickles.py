"""CIFAR-10's batches: pickles, read by an unpickler that builds only arrays and plain values."""

import io
import pickle
import pickletools
import warnings
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from keras_draw.data.formats import check_file

CIFAR_PIXELS = 3 * 32 * 32
MAX_BYTES = 64 * 2**20
"""A batch of 10,000 images has 31 MB; no file of CIFAR-10 is larger than this limit."""
MOST_STEPS = 200_000
"""Most opcodes in a pickle; 10,000 labels and file names need 60,000."""
MOST_CALLS = 16
"""Most objects that a pickle may create; an array and its dtype need four."""
_CALLS = {"REDUCE", "BUILD", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX"}
_TUPLES = {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "FROZENSET"}
_MEMORIES = {"PUT", "BINPUT", "LONG_BINPUT"}


class CIFARBatch(NamedTuple):
    """The contents of one batch file of CIFAR-10."""

    images: np.ndarray
    """uint8 (N, 32, 32, 3)."""
    labels: np.ndarray
    """int64 (N,)."""


class Forbidden(pickle.UnpicklingError):
    """The pickle uses a name or an object that CIFAR-10's files never need."""


class Damaged(Exception):
    """The pickle needs more memory or objects than CIFAR-10's files ever do."""


class _Array:
    """Stands in for a pickled array: keeps its state as data until the sizes are checked."""

    def __init__(self, *_: Any) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _DType:
    """Stands in for a pickled dtype: keeps only its name."""

    def __init__(self, name: Any = None, *_: Any) -> None:
        self.name = name

    def __setstate__(self, state: Any) -> None:
        pass


def _encode(text: Any, encoding: Any) -> bytes:
    if encoding != "latin1" or not isinstance(text, str):
        raise Forbidden(f"the encoding {str(encoding)[:20]!r}")
    return text.encode("latin1")


class _ArraysOnly(pickle.Unpickler):
    """Knows only the names that a pickled array of Python 2 or 3 needs, each as a stand-in."""

    _known = {  # noqa: RUF012
        ("numpy.core.multiarray", "_reconstruct"): _Array,
        ("numpy._core.multiarray", "_reconstruct"): _Array,
        ("numpy", "ndarray"): _Array,
        ("numpy", "dtype"): _DType,
        ("_codecs", "encode"): _encode,
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._known[module, name]
        except KeyError:
            raise Forbidden(f"{module[:40]}.{name[:40]}") from None

    def persistent_load(self, pid: Any) -> Any:
        raise Forbidden("a persistent object")


def check_steps(stream: BinaryIO, most_calls: int = MOST_CALLS) -> None:
    """Refuse a pickle that would need much more memory than it has bytes.

    There are three dangers. `pickle` allocates the sizes that a file states (a memo index, the
    length of a text) before it looks at the content. A repeated call can make any number of copies
    of a text. Deeply nested tuples crash Python when they are hashed.

    Args:
        stream: positioned at the start of the pickle; afterwards, at its end.
        most_calls: most objects, and most tuples, that may be created.

    Raises:
        Damaged: if the pickle exceeds a limit.
        Exception: of any kind, if the pickle is damaged.
    """
    calls, tuples, steps = 0, 0, 0
    while code := stream.read(1):
        step = pickletools.code2op[code.decode("latin1")]  # type: ignore[attr-defined]
        reads = step.arg.reader if step.arg and step.name != "STRING" else None
        argument = reads(stream) if reads else None
        if step.name == "STRING":  # pickletools accepts only ASCII here, but Python 2 wrote bytes
            stream.readline()
        steps += 1
        calls += step.name in _CALLS
        tuples += step.name in _TUPLES
        if step.name in _MEMORIES and int(argument or 0) > MOST_STEPS:
            raise Damaged(f"memo index {argument}")
        if steps > MOST_STEPS or calls > most_calls or tuples > most_calls:
            raise Damaged(f"more than {MOST_STEPS} values or {most_calls} objects")
        if step.name == "STOP":
            return


def _load(path: Path) -> dict[str, Any]:
    size = check_file(path)
    if size > MAX_BYTES:
        raise ValueError(f"{path.name} has {size} bytes; a CIFAR-10 batch has at most 31 million.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = path.read_bytes()
            check_steps(io.BytesIO(content))
            found = _ArraysOnly(io.BytesIO(content), encoding="latin1").load()
    except Forbidden as error:
        raise ValueError(
            f"{path.name} asks for {error}, which a CIFAR-10 batch never needs; nothing was run. "
            "Do not trust this file."
        ) from None
    except (OSError, MemoryError):
        raise
    except Damaged as error:
        raise ValueError(
            f"{path.name} asks for {error}, which a CIFAR-10 batch never needs. It is damaged, or "
            "not a CIFAR-10 batch."
        ) from None
    except Exception as error:  # a damaged pickle raises many kinds of errors
        raise ValueError(
            f"{path.name} is not a CIFAR-10 batch, or is damaged ({type(error).__name__}); fetch "
            "it again."
        ) from None
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} is not a CIFAR-10 batch: it contains no dictionary.")
    return {k.decode("latin1") if isinstance(k, bytes) else str(k): v for k, v in found.items()}


def read_cifar_batch(path: Path) -> CIFARBatch:
    """Read one CIFAR-10 batch file. Nothing in it is executed.

    Args:
        path: `data_batch_1` to `data_batch_5`, or `test_batch`.

    Returns:
        Images (N, 32, 32, 3) and labels (N,).

    Raises:
        ValueError: if the file is damaged, asks for code, or its counts are inconsistent.
    """
    found = _load(path)
    data, labels = found.get("data"), found.get("labels")
    if not isinstance(data, _Array) or not isinstance(labels, list):
        raise ValueError(f"{path.name} is not a CIFAR-10 batch: it lacks 'data' or 'labels'.")
    pixels = _pixels(data.state, path)
    if len(labels) != len(pixels):
        raise ValueError(
            f"{path.name} holds {len(pixels)} images but {len(labels)} labels; it is damaged."
        )
    if not all(type(label) is int and 0 <= label <= 9 for label in labels):
        raise ValueError(f"{path.name} holds labels that are not 0 to 9; it is damaged.")
    images = pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return CIFARBatch(np.ascontiguousarray(images), np.asarray(labels, np.int64))


def _pixels(state: Any, path: Path) -> np.ndarray:
    """Build the array from its pickled state (version, shape, dtype, Fortran order, bytes)."""
    if isinstance(state, tuple) and len(state) == 5:
        _, shape, dtype, fortran, content = state
        plain = isinstance(dtype, _DType) and dtype.name in ("u1", "|u1") and fortran in (False, 0)
        if plain and isinstance(content, str):
            try:
                content = content.encode("latin1")
            except UnicodeEncodeError:
                content = None
        counts = isinstance(shape, tuple) and all(type(n) is int for n in shape)
        if plain and counts and isinstance(content, bytes) and len(shape) == 2 and shape[0] > 0:
            if shape[1] != CIFAR_PIXELS or shape[0] * shape[1] != len(content):
                raise ValueError(
                    f"{path.name} states images of shape {shape} but holds {len(content)} bytes; "
                    f"expected (N, {CIFAR_PIXELS})."
                )
            return np.frombuffer(content, np.uint8).reshape(shape)
    raise ValueError(f"{path.name} is not a CIFAR-10 batch: its 'data' is not an array of bytes.")
