"""Options and functions that the subcommands share."""

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
"""A switch: on if given."""
DataDir = Annotated[
    str,
    tyro.conf.arg(
        help="Folder of data sets, searched before KERAS_DRAW_DATA and the caches. Downloads go "
        "there."
    ),
]
"""The user's folder of data sets."""
Offline = Annotated[
    Flag,
    tyro.conf.arg(
        help="Download nothing, as with KERAS_DRAW_OFFLINE=1. If data is missing, the error names "
        "it."
    ),
]
"""A switch that turns downloads off."""
WhichNetwork = Annotated[
    tyro.conf.Positional[str],
    tyro.conf.arg(
        help="A run folder, a .keras file, the name of a preset, or an address: hf://USER/NAME "
        "(Hugging Face Hub) or https://HOST/NAME.keras."
    ),
]
"""A trained network, as `load` accepts it."""
WhichExecutor = Annotated[
    Executor,
    tyro.conf.arg(
        help="local: one run after another, each on all cores; ray: several runs at the same time, "
        "on one machine or many (pip install 'keras-draw[ray]')."
    ),
]
"""Where the runs of a sweep are computed."""
ImageShape = Annotated[tuple[int, int, int] | None, tyro.conf.arg(metavar="HEIGHT WIDTH CHANNELS")]
"""The shape that a folder's pictures are resized to."""
Given = tyro.conf.Suppress[frozenset[str]]
"""Names of the options on the command line, to tell given values from defaults."""
Ray = Annotated[RayOptions, tyro.conf.arg(name="")]
"""Options for Ray. Without a name, a bad value reaches `main` as a plain ValueError."""


class Command(Protocol):
    """The interface of every subcommand."""

    json: bool

    def run(self) -> dict[str, Any]:
        """Run the command.

        Returns:
            The values that `--json` prints, and `exit_code` if it is not 0.
        """


@dataclass(frozen=True, kw_only=True)
class Features:
    """Options of commands that compare images by features."""

    extractor: str = "inception-2015"
    """NAME[:TAP]: inception-2015, keras-inception (taps 64, 192, 768, 2048) or
    digits-classifier."""
    weights: str = ""
    """File or folder of the extractor's weights, searched before KERAS_DRAW_WEIGHTS."""
    force: Flag = False
    """Use digits-classifier on pictures that it was not made for."""
    seed: int = 0
    """Seed of all random draws."""
    data_dir: DataDir = ""
    offline: Offline = False
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    @property
    def options(self) -> dict[str, Any]:
        """The options as keyword arguments."""
        check_weights(self.weights, self.extractor)
        return {
            "extractor": self.extractor,
            "weights": Path(self.weights) if self.weights else None,
            "force": self.force,
            "seed": self.seed,
            "data_dir": self.data_dir or None,
        }


def say_page(what: str, size: int) -> None:
    """Print that a page was written.

    Args:
        what: the place of the page and its contents.
        size: its size in bytes.
    """
    say(f"{what}, {size / 1e6:.1f} MB. Open it in a browser.")


def check_weights(weights: str, extractor: str) -> None:
    """Check that the named extractor reads weights from a file.

    Raises:
        ValueError: if no extractor is named, or one that ships with its weights.
    """
    if weights and not extractor:
        raise ValueError("--weights needs an extractor, and none is named: leave out --weights.")
    if weights and extractor.startswith("digits-classifier"):
        raise ValueError("digits-classifier ships with its weights: leave out --weights.")


@contextmanager
def warnings_as_sentences() -> Iterator[None]:
    """Within the block, print the package's own warnings as plain sentences."""
    package = Path(__file__).parent.parent
    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(
            message: Any,
            category: Any,
            filename: str,
            lineno: int,
            file: Any = None,
            line: Any = None,
        ) -> None:
            if issubclass(category, UserWarning) and Path(filename).is_relative_to(package):
                say(str(message))
            else:
                usual(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        yield


@contextmanager
def progress() -> Iterator[Callable[[str, int], Callable[[], None]]]:
    """Show progress bars on a terminal, one for each part of a measurement.

    Yields:
        A function that adds a bar, (description, number of steps) -> a function to call after each
        step.
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
