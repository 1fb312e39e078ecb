"""A Markdown extension that converts `$…$` and `$$…$$`, GitHub's formulas, to MathML.

This happens while the site is built, so pages need no script and no request for formulas.
"""

import re
from typing import Any
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert
from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor

FORMULA = r"\$\$(?P<block>[^$]+?)\$\$|(?<![\\\w$])\$(?P<inline>[^\s$](?:[^$]*?[^\s$])?)\$(?!\w)"
NAMED = re.compile(r"(<mi>(?:log|ln)</mi>)(?!<mo)")
"""Functions that need a space before their argument."""
FOR_BROWSERS = {
    "<mi>&#x0007E;</mi>": "<mo>&#x0223C;</mo>",  # \sim is a relation, with space around it
    '<mi mathvariant="script">N</mi>': "<mi>&#x1D4A9;</mi>",  # browsers ignore the attribute
}
BEFORE_ESCAPES = 185
"""Priority: after code in backticks, before Markdown reads backslashes as escapes."""


class Formulas(Extension):
    """Registers the formulas with Python-Markdown."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 (Markdown's name)
        """Register the pattern (called by Python-Markdown)."""
        md.inlinePatterns.register(_Formula(FORMULA, md), "formulas", BEFORE_ESCAPES)


class _Formula(InlineProcessor):
    def handleMatch(  # type: ignore[override] # noqa: N802 (Markdown's name)
        self, m: re.Match[str], data: str
    ) -> tuple[Element | str, int, int]:
        block = m["block"] is not None
        formula = mathml(m["block"] if block else m["inline"], block=block)
        return self.md.htmlStash.store(formula), m.start(0), m.end(0)


def mathml(latex: str, *, block: bool = False) -> str:
    """Convert a formula to MathML.

    Args:
        latex: the formula, without dollar signs.
        block: whether it is a block formula, not an inline one.

    Example:
        >>> mathml("x")
        '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow><mi>x</mi></mrow></math>'
    """  # noqa: E501 (the example's line)
    found = convert(latex.strip(), display="block" if block else "inline")
    for written, shown in FOR_BROWSERS.items():
        found = found.replace(written, shown)
    return NAMED.sub(r'\1<mspace width="0.17em" />', found)


def makeExtension(**settings: Any) -> Formulas:  # noqa: N802 (Markdown's name)
    """Create the extension (called by Python-Markdown)."""
    return Formulas(**settings)
