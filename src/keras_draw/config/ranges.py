"""What the machine can compute with: numbers beyond it are refused before anything begins."""

import math
from typing import Any

LARGEST_INT = 2**63 - 1
LARGEST_COUNT = 2**31 - 1
"""Of steps and epochs: Keras counts in an int32."""
LARGEST_FLOAT = 3.4028234e38
"""Of a float32."""
SMALLEST_FLOAT = 1e-18
"""Whose square a float32 can tell from 0."""
MOST_TIMESTEPS = 1_000_000
"""With more, a single image takes minutes, and a training never ends."""
MOST_SAMPLES = 1_000_000
"""Draws of the latents for an image; the literature's are 5,000."""


def as_float(value: int) -> float:
    """A whole number as a float; infinite where there is none so large.

    Example:
        >>> as_float(2), as_float(-(10**400))
        (2.0, -inf)
    """
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def in_range(name: str, value: Any) -> Any:
    """`value`, if it is no number, or an int64, or a finite float32.

    Args:
        name: of the field, for the sentence.
        value: of any type.

    Raises:
        ValueError: if the machine cannot compute with it.
    """
    if isinstance(value, float) and not abs(value) <= LARGEST_FLOAT:
        expected = "a finite number" + ", up to 3.4e38" * math.isfinite(value)
        raise ValueError(f"{name} is {value!r}; expected {expected}.")
    if isinstance(value, int) and abs(value) > LARGEST_INT:
        raise ValueError(f"{name} has {digits(value)} digits; it must be below 2**63.")
    return value


def digits(value: int) -> int:
    """How many decimal digits a number has, also where Python refuses to write them.

    Example:
        >>> digits(-(10**400))
        401
    """
    value = abs(value)
    most = int(value.bit_length() * math.log10(2)) + 1
    return most - (10 ** (most - 1) > value)


def at_least(config: Any, smallest: float, *names: str) -> None:
    """Refuse a configuration whose named fields are below `smallest`, with a ValueError."""
    for name in names:
        value = getattr(config, name)
        if value < smallest:
            raise ValueError(f"{name} is {value!r}; it must be {smallest} or more.")


def at_most(config: Any, largest: int, *names: str) -> None:
    """Refuse a configuration whose named fields are above `largest`, with a ValueError."""
    for name in names:
        value = getattr(config, name)
        if value > largest:
            raise ValueError(f"{name} is {value!r}; it must be {largest} or less.")


def above_zero(config: Any, *names: str) -> None:
    """Refuse a configuration whose named fields are 0 or below, also to a float32."""
    for name in names:
        value = getattr(config, name)
        if value <= 0:
            raise ValueError(f"{name} is {value!r}; it must be above 0.")
        if value < SMALLEST_FLOAT:
            raise ValueError(f"{name} is {value!r}, which is 0 to a float32; choose a larger one.")
