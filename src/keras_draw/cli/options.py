"""The options and arguments of a command, read from its dataclass fields."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import tyro

_POSITIONAL, _SUPPRESSED, _ALONE = (
    typing.get_args(mark[bool])[1]
    for mark in (tyro.conf.Positional, tyro.conf.Suppress, tyro.conf.FlagCreatePairsOff)
)


@dataclass(frozen=True)
class Group:
    """Commands under a common name."""

    title: str
    """one line for the help."""
    commands: Mapping[str, type]


class Option(NamedTuple):
    """An option or a positional argument of a command."""

    name: str
    """with dashes: `image-shape`."""
    values: int | None
    """how many values follow it; None: any number."""
    kind: type
    """the type of each value: int, float or str; bool if no value follows."""
    choices: tuple[str, ...] = ()
    needed: bool = False
    flags: tuple[str, ...] = ()
    """how it is written, such as `--json`; empty for a positional argument."""


def options_of(command: Any) -> list[Option]:
    """All options and arguments of a command, including the fields of its configurations.

    Args:
        command: the command's class.

    Example:
        >>> from keras_draw.cli.sweep import SweepStatus
        >>> [(option.name, option.flags) for option in options_of(SweepStatus)]
        [('out', ()), ('json', ('--json',))]
    """
    hints = typing.get_type_hints(command, include_extras=True)
    found = []
    for field in dataclasses.fields(command):
        hint = hints[field.name]
        marks = typing.get_args(hint)[1:] if typing.get_origin(hint) is typing.Annotated else ()
        inner = embedded(hint)
        if inner is not None:
            found += options_of(inner)
        elif _SUPPRESSED not in marks:
            missing = (field.default, field.default_factory) == (dataclasses.MISSING,) * 2
            found.append(_option(field.name, hint, marks, needed=missing))
    return found


def embedded(hint: Any) -> Any:
    """The dataclass in a field's type, whose own fields are options; None for other types."""
    plain = typing.get_args(hint)[0] if typing.get_origin(hint) is typing.Annotated else hint
    return plain if dataclasses.is_dataclass(plain) else None


def _option(field: str, hint: Any, marks: tuple[Any, ...], *, needed: bool) -> Option:
    name = field.replace("_", "-")
    kind, values, choices = _kind(hint)
    if _POSITIONAL in marks:
        return Option(name, values, kind, choices, needed)
    flags = (
        (f"--{name}", f"--no-{name}") if kind is bool and _ALONE not in marks else (f"--{name}",)
    )
    return Option(name, values, kind, choices, needed, flags)


def _kind(hint: Any) -> tuple[type, int | None, tuple[str, ...]]:
    """The type of a value, the number of values, and the choices if they are limited."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _kind(inner[0])
    if origin in (typing.Union, types.UnionType):
        return _kind(next(one for one in inner if one is not type(None)))
    if origin is Literal:
        return str, 1, tuple(str(one) for one in inner)
    if origin is tuple:
        return _kind(inner[0])[0], None if Ellipsis in inner else len(inner), ()
    return hint, 0 if hint is bool else 1, ()
