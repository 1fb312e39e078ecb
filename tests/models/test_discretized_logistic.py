"""The discretized logistic against SciPy, decimals with many digits, and finite differences."""

from decimal import Decimal, localcontext

import jax
import keras
import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from conftest import tiny
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from models import numpy_draw, numpy_mixture

from keras_draw import DRAW
from keras_draw.config import Architecture, TrainConfig
from keras_draw.evaluation.bound import bound
from keras_draw.models.inputs import check_images
from keras_draw.models.likelihoods import DiscretizedLogistic, Gaussian, likelihood_of
from keras_draw.training.train import train

LEVELS = np.arange(256)
SMALLEST = 0.1 / 255
"""Added to the scale, as documented."""
LOGISTIC = "discretized-logistic"
LIKELIHOOD = DiscretizedLogistic(tiny(likelihood=LOGISTIC))


def nats_of_images(log_scale, x, canvas):
    return LIKELIHOOD.negative_log_likelihood({"log_scale": log_scale}, x, canvas)


def nats_of_all_levels(canvas, log_scale, dtype):
    """The code length of each level of one pixel (256,)."""
    x = (LEVELS / 255).astype(dtype)[:, None]
    canvas = np.full((256, 1), canvas, dtype)
    weights = {"log_scale": np.array([log_scale], dtype)}
    return np.asarray(LIKELIHOOD.nats(weights, x, canvas))[:, 0]


def by_scipy(levels, mean, scale):
    """Log probabilities of levels, each from the nearer tail."""
    low = np.where(levels == 0, -np.inf, (levels - 0.5) / 255)
    high = np.where(levels == 255, np.inf, (levels + 0.5) / 255)
    known = scipy.stats.logistic(mean, scale)
    below, above = known.cdf(high) - known.cdf(low), known.sf(low) - known.sf(high)
    return np.log(np.where(levels / 255 < mean, below, above))


@settings(max_examples=60, deadline=None)
@given(
    canvas=st.one_of(st.floats(-12, 12), st.floats(-1e4, 1e4)),
    log_scale=st.one_of(st.floats(-9, 3), st.floats(-50, 50)),
)
def test_the_levels_probabilities_add_up_to_one(canvas, log_scale):
    with jax.enable_x64(True):
        exact = np.exp(-nats_of_all_levels(canvas, log_scale, "float64"))
    assert exact.sum() == pytest.approx(1, abs=1e-9)
    rough = np.exp(-nats_of_all_levels(canvas, log_scale, "float32").astype(float))
    assert rough.sum() == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("canvas", [-6.0, -0.3, 0.0, 2.5])
@pytest.mark.parametrize("log_scale", [-4.5, -3.0, -1.0, 1.0])
def test_it_equals_differences_of_scipys_cumulative_distribution(float64, canvas, log_scale):
    expected = by_scipy(LEVELS, numpy_draw.sigmoid(canvas), np.exp(log_scale) + SMALLEST)
    found = -nats_of_all_levels(canvas, log_scale, "float64")
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    rough = -nats_of_all_levels(canvas, log_scale, "float32")
    np.testing.assert_allclose(rough, expected, rtol=1e-4, atol=1e-3)


def decimal_nats(level, canvas, log_scale):
    """One pixel's code length with 60 digits, straight from the definition."""
    with localcontext() as context:
        context.prec = 60
        context.Emin = -(10**9)

        def sigmoid(a):
            return 1 / (1 + (-a).exp())

        mean = sigmoid(Decimal(canvas))
        scale = Decimal(log_scale).exp() + Decimal("0.1") / 255
        a, b = ((level + half - 255 * mean) / (255 * scale) for half in map(Decimal, (-0.5, 0.5)))
        above = sigmoid(-a) if level > 0 else Decimal(1)  # mass from the level upwards
        beyond = sigmoid(-b) if level < 255 else Decimal(0)
        if a > 0:
            return -(above - beyond).ln()
        return -(
            (sigmoid(b) if level < 255 else Decimal(1)) - (sigmoid(a) if level else Decimal(0))
        ).ln()


@pytest.mark.parametrize("canvas", [-30.0, -2.0, 0.5, 30.0])
@pytest.mark.parametrize("log_scale", [-50.0, -8.0, 9.5])
def test_it_equals_long_decimals_at_extremes(float64, canvas, log_scale):
    found = nats_of_all_levels(canvas, log_scale, "float64")
    for level in (0, 1, 100, 158, 159, 254, 255):
        expected = float(decimal_nats(level, canvas, log_scale))
        assert found[level] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_log_prob_of_images_equals_the_plain_loop(float64):
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (5, 20)) / 255
    x[0, :2] = 0, 1
    canvas, log_scale = random.normal(size=(5, 20)), random.normal(-2, 1, 20)
    found = nats_of_images(log_scale, x, canvas)
    expected = numpy_mixture.discretized_logistic_nats(x, canvas, log_scale)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-9)
    rounded = (x + random.uniform(-1e-6, 1e-6, x.shape)).astype("float32")
    again = nats_of_images(log_scale, rounded, canvas)
    np.testing.assert_array_equal(np.asarray(again), np.asarray(found))


def test_gradients_equal_finite_differences(float64):
    random = np.random.default_rng(1)
    x = random.integers(0, 256, (3, 8)) / 255
    x[0, :2] = 0, 1
    canvas, log_scale = random.normal(size=(3, 8)) * 2, random.uniform(-9, 2, 8)

    def cost(canvas, log_scale):
        return ops.sum(nats_of_images(log_scale, x, canvas))

    given = (ops.convert_to_tensor(canvas), ops.convert_to_tensor(log_scale))
    gradients = jax.grad(cost, argnums=(0, 1))(*given)
    for which, gradient in enumerate(gradients):
        for where in np.ndindex(gradient.shape):
            ends = []
            for step in (1e-6, -1e-6):
                moved = [a.at[where].add(step) if i == which else a for i, a in enumerate(given)]
                ends.append(float(cost(*moved)))
            slope = (ends[0] - ends[1]) / 2e-6
            assert gradient[where] == pytest.approx(slope, rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("canvas", [-3e38, -1e4, -100, 0, 100, 1e4, 3e38])
@pytest.mark.parametrize("log_scale", [-3e38, -50, -7, 0, 50, 3e38])
def test_values_and_gradients_are_finite_in_float32(canvas, log_scale):
    x = np.array([[0, 1, 128, 254, 255]], "float32") / 255
    canvas = np.full(x.shape, canvas, "float32")
    scales = np.full(5, log_scale, "float32")

    def cost(canvas, log_scale):
        return ops.sum(LIKELIHOOD.nats({"log_scale": log_scale}, x, canvas))

    found = jax.value_and_grad(cost, argnums=(0, 1))(
        ops.convert_to_tensor(canvas), ops.convert_to_tensor(scales)
    )
    assert all(np.isfinite(a).all() for a in jax.tree.leaves(found))


def test_a_scale_that_fell_has_a_gradient_to_come_back_by():
    def cost(log_scale):
        white, grey = np.ones((1, 1), "float32"), np.zeros((1, 1), "float32")
        return ops.sum(LIKELIHOOD.nats({"log_scale": ops.reshape(log_scale, (1,))}, white, grey))

    assert jax.grad(cost)(ops.convert_to_tensor(-12.0)) < 0


def test_all_levels_equally_often_take_eight_bits_and_what_the_logistic_misses():
    """No distribution codes them in fewer than 8 bits; the best logistic by SciPy needs 8.28."""

    def by_the_book(scale):
        return -by_scipy(LEVELS, 0.5, scale).mean() / np.log(2)

    best = scipy.optimize.minimize_scalar(by_the_book, bounds=(0.01, 2), method="bounded")
    for scale in (best.x, 0.02, 0.1, 1.5):
        found = nats_of_all_levels(0, np.log(scale - SMALLEST), "float32").mean() / np.log(2)
        assert found == pytest.approx(by_the_book(scale), rel=1e-5)
        assert found >= best.fun - 1e-4 > 8


def silent(log_scale, canvas):
    """A network that sends no information and always paints the same canvas: its KL is 0."""
    model = DRAW(tiny(image_shape=(4, 3, 3), timesteps=1, likelihood=LOGISTIC))
    for weight in model.trainable_weights:
        weight.assign(np.zeros(weight.shape))
    model._named["canvas_bias"].assign(canvas)
    model._named["log_scale"].assign(log_scale)
    return model


def test_bits_per_dim_of_colour_images_are_scipys():
    random = np.random.default_rng(2)
    images = random.integers(0, 256, (6, 4, 3, 3), np.uint8)
    canvas, log_scale = random.normal(size=36), random.normal(-2, 0.5, 36)
    log_p = by_scipy(
        images.reshape(6, -1), numpy_draw.sigmoid(canvas), np.exp(log_scale) + SMALLEST
    )
    found = bound(silent(log_scale, canvas), images)
    assert found.kl.value == pytest.approx(0, abs=1e-6)
    assert found.bits_per_dim == pytest.approx(-log_p.mean() / np.log(2), rel=1e-5)
    assert found.reconstruction.value == pytest.approx(-log_p.sum(axis=1).mean(), rel=1e-5)


def test_training_lowers_the_bits_and_moves_the_scale():
    random = np.random.default_rng(3)
    images = np.clip(random.normal(90, 12, (32, 5, 4, 1)), 0, 255).astype(np.uint8)
    model = DRAW(tiny(likelihood=LOGISTIC))
    start = np.asarray(model._named["log_scale"].value)
    np.testing.assert_allclose(start, np.full(20, np.log(0.1)), rtol=1e-6)
    before = bound(model, images).bits_per_dim
    model.compile(keras.optimizers.Adam(0.02))
    losses = model.fit(images, epochs=60, batch_size=16, verbose=0).history["loss"]
    after = bound(model, images).bits_per_dim
    assert losses[-1] < losses[0]
    # The differential entropy of the pixels is log2(12 * sqrt(2 * pi * e)) = 5.6 bits.
    assert 5 < after < 6.2 < before
    assert (np.asarray(model._named["log_scale"].value) < start - 0.3).all()


def test_mixed_precision_keeps_the_likelihood_in_float32():
    model = DRAW(tiny(likelihood=LOGISTIC), dtype="mixed_bfloat16")
    images = np.random.default_rng(0).integers(0, 256, (4, 5, 4, 1), np.uint8)
    found = model.elbo(images)
    assert found.elbo.dtype == np.float32
    model.compile("adam")
    assert np.isfinite(model.fit(images, verbose=0).history["loss"]).all()


def test_floats_that_are_no_levels_are_refused(tmp_path):
    config = tiny(likelihood=LOGISTIC)
    grid = np.random.default_rng(0).integers(0, 256, (1001, 5, 4, 1))
    for images in (grid.astype(np.uint8), grid / 255, grid / np.float32(255), grid > 127):
        assert check_images(config, images).shape == grid.shape
    off = (grid / 255).astype("float32")
    off[1000, 0, 0, 0] = 0.5
    sentence = r"contain the value 127\.5 / 255; likelihood 'discretized-logistic' needs uint8"
    model = DRAW(config)
    model.compile("sgd")
    for attempt in (model.fit, model.elbo, model.log_weights):
        with pytest.raises(ValueError, match=sentence):
            attempt(off)
    assert check_images(tiny(), off) is off
    np.savez(tmp_path / "off.npz", x=off)
    training = TrainConfig(dataset=f"npz:{tmp_path}/off.npz", epochs=1, validation=0.0)
    with pytest.raises(ValueError, match=sentence):
        train(Architecture(likelihood=LOGISTIC), training, run_dir=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


def test_the_likelihood_of_a_configuration():
    config = tiny(likelihood=LOGISTIC)
    assert likelihood_of(config) == LIKELIHOOD
    with pytest.raises(ValueError, match="not defined for likelihood 'discretized-logistic'"):
        LIKELIHOOD.error(np.zeros((1, 20)), np.zeros((1, 20)))
    gaussian = tiny(likelihood="gaussian")
    assert likelihood_of(gaussian) == Gaussian(gaussian)
    assert "log_scale" not in DRAW(tiny())._named


def test_the_image_is_the_mean():
    model = silent(np.zeros(36), np.full(36, 0.7))
    np.testing.assert_allclose(model.generate(2), numpy_draw.sigmoid(0.7), rtol=1e-6)
