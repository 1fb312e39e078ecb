"""Samples of every likelihood, against its own probabilities and plain formulas."""

import numpy as np
import pytest
from conftest import tiny
from scipy.stats import norm

from keras_draw.models.likelihoods import LIKELIHOODS, likelihood_of

PIXEL = {"image_shape": (1, 1, 1)}
EVENLY = (np.arange(100_000) + 0.5)[:, None] / 100_000
"""Evenly spaced numbers in place of uniform random ones."""


def sampled(likelihood, canvas, uniform, **weights):
    found = likelihood.sample(weights, canvas.astype("float32"), uniform.astype("float32"))
    return np.asarray(found, float)


@pytest.mark.parametrize("name", LIKELIHOODS)
@pytest.mark.parametrize("channels", [1, 3])
def test_samples_are_images(name, channels):
    likelihood = likelihood_of(tiny(likelihood=name, image_shape=(3, 2, channels)))
    random = np.random.default_rng(0)
    canvas = 3 * random.standard_normal((50, likelihood.canvas_size))
    uniform = random.random((50, likelihood.draws))
    uniform[0], uniform[1] = 0.0, np.nextafter(1, 0)  # float32 rounds the second to 1
    found = sampled(likelihood, canvas, uniform, log_scale=np.full(6 * channels, -2, "float32"))
    assert found.shape == (50, 6 * channels)
    assert ((found >= 0) & (found <= 1)).all()
    if name not in ("gaussian",):
        np.testing.assert_allclose(255 * found, np.round(255 * found), atol=1e-4)


def test_bernoulli():
    likelihood = likelihood_of(tiny(**PIXEL))
    found = sampled(likelihood, np.full((100_000, 1), 0.7), EVENLY)
    assert set(np.unique(found)) == {0.0, 1.0}
    assert found.mean() == pytest.approx(1 / (1 + np.exp(-0.7)), abs=1e-4)


def test_gaussian():
    likelihood = likelihood_of(tiny(likelihood="gaussian", sigma=0.2, **PIXEL))
    found = sampled(likelihood, np.full((100_000, 1), 0.7), EVENLY)
    expected = np.clip(norm.ppf(EVENLY, 1 / (1 + np.exp(-0.7)), 0.2), 0, 1)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("log_scale", [-7.0, -3.0, -1.0])
@pytest.mark.parametrize("logit", [-3.0, 0.3])
def test_discretized_logistic_draws_each_level_as_often_as_it_is_probable(log_scale, logit):
    likelihood = likelihood_of(tiny(likelihood="discretized-logistic", **PIXEL))
    weights = {"log_scale": np.array([log_scale], "float32")}
    found = sampled(likelihood, np.full((100_000, 1), logit), EVENLY, **weights)
    shares = np.bincount(np.round(255 * found[:, 0]).astype(int), minlength=256) / len(found)
    levels = (np.arange(256, dtype="float32") / 255)[:, None]
    nats = likelihood.negative_log_likelihood(weights, levels, np.full((256, 1), logit, "float32"))
    np.testing.assert_allclose(shares, np.exp(-np.asarray(nats)), atol=2e-4)


def test_a_mixture_is_drawn_as_in_the_paper():
    """A component by its share, then red, green given red, blue given both (section 2.2)."""
    k, n = 3, 200
    config = tiny(likelihood="logistic-mixture", mixture_components=k, image_shape=(1, 2, 3))
    likelihood = likelihood_of(config)
    random = np.random.default_rng(1)
    canvas = random.standard_normal((n, 2, likelihood.channels))
    uniform = random.random((n, 2, 4))
    found = sampled(likelihood, canvas.reshape(n, -1), uniform.reshape(n, -1)).reshape(n, 2, 3)
    expected = np.zeros((n, 2, 3))
    for i in range(n):
        for j in range(2):
            values, u = canvas[i, j], uniform[i, j]
            shares = np.exp(values[:k]) / np.exp(values[:k]).sum()
            c = int(np.searchsorted(np.cumsum(shares), u[0]))
            mean = values[k : 4 * k].reshape(k, 3)[c] / 2 + 0.5
            scale = 0.1 * np.exp(values[4 * k : 7 * k].reshape(k, 3)[c]) + 0.1 / 255
            slope = np.tanh(values[7 * k :].reshape(k, 3)[c])
            noise = scale * np.log(u[1:] / (1 - u[1:]))
            pixel = expected[i, j]

            def level(value):
                return np.round(255 * np.clip(value, 0, 1)) / 255

            pixel[0] = level(mean[0] + noise[0])
            pixel[1] = level(mean[1] + slope[0] * (pixel[0] - 0.5) + noise[1])
            blue = mean[2] + slope[1] * (pixel[0] - 0.5) + slope[2] * (pixel[1] - 0.5)
            pixel[2] = level(blue + noise[2])
    # A value halfway between two levels may be rounded either way.
    assert np.abs(found - expected).max() < 1.01 / 255
    assert (np.abs(found - expected) < 1e-6).mean() > 0.99
