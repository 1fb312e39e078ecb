"""Class names: which names are valid, and which class a label means."""

import difflib
import json
from collections import Counter
from collections.abc import Sequence
from numbers import Integral

MOST_CHARACTERS = 1024
"""Longest class name."""
MOST_BYTES = 2**19
"""Most bytes of all names as JSON: they go into config.json, which is read up to a megabyte."""
SHOWN = 12
"""Most classes that an error message lists."""


def check_class_names(names: tuple[str, ...], num_classes: int) -> None:
    """Refuse names that do not tell K classes apart, or are not safe to print on a terminal.

    Args:
        names: one name for each class, or no names.
        num_classes: K.

    Raises:
        ValueError: if there are not K names, two are the same, or one is empty, very long or has
            unprintable characters.
    """
    if names and len(names) != num_classes:
        raise ValueError(
            f"class_names has {len(names)} names, but num_classes is {num_classes}: name every "
            "class, or leave class_names empty."
        )
    for name in names:
        if not name or len(name) > MOST_CHARACTERS or not name.isprintable():
            raise ValueError(
                f"class_names holds {name!r:.80}; expected 1 to {MOST_CHARACTERS} printable "
                "characters."
            )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"class_names holds {twice[0]!r:.80} twice; name each class differently.")
    if names and len(json.dumps(names, indent=2)) > MOST_BYTES:
        raise ValueError(
            f"class_names have {sum(map(len, names)):,} characters in all, too many for a run's "
            "configuration: give shorter names, or none."
        )


def index_of(label: int | str, classes: Sequence[str]) -> int:
    """The index of the class that a label means; see `DRAWConfig.class_index`.

    Args:
        label: an index or a class name.
        classes: the K class names.

    Returns:
        0 to K-1.

    Raises:
        ValueError: if there is no such class.
    """
    if isinstance(label, str) and label in classes:
        return classes.index(label)
    if isinstance(label, str) and label.isdecimal() and len(label) < 10:
        index = -1 if any(name.isdecimal() for name in classes) else int(label)
    else:
        index = int(label) if isinstance(label, Integral) else -1
    if not 0 <= index < len(classes):
        raise ValueError(no_such_class(label, classes))
    return index


def matched(names: Sequence[str], classes: Sequence[str]) -> list[int]:
    """Match the classes of a data set to those of a network by name.

    Args:
        names: the data set's class names.
        classes: the network's class names.

    Returns:
        For each class of the data set, the index of the network's class. If either has only
        numbers as names, classes are matched by position.

    Raises:
        ValueError: if the network lacks a class of the data set.

    Example:
        >>> matched(["square", "circle"], ["circle", "cross", "square"])
        [2, 0]
    """
    if are_numbers(names) or are_numbers(classes):
        if len(names) > len(classes):
            raise ValueError(f"It has {len(names)} classes, but the network has {len(classes)}.")
        return list(range(len(names)))
    index = {name: k for k, name in enumerate(classes)}
    for name in names:
        if name not in index:
            raise ValueError(no_such_class(name, classes))
    return [index[name] for name in names]


def are_numbers(names: Sequence[str]) -> bool:
    """Whether the names are just "0" to "K-1", the default for classes without names."""
    return list(names) == [str(k) for k in range(len(names))]


def no_such_class(label: int | str, classes: Sequence[str]) -> str:
    """The error message for an unknown label: the nearest class, and all classes.

    Example:
        >>> no_such_class("cirle", ["circle", "square"])
        "There is no class 'cirle': did you mean 'circle'? The classes are: circle, square."
    """
    shown = f"{label[:40]}..." if isinstance(label, str) and len(label) > 40 else label
    near = []
    if isinstance(label, str) and not label.isdecimal():
        near = difflib.get_close_matches(label[:100], classes, n=1)
    hint = f": did you mean {near[0]!r}?" if near else "."
    return f"There is no class {shown!r}{hint} The classes are: {in_words(classes)}."


def in_words(classes: Sequence[str]) -> str:
    """The class names for a message: numbers as a range, and only the first of many names.

    Example:
        >>> in_words([str(k) for k in range(10)]), in_words(["circle", "square"])
        ('0 to 9', 'circle, square')
    """
    k = len(classes)
    if k > 2 and are_numbers(classes):
        return f"0 to {k - 1}"
    shown = ", ".join(name if len(name) <= 40 else f"{name[:40]}..." for name in classes[:SHOWN])
    return f"{shown}, and {k - SHOWN} more" if k > SHOWN else shown
