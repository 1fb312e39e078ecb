"""Networks as Keras files, even if the disk is full or the clock is wrong."""

import os
import resource
import time
import zipfile

import keras
import numpy as np
import pytest
from conftest import tiny

from keras_draw import DRAW, load
from keras_draw.models.saving import save_network, save_weights


@pytest.fixture(scope="module")
def model():
    return DRAW(tiny(), seed=1)


def same(a, b):
    return all(map(np.array_equal, a.get_weights(), b.get_weights()))


def test_keras_reads_what_it_would_have_written_itself(model, tmp_path):
    save_weights(model, tmp_path / "ours.weights.h5")
    model.save_weights(tmp_path / "keras.weights.h5")
    for name in ("ours", "keras"):
        other = DRAW(tiny())
        other.load_weights(tmp_path / f"{name}.weights.h5")
        assert same(other, model)
    save_network(model, tmp_path / "ours.keras")
    model.save(tmp_path / "keras.keras")
    for name in ("ours", "keras"):
        assert same(keras.saving.load_model(tmp_path / f"{name}.keras"), model)
        assert same(load(tmp_path / f"{name}.keras"), model)
    archives = [zipfile.ZipFile(tmp_path / f"{name}.keras") for name in ("ours", "keras")]
    assert {*archives[0].namelist()} == {*archives[1].namelist()}
    assert archives[0].read("config.json") == archives[1].read("config.json")
    for archive in archives:
        archive.close()


@pytest.mark.parametrize("now", [0.0, 5e9])
def test_a_clock_that_archives_cannot_express_loses_no_network(model, tmp_path, monkeypatch, now):
    monkeypatch.setattr(time, "time", lambda: now)
    if now == 0:
        with pytest.raises(ValueError, match="1980"):
            model.save(tmp_path / "keras.keras")  # Keras's own writer fails
    save_network(model, tmp_path / "model.keras")
    monkeypatch.undo()
    assert same(load(tmp_path / "model.keras"), model)


@pytest.mark.parametrize("save", [save_network, save_weights])
def test_a_full_disk_of_any_size_leaves_what_was_there(model, tmp_path, save):
    path = tmp_path / ("model.keras" if save is save_network else "best.weights.h5")
    save(model, path)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        for size in range(0, len(before), max(1, len(before) // 40)):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
            with pytest.raises(OSError, match="File too large") as failed:
                save(model, path)
            assert failed.value.filename == str(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]
