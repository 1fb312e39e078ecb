"""Make the pictures of the live page, with an installed Chromium.

keras-draw page mnist binarized-mnist-attention binarized-mnist --out page.html
python scripts/page_pictures.py --page page.html --out docs/images

Writes page.gif, which shows the page in use, and page-*.png: two screens, one light and one dark,
and a phone.
"""

# isort: split
import io
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tyro
from PIL import Image
from playwright.sync_api import sync_playwright

from keras_draw.files import replacing

TWO = [(0.32, 0.34), (0.4, 0.2), (0.58, 0.2), (0.64, 0.36), (0.5, 0.58), (0.3, 0.8), (0.72, 0.8)]
"""The stroke of a digit, as points on the pad (shares of its width and height)."""
GIF_WIDTH = 800
COLOURS = 96
READY = "!asking.isBusy('draw') && strokes.length === network.T && !held"


@dataclass
class Film:
    """Screenshots for the GIF, and how long each is shown."""

    page: Any
    frames: list[Image.Image] = field(default_factory=list)
    milliseconds: list[int] = field(default_factory=list)

    def shoot(self, milliseconds: int = 110) -> None:
        """Add a screenshot of the page."""
        self.page.wait_for_timeout(60)
        with Image.open(io.BytesIO(self.page.screenshot())) as screen:
            height = round(GIF_WIDTH * screen.height / screen.width)
            self.frames.append(screen.convert("RGB").resize((GIF_WIDTH, height), Image.LANCZOS))
        self.milliseconds.append(milliseconds)

    def strokes(self, hold: int = 900) -> None:
        """Add the drawing, stroke by stroke."""
        until(self.page, READY)
        count = self.page.evaluate("network.T")
        for t in range(count + 1):
            self.page.evaluate(f"stopAt({t})")
            self.shoot(hold if t == count else 130)

    def save(self, path: Path) -> None:
        """Write the GIF, with one palette for all frames."""
        some = self.frames[:: max(len(self.frames) // 8, 1)]
        width, height = some[0].size
        together = Image.new("RGB", (width, height * len(some)))
        for k, frame in enumerate(some):
            together.paste(frame, (0, k * height))
        palette = together.quantize(COLOURS)
        pictures = [frame.quantize(palette=palette, dither=0) for frame in self.frames]
        with replacing(path) as temporary:
            pictures[0].save(
                temporary,
                save_all=True,
                append_images=pictures[1:],
                duration=self.milliseconds,
                loop=0,
                optimize=True,
            )


def until(page: Any, script: str) -> None:
    """Wait until a JavaScript expression is true."""
    for _ in range(600):
        if page.evaluate(script):
            return
        page.wait_for_timeout(50)
    raise TimeoutError(script)


def spots(page: Any, selector: str, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Convert points given as shares of an element's size to screen coordinates."""
    box = page.locator(selector).bounding_box()
    return [(box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in points]


def paint(page: Any, film: Film | None = None) -> None:
    """Paint a digit with the mouse."""
    first, *rest = spots(page, "#pad", TWO)
    page.mouse.move(*first)
    page.mouse.down()
    for spot in rest:
        page.mouse.move(*spot, steps=5)
        if film:
            film.shoot(160)
    page.mouse.up()
    until(page, "!network.K || (guess !== null && !asking.isBusy('guess'))")
    until(page, READY)


def record(page: Any, address: str, out: Path) -> None:
    """Record the page in use: drawing, dragging, painting, completing, interpolating."""
    film = Film(page)
    page.goto(f"{address}#network=mnist&do=invent&class=3&seed=5")
    page.wait_for_selector("#main:not([hidden])")
    film.strokes()
    start, *way = spots(page, "#map", [(0.38, 0.06), *((0.38 + k / 60, 0.06) for k in range(1, 8))])
    page.mouse.move(*start)
    page.mouse.down()
    for spot in way:
        page.mouse.move(*spot)
        page.wait_for_timeout(150)
        film.shoot(150)
    page.mouse.up()
    film.shoot(700)
    page.click("#tab-paint")
    film.shoot(600)
    paint(page, film)
    film.strokes()
    page.click("#hide-lower")
    page.click("#complete")
    for k in (1, 3, 6, 10, 15, 20):
        until(page, f"/(Round {k} |Round 20|Eight)/.test($('complete-note').textContent)")
        film.shoot(260)
    film.shoot(1200)
    page.click("#tab-between")
    until(page, "$('steps').children.length === 9")
    for k in range(17):
        page.evaluate(f"setMix({min(k, 16) / 16})")
        until(page, READY)
        film.shoot(130)
    film.shoot(900)
    film.save(out / "page.gif")


def save(page: Any, path: Path) -> None:
    """Save a screenshot as a PNG with few colours."""
    with Image.open(io.BytesIO(page.screenshot())) as screen, replacing(path) as temporary:
        screen.convert("RGB").quantize(128, dither=0).save(temporary, optimize=True)


def stills(browser: Any, address: str, out: Path) -> None:
    """Save screenshots of two screens and a phone."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{address}#network=mnist&do=paint")
    page.wait_for_selector("#main:not([hidden])")
    paint(page)
    page.evaluate("stopAt(network.T)")
    page.click("#hide-lower")
    page.click("#complete")
    until(page, "$('complete-note').textContent.startsWith('Eight')")
    save(page, out / "page-paint.png")
    context.close()
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{address}#network=binarized-mnist-attention&do=paint")
    page.wait_for_selector("#main:not([hidden])")
    paint(page)
    page.evaluate("stopAt(40)")
    page.wait_for_timeout(300)
    save(page, out / "page-windows.png")
    context.close()
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(f"{address}#network=mnist&do=invent&class=3&seed=5")
    page.wait_for_selector("#main:not([hidden])")
    until(page, READY)
    page.evaluate("stopAt(network.T)")
    page.wait_for_timeout(300)
    save(page, out / "page-phone.png")
    context.close()


def main(page: Path, out: Path) -> None:
    """Make the pictures.

    Args:
        page: the live page with the three presets.
        out: the folder for the pictures.
    """
    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        record(opened, page.resolve().as_uri(), out)
        stills(browser, page.resolve().as_uri(), out)
        browser.close()


if __name__ == "__main__":
    tyro.cli(main)
