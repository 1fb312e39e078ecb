"""A site with one fault of each kind."""

import pytest
from website.checking import faults

HEAD = (
    '<html><head><link rel="stylesheet" href="{}style.css"></head><body id="top">{}</body></html>'
)


@pytest.fixture
def site(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "style.css").write_text("p { background: url('p.png') }")
    (tmp_path / "a" / "index.html").write_text(HEAD.format("../", '<h1 id="one">One</h1>'))
    return tmp_path


def write(site, body):
    (site / "index.html").write_text(HEAD.format("", body))
    return faults(site)


@pytest.mark.parametrize(
    "body",
    [
        '<a href="a/">', '<a href="a/#one">', '<a href="#top">', '<a href="/a/index.html">',
        '<a href="a/index.html#network=one">',
        '<a href="https://elsewhere.org/">', '<a href="mailto:a@b.org">',
        '<img src="data:image/png;base64,AA==">',
    ],
)  # fmt: skip
def test_nothing_is_wrong(site, body):
    assert write(site, body) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('<a href="b/">', "links to b/"),
        ('<a href="a/#two">', "links to a/#two"),
        ('<a href="#bottom">', "links to #bottom"),
        ('<a href="../../../etc/hosts">', "links to ../../../etc/hosts"),
        ('<img src="b.png">', "links to b.png"),
        ('<img src="https://elsewhere.org/b.png">', "loads https://elsewhere.org/b.png"),
        ('<script src="//elsewhere.org/b.js"></script>', "loads //elsewhere.org/b.js"),
        ('<link rel="preconnect" href="https://elsewhere.org">', "loads https://elsewhere.org"),
        ('<p style="background: url(https://elsewhere.org/p)">', "loads https://elsewhere.org/p"),
    ],
)
def test_one_thing_is_wrong(site, body, said):
    (found,) = write(site, body)
    assert found.startswith(f"index.html {said}")


def test_a_style_that_loads(site):
    (site / "style.css").write_text('@import "https://elsewhere.org/font.css";')
    assert write(site, "") == ["style.css loads https://elsewhere.org/font.css from elsewhere."]
