"""Check the images, labels and weights given to the network, and convert them to one form."""

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.config.classes import are_numbers, in_words
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.outputs import Tensor
from keras_draw.pixels import UINT8_MAX, as_array, check_pixels


def check_images(config: DRAWConfig, x: Any, *, asking: bool = True) -> np.ndarray:
    """Check images from the user and convert them to an array that the network accepts.

    Args:
        config: gives the expected image shape and the likelihood.
        x: (N, H, W, C), or (N, H, W) for one channel; floats in [0, 1], booleans, or uint8 in
            0..255. Floats must suit the likelihood: see `Likelihood.check`.
        asking: refuse bytes that never exceed 1, which are ambiguous. A part of a larger array
            may be like that by chance.

    Returns:
        (N, H, W, C), uint8 or floats.

    Raises:
        ValueError: if shape, type or values do not fit, or are ambiguous.
    """
    x = _with_channels(config, as_array(x, "Images"))
    if len(x) == 0:
        raise ValueError(f"There are no images: the array has shape {x.shape}.")
    x = check_pixels(x, asking=asking)
    if x.dtype != np.uint8:
        likelihood_of(config).check(x)
    return x


def _with_channels(config: DRAWConfig, x: np.ndarray) -> np.ndarray:
    h, w, c = config.image_shape
    if x.ndim == 4 and x.shape[1:] == (h, w, c):
        return x
    if c == 1 and x.shape[1:] == (h, w):
        return x[..., None]
    if x.shape == (h, w, c) or (c == 1 and x.shape == (h, w)):
        advice = "this is a single image: pass x[None], an array of one image"
    elif x.ndim == 4 and x.shape[1:] == (c, h, w):
        advice = "channels come last: pass np.transpose(x, (0, 2, 3, 1))"
    else:
        advice = "reshape or resize them"
    raise ValueError(
        f"Images have shape {x.shape}; this network takes (N, {h}, {w}, {c}): {advice}."
    )


def check_labels(config: DRAWConfig, y: Any, count: int) -> np.ndarray | None:
    """Check labels from the user and convert them to one-hot rows.

    Args:
        config: gives the classes.
        y: class indices or names (N,), a single one for all images, one-hot rows (N, K), or None.
        count: N, the number of images.

    Returns:
        float32 (N, K), or None for an unconditional network.

    Raises:
        ValueError: if labels are missing, unexpected, of the wrong number, or of no known class.
    """
    y = check_classes(config, y, count)
    if y is None or y.ndim == 2:
        return y
    return np.eye(config.num_classes, dtype="float32")[y]


def check_classes(config: DRAWConfig, y: Any, count: int) -> np.ndarray | None:
    """Check labels as in `check_labels`, but keep them as indices or one-hot rows.

    Args:
        config: as in `check_labels`.
        y: as in `check_labels`.
        count: as in `check_labels`.

    Returns:
        Integers (N,), float32 one-hot rows (N, K), or None for an unconditional network.

    Raises:
        ValueError: as in `check_labels`.
    """
    k = config.num_classes
    y = None if y is None else as_array(class_indices(config, y) if k else y, "Labels")
    if k == 0 and y is not None and y.shape != (count, 0):
        raise ValueError(
            "This network is unconditional and takes no labels: leave them out, or train a "
            "conditional network (--conditional, or num_classes above 0)."
        )
    if k == 0:
        return None
    if y is None:
        raise ValueError(
            f"This network is conditional: it needs a label for each image, from 0 to {k - 1}"
            f"{_or_named(config)}."
        )
    y = np.full(count, y) if y.ndim == 0 else y
    if len(y) != count:
        raise ValueError(f"There are {len(y)} labels for {count} images; give one per image.")
    if y.ndim == 2 and y.shape[1] == k:
        if y.dtype.kind not in "biuf" or not _is_one_hot(y):
            raise ValueError("One-hot labels need exactly one 1 per row, and 0 elsewhere.")
        return y.astype("float32")
    return _whole_numbers(config, y)


def class_indices(config: DRAWConfig, y: Any) -> Any:
    """Convert class names among the labels to indices.

    Args:
        config: gives the classes.
        y: a class name, or a list, tuple or array of names, which may also contain indices.
            Labels without names are returned unchanged.

    Returns:
        An index, an integer array, or `y`.

    Raises:
        ValueError: if there is no class of that name; the message lists similar names and all
            classes.

    Example:
        >>> class_indices(DRAWConfig(image_shape=(8, 8, 1), num_classes=10), ["9", 3])
        array([9, 3])
    """
    if isinstance(y, str):
        return config.class_index(y)
    kind = getattr(getattr(y, "dtype", None), "kind", "")
    labels = np.asarray(y).tolist() if kind in ("U", "T", "O") else y
    if isinstance(labels, str):
        return config.class_index(labels)
    if not isinstance(labels, list | tuple) or not any(isinstance(one, str) for one in labels):
        return y
    if not all(isinstance(one, str | Integral) for one in labels):
        return y
    index = {one: config.class_index(one) for one in dict.fromkeys(labels)}
    return np.array([index[one] for one in labels], int)


def _or_named(config: DRAWConfig) -> str:
    """The end of a message about labels, if the classes have names and not only numbers."""
    named = not are_numbers(config.classes)
    return f", or by name: {in_words(config.classes)}" if named else ""


def _is_one_hot(y: np.ndarray) -> bool:
    return bool(np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all())


def _whole_numbers(config: DRAWConfig, y: np.ndarray) -> np.ndarray:
    """Check labels (N,) or (N, 1) and convert them to integers from 0 to K-1 (N,)."""
    k = config.num_classes
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1 or y.dtype.kind not in "iuf" or not (y == np.floor(y)).all():
        raise ValueError(
            f"Labels have shape {y.shape} and type {y.dtype}; expected whole numbers (N,) from 0 "
            f"to {k - 1}, or one-hot rows (N, {k}){_or_named(config)}."
        )
    if y.min() < 0 or y.max() >= k:
        one = ": subtract 1 if they start at 1" if y.min() == 1 and y.max() == k else ""
        raise ValueError(
            f"Labels range from {y.min():g} to {y.max():g}; this network knows 0 to {k - 1}{one}"
            f"{_or_named(config)}."
        )
    return y.astype(int)


def check_weights(sample_weight: Any, count: int) -> np.ndarray:
    """Check `sample_weight`, the factors on the images.

    Args:
        sample_weight: numbers (N,) or (N, 1), 0 or more.
        count: N, the number of images.

    Returns:
        Floats (N,).

    Raises:
        ValueError: if the shape is wrong, or a factor is negative or not finite.
    """
    weights = as_array(sample_weight, "Sample weights")
    if weights.ndim == 2 and weights.shape[1] == 1:
        weights = weights[:, 0]
    if weights.shape != (count,) or weights.dtype.kind not in "biuf":
        raise ValueError(
            f"sample_weight has shape {weights.shape} and type {weights.dtype}; expected one "
            f"number for each of the {count} images, shape ({count},)."
        )
    return _as_factors(weights, "sample_weight")


def check_class_weight(config: DRAWConfig, class_weight: Any) -> np.ndarray:
    """Check `class_weight`, the factors on the classes.

    Args:
        config: gives the classes.
        class_weight: a dict from class index or name to factor. Classes not in it get 1.

    Returns:
        Floats (K,).

    Raises:
        ValueError: if the network has no classes, or a class or factor is invalid.
    """
    k = config.num_classes
    if k == 0:
        raise ValueError(
            "class_weight is a factor on each class, but this network is unconditional and has no "
            "classes: use sample_weight, a factor on each image."
        )
    if not isinstance(class_weight, Mapping):
        raise ValueError(
            f"class_weight is a {type(class_weight).__name__}; expected a dict from label to "
            "factor, such as {0: 1.0, 1: 2.0}."
        )
    of = {}
    for label, factor in class_weight.items():
        if isinstance(label, bool) or (not isinstance(label, str) and label not in range(k)):
            raise ValueError(
                f"class_weight has the label {label!r}; this network knows 0 to {k - 1}"
                f"{_or_named(config)}."
            )
        of[config.class_index(label) if isinstance(label, str) else label] = factor
    factors = as_array([of.get(label, 1.0) for label in range(k)], "Class weights")
    if factors.shape != (k,) or factors.dtype.kind not in "biuf":
        raise ValueError("class_weight must hold one number for each label.")
    return _as_factors(factors, "class_weight")


def _as_factors(factors: np.ndarray, name: str) -> np.ndarray:
    """Check factors and convert them to floats; they must stay finite in Keras's `floatx`."""
    floatx = keras.config.floatx()
    with np.errstate(over="ignore"):
        kept = factors.astype("float32" if floatx == "bfloat16" else floatx)
    if not np.isfinite(kept).all() or (factors < 0).any():
        what = "a negative value" if (factors < 0).any() else "a value that is not finite"
        raise ValueError(f"{name} holds {what}; expected finite factors of 0 or more.")
    return factors.astype("float64" if floatx == "float64" else "float32")


def flat_images(config: DRAWConfig, x: Tensor, dtype: str) -> Tensor:
    """Flatten a batch of images inside a compiled step: floats in [0, 1], one row per image.

    Args:
        config: gives the expected image shape.
        x: (B, H, W, C) or (B, H, W), uint8 or floats.
        dtype: of the result.

    Returns:
        (B, D).

    Raises:
        ValueError: if the shape does not fit the network.
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
    """Convert a batch of labels to one-hot rows inside a compiled step.

    Args:
        config: gives the number of classes.
        y: integers (B,) or (B, 1), or one-hot rows (B, K).
        dtype: of the result.

    Returns:
        (B, K).

    Raises:
        ValueError: if the shape is none of these.
    """
    shape, k = tuple(y.shape), config.num_classes
    if len(shape) == 2 and shape[1] == k:
        return ops.cast(y, dtype)
    if len(shape) != 1 and shape[1:] != (1,):
        raise ValueError(
            f"A batch of labels has shape {shape}; this network takes (B,) or one-hot (B, {k})."
        )
    return ops.one_hot(ops.cast(ops.reshape(y, (-1,)), "int32"), config.num_classes, dtype=dtype)
