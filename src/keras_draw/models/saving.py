"""Save networks as Keras files, built in memory: HDF5 aborts the process when the disk is full."""

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Literal

import h5py
import keras
import numpy as np

from keras_draw.files import write_bytes

Stored = Literal["float32", "float16"]
"""The float type of the weights in a file; they are float32 again once loaded."""


class _WeightsFile(io.BytesIO):
    """An in-memory file whose name has the suffix Keras requires."""

    def __str__(self) -> str:
        return "memory.weights.h5"


def save_weights(model: keras.Model, path: Path, *, stored: Stored = "float32") -> None:
    """Write the weights as a Keras `.weights.h5` file, atomically.

    Args:
        model: the network.
        path: the file; an existing one is replaced.
        stored: `"float16"` halves the size of the file; `presets.save_preset` measures the cost.

    Example:
        >>> save_weights(model, Path("best.weights.h5"))        # doctest: +SKIP
    """
    write_bytes(path, _weights(model, stored))


def save_network(model: keras.Model, path: Path, *, stored: Stored = "float32") -> None:
    """Write the network as a `.keras` file, atomically.

    Keras's own writer fails if the clock is outside 1980 to 2107, the years a ZIP archive can
    store. This one does not.

    Args:
        model: the network, not compiled.
        path: the file; an existing one is replaced.
        stored: as in `save_weights`.
    """
    write_bytes(path, network_bytes(model, stored=stored))


def network_bytes(model: keras.Model, *, stored: Stored = "float32") -> bytes:
    """The bytes of the file that `save_network` writes; same arguments."""
    now = f"{datetime.now():%Y-%m-%d@%H:%M:%S}"
    members: dict[str, str | bytes] = {
        "metadata.json": json.dumps({"keras_version": keras.__version__, "date_saved": now}),
        "config.json": json.dumps(keras.saving.serialize_keras_object(model)),
        "model.weights.h5": _weights(model, stored),
    }
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = 0o644 << 16  # file permissions after unpacking
            archive.writestr(member, content)
    return memory.getvalue()


def _weights(model: keras.Model, stored: Stored) -> bytes:
    memory = _WeightsFile()
    model.save_weights(memory)
    return memory.getvalue() if stored == "float32" else _halved(memory)


def _halved(whole: io.BytesIO) -> bytes:
    """A copy of Keras's file with its floats as float16; Keras casts them when it reads them."""
    memory = io.BytesIO()
    with h5py.File(whole) as source, h5py.File(memory, "w") as target:
        target.attrs.update(source.attrs)

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset):
                value = item[()]
                half = value.dtype in (np.float32, np.float64)
                target[name] = value.astype(np.float16) if half else value
            else:
                target.require_group(name)
            target[name].attrs.update(item.attrs)

        source.visititems(copy)
    return memory.getvalue()
