"""Any text, in one line that fits."""

from hypothesis import given
from hypothesis import strategies as some

from keras_draw.figures.lettering import font_of, shortened, width_of

FONT = font_of(12)


@given(some.text(max_size=80), some.integers(20, 200))
def test_any_text_fits_and_is_printable(text, most):
    found = shortened(text, FONT, most)
    assert width_of(found, FONT) <= most
    assert "\n" not in found
    assert found == "" or found.isprintable()


def test_only_long_texts_are_shortened():
    assert shortened("T-shirt/top", FONT, 200) == "T-shirt/top"
    assert shortened("two\nlines\x07", FONT, 200) == "two lines?"
    found = shortened("a" * 5000, FONT, 60)
    assert found.startswith("aa")
    assert found.endswith("…")
