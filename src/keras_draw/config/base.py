"""The base of all configurations: checks on creation, and conversion to and from JSON values."""

import dataclasses
import difflib
import numbers
import types
import typing
from dataclasses import dataclass
from typing import Any, Literal, Self

from keras_draw.config.ranges import (
    as_float,
    in_range,
)


def suggest(given: str, known: typing.Iterable[str]) -> str:
    """The end of an error message: the nearest known name, or all known names.

    Args:
        given: the unknown name.
        known: the known names.

    Example:
        >>> suggest("mnits", ["mnist", "digits"])
        "did you mean 'mnist'?"
    """
    known = sorted(known)
    near = difflib.get_close_matches(given, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(known)}."


@dataclass(frozen=True, kw_only=True)
class Config:
    """A dataclass that type-checks its fields on creation and converts to and from JSON values."""

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value = _checked(field.name, getattr(self, field.name), hints[field.name])
            object.__setattr__(self, field.name, value)
        self._validate()

    def _validate(self) -> None:
        """Check values beyond their types; subclasses raise a ValueError for bad ones."""

    def to_json(self) -> dict[str, Any]:
        """The fields as plain JSON values.

        Returns:
            A dict of numbers, strings, booleans and lists.
        """
        plain = dataclasses.asdict(self)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Create a configuration from the result of `to_json`.

        Args:
            values: plain JSON values by field name.

        Raises:
            ValueError: if a field is unknown, missing or has a bad value.
        """
        if not isinstance(values, dict):
            raise ValueError(
                f"{cls.__name__} must be a JSON object of fields, not a {type(values).__name__}."
            )
        known = {f.name: f for f in dataclasses.fields(cls)}
        for name in values:
            if name not in known:
                raise ValueError(f"{cls.__name__} has no field {name!r}: {suggest(name, known)}")
        for name, field in known.items():
            optional = (field.default, field.default_factory) != (dataclasses.MISSING,) * 2
            if not optional and name not in values:
                raise ValueError(f"{cls.__name__} needs the field {name!r}, which is missing.")
        return cls(**values)


def _checked(name: str, value: Any, hint: Any) -> Any:
    """`value` converted to the type `hint`; a ValueError if it has another type."""
    origin = typing.get_origin(hint)
    if origin is Literal:
        choices = typing.get_args(hint)
        if value not in choices:
            raise ValueError(f"{name} is {value!r}; {suggest(str(value), choices)}")
        return value
    if origin is tuple:
        inner = typing.get_args(hint)
        if inner[1:] == (Ellipsis,):
            return _texts(name, value)
        if not isinstance(value, tuple | list) or len(value) != len(inner):
            raise ValueError(f"{name} is {value!r}; expected {len(inner)} whole numbers.")
        return tuple(_checked(name, v, i) for v, i in zip(value, inner, strict=True))
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        (hint,) = (a for a in typing.get_args(hint) if a is not type(None))
        return _checked(name, value, hint)
    value = _plain(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = as_float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        what = {
            int: "a whole number",
            float: "a number",
            bool: "true or false",
            str: "text",
        }[hint]
        raise ValueError(f"{name} is {value!r}; expected {what}.")
    return in_range(name, value)


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, tuple | list) or not all(isinstance(v, str) for v in value):
        raise ValueError(f"{name} is {value!r:.80}; expected a list of strings.")
    return tuple(str(v) for v in value)


def _plain(value: Any) -> Any:
    """Convert NumPy scalars, and arrays or tensors of one number, to Python values."""
    if isinstance(value, str):
        return str(value)
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return value.item()
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    return value


def whole_number(name: str, value: Any, at_least: int = 0) -> int:
    """Check a count or a seed, and return it as a Python integer.

    Args:
        name: its name in the error message.
        value: the user's value, a Python or NumPy integer.
        at_least: the smallest allowed value.

    Raises:
        ValueError: if it is not a whole number, or too small.

    Example:
        >>> whole_number("n", 3, at_least=1)
        3
    """
    number: int = _checked(name, value, int)
    if number < at_least:
        raise ValueError(f"{name} is {number}; it must be {at_least} or more.")
    return number
