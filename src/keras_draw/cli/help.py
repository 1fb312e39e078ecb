"""Help texts for the terminal."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from keras_draw.cli import recipes
from keras_draw.cli.options import Group, embedded


def asks_help(argv: list[str]) -> bool:
    """Whether a command line asks for help (or for one of tyro's own options).

    Example:
        >>> asks_help(["train", "--help"]), asks_help(["train"])
        (True, False)
    """
    return bool({"-h", "--help"} & set(argv)) or any(word.startswith("--tyro-") for word in argv)


def in_whole_lines(commands: Mapping[str, type | Group]) -> None:
    """Set the help of every option to its docstring in one line: tyro keeps line breaks.

    Args:
        commands: the commands by name.
    """
    for command in commands.values():
        for one in command.commands.values() if isinstance(command, Group) else (command,):
            _give(one)
            for field in dataclasses.fields(one):
                if field.name == "recipe":
                    field.metadata = MappingProxyType({"help": recipes.table()})


def _give(command: type) -> None:
    from docstring_parser import parse_from_object  # tyro's own

    said = {
        one.arg_name: " ".join((one.description or "").split())
        for parent in reversed(command.__mro__)
        if dataclasses.is_dataclass(parent)
        for one in parse_from_object(parent).params
    }
    for field in dataclasses.fields(command):
        inner = embedded(field.type)
        if inner is not None:
            _give(inner)
        elif said.get(field.name):
            field.metadata = MappingProxyType({"help": said[field.name]})
