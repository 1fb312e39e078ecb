"""TensorFlow 1's bilinear resize, and images at the door of a feature extractor.

The FID literature's numbers rest on this resize: no smoothing before shrinking, no half-pixel
centres. Other resizes move a FID by whole points (Parmar et al. 2022, arXiv 2104.11222).
"""

from typing import NamedTuple

import numpy as np


class Interpolation(NamedTuple):
    """What each pixel of the output is made of, along one axis."""

    lower: np.ndarray
    """index of the first input pixel (out,)."""
    upper: np.ndarray
    """index of the second, the last pixel at most (out,)."""
    share: np.ndarray
    """of the second, 0 to below 1 (out,), float32."""


def interpolation(size_in: int, size_out: int) -> Interpolation:
    """Which input pixels make an output pixel: those around destination * in / out.

    Args:
        size_in: pixels of the input along this axis.
        size_out: pixels of the output.

    Example:
        >>> interpolation(2, 4).share
        array([0. , 0.5, 0. , 0.5], dtype=float32)
    """
    scale = np.float32(size_in) / np.float32(size_out)
    source = np.arange(size_out, dtype=np.float32) * scale
    # In float32 the last source can come out as size_in itself.
    lower = np.minimum(np.floor(source).astype(np.intp), size_in - 1)
    share = (source - lower).astype(np.float32)
    return Interpolation(lower, np.minimum(lower + 1, size_in - 1), share)


def resize(images: np.ndarray, height: int, width: int) -> np.ndarray:
    """TensorFlow 1's `resize_bilinear` (`align_corners=False`), in float32 as there.

    Args:
        images: numbers (N, H, W, C).
        height: of the output, in pixels.
        width: of the output, in pixels.

    Returns:
        float32 (N, height, width, C), in the units of the input.

    Example:
        >>> resize(np.array([[[[0], [10]]]]), 1, 4)[0, 0, :, 0]
        array([ 0.,  5., 10., 10.], dtype=float32)

    Source: tensorflow/core/kernels/image/resize_bilinear_op.cc, "legacy" scaler.
    """
    x = np.asarray(images, np.float32)
    lower, upper, share = interpolation(x.shape[2], width)
    x = _blend(x[:, :, lower], x[:, :, upper], share[:, None])
    lower, upper, share = interpolation(x.shape[1], height)
    return _blend(x[:, lower], x[:, upper], share[:, None, None])


def _blend(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Computes first + (second - first) * share, without a further copy."""
    second -= first
    second *= share
    second += first
    return second


def resize_to_colour(images: np.ndarray, size: int) -> np.ndarray:
    """Images as an Inception network wants them, before its scaling: square, three channels.

    Args:
        images: uint8 (N, H, W, C), C 1 (grey, repeated to three) or 3.
        size: height and width of the output, in pixels.

    Returns:
        float32 (N, size, size, 3), 0 to 255.

    Raises:
        ValueError: if the images are anything else; see `check_images`.
    """
    check_images(images)
    resized = resize(images, size, size)
    return np.repeat(resized, 3, axis=-1) if resized.shape[-1] == 1 else resized


def check_images(images: np.ndarray) -> None:
    """Refuse what a feature extractor does not see.

    Args:
        images: to be uint8 (N, H, W, 1) or (N, H, W, 3), without an empty axis.

    Raises:
        ValueError: if they are of another type or shape.
    """
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        given = images.dtype if isinstance(images, np.ndarray) else type(images).__name__
        raise ValueError(
            f"Features are taken from uint8 images (0 to 255), got {given}; round images in [0, 1] "
            "with np.round(255 * images).astype(np.uint8)."
        )
    if images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise ValueError(
            f"Features are taken from images of shape (N, H, W, 1) or (N, H, W, 3), got "
            f"{images.shape}."
        )
    if 0 in images.shape:
        raise ValueError(f"There is nothing in images of shape {images.shape}; give one or more.")
