"""Networks as Keras's files, made in memory: HDF5 ends the process where a disk is full."""

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
"""What floats of a file's weights are; whoever reads the file has float32 again."""


class _WeightsFile(io.BytesIO):
    """A file in memory, with the ending that Keras asks for."""

    def __str__(self) -> str:
        return "memory.weights.h5"


def save_weights(model: keras.Model, path: Path, *, stored: Stored = "float32") -> None:
    """Write the weights as Keras's `.weights.h5`, whole or not at all.

    Args:
        model: the network.
        path: the file; an older one is replaced.
        stored: `"float16"` halves the file; see `presets.save_preset` for what it costs.

    Example:
        >>> save_weights(model, Path("best.weights.h5"))        # doctest: +SKIP
    """
    write_bytes(path, _weights(model, stored))


def save_network(model: keras.Model, path: Path, *, stored: Stored = "float32") -> None:
    """Write the network as Keras's `.keras`, whole or not at all.

    Keras's own writer asks the clock for what an archive can hold, the years 1980 to 2107.

    Args:
        model: the network, not compiled.
        path: the file; an older one is replaced.
        stored: as in `save_weights`.
    """
    write_bytes(path, network_bytes(model, stored=stored))


def network_bytes(model: keras.Model, *, stored: Stored = "float32") -> bytes:
    """The content of the file that `save_network` writes; arguments as there."""
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
            member.external_attr = 0o644 << 16  # the rights of what is unpacked
            archive.writestr(member, content)
    return memory.getvalue()


def _weights(model: keras.Model, stored: Stored) -> bytes:
    memory = _WeightsFile()
    model.save_weights(memory)
    return memory.getvalue() if stored == "float32" else _halved(memory)


def _halved(whole: io.BytesIO) -> bytes:
    """Keras's file once more, its floats as float16: Keras casts what it reads."""
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
