"""Checks of the names of networks and data sets, before a numerical library is loaded.

If a name also means something else here, such as a folder, the user is told which one is used.
"""

from pathlib import Path
from typing import Any

from keras_draw.cli.evaluation import Evaluate, Fid
from keras_draw.cli.report import Compare, Report
from keras_draw.cli.train import Train
from keras_draw.data.specs import SPLITS, parse
from keras_draw.evaluation.taken import taken_for
from keras_draw.files import expanded
from keras_draw.printed import quoted
from keras_draw.training.named import is_address, namesake, run_of


def check_names(command: Any) -> list[str]:
    """Check that the networks and data sets that a command names exist.

    Args:
        command: the parsed command.

    Returns:
        Sentences for the user about names that also mean something else.

    Raises:
        ValueError, FileNotFoundError: if one does not exist; the message is one sentence with the
            nearest name.
    """
    said = []
    if isinstance(command, Fid):
        for spec in (command.a, command.b):
            said += _group(spec)
    if isinstance(command, Evaluate):
        said += _network(command.run_dir)
        said += _images(command.asked.dataset)
    if isinstance(command, Report):
        said.append(namesake(command.what))
    if isinstance(command, Compare):
        for name in command.runs:
            said += _network(name)
    if isinstance(command, Train) and not command.resume:
        said += _images(command.training.dataset)
        said += _network(command.start_from) if command.start_from else []
    if hasattr(command, "network"):
        said += _network(command.network)
    if hasattr(command, "dataset"):
        said += _images(command.dataset)
    return [sentence for sentence in dict.fromkeys(said) if sentence]


def _network(name: str) -> list[str]:
    is_file = name.lower().endswith(".keras") and expanded(name).is_file()
    if not is_file and not is_address(name):
        run_of(name)
    return [namesake(name)]


def _images(spec: str) -> list[str]:
    """Check the specification of a data set; an empty one is the default and always valid."""
    if not spec:
        return []
    parsed = parse(spec)
    parsed.check()
    if parsed.kind in SPLITS and Path(parsed.kind).is_dir():
        return [
            f"{parsed.kind} means the data set; for the folder of that name write "
            f"folder:{quoted(parsed.kind)}."
        ]
    return []


def _group(spec: str) -> list[str]:
    taken = taken_for(spec)
    if taken.kind == "images":
        return _images(taken.spec)
    return [namesake(spec)]
