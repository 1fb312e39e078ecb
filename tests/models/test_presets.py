"""Networks as small files: half the size if the bound allows it, and readable by all loaders."""

import io
import zipfile

import h5py
import keras
import numpy as np
import pytest
from conftest import tiny
from models.pictures import IMAGES, LABELS

from keras_draw import DRAW, load
from keras_draw.models.presets import Rounding


def weights_of(model):
    return [w for w in model.get_weights() if w.dtype == np.float32]


def test_a_preset_holds_the_nearest_float16_weights_and_is_read_as_float32(conditional, tmp_path):
    path = tmp_path / "small.keras"
    before = conditional.get_weights()
    found = conditional.save_preset(path, IMAGES, LABELS)
    assert isinstance(found, Rounding)
    assert found.stored == "float16"
    assert all(map(np.array_equal, before, conditional.get_weights()))
    for again in (load(path), keras.saving.load_model(path)):
        for exact, stored in zip(weights_of(conditional), weights_of(again), strict=True):
            np.testing.assert_array_equal(stored, exact.astype(np.float16).astype(np.float32))
        assert again.config == conditional.config
        assert not again.compiled
        rounded = again.elbo(IMAGES, LABELS).elbo.mean(dtype="float64")
        exact = conditional.elbo(IMAGES, LABELS).elbo.mean(dtype="float64")
        assert rounded - exact == pytest.approx(found.change, abs=1e-6)
        assert found.change != 0


def test_its_floats_have_16_bits(conditional, tmp_path):
    conditional.save_preset(tmp_path / "half.keras", IMAGES, LABELS)
    with zipfile.ZipFile(tmp_path / "half.keras") as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    kinds = set()
    with h5py.File(content) as weights:
        weights["vars"].visititems(lambda name, item: kinds.add(item.dtype.str))
    assert kinds == {"<f2", "<i4"}


def test_weights_that_would_cost_too_much_stay_whole(conditional, tmp_path):
    path = tmp_path / "whole.keras"
    found = conditional.save_preset(path, IMAGES, LABELS, tolerance=0)
    assert found.stored == "float32"
    assert all(map(np.array_equal, weights_of(load(path)), weights_of(conditional)))


def test_weights_beyond_float16_stay_whole(tmp_path):
    model = DRAW(tiny())
    model._named["posterior_bias"].assign(np.full(4, [1e5, 0, 0, 0], "float32"))
    found = model.save_preset(tmp_path / "whole.keras", IMAGES)
    assert found.stored == "float32"
    assert not np.isfinite(found.change)
    assert all(map(np.array_equal, weights_of(load(tmp_path / "whole.keras")), weights_of(model)))


@pytest.mark.parametrize(
    ("name", "options", "error", "sentence"),
    [
        ("small.h5", {}, ValueError, "has the extension '.h5'"),
        ("nowhere/small.keras", {}, FileNotFoundError, "does not exist"),
        ("small.keras", {"tolerance": -1}, ValueError, "tolerance is -1"),
        ("small.keras", {"tolerance": float("nan")}, ValueError, "tolerance is nan"),
        ("small.keras", {"y": None}, ValueError, "needs a label"),
    ],
)
def test_what_cannot_be_written_leaves_nothing(
    conditional, tmp_path, name, options, error, sentence
):
    with pytest.raises(error, match=sentence):
        conditional.save_preset(tmp_path / name, IMAGES, **{"y": LABELS} | options)
    assert list(tmp_path.iterdir()) == []
