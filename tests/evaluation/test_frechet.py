"""The Fréchet distance against SciPy, closed forms and its own symmetries."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_draw.evaluation.frechet import (
    FeatureStatistics,
    few_images,
    frechet_distance,
    merge,
    statistics,
)


def features(count, size, seed=0, shift=0.0):
    random = np.random.default_rng(seed)
    return random.normal(size=(count, size)) @ random.normal(size=(size, size)) + shift


def exact(mean, covariance):
    return FeatureStatistics(10**6, np.asarray(mean, float), np.asarray(covariance) * (10**6 - 1))


@pytest.mark.parametrize("size", [1, 2, 7, 40])
def test_equal_to_scipys_matrix_root(size):
    a, b = (statistics([features(400, size, seed, shift=seed)]) for seed in (0, 1))
    root = scipy.linalg.sqrtm(a.covariance @ b.covariance).real
    expected = ((a.mean - b.mean) ** 2).sum()
    expected += np.trace(a.covariance + b.covariance - 2 * root)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_equal_to_the_closed_form_of_commuting_covariances(seed):
    random = np.random.default_rng(seed)
    basis = np.linalg.qr(random.normal(size=(12, 12)))[0]
    u, v = random.uniform(0.1, 5, (2, 12))
    mean = random.normal(size=12)
    a, b = exact(mean, basis * u @ basis.T), exact(np.zeros(12), basis * v @ basis.T)
    expected = mean @ mean + ((np.sqrt(u) - np.sqrt(v)) ** 2).sum()
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-10)


def test_one_dimension():
    x, y = np.array([[1.0], [2.0], [6.0]]), np.array([[0.0], [4.0]])
    expected = (x.mean() - y.mean()) ** 2 + (x.std(ddof=1) - y.std(ddof=1)) ** 2
    assert frechet_distance(statistics([x]), statistics([y])) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("count", "size"), [(300, 20), (5, 40), (2, 3)])
@pytest.mark.filterwarnings("ignore:.*fewer than:UserWarning")
def test_equal_groups_are_at_zero_whatever_their_rank(count, size):
    group = statistics([features(count, size)])
    assert frechet_distance(group, group) <= 1e-8 * np.trace(group.covariance)
    constant = statistics([np.full((5, 3), 2.5)])
    assert frechet_distance(constant, constant) == 0


def test_order_rotation_and_a_shift_of_both_change_nothing():
    x, y = features(200, 6, 1), features(150, 6, 2, shift=1.0)
    expected = frechet_distance(statistics([x]), statistics([y]))
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(6, 6)))[0]
    for u, v in (
        (y, x),
        (x[::-1], np.random.default_rng(0).permutation(y)),
        (x @ turn, y @ turn),
        (x + 1e4, y + 1e4),
    ):
        found = frechet_distance(statistics([u]), statistics([v]))
        assert found == pytest.approx(expected, rel=1e-8)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_batches_are_merged_exactly(sizes, seed):
    x = features(sum(sizes) + 1, 4, seed, shift=1e3)
    parts = np.split(x, np.cumsum(sizes))
    found = statistics(iter(parts))
    np.testing.assert_allclose(found.mean, x.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(x.T), rtol=1e-8, atol=1e-9)
    if len(x) > 3:
        halves = merge(statistics([x[:2]]), statistics([x[2:]]))
        np.testing.assert_allclose(halves.scatter, found.scatter, rtol=1e-8, atol=1e-8)


def test_too_few_images_are_said():
    a, b = (statistics([features(5, 9, seed)]) for seed in (0, 1))
    with pytest.warns(UserWarning, match="5 images are fewer than the 9 features"):
        frechet_distance(a, b)
    enough = statistics([features(50, 9)])
    assert few_images(enough, enough) == ""


def test_bad_features_are_refused():
    bad = np.ones((4, 2))
    bad[2, 1] = np.nan
    for batches, sentence in (
        ([], "There are no images"),
        ([np.ones((1, 3))], "There is 1 image"),
        ([np.ones((3, 2, 1))], r"expected one row per image"),
        ([np.ones((3, 2)), bad], "image 5 are not finite"),
        ([np.ones((3, 2)), np.ones((3, 3))], "2 features per image and the other 3"),
    ):
        with pytest.raises(ValueError, match=sentence):
            statistics(batches)
    with pytest.raises(ValueError, match="use the same extractor for both"):
        frechet_distance(statistics([np.eye(3)]), statistics([np.eye(2)]))
