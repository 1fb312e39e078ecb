"""Reports in a real browser: nothing missing, nothing fetched, nothing wider than the screen."""

import shutil
from pathlib import Path

import pytest

from keras_draw.report import report
from keras_draw.report.compare import compare
from keras_draw.sweeps.folder import SweepFolder, failed
from keras_draw.sweeps.spec import Sweep
from keras_draw.training.loading import PRESETS, presets

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWEEP = Sweep(recipe="demo", name="a" * 200, vary={"timesteps": [1, 2, 4, 8]}, total_latents=8)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser():
    """The system's Chromium, or a skip."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        pytest.skip(f"no browser to look with: none of {', '.join(BROWSERS)} is on this machine")
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with driver.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Reports of every preset, and of a sweep with long texts."""
    folder = tmp_path_factory.mktemp("pages")
    found = []
    for name in presets():
        report(name, out=str(folder / f"{name}.html"))
        found.append(folder / f"{name}.html")
    compare(presets(), out=str(folder / "compare.html"))
    found.append(folder / "compare.html")
    sweep = SweepFolder(folder / "sweep")
    sweep.create()
    sweep.write_spec(SWEEP)
    for run in SWEEP.runs()[:2]:
        sweep.keep(run, failed(ValueError("x" * 500 + " and <b>" + " more" * 100)))
    sweep.write_results(SWEEP)
    report(sweep.path)
    return [*found, sweep.report]


def watched(context):
    """A new page, with what it will say and what it will ask for."""
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(f"failed: {request.url[:80]}"))
    page.on("request", lambda request: asked.append(request.url))
    return page, said, asked


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_are_whole_and_fit(browser, pages, width, scheme, tmp_path):
    assert len(pages) == len(presets()) + 2
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    for path in pages:
        page, said, asked = watched(context)
        page.goto(path.as_uri())
        found = page.evaluate(LOOK)
        assert said == []
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
        assert found["unloaded"] == []
        assert found["pictures"] >= (7 if path.stem in presets() else 0)
        assert found["width"] <= width
        assert found["wider"] == []
        assert found["dark"] == (scheme == "dark")
        picture = tmp_path / f"{path.stem}.png"
        page.screenshot(path=picture, full_page=True)
        assert picture.stat().st_size > 10_000
        page.close()
    context.close()


LOOK = """() => {
  const box = document.documentElement;
  const inside = (e) => e.closest('.scroll');
  const images = [...document.images];
  const paper = getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number);
  return {
    width: box.scrollWidth,
    pictures: images.length,
    unloaded: images.filter(i => !i.complete || !i.naturalWidth).map(i => i.alt),
    wider: [...document.querySelectorAll('body *')]
      .filter(e => !inside(e) && e.getBoundingClientRect().right > box.clientWidth + 1)
      .map(e => e.tagName),
    dark: paper[0] < 128,
  };
}"""


def test_what_is_forbidden_to_a_page_is_not_fetched(browser, tmp_path):
    """The page's own policy stops a picture from elsewhere, were one to slip in."""
    report("mnist", out=str(tmp_path / "a.html"))
    html = (tmp_path / "a.html").read_text("utf-8")
    assert "</main>" in html
    other = (PRESETS.parent.parent.parent / "docs" / "images" / "scaling.png").as_uri()
    spoiled = html.replace("</main>", f"<img id=other src='{other}'><script>1</script></main>")
    (tmp_path / "b.html").write_text(spoiled, "utf-8")
    page, said, _ = watched(browser)
    page.goto(Path(tmp_path / "b.html").as_uri())
    refused = [text for text in said if "Content Security Policy" in text]
    assert len(refused) == 2  # the picture and the script
    assert page.evaluate("document.getElementById('other').naturalWidth") == 0
    page.close()
