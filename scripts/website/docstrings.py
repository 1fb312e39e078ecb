"""Adapts docstrings for the API pages: `Example:` becomes a section, and brackets are not links."""

import re
from typing import Any

import griffe

OUTSIDE_CODE = re.compile(r"(`[^`]*`)")


class Docstrings(griffe.Extension):
    """A Griffe extension that adapts every docstring before Markdown reads it."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Adapt the docstring of an object (called by Griffe).

        A module's is for those who change it; the API pages introduce its functions themselves.
        """
        if obj.is_module:
            obj.docstring = None
        elif obj.docstring:
            obj.docstring.value = readable(obj.docstring.value)


def readable(docstring: str) -> str:
    r"""Adapt a docstring for Griffe's parser of Google style and for Markdown.

    Example:
        >>> readable("NAME[:SPLIT], `a[0]`.")
        'NAME\\[:SPLIT], `a[0]`.'
    """
    text, heading, example = docstring.partition("Example:\n")
    return _escaped(text) + heading.replace("Example", "Examples") + example


def _escaped(text: str) -> str:
    parts = OUTSIDE_CODE.split(text)
    return "".join(part if part.startswith("`") else part.replace("[", "\\[") for part in parts)
