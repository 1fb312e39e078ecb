"""The arrangement of images: full rectangles, and rows of classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from keras_draw.figures.layout import EMPTY, by_class, rectangle
from keras_draw.figures.sizes import THINNEST, grid_of


@given(some.integers(1, 3000), some.none() | some.integers(1, 40))
def test_every_image_has_one_cell_in_order(count, columns):
    cells = rectangle(count, columns).cells
    assert cells[cells != EMPTY].tolist() == list(range(count))
    flat = cells.ravel().tolist()
    assert EMPTY not in flat[:count]  # empty cells come last
    if columns:
        assert cells.shape == (-(-count // columns), min(count, columns))


@given(some.integers(1, 3000))
def test_the_rectangle_is_full_if_possible(count):
    rows, columns = grid_of(count)
    assert rows <= columns <= THINNEST * rows
    full = [r for r in range(1, count + 1) if count % r == 0 and r <= count // r <= THINNEST * r]
    if full:
        assert (rows, columns) == (full[-1], count // full[-1])
    else:
        assert rows * columns - count < columns


@pytest.mark.parametrize(
    ("count", "expected"),
    [(64, (8, 8)), (40, (5, 8)), (16, (4, 4)), (7, (1, 7)), (11, (3, 4)), (1, (1, 1))],
)
def test_common_counts(count, expected):
    assert grid_of(count) == expected


def test_a_class_is_a_row_with_its_name():
    labels = np.array([2, 0, 2, 0, 2])
    layout = by_class(labels, ["cat", "dog", "emu"])
    assert layout.cells.tolist() == [[1, 3, EMPTY], [0, 2, 4]]
    assert layout.row_labels == ("cat", "emu")
    narrow = by_class(labels, ["cat", "dog", "emu"], columns=2)
    assert narrow.cells.tolist() == [[1, 3], [0, 2], [4, EMPTY]]
    assert narrow.row_labels == ("cat", "emu", "")


def test_one_image_per_class_gives_one_row_with_names_above():
    layout = by_class(np.array([1, 0]), ["cat", "dog"])
    assert layout.cells.tolist() == [[1, 0]]
    assert (layout.row_labels, layout.column_labels) == ((), ("cat", "dog"))
    many = by_class(np.arange(40), [str(k) for k in range(40)])
    assert many.cells.shape == (40, 1)


def test_values_are_arranged_and_empty_cells_are_filled():
    placed = rectangle(3, 2).placed(np.array([[1.0], [2.0], [3.0]]), 7.0)
    assert placed.tolist() == [[[1.0], [2.0]], [[3.0], [7.0]]]
