"""KID against plain loops; the reservoir against counting."""

import numpy as np
import pytest

from keras_draw.evaluation.kid import Sample, kid


def by_loops(x, y):
    def k(u, v):
        return (sum(p * q for p, q in zip(u, v, strict=True)) / len(u) + 1) ** 3

    n, m = len(x), len(y)
    total = sum(k(x[i], x[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    total += sum(k(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return total - 2 * sum(k(u, v) for u in x for v in y) / (n * m)


def test_one_subset_is_the_plain_estimate():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(7, 3)), random.normal(1, 2, size=(7, 3))
    found = kid(x, y)
    assert found.kid == pytest.approx(by_loops(x, y), rel=1e-12)
    assert (found.subsets, found.size) == (1, 7)
    assert found.standard_error is None


def test_equal_distributions_scatter_about_zero_within_the_stated_error():
    random = np.random.default_rng(1)
    scores = []
    for i in range(60):
        x, y = random.normal(size=(2, 400, 4))
        found = kid(x, y, size=40, seed=i)
        scores.append(found.kid / found.standard_error)
    assert abs(np.mean(scores)) < 4 / np.sqrt(60)
    assert 0.7 < np.std(scores) < 1.5


def test_different_distributions_are_far_apart():
    random = np.random.default_rng(2)
    found = kid(random.normal(size=(300, 4)), random.normal(1, 1, size=(200, 4)), size=50)
    assert found.subsets == 4
    assert found.kid > 10 * found.standard_error > 0


def test_bad_groups():
    with pytest.raises(ValueError, match="use the same extractor"):
        kid(np.ones((4, 2)), np.ones((4, 3)))
    with pytest.raises(ValueError, match="A group has 1 images"):
        kid(np.ones((1, 2)), np.ones((4, 2)))


def sample(batches, **options):
    found = Sample(**options)
    for batch in batches:
        found.add(batch)
    return found.rows


def test_a_sample_keeps_all_or_a_uniform_choice():
    rows = np.arange(20.0)[:, None]
    np.testing.assert_array_equal(sample([rows[:7], rows[7:]], limit=20), rows)
    counts = np.zeros(20)
    for seed in range(2000):
        kept = sample([rows[:3], rows[3:]], limit=5, seed=seed)[:, 0].astype(int)
        assert len(set(kept)) == 5
        counts[kept] += 1
    # 500 expected each, binomial: standard deviation 19
    assert abs(counts - 500).max() < 5 * np.sqrt(2000 * 0.25 * 0.75)
