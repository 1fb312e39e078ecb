"""Output that is meant to be used again: commands for a shell, JSON for programs."""

import json
import math
import re
import shlex
from pathlib import Path
from typing import Any

_SURROGATES = re.compile("[\ud800-\udfff]")


def quoted(path: str | Path) -> str:
    """A path as one quoted word of a shell command.

    Example:
        >>> quoted("runs/my faces"), quoted("-x"), quoted("runs/a")
        ("'runs/my faces'", './-x', 'runs/a')
    """
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)


def command(*words: str | Path) -> str:
    """A `keras-draw` command for the user to copy. A test runs every command printed this way.

    Args:
        words: the command's name, its options and their values, unquoted. Pass paths as `Path`:
            only these are safe if they begin with a dash.

    Returns:
        One line for a shell.

    Example:
        >>> command("evaluate", Path("runs/my faces"), "--samples", "10")
        "keras-draw evaluate 'runs/my faces' --samples 10"
    """
    said = (quoted(word) if isinstance(word, Path) else shlex.quote(word) for word in words)
    return " ".join(["keras-draw", *said])


def counted(number: int, what: str, ending: str = "s") -> str:
    """A count with its noun, in the singular or the plural.

    Args:
        number: the count.
        what: the noun in the singular.
        ending: the suffix of its plural.

    Example:
        >>> counted(1, "image"), counted(1294, "image")
        ('1 image', '1,294 images')
    """
    return f"{number:,} {what}{ending if number != 1 else ''}"


def short_time(seconds: float) -> str:
    """A duration, rounded for display as remaining time.

    Example:
        >>> short_time(43), short_time(400), short_time(4000)
        ('45 s', '7 min', '1 h 7 min')
    """
    if seconds < 90:
        return f"{max(5, 5 * round(seconds / 5))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def as_json(values: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """Values as strict JSON, with null for NaN and the infinities, which JSON lacks.

    Args:
        values: plain values, such as a dict of numbers, strings and lists.
        indent: spaces per level; everything in one line if not given.
        ascii_only: escape all non-ASCII characters, for a stream of unknown encoding.

    Returns:
        Text that can always be encoded: bytes of a file name that are not UTF-8 are escaped.

    Example:
        >>> as_json({"kid": float("nan"), "counts": (1, 2)})
        '{"kid": null, "counts": [1, 2]}'
    """
    text = json.dumps(finite(values), indent=indent, ensure_ascii=ascii_only, allow_nan=False)
    return _SURROGATES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def finite(value: Any) -> Any:
    """A plain value with None in place of every number that is not finite.

    Args:
        value: a number or string, or lists and dicts of them.

    Example:
        >>> finite({"fid": float("nan"), "kl": [1.0, float("inf")]})
        {'fid': None, 'kl': [1.0, None]}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return value
