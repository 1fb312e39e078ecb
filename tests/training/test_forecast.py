"""Forecasts of known curves."""

import numpy as np
import pytest

from keras_draw.training.forecast import forecast, read_history


def curve(epochs, floor=80.0, height=60.0, rate=0.7):
    return floor + height * np.asarray(epochs, float) ** -rate


def test_a_power_law_is_continued_exactly():
    found = forecast(curve(range(1, 31)), 500)
    assert found.value == pytest.approx(curve([500])[0], abs=1e-3)
    assert found.low == pytest.approx(found.high, abs=1e-2)
    assert (found.fitted_epochs, found.checked_epochs) == ((1, 15), (16, 30))
    assert found.largest_error < 1e-4


def test_the_interval_holds_the_truth_of_noisy_curves():
    held = 0
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(0, 0.1, 40)
        found = forecast(curve(range(1, 41)) + noise, 200, draws=60, seed=seed)
        held += found.low <= curve([200])[0] <= found.high
    assert held >= 16


def test_a_curve_that_bends_shows_in_the_check():
    losses = curve(range(1, 41))
    losses[20:] -= np.linspace(0, 3, 20)
    found = forecast(losses, 100)
    assert found.largest_error == pytest.approx(3, abs=0.05)
    assert found.mean_error < 0
    assert found.high - found.low > 5.99


def test_skipped_epochs_have_no_say():
    losses = curve(range(1, 31))
    spoilt = losses.copy()
    spoilt[:4] = 500
    found = forecast(spoilt, 300, skip=4)
    assert found.value == pytest.approx(curve([300])[0], abs=0.01)
    assert found.fitted_epochs == (5, 17)


def test_too_little_history_is_refused():
    with pytest.raises(ValueError, match="has 7 epochs, of which 0 are skipped"):
        forecast(curve(range(1, 8)), 100)
    with pytest.raises(ValueError, match="Epoch 20 is within the 20 epochs"):
        forecast(curve(range(1, 21)), 20)


def test_history_is_read_by_column(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,val_loss\n1,5.5\n2,4\n")
    assert read_history(tmp_path / "history.csv") == {"epoch": [1, 2], "val_loss": [5.5, 4]}
    (tmp_path / "history.csv").write_text("epoch,val_loss\n1,x\n")
    with pytest.raises(ValueError, match="a value in it is not a number"):
        read_history(tmp_path / "history.csv")
