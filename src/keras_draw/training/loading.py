"""Load trained networks from runs, files, presets and addresses, without executing anything."""

import errno
import hashlib
import lzma
import shutil
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

from keras_draw.config import DRAWConfig
from keras_draw.files import expanded
from keras_draw.models.draw import DRAW
from keras_draw.models.memory import weight_bytes
from keras_draw.printed import command
from keras_draw.training.addresses import fetched
from keras_draw.training.named import PRESETS, is_address, presets, run_of
from keras_draw.training.runs import MAX_JSON_BYTES, RunConfig, RunFolder, parse_object

DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError,
    RuntimeError, OverflowError, OSError,
)  # fmt: skip
"""Exceptions raised by files that are damaged, or not archives at all."""
MAX_MODEL_BYTES = 8 * 2**30


__all__ = ["DAMAGED", "PRESETS", "Loaded", "load", "load_run", "presets", "run_of"]


class Loaded(NamedTuple):
    """The network of a run, with the state it was loaded from; a running training may change it."""

    model: DRAW
    config: RunConfig
    weights_hash: str
    """SHA-256 of exactly the bytes that the weights were read from."""


def load(what: str | Path) -> DRAW:
    """Load a trained network from a run, a file, a preset or an address.

    Args:
        what: a run folder, a `.keras` file, the name of a preset, or the address of a network,
            `hf://USER/NAME` on the Hugging Face Hub or `https://HOST/NAME.keras`; see
            `addresses.fetched`.

    Returns:
        The network with its best weights. Nothing in the files is executed.

    Raises:
        FileNotFoundError: if there is no such network.
        ValueError: if it is not a DRAW network, is damaged, was saved by a newer version, or does
            not fit its own configuration.
        OSError: if an address cannot be reached.

    Example:
        >>> load("runs/demo").generate(10).shape        # doctest: +SKIP
        (10, 8, 8, 1)
    """
    file = file_of(what)
    return from_file(file) if file else load_run(run_of(what)).model


def file_of(what: str | Path) -> Path | None:
    """The local path of a `.keras` file; None for a run or a preset.

    Args:
        what: as in `load`; an address is downloaded.
    """
    if is_address(what):
        return fetched(str(what))
    path = expanded(what)
    return path if path.suffix.lower() == ".keras" and path.is_file() else None


def load_run(run: RunFolder) -> Loaded:
    """Load the network of a run folder.

    The weights are copied once; the hash and the network are made from that copy.

    Args:
        run: a run folder, or the folder of a preset.

    Raises:
        FileNotFoundError: if there is no run, or its first epoch has not ended.
        ValueError: if a file is damaged, or the run is replaced by another one meanwhile.
    """
    config = run.read_config()
    if not run.has_weights:
        raise FileNotFoundError(
            f"{run} has no weights yet: its first epoch has not ended. Go on with "
            f"`{command('train', '--resume', run.path)}`."
        )
    with tempfile.TemporaryDirectory() as scratch:
        weights = Path(scratch) / run.best.name
        shutil.copyfile(run.best, weights)
        if run.read_config().model != config.model:
            raise ValueError(f"{run} is being replaced by another process; try again later.")
        with weights.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Loaded(_network(config.model, weights, run.best.name), config, digest)


def from_file(path: Path) -> DRAW:
    """Load the network of a `.keras` file.

    Only the weights and the plain values of the configuration are read: no class is looked up.

    Args:
        path: the file.

    Raises:
        ValueError: as in `load`.
    """
    not_ours = f"{path.name} is not a DRAW network saved by Keras, or damaged"
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {member.filename: member.file_size for member in archive.infolist()}
            if sizes.get("config.json", MAX_JSON_BYTES + 1) > MAX_JSON_BYTES:
                raise ValueError(f"{not_ours}: it contains no configuration.")
            limit = min(MAX_MODEL_BYTES, 1100 * path.stat().st_size)
            if sizes.get("model.weights.h5", limit + 1) > limit:
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
            config = DRAWConfig.from_json(inner.get("config", {}))
            with tempfile.TemporaryDirectory() as scratch:
                weights = Path(scratch) / "model.weights.h5"
                with archive.open("model.weights.h5") as source, weights.open("wb") as target:
                    shutil.copyfileobj(source, target)
                return _network(config, weights, path.name)
    except DAMAGED as error:
        if isinstance(error, PermissionError) or getattr(error, "errno", 0) == errno.ENOSPC:
            raise
        raise ValueError(f"{not_ours} ({error}).") from None


def _network(config: DRAWConfig, weights: Path, name: str) -> DRAW:
    """Build the network of a configuration with the weights of a file, which must fit it."""
    needed = weight_bytes(config) // 2  # in float16, the smallest type that is stored
    if needed > weights.stat().st_size:
        raise ValueError(
            f"{name} does not fit its configuration, or is damaged: the network needs at least "
            f"{needed} bytes of weights, but the file has {weights.stat().st_size}."
        )
    model = DRAW(config, empty=True)
    try:
        model.load_weights(weights)
    except Exception as error:  # h5py and Keras fail in many ways on damaged files
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ValueError(f"{name} does not fit its configuration, or is damaged: {first}") from None
    return model
