"""Docstrings as the API pages read them: `Example:` is a section, and brackets are no links."""

import re
from typing import Any

import griffe

OUTSIDE_CODE = re.compile(r"(`[^`]*`)")


class Docstrings(griffe.Extension):
    """Changes every docstring before Markdown sees it."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """As Griffe wants it."""
        if obj.docstring:
            obj.docstring.value = readable(obj.docstring.value)


def readable(docstring: str) -> str:
    r"""A docstring of ours, as Griffe's reader of Google's style and Markdown take it.

    Example:
        >>> readable("NAME[:SPLIT], `a[0]`.")
        'NAME\\[:SPLIT], `a[0]`.'
    """
    text, heading, example = docstring.partition("Example:\n")
    return _escaped(text) + heading.replace("Example", "Examples") + example


def _escaped(text: str) -> str:
    parts = OUTSIDE_CODE.split(text)
    return "".join(part if part.startswith("`") else part.replace("[", "\\[") for part in parts)
