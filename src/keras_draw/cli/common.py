"""What the subcommands share."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

import tyro

from keras_draw.cli.streams import say
from keras_draw.sweeps.executors import Executor, RayOptions

__all__ = [
    "Command",
    "DataDir",
    "Features",
    "Flag",
    "Given",
    "ImageShape",
    "Offline",
    "Ray",
    "WhichExecutor",
    "WhichNetwork",
    "check_weights",
    "progress",
    "say",
    "say_page",
]

Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]
"""On or not given."""
DataDir = Annotated[
    str,
    tyro.conf.arg(
        help="Folder of data sets, looked in before KERAS_DRAW_DATA and the caches; what is "
        "downloaded goes there."
    ),
]
"""The user's folder of data sets."""
Offline = Annotated[
    Flag,
    tyro.conf.arg(help="Download nothing, as with KERAS_DRAW_OFFLINE=1: what is missing is named."),
]
"""On or not given."""
WhichNetwork = Annotated[
    tyro.conf.Positional[str],
    tyro.conf.arg(
        help="A run folder, a .keras file, the name of a preset, or an address: hf://USER/NAME (on "
        "the Hugging Face Hub), https://HOST/NAME.keras."
    ),
]
"""A trained network, as `load` takes it."""
WhichExecutor = Annotated[
    Executor,
    tyro.conf.arg(
        help="local: one run after the other, each with all cores; ray: several at once, on one "
        "machine or on many (pip install 'keras-draw[ray]')."
    ),
]
"""Where the runs of a sweep are done."""
ImageShape = Annotated[tuple[int, int, int] | None, tyro.conf.arg(metavar="HEIGHT WIDTH CHANNELS")]
"""What a folder's pictures are brought to."""
Given = tyro.conf.Suppress[frozenset[str]]
"""Names of the options that the command line gave: what was not said is not what was meant."""
Ray = Annotated[RayOptions, tyro.conf.arg(name="")]
"""Options of Ray; without a name, a bad value reaches `main` as the ValueError that it is."""


class Command(Protocol):
    """What every subcommand can do."""

    json: bool

    def run(self) -> dict[str, Any]:
        """Do it; the values that `--json` prints, and `exit_code` where it is not 0."""


@dataclass(frozen=True, kw_only=True)
class Features:
    """Options of what compares images by features."""

    extractor: str = "inception-2015"
    """NAME[:TAP]: inception-2015, keras-inception (taps 64, 192, 768, 2048) or
    digits-classifier."""
    weights: str = ""
    """File or folder of the extractor's weights, looked at before KERAS_DRAW_WEIGHTS."""
    force: Flag = False
    """Let digits-classifier take pictures that it was not made for."""
    seed: int = 0
    """Seed of what is drawn."""
    data_dir: DataDir = ""
    offline: Offline = False
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    @property
    def options(self) -> dict[str, Any]:
        """As keyword arguments."""
        check_weights(self.weights, self.extractor)
        return {
            "extractor": self.extractor,
            "weights": Path(self.weights) if self.weights else None,
            "force": self.force,
            "seed": self.seed,
            "data_dir": self.data_dir or None,
        }


def say_page(what: str, size: int) -> None:
    """Say that a page was written.

    Args:
        what: where, and what is on it.
        size: bytes.
    """
    say(f"{what}, {size / 1e6:.1f} MB. Open it in a browser.")


def check_weights(weights: str, extractor: str) -> None:
    """Refuse weights that nothing would read.

    Raises:
        ValueError: if no extractor is named, or one that comes with its own.
    """
    if weights and not extractor:
        raise ValueError("--weights are an extractor's, and none is named: leave them out.")
    if weights and extractor.startswith("digits-classifier"):
        raise ValueError("digits-classifier comes with its weights: leave --weights out.")


@contextmanager
def warnings_as_sentences() -> Iterator[None]:
    """Within the block the package's own warnings are what a person is told."""
    package = Path(__file__).parent.parent
    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(
            message: Any, category: Any, file: str, line: int, to: Any = None, text: Any = None
        ) -> None:
            if issubclass(category, UserWarning) and Path(file).is_relative_to(package):
                say(str(message))
            else:
                usual(message, category, file, line, to, text)

        warnings.showwarning = show
        yield


@contextmanager
def progress() -> Iterator[Callable[[str, int], Callable[[], None]]]:
    """Bars on a terminal, one for each part of a measurement.

    Yields:
        (what is measured, steps) -> a function to be called after each step.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:16}"),
        BarColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    bars = Progress(*columns, console=console, disable=not console.is_terminal)
    with bars:

        def watch(part: str, steps: int) -> Callable[[], None]:
            task = bars.add_task(part, total=steps)
            return lambda: bars.advance(task)

        yield watch
