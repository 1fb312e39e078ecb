"""Where a training is heading: a curve through the first half of its history, judged by the second.

The curve is loss(e) = floor + height * e**-rate over epochs e, a power law as learning curves of
many networks follow it (Hestness et al. 2017, arXiv 1712.00409). A learning rate that falls towards
the end of a run bends the real curve below it: hence the check.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import least_squares

FEWEST = 4
"""Epochs that the first half must have: more than the curve has parameters."""


class Forecast(NamedTuple):
    """A loss to be expected, and how far the curve was off where the truth is known."""

    epoch: int
    """the epoch that is forecast."""
    value: float
    """the curve there, in the history's unit."""
    low: float
    """5th percentile of refitted curves, less the largest error of the check."""
    high: float
    """95th percentile, plus the largest error of the check."""
    fitted_epochs: tuple[int, int]
    """first and last epoch that the curve was fitted to."""
    checked_epochs: tuple[int, int]
    """first and last epoch that it was checked on."""
    mean_error: float
    """truth less curve over the checked epochs, mean."""
    largest_error: float
    """the same, largest absolute value."""


def forecast(
    losses: Sequence[float], epoch: int, *, skip: int = 0, draws: int = 500, seed: int = 0
) -> Forecast:
    """Forecast a loss at a later epoch.

    Args:
        losses: one for each epoch, from epoch 1.
        epoch: to forecast, after the last of them.
        skip: epochs at the start that are left out, such as those in which a weight average lags.
        draws: curves refitted to resampled residuals, for the interval.
        seed: of the resampling.

    Returns:
        The forecast from the first half of what is not skipped, and its check on the second.

    Raises:
        ValueError: if there are too few epochs, or `epoch` is not after them.

    Example:
        >>> found = forecast([100 + 50 / e for e in range(1, 21)], 1000)
        >>> round(found.value)
        100
    """
    known = len(losses)
    half = (known - skip) // 2
    if half < FEWEST:
        raise ValueError(
            f"The history holds {known} epochs, {skip} of them skipped; a forecast needs "
            f"{2 * FEWEST} more than are skipped."
        )
    if epoch <= known:
        raise ValueError(f"Epoch {epoch} is not after the {known} epochs of the history.")
    epochs = np.arange(1, known + 1, dtype=float)
    y = np.asarray(losses, float)
    fitted, checked = slice(skip, skip + half), slice(skip + half, known)
    curve = _fit(epochs[fitted], y[fitted])
    residuals = y[fitted] - _at(curve, epochs[fitted])
    error = y[checked] - _at(curve, epochs[checked])
    random = np.random.default_rng(seed)
    ends = []
    for _ in range(draws):
        again = _at(curve, epochs[fitted]) + random.choice(residuals, half)
        ends.append(_at(_fit(epochs[fitted], again, curve), np.array([float(epoch)]))[0])
    low, high = np.percentile(ends, [5, 95])
    largest = float(np.abs(error).max())
    return Forecast(
        epoch=epoch,
        value=float(_at(curve, np.array([float(epoch)]))[0]),
        low=float(low) - largest,
        high=float(high) + largest,
        fitted_epochs=(skip + 1, skip + half),
        checked_epochs=(skip + half + 1, known),
        mean_error=float(error.mean()),
        largest_error=largest,
    )


def read_history(path: Path) -> dict[str, list[float]]:
    """The columns of a run's `history.csv`.

    Raises:
        ValueError: if it is no table, or a value is no number.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {name: [float(row[name]) for row in rows] for name in (rows[0] if rows else ())}
    except (csv.Error, KeyError, TypeError, ValueError):
        raise ValueError(f"{path} is damaged: a value in it is no number.") from None


def _at(curve: np.ndarray, epochs: np.ndarray) -> np.ndarray:
    floor, log_height, log_rate = curve
    return np.asarray(floor + np.exp(log_height) * epochs ** -np.exp(log_rate))


def _fit(epochs: np.ndarray, losses: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    if start is None:
        spread = max(losses[0] - losses[-1], 1e-3)
        start = np.array([losses[-1] - spread, np.log(2 * spread), 0.0])

    def residuals(curve: np.ndarray) -> Any:
        return _at(curve, epochs) - losses

    return np.asarray(least_squares(residuals, start, max_nfev=2000).x)
