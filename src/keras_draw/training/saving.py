"""Networks as Keras's files, made in memory: HDF5 ends the process where a disk is full."""

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path

import keras

from keras_draw.files import replacing, write_bytes
from keras_draw.models.draw import DRAW


class _WeightsFile(io.BytesIO):
    """A file in memory, with the ending that Keras asks for."""

    def __str__(self) -> str:
        return "memory.weights.h5"


def save_weights(model: DRAW, path: Path) -> None:
    """Write the weights as Keras's `.weights.h5`, whole or not at all.

    Args:
        model: the network.
        path: the file; an older one is replaced.

    Example:
        >>> save_weights(model, Path("best.weights.h5"))        # doctest: +SKIP
    """
    write_bytes(path, _weights(model))


def save_network(model: DRAW, path: Path) -> None:
    """Write the network as Keras's `.keras`, whole or not at all.

    Keras's own writer asks the clock for what an archive can hold, the years 1980 to 2107.

    Args:
        model: the network, not compiled.
        path: the file; an older one is replaced.
    """
    now = f"{datetime.now():%Y-%m-%d@%H:%M:%S}"
    members: dict[str, str | bytes] = {
        "metadata.json": json.dumps({"keras_version": keras.__version__, "date_saved": now}),
        "config.json": json.dumps(keras.saving.serialize_keras_object(model)),
        "model.weights.h5": _weights(model),
    }
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = 0o644 << 16  # the rights of what is unpacked
            archive.writestr(member, content)


def _weights(model: DRAW) -> bytes:
    memory = _WeightsFile()
    model.save_weights(memory)
    return memory.getvalue()
