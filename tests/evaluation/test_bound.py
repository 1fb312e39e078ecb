"""Bound and likelihood against quadrature over the latents, and plain NumPy."""

import numpy as np
import pytest
import scipy.special
import scipy.stats
from conftest import tiny

from keras_draw import DRAW
from keras_draw.evaluation import bound as room
from keras_draw.evaluation.bound import bits_per_dim, bound, log_likelihood, reconstruction


def trained_looking(config, seed=0, scale=1.0):
    """A network with large weights, so the latents matter."""
    model = DRAW(config)
    random = np.random.default_rng(seed)
    for weight in model.trainable_weights:
        weight.assign(random.normal(0, scale, weight.shape))
    return model


def images(count, shape=(3, 2, 1), seed=0):
    return (np.random.default_rng(seed).random((count, *shape)) > 0.5).astype("float32")


def log_p_by_quadrature(model, x, points=60):
    """log p(x) of two latents, on a Gauss-Hermite grid over their prior."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(points)
    z = np.stack(np.meshgrid(nodes, nodes, indexing="ij"), axis=-1).reshape(-1, 2)
    log_prior = np.log(np.outer(weights, weights).ravel() / (2 * np.pi))
    shape = (len(z), model.config.timesteps, model.config.latent_dim)
    p = model.decode(z.reshape(shape)).reshape(len(z), -1).astype(np.float64)
    flat = x.reshape(len(x), -1)
    if model.config.likelihood == "discretized-logistic":
        log_x = log_levels(p, np.asarray(model._named["log_scale"].value), flat)
    elif model.config.likelihood == "bernoulli":
        log_x = np.log(p) @ flat.T + np.log1p(-p) @ (1 - flat).T
    else:
        sigma = model.config.sigma
        squares = ((p[:, None] - flat) ** 2).sum(axis=-1)
        log_x = -squares / (2 * sigma**2) - flat.shape[1] * np.log(sigma * np.sqrt(2 * np.pi))
    return scipy.special.logsumexp(log_x + log_prior[:, None], axis=0)


def log_levels(p, log_scale, flat):
    """Log probability of images (N, D) of 8-bit levels, for every mean (M, D): (M, N)."""
    scale = np.exp(log_scale.astype(float)) + 0.1 / 255
    low = np.where(flat == 0, -np.inf, flat.astype(float) - 1 / 510)
    high = np.where(flat == 1, np.inf, flat.astype(float) + 1 / 510)
    logistic = scipy.stats.logistic(p[:, None], scale)
    return np.log(logistic.cdf(high) - logistic.cdf(low)).sum(axis=-1)


CONFIGS = [
    {"timesteps": 1, "latent_dim": 2},
    {"timesteps": 2, "latent_dim": 1, "share_recurrent": False, "share_heads": False},
    {"timesteps": 2, "latent_dim": 1, "likelihood": "gaussian", "sigma": 0.5},
    {"timesteps": 2, "latent_dim": 1, "likelihood": "discretized-logistic"},
]


@pytest.mark.parametrize("fields", CONFIGS)
def test_importance_weighting_reaches_log_p(fields):
    model = trained_looking(tiny(image_shape=(3, 2, 1), hidden_dim=4, **fields), scale=0.4)
    x = images(4)
    truth = log_p_by_quadrature(model, x)
    found = {k: log_likelihood(model, x, samples=k) for k in (1, 3000)}
    np.testing.assert_allclose(found[3000].per_image, truth, atol=0.1)
    assert found[3000].log_likelihood.value == pytest.approx(truth.mean(), abs=0.05)
    assert found[1].log_likelihood.value < truth.mean()


def test_one_draw_is_the_bound_in_expectation_and_more_draws_rise():
    model = trained_looking(tiny(num_classes=2), scale=0.5)
    x, y = images(20, (5, 4, 1)), np.arange(20) % 2
    weights = np.stack([model.log_weights(x, y, draw=k) for k in range(1, 400)])
    elbos = np.stack([model.elbo(x, y, seed=k).elbo for k in range(400)])
    error = np.hypot(weights.mean(axis=1).std(), elbos.mean(axis=1).std()) / 20
    assert weights.mean() == pytest.approx(float(elbos.mean()), abs=float(4 * error))
    rising = [log_likelihood(model, x, y, samples=k).log_likelihood.value for k in (1, 10, 100)]
    assert rising[0] < rising[1] < rising[2]
    by_scipy = scipy.special.logsumexp(weights[:10].astype(float), axis=0) - np.log(10)
    np.testing.assert_allclose(log_likelihood(model, x, y, samples=10).per_image, by_scipy)


def test_the_binarized_image_is_the_same_in_every_draw():
    model = DRAW(tiny(dynamic_binarization=True))
    for weight in model.trainable_weights:
        weight.assign(0 * weight)
    grey = np.full((3, 5, 4, 1), 0.3, "float32")
    model._named["canvas_bias"].assign(np.linspace(-2, 2, 20))
    first, second = (model.log_weights(grey, draw=k) for k in (1, 2))
    np.testing.assert_allclose(first, second, rtol=1e-5)


def test_bound_and_its_parts(monkeypatch):
    model = trained_looking(tiny(), scale=0.3)
    x = images(9, (5, 4, 1))
    found = bound(model, x)
    plain = model.elbo(x)
    assert found.images == 9
    assert found.elbo.value == pytest.approx(plain.elbo.mean(), rel=1e-5)
    assert found.elbo.value == pytest.approx(-found.reconstruction.value - found.kl.value, rel=1e-5)
    assert found.elbo.standard_error == pytest.approx(plain.elbo.std(ddof=1) / 3, rel=1e-4)
    np.testing.assert_allclose(found.kl_per_timestep, plain.kl.mean(axis=0), rtol=1e-5)
    assert found.bits_per_dim == pytest.approx(-found.elbo.value / 20 / np.log(2))
    monkeypatch.setattr(room, "CHUNK", 4)
    calls = []
    chunked = bound(model, x, on_chunk=lambda: calls.append(1))
    assert len(calls) == 3
    assert chunked.images == 9
    assert (
        chunked.reconstruction.value != found.reconstruction.value
    )  # other draws, and all images counted


def test_reconstruction_after_every_timestep(monkeypatch):
    model = trained_looking(tiny(), scale=0.3)
    x = np.random.default_rng(0).integers(0, 256, (5, 5, 4, 1), np.uint8)
    found = reconstruction(model, x)
    steps = model.reconstruct_strokes(x).images.astype(float)
    for t in range(3):
        entropies, squares = [], []
        for image, step in zip(x / 255, steps[:, t], strict=True):
            for u, p in zip(image.ravel(), step.ravel(), strict=True):
                entropies.append(-(u * np.log(p) + (1 - u) * np.log(1 - p)))
                squares.append((u - p) ** 2)
        assert found.cross_entropy[t] == pytest.approx(np.mean(entropies), rel=1e-6)
        assert found.mse[t] == pytest.approx(np.mean(squares), rel=1e-6)


def test_bits_per_dim_only_where_they_are_a_code_length():
    grey = np.random.default_rng(0).random((2, 5, 4, 1))
    binary = images(2, (5, 4, 1))
    assert bits_per_dim(DRAW(tiny()), grey, -1.0) is None
    assert bits_per_dim(DRAW(tiny(likelihood="gaussian")), binary, -1.0) is None
    expected = 1 / (20 * np.log(2))
    assert bits_per_dim(DRAW(tiny()), binary, -1.0) == pytest.approx(expected)
    assert bits_per_dim(DRAW(tiny()), (255 * binary).astype(np.uint8), -1.0) is not None
    assert bits_per_dim(DRAW(tiny(dynamic_binarization=True)), grey, -1.0) is not None
    levels = (255 * grey).astype(np.uint8)
    for likelihood in ("discretized-logistic", "logistic-mixture"):
        coded = DRAW(tiny(likelihood=likelihood))
        assert bits_per_dim(coded, levels, -1.0) == pytest.approx(expected)
    with pytest.raises(ValueError, match="samples is 0"):
        log_likelihood(DRAW(tiny()), binary, samples=0)
