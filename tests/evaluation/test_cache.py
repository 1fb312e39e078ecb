"""Features are computed once for the same images, and never used for other images."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from keras_draw.evaluation.cache import CacheWarning, cache_folder, load_statistics
from keras_draw.evaluation.comparison import compare, group_of
from keras_draw.evaluation.extractors import from_callable
from keras_draw.evaluation.inception.networks import find_weights


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
        (pictures(), "corner", "none"),  # nothing is cached for unknown weights
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
        with pytest.warns(CacheWarning, match="not cached because .*file/cache"):
            group_of(
                pictures(),
                from_callable(features, "corner", "abc"),
                cache=tmp_path / "file" / "cache",
            )
    assert len(calls) == 2


def test_a_file_that_cannot_be_read_is_made_again(tmp_path, counted):
    calls, features = counted
    extractor = from_callable(features, "corner", "abc")
    group_of(pictures(), extractor, cache=tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.unlink()
    kept.mkdir()
    with pytest.warns(CacheWarning, match="set KERAS_DRAW_CACHE"):
        group_of(pictures(), extractor, cache=tmp_path)
    assert len(calls) == 2
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]


def test_what_a_killed_process_left_is_removed(tmp_path, counted):
    left = tmp_path / ".writing-0123456789abcdef.npz"
    left.write_bytes(b"half a file")
    group_of(pictures(), from_callable(counted[1], "corner", "abc"), cache=tmp_path)
    assert not left.exists()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    some.sampled_from(["count", "mean", "scatter", "sample", "made_by"]),
    some.sampled_from(["U3", "S2", "M8[s]", "m8[s]", "c16", "?", "i8", "u1", "f2", "f8"]),
    some.sampled_from([(), (1,), (3,), (3, 3), (20, 3), (0,), (2, 0)]),
)
def test_statistics_of_any_type_are_used_or_refused(tmp_path, name, dtype, shape):
    features = from_callable(lambda x: x.reshape(len(x), -1)[:, :3].astype(float), "corner", "abc")
    whole = {
        "count": np.array(20), "mean": np.zeros(3), "scatter": np.eye(3),
        "sample": np.zeros((20, 3)), "made_by": np.array(["corner", "abc", "its own"]),
    }  # fmt: skip
    path = tmp_path / "some.npz"
    np.savez(path, **(whole | {name: np.zeros(shape, dtype)}))
    try:
        found = load_statistics(path, features)
    except ValueError as error:
        assert "some.npz" in str(error)
    else:
        assert found.statistics.mean.shape == (3,)


@pytest.mark.parametrize("count", [0, 1])
def test_a_group_of_one_has_no_distance(counted, count):
    extractor = from_callable(counted[1], "corner")
    with pytest.raises(ValueError, match=r"1 image; a distance|are empty"):
        compare(pictures(), pictures()[:count], extractor)
    with pytest.raises(ValueError, match="Features need uint8 images"):
        compare(pictures(), pictures() / 255, extractor)
    with pytest.raises(ValueError, match="Features need uint8 images"):
        compare(list(pictures()), pictures(), extractor)
    assert counted[0] == []


def test_where_it_is(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_DRAW_CACHE", raising=False)
    assert cache_folder() == tmp_path / "keras-draw"
    monkeypatch.setenv("KERAS_DRAW_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"


def test_without_a_home_nothing_is_kept(monkeypatch):
    """As in a container: no HOME, and no entry in passwd."""

    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("KERAS_DRAW_CACHE", "/somewhere")
    assert cache_folder() == Path("/somewhere")
    monkeypatch.delenv("KERAS_DRAW_CACHE")
    with pytest.warns(CacheWarning, match="there is no home folder: set KERAS_DRAW_CACHE"):
        assert cache_folder() is None
    monkeypatch.delenv("KERAS_HOME", raising=False)
    with pytest.raises(FileNotFoundError, match="There are no weights for inception-2015"):
        find_weights("inception-2015")
