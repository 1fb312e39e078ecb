"""Trainings in threads of their own, whose steps are one program."""

import os
import signal
import threading

import jax.numpy as jnp
import numpy as np
import pytest

from keras_draw.models.interruption import interruptible
from keras_draw.models.keeping import compiling
from keras_draw.training import in_step as room
from keras_draw.training.in_step import in_step


def add(state, batch):
    return {"loss": jnp.sum(batch[0])}, [state[0] + batch[0]]


def check(state, batch):
    return {"loss": jnp.max(batch[0])}, state


@pytest.fixture
def programs(monkeypatch):
    """(name of the step, how many were done at once), in their order."""
    done, make = [], room._all_at_once

    def recording(step):
        program = make(step)

        def run(given):
            done.append((step.__name__, len(given)))
            return program(given)

        return run

    monkeypatch.setattr(room, "_all_at_once", recording)
    return done


def training(results, i, steps, *, tests=0, fails_at=None, size=2):
    def train():
        step, test = compiling.get()(add), compiling.get()(check)
        state, losses = [jnp.zeros(size)], []
        for n in range(steps):
            if n == fails_at:
                raise ArithmeticError(f"training {i}")
            logs, state = step(state, (jnp.full(size, 10.0**i),))
            losses.append(float(logs["loss"]))
        for _ in range(tests):
            test(state, (jnp.ones(size),))
        results[i] = np.asarray(state[0]), losses

    return train


def test_every_training_gets_its_own_and_equal_steps_are_one_program(programs):
    results = {}
    assert in_step([training(results, i, 3, tests=1) for i in range(3)]) == [None] * 3
    for i in range(3):
        np.testing.assert_array_equal(results[i][0], np.full(2, 3 * 10.0**i))
        assert results[i][1] == [2 * 10.0**i] * 3
    assert programs == [("add", 3)] * 3 + [("check", 3)]


def test_one_that_ends_or_fails_or_differs_holds_up_nobody(programs):
    results = {}
    errors = in_step(
        [
            training(results, 0, 5),
            training(results, 1, 2),  # ends early
            training(results, 2, 5, fails_at=3),
            training(results, 3, 5, size=4),  # other shapes
        ]
    )
    assert [type(error) for error in errors] == [
        type(None), type(None), ArithmeticError, type(None)
    ]  # fmt: skip
    assert str(errors[2]) == "training 2"
    assert sorted(results) == [0, 1, 3]
    np.testing.assert_array_equal(results[3][0], np.full(4, 5e3))
    assert sorted(n for _, n in programs) == [1] * 7 + [2] + [3] * 2


def test_what_fails_in_the_program_fails_for_all_of_it():
    def bad(state, batch):
        raise ValueError("no such step")

    errors = in_step([lambda: compiling.get()(bad)([jnp.zeros(1)], (jnp.zeros(1),))] * 2)
    assert [str(error) for error in errors] == ["no such step"] * 2


def test_ctrl_c_stops_all_of_them_at_their_next_step():
    stopped = []

    def train():
        step = compiling.get()(add)
        state = [jnp.zeros(2)]
        try:
            for n in range(10**6):
                _, state = step(state, (jnp.ones(2),))
                if n == 5 and threading.current_thread().name.endswith("first"):
                    os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            stopped.append(1)
            raise

    def first():
        threading.current_thread().name = "first"
        train()

    with pytest.raises(KeyboardInterrupt), interruptible(signal.SIGINT):
        in_step([first, train])
    assert len(stopped) == 2


def test_outside_nothing_is_changed():
    step = compiling.get()(add)
    _, state = step([jnp.zeros(2)], (jnp.ones(2),))
    np.testing.assert_array_equal(state[0], 1)
