"""KL, likelihoods and objectives against closed forms, Monte Carlo and SciPy."""

import numpy as np
import pytest
import scipy.stats
from conftest import tiny
from models import numpy_draw

from keras_draw.models.likelihoods import Bernoulli, Gaussian
from keras_draw.models.objective import gaussian_kl, kl_scale, objective
from keras_draw.models.outputs import Unroll

RANDOM = np.random.default_rng(0)
B, T, Z, D = 5, 3, 2, 20


@pytest.fixture
def unrolled():
    random = np.random.default_rng(7)
    return Unroll(
        x=random.random((B, D)),
        canvas=random.normal(size=(B, D)),
        mu=random.normal(size=(B, T, Z)),
        log_var=random.normal(size=(B, T, Z)),
        z=random.normal(size=(B, T, Z)),
    )


def test_kl_of_the_prior_is_zero_and_counts_every_latent():
    assert float(gaussian_kl(np.float32(0), np.float32(0))) == 0
    # A latent at mu 1 costs half a nat. The paper's constant would give T * (Z - 1) / 2 more.
    assert float(gaussian_kl(np.ones((T, Z)), np.zeros((T, Z))).sum()) == T * Z / 2


def test_kl_equals_the_closed_form(unrolled, float64):
    found = np.asarray(gaussian_kl(unrolled.mu, unrolled.log_var)).sum(-1)
    np.testing.assert_allclose(found, numpy_draw.kl_nats(unrolled.mu, unrolled.log_var), rtol=1e-12)


@pytest.mark.parametrize(("mu", "log_var"), [(0.7, -1.2), (-1.5, 0.4), (0.0, -3.0)])
def test_kl_equals_monte_carlo(mu, log_var):
    sigma = np.exp(log_var / 2)
    draws = np.random.default_rng(0).normal(mu, sigma, 400_000)
    terms = scipy.stats.norm.logpdf(draws, mu, sigma) - scipy.stats.norm.logpdf(draws)
    error = terms.std() / np.sqrt(len(terms))
    assert abs(float(gaussian_kl(np.float64(mu), np.float64(log_var))) - terms.mean()) < 5 * error


def test_bernoulli_equals_scipy_on_binary_pixels(float64):
    x = RANDOM.integers(0, 2, (B, D)).astype(float)
    canvas = RANDOM.normal(size=(B, D)) * 3
    expected = -scipy.stats.bernoulli.logpmf(x, numpy_draw.sigmoid(canvas)).sum(-1)
    found = Bernoulli(tiny()).negative_log_likelihood({}, x, canvas)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-9)


def test_bernoulli_is_finite_for_huge_logits():
    canvas = np.array([[1e4, -1e4, 1e4]], "float32")
    x = np.array([[1.0, 0.0, 0.0]], "float32")
    assert np.asarray(Bernoulli(tiny()).error(x, canvas)).tolist() == [[0.0, 0.0, 1e4]]


@pytest.mark.parametrize("sigma", [0.05, 0.5])
def test_gaussian_equals_scipy(float64, sigma):
    x, canvas = RANDOM.random((B, D)), RANDOM.normal(size=(B, D))
    expected = -scipy.stats.norm.logpdf(x, numpy_draw.sigmoid(canvas), sigma).sum(-1)
    found = Gaussian(tiny(sigma=sigma)).negative_log_likelihood({}, x, canvas)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-9)


def test_elbo_is_summed_cross_entropy_and_summed_kl(unrolled, float64):
    config = tiny(kl_weight=0.7)
    found = objective(config, unrolled)
    cost = numpy_draw.bernoulli_nats(unrolled.x, unrolled.canvas)
    kl = numpy_draw.kl_nats(unrolled.mu, unrolled.log_var)
    np.testing.assert_allclose(np.asarray(found.reconstruction), cost, rtol=1e-9)
    np.testing.assert_allclose(np.asarray(found.kl), kl, rtol=1e-9)
    np.testing.assert_allclose(float(found.loss), (cost + 0.7 * kl.sum(1)).mean(), rtol=1e-9)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("reduction", ["auto", "mean", "sum"])
def test_thesis_objective_is_means_as_in_its_listing(unrolled, float64, likelihood, reduction):
    config = tiny(objective="thesis", kl_reduction=reduction, likelihood=likelihood, kl_weight=2.0)
    p = numpy_draw.sigmoid(unrolled.canvas)
    if likelihood == "gaussian":
        cost = ((unrolled.x - p) ** 2).mean(1)
    else:
        cost = numpy_draw.bernoulli_nats(unrolled.x, unrolled.canvas) / D
    kl = numpy_draw.kl_nats(unrolled.mu, unrolled.log_var)
    kl = kl if reduction == "sum" else kl / Z
    expected = (cost + 2.0 * kl.sum(1) / T).mean()
    np.testing.assert_allclose(float(objective(config, unrolled).loss), expected, rtol=1e-9)


def test_weight_of_the_kl_in_the_thesis_objective_is_what_the_sweeps_need():
    # METHOD: CIFAR D 3072 and T Z 128: D / T under the sum, 24 under the mean at every T.
    for timesteps in (1, 2, 32):
        fields = {
            "image_shape": (32, 32, 3),
            "timesteps": timesteps,
            "latent_dim": 128 // timesteps,
        }
        summed = tiny(objective="thesis", kl_reduction="sum", **fields)
        mean = tiny(objective="thesis", **fields)
        assert kl_scale(summed) * 3072 == 3072 / timesteps
        assert kl_scale(mean) * 3072 == pytest.approx(24)


def test_warmup_scales_the_kl_alone(unrolled, float64):
    config = tiny()
    full, none, half = (float(objective(config, unrolled, warmup=w).loss) for w in (1.0, 0.0, 0.5))
    assert none == pytest.approx(numpy_draw.bernoulli_nats(unrolled.x, unrolled.canvas).mean())
    assert half == pytest.approx((full + none) / 2)


def test_free_bits_leave_small_kl_unpunished_per_timestep(unrolled, float64):
    kl = numpy_draw.kl_nats(unrolled.mu, unrolled.log_var).mean(0)
    bits = float(np.sort(kl)[1])  # the middle one of three timesteps
    found = float(objective(tiny(free_bits=bits), unrolled).loss)
    cost = numpy_draw.bernoulli_nats(unrolled.x, unrolled.canvas).mean()
    assert found == pytest.approx(cost + np.maximum(kl, bits).sum())
    assert found > float(objective(tiny(), unrolled).loss)


def test_sample_weights_are_factors_on_images(unrolled, float64):
    weights = np.array([0.0, 1.0, 2.0, 1.0, 0.5])
    each = numpy_draw.bernoulli_nats(unrolled.x, unrolled.canvas)
    each = each + numpy_draw.kl_nats(unrolled.mu, unrolled.log_var).sum(1)
    found = float(objective(tiny(), unrolled, sample_weight=weights).loss)
    assert found == pytest.approx((weights * each).mean())
