"""`.keras` files: opened without executing anything, and without a numerical library."""

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
"""What archives raise that are none, or damaged."""
MAX_MODEL_BYTES = 8 * 2**30
WEIGHTS = "model.weights.h5"
"""What the weights are called in the archive."""


def file_of(what: str | Path) -> Path | None:
    """The `.keras` file that is meant, on this machine; None if it is a run or a preset.

    Args:
        what: as in `load`; an address is fetched.
    """
    if is_address(what):
        from keras_draw.training.addresses import fetched  # with all that Keras needs

        return fetched(str(what))
    path = expanded(what)
    return path if path.suffix.lower() == ".keras" and path.is_file() else None


def config_of(what: str | Path) -> DRAWConfig:
    """The configuration of a trained network; its weights are not read.

    Args:
        what: as in `load`; an address is fetched.

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
    """The archive, whose sizes are checked, and its network's configuration.

    Args:
        path: the file.

    Yields:
        The archive, open, and plain values of its configuration: no class is looked up.

    Raises:
        ValueError: if it is no DRAW network, damaged, or of another version; also where what the
            block does with the archive shows that it is damaged.
    """
    not_ours = f"{path.name} is not a DRAW network saved by Keras, or damaged"
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {member.filename: member.file_size for member in archive.infolist()}
            if sizes.get("config.json", MAX_JSON_BYTES + 1) > MAX_JSON_BYTES:
                raise ValueError(f"{not_ours}: it holds no configuration.")
            limit = min(MAX_MODEL_BYTES, 1100 * path.stat().st_size)
            if sizes.get(WEIGHTS, limit + 1) > limit:
                raise ValueError(f"{not_ours}: it holds no weights.")
            outer = parse_object(archive.read("config.json"), path.name)
            if outer.get("registered_name") != "keras_draw>DRAW":
                raise ValueError(
                    f"{path.name} holds a {outer.get('class_name')!r}, not a DRAW network; nothing "
                    "of it was run."
                )
            inner = outer.get("config")
            if not isinstance(inner, dict):
                raise ValueError(f"{not_ours}: its configuration is empty.")
            yield archive, DRAWConfig.from_json(inner.get("config", {}))
    except DAMAGED as error:
        if isinstance(error, PermissionError) or getattr(error, "errno", 0) == errno.ENOSPC:
            raise
        raise ValueError(f"{not_ours} ({error}).") from None
