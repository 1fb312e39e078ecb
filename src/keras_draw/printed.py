"""What is printed to be used again: commands for a shell, JSON for machines."""

import json
import math
import re
import shlex
from pathlib import Path
from typing import Any

_SURROGATES = re.compile("[\ud800-\udfff]")


def quoted(path: str | Path) -> str:
    """A path as one word of a command that is printed to be typed.

    Example:
        >>> quoted("runs/my faces"), quoted("-x"), quoted("runs/a")
        ("'runs/my faces'", './-x', 'runs/a')
    """
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)


def command(*words: str | Path) -> str:
    """A command that is printed to be typed; whatever is printed so is tried by a test.

    Args:
        words: after `keras-draw`: its name, options and their values, as they are. A path that
            begins with a dash is one of the type `Path`.

    Returns:
        One line for a shell.

    Example:
        >>> command("evaluate", Path("runs/my faces"), "--samples", "10")
        "keras-draw evaluate 'runs/my faces' --samples 10"
    """
    said = (quoted(word) if isinstance(word, Path) else shlex.quote(word) for word in words)
    return " ".join(["keras-draw", *said])


def counted(number: int, what: str, ending: str = "s") -> str:
    """A number of things.

    Args:
        number: how many.
        what: one of them.
        ending: of several.

    Example:
        >>> counted(1, "image"), counted(1294, "image")
        ('1 image', '1,294 images')
    """
    return f"{number:,} {what}{ending if number != 1 else ''}"


def short_time(seconds: float) -> str:
    """A time, as short and as rounded as what is left of something is said.

    Example:
        >>> short_time(43), short_time(400), short_time(4000)
        ('45 s', '7 min', '1 h 7 min')
    """
    if seconds < 90:
        return f"{max(5, 5 * round(seconds / 5))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def as_json(values: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """Values as JSON that every parser reads: NaN and the infinities, which it lacks, are null.

    Args:
        values: plain ones, such as a dict of numbers, texts and lists.
        indent: spaces a level; all in one line if not given.
        ascii_only: escape every other character, for a stream of unknown encoding.

    Returns:
        The text, which can be encoded: what is left of a file name that is not UTF-8 is escaped.

    Example:
        >>> as_json({"kid": float("nan"), "counts": (1, 2)})
        '{"kid": null, "counts": [1, 2]}'
    """
    text = json.dumps(finite(values), indent=indent, ensure_ascii=ascii_only, allow_nan=False)
    return _SURROGATES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def finite(value: Any) -> Any:
    """A plain value with None for every number that is not finite.

    Args:
        value: of numbers, texts, lists and dicts.

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
