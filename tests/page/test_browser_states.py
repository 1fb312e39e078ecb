"""What a page remembers and forgets: between networks, between tabs, and in its links."""

import pytest
from conftest import tiny
from page.browsing import FOUND, seen

from keras_draw import DRAW
from keras_draw.page import page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOUND, reason="no browser to look with: Chromium is not installed"),
]

NO_CLIPBOARD = """Object.defineProperty(navigator, 'clipboard', { value: undefined });
  Document.prototype.execCommand = () => %s;"""
BOTH_ENDS = "Boolean(ends.a && ends.b) && $('steps').children.length === 9"


def completing(it):
    """Have a painted picture completed, as far as the first answers."""
    it.paint()
    it.until("guess !== null")
    it.page.click("#hide-lower")
    it.page.click("#complete")
    it.until("$('complete-note').textContent.startsWith('Round')")


def test_another_network_begins_without_the_answers_of_the_last(browser, drawn):
    with seen(browser) as it:
        it.open(drawn, "network=mnist&do=paint")
        note = it.page.inner_text("#complete-note")
        completing(it)
        it.value("void (window.old = $('answers').firstElementChild)")
        it.go("colour", "paint")
        assert it.page.is_hidden("#answers")
        assert it.value("$('answers').children.length") == 0
        assert it.page.inner_text("#complete-note") == note
        it.value("old.click()")
        assert it.value("state.image") is None
        it.quiet(drawn)


def test_a_stopped_completion_says_nothing_more_and_ends(browser, drawn):
    with seen(browser) as it:
        it.open(drawn, "network=mnist&do=paint")
        note = it.page.inner_text("#complete-note")
        it.value("""void (window.rounds = 0, asking.answered = (answer) => {
          rounds += 'round' in answer;
          Asking.prototype.answered.call(asking, answer);
        })""")
        completing(it)
        it.page.click("#hide-none")
        assert it.page.inner_text("#complete-note") == note
        it.page.wait_for_timeout(300)  # for answers that were on their way
        rounds = it.value("rounds")
        it.page.wait_for_timeout(1000)
        assert it.value("rounds") == rounds < 20
        it.quiet(drawn)


def test_both_ends_are_found_however_they_are_asked_for(browser, drawn):
    with seen(browser) as it:
        it.open(drawn, "network=mnist&do=paint")
        it.paint()
        it.finished()
        it.page.click("#tab-between")
        it.value("$('other-b').click()")
        it.until(BOTH_ENDS)
        for name in ("#mine-a", "#mine-b", "#tab-invent", "#tab-between"):
            it.page.click(name)
        it.until(BOTH_ENDS)
        it.finished()
        it.quiet(drawn)


def test_a_class_is_chosen_only_by_the_user_or_a_link(browser, drawn):
    with seen(browser) as it:
        it.open(drawn, "network=mnist&do=paint")
        it.value("$('tab-invent').click(), $('tab-paint').click()")
        it.paint()
        it.until("$('guess-note').textContent.startsWith('Its guess is 7')")
        it.page.click("#guesses button:nth-child(3)")
        it.page.click("#tab-between")
        it.page.click("#tab-paint")
        it.until("$('guess-note').textContent.startsWith('You chose 2')")
        it.until("location.hash.includes('class=2')")
        it.open(drawn, it.value("location.hash.slice(1)"))
        it.until("$('guess-note').textContent.startsWith('You chose 2')")
        it.page.click("#tab-invent")
        it.page.click("#classes button:nth-child(5)")
        it.page.click("#tab-paint")
        it.until("$('guess-note').textContent.startsWith('Its guess is 7')")
        it.quiet(drawn)


def test_what_is_set_in_one_tab_does_not_hold_in_another(browser, drawn):
    with seen(browser) as it:
        it.open(drawn, "network=mnist&do=invent&class=3&mean=1&latents=2.4:1.75")
        it.finished()
        assert it.value("state.mean && strokes[2].z[4] === 1.75")
        it.page.click("#tab-paint")
        it.paint()
        assert it.value("[state.mean, Object.keys(state.edits)]") == [False, []]
        it.value("setLatent(2, 4, 1.5)")
        it.page.click("#tab-between")
        assert it.value("Object.keys(state.edits)") == []
        it.quiet(drawn)


@pytest.mark.parametrize("chosen", [None, 3])
def test_a_picture_at_an_end_is_in_its_link(browser, drawn, chosen):
    with seen(browser) as it:
        it.open(drawn, "network=binarized-mnist-attention&do=paint")
        it.paint()
        it.finished()
        it.go("mnist", "paint")
        it.paint()
        it.until("guess !== null && !asking.isBusy('guess')")
        if chosen is not None:
            it.page.click(f"#guesses button:nth-child({chosen + 1})")
        it.page.click("#tab-between")
        it.page.click("#mine-b")
        it.until(f"{BOTH_ENDS} && location.hash.includes('b=yours')")
        assert it.value("ends.b.label.indexOf(1)") == (7 if chosen is None else chosen)
        it.open(drawn, it.value("location.hash.slice(1)"))
        it.until(BOTH_ENDS)
        # Grey levels are rounded to 16.
        assert it.value("Math.max(...state.image) > 0.9 && state.b.seed === undefined")
        assert it.value("ends.b.label.indexOf(1)") == (7 if chosen is None else chosen)
        it.finished()
        it.quiet(drawn)


def test_what_a_link_leaves_out_is_said(browser, tmp_path):
    DRAW(tiny(image_shape=(40, 40, 3), likelihood="logistic-mixture")).save(tmp_path / "big.keras")
    file = tmp_path / "page.html"
    page([tmp_path / "big.keras"], out=str(file))
    with seen(browser, before=NO_CLIPBOARD % "true") as it:
        it.open(file, "do=paint")
        it.page.click("#link")
        assert it.page.is_hidden("#notice")
        it.paint()
        it.finished()
        it.page.click("#link")
        assert "leaves out your picture" in it.page.inner_text("#notice")
        assert "4,096" in it.page.inner_text("#notice")
        it.page.click("#tab-invent")
        assert it.page.is_hidden("#notice")
        it.quiet(file)


@pytest.mark.parametrize(("works", "said"), [("true", "Copied"), ("false", "Not copied")])
def test_copied_is_said_only_if_it_is(browser, drawn, works, said):
    with seen(browser, before=NO_CLIPBOARD % works) as it:
        it.open(drawn, "network=mnist&do=invent")
        it.page.click("#link")
        assert it.page.inner_text("#link") == said
        assert it.page.is_hidden("#notice") == (works == "true")
        assert it.value("document.activeElement.id") == "link"
        it.quiet(drawn)
