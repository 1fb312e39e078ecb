"""Keras's methods on DRAW: what they refuse, and what they accept."""

import keras
import numpy as np
import pytest
from conftest import tiny

from keras_draw import DRAW

IMAGES = np.random.default_rng(0).random((8, 5, 4, 1)).astype("float32")


def make(optimizer) -> DRAW:
    model = DRAW(tiny(timesteps=1))
    model.compile(optimizer)
    return model


def test_averages_are_swapped_once():
    twice = [keras.callbacks.SwapEMAWeights(), keras.callbacks.SwapEMAWeights()]
    model = make(keras.optimizers.Adam(1e-2, use_ema=True))
    for call in (model.fit, model.evaluate, model.predict):
        with pytest.raises(ValueError, match="2 times"):
            call(IMAGES, callbacks=twice, verbose=0)
    with pytest.raises(ValueError, match="use_ema=True"):
        make("adam").fit(IMAGES, callbacks=twice[:1], verbose=0)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"loss": "mse"}, "loss"),
        ({"metrics": ["mae"]}, "metrics"),
        ({"weighted_metrics": ["mae"]}, "weighted_metrics"),
        ({"loss_weights": [1.0]}, "loss_weights"),
        ({"loss": "mse", "metrics": ["mae"]}, "loss and metrics"),
    ],
)
def test_what_compile_would_not_use_is_refused(given, named):
    model = DRAW(tiny())
    with pytest.raises(ValueError, match=f"compile got {named}, which DRAW does not use"):
        model.compile("adam", **given)
    model.compile("adam", loss=None, metrics=[])


def test_a_compiled_network_is_loaded_compiled(tmp_path):
    model = make("adam")
    model.fit(IMAGES, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    pairs = zip(loaded.optimizer.variables, model.optimizer.variables, strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    loaded.compile_from_config({**model.get_compile_config(), "loss": "mse", "metrics": ["mae"]})
    assert np.isfinite(loaded.fit(IMAGES, verbose=0).history["loss"]).all()
