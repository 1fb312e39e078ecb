"""Load trained networks from runs, files, presets and addresses, without executing anything."""

import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from keras_draw.config import DRAWConfig
from keras_draw.files import sha256_of
from keras_draw.models.draw import DRAW
from keras_draw.models.memory import weight_bytes
from keras_draw.printed import command
from keras_draw.training.keras_file import WEIGHTS, file_of, opened
from keras_draw.training.named import PRESETS, presets, run_of
from keras_draw.training.runs import RunConfig, RunFolder

__all__ = [
    "PRESETS",
    "Hashed",
    "Loaded",
    "file_of",
    "load",
    "load_hashed",
    "load_run",
    "presets",
    "run_of",
]


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
        >>> load("mnist").generate(10).shape
        (10, 28, 28, 1)
    """
    file = file_of(what)
    return from_file(file) if file else load_run(run_of(what)).model


class Hashed(NamedTuple):
    """A network and the hash of its file."""

    model: DRAW
    sha256: str
    """of the `.keras` file, or of a run's weights, as hexadecimal digits."""


def load_hashed(what: str | Path) -> Hashed:
    """Load a network as `load` does, with the SHA-256 of its file.

    Args:
        what: as in `load`.

    Raises:
        FileNotFoundError, ValueError, OSError: as in `load`.
    """
    file = file_of(what)
    if file is None:
        run = load_run(run_of(what))
        return Hashed(run.model, run.weights_hash)
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / file.name
        shutil.copyfile(file, copy)
        return Hashed(from_file(copy), sha256_of(copy))


def check_has_weights(run: RunFolder) -> None:
    """Refuse a run that has no weights yet.

    Raises:
        FileNotFoundError: if no epoch of it has ended.
    """
    if not run.has_weights:
        raise FileNotFoundError(
            f"{run} has no weights yet: its first epoch has not ended. Continue with "
            f"`{command('train', '--resume', run.path)}`."
        )


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
    check_has_weights(run)
    with tempfile.TemporaryDirectory() as scratch:
        weights = Path(scratch) / run.best.name
        shutil.copyfile(run.best, weights)
        if run.read_config().model != config.model:
            raise ValueError(f"{run} is being replaced by another process; try again later.")
        network = _network(config.model, weights, run.best.name)
        return Loaded(network, config, sha256_of(weights))


def from_file(path: Path) -> DRAW:
    """Load the network of a `.keras` file.

    Only the weights and the plain values of the configuration are read: no class is looked up.

    Args:
        path: the file.

    Raises:
        ValueError: as in `load`.
    """
    with opened(path) as (archive, config), tempfile.TemporaryDirectory() as scratch:
        weights = Path(scratch) / WEIGHTS
        with archive.open(WEIGHTS) as source, weights.open("wb") as target:
            shutil.copyfileobj(source, target)
        return _network(config, weights, path.name)


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
