"""Sizes of pictures; those that are too large are refused before anything is drawn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from keras_draw.figures import grids
from keras_draw.figures.sizes import (
    HIGH,
    MOST_PIXELS,
    MOST_SIDE,
    check_grid,
    gap_of,
    grid_of,
    scale_of,
    tile_scale,
)

COUNTS = some.integers(1, 6)


@settings(deadline=None)
@given(COUNTS, COUNTS, some.integers(1, 20), some.integers(1, 20))
def test_pictures_have_the_computed_size(rows, columns, h, w):
    picture = grids.image_grid(np.zeros((rows, columns, h, w, 1), np.uint8), scale=1)
    assert picture.size == (columns * (w + 2) + 2, rows * (h + 2) + 2)
    assert check_grid(rows, columns, (h, w), scale=1) == 1


@given(some.integers(1, 30), some.integers(1, 30), some.integers(1, 64), some.integers(1, 64))
def test_a_picture_is_wide_enough_and_not_too_wide(rows, columns, h, w):
    scale = scale_of(rows, columns, (h, w, 1))
    width, height = columns * (w * scale + gap_of(scale)), rows * (h * scale + gap_of(scale))
    if scale > tile_scale(h, w):
        assert width <= 1200
        assert width >= 600 or rows * (h * (scale + 1) + gap_of(scale + 1)) > HIGH
        assert height <= HIGH or scale == 1


@given(some.integers(1, 10**6))
def test_a_grid_has_a_cell_for_every_image(count):
    rows, columns = grid_of(count)
    assert rows * columns >= count > (rows - 1) * columns


@pytest.mark.parametrize(
    ("rows", "columns", "size", "pages"),
    [
        (10**9, 10**9, (28, 28, 1), 1),
        (10_000, 25, (28, 28, 1), 1),
        (1, MOST_SIDE, (28, 28, 1), 1),
        (1, 1, (10_000, 10_000, 3), 1),
        (30, 30, (28, 28, 1), 10**9),
    ],
)
def test_pictures_that_are_too_large_are_refused(rows, columns, size, pages):
    with pytest.raises(ValueError, match=r"pixels.*, too many to look at: give fewer images"):
        check_grid(rows, columns, size, pages=pages)


def test_common_sizes_are_accepted():
    check_grid(8, 8, (28, 28, 1), pages=256)
    check_grid(100, 65, (28, 28, 1))
    check_grid(10, 10, (256, 256, 3), pages=64)
    assert MOST_PIXELS > 4000 * 4000


def test_with_force_only_memory_and_the_gif_format_are_limits(monkeypatch):
    check_grid(10_000, 25, (28, 28, 1), scale=2, force=True)
    with pytest.raises(ValueError, match="too many to look at"):  # no GIF can have such a side
        check_grid(10_000, 25, (28, 28, 1), scale=10, pages=2, force=True)
    monkeypatch.setattr("keras_draw.memory.memory", lambda: 1e6)
    with pytest.raises(ValueError, match=r"of memory.*give fewer images or a smaller scale"):
        check_grid(10_000, 25, (28, 28, 1), scale=2, force=True)


def test_a_grid_that_is_too_large_is_refused_before_it_is_allocated():
    tile = np.zeros((1, 1, 1, 1, 1), np.uint8)
    huge = np.broadcast_to(tile, (10**6, 10**6, 28, 28, 1))
    with pytest.raises(ValueError, match="too many to look at"):
        grids.image_grid(huge)
