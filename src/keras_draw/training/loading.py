"""The one door to trained networks: runs, files and presets, read without executing anything."""

import shutil
import tempfile
import zipfile
from pathlib import Path

from keras_draw.config import DRAWConfig, suggest
from keras_draw.models.draw import DRAW
from keras_draw.models.memory import weight_bytes
from keras_draw.printed import quoted
from keras_draw.training.runs import MAX_JSON_BYTES, RunFolder, parse_object

MAX_MODEL_BYTES = 8 * 2**30
PRESETS = Path(__file__).parent.parent / "presets"


def load(what: str | Path) -> DRAW:
    """A trained network: the one door to runs, files and presets.

    Args:
        what: a run folder, a `.keras` file, or the name of a preset.

    Returns:
        The network with its best weights. Nothing in the files is executed.

    Raises:
        FileNotFoundError: if there is nothing of that name.
        ValueError: if it is no DRAW network, is damaged, newer than this version, or does not fit
            its own configuration.

    Example:
        >>> load("runs/demo").generate(10).shape        # doctest: +SKIP
        (10, 8, 8, 1)
    """
    path = Path(what).expanduser()
    if path.suffix.lower() == ".keras" and path.is_file():
        return _from_keras(path)
    return _from_run(run_of(what))


def run_of(what: str | Path) -> RunFolder:
    """The run folder of a run or of a preset.

    Args:
        what: a folder, or the name of a preset.

    Raises:
        FileNotFoundError: if there is nothing of that name.
    """
    path, names = Path(what).expanduser(), presets()
    # A folder of data may have a preset's name; only a run of that name goes before it.
    if path.is_dir() and (str(what) not in names or RunFolder(path).exists):
        return RunFolder(path)
    if str(what) in names:
        return RunFolder(PRESETS / str(what))
    raise FileNotFoundError(
        f"There is no run folder, .keras file or preset {str(what)!r}: {suggest(str(what), names)}"
    )


def presets() -> list[str]:
    """Names of the trained networks that ship with the package.

    Example:
        >>> "mnist" in presets()
        True
    """
    return sorted(p.name for p in PRESETS.iterdir() if (p / "config.json").is_file())


def _from_run(run: RunFolder) -> DRAW:
    config = run.read_config().model
    if not run.best.is_file():
        raise FileNotFoundError(
            f"{run} holds no weights yet: its first epoch has not ended. Go on with "
            f"`keras-draw train --resume {quoted(run.path)}`."
        )
    return _network(config, run.best, run.best.name)


def _from_keras(path: Path) -> DRAW:
    """Only the configuration's plain values and the weights are read: no class is looked up."""
    not_ours = f"{path.name} is not a DRAW network saved by Keras, or damaged"
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {member.filename: member.file_size for member in archive.infolist()}
            if sizes.get("config.json", MAX_JSON_BYTES + 1) > MAX_JSON_BYTES:
                raise ValueError(f"{not_ours}: it holds no configuration.")
            limit = min(MAX_MODEL_BYTES, 1100 * path.stat().st_size)
            if sizes.get("model.weights.h5", limit + 1) > limit:
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
            config = DRAWConfig.from_json(inner.get("config", {}))
            with tempfile.TemporaryDirectory() as scratch:
                weights = Path(scratch) / "model.weights.h5"
                with archive.open("model.weights.h5") as source, weights.open("wb") as target:
                    shutil.copyfileobj(source, target)
                return _network(config, weights, path.name)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        if isinstance(error, PermissionError):
            raise
        raise ValueError(f"{not_ours} ({error}).") from None


def _network(config: DRAWConfig, weights: Path, name: str) -> DRAW:
    """The network of a configuration with the weights of a file, which must hold as many."""
    needed = weight_bytes(config)
    if needed > weights.stat().st_size:
        raise ValueError(
            f"{name} does not fit its configuration, or is damaged: the network has {needed} bytes "
            f"of weights, the file {weights.stat().st_size}."
        )
    model = DRAW(config)
    try:
        model.load_weights(weights)
    except Exception as error:  # h5py and Keras fail in many ways on damaged files
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ValueError(f"{name} does not fit its configuration, or is damaged: {first}") from None
    return model
