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


def test_the_network_draws_in_every_callback():
    """Keras's loop holds the variables between steps on JAX; a function need not know that."""
    model, drawn = make("adam"), []

    def draw(*_, **__):
        drawn.append(model.generate(2))

    names = ("on_train_batch_end", "on_test_batch_end", "on_epoch_end")
    callback = keras.callbacks.LambdaCallback(**dict.fromkeys(names[::2], draw))
    watched = keras.callbacks.Callback()
    watched.on_test_batch_end = draw
    history = model.fit(
        IMAGES, batch_size=4, epochs=2, validation_data=IMAGES, shuffle=False, verbose=0,
        callbacks=[callback, watched],
    )  # fmt: skip
    assert len(drawn) == 2 * (2 + 2 + 1)
    undisturbed = make("adam").fit(
        IMAGES, batch_size=4, epochs=2, validation_data=IMAGES, shuffle=False, verbose=0
    )
    assert history.history == undisturbed.history
    assert not np.array_equal(drawn[0], drawn[-1])


def test_a_mean_canvas_must_be_known_before_a_single_step_too():
    model = DRAW(tiny(timesteps=1, initial_canvas="mean"))
    model.compile("adam")
    with pytest.raises(ValueError, match=r"call model.adapt\(images\) before train_on_batch"):
        model.train_on_batch(IMAGES)
    black_and_white = np.stack([np.zeros((5, 4, 1)), np.ones((5, 4, 1))])
    model.adapt(black_and_white)  # its mean is the canvas 0
    model.train_on_batch(IMAGES)
    model.fit(((IMAGES,) for _ in range(1)), steps_per_epoch=1, verbose=0)


def test_seeds_may_be_large():
    drawn = [DRAW(tiny(timesteps=1), seed=2**32 + k).generate(1) for k in (0, 1)]
    assert not np.array_equal(*drawn)


def test_a_dataset_with_an_attribute_of_the_name_we_use():
    class Mine(keras.utils.PyDataset):
        whole = True

        def __len__(self):
            return 2

        def __getitem__(self, index):
            return (IMAGES,)

    make("adam").fit(Mine(), verbose=0)
