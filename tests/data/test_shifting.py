"""Shifted batches against SciPy's shift, and the chances of each shift."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from keras_draw.data.images import ImageData
from keras_draw.data.shifting import SHIFTS, ShiftedBatches, shifted


def of_scipy(image, shift):
    down, right = SHIFTS[shift]
    return ndimage.shift(image, (down, right, 0), order=0, mode="nearest")


def test_the_shifts_are_all_moves_by_at_most_a_pixel_and_the_first_is_none():
    assert SHIFTS[0] == (0, 0)
    assert sorted(SHIFTS) == [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]


@given(
    st.integers(1, 5), st.integers(1, 6), st.integers(1, 3), st.sampled_from(["uint8", "float32"]),
    st.integers(0, 99),
)  # fmt: skip
def test_images_are_shifted_as_scipy_does_it(height, width, channels, dtype, seed):
    draw = np.random.default_rng(seed)
    images = (draw.random((9, height, width, channels)) * 255).astype(dtype)
    shifts = draw.permutation(len(SHIFTS))
    found = shifted(images, shifts)
    assert found.dtype == images.dtype
    for image, shift, result in zip(images, shifts, found, strict=True):
        np.testing.assert_array_equal(result, of_scipy(image, shift))


def batches(share, **how):
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (4000, 4, 3, 1), np.uint8)
    return ShiftedBatches(ImageData(images), 1000, share=share, **how)


def test_a_batch_has_the_images_of_the_plain_order_and_says_how_each_is_shifted():
    given = batches(0.64, seed=5)
    for index in range(len(given)):
        x, y = given[index]
        plain = given.data.images[given.rows(index)]
        np.testing.assert_array_equal(x, shifted(plain, y))


def test_shares_of_the_shifts():
    counts = np.zeros(len(SHIFTS))
    for epoch in range(5):
        given = batches(0.64)
        given.epoch = epoch
        for index in range(len(given)):
            counts += np.bincount(given[index][1], minlength=len(SHIFTS))
    expected = 20_000 * np.array([0.36] + [0.08] * 8)
    # five standard deviations of a binomial count
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected * (1 - expected / 20_000))).all()


def test_shifts_depend_on_seed_epoch_and_batch_only():
    def shifts(seed, epoch, index):
        given = batches(0.5, seed=seed)
        given.epoch = epoch
        return given[index][1].tobytes()

    where = [(seed, epoch, index) for seed in (0, 1) for epoch in (0, 1) for index in (0, 1)]
    assert len({shifts(*at) for at in where}) == len(where)
    assert shifts(1, 1, 1) == shifts(1, 1, 1)


def test_without_a_share_images_are_as_they_are():
    given = batches(0.0, shuffle=False)
    x, y = given[1]
    np.testing.assert_array_equal(x, given.data.images[1000:2000])
    assert y.shape == (1000,)
    assert not y.any()
