"""The script that refines each image's posterior, against the exact likelihood by quadrature."""

import numpy as np
import pytest
import refine_posterior

from keras_draw import DRAW, DRAWConfig


@pytest.fixture(scope="module")
def network():
    """Two timesteps of one latent each, so that an integral over all latents is two-dimensional."""
    config = DRAWConfig(image_shape=(4, 4, 1), timesteps=2, latent_dim=1, hidden_dim=6, read=2)
    network = DRAW(config, seed=3)
    for weight in network.weights:  # latents that matter, and an encoder that knows nothing of it
        if weight.name in ("canvas_kernel", "decoder_kernel"):
            weight.assign(5 * np.asarray(weight.value))
    return network


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).integers(0, 2, (5, 4, 4, 1)).astype("float32")


def exact_log_likelihood(network, images):
    """log p(x) by Gauss-Hermite quadrature over both latents."""
    nodes, factors = np.polynomial.hermite_e.hermegauss(60)
    factors = factors / factors.sum()
    z = np.stack(np.meshgrid(nodes, nodes, indexing="ij"), axis=-1).reshape(-1, 2, 1)
    p = network.decode(z).astype("float64")[None]
    x = images[:, None]
    given_z = np.sum(x * np.log(p) + (1 - x) * np.log1p(-p), axis=(2, 3, 4))
    return np.log(np.exp(given_z) @ np.outer(factors, factors).reshape(-1))


def test_a_refined_posterior_gives_a_bound_that_is_tighter_and_still_a_bound(network, images):
    before, after = refine_posterior.refined(
        network, images, steps=300, learning_rate=0.1, draws=400
    )
    exact = exact_log_likelihood(network, images)
    assert (before < after).all()
    assert (after < exact + 0.02).all()
    # Gaussians come close to the true posterior of such a small network.
    assert np.mean(exact - after) < 0.3 * np.mean(exact - before)


def test_without_steps_both_are_the_networks_own_bound(network, images):
    before, after = refine_posterior.refined(network, images, steps=0, learning_rate=1, draws=600)
    own = np.array([network.elbo(images, seed=seed).elbo for seed in range(600)])
    standard_error = own.std(axis=0) * np.sqrt(2 / 600)
    np.testing.assert_array_equal(before, after)
    assert (np.abs(before - own.mean(axis=0)) < 4 * standard_error).all()


@pytest.mark.parametrize("change", [{"num_classes": 2}, {"share_heads": False}])
def test_other_networks_are_refused(images, change):
    config = DRAWConfig(image_shape=(4, 4, 1), timesteps=2, latent_dim=1, hidden_dim=6, **change)
    with pytest.raises(ValueError, match="unconditional network whose timesteps share"):
        refine_posterior.refined(DRAW(config), images, steps=1, learning_rate=1, draws=1)
