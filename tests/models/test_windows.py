"""Windows against plain loops, single pixels, patches read back, and finite differences."""

import jax
import numpy as np
import pytest
from conftest import tiny
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from models import numpy_draw

from keras_draw import DRAW
from keras_draw.models import windows
from keras_draw.models.outputs import Window
from keras_draw.models.windows import WindowWeights, WriteWeights

SHARP = 1e-4
"""In pixels: such a narrow filter sees one pixel."""


def one(value):
    """A number as an array (1,), in JAX's current precision."""
    return np.full(1, value, "float64" if jax.config.jax_enable_x64 else "float32")


def a_window(x, y, *, sigma=SHARP, delta=1.0, gamma=1.0):
    """A window for one image."""
    return Window(*(one(value) for value in (x, y, sigma, delta, gamma)))


def bank(centre, delta, sigma, n, size):
    return np.asarray(windows.filterbank(one(centre), one(delta), one(sigma), n, size))


@settings(max_examples=60, deadline=None)
@given(
    centre=st.floats(-5, 15),
    delta=st.floats(0.01, 6),
    sigma=st.floats(0.3, 9),
    n=st.integers(1, 5),
    size=st.integers(2, 12),
)
def test_filterbank_equals_a_plain_loop(centre, delta, sigma, n, size):
    with jax.enable_x64(True):
        with np.errstate(invalid="ignore"):
            expected = numpy_draw.filters(centre, sigma, delta, n, size)
        assume(not np.isnan(expected).any())  # so far away that the loop divides 0 by 0
        np.testing.assert_allclose(bank(centre, delta, sigma, n, size)[0], expected, atol=1e-9)


@settings(max_examples=80, deadline=None)
@given(
    gx=st.floats(-(2.0**100), 2.0**100, width=32),
    gy=st.floats(-50, 50, width=32),
    log_var=st.floats(-(2.0**100), 2.0**100, width=32),
    log_delta=st.floats(-200, 200, width=32),
    log_gamma=st.floats(-200, 200, width=32),
)
def test_any_parameters_give_finite_values_and_gradients(gx, gy, log_var, log_delta, log_gamma):
    config = tiny(image_shape=(6, 5, 1), read=3, write=2, hidden_dim=4)
    bias = np.array([gx, gy, log_var, log_delta, log_gamma], "float32")
    random = np.random.default_rng(0)
    x, error, h = (random.normal(size=(2, k)).astype("float32") for k in (30, 30, 4))
    kernel, patch = (random.normal(size=(4, k)).astype("float32") / 10 for k in (5, 4))

    value, gradients = _total(config)(bias, kernel, patch, x, error, h)

    assert np.isfinite(value)
    for gradient in jax.tree.leaves(gradients):
        assert np.isfinite(gradient).all()


_totals = {}


def _total(config):
    """Compiled once: a bounded sum of the values read and written, and its gradients."""

    def total(bias, kernel, patch, x, error, h):
        place = WindowWeights(kernel, bias)
        seen, _ = windows.read(config, place, x, error, h)
        added, _ = windows.write(config, WriteWeights(patch, np.zeros(4, "float32"), place), h)
        return jax.numpy.tanh(seen).sum() + jax.numpy.tanh(added).sum()

    if config not in _totals:
        _totals[config] = jax.jit(jax.value_and_grad(total, argnums=(0, 1, 2, 3, 4, 5)))
    return _totals[config]


@pytest.mark.parametrize("centre", [-1e9, -3.0, 0.0])
def test_a_window_off_the_image_sees_its_border(centre):
    assert bank(centre, 1.0, SHARP, 1, 4)[0, 0].tolist() == [1, 0, 0, 0]


def test_a_huge_variance_sees_the_mean():
    np.testing.assert_allclose(bank(2.0, 1.0, 1e4, 3, 8), 1 / 8, rtol=1e-5)


def test_a_narrow_filter_at_a_pixel_reads_that_pixel():
    """Pixels are counted from 1, across and down: column 5, row 2 of 4 x 7."""
    config = tiny(image_shape=(4, 7, 3), read=1)
    image = np.random.default_rng(0).random((1, 4, 7, 3))
    window = a_window(5, 2, gamma=1)
    banks = windows.filterbanks(config, window, 1)
    seen = windows.look(config, *banks, image.reshape(1, -1).astype("float32"))
    np.testing.assert_allclose(np.asarray(seen)[0], image[0, 1, 4], rtol=1e-6)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_the_grid_is_centred(n):
    """An even grid is centred between pixels; public code that counts from 0 is off by a stride."""
    centres = [5 + (i - n / 2 - 0.5) for i in range(1, n + 1)]
    assert np.mean(centres) == 5
    rows = bank(5, 1.0, 0.3, n, 9)[0]
    np.testing.assert_allclose(rows @ np.arange(1, 10), centres, atol=0.02)


@pytest.mark.parametrize("shape", [(9, 9, 1), (8, 11, 3), (11, 6, 2)])
@pytest.mark.parametrize("n", [1, 3])
def test_reading_what_was_written_gives_it_back(shape, n):
    config = tiny(image_shape=shape, read=n, write=n)
    window = a_window(4, 4, delta=2.0, gamma=3.0)
    banks = windows.filterbanks(config, window, n)
    patch = np.random.default_rng(n).normal(size=(1, n * n * shape[-1])).astype("float32")
    canvas = windows.touch(*banks, patch) / window.gamma[:, None]
    again = window.gamma[:, None] * windows.look(config, *banks, canvas)
    np.testing.assert_allclose(np.asarray(again), patch, rtol=1e-5)


@pytest.mark.parametrize("axis", [1, 2], ids=["down", "across"])
def test_moving_image_and_window_together_changes_nothing(axis, float64):
    config = tiny(image_shape=(24, 30, 2), read=4)
    image = np.random.default_rng(0).random((1, 24, 30, 2))
    moved = np.roll(image, 1, axis=axis)
    seen = []
    for picture, step in ((image, 0), (moved, 1)):
        window = a_window(
            14.3 + step * (axis == 2), 12.1 + step * (axis == 1), sigma=0.8, delta=1.7
        )
        banks = windows.filterbanks(config, window, 4)
        seen.append(np.asarray(windows.look(config, *banks, picture.reshape(1, -1))))
    np.testing.assert_allclose(seen[0], seen[1], rtol=1e-8)


@pytest.mark.parametrize(("n", "shape"), [(3, (6, 5, 2)), (1, (4, 4, 1)), (2, (3, 7, 1))])
def test_gradients_of_glimpse_and_stroke_equal_finite_differences(float64, n, shape):
    config = tiny(image_shape=shape, read=n, write=n, hidden_dim=3)
    random = np.random.default_rng(0)
    d, patch = config.num_pixels, n * n * shape[-1]
    arrays = [
        random.normal(size=size)
        for size in ((3, 5), (5,), (3, patch), (patch,), (2, d), (2, d), (2, 3))
    ]
    direction = [random.normal(size=a.shape) for a in arrays]
    weights = [random.normal(size=(2, k)) for k in (2 * patch, d)]

    @jax.jit
    def total(kernel, bias, patch_kernel, patch_bias, x, error, h):
        place = WindowWeights(kernel, bias)
        seen, _ = windows.read(config, place, x, error, h)
        added, _ = windows.write(config, WriteWeights(patch_kernel, patch_bias, place), h)
        return (weights[0] * seen).sum() + (weights[1] * added).sum()

    gradients = jax.grad(total, argnums=tuple(range(7)))(*arrays)
    for i, (gradient, along) in enumerate(zip(gradients, direction, strict=True)):
        slope = 0.0
        for sign in (1, -1):
            there = [a + sign * 1e-6 * along if j == i else a for j, a in enumerate(arrays)]
            slope += sign * total(*there) / 2e-6
        np.testing.assert_allclose((gradient * along).sum(), slope, rtol=2e-5, atol=1e-7)


def test_one_filter_has_no_stride():
    weights = WindowWeights(np.eye(6, 5, dtype="float32"), np.zeros(5, "float32"))
    place = windows.place(tiny(read=1), weights, np.ones((2, 6), "float32"), 1)
    assert np.asarray(place.delta).tolist() == [0, 0]


def test_a_new_window_lies_in_the_middle_and_spans_its_share():
    config = tiny(image_shape=(9, 7, 1), read=3, write=2, initial_window=0.5)
    model = DRAW(config)
    tensors = model._tensors()
    for name, n in (("read", 3), ("write", 2)):
        weights = WindowWeights(tensors[f"{name}_kernel"], tensors[f"{name}_bias"])
        window = windows.place(config, weights, np.zeros((1, 6), "float32"), n)
        found = [round(float(v[0]), 5) for v in window]
        assert found == [4.0, 5.0, 1.0, 0.5 * 8 / (n - 1), 1.0]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"read": 0}, "read is 0; a window needs 1 or more filters"),
        ({"write": -3}, "write is -3; a window needs 1 or more filters"),
        (
            {"read": 5},
            "read is 5, more than the 4 pixels of the image's smaller side; choose 1 to 4",
        ),
        ({"write": 1, "image_shape": (1, 9, 1)}, "too small for a window"),
        ({"write": 2.0}, "write is 2.0; expected a whole number"),
        ({"read": 2, "initial_window": 0.0}, "initial_window is 0.0"),
    ],
)
def test_windows_that_make_no_sense_are_refused(fields, says):
    with pytest.raises(ValueError, match=says):
        tiny(**fields)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_a_conditional_unshared_colour_network_with_windows_learns(dtype):
    config = tiny(
        image_shape=(6, 8, 3), read=3, write=3, num_classes=2, share_recurrent=False,
        share_heads=False, initial_canvas="mean", hidden_dim=16,
    )  # fmt: skip
    random = np.random.default_rng(0)
    y = np.arange(32) % 2
    x = np.zeros((32, 6, 8, 3), "float32")
    x[y == 0, 1:3, 1:4] = 1
    x[y == 1, 3:6, 4:7, random.integers(3)] = 1
    model = DRAW(config, dtype=dtype)
    import keras

    model.compile(keras.optimizers.Adam(1e-2))
    losses = model.fit(x, y, epochs=30, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
