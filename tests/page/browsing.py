"""A page in a real browser, for tests: what it says, what it asks for, a hand that paints."""

import shutil
from contextlib import contextmanager

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FOUND = next(filter(None, map(shutil.which, BROWSERS)), None)
SEVEN = [(0.3, 0.25), (0.68, 0.25), (0.45, 0.8)]
"""A digit, as points of the pad."""


class Seen:
    """A page, and everything that it said or asked for."""

    def __init__(self, page):
        self.page, self.said, self.asked = page, [], []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self.asked.append(request.url))

    def open(self, path, fragment=""):
        """Load the page anew, and wait until its network is open."""
        self.page.goto("about:blank")
        self.page.goto(f"{path.as_uri()}#{fragment}")
        self.page.wait_for_selector("#main:not([hidden])")
        return self

    def go(self, network, mode):
        """Follow a link within the page."""
        self.page.evaluate(f"location.hash = 'network={network}&do={mode}'")
        self.until(
            f"record.name === '{network}' && network?.index === records.indexOf(record)"
            f" && !$('main').hidden && state.mode === '{mode}'"
        )

    def value(self, script):
        """What a piece of script says in the page."""
        return self.page.evaluate(script)

    def until(self, script):
        """Wait until a piece of script is true. (Playwright's own wait asks by eval, which the
        page's policy forbids.)"""
        for _ in range(400):
            if self.page.evaluate(script):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never true: {script}; the page said {self.said}")

    def finished(self):
        """Wait until all strokes of the newest drawing are there and shown."""
        self.until("!asking.isBusy('draw') && !playing && strokes.length === network.T && !held")

    def last(self):
        """The finished picture."""
        return self.value("Array.from(strokes[network.T - 1].image)")

    def paint(self, points=SEVEN):
        """Paint on the pad with the mouse."""
        box = self.page.locator("#pad").bounding_box()
        spots = [(box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in points]
        self.page.mouse.move(*spots[0])
        self.page.mouse.down()
        for spot in spots[1:]:
            self.page.mouse.move(*spot, steps=4)
        self.page.mouse.up()

    def quiet(self, path):
        """Nothing was said, and nothing was asked for but the file and its own Worker."""
        assert self.said == []
        asked = {url for url in self.asked if not url.startswith(("blob:", "data:", "about:"))}
        assert {url.partition("#")[0] for url in asked} <= {path.as_uri()}


@contextmanager
def browser_of(playwright):
    """The system's Chromium."""
    opened = playwright.chromium.launch(executable_path=FOUND, args=["--no-sandbox"])
    yield opened
    opened.close()


@contextmanager
def seen(browser, *, width=1280, height=800, scheme="light", before="", **more):
    """A page of a certain size; `before` is script that runs before the page's own."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        offline=True,
        **more,
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    if before:
        page.add_init_script(before)
    yield Seen(page)
    context.close()
