"""Who cannot see, or paints with other hands than one mouse: contrast, announcements, keys, pad."""

import pytest
from page.browsing import FOUND, seen

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOUND, reason="no browser to look with: Chromium is not installed"),
]

COLOURS = """(selector => [getComputedStyle(document.querySelector(selector)).color,
  getComputedStyle(document.body).backgroundColor].map(c => c.match(/[0-9]+/g).map(Number)))"""
SWALLOWED = """([id, key, held]) => !$(id).dispatchEvent(new KeyboardEvent('keydown',
  { key, [held]: true, bubbles: true, cancelable: true }))"""
MIDDLE = "pad.context.getImageData(pad.canvas.width / 2, pad.canvas.height / 2, 1, 1).data[0]"


def luminance(colour):
    """Relative luminance of an sRGB colour, as WCAG 2 defines it."""
    shares = [c / 255 for c in colour]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_legend_can_be_read(browser, drawn, scheme):
    with seen(browser, scheme=scheme) as it:
        it.open(drawn, "network=binarized-mnist-attention&do=paint")
        for word in (".looks", ".paints"):
            low, high = sorted(map(luminance, it.value(f"{COLOURS}('{word}')")))
            assert (high + 0.05) / (low + 0.05) >= 4.5


def test_a_screen_reader_hears_guesses_and_answers_but_not_every_stroke(browser, drawn):
    with seen(browser) as it:
        it.open(drawn, "network=mnist&do=paint")
        assert it.page.get_attribute("#clock", "aria-live") == "off"
        for name in ("#guess-note", "#complete-note"):
            assert it.page.get_attribute(name, "role") == "status"
        it.paint()
        it.until("guess !== null")
        it.page.click("#hide-lower")
        it.page.click("#complete")
        it.until("$('complete-note').textContent.startsWith('Round')")
        assert it.page.get_attribute("#complete-note", "aria-busy") == "true"
        it.page.click("#hide-none")
        assert it.page.get_attribute("#complete-note", "aria-busy") == "false"


def test_the_browsers_own_keys_are_left_to_it(browser, drawn):
    with seen(browser) as it:
        it.open(drawn, "network=mnist&do=paint")
        for name, key in (("map", "+"), ("map", "ArrowLeft"), ("pad", "ArrowLeft"), ("pad", " "),
                          ("tab-paint", "ArrowLeft")):  # fmt: skip
            for held in ("ctrlKey", "metaKey", "altKey"):
                assert not it.page.evaluate(SWALLOWED, [name, key, held])
        assert it.value("chosen === null && pad.isEmpty && state.mode === 'paint'")
        it.quiet(drawn)


def test_a_mouse_that_only_hovers_paints_nothing(browser, drawn):
    with seen(browser) as it:
        it.open(drawn, "network=mnist&do=paint")
        it.page.focus("#pad")
        it.page.keyboard.press("Space")
        box = it.page.locator("#pad").bounding_box()
        for share in (0.3, 0.5, 0.7):
            it.page.mouse.move(box["x"] + share * box["width"], box["y"] + share * box["height"])
        assert it.value(MIDDLE) == 0
        it.page.keyboard.press("ArrowDown")
        assert it.value("pad.pen !== null && !pad.isEmpty")
        it.quiet(drawn)


def test_a_second_finger_does_not_pull_the_line(browser, drawn):
    with seen(browser, width=390, height=844, has_touch=True, is_mobile=True) as it:
        it.open(drawn, "network=mnist&do=paint")
        finger = it.page.context.new_cdp_session(it.page)
        it.page.locator("#pad").scroll_into_view_if_needed()
        box = it.page.locator("#pad").bounding_box()

        def touch(kind, *spots):
            points = [
                {"x": box["x"] + a * box["width"], "y": box["y"] + b * box["height"], "id": k}
                for k, a, b in spots
            ]
            finger.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

        touch("Start", (0, 0.15, 0.15))
        touch("Start", (0, 0.15, 0.15), (1, 0.8, 0.75))
        touch("Move", (0, 0.2, 0.2), (1, 0.8, 0.8))
        assert it.value(MIDDLE) == 0
        touch("End", (1, 0.8, 0.8))
        assert it.value("pad.pen !== null")
        touch("Move", (0, 0.5, 0.5))
        touch("End")
        assert it.value(MIDDLE) == 255
        assert it.value("pad.pen") is None
        it.quiet(drawn)


def test_a_picture_that_is_kept_cannot_be_centred(browser, drawn):
    with seen(browser) as it:
        it.open(drawn, "network=mnist&do=paint")
        it.paint()
        it.finished()
        assert it.page.is_enabled("#centre")
        it.page.click("#hide-lower")
        it.until("$('centre').disabled")
        it.page.click("#clear")
        it.until("!$('centre').disabled")
        it.quiet(drawn)
