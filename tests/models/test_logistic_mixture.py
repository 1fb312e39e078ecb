"""The mixture of discretized logistics against plain NumPy loops and finite differences."""

import itertools

import jax
import keras
import numpy as np
import pytest
from conftest import tiny
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from models import numpy_mixture

from keras_draw import DRAW
from keras_draw.evaluation.bound import bound
from keras_draw.models.inputs import check_images
from keras_draw.models.likelihoods import likelihood_of

MIXTURE = "logistic-mixture"
LEVELS = np.arange(256)


def case(shape, k=3, count=2, seed=0, spread=1.0):
    """A likelihood, levels of images and random canvases for it."""
    random = np.random.default_rng(seed)
    config = tiny(image_shape=shape, likelihood=MIXTURE, mixture_components=k)
    likelihood = likelihood_of(config)
    levels = random.integers(0, 256, (count, *shape))
    levels.flat[:2] = 0, 255
    canvas = random.normal(0, spread, (count, likelihood.canvas_size))
    return likelihood, levels, canvas


def flat(levels):
    return levels.reshape(len(levels), -1) / 255


@pytest.mark.parametrize("shape", [(3, 2, 1), (2, 3, 3), (2, 1, 2), (1, 1, 4)])
@pytest.mark.parametrize("k", [1, 4])
def test_it_equals_the_plain_loop(float64, shape, k):
    likelihood, levels, canvas = case(shape, k)
    found = likelihood.negative_log_likelihood({}, flat(levels), canvas)
    expected = numpy_mixture.nats(levels, canvas, k)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-9)
    mean = np.asarray(likelihood.mean(ops.convert_to_tensor(canvas)))
    np.testing.assert_allclose(mean, numpy_mixture.mean_image(canvas, k, shape), atol=1e-12)
    logits = np.asarray(likelihood.logits(ops.convert_to_tensor(np.stack([canvas, canvas]))))
    np.testing.assert_allclose(0.5 + 0.5 * np.tanh(logits[1] / 2), mean, atol=1e-12)


def test_ten_values_a_pixel_and_component_in_colour_three_in_grey():
    assert case((2, 2, 3), 5)[0].channels == 50
    assert case((2, 2, 1), 5)[0].channels == 15


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99), spread=st.sampled_from([0.3, 1.0, 3.0]), dtype=st.booleans())
def test_probabilities_of_every_channel_given_those_before_it_add_up_to_one(seed, spread, dtype):
    """For one colour pixel: red, green given every red, blue given every red and green."""
    dtype = "float64" if dtype else "float32"
    likelihood, levels, canvas = case((1, 1, 3), 3, 1, seed, spread)
    red, green, _ = levels[0, 0, 0]
    with jax.enable_x64(dtype == "float64"):

        def log_p(pixels):
            x = np.array(pixels, dtype).reshape(len(pixels), -1) / np.array(255, dtype)
            many = np.repeat(canvas, len(pixels), axis=0).astype(dtype)
            return -np.asarray(likelihood.negative_log_likelihood({}, x, many), "float64")

        given_both = np.exp(log_p([(red, green, blue) for blue in LEVELS]))
        coarse = [(red, g, blue) for g, blue in itertools.product(LEVELS, LEVELS)]
        given_red = np.exp(log_p(coarse)).reshape(256, 256).sum(axis=1)
    shares, masses = numpy_mixture.pixel_masses((red, green, 0), canvas[0], 3)
    rel = 1e-9 if dtype == "float64" else 3e-3
    # The sum over blue is p(red, green); the sum over green as well is p(red).
    assert given_both.sum() == pytest.approx((shares * masses[:, :2].prod(axis=1)).sum(), rel=rel)
    assert given_red[green] == pytest.approx(given_both.sum(), rel=rel)
    assert given_red.sum() == pytest.approx((shares * masses[:, 0]).sum(), rel=rel)
    everything = sum(
        (shares * numpy_mixture.pixel_masses((level, 0, 0), canvas[0], 3)[1][:, 0]).sum()
        for level in LEVELS
    )
    assert everything == pytest.approx(1, abs=1e-12)


def test_grey_levels_add_up_to_one(float64):
    likelihood, _, canvas = case((1, 1, 1), 4, 1, seed=5)
    x = (LEVELS / 255)[:, None]
    nats = likelihood.negative_log_likelihood({}, x, np.repeat(canvas, 256, axis=0))
    assert np.exp(-np.asarray(nats)).sum() == pytest.approx(1, abs=1e-12)


def test_one_component_of_grey_is_the_discretized_logistic(float64):
    likelihood, levels, canvas = case((2, 2, 1), 1)
    _, means, log_scales = np.split(canvas.reshape(2, 4, 3), 3, axis=-1)
    means = np.clip(means[..., 0] / 2 + 0.5, 0.01, 0.99)
    canvas = np.stack([0 * means, 2 * means - 1, log_scales[..., 0]], axis=-1).reshape(2, -1)
    plain = likelihood_of(tiny(image_shape=(2, 2, 1), likelihood="discretized-logistic"))
    for image in range(2):
        weights = {"log_scale": log_scales[image, :, 0] + np.log(0.1)}
        one = slice(image, image + 1)
        logits = np.log(means[one] / (1 - means[one]))
        np.testing.assert_allclose(
            likelihood.negative_log_likelihood({}, flat(levels[one]), canvas[one]),
            plain.negative_log_likelihood(weights, flat(levels[one]), logits),
            rtol=1e-9,
        )


def test_gradients_equal_finite_differences(float64):
    likelihood, levels, canvas = case((1, 2, 3), 2)
    x = flat(levels)
    mask = np.random.default_rng(3).normal(size=x.shape)

    @jax.jit
    def cost(canvas):
        nats = likelihood.negative_log_likelihood({}, x, canvas)
        return ops.sum(nats) + ops.sum(mask * likelihood.mean(canvas))

    canvas = ops.convert_to_tensor(canvas * 0.3)
    gradient = jax.grad(cost)(canvas)
    for where in np.ndindex(gradient.shape):
        up, down = (float(cost(canvas.at[where].add(step))) for step in (1e-6, -1e-6))
        assert gradient[where] == pytest.approx((up - down) / 2e-6, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("size", [0.0, 30.0, 1e4, 1e8])
def test_values_and_gradients_are_finite_in_float32(size):
    likelihood, levels, canvas = case((2, 2, 3), 3)
    x = flat(levels).astype("float32")

    def cost(canvas):
        nats = likelihood.negative_log_likelihood({}, x, canvas)
        return ops.sum(nats) + ops.sum(likelihood.mean(canvas))

    canvas = ops.convert_to_tensor((size * canvas).astype("float32"))
    found = jax.value_and_grad(cost)(canvas)
    assert all(np.isfinite(a).all() for a in jax.tree.leaves(found))


def colourful(count=24):
    """Pictures with correlated channels, for which the coefficients exist."""
    random = np.random.default_rng(4)
    base = random.normal(120, 40, (count, 4, 4, 1))
    return np.clip(base + random.normal(0, 4, (count, 4, 4, 3)), 0, 255).astype(np.uint8)


def test_training_lowers_the_bits_below_what_single_logistics_reach():
    images, bits = colourful(), {}
    for likelihood in (MIXTURE, "discretized-logistic"):
        config = tiny(
            image_shape=(4, 4, 3), timesteps=1, likelihood=likelihood, initial_canvas="mean",
            mixture_components=2,
        )  # fmt: skip
        model = DRAW(config)
        model.compile(keras.optimizers.Adam(0.02))
        losses = model.fit(images, epochs=60, batch_size=12, verbose=0).history["loss"]
        assert losses[-1] < losses[0]
        bits[likelihood] = bound(model, images).bits_per_dim
        assert model.generate(2).shape == (2, 4, 4, 3)
    assert 3 < bits[MIXTURE] < bits["discretized-logistic"] - 0.3 < 8


def test_an_adapted_canvas_is_the_mean_image():
    config = tiny(image_shape=(4, 4, 3), likelihood=MIXTURE, initial_canvas="mean")
    model = DRAW(config)
    images = colourful()
    model.adapt(images)
    for name in ("canvas_kernel", "canvas_bias"):
        model._named[name].assign(np.zeros(model._named[name].shape))
    np.testing.assert_allclose(
        model.generate(1)[0], images.mean(axis=0, dtype="float64") / 255, atol=1e-5
    )
    assert not model._named["initial_canvas"].trainable


def test_saving_keeps_a_network_with_its_components(tmp_path):
    model = DRAW(tiny(likelihood=MIXTURE, mixture_components=2, cell="gru"))
    model.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras")
    assert again.config == model.config
    np.testing.assert_array_equal(again.generate(2), model.generate(2))


def test_floats_that_are_no_levels_are_refused():
    config = tiny(likelihood=MIXTURE)
    with pytest.raises(ValueError, match=r"likelihood 'logistic-mixture' needs uint8"):
        check_images(config, np.full((1, 5, 4, 1), 0.5))
    assert check_images(config, np.full((1, 5, 4, 1), 51 / 255)).shape == (1, 5, 4, 1)
