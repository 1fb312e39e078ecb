"""The range of numbers that the machine can compute with, and checks for it."""

import math
from typing import Any

LARGEST_INT = 2**63 - 1
LARGEST_COUNT = 2**31 - 1
"""Largest number of steps or epochs: Keras counts in an int32."""
LARGEST_FLOAT = 3.4028234e38
"""Largest finite float32."""
SMALLEST_FLOAT = 1e-18
"""Smallest float whose square is not 0 in float32."""
MOST_TIMESTEPS = 1_000_000
"""With more timesteps, a single image takes minutes, and training never finishes."""
MOST_SAMPLES = 1_000_000
"""Most draws of the latents per image; the literature uses 5,000."""


def as_float(value: int) -> float:
    """An integer as a float; infinite if it is too large for one.

    Example:
        >>> as_float(2), as_float(-(10**400))
        (2.0, -inf)
    """
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def in_range(name: str, value: Any) -> Any:
    """Return `value`, after checking that a number fits an int64 or a finite float32.

    Args:
        name: the field's name, for the error message.
        value: a value of any type. Only numbers are checked.

    Raises:
        ValueError: if the machine cannot compute with the number.
    """
    if isinstance(value, float) and not abs(value) <= LARGEST_FLOAT:
        expected = "a finite number" + ", up to 3.4e38" * math.isfinite(value)
        raise ValueError(f"{name} is {value!r}; expected {expected}.")
    if isinstance(value, int) and abs(value) > LARGEST_INT:
        raise ValueError(f"{name} has {digits(value)} digits; it must be below 2**63.")
    return value


def digits(value: int) -> int:
    """The number of decimal digits of an integer, even if Python refuses to print it.

    Example:
        >>> digits(-(10**400))
        401
    """
    value = abs(value)
    most = int(value.bit_length() * math.log10(2)) + 1
    return most - (10 ** (most - 1) > value)


def at_least(config: Any, smallest: float, *names: str) -> None:
    """Raise a ValueError if a named field of a configuration is below `smallest`."""
    for name in names:
        value = getattr(config, name)
        if value < smallest:
            raise ValueError(f"{name} is {value!r}; it must be {smallest} or more.")


def at_most(config: Any, largest: int, *names: str) -> None:
    """Raise a ValueError if a named field of a configuration is above `largest`."""
    for name in names:
        value = getattr(config, name)
        if value > largest:
            raise ValueError(f"{name} is {value!r}; it must be {largest} or less.")


def above_zero(config: Any, *names: str) -> None:
    """Raise a ValueError if a named field of a configuration is not above 0 as a float32."""
    for name in names:
        value = getattr(config, name)
        if value <= 0:
            raise ValueError(f"{name} is {value!r}; it must be above 0.")
        if value < SMALLEST_FLOAT:
            raise ValueError(f"{name} is {value!r}, too small for a float32; choose a larger one.")
