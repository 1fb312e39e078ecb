"""Grids of completions of half-hidden images."""

import numpy as np
import pytest

from keras_draw.figures.completions import VEIL, check_completions, completion_grid
from keras_draw.figures.sizes import gap_of

SCALE = 20


@pytest.mark.parametrize("channels", [1, 3])
def test_a_row_shows_the_visible_part_the_completions_and_the_image(channels):
    random = np.random.default_rng(0)
    images = random.random((2, 4, 3, channels))
    answers = random.random((2, 5, 4, 3, channels))
    hidden = np.zeros((4, 3), bool)
    hidden[2:] = True
    page = np.asarray(completion_grid(images, hidden, answers, scale=SCALE))
    gap = gap_of(SCALE)
    above = page.shape[0] - 2 * (4 * SCALE + gap) - gap

    def tile(row, column):
        """The value at the centre of every pixel of one tile."""
        top = above + gap + row * (4 * SCALE + gap) + SCALE // 2
        left = gap + column * (3 * SCALE + gap) + SCALE // 2
        return page[top : top + 4 * SCALE : SCALE, left : left + 3 * SCALE : SCALE].astype(int)

    for row in range(2):
        seen = tile(row, 0)
        assert (seen[2:] == VEIL).all()
        np.testing.assert_allclose(seen[:2], images[row, :2] * np.full(3, 255), atol=1)
        for answer in range(5):
            np.testing.assert_allclose(
                tile(row, 1 + answer), answers[row, answer] * np.full(3, 255), atol=1
            )
        np.testing.assert_allclose(tile(row, 6), images[row] * np.full(3, 255), atol=1)


def test_a_grid_that_is_too_large_is_refused_before_it_is_made():
    check_completions(8, 8, (28, 28, 1), scale=None, force=False)
    with pytest.raises(ValueError, match="too many to look at"):
        check_completions(10_000, 8, (28, 28, 1), scale=None, force=False)
