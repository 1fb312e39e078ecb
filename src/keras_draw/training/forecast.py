"""Forecast a training: fit a curve to the first half of its history, check it on the second half.

The curve is loss(e) = floor + height * e**-rate over epochs e, a power law that the learning curves
of many networks follow (Hestness et al. 2017, arXiv 1712.00409). A learning rate that decays
towards the end of a run bends the real curve below it; hence the check.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import least_squares

FEWEST = 4
"""Minimum number of epochs in the first half: more than the curve has parameters."""


class Forecast(NamedTuple):
    """An expected loss, and the errors of the curve on epochs with a known loss."""

    epoch: int
    """the epoch that is forecast."""
    value: float
    """the expected loss, in the unit of the history."""
    low: float
    """5th percentile of refitted curves, minus the largest error of the check."""
    high: float
    """95th percentile of refitted curves, plus the largest error of the check."""
    fitted_epochs: tuple[int, int]
    """first and last epoch that the curve was fitted to."""
    checked_epochs: tuple[int, int]
    """first and last epoch that it was checked on."""
    mean_error: float
    """mean of true loss minus curve over the checked epochs."""
    largest_error: float
    """largest absolute value of true loss minus curve over the checked epochs."""


def forecast(
    losses: Sequence[float], epoch: int, *, skip: int = 0, draws: int = 500, seed: int = 0
) -> Forecast:
    """Forecast a loss at a later epoch.

    Args:
        losses: one loss per epoch, from epoch 1.
        epoch: the epoch to forecast, after the last known one.
        skip: number of epochs to leave out at the start, for example while a weight average lags.
        draws: number of curves refitted to resampled residuals, for the interval.
        seed: seed of the resampling.

    Returns:
        The forecast from the first half of the epochs used, and its check on the second half.

    Raises:
        ValueError: if there are too few epochs, `epoch` is not after them, or a loss is not
            finite.

    Example:
        >>> found = forecast([100 + 50 / e for e in range(1, 21)], 1000)
        >>> round(found.value)
        100
    """
    known = len(losses)
    half = (known - skip) // 2
    if half < FEWEST:
        raise ValueError(
            f"The history has {known} epochs, of which {skip} are skipped; a forecast needs at "
            f"least {2 * FEWEST} epochs that are not skipped."
        )
    if not np.isfinite(losses).all():
        raise ValueError("The history has losses that are not finite, so there is no forecast.")
    if epoch <= known:
        raise ValueError(
            f"Epoch {epoch} is within the {known} epochs of the history; choose a later one."
        )
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
    """Read the columns of a run's `history.csv`.

    Returns:
        Column name -> one value per epoch.

    Raises:
        ValueError: if the file is not a table, or a value is not a number.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {name: [float(row[name]) for row in rows] for name in (rows[0] if rows else ())}
    except (csv.Error, KeyError, TypeError, ValueError):
        raise ValueError(f"{path} is damaged: a value in it is not a number.") from None


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
