"""Code in pages is the code of the package."""

import re

import pytest
from conftest import ROOT
from website.quoting import QUOTATION, quoted, with_quotations

SOURCE = '''
class A:
    """Words."""

    def f(self, x):
        """Words."""
        y, z = x, 2 * x  # both
        for _ in range(3):
            w = z
        t = (
            y
        )
        return t + w
'''


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (("z",), "y, z = x, 2 * x  # both"),
        (("t",), "t = (\n    y\n)"),
        (("z", "return"), "y, z = x, 2 * x  # both\n# ...\nreturn t + w"),
        (("t", "return"), "t = (\n    y\n)\nreturn t + w"),
    ],
)
def test_statements_by_the_names_they_give_values(names, code):
    assert quoted(SOURCE, "A.f", names).code == code


def test_all_of_a_symbol_but_its_docstring():
    found = quoted(SOURCE, "A.f")
    assert found.code.startswith("def f(self, x):\n    y, z = x")
    assert "Words" not in found.code
    assert (found.first, found.last) == (5, 13)


@pytest.mark.parametrize(
    ("symbol", "names", "said"),
    [("B", (), "no B"), ("A.g", (), "no g"), ("A.f", ("v",), "A page quotes v in A.f")],
)
def test_what_is_gone_is_named(symbol, names, said):
    with pytest.raises(LookupError, match=said):
        quoted(SOURCE, symbol, names)


def test_a_page(tmp_path):
    page = '[`f`](a.py "code: A.f: z")\n\nWords.'
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "a.py").write_text(SOURCE)
    found = with_quotations(page, tmp_path, "https://example.org/files")
    assert "```python\ny, z = x, 2 * x  # both\n```" in found
    assert "(https://example.org/files/a.py#L7-L7)" in found
    assert found.endswith("Words.")
    with pytest.raises(LookupError, match="no such file"):
        with_quotations(page.replace("a.py", "b.py"), tmp_path, "")


def test_quotations_in_the_pages_are_found_in_the_source():
    quotations = 0
    for path in (ROOT / "docs").rglob("*.md"):
        page = path.read_text("utf-8")
        meant = len(re.findall(r'"code: ', page))
        assert len(QUOTATION.findall(page)) == meant
        with_quotations(page, path.parent, "")
        quotations += meant
    assert quotations > 10
