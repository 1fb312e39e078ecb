"""SVHN's MAT-files: the published ones are read; all others are refused without parsing."""

import random

import numpy as np
import pytest
import scipy.io
from data import writers
from mutations import mutated

from keras_draw.data.svhn import PUBLISHED, read_svhn


@pytest.mark.parametrize("dtype", ["u1", "f8"])
@pytest.mark.parametrize("count", [2, 13])
def test_what_was_written_is_read(tmp_path, monkeypatch, dtype, count):
    path = tmp_path / "train_32x32.mat"
    y = np.arange(1, count + 1, dtype=dtype)[:, None] % 10 + 1
    written = writers.published_svhn(monkeypatch, path, count=count, y=y)
    images, labels = read_svhn(path)
    assert images.flags.c_contiguous
    assert (images.dtype, labels.dtype) == (np.uint8, np.int64)
    for n in range(count):
        np.testing.assert_array_equal(images[n], written["X"][:, :, :, n])
        assert labels[n] == (0 if y[n, 0] == 10 else y[n, 0])
    assert 0 in labels or count < 9


def test_three_digests_are_recorded():
    assert {len(digest) for digest in PUBLISHED.values()} == {64}
    assert sorted(PUBLISHED) == ["extra_32x32.mat", "test_32x32.mat", "train_32x32.mat"]


def test_a_changed_file_is_never_parsed(tmp_path, monkeypatch):
    path = tmp_path / "test_32x32.mat"
    writers.published_svhn(monkeypatch, path, count=2)
    content, dice = path.read_bytes(), random.Random(0)
    monkeypatch.setattr(scipy.io, "loadmat", lambda *a, **k: pytest.fail("it was parsed"))
    for damaged in (b"", *(mutated(content, dice) for _ in range(100))):
        if damaged == content:
            continue
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"test_32x32\.mat is not the file .*folder:PATH"):
            read_svhn(path)
