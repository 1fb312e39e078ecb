"""The site in Chromium: the front page opens, on a phone too, and asks nothing of others."""

import contextlib
import functools
import http.server
import shutil
import threading

import pytest
from conftest import ROOT

SITE = ROOT / "site"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAGES = ("", "learn/what-draw-is/", "notebooks/1-look-inside/", "api/networks/", "results/")

pytestmark = pytest.mark.slow


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def address():
    if not (SITE / "index.html").is_file():
        pytest.skip("the site is not built: make docs")
    handler = functools.partial(Quiet, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("there is no browser on this machine")
    with (
        playwright.sync_playwright() as p,
        contextlib.closing(
            p.chromium.launch(executable_path=program, args=["--no-sandbox"])
        ) as opened,
    ):
        yield opened


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_open(address, browser, width):
    with contextlib.closing(browser.new_page(viewport={"width": width, "height": 844})) as page:
        abroad, wrong = [], []
        page.on("request", lambda asked: abroad.append(asked.url))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        for path in PAGES:
            page.goto(address + path)
            assert page.locator("h1").first.is_visible()
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, f"{path or 'the front page'} is wider than the screen"
        assert [url for url in abroad if not url.startswith((address, "data:", "blob:"))] == []
        assert wrong == []
