"""Open `.keras` files without executing anything and without loading a numerical library."""

import contextlib
import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from keras_draw.config import DRAWConfig
from keras_draw.files import expanded
from keras_draw.training.named import is_address, run_of
from keras_draw.training.runs import MAX_JSON_BYTES, parse_object

DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError,
    RuntimeError, OverflowError, OSError,
)  # fmt: skip
"""Exceptions raised by files that are damaged, or not archives at all."""
MAX_MODEL_BYTES = 8 * 2**30
WEIGHTS = "model.weights.h5"
"""Name of the weights in the archive."""


def file_of(what: str | Path) -> Path | None:
    """The local path of a `.keras` file; None for a run or a preset.

    Args:
        what: as in `load`; an address is downloaded.
    """
    if is_address(what):
        from keras_draw.training.addresses import fetched  # loads Keras

        return fetched(str(what))
    path = expanded(what)
    return path if path.suffix.lower() == ".keras" and path.is_file() else None


def config_of(what: str | Path) -> DRAWConfig:
    """Read the configuration of a trained network, without its weights.

    Args:
        what: as in `load`; an address is downloaded.

    Raises:
        FileNotFoundError, ValueError, OSError: as in `load`.

    Example:
        >>> config_of("mnist").image_shape
        (28, 28, 1)
    """
    file = file_of(what)
    if file is None:
        return run_of(what).read_config().model
    with opened(file) as (_, config):
        return config


@contextlib.contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, DRAWConfig]]:
    """Open a `.keras` file, check its sizes, and read its configuration.

    Args:
        path: the file.

    Yields:
        The open archive and the configuration. Only plain values are read; no class is looked up.

    Raises:
        ValueError: if the file is damaged, not a DRAW network, or of another version. Also if the
            archive turns out to be damaged within the block.
    """
    not_ours = f"{path.name} is not a DRAW network saved by Keras, or damaged"
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {member.filename: member.file_size for member in archive.infolist()}
            if sizes.get("config.json", MAX_JSON_BYTES + 1) > MAX_JSON_BYTES:
                raise ValueError(f"{not_ours}: it contains no configuration.")
            limit = min(MAX_MODEL_BYTES, 1100 * path.stat().st_size)
            if sizes.get(WEIGHTS, limit + 1) > limit:
                raise ValueError(f"{not_ours}: it contains no weights.")
            outer = parse_object(archive.read("config.json"), path.name)
            if outer.get("registered_name") != "keras_draw>DRAW":
                raise ValueError(
                    f"{path.name} contains a {outer.get('class_name')!r}, not a DRAW network; "
                    "nothing in it was executed."
                )
            inner = outer.get("config")
            if not isinstance(inner, dict):
                raise ValueError(f"{not_ours}: its configuration is empty.")
            yield archive, DRAWConfig.from_json(inner.get("config", {}))
    except DAMAGED as error:
        if isinstance(error, PermissionError) or getattr(error, "errno", 0) == errno.ENOSPC:
            raise
        raise ValueError(f"{not_ours} ({error}).") from None
