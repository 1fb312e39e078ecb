"""Pages for GitHub become pages for the site."""

from conftest import ROOT
from website.places import FILES
from website.staging import staged

LEARN = ROOT / "docs" / "learn"


def test_links():
    page = (
        "[a](glossary.md#kl) [b](../notebooks/1-look-inside.py) [c](../../examples/README.md) "
        "[d](../runs) [e](https://example.org/a.py) [f](nowhere.md) ![g](../images/kl.png)"
    )
    assert staged(page, LEARN) == (
        "[a](glossary.md#kl) [b](../notebooks/1-look-inside.md) "
        f"[c]({FILES}/examples/README.md) [d]({FILES}/docs/runs) [e](https://example.org/a.py) "
        "[f](nowhere.md) ![g](../images/kl.png)"
    )


def test_a_drawing_is_part_of_its_page():
    found = staged("Words.\n\n![One stroke](../images/stroke.svg)\n\nMore.", LEARN)
    assert (
        '<div class="drawing" role="img" aria-label="One stroke">\n<svg class="one-stroke"' in found
    )
    assert "\n\n" not in found[found.index("<div") : found.index("</div>")]
