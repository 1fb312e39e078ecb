"""Checks before a command begins: its arguments, its numbers, the environment."""

import dataclasses
import os
from pathlib import Path
from typing import Any

from keras_draw.backends import check_backend
from keras_draw.cli.streams import printable
from keras_draw.config.ranges import in_range

MOST_CHARACTERS = 4000
"""Most bytes of one argument: no system accepts a longer path."""
MOST_FOLDERS = 200
"""Most nested folders in one argument: Python cannot reach or create deeper ones."""
PATHS = ("KERAS_DRAW_DATA", "KERAS_DRAW_WEIGHTS", "KERAS_DRAW_CACHE")
"""Environment variables that name a file or folder."""


def given(argv: list[str]) -> frozenset[str]:
    """The options given on a command line, by their field names.

    Example:
        >>> sorted(given(["train", "--run-dir=a", "--no-conditional", "--epochs", "3"]))
        ['conditional', 'epochs', 'run_dir']
    """
    names = (word[2:].partition("=")[0] for word in argv if word.startswith("--"))
    return frozenset(name.replace("-", "_").removeprefix("no_") for name in names)


def check_words(argv: list[str]) -> None:
    """Refuse arguments that cannot mean a file or a number.

    Raises:
        ValueError: if one is empty, too long, not UTF-8, or begins with the home folder of an
            unknown user.
    """
    for before, word in zip(["", *argv], argv, strict=False):
        option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
        shown = printable(value if len(value) < 40 else f"{value[:40]}...")
        if not value and (equals or not option):
            named = option or (before.partition("=")[0] if before.startswith("--") else "A name")
            raise ValueError(f"{named} is empty: give a value, or leave it out.")
        if printable(value) != value or "\0" in value:
            raise ValueError(
                f"'{shown}' is not valid UTF-8, as file names in results must be: rename the file, "
                "or make a link to it with a plain name."
            )
        if len(os.fsencode(value)) > MOST_CHARACTERS:
            raise ValueError(
                f"'{shown}' has {len(value)} characters, more than any path or number that is "
                "expected here."
            )
        if value.count("/") > MOST_FOLDERS:
            raise ValueError(
                f"'{shown}' is {value.count('/')} folders deep, and more than {MOST_FOLDERS} are "
                "not supported: change to one of the folders, and give the rest of the path."
            )
        _check_home(value.removeprefix("folder:").removeprefix("npz:"), f"'{shown}'")


def _check_home(value: str, shown: str) -> None:
    try:
        Path(value).expanduser()
    except RuntimeError:
        raise ValueError(
            f"{shown} begins with the home folder of an unknown user (HOME is "
            f"{os.environ.get('HOME', 'not set')!r}): write the full path."
        ) from None


def check_numbers(command: Any) -> None:
    """Check that the machine can compute with every number of a command.

    Args:
        command: a dataclass. Dataclasses in its fields are checked, too.

    Raises:
        ValueError: if it cannot; the message names the option.
    """
    for field in dataclasses.fields(command):
        value = getattr(command, field.name)
        if dataclasses.is_dataclass(value):
            check_numbers(value)
        for one in value if isinstance(value, tuple) else (value,):
            option = f"--{field.name.replace('_', '-')}"
            in_range(option, one)
            if field.name == "seed" and isinstance(one, int) and one < 0:
                raise ValueError(f"{option} is {one}; a seed is 0 or more.")


def check_surroundings() -> None:
    """Refuse an environment in which every command would fail.

    Raises:
        ValueError: if Keras's backend is missing or cannot train, or a variable names the home
            folder of an unknown user.
    """
    for name in PATHS:
        _check_home(os.environ.get(name, ""), name)
    try:
        check_backend()
    except ImportError as error:
        raise ValueError(str(error)) from None
