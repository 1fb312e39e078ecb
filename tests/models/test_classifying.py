"""Classification against a call of `elbo` per class, and Bayes' rule in SciPy."""

import numpy as np
import pytest
from conftest import tiny
from models.pictures import IMAGES, K, N
from scipy.special import logsumexp, softmax

from keras_draw import DRAW

SEED = 6


@pytest.fixture(scope="module")
def one_draw(conditional):
    return conditional.classify(IMAGES, seed=SEED, batch_size=15)


def test_one_draw_is_the_bound_of_every_class(conditional, one_draw):
    expected = [conditional.elbo(IMAGES, k, seed=SEED).elbo for k in range(K)]
    np.testing.assert_allclose(one_draw.bounds, np.stack(expected, axis=1), rtol=1e-5)


def test_more_draws_are_the_importance_weighted_bound(conditional):
    found = conditional.classify(IMAGES, draws=4, seed=SEED)
    for k in range(K):
        weights = [conditional.log_weights(IMAGES, k, seed=SEED, draw=d) for d in range(1, 5)]
        expected = logsumexp(np.array(weights, "float64"), axis=0) - np.log(4)
        np.testing.assert_allclose(found.bounds[:, k], expected, rtol=1e-5)


def test_probabilities_are_by_bayes_rule(one_draw):
    assert one_draw.bounds.shape == one_draw.probabilities.shape == (N, K)
    expected = softmax(one_draw.bounds, axis=1)
    np.testing.assert_allclose(one_draw.probabilities, expected, rtol=1e-12)
    np.testing.assert_allclose(one_draw.probabilities.sum(axis=1), 1)


def test_bounds_far_apart_give_probabilities_of_0_and_1():
    from keras_draw.models.classifying import probabilities_of

    found = probabilities_of(np.array([[-5000.0, -90.0, -95.0], [-1e30, 0.0, -1e30]]))
    np.testing.assert_allclose(found, [[0, 1 / (1 + np.exp(-5)), 1 / (1 + np.exp(5))], [0, 1, 0]])


def test_the_size_of_batches_changes_nothing(conditional, one_draw):
    found = conditional.classify(IMAGES, seed=SEED, batch_size=1)
    np.testing.assert_allclose(found.bounds, one_draw.bounds, rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"draws": 0}, "draws is 0"),
        ({"draws": 10**7}, "draws is 10000000; it must be at most 1,000,000"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_numbers_that_make_no_sense(conditional, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        conditional.classify(IMAGES, **options)


def test_a_network_without_classes_cannot_tell_any():
    with pytest.raises(ValueError, match="unconditional and has no classes"):
        DRAW(tiny()).classify(IMAGES)
