"""Check the values of a SPEC file, and turn them into parts of folder names."""

import dataclasses
import hashlib
import re
from typing import Any

from keras_draw.config import Architecture, TrainConfig, suggest

ARCHITECTURE = {f.name for f in dataclasses.fields(Architecture)}
"""Fields of the network."""
TRAINING = {f.name for f in dataclasses.fields(TrainConfig)}
"""Fields of its training."""
FIELDS = ARCHITECTURE | TRAINING | {"conditional"}
"""Fields that a sweep may change or vary."""


def text_of(name: str, value: Any) -> str:
    """Check that a value is a text that is not empty; `name` is its name in the error message."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is {value!r}; expected text.")
    return value


def fields_of(name: str, value: Any) -> dict[str, Any]:
    """Check that a value is an object of fields that a sweep may change or vary."""
    if not isinstance(value, dict):
        raise ValueError(f"{name} is {value!r}; expected an object of fields.")
    for key in value:
        if key == "seed":
            raise ValueError(f"{name} has the field 'seed'; give the seeds as a list in seeds.")
        if key not in FIELDS:
            raise ValueError(f"{name} has the field {key!r}: {suggest(str(key), FIELDS)}")
    return dict(value)


def values_of(name: str, value: Any) -> list[Any]:
    """Check that a value is a list of distinct plain values."""
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name} is {value!r}; expected a list of values.")
    if not value:
        raise ValueError(f"{name} is an empty list, so the grid has no runs; give a value.")
    for i, one in enumerate(value):
        if one is not None and not isinstance(one, str | int | float):
            raise ValueError(f"{name} holds {one!r}; expected numbers, texts, true or false.")
        if one in value[:i]:
            raise ValueError(f"{name} holds {one!r} twice; give each value once.")
    return list(value)


def slug_of(name: str, value: Any) -> str:
    """Return a part of a folder name for a field and its value; different for each value."""
    said = str(value).lower() if isinstance(value, bool) else str(value)
    plain = re.sub(r"[^A-Za-z0-9.-]+", "-", said)[:40]
    if plain != said:
        plain += "-" + hashlib.sha256(said.encode()).hexdigest()[:8]
    return f"{name}-{plain}"
