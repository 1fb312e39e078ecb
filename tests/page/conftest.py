"""A browser, and a page for it."""

import pytest
from conftest import tiny
from page.browsing import browser_of

from keras_draw import DRAW
from keras_draw.page import page


@pytest.fixture(scope="module")
def browser():
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with driver.sync_playwright() as play, browser_of(play) as opened:
        yield opened


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    """A page of two presets and a small network for colour."""
    folder = tmp_path_factory.mktemp("page")
    fields = {"image_shape": (10, 12, 3), "num_classes": 3, "read": 3, "write": 3, "cell": "gru"}
    DRAW(tiny(**fields, likelihood="logistic-mixture")).save(folder / "colour.keras")
    names = ["mnist", "binarized-mnist-attention", folder / "colour.keras"]
    page(names, out=str(folder / "page.html"))
    return folder / "page.html"
