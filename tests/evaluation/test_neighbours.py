"""Precision, recall, density, coverage against plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_draw.evaluation import neighbours as room
from keras_draw.evaluation.neighbours import neighbours


def by_loops(real, generated, k):
    def distance(u, v):
        return sum((p - q) ** 2 for p, q in zip(u, v, strict=True))

    def radius(group, i):
        return sorted(distance(group[i], v) for j, v in enumerate(group) if j != i)[k - 1]

    real_radii = [radius(real, i) for i in range(len(real))]
    generated_radii = [radius(generated, i) for i in range(len(generated))]
    hits = [[distance(r, g) <= real_radii[i] for g in generated] for i, r in enumerate(real)]
    back = [[distance(r, g) <= generated_radii[j] for j, g in enumerate(generated)] for r in real]
    n, m = len(real), len(generated)
    return (
        sum(any(hits[i][j] for i in range(n)) for j in range(m)) / m,
        sum(any(row) for row in back) / n,
        sum(map(sum, hits)) / (k * m),
        sum(any(row) for row in hits) / n,
    )


@given(st.integers(0, 10**6), st.integers(4, 12), st.integers(4, 12), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_equal_to_plain_loops(seed, n, m, k):
    random = np.random.default_rng(seed)
    # whole numbers, so that real images have duplicates and ties
    real = random.integers(0, 4, (n, 2)).astype(float)
    generated = random.integers(-3, 4, (m, 2)) + random.normal(0, 0.1, (m, 2))
    found = neighbours(real, generated, k)
    np.testing.assert_allclose(found[:4], by_loops(real, generated, k), atol=1e-12)


def test_blocks_of_rows_change_nothing(monkeypatch):
    random = np.random.default_rng(0)
    real, generated = random.normal(size=(30, 3)), random.normal(size=(25, 3))
    whole = neighbours(real, generated)
    monkeypatch.setattr(room, "ROWS", 7)
    assert neighbours(real, generated) == whole


def test_equal_and_disjoint_groups():
    real = np.random.default_rng(0).normal(size=(50, 3))
    same = neighbours(real, real)
    assert (same.precision, same.recall, same.coverage) == (1, 1, 1)
    far = neighbours(real, real + 1000)
    assert far[:4] == (0, 0, 0, 0)
    collapsed = neighbours(real, np.repeat(real[:1], 20, axis=0))
    assert collapsed.precision == 1
    assert collapsed.coverage < 0.5


def test_bad_groups():
    with pytest.raises(ValueError, match="k is 5, with 5 real and 9 generated"):
        neighbours(np.ones((5, 2)), np.ones((9, 2)))
    with pytest.raises(ValueError, match="use the same extractor"):
        neighbours(np.ones((9, 3)), np.ones((9, 2)))
