"""Which images and arrays are valid: checks that every entry point shares."""

from typing import Any

import numpy as np

UINT8_MAX = 255.0


def as_array(given: Any, what: str) -> np.ndarray:
    """Convert an array, a list or a tensor of any library to a NumPy array of plain values.

    Args:
        given: the user's value.
        what: the plural subject of the message, such as "Images".

    Raises:
        ValueError: if it is not an array: a ragged list, a dict, Python objects.
    """
    if hasattr(given, "detach"):  # a PyTorch tensor: on another device, or part of a graph
        given = given.detach().cpu()
        given = given.float() if str(given.dtype) == "torch.bfloat16" else given
    try:
        array = np.asarray(given)
    except (ValueError, TypeError, RuntimeError):
        raise ValueError(
            f"{what} are a {type(given).__name__} whose parts have different shapes or types. "
            "Give one array, with all parts of one shape."
        ) from None
    if array.dtype.name.startswith(("bfloat16", "float8")):  # JAX types that NumPy lacks
        return array.astype(np.float32)
    if array.dtype.kind in "OV":
        kind = type(given).__name__ if array.ndim == 0 else f"{type(given).__name__} of objects"
        raise ValueError(f"{what} are a {kind}; give an array of numbers, as x.astype('float32').")
    return array


def check_pixels(x: np.ndarray, *, asking: bool = True) -> np.ndarray:
    """Check the type and range of pixels.

    Args:
        x: pixels of any shape: uint8 in 0..255, floats in [0, 1], or booleans.
        asking: refuse uint8 pixels that never exceed 1. They could be nearly black, or a 1 could
            stand for white.

    Returns:
        `x`, unchanged; booleans become float32.

    Raises:
        ValueError: if the values have another type or range, or are ambiguous.
    """
    if x.dtype == bool:
        return x.astype("float32")
    if x.dtype == np.uint8:
        if asking and x.size and x.max() == 1:
            raise ValueError(TWO_MEANINGS)
        return x
    if not np.issubdtype(x.dtype, np.floating):
        raise ValueError(
            f"Images are of type {x.dtype}; expected uint8 in 0..255 or floats in [0, 1]"
            f"{_how_to_convert(x)}."
        )
    low, high = float(x.min()), float(x.max())
    if not (low >= 0 and high <= 1):
        what = "hold NaN" if np.isnan(x).any() else f"run from {low:g} to {high:g}"
        raise ValueError(
            f"Images {what}; expected floats in [0, 1]{_how_to_scale(low, high)} or uint8 in "
            "0..255."
        )
    return x


TWO_MEANINGS = (
    "Images are uint8 and never exceed 1. On the scale 0..255 that is nearly black, but 0 and 1 "
    "often mean black and white. For black and white give 255 * x or x.astype(bool); for nearly "
    "black images give x / 255."
)


def _how_to_convert(x: np.ndarray) -> str:
    if x.dtype.kind not in "iu" or not x.size:
        return ""
    low, high = int(x.min()), int(x.max())
    if low < 0:
        return f" (they run from {low} to {high})"
    if high <= 1:
        return ": for black and white give x.astype(bool)"
    if high <= UINT8_MAX:
        return f": they run from {low} to {high}, so give x.astype('uint8') if 255 is white"
    return f": they run from {low} to {high}, so divide by the value of white, as in x / 65535"


def _how_to_scale(low: float, high: float) -> str:
    if -1 <= low < 0 and high <= 1:
        return " ((x + 1) / 2?)"
    return " (divide by 255?)" if low >= 0 and high <= UINT8_MAX else ""


def as_fractions(x: np.ndarray) -> np.ndarray:
    """Scale uint8 pixels to floats in [0, 1] (k / 255); floats are returned unchanged.

    Example:
        >>> as_fractions(np.array([0, 51], np.uint8)).tolist()
        [0.0, 0.2]
    """
    return x / UINT8_MAX if x.dtype == np.uint8 else x


def as_uint8(images: np.ndarray) -> np.ndarray:
    """Scale floats in [0, 1] to uint8 in 0..255; uint8 is returned unchanged.

    Example:
        >>> as_uint8(np.array([0.0, 0.5, 1.0])).tolist()
        [0, 128, 255]
    """
    if images.dtype == np.uint8:
        return images
    return np.round(np.clip(images, 0, 1) * 255).astype(np.uint8)
