"""Resolve the name of a network: a run, a file, a preset or an address. Imports nothing heavy."""

from pathlib import Path

from keras_draw.config import suggest
from keras_draw.data.specs import SPLITS
from keras_draw.files import expanded
from keras_draw.printed import command
from keras_draw.training.runs import RunFolder

PRESETS = Path(__file__).parent.parent / "presets"
HUB = "hf://"
WEB = ("https://", "http://")


def is_address(what: str | Path) -> bool:
    """Whether this is the address of a network, rather than a name or a path.

    Example:
        >>> is_address("hf://ada/digits"), is_address("digits.keras")
        (True, False)
    """
    return isinstance(what, str) and what.startswith((HUB, *WEB))


def run_of(what: str | Path) -> RunFolder:
    """The run folder of a run or of a preset.

    Args:
        what: a folder, or the name of a preset.

    Raises:
        FileNotFoundError: if there is no run or preset of that name.
    """
    path, names = expanded(what), presets()
    # A folder of data may have the name of a preset; only a run folder takes precedence over it.
    if path.is_dir() and (str(what) not in names or RunFolder(path).exists):
        return RunFolder(path)
    if str(what) in names:
        return RunFolder(PRESETS / str(what))
    if str(what) in SPLITS:
        raise FileNotFoundError(
            f"{what} is a data set; there is no run folder, .keras file or preset of that name. "
            f"Train on it with `{command('train', '--dataset', what)}`."
        )
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


def namesake(what: str | Path) -> str:
    """A note on which network is used if a folder here has the name of a preset.

    Args:
        what: as in `run_of`.

    Returns:
        One sentence; empty if the name is not ambiguous.
    """
    name = str(what)
    if name not in presets() or not Path(name).is_dir():
        return ""
    if RunFolder(name).exists:
        return f"Using the run in the folder {name}, not the preset of that name."
    return f"Using the preset {name}; the folder {name} contains no run."
