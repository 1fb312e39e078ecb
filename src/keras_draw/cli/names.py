"""Names of networks and of data sets: refused before a numerical library is loaded.

What shares a name with something here is said, so that nothing hides it without a word.
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
    """Refuse a name that no network or data set has.

    Args:
        command: as it was read.

    Returns:
        Sentences about what else has a name that is used.

    Raises:
        ValueError, FileNotFoundError: in one sentence, with the nearest name.
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
    """Nothing asked for is nothing to refuse."""
    if not spec:
        return []
    parsed = parse(spec)
    parsed.check()
    if parsed.kind in SPLITS and Path(parsed.kind).is_dir():
        return [
            f"{parsed.kind} is the data set; the folder of that name here is "
            f"folder:{quoted(parsed.kind)}."
        ]
    return []


def _group(spec: str) -> list[str]:
    taken = taken_for(spec)
    if taken.kind == "images":
        return _images(taken.spec)
    return [namesake(spec)]
