"""The progress of a training, and the time left."""

import numpy as np
import pytest

from keras_draw.training.showing import Display, Unit
from keras_draw.training.watching import Pace, Watch


def said_left(steps, epochs, seconds, validation=0.0, saving=0.0, first=0.0):
    """Estimated and true time left after every step, on a simulated clock.

    Args:
        steps: steps per epoch.
        epochs: number of epochs.
        seconds: duration of a step in each epoch (epochs,).
        validation: seconds after each epoch's steps.
        saving: seconds between epochs.
        first: extra seconds of the very first step, which compiles.
    """
    pace, clock, said, at = Pace(steps, 0.3), 100.0, [], []
    for epoch in range(epochs):
        pace.begin(clock)
        for step in range(steps):
            clock += seconds[epoch] + first * (epoch == step == 0)
            pace.step(clock)
            said.append(pace.left(epochs - epoch - 1))
            at.append(clock)
        clock += validation
        pace.end(clock)
        clock += saving
    return np.array(said, float), clock - np.array(at)


def test_what_is_left_is_exact_where_epochs_are_alike():
    said, true = said_left(10, 8, np.full(8, 0.5), validation=2.0, saving=1.0, first=60.0)
    later = slice(2 * 10 + 1, None)  # after one complete epoch following the first
    # During its steps, an epoch's share of validation and saving is counted down proportionally.
    np.testing.assert_allclose(said[later], true[later], atol=3.0)
    at_ends = said[9::10][2:], true[9::10][2:]
    np.testing.assert_allclose(at_ends[0] + 3.0, at_ends[1])
    assert np.isnan(said[0])
    # In the first epoch: from its steps but the first, with a third of their time for validation.
    np.testing.assert_allclose(said[1], (8 - 2 / 10) * 10 * 0.5 * (1 + 0.3 / 3))


def test_it_does_not_jump_where_epochs_differ():
    seconds = 0.5 * np.random.default_rng(0).uniform(0.8, 1.25, 60)
    said, true = said_left(10, 60, seconds, validation=1.0, first=30.0)
    later = slice(10 * 10, None)
    assert np.abs(np.diff(said[later])).max() < 0.06 * true[100]
    assert np.abs(said[later] - true[later]).max() < 0.15 * true[100]


def test_speed_leaves_out_what_compiles():
    pace = Pace(2, 0.0)
    assert pace.speed(100) == 0
    for begun, took in ((0.0, 50.0), (60.0, 2.0), (70.0, 4.0)):
        pace.begin(begun)
        pace.step(begun + took / 2)
        pace.step(begun + took)
        pace.end(begun + took + 1)
    assert pace.speed(100) == pytest.approx(100 * 2 / 6)


class Told(Display):
    def __init__(self):
        self.standings, self.rows = [], 0

    def moved(self, now):
        self.standings.append(now)

    def epoch_over(self, now, history):
        self.standings.append(now)
        self.rows = len(history)


def test_a_display_is_told_both_losses_in_their_unit():
    told = Told()
    before = [{"epoch": 1, "loss": 8.0, "val_loss": 6.0}]
    watch = Watch(2, 100, 10, 3, unit=Unit("bits/dim", 0.5), display=told, history=before)
    watch.on_epoch_begin(1)
    watch.on_train_batch_end(0, {"loss": 4.0})
    watch.on_train_batch_end(1, {"loss": 3.0})
    watch.on_epoch_end(1, {"loss": 3.0, "val_loss": 2.0})
    found = [(now.epoch, now.share, now.train, now.validation) for now in told.standings]
    assert found == [(2, 0.5, 2.0, 3.0), (2, 2 / 3, 1.5, 3.0), (2, 2 / 3, 1.5, 1.0)]
    assert told.standings[-1].losses == "train 1.50, validation 1.00 bits/dim"
    assert told.rows == 2
