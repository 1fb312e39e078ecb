"""What images and numbers may be, whoever gives them: the checks that every door shares."""

from typing import Any

import numpy as np

UINT8_MAX = 255.0


def as_array(given: Any, what: str) -> np.ndarray:
    """An array, a list or a tensor of any library, as NumPy's array of plain values.

    Args:
        given: what a person gave.
        what: the sentence's beginning, such as "Images".

    Raises:
        ValueError: if that is no array: a ragged list, a dict, Python objects.
    """
    if hasattr(given, "detach"):  # PyTorch's: on another device, or part of a graph
        given = given.detach().cpu()
        given = given.float() if str(given.dtype) == "torch.bfloat16" else given
    try:
        array = np.asarray(given)
    except (ValueError, TypeError, RuntimeError):
        raise ValueError(
            f"{what} are a {type(given).__name__} that is not one array: its parts have different "
            "shapes or types. Bring them to one shape, and give one array."
        ) from None
    if array.dtype.name.startswith(("bfloat16", "float8")):  # JAX's, which NumPy does not know
        return array.astype(np.float32)
    if array.dtype.kind in "OV":
        kind = type(given).__name__ if array.ndim == 0 else f"{type(given).__name__} of objects"
        raise ValueError(f"{what} are a {kind}; give an array of numbers, as x.astype('float32').")
    return array


def check_pixels(x: np.ndarray, *, asking: bool = True) -> np.ndarray:
    """Type and range of pixels.

    Args:
        x: uint8 in 0..255, floats in [0, 1], or booleans.
        asking: refuse bytes that never exceed 1, which are nearly black, or white that was meant.

    Returns:
        The same; booleans as floats.

    Raises:
        ValueError: if the values are something else, or can mean two things.
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
    "Images are uint8 and never exceed 1. Of 0..255 that is nearly black, but 0 and 1 often mean "
    "black and white: if so, give 255 * x (or x.astype(bool)); if they are nearly black, give "
    "x / 255."
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
    """Bytes as what they stand for, floats k / 255; floats as they are.

    Example:
        >>> as_fractions(np.array([0, 51], np.uint8)).tolist()
        [0.0, 0.2]
    """
    return x / UINT8_MAX if x.dtype == np.uint8 else x


def as_uint8(images: np.ndarray) -> np.ndarray:
    """Floats in [0, 1] as 0..255; uint8 as it is.

    Example:
        >>> as_uint8(np.array([0.0, 0.5, 1.0])).tolist()
        [0, 128, 255]
    """
    if images.dtype == np.uint8:
        return images
    return np.round(np.clip(images, 0, 1) * 255).astype(np.uint8)
