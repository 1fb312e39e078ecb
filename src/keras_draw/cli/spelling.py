"""Misspelt words on the command line: a one-line error with the right spelling.

The parser would print a page of text. The commands' fields show what is misspelt before it runs.
"""

import difflib
from collections.abc import Mapping
from pathlib import Path

from keras_draw.cli.options import Group, Option, options_of
from keras_draw.cli.streams import printable
from keras_draw.data.specs import PATHS, SPLITS
from keras_draw.training.recipes import RECIPES

EXPECTED = {int: "a whole number", float: "a number"}
SHAPE = "height, width and channels, as in --image-shape {0} {0} 3 (or 1 for grey)"


def check_spelling(argv: list[str], commands: Mapping[str, type | Group]) -> None:
    """Check that every command, option and choice on a command line exists.

    Args:
        argv: the arguments, without `--help`.
        commands: the commands by name.

    Raises:
        ValueError: if one does not; the message is one sentence with the nearest name.
    """
    if not argv:
        raise ValueError(
            f"Give a command: {', '.join(commands)} (keras-draw --help explains them)."
        )
    found = commands.get(argv[0])
    if found is None:
        raise ValueError(_no_command(argv[0], commands))
    said, rest = argv[0], argv[1:]
    if isinstance(found, Group):
        if not rest or rest[0] not in found.commands:
            raise ValueError(_no_command_of(said, rest, found.commands))
        said, found, rest = f"{said} {rest[0]}", found.commands[rest[0]], rest[1:]
    _Words(said, options_of(found)).check(rest)


def names_a_spec(word: str) -> bool:
    """Whether the word after `sweep` is a SPEC file, not a subcommand or a misspelt one.

    Example:
        >>> names_a_spec("my.json"), names_a_spec("statsu"), names_a_spec("--help")
        (True, False, False)
    """
    return not word.startswith("-") and not difflib.get_close_matches(word, ("run", "status"))


class _Words:
    """The arguments after a command's name, checked against its options."""

    def __init__(self, command: str, options: list[Option]) -> None:
        self.command = command
        self.alone = [option for option in options if not option.flags]
        self.flags = {flag: option for option in options for flag in option.flags}

    def check(self, words: list[str]) -> None:
        alone, given, todo = list[str](), set[str](), list(words)
        while todo:
            word = todo.pop(0)
            if not _is_option(word):
                alone.append(word)
                continue
            flag, equals, value = word.partition("=")
            option = self.flags.get(flag.replace("_", "-"))
            if option is None:
                raise ValueError(self._no_option(flag))
            given.add(option.name)
            values = [value] if equals else []
            while todo and not _is_option(todo[0]) and _takes(option, len(values)):
                values.append(todo.pop(0))
            _check_values(option, flag, values, equals=bool(equals))
        self._check_alone(alone)
        for option in self.flags.values():
            if option.needed and option.name not in given:
                raise ValueError(
                    f"keras-draw {self.command} needs --{option.name} (keras-draw {self.command} "
                    "--help explains it)."
                )

    def _check_alone(self, words: list[str]) -> None:
        names = [option.name.upper() for option in self.alone]
        if any(option.values is None for option in self.alone):
            return
        if len(words) < len(names):
            raise ValueError(
                f"keras-draw {self.command} needs {' and '.join(names[len(words) :])}: write "
                f"keras-draw {self.command} {' '.join(names)} (--help explains it)."
            )
        if len(words) > len(names):
            stray = words[len(names)]
            after = f" after {' and '.join(names)}" if names else ""
            raise ValueError(
                f"keras-draw {self.command} does not expect {_shown(stray)}{after}"
                f"{self._meant(stray)}"
            )

    def _meant(self, word: str) -> str:
        """The end of the message: the option that an unexpected word may belong to."""
        kind = word.partition("[")[0].partition(":")[0]
        if "--recipe" in self.flags and word in RECIPES:
            return f": did you mean --recipe {word}?"
        if "--dataset" in self.flags and kind in (*SPLITS, *PATHS):
            return f": did you mean --dataset {word}?"
        if "--dataset" in self.flags and self.command == "train" and Path(word).is_dir():
            return f": did you mean --dataset folder:{printable(word)}?"
        near = difflib.get_close_matches(f"--{word}", self.flags, n=1, cutoff=0.8)
        return f": did you mean {near[0]}?" if near else "; options begin with --."

    def _no_option(self, flag: str) -> str:
        near = difflib.get_close_matches(flag, self.flags, n=1)
        hint = f": did you mean {near[0]}?" if near else "."
        return (
            f"keras-draw {self.command} has no option {_shown(flag)}{hint} (keras-draw "
            f"{self.command} --help lists all options.)"
        )


def _is_option(word: str) -> bool:
    """Whether a word is written like an option and is not a negative number."""
    return word.startswith("-") and len(word) > 1 and not word[1].isdigit() and word[1] != "."


def _takes(option: Option, count: int) -> bool:
    return option.values is None or count < option.values


def _check_values(option: Option, flag: str, values: list[str], *, equals: bool) -> None:
    if option.values == 0 and equals:
        raise ValueError(f"{flag} is a switch and takes no value: write {flag} alone.")
    if values == ["None"] and option.values != 0:
        return
    if option.values is not None and len(values) < option.values:
        if option.name == "image-shape":
            size = values[0] if values else 64
            raise ValueError(
                f"{flag} takes 3 numbers and was given {len(values)}: {SHAPE.format(size)}."
            )
        raise ValueError(f"{flag} needs a value: write {flag} and the value after it.")
    for value in values:
        if option.choices and value not in option.choices:
            raise ValueError(f"{flag} is {_shown(value)}; {_of(value, option.choices)}")
        try:
            if option.kind in EXPECTED:
                option.kind(value)
        except ValueError:
            raise ValueError(
                f"{flag} is {_shown(value)}; expected {EXPECTED[option.kind]}."
            ) from None


def _of(value: str, choices: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(value, choices, n=1)
    known = f"choose from {', '.join(choices)}."
    return f"did you mean {near[0]!r}? ({known[:-1]})" if near else known


def _no_command(word: str, commands: Mapping[str, type | Group]) -> str:
    within = {
        name: f"{group} {name}"
        for group, found in commands.items()
        if isinstance(found, Group)
        for name in found.commands
    }
    near = difflib.get_close_matches(word, [*commands, *within], n=1)
    if near:
        hint = f": did you mean keras-draw {within.get(near[0], near[0])}?"
    else:
        hint = f"; the commands are: {', '.join(commands)}."
    return f"keras-draw has no command {_shown(word)}{hint}"


def _no_command_of(group: str, rest: list[str], commands: Mapping[str, type]) -> str:
    known = ", ".join(commands)
    if not rest:
        return f"keras-draw {group} needs one of {known}: give one of them."
    near = difflib.get_close_matches(rest[0], commands, n=1)
    hint = f": did you mean {near[0]}?" if near else "."
    return f"keras-draw {group} has no {_shown(rest[0])}{hint} Choose from {known}."


def _shown(word: str) -> str:
    return repr(word if len(word) <= 60 else f"{word[:60]}...")
