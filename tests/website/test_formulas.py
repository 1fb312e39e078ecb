"""Formulas become MathML, and nothing else does."""

import pytest

markdown = pytest.importorskip("markdown")
pytest.importorskip("latex2mathml")


def html(text):
    return markdown.markdown(text, extensions=["website.formulas", "tables"])


def test_in_a_line():
    found = html(r"where $z_t = \mu_t$ is a draw")
    assert '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline">' in found
    assert "<msub>" in found
    assert "$" not in found
    assert "<em>" not in found


def test_in_lines_of_its_own():
    found = html("$$\n\\frac{1}{2}\n\\sum_i x_i\n$$")
    assert 'display="block"' in found
    assert "<mfrac>" in found


def test_a_distribution():
    found = html(r"$z \sim \mathcal N(0, I)$")
    assert "<mo>&#x0223C;</mo><mi>&#x1D4A9;</mi>" in found


@pytest.mark.parametrize("text", ["`$x$`", "5 $ and 6 $", r"\$x$", "$HOME and $PATH"])
def test_other_dollars_stay(text):
    assert "<math" not in html(text)
