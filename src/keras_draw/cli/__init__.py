"""The command `keras-draw`: arguments in, calls out.

Until the command line is parsed, nothing heavier than the argument parser is imported, so help
appears immediately.
"""

import dataclasses
import sys
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import tyro

from keras_draw import __version__
from keras_draw.backends import keras_alone
from keras_draw.cli import door
from keras_draw.cli.classifying import Classify
from keras_draw.cli.common import Command, say, warnings_as_sentences
from keras_draw.cli.completing import Complete
from keras_draw.cli.datasets import DataCheck, DataGet, DataList
from keras_draw.cli.drawing import Generate, Reconstruct
from keras_draw.cli.evaluation import Evaluate, Fid
from keras_draw.cli.experiments import TIMESTEPS, Collapse, FidJudged, FidProperties
from keras_draw.cli.help import asks_help, in_whole_lines
from keras_draw.cli.interpolating import Interpolate
from keras_draw.cli.names import check_names
from keras_draw.cli.options import Group
from keras_draw.cli.page import Page
from keras_draw.cli.pictures import PICTURES
from keras_draw.cli.recipes import Recipes
from keras_draw.cli.report import Compare, Report
from keras_draw.cli.spelling import check_spelling, names_a_spec
from keras_draw.cli.streams import print_json, whole_streams
from keras_draw.cli.sweep import SweepRun, SweepStatus
from keras_draw.cli.train import Demo, Train
from keras_draw.network import offline
from keras_draw.training import recipes
from keras_draw.training.stopping import INTERRUPTED, ending_in_time

MOST_SHOWN = 300
"""Most characters of a file name in an error message."""
COMMANDS: dict[str, type | Group] = {
    "train": Train,
    "generate": Generate,
    "reconstruct": Reconstruct,
    "interpolate": Interpolate,
    "complete": Complete,
    "classify": Classify,
    "evaluate": Evaluate,
    "fid": Fid,
    "report": Report,
    "compare": Compare,
    "page": Page,
    "sweep": Group(
        "Train and evaluate a grid of runs, or show its progress.",
        {"run": SweepRun, "status": SweepStatus},
    ),
    "experiment": Group(
        "Reproduce a table or figure of the thesis.",
        {
            "fid-properties": FidProperties,
            "fid-judged": FidJudged,
            "collapse": Collapse,
            **{command.name: command for command in (*PICTURES, *TIMESTEPS)},
        },
    ),
    "data": Group(
        "List, check and download data sets.",
        {"list": DataList, "check": DataCheck, "get": DataGet},
    ),
    "recipes": Recipes,
    "demo": Demo,
}
"""The commands, in the order in which help lists them."""


def parser(train: Train) -> Any:
    """The union of all subcommands, for tyro.

    Args:
        train: the defaults of `train`, from a recipe or a run.
    """
    sub, found = tyro.conf.subcommand, list[Any]()
    for name, what in COMMANDS.items():
        if isinstance(what, Group):
            among: Any = typing.Union.__getitem__(tuple(_named(what.commands)))
            found.append(Annotated[among, sub(name, description=what.title)])
        elif what is Train:
            found.append(Annotated[Train, sub(name, default=train)])
        else:
            found += _named({name: what})
    return typing.Union.__getitem__(tuple(found))


def _named(commands: Mapping[str, type]) -> Iterator[Any]:
    for name, command in commands.items():
        yield Annotated[command, tyro.conf.subcommand(name, description=_first_line(command))]


def _first_line(command: type) -> str:
    return (command.__doc__ or "").splitlines()[0]


def main(argv: list[str] | None = None) -> None:
    """Run the command line.

    Args:
        argv: the arguments; those of the process if not given.

    Raises:
        SystemExit: with 2 after bad input, 130 after an interruption, 141 if the reader of the
            output went away, 1 if training diverged or runs of a sweep failed.
    """
    argv = sys.argv[1:] if argv is None else argv
    with whole_streams() as has_stdout:
        if argv == ["--version"]:
            print(f"keras-draw {__version__}")
            return
        try:
            _run(argv, has_stdout=has_stdout)
        except KeyboardInterrupt as stopped:
            say(str(stopped) or "Stopped.")
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            raise
        except (ValueError, OSError, MemoryError, OverflowError) as error:
            say(f"keras-draw: {_sentence(error)}")
            sys.exit(2)
        except ArithmeticError as error:  # training diverged
            say(f"keras-draw: {error}")
            sys.exit(1)


def _read(argv: list[str]) -> Command:
    """Parse a command line and check the command."""
    door.check_words(argv)
    if argv[:1] == ["sweep"] and argv[1:2] and names_a_spec(argv[1]):
        argv = ["sweep", "run", *argv[1:]]  # a SPEC alone means `sweep run`
    if asks_help(argv):
        in_whole_lines(COMMANDS)
    else:
        check_spelling(argv, COMMANDS)
    command: Any = tyro.cli(
        parser(_base(argv)),
        prog="keras-draw",
        description="DRAW for Keras 3: a network that paints an image in T strokes.",
        args=argv,
        config=(tyro.conf.OmitArgPrefixes, tyro.conf.PositionalMetavarFromFieldName),
    )
    door.check_numbers(command)
    door.check_surroundings()
    for sentence in check_names(command):
        say(sentence)
    if hasattr(command, "given"):
        command = dataclasses.replace(command, given=door.given(argv))
    return command


def _run(argv: list[str], *, has_stdout: bool) -> None:
    with ending_in_time(), keras_alone(), warnings_as_sentences():
        command = _read(argv)
        if command.json and not has_stdout:
            raise ValueError(
                "--json prints its result on stdout, which is closed: open stdout, or leave out "
                "--json."
            )
        with offline(really=getattr(command, "offline", False)):
            result = command.run()
    code = result.pop("exit_code", 0)
    if command.json:
        print_json(result)
    if code:
        sys.exit(code)


def _base(argv: list[str]) -> Train:
    """The defaults of `train`: from the resumed run, from the recipe, or the general ones."""
    if argv[:1] != ["train"]:
        return Train()
    given = _option(argv, "--resume")
    if given and Path(given).expanduser().is_dir():
        from keras_draw.training.runs import RunFolder

        stored = RunFolder(given).read_config()
        return Train(architecture=stored.model.architecture, training=stored.training)
    given = _option(argv, "--recipe")
    if given is None:
        return _begun(argv)
    recipe = recipes.get(given)
    return Train(
        recipe=recipe.name,
        conditional=recipe.conditional,
        image_shape=recipe.image_shape,
        architecture=recipe.architecture,
        training=recipe.training,
    )


def _begun(argv: list[str]) -> Train:
    """The defaults of `train`; with `--start-from`, those of that network."""
    given = _option(argv, "--start-from")
    if not given or asks_help(argv):
        return Train()
    from keras_draw.training.keras_file import config_of

    try:
        with offline(really="offline" in door.given(argv)):
            found = config_of(given)
    except FileNotFoundError:  # reported later, with all other names
        return Train()
    return Train(conditional=found.num_classes > 0, architecture=found.architecture)


def _option(argv: list[str], name: str) -> str | None:
    """The value of an option; the last one if the option is given more than once."""
    found = None
    for word, after in zip(argv, [*argv[1:], None], strict=True):
        option, equals, value = word.partition("=")
        if option.replace("_", "-") == name:
            found = value if equals else after
    return found


def _sentence(error: Exception) -> str:
    """The error message in one line; system errors include the file name."""
    if isinstance(error, OSError) and error.strerror:
        name = str(error.filename or "")
        shown = name if len(name) <= MOST_SHOWN else f"{name[:MOST_SHOWN]}..."
        return f"{error.strerror}: {shown}" if shown else error.strerror
    return " ".join(str(error).split())
