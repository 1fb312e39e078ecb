"""Pages for GitHub become pages for the site."""

import pytest
from conftest import ROOT
from website.staging import staged

LEARN = ROOT / "docs" / "learn"
FILES = "https://github.com/ada/keras-draw/blob/main"
PAGE = (
    "[a](glossary.md#kl) [b](../notebooks/1-look-inside.py) [c](../../examples/README.md) "
    "[d](../runs) [e](https://example.org/a.py) [f](nowhere.md) ![g](../images/kl.png)\n\n"
    '[`stroke`](../../src/keras_draw/models/recurrence.py "code: stroke: error")\n'
)


def test_links():
    assert staged(PAGE, LEARN, FILES).startswith(
        "[a](glossary.md#kl) [b](../notebooks/1-look-inside.md) "
        f"[c]({FILES}/examples/README.md) [d]({FILES}/docs/runs) [e](https://example.org/a.py) "
        "[f](nowhere.md) ![g](../images/kl.png)\n"
    )


def test_links_of_an_unknown_repository_become_text():
    found = staged(PAGE, LEARN, "")
    assert found.startswith(
        "[a](glossary.md#kl) [b](../notebooks/1-look-inside.md) c d [e](https://example.org/a.py) "
        "[f](nowhere.md) ![g](../images/kl.png)\n"
    )
    assert "`stroke` in keras_draw/models/recurrence.py\n{ .quoted }" in found


def test_sentences_for_a_repository_that_is_known():
    page = "A.\n\n<!-- repository -->\nThe [code](../../README.md).\n<!-- /repository -->\n\nB.\n"
    assert f"The [code]({FILES}/README.md)." in staged(page, LEARN, FILES)
    assert staged(page, LEARN, "") == "A.\n\nB.\n"


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_no_page_leaves_an_unknown_address(path):
    page = staged(path.read_text("utf-8"), path.parent, "")
    assert "](/" not in page
    assert "OWNER" not in page
    assert not [word for word in ("](../../", "](runs)") if word in page]


def test_a_drawing_is_part_of_its_page():
    found = staged("Words.\n\n![One stroke](../images/stroke.svg)\n\nMore.", LEARN)
    assert (
        '<div class="drawing" role="img" aria-label="One stroke">\n<svg class="one-stroke"' in found
    )
    assert "\n\n" not in found[found.index("<div") : found.index("</div>")]
