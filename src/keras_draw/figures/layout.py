"""The arrangement of images in a grid: a full rectangle, or a labelled row per class."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keras_draw.figures.sizes import grid_of

EMPTY = -1
"""The value of a cell without an image."""
MOST_LETTERS = 24
"""Longest class name, in characters; longer names are shortened."""
ONE_ROW = 12
"""With one image per class and at most this many classes, all images are in one row."""


class Layout(NamedTuple):
    """Positions of N images in a grid, and its labels."""

    cells: np.ndarray
    """index of the image in each cell (R, columns), 0 to N-1; `EMPTY` for none."""
    row_labels: tuple[str, ...] = ()
    """R texts to the left of the rows, or ()."""
    column_labels: tuple[str, ...] = ()
    """a text above each column, or ()."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.cells.shape
        return rows, columns

    def placed(self, values: np.ndarray, filling: float) -> np.ndarray:
        """Arrange one value per image in the grid.

        Args:
            values: one value per image (N, ...).
            filling: the value for empty cells.

        Returns:
            (R, columns, ...).
        """
        found = values[self.cells]
        found[self.cells == EMPTY] = filling
        return found


def rectangle(count: int, columns: int | None = None) -> Layout:
    """Arrange images in order, row by row.

    Args:
        count: number of images.
        columns: images per row; chosen by `sizes.grid_of` if None.

    Example:
        >>> rectangle(6).cells.tolist()
        [[0, 1, 2], [3, 4, 5]]
    """
    rows, columns = grid_of(count, columns)
    cells = np.arange(rows * columns)
    return Layout(np.where(cells < count, cells, EMPTY).reshape(rows, columns))


def by_class(labels: np.ndarray, names: Sequence[str], columns: int | None = None) -> Layout:
    """Arrange images in one row per class, with its name on the left.

    If there is one image per class and there are few classes, all images are in one row, with the
    names above.

    Args:
        labels: the class of each image (N,).
        names: names of all classes.
        columns: images per row; a class with more images continues in another row. None: as many
            columns as the largest class has images.

    Returns:
        Rows for the classes that occur. Classes with fewer images leave cells empty.

    Example:
        >>> by_class(np.array([1, 0, 1]), ["cat", "dog"]).cells.tolist()
        [[1, -1], [0, 2]]
        >>> by_class(np.array([1, 0]), ["cat", "dog"]).column_labels
        ('cat', 'dog')
    """
    classes = np.unique(labels)
    groups = [np.flatnonzero(labels == k) for k in classes]
    if columns is None and max(map(len, groups)) == 1 and len(classes) <= ONE_ROW:
        return Layout(np.concatenate(groups)[None], column_labels=tuple(names[k] for k in classes))
    columns = min(columns or len(labels), max(map(len, groups)))
    rows, texts = [], []
    for k, group in zip(classes, groups, strict=True):
        for start in range(0, len(group), columns):
            row = group[start : start + columns]
            rows.append(np.pad(row, (0, columns - len(row)), constant_values=EMPTY))
            texts.append("" if start else _brief(names[k]))
    return Layout(np.stack(rows), tuple(texts))


def _brief(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1].rstrip() + "…"
