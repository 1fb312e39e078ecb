"""Which image lies where on a page: a full rectangle, or a labelled row a class."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keras_draw.figures.sizes import grid_of

EMPTY = -1
"""In a cell without an image."""
MOST_LETTERS = 24
"""Of a class's name."""
ONE_ROW = 12
"""Images of as many classes stand in one row, with the names above."""


class Layout(NamedTuple):
    """Places of N images, and what stands beside them."""

    cells: np.ndarray
    """which image lies where (R, columns), 0 to N-1; `EMPTY` for none."""
    row_labels: tuple[str, ...] = ()
    """R texts at the left, or none."""
    column_labels: tuple[str, ...] = ()
    """a text above each column, or none."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.cells.shape
        return rows, columns

    def placed(self, values: np.ndarray, filling: float) -> np.ndarray:
        """Values of the images where they lie.

        Args:
            values: one for each image (N, ...).
            filling: stands where there is none.

        Returns:
            (R, columns, ...).
        """
        found = values[self.cells]
        found[self.cells == EMPTY] = filling
        return found


def rectangle(count: int, columns: int | None = None) -> Layout:
    """Images in their order, row by row.

    Args:
        count: how many.
        columns: in a row; a full rectangle if not given, as `sizes.grid_of` chooses it.

    Example:
        >>> rectangle(6).cells.tolist()
        [[0, 1, 2], [3, 4, 5]]
    """
    rows, columns = grid_of(count, columns)
    cells = np.arange(rows * columns)
    return Layout(np.where(cells < count, cells, EMPTY).reshape(rows, columns))


def by_class(labels: np.ndarray, names: Sequence[str], columns: int | None = None) -> Layout:
    """A row for each class, its name at the left; in one row, with names above, if one is of each.

    Args:
        labels: the class of each image (N,).
        names: of all classes.
        columns: in a row, where a class goes on in a row of its own; as many as the largest class
            has images if not given.

    Returns:
        Rows for those classes that occur. Cells of a class with fewer images stay empty.

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
