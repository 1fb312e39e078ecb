"""Measuring images with a network."""

import numpy as np
from models import numpy_draw
from models.pictures import IMAGES, LABELS, K, N
from scipy.stats import norm


def test_elbo_equals_the_plain_loop(conditional):
    noise = np.random.default_rng(6).standard_normal((N, 3, 2)).swapaxes(0, 1)
    weights = {w.name: np.asarray(w.value, float) for w in conditional.weights}
    cfg = numpy_draw.described(conditional.config)
    x = IMAGES.reshape(N, -1).astype(float)
    canvases, mu, log_var, _ = numpy_draw.unroll(cfg, weights, x, np.eye(K)[LABELS], noise)
    bound = conditional.elbo(IMAGES, LABELS, seed=6)
    np.testing.assert_allclose(
        bound.reconstruction, numpy_draw.bernoulli_nats(x, canvases[-1]), rtol=1e-5
    )
    np.testing.assert_allclose(bound.kl.T, numpy_draw.kl_nats(mu, log_var), rtol=1e-4, atol=1e-6)


def test_what_is_measured_has_a_value_for_each_image(conditional):
    t, z = 3, 2
    assert {a.shape for a in conditional.encode(IMAGES, LABELS)} == {(N, t, z)}
    bound = conditional.elbo(IMAGES, LABELS)
    assert (bound.elbo.shape, bound.reconstruction.shape, bound.kl.shape) == ((N,), (N,), (N, t))
    np.testing.assert_allclose(bound.elbo, -(bound.reconstruction + bound.kl.sum(1)), rtol=1e-5)
    assert conditional.log_weights(IMAGES, LABELS).shape == (N,)


def test_log_weights_are_densities_of_the_latents_that_were_drawn(conditional):
    mu, log_var, z = conditional.encode(IMAGES, LABELS, seed=6)
    p = conditional.decode(z, LABELS).astype(float)
    log_x = (IMAGES * np.log(p) + (1 - IMAGES) * np.log1p(-p)).sum(axis=(1, 2, 3))
    prior, posterior = norm.logpdf(z), norm.logpdf(z, mu, np.exp(log_var / 2))
    expected = log_x + (prior - posterior).sum(axis=(1, 2))
    found = conditional.log_weights(IMAGES, LABELS, seed=6)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert not np.allclose(found, conditional.log_weights(IMAGES, LABELS, seed=6, draw=1))
