"""Features are made once for the same images, and never taken for those of others."""

import numpy as np
import pytest

from keras_draw.evaluation.cache import cache_folder
from keras_draw.evaluation.comparison import compare, group_of
from keras_draw.evaluation.extractors import from_callable


@pytest.fixture
def counted():
    calls = []

    def features(images):
        calls.append(len(images))
        return images.reshape(len(images), -1)[:, :3].astype(float)

    return calls, features


def pictures(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (20, 4, 4, 1), np.uint8)


def test_the_same_images_are_not_looked_at_twice(tmp_path, counted):
    calls, features = counted
    extractor = from_callable(features, "corner", "abc")
    steps = []
    first = compare(pictures(), pictures(1), extractor, cache=tmp_path / "cache")
    again = compare(
        pictures(), pictures(1), extractor, lambda: steps.append(1), cache=tmp_path / "cache"
    )
    assert first == again
    assert calls == [20, 20]
    assert len(steps) == 2


def test_anything_else_is_another_group(tmp_path, counted):
    calls, features = counted
    changed = pictures()
    changed[3, 0, 0] += 1
    group_of(pictures(), from_callable(features, "corner", "abc"), cache=tmp_path)
    for images, name, weights in (
        (changed, "corner", "abc"),
        (pictures()[::-1], "corner", "abc"),
        (pictures()[:19], "corner", "abc"),
        (pictures().reshape(20, 2, 8, 1), "corner", "abc"),
        (pictures(), "other", "abc"),
        (pictures(), "corner", "abd"),
        (pictures(), "corner", "none"),  # of unknown weights nothing is kept
        (pictures(), "corner", "none"),
    ):
        before = len(calls)
        group_of(images, from_callable(features, name, weights), cache=tmp_path)
        assert len(calls) == before + 1, (images.shape, name, weights)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no", None])
def test_a_damaged_file_is_made_again(tmp_path, counted, content):
    calls, features = counted
    extractor = from_callable(features, "corner", "abc")
    expected = group_of(pictures(), extractor, cache=tmp_path)
    (kept,) = tmp_path.iterdir()
    if content is None:
        np.savez(kept, mean=np.zeros(3), scatter=np.zeros((2, 2)), sample=np.zeros((20, 3)))
    else:
        kept.write_bytes(content)
    found = group_of(pictures(), extractor, cache=tmp_path)
    np.testing.assert_array_equal(found.statistics.mean, expected.statistics.mean)
    assert len(calls) == 2
    group_of(pictures(), extractor, cache=tmp_path)
    assert len(calls) == 2


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path, counted):
    calls, features = counted
    (tmp_path / "file").write_text("")
    for _ in range(2):
        group_of(
            pictures(), from_callable(features, "corner", "abc"), cache=tmp_path / "file" / "cache"
        )
    assert len(calls) == 2


def test_where_it_is(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_DRAW_CACHE", raising=False)
    assert cache_folder() == tmp_path / "keras-draw"
    monkeypatch.setenv("KERAS_DRAW_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
