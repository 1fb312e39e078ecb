"""Names of classes: what they may be, and which class a label means."""

import difflib
import json
from collections import Counter
from collections.abc import Sequence
from numbers import Integral

MOST_CHARACTERS = 1024
"""Of one name."""
MOST_BYTES = 2**19
"""Of all names as JSON: a run's config.json, which is read up to a megabyte, holds them."""
SHOWN = 12
"""Classes that a sentence names."""


def check_class_names(names: tuple[str, ...], num_classes: int) -> None:
    """Refuse names that do not tell K classes apart, or that no terminal should be sent.

    Args:
        names: one for each class, or none at all.
        num_classes: K.

    Raises:
        ValueError: if there are not K of them, two are the same, or one is empty, very long or
            holds what cannot be printed.
    """
    if names and len(names) != num_classes:
        raise ValueError(
            f"class_names has {len(names)} names, and num_classes is {num_classes}: name every "
            "class, or none."
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
            f"class_names are {sum(map(len, names)):,} characters in all, more than a run's "
            "configuration holds: give shorter ones, or none."
        )


def index_of(label: int | str, classes: Sequence[str]) -> int:
    """Which class a label means; see `DRAWConfig.class_index`.

    Args:
        label: an index, or a name.
        classes: the K names.

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
    """Which of a network's classes those of a set of images are.

    Args:
        names: of the set's classes.
        classes: of the network's.

    Returns:
        For each of the set's classes the index of the network's that has its name. Where one of
        both has but numbers, they are taken to mean the same.

    Raises:
        ValueError: if the network has no class of that name.

    Example:
        >>> matched(["square", "circle"], ["circle", "cross", "square"])
        [2, 0]
    """
    if are_numbers(names) or are_numbers(classes):
        if len(names) > len(classes):
            raise ValueError(f"It has {len(names)} classes, and the network {len(classes)}.")
        return list(range(len(names)))
    index = {name: k for k, name in enumerate(classes)}
    for name in names:
        if name not in index:
            raise ValueError(no_such_class(name, classes))
    return [index[name] for name in names]


def are_numbers(names: Sequence[str]) -> bool:
    """Whether these are the names of classes that have none: "0" to "K-1"."""
    return list(names) == [str(k) for k in range(len(names))]


def no_such_class(label: int | str, classes: Sequence[str]) -> str:
    """The sentence about a label that no class has: the nearest, and which there are.

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
    """The classes' names for a sentence: numbers as a range, of many the first.

    Example:
        >>> in_words([str(k) for k in range(10)]), in_words(["circle", "square"])
        ('0 to 9', 'circle, square')
    """
    k = len(classes)
    if k > 2 and are_numbers(classes):
        return f"0 to {k - 1}"
    shown = ", ".join(name if len(name) <= 40 else f"{name[:40]}..." for name in classes[:SHOWN])
    return f"{shown}, and {k - SHOWN} more" if k > SHOWN else shown
