"""Pictures as HTML: their content, that they load no other files, and their buttons."""

import base64
import io
import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from keras_draw.figures import inline
from keras_draw.figures.grids import laid_out
from keras_draw.figures.layout import by_class, rectangle
from keras_draw.figures.strokes import window_frame

HOSTILE = """a"><script>alert(1)</script>&'"""
STEPS = np.random.default_rng(0).random((6, 3, 4, 5, 1))


class Read(HTMLParser):
    """Collects every tag with its attributes, and all text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def opened(uri):
    kind, _, data = uri.partition(",")
    assert kind == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as page:
        return np.asarray(page.convert("RGB"))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_grid_holds_the_same_picture_as_laid_out(channels):
    images = np.random.default_rng(1).random((6, 4, 5, channels))
    layout = by_class(np.arange(6) % 2, ["<b>", "dog"])
    shown = inline.grid(images, layout, HOSTILE)
    (image,) = Read(shown._repr_html_()).all("img")
    assert image["alt"] == HOSTILE
    np.testing.assert_array_equal(opened(image["src"]), np.asarray(laid_out(images, layout)))
    assert repr(shown) == HOSTILE


def test_an_animation_holds_every_stroke_and_shows_the_last_without_scripts():
    found = Read(inline.animation(STEPS, HOSTILE).html)
    (image,) = found.all("img")
    assert image["alt"] == HOSTILE
    assert len(found.all("script")) == 1
    pages = re.findall(r'"(data:image/png;base64,[^"]+)"', found.text)
    assert len(pages) == 3
    assert pages[-1] == image["src"]
    captions = [f"t = {t} of 3" for t in (1, 2, 3)]
    for page, step, caption in zip(pages, STEPS.swapaxes(0, 1), captions, strict=True):
        expected = laid_out(step, rectangle(6), caption=caption)
        np.testing.assert_array_equal(opened(page), np.asarray(expected))
    addresses = [value for _, attributes in found.tags for value in attributes.values() if value]
    assert not [a for a in addresses if "//" in a and not a.startswith("data:")]
    assert "http" not in found.text


def test_each_animation_has_its_own_id():
    names = {Read(inline.animation(STEPS, "a").html).all("div")[0]["id"] for _ in range(5)}
    assert len(names) == 5


def test_windows_are_on_the_strokes_but_not_on_the_held_picture():
    x = np.full((6, 3), 2.0)
    frame = window_frame("write", x, x, x / 2, x / 4, 2)
    found = Read(inline.animation(STEPS, "a", frames=[frame]).html)
    pages = [opened(uri) for uri in re.findall(r'"(data:[^"]+)"', found.text)]
    assert len(pages) == 4
    coloured = [bool((page != page[..., :1]).any()) for page in pages]
    assert coloured == [True, True, True, False]


def test_a_single_stroke_is_a_still_picture():
    assert Read(inline.animation(STEPS[:, :1], "a").html).all("button") == []


def test_an_animation_that_is_too_large_is_refused():
    with pytest.raises(ValueError, match="too many for a page: show fewer"):
        inline.animation(np.zeros((64, 30, 400, 400, 1), np.uint8), "a")


def test_a_table_escapes_its_texts():
    read = Read(inline.table(HOSTILE, (HOSTILE, "b"), [(HOSTILE, "1\n2")], [HOSTILE]))
    assert {tag for tag, _ in read.tags} == {
        "div",
        "b",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    assert read.text.count(HOSTILE) == 4


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.mark.slow
def test_an_animation_plays_pauses_and_has_a_slider(tmp_path):
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is on this machine")
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    html = inline.animation(STEPS, HOSTILE, fps=20).html
    (tmp_path / "a.html").write_text(f"<body>{html}{html}</body>")
    pages = re.findall(r'"(data:[^"]+)"', Read(html).text)
    with driver.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = opened.new_page()
        page.on("dialog", lambda dialog: pytest.fail("a text was run"))
        page.goto((tmp_path / "a.html").as_uri())
        image, slider = page.locator("img").first, page.locator("input").first
        page.wait_for_function("document.querySelector('input').value === '1'")
        button = page.get_by_role("button", name="pause").first
        button.click()
        before = slider.input_value()
        page.wait_for_timeout(2000)
        assert slider.input_value() == before
        slider.fill("0")
        assert image.get_attribute("src") == pages[0]
        page.get_by_role("button", name="play").first.click()
        page.wait_for_function("document.querySelector('input').value === '2'")
        plain = opened.new_context(java_script_enabled=False).new_page()
        plain.goto((tmp_path / "a.html").as_uri())
        assert plain.locator("img").first.get_attribute("src") == pages[-1]
        assert not plain.locator("button").first.is_visible()
        opened.close()
