"""What every command checks before it begins: its words, its numbers, its surroundings."""

import dataclasses
import os
from pathlib import Path
from typing import Any

from keras_draw.backends import check_backend
from keras_draw.cli.streams import printable
from keras_draw.config.ranges import in_range

MOST_CHARACTERS = 4000
"""Of one word: no system takes a longer path."""
MOST_FOLDERS = 200
"""In one another, in one word: Python reaches and makes no deeper ones."""
PATHS = ("KERAS_DRAW_DATA", "KERAS_DRAW_WEIGHTS", "KERAS_DRAW_CACHE")
"""Variables of the environment that name a file or folder."""


def given(argv: list[str]) -> frozenset[str]:
    """The options that a command line gives, by the names of their fields.

    Example:
        >>> sorted(given(["train", "--run-dir=a", "--no-conditional", "--epochs", "3"]))
        ['conditional', 'epochs', 'run_dir']
    """
    names = (word[2:].partition("=")[0] for word in argv if word.startswith("--"))
    return frozenset(name.replace("-", "_").removeprefix("no_") for name in names)


def check_words(argv: list[str]) -> None:
    """Refuse words that no file or number is meant by.

    Raises:
        ValueError: if one is empty, too long, not UTF-8, or begins with a user's folder that there
            is not.
    """
    for before, word in zip(["", *argv], argv, strict=False):
        option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
        shown = printable(value if len(value) < 40 else f"{value[:40]}...")
        if not value and (equals or not option):
            named = option or (before.partition("=")[0] if before.startswith("--") else "A name")
            raise ValueError(f"{named} is empty: give a value, or leave it out.")
        if printable(value) != value or "\0" in value:
            raise ValueError(
                f"'{shown}' is not text in UTF-8, in which results name it: rename the file, or "
                "make a link to it that has a plain name."
            )
        if len(os.fsencode(value)) > MOST_CHARACTERS:
            raise ValueError(
                f"'{shown}' has {len(value)} characters, more than any path or number that is "
                "meant here."
            )
        if value.count("/") > MOST_FOLDERS:
            raise ValueError(
                f"'{shown}' names {value.count('/')} folders in one another; more than "
                f"{MOST_FOLDERS} are not reached: go to one of them first, and name the rest."
            )
        _check_home(value.removeprefix("folder:").removeprefix("npz:"), f"'{shown}'")


def _check_home(value: str, shown: str) -> None:
    try:
        Path(value).expanduser()
    except RuntimeError:
        raise ValueError(
            f"{shown} begins with the folder of a user who is not known here (HOME is "
            f"{os.environ.get('HOME', 'not set')!r}): write the path out."
        ) from None


def check_numbers(command: Any) -> None:
    """Refuse numbers that nothing can be counted with.

    Args:
        command: a dataclass; those in its fields are looked into.

    Raises:
        ValueError: naming the option.
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
    """Refuse an environment in which no command would end well.

    Raises:
        ValueError: if Keras's backend is not there or cannot train, or a variable names the folder
            of a user whom nobody knows.
    """
    for name in PATHS:
        _check_home(os.environ.get(name, ""), name)
    try:
        check_backend()
    except ImportError as error:
        raise ValueError(str(error)) from None
