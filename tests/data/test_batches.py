"""Batches: every image once per epoch, in an order that depends only on seed and epoch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_draw.data.batches import Batches
from keras_draw.data.images import ImageData

COUNT = 10
DATA = ImageData(
    np.arange(COUNT, dtype=np.uint8).reshape(-1, 1, 1, 1) * np.ones((1, 2, 2, 1), np.uint8),
    np.arange(COUNT),
    tuple(map(str, range(COUNT))),
)


def rows(batches):
    return [x[:, 0, 0, 0].tolist() for x, *_ in (batches[i] for i in range(len(batches)))]


@given(st.integers(1, 15), st.integers(0, 2**31), st.integers(0, 50))
def test_every_image_comes_once_with_its_own_label(batch_size, seed, epoch):
    batches = Batches(DATA, batch_size, seed=seed, labels=True, epoch=epoch)
    x, y = (np.concatenate(p) for p in zip(*(batches[i] for i in range(len(batches))), strict=True))
    assert sorted(y.tolist()) == list(range(COUNT))
    np.testing.assert_array_equal(x[:, 0, 0, 0], y)
    assert rows(batches) == rows(Batches(DATA, batch_size, seed=seed, epoch=epoch))


def test_order_depends_on_epoch_and_seed_unless_shuffling_is_off():
    orders = {str(rows(Batches(DATA, 3, seed=s, epoch=e))) for s in range(3) for e in range(3)}
    assert len(orders) == 9
    assert rows(Batches(DATA, 4, shuffle=False, epoch=7)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    batches = Batches(DATA, 3)
    first = rows(batches)
    batches.on_epoch_end()
    assert rows(batches) == rows(Batches(DATA, 3, epoch=1)) != first


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="batch_size is 0"):
        Batches(DATA, 0)
    with pytest.raises(ValueError, match="has no labels"):
        Batches(ImageData(DATA.images), 2, labels=True)
