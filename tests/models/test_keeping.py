"""Failures and interruptions at any point leave the network at its last complete step."""

import contextlib
import os
import signal

import jax
import keras
import numpy as np
import pytest
from conftest import tiny
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_draw import DRAW

EPOCHS, STEPS, SIZE = 2, 3, 4
IMAGES = np.random.default_rng(0).random((STEPS * SIZE, 5, 4, 1)).astype("float32")
TRAIN_HOOKS = (
    *("on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_train_batch_end"),
    *("on_test_begin", "on_test_batch_begin", "on_test_batch_end", "on_test_end"),
    *("on_epoch_end", "on_train_end"),
)


@pytest.fixture(autouse=True)
def python_s_own_handler():
    """A shell ignores SIGINT for processes that it starts in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def make(optimizer=None, network=DRAW, **options) -> DRAW:
    model = network(tiny(timesteps=1, dynamic_binarization=True), seed=3)
    model.compile(optimizer or keras.optimizers.Adam(1e-2), **options)
    model.optimizer.build(model.trainable_variables)
    return model


def state_of(model) -> list[np.ndarray]:
    """Weights, optimizer with averages, and the noise's state."""
    return [keras.ops.convert_to_numpy(v).copy() for v in variables_of(model)]


def variables_of(model):
    return [*model.weights, *model.optimizer.variables, model.noise_generator.state]


def put(model, state) -> None:
    for variable, value in zip(variables_of(model), state, strict=True):
        variable.assign(value)


def same(model, state) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(state_of(model), state, strict=True))


def batch(number: int) -> np.ndarray:
    return IMAGES[number % STEPS * SIZE :][:SIZE]


def assert_usable(model, tmp) -> None:
    """The network can draw, measure, be saved, and train on."""
    assert model.generate(1).shape == (1, 5, 4, 1)
    assert np.isfinite(model.evaluate(IMAGES, verbose=0)).all()
    before = model.get_weights()
    path = os.path.join(tmp, "saved.weights.h5")
    model.save_weights(path, overwrite=True)
    history = model.fit(IMAGES, batch_size=SIZE, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    model.load_weights(path)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before, strict=True))


@pytest.fixture(scope="module")
def known():
    """With and without averages: a network, and its states after each step without faults."""
    found = {}
    for ema in (False, True):
        model = make(keras.optimizers.Adam(1e-2, use_ema=ema, ema_momentum=0.9))
        states = [state_of(model)]
        for number in range(EPOCHS * STEPS):
            if number and number % STEPS == 0:  # the validation after an epoch also draws noise
                for _ in range(STEPS):
                    model.test_on_batch(batch(0))
            model.train_on_batch(batch(number))
            states.append(state_of(model))
        found[ema] = model, states
    return found


class Failing(keras.callbacks.Callback):
    """Fails in one hook, at a given call; `fail` raises the error."""

    def __init__(self, hook: str, call: int, fail) -> None:
        super().__init__()
        self.left, self.fail = call, fail
        setattr(self, hook, self._called)

    def _called(self, *args, **kwargs) -> None:
        self.left -= 1
        if self.left < 0:
            self.left = 10**9
            self.fail()


class FailingBatches(keras.utils.PyDataset):
    """Batches, one of which cannot be read; counted over all epochs."""

    def __init__(self, at: int, fail) -> None:
        super().__init__()
        self.left, self.fail = at, fail

    def __len__(self):
        return STEPS

    def __getitem__(self, number):
        self.left -= 1
        if self.left < 0:
            self.fail()
        return (batch(number),)


def raising(error):
    def fail():
        raise error("made to fail")

    return fail


def swallowed_interruption() -> None:
    """Ctrl-C while Keras waits for a step."""
    with contextlib.suppress(BaseException):
        signal.raise_signal(signal.SIGINT)


def calls_of(hook: str) -> int:
    """How often Keras calls it in a training."""
    if hook in ("on_train_begin", "on_train_end"):
        return 1
    return EPOCHS * (STEPS if "batch" in hook else 1)


def steps_before(hook: str, call: int) -> int:
    """Number of complete training steps when Keras calls a hook for the nth time."""
    if hook == "on_train_batch_begin":
        return call
    if hook == "on_train_batch_end":
        return call + 1
    if hook in ("on_train_begin", "on_epoch_begin"):
        return call * STEPS
    if hook == "on_train_end":
        return EPOCHS * STEPS
    return (call // STEPS + 1) * STEPS if "batch" in hook else (call + 1) * STEPS


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_training_that_fails_leaves_the_last_whole_step(known, tmp_path_factory, data):
    ema = data.draw(st.booleans(), "averages")
    model, states = known[ema]
    put(model, states[0])
    error = data.draw(st.sampled_from([RuntimeError, ValueError, KeyboardInterrupt, SystemExit]))
    callbacks, x = [], IMAGES
    if ema and data.draw(st.booleans(), "swapped"):
        swap_on_epoch = data.draw(st.booleans(), "also between epochs")
        callbacks.append(keras.callbacks.SwapEMAWeights(swap_on_epoch=swap_on_epoch))
    if data.draw(st.booleans(), "by the data"):
        steps = data.draw(st.integers(0, EPOCHS * STEPS - 1), "batch")
        x = FailingBatches(steps, raising(error))
    else:
        hook = data.draw(st.sampled_from(TRAIN_HOOKS), "hook")
        call = data.draw(st.integers(0, calls_of(hook) - 1), "call")
        steps, fail = steps_before(hook, call), raising(error)
        if steps < EPOCHS * STEPS and data.draw(st.booleans(), "swallowed"):
            error, fail = KeyboardInterrupt, swallowed_interruption
            if hook == "on_epoch_end" or hook == "on_test_end":
                steps = STEPS
        callbacks.append(Failing(hook, call, fail))
    with pytest.raises(error):
        model.fit(
            x,
            batch_size=None if x is not IMAGES else SIZE,
            epochs=EPOCHS,
            validation_data=(np.concatenate([batch(0)] * STEPS),),
            validation_batch_size=SIZE,
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        )
    assert same(model, states[steps])
    if steps % STEPS:  # it continues as if nothing had happened
        model.train_on_batch(batch(steps))
        assert same(model, states[steps + 1])
    assert_usable(model, tmp_path_factory.mktemp("saved"))


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_an_evaluation_or_prediction_that_fails_changes_no_weight(known, tmp_path_factory, data):
    ema = data.draw(st.booleans(), "averages")
    model, states = known[ema]
    put(model, states[STEPS])
    kind = data.draw(st.sampled_from(["test", "predict"]))
    hook = f"on_{kind}_{data.draw(st.sampled_from(['begin', 'batch_begin', 'batch_end', 'end']))}"
    call = data.draw(st.integers(0, STEPS - 1 if "batch" in hook else 0))
    error = data.draw(st.sampled_from([RuntimeError, KeyboardInterrupt]))
    fail = raising(error)
    if error is KeyboardInterrupt and data.draw(st.booleans(), "swallowed"):
        fail = swallowed_interruption
    callbacks = [keras.callbacks.SwapEMAWeights()] if ema and kind == "test" else []
    callbacks.append(Failing(hook, call, fail))
    run = model.evaluate if kind == "test" else model.predict
    with pytest.raises(error):
        run(IMAGES, batch_size=SIZE, callbacks=callbacks, verbose=0)
    after, before = state_of(model), states[STEPS]
    assert all(np.array_equal(a, b) for a, b in zip(after[:-1], before[:-1], strict=True))
    assert_usable(model, tmp_path_factory.mktemp("saved"))


def wrong_calls():
    wrong = np.zeros((4, 9, 9, 1), "float32")
    labels = np.zeros(4, int)
    return {
        "predict": lambda m: m.predict(wrong, verbose=0),
        "evaluate": lambda m: m.evaluate(wrong, verbose=0),
        "evaluate with labels": lambda m: m.evaluate(batch(0), labels, verbose=0),
        "fit": lambda m: m.fit(wrong, verbose=0),
        "fit, generator": lambda m: m.fit(((wrong,) for _ in range(1)), shuffle=False, verbose=0),
        "fit, labels": lambda m: m.fit(
            ((batch(0), labels) for _ in range(1)), shuffle=False, verbose=0
        ),
        "validation": lambda m: m.fit(IMAGES, validation_data=(wrong,), verbose=0),
        "train_on_batch": lambda m: m.train_on_batch(wrong),
        "test_on_batch": lambda m: m.test_on_batch(wrong),
        "predict_on_batch": lambda m: m.predict_on_batch(wrong),
    }


@pytest.mark.parametrize("name", wrong_calls())
def test_wrong_input_leaves_the_network(known, name, tmp_path):
    model, states = known[False]
    put(model, states[1])
    with pytest.raises((ValueError, TypeError)):
        wrong_calls()[name](model)
    assert same(model, states[1])
    assert_usable(model, tmp_path)


class Breaking(DRAW):
    """A network whose compiled step fails on demand, as with exhausted memory."""

    is_broken = False

    def compute_loss(self, *args, **kwargs):
        def zero():
            if self.is_broken:
                raise RuntimeError("no memory left")
            return np.float32(0)

        told = jax.pure_callback(zero, jax.ShapeDtypeStruct((), "float32"))
        return super().compute_loss(*args, **kwargs) + told


class Breaks(keras.callbacks.Callback):
    """Make the steps of a network fail after a given number."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def on_train_batch_begin(self, number, logs=None) -> None:
        self.model.is_broken, self.left = self.left <= 0, self.left - 1


def test_a_step_that_fails_while_it_runs_is_taken_back(tmp_path):
    reference, model = make(network=Breaking), make(network=Breaking)
    for number in range(2):
        reference.train_on_batch(batch(number))
    for _ in range(2):  # a step is dispatched to XLA and fails later
        fresh = make(network=Breaking)
        put(model, state_of(fresh))
        with pytest.raises(Exception, match="no memory left"):
            model.fit(IMAGES, batch_size=SIZE, shuffle=False, callbacks=[Breaks(2)], verbose=0)
        assert same(model, state_of(reference))
    model.is_broken = False
    assert_usable(model, tmp_path)


def test_within_an_execution_of_several_steps_the_last_one_counts():
    model, reference = make(steps_per_execution=2), make()
    for number in range(2):
        reference.train_on_batch(batch(number))
    with pytest.raises(RuntimeError):
        model.fit(FailingBatches(2, raising(RuntimeError)), shuffle=False, verbose=0)
    assert same(model, state_of(reference))


def test_a_second_training_with_averages():
    """Keras 3.15 donates one array twice there."""
    model = make(keras.optimizers.Adam(1e-2, use_ema=True))
    losses = [model.fit(IMAGES, epochs=2, verbose=0).history["loss"] for _ in range(3)]
    assert np.isfinite(losses).all()


def test_damaged_weights_are_not_read_by_half(tmp_path):
    model, other = make(), DRAW(tiny(timesteps=1, hidden_dim=7))
    other.save_weights(tmp_path / "other.weights.h5")
    before = state_of(model)
    with pytest.raises(ValueError, match="shape"):
        model.load_weights(tmp_path / "other.weights.h5")
    assert same(model, before)
