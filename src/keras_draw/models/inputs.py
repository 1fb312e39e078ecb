"""Images and labels at the door of the network: checked, and brought to one form."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.outputs import Tensor

UINT8_MAX = 255.0


def check_images(config: DRAWConfig, x: Any) -> np.ndarray:
    """Images as a person gave them, as an array that the network takes.

    Args:
        config: which image shape is expected.
        x: (N, H, W, C), or (N, H, W) for one channel; floats in [0, 1], booleans, or uint8 in
            0..255. Floats must be what the likelihood is for: see `Likelihood.check`.

    Returns:
        (N, H, W, C), uint8 or floats.

    Raises:
        ValueError: if shape, type or values are something else.
    """
    x = np.asarray(x)
    h, w, c = config.image_shape
    if x.ndim == 3 and c == 1:
        x = x[..., None]
    if x.shape[1:] != config.image_shape or x.ndim != 4:
        raise ValueError(
            f"Images have shape {x.shape}; this network takes (N, {h}, {w}, {c}): "
            "reshape or resize them."
        )
    if len(x) == 0:
        raise ValueError(f"There are no images: the array has shape {x.shape}.")
    if x.dtype == np.uint8:
        return x
    if x.dtype == bool:
        return x.astype("float32")
    if not np.issubdtype(x.dtype, np.floating):
        raise ValueError(
            f"Images are of type {x.dtype}; expected uint8 in 0..255 or floats in [0, 1]."
        )
    low, high = float(x.min()), float(x.max())
    if not (low >= 0 and high <= 1):
        what = "hold NaN" if np.isnan(x).any() else f"run from {low:g} to {high:g}"
        raise ValueError(
            f"Images {what}; expected floats in [0, 1] (divide by 255?) or uint8 in 0..255."
        )
    likelihood_of(config).check(x)
    return x


def check_labels(config: DRAWConfig, y: Any, count: int) -> np.ndarray | None:
    """Labels as a person gave them, as one-hot rows.

    Args:
        config: how many classes there are.
        y: integers (N,), one integer for all, one-hot rows (N, K), or None.
        count: N, the number of images.

    Returns:
        float32 (N, K), or None for an unconditional network.

    Raises:
        ValueError: if labels are missing, not wanted, of another count or out of range.
    """
    k = config.num_classes
    if k == 0 and y is not None:
        raise ValueError(
            "This network is unconditional and takes no labels: leave them out, or make it with "
            "num_classes above 0."
        )
    if k == 0:
        return None
    if y is None:
        raise ValueError(
            f"This network is conditional: it needs a label from 0 to {k - 1} for each image."
        )
    y = np.asarray(y)
    y = np.full(count, y) if y.ndim == 0 else y
    if len(y) != count:
        raise ValueError(f"There are {len(y)} labels for {count} images; give one for each.")
    if y.ndim == 2 and y.shape[1] == k:
        if not (np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all()):
            raise ValueError("One-hot labels need exactly one 1 in each row, and 0 elsewhere.")
        return y.astype("float32")
    return np.eye(k, dtype="float32")[_whole_numbers(y, k)]


def _whole_numbers(y: np.ndarray, k: int) -> np.ndarray:
    """Labels (N,) or (N, 1) as integers from 0 to K-1."""
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1 or not (np.issubdtype(y.dtype, np.number) and (y == np.floor(y)).all()):
        raise ValueError(
            f"Labels have shape {y.shape} and type {y.dtype}; expected whole numbers (N,) or "
            f"one-hot rows (N, {k})."
        )
    if y.min() < 0 or y.max() >= k:
        raise ValueError(
            f"Labels run from {y.min():g} to {y.max():g}; this network knows 0 to {k - 1}."
        )
    return y.astype(int)


def flat_images(config: DRAWConfig, x: Tensor, dtype: str) -> Tensor:
    """A batch inside a compiled step: floats in [0, 1], one row an image.

    Args:
        config: which image shape is expected.
        x: (B, H, W, C) or (B, H, W), uint8 or floats.
        dtype: of the result.

    Returns:
        (B, D).

    Raises:
        ValueError: if the shape does not hold D values an image.
    """
    shape = tuple(x.shape)
    h, w, c = config.image_shape
    if shape[1:] != config.image_shape and not (c == 1 and shape[1:] == (h, w)):
        raise ValueError(
            f"A batch of images has shape {shape}; this network takes (B, {h}, {w}, {c})."
        )
    scale = UINT8_MAX if keras.backend.standardize_dtype(x.dtype) == "uint8" else 1.0
    return ops.reshape(ops.cast(x, dtype), (-1, config.num_pixels)) / scale


def one_hot_labels(config: DRAWConfig, y: Tensor, dtype: str) -> Tensor:
    """A batch of labels inside a compiled step, as one-hot rows.

    Args:
        config: how many classes there are.
        y: integers (B,) or (B, 1), or one-hot rows (B, K).
        dtype: of the result.

    Returns:
        (B, K).
    """
    if len(y.shape) == 2 and y.shape[1] == config.num_classes:
        return ops.cast(y, dtype)
    return ops.one_hot(ops.cast(ops.reshape(y, (-1,)), "int32"), config.num_classes, dtype=dtype)
