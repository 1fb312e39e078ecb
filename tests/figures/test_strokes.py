"""Rectangles of windows, checked pixel by pixel."""

import numpy as np
import pytest

from keras_draw.figures import grids
from keras_draw.figures.strokes import MOST_STROKE_PIXELS, window_frame

GREEN, ORANGE = (0x2F, 0x9E, 0x44), (0xF7, 0x67, 0x07)
BLACK = np.zeros((1, 1, 10, 10, 1))


def frame(what, x=5.0, y=4.0, delta=2.0, sigma=0.5):
    return window_frame(what, *(np.full((1, 1), v) for v in (x, y, delta, sigma)), 3)


def drawn(*frames):
    """The only tile of a grid, without the gap around it."""
    page = np.asarray(grids.image_grid(BLACK, scale=10, frames=frames))
    return page[5:105, 5:105]


def is_in(picture, colour):
    return (picture == colour).all(axis=-1)


def test_a_window_is_a_rectangle_through_its_outermost_filters():
    """Pixels are counted from 1: filters at pixels 3 and 7 have their centres at 2.5 and 6.5."""
    one = frame("read")
    assert [float(v[0, 0]) for v in one[:5]] == [2.5, 1.5, 6.5, 5.5, 0.5]
    picture = drawn(one)
    rows, columns = np.nonzero(picture.any(axis=-1))
    assert (columns.min(), columns.max()) == (22, 67)  # the line is 5 wide, around the edge
    assert (rows.min(), rows.max()) == (12, 57)
    assert not picture[20:50, 30:60].any()
    assert set(map(tuple, picture[picture.any(axis=-1)])) == {GREEN}


def test_two_windows_in_one_place_are_both_visible():
    alone = is_in(drawn(frame("write")), ORANGE)
    both = drawn(frame("read"), frame("write"))
    green, orange = is_in(both, GREEN), is_in(both, ORANGE)
    np.testing.assert_array_equal(green | orange, alone)
    assert green.sum() > 0.2 * alone.sum()
    assert orange.sum() > 0.4 * alone.sum()
    across = both[:, 45]  # a line down through both sides
    assert [tuple(v) for v in across[12:18]].count(GREEN) == 2


def test_windows_that_do_not_overlap_do_not_change_each_other():
    looks, paints = frame("read", x=2.5, y=2.5, delta=0.5), frame("write", x=8, y=8, delta=0.5)
    both = drawn(looks, paints)
    np.testing.assert_array_equal(is_in(both, GREEN), is_in(drawn(looks), GREEN))
    np.testing.assert_array_equal(is_in(both, ORANGE), is_in(drawn(paints), ORANGE))


def test_a_window_the_size_of_a_dot_is_visible_below_another():
    """The line has its maximal width, and the rectangle has no interior."""
    dot = {"delta": 0.0, "sigma": 9.0}
    both = drawn(frame("read", **dot), frame("write", **dot))
    assert is_in(both, GREEN).any()
    assert is_in(both, ORANGE).any()
    assert both.any(axis=-1).sum() <= (MOST_STROKE_PIXELS + 1) ** 2


@pytest.mark.parametrize("value", [1e30, -1e30, 0.0])
def test_windows_outside_the_image_do_no_harm(value):
    wild = np.full((1, 1), value)
    one = window_frame("write", wild, wild, abs(wild), abs(wild), 5)
    page = grids.image_grid(BLACK, scale=4, frames=[one])
    assert page.size == grids.image_grid(BLACK, scale=4).size
