"""Two groups of images, compared with an extractor that can be checked by hand."""

import numpy as np
import pytest

from keras_draw.evaluation.comparison import compare
from keras_draw.evaluation.extractors import from_callable
from keras_draw.evaluation.frechet import frechet_distance, statistics

MEANS = from_callable(lambda x: x.reshape(len(x), -1)[:, :3].astype(float), "first-pixels", "abc")


def pictures(count, seed=0, size=4):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 1), np.uint8)


def test_numbers_carry_what_made_them():
    a, b = pictures(700), pictures(300, seed=1)
    calls = []
    found = compare(a, b, MEANS, lambda: calls.append(1))
    stats = (statistics([x.reshape(len(x), -1)[:, :3]]) for x in (a, b))
    assert found.fid == pytest.approx(frechet_distance(*stats), rel=1e-9)
    assert (found.count_a, found.count_b) == (700, 300)
    assert (found.extractor, found.weights_hash) == ("first-pixels", "abc")
    assert found.note == "The groups differ in size: 700 and 300 images."
    assert len(calls) == 3 + 2
    assert 0 < found.precision <= 1


def test_order_does_not_matter_and_equal_groups_are_at_zero():
    a, b = pictures(50), pictures(50, seed=1)
    there, back = compare(a, b, MEANS), compare(b, a[::-1], MEANS)
    assert there.fid == pytest.approx(back.fid, rel=1e-9)
    same = compare(a, a, MEANS)
    assert same.fid < 1e-8 * 255**2
    assert same.coverage == 1


def test_few_images_and_constant_ones():
    found = compare(pictures(2), pictures(2, seed=1), MEANS)
    assert "2 images are fewer than the 3 features" in found.note
    assert found.precision is None
    constant = np.full((9, 4, 4, 1), 7, np.uint8)
    assert compare(constant, constant, MEANS).fid == 0


def test_bad_groups():
    with pytest.raises(ValueError, match="convert both to one size"):
        compare(pictures(3), pictures(3, size=5), MEANS)
    with pytest.raises(ValueError, match="A group has 1 image"):
        compare(pictures(3), pictures(1), MEANS)
    broken = from_callable(lambda x: np.full((len(x), 2), np.nan), "broken")
    with pytest.raises(ValueError, match="not finite"):
        compare(pictures(3), pictures(3), broken)
