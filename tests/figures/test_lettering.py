"""Names from anywhere, in one line that has room."""

from hypothesis import given
from hypothesis import strategies as some

from keras_draw.figures.lettering import font_of, shortened, width_of

FONT = font_of(12)


@given(some.text(max_size=80), some.integers(20, 200))
def test_a_text_has_room_and_can_be_printed(text, most):
    found = shortened(text, FONT, most)
    assert width_of(found, FONT) <= most
    assert "\n" not in found
    assert found == "" or found.isprintable()


def test_only_what_is_too_long_is_shortened():
    assert shortened("T-shirt/top", FONT, 200) == "T-shirt/top"
    assert shortened("two\nlines\x07", FONT, 200) == "two lines?"
    found = shortened("a" * 5000, FONT, 60)
    assert found.startswith("aa")
    assert found.endswith("…")
