"""Files of tensors as PyTorch writes them, in both of its formats, without PyTorch."""

import io
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict
from unittest.mock import patch

import numpy as np

TORCH, UTILS = types.ModuleType("torch"), types.ModuleType("torch._utils")


def _rebuild_tensor_v2(*_):
    raise AssertionError("only its name is written")


def named(module, name, base=object):
    """An object that is pickled under a given name."""
    found = type(name, (base,), {"__module__": module.__name__, "__qualname__": name})
    setattr(module, name, found)
    return found


_rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = (
    "torch._utils",
    _rebuild_tensor_v2.__name__,
)
UTILS._rebuild_tensor_v2 = _rebuild_tensor_v2
KINDS = {
    "float32": named(TORCH, "FloatStorage"),
    "int64": named(TORCH, "LongStorage"),
    "int32": named(TORCH, "IntStorage"),
}


class Storage:
    def __init__(self, key, array):
        self.key, self.array = key, array
        self.count = array.size


class Tensor:
    """An array written as a tensor, whose description may be changed."""

    def __init__(self, array, offset=0, shape=None, strides=None, storage=None):
        self.storage = storage or Storage(None, array.copy(order="C"))
        steps = tuple(step // array.itemsize for step in array.copy(order="C").strides)
        self.said = (
            offset,
            array.shape if shape is None else shape,
            steps if strides is None else strides,
        )

    def __reduce__(self):
        return _rebuild_tensor_v2, (self.storage, *self.said, False, OrderedDict())


class Pickler(pickle.Pickler):
    more = ()

    def persistent_id(self, item):
        if not isinstance(item, Storage):
            return None
        kind = KINDS[str(item.array.dtype)]
        return ("storage", kind, item.key, "cpu", item.count, *self.more)


class OldPickler(Pickler):
    more = (None,)


def pickled(value, kind=Pickler):
    stream = io.BytesIO()
    with patch.dict(sys.modules, {"torch": TORCH, "torch._utils": UTILS}):
        kind(stream, protocol=2).dump(value)
    return stream.getvalue()


def state_of(tensors):
    """A state dict with numbered storages, and the storages."""
    state = OrderedDict(
        (name, one if isinstance(one, Tensor) else Tensor(one))
        if isinstance(one, Tensor | np.ndarray)
        else (name, one)
        for name, one in tensors.items()
    )
    state._metadata = OrderedDict([("", {"version": 1})])
    storages = []
    for one in state.values():
        if isinstance(one, Tensor) and one.storage.key is None:
            one.storage.key = str(len(storages))
            storages.append(one.storage)
    return state, storages


def write_zip(
    path, tensors, *, packed=zipfile.ZIP_STORED, order=b"little", root="archive", content=None
):
    """The format since PyTorch 1.6. `content`: another pickle instead of the state dict's."""
    state, storages = state_of(tensors)
    with zipfile.ZipFile(path, "w", packed) as archive:
        archive.writestr(f"{root}/data.pkl", pickled(state) if content is None else content)
        archive.writestr(f"{root}/byteorder", order)
        for one in storages:
            archive.writestr(f"{root}/data/{one.key}", one.array.tobytes())
        archive.writestr(f"{root}/version", b"3\n")


def write_old(path, tensors, *, magic=0x1950A86A20F9469CFC6C, little=True, content=None):
    """The format before PyTorch 1.6."""
    state, storages = state_of(tensors)
    info = {"protocol_version": 1001, "little_endian": little, "type_sizes": {"int": 4}}
    with open(path, "wb") as file:
        for value in (magic, 1001, info):
            file.write(pickle.dumps(value, 2))
        file.write(pickled(state, OldPickler) if content is None else content)
        file.write(pickle.dumps([one.key for one in storages], 2))
        for one in storages:
            file.write(struct.pack("<q", one.array.size) + one.array.tobytes())


WRITERS = {"zip": write_zip, "old": write_old}
