"""Pages that draw, in a real browser: by mouse, finger and key, in three sizes, light and dark."""

import numpy as np
import pytest
from page.browsing import FOUND, SEVEN, seen

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOUND, reason="no browser to look with: Chromium is not installed"),
]


WIDER = """() => [...document.querySelectorAll('body *')]
  .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(e => e.tagName + e.id)"""
PAPER = "getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)[0]"


@pytest.mark.parametrize(
    ("width", "height", "scheme"),
    [(390, 844, "dark"), (1280, 800, "light"), (1920, 1080, "dark")],
)
def test_page_fits_every_screen_light_and_dark(browser, drawn, width, height, scheme):
    with seen(browser, width=width, height=height, scheme=scheme) as it:
        it.open(drawn)
        for network, mode in (("mnist", "paint"), ("binarized-mnist-attention", "invent"),
                              ("colour", "between")):  # fmt: skip
            it.go(network, mode)
            if mode == "paint":
                it.paint()
            it.finished()
            assert it.value(WIDER) == []
            assert (it.value(PAPER) < 128) == (scheme == "dark")
            it.value("scrollTo(0, 0)")
            stage = it.page.locator("#frame").bounding_box()
            assert stage["y"] + stage["height"] < height
        it.page.click("#theme")
        assert (it.value(PAPER) < 128) == (scheme == "light")
        assert it.value(WIDER) == []
        it.quiet(drawn)


def test_drawing_with_the_mouse(browser, drawn):
    with seen(browser) as it:
        it.open(drawn, "network=mnist&do=invent&class=3&seed=5")
        it.finished()
        first = it.last()
        it.page.click("#classes button:nth-child(8)")
        it.finished()
        assert it.value("state.label") == 7
        assert it.last() != first
        it.page.click("#another")
        it.finished()
        it.page.locator("#time").fill("3")
        begun = it.value("strokes.map(s => Array.from(s.image))")
        it.page.click("#rest")
        it.finished()
        again = it.value("strokes.map(s => Array.from(s.image))")
        assert again[:3] == begun[:3]
        assert again[7] != begun[7]
        it.page.click("#mean")
        it.finished()
        assert it.value("strokes.every(s => s.z.every(v => v === 0))")
        it.page.locator("#time").fill("0")
        it.page.click("#play")
        assert it.value("playing")
        it.page.click("#play")
        assert not it.value("playing")
        film = it.page.locator("#film").bounding_box()
        it.page.mouse.click(film["x"] + 3, film["y"] + film["height"] / 2)
        assert it.value("state.t") == 1
        it.quiet(drawn)


def test_latents_are_dragged_and_later_strokes_follow(browser, drawn):
    with seen(browser) as it:
        it.open(drawn, "network=binarized-mnist-attention&do=invent&seed=5")
        it.finished()
        before = it.value("strokes.map(s => Array.from(s.image))")
        box = it.page.locator("#map").bounding_box()
        row = box["height"] / it.value("network.T")
        x, y = box["x"] + box["width"] * 0.32, box["y"] + 4.5 * row
        it.page.mouse.move(x, y)
        it.page.mouse.down()
        it.page.mouse.move(x + 90, y, steps=6)
        it.page.mouse.up()
        it.finished()
        after = it.value("strokes.map(s => Array.from(s.image))")
        assert after[:4] == before[:4]
        assert after[4] != before[4]
        assert "stroke 5, latent 7" in it.page.inner_text("#chosen")
        it.page.locator("#knob").fill("-2")
        it.finished()
        assert it.value("strokes[4].z[6]") == -2
        it.page.click("#undo")
        it.finished()
        assert it.last() == before[-1]
        it.quiet(drawn)


def test_painting_guessing_and_completing(browser, drawn):
    with seen(browser) as it:
        it.open(drawn, "network=mnist&do=paint")
        it.paint()
        it.until("guess !== null && !asking.isBusy('guess')")
        it.finished()
        assert it.value("guess.indexOf(Math.max(...guess))") == 7
        assert "guess is 7" in it.page.inner_text("#guess-note")
        said, left = (float(it.page.inner_text(f"#{name}")) for name in ("said", "left"))
        assert said > 5
        assert left > 20
        assert it.value("Math.abs(Number($('said').textContent) "
                        "- strokes.reduce((a, s) => a + s.kl, 0)) < 0.06")  # fmt: skip
        it.page.click("#guesses button:nth-child(2)")
        it.finished()
        assert it.value("state.label") == 1
        it.page.click("#hide-lower")
        it.until("!$('complete').disabled")
        picture = it.value("Array.from(pad.values())")
        it.page.click("#complete")
        it.until("$('complete-note').textContent.startsWith('Eight')")
        answers = it.value("[...$('answers').children].map(b => Array.from(b.values))")
        assert len(answers) == 8
        for answer in answers:
            assert answer[: 14 * 28] == picture[: 14 * 28]
            assert answer[14 * 28 :] != picture[14 * 28 :]
        it.page.click("#answers button:nth-child(3)")
        assert np.allclose(it.value("Array.from(state.image)"), answers[2])
        it.page.click("#hide-right")
        it.page.click("#hide-none")
        assert not it.value("pad.isHiding")
        it.page.click("#cover")
        it.paint([(0.5, 0.4), (0.5, 0.6)])
        assert it.value("pad.isHiding")
        it.page.click("#clear")
        assert it.value("state.image === null && pad.isEmpty")
        it.page.click("#own")
        it.finished()
        assert it.value("state.image.length") == 784
        it.quiet(drawn)


def test_painting_in_colour_and_opening_a_file(browser, drawn, tmp_path):
    from PIL import Image

    Image.new("RGB", (30, 20), (0, 128, 255)).save(tmp_path / "blue.png")
    (tmp_path / "text.png").write_text("no picture")
    with seen(browser) as it:
        it.open(drawn, "network=colour&do=paint")
        it.page.click("#swatches button:nth-child(2)")
        it.paint()
        it.finished()
        red, green, _ = np.reshape(it.value("Array.from(state.image)"), (-1, 3)).max(axis=0)
        assert red > 0.8
        assert green < 0.3
        it.page.set_input_files("#file", tmp_path / "blue.png")
        it.until("Math.abs(state.image[2] - 1) < 0.01 && Math.abs(state.image[1] - 0.5) < 0.01")
        it.page.set_input_files("#file", tmp_path / "text.png")
        it.until("$('notice').textContent.includes('cannot open text.png')")
        it.page.click("#hide-right")
        it.page.click("#complete")
        it.until("$('complete-note').textContent.startsWith('Eight')")
        it.quiet(drawn)


def test_between_two(browser, drawn):
    with seen(browser) as it:
        it.open(drawn, "network=mnist&do=paint")
        it.paint()
        it.finished()
        it.page.click("#tab-between")
        it.until("$('steps').children.length === 9 && strokes.length === network.T")
        it.page.locator("#mix").fill("0")
        it.finished()
        ends = it.value("[ends.a, ends.b].map(e => Array.from(e.latents))")
        z = it.value("strokes.flatMap(s => Array.from(s.z))")
        assert np.allclose(z, ends[0], atol=1e-6)
        it.page.click("#steps button:nth-child(9)")
        it.finished()
        assert it.value("state.mix") == 1
        it.page.click("#mine-a")
        it.until("state.a.seed === undefined && !asking.isBusy('means')")
        it.page.click("#other-b")
        it.page.click("#walk")
        it.until("walking && state.mix > 0 && state.mix < 1")
        it.page.click("#walk")
        assert not it.value("walking")
        it.quiet(drawn)


def test_every_control_by_touch(browser, drawn):
    with seen(browser, width=390, height=844, has_touch=True, is_mobile=True) as it:
        finger = it.page.context.new_cdp_session(it.page)

        def touch(kind, *points):
            finger.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

        def drag(selector, shares):
            it.page.locator(selector).scroll_into_view_if_needed()
            box = it.page.locator(selector).bounding_box()
            spots = [
                {"x": box["x"] + a * box["width"], "y": box["y"] + b * box["height"]}
                for a, b in shares
            ]
            touch("Start", spots[0])
            for spot in spots[1:]:
                touch("Move", spot)
            it.page.wait_for_timeout(200)  # a finger that rests flings nothing, which a tap stops
            touch("Move", spots[-1])
            touch("End")

        it.open(drawn, "network=mnist&do=invent&class=3&seed=5")
        it.finished()
        first = it.last()
        it.page.tap("#classes button:nth-child(5)")
        it.page.tap("#another")
        it.finished()
        assert it.last() != first
        before = it.last()
        drag("#map", [(0.3, 0.2), (0.4, 0.2), (0.6, 0.2), (0.8, 0.2)])
        it.finished()
        assert it.last() != before
        it.page.wait_for_timeout(300)  # Chrome takes a tap that follows a drag for its end
        it.page.tap("#tab-paint")
        it.until("state.mode === 'paint'")
        drag("#pad", SEVEN)
        it.until("guess !== null")
        it.finished()
        for name in ("#hide-right", "#complete"):
            it.page.tap(name)
        it.until("$('answers').children.length === 8")
        it.page.tap("#tab-between")
        it.until("$('steps').children.length === 9")
        for name in ("#other-a", "#steps button:nth-child(2)", "#walk", "#walk", "#theme", "#link",
                     "#play", "#inside summary"):  # fmt: skip
            it.page.tap(name)
        assert it.value("state.mix") < 1
        it.quiet(drawn)


def test_every_control_by_key(browser, drawn):
    with seen(browser) as it:
        it.open(drawn, "network=mnist&do=invent&class=3&seed=5")
        it.finished()
        press = it.page.keyboard.press
        first = it.last()
        press("4")
        assert it.value("state.label") == 4
        press("n")
        it.finished()
        assert it.last() != first
        press("ArrowLeft")
        press("ArrowLeft")
        assert it.value("state.t") == 6
        press("r")
        it.finished()
        press("m")
        it.finished()
        assert it.value("state.mean")
        press("ArrowRight")
        press("Space")
        press("w")
        assert not it.value("$('windows').checked")
        it.page.focus("#map")
        for key in ("ArrowDown", "ArrowDown", "ArrowRight", "+", "+"):
            press(key)
        it.finished()
        assert it.value("chosen.t === 1 && chosen.i === 1 && strokes[1].z[1] === 0.5")
        it.page.focus("#tab-invent")
        press("ArrowRight")
        assert it.value("state.mode") == "paint"
        it.page.focus("#pad")
        for key in ("Space", *["ArrowDown"] * 14, "Space"):
            press(key)
        # Each key asks anew, and the answers come one after the other.
        it.until("guess !== null && guess.indexOf(Math.max(...guess)) === 1")
        it.finished()
        # Everything else is a control that the tabulator reaches.
        it.page.focus("#tab-paint")
        reached = set()
        for _ in range(60):
            press("Tab")
            reached.add(it.value("document.activeElement.id || document.activeElement.tagName"))
        wanted = {"pad", "cover", "clear", "own", "file", "centre", "play", "time", "hide-lower",
                  "hide-right", "map", "link", "theme", "network"}  # fmt: skip
        assert wanted <= reached
        it.quiet(drawn)


@pytest.mark.parametrize(
    "fragment",
    [
        "network=mnist&do=invent&class=3&seed=12,5:13&latents=2.4:1.75&t=8",
        "network=binarized-mnist-attention&do=invent&seed=7&mean=1",
        "network=mnist&do=between&a=3:4&b=8:9&mix=25",
    ],
)
def test_a_link_shows_the_very_drawing(browser, drawn, fragment):
    with seen(browser) as it:
        it.open(drawn, fragment)
        it.finished()
        first = it.last()
        it.until("location.hash.length > 10 && ours === location.hash.slice(1)")
        address = it.value("location.hash.slice(1)")
        it.open(drawn, address)
        it.finished()
        assert it.last() == first
        it.quiet(drawn)


def test_a_painted_picture_is_in_its_link(browser, drawn):
    with seen(browser) as it:
        it.open(drawn, "network=binarized-mnist-attention&do=paint")
        it.paint()
        it.finished()
        first = it.last()
        it.until("location.hash.includes('picture=') && ours === location.hash.slice(1)")
        it.open(drawn, it.value("location.hash.slice(1)"))
        it.finished()
        assert it.last() == first
        for damaged in ("picture=@@@&seed=x&t=-4&class=99&latents=99.9:1,a", "network=none", "%%%"):
            it.value(f"location.hash = 'do=invent&{damaged}'")
            it.until("state.mode === 'invent'")
            it.finished()
            it.value("location.hash = 'do=between'")
            it.until("state.mode === 'between'")
        it.quiet(drawn)


def test_without_a_worker_it_draws_in_the_page(browser, drawn):
    refused = "window.Worker = class { constructor() { throw new Error('none here') } };"
    with seen(browser, before=refused) as it:
        it.open(drawn, "network=mnist&do=paint")
        assert it.value("asking.worker") is None
        it.paint()
        it.until("guess !== null")
        it.finished()
        it.value("void (unpack = () => { throw new RangeError('Array buffer allocation failed') })")
        it.page.select_option("#network", "1")
        it.until("$('notice').textContent.startsWith('There is not enough memory')")
        assert "4 MB" in it.page.inner_text("#notice")
        it.page.select_option("#network", "0")
        it.finished()
        assert it.page.is_hidden("#notice")
        it.quiet(drawn)


def test_a_worker_that_dies_at_its_start_is_done_without(browser, drawn):
    broken = "const Old = Blob; window.Blob = class extends Old { constructor() { super(['}']) } };"
    with seen(browser, before=broken) as it:
        it.open(drawn, "network=mnist&do=invent")
        it.finished()
        assert it.value("asking.worker") is None


def test_where_scripts_are_off_the_page_says_so(browser, drawn):
    with seen(browser, java_script_enabled=False) as it:
        it.page.goto(drawn.as_uri())
        assert "scripts are turned off" in it.page.inner_text("noscript")


def test_nothing_from_elsewhere_is_fetched_or_run(browser, drawn, tmp_path):
    html = drawn.read_text("utf-8")
    other = "<img src='https://example.org/a.png'><script>document.title = 'run'</script>"
    spoiled = tmp_path / "spoiled.html"
    spoiled.write_text(html.replace("<footer>", f"{other}<footer>"), "utf-8")
    with seen(browser) as it:
        it.open(spoiled, "network=mnist")
        assert it.value("document.title") != "run"
        assert sum("Content Security Policy" in text for text in it.said) >= 2
        assert it.value("fetch('https://example.org').then(() => 1, () => 0)") == 0
