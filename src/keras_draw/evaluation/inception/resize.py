"""TensorFlow 1's bilinear resize, and the check of images for a feature extractor.

The FID numbers of the literature depend on this resize: no smoothing before downsampling, no
half-pixel centres. Other resizes change a FID by whole points (Parmar et al. 2022, arXiv
2104.11222).
"""

from typing import NamedTuple

import numpy as np


class Interpolation(NamedTuple):
    """The two input pixels of each output pixel, along one axis."""

    lower: np.ndarray
    """index of the first input pixel (out,)."""
    upper: np.ndarray
    """index of the second input pixel, limited to the last pixel (out,)."""
    share: np.ndarray
    """weight of the second pixel, 0 up to but not including 1 (out,), float32."""


def interpolation(size_in: int, size_out: int) -> Interpolation:
    """The input pixels of each output pixel: the two around position * in / out.

    Args:
        size_in: number of input pixels along this axis.
        size_out: number of output pixels.

    Example:
        >>> interpolation(2, 4).share
        array([0. , 0.5, 0. , 0.5], dtype=float32)
    """
    scale = np.float32(size_in) / np.float32(size_out)
    source = np.arange(size_out, dtype=np.float32) * scale
    # Rounded to float32, the last position can be size_in itself.
    lower = np.minimum(np.floor(source).astype(np.intp), size_in - 1)
    share = (source - lower).astype(np.float32)
    return Interpolation(lower, np.minimum(lower + 1, size_in - 1), share)


def resize(images: np.ndarray, height: int, width: int) -> np.ndarray:
    """TensorFlow 1's `resize_bilinear` (`align_corners=False`), also in float32.

    Args:
        images: numbers (N, H, W, C).
        height: height of the output in pixels.
        width: width of the output in pixels.

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
    """Compute first + (second - first) * share, overwriting `second`."""
    second -= first
    second *= share
    second += first
    return second


def resize_to_colour(images: np.ndarray, size: int) -> np.ndarray:
    """Resize images for an Inception network, before its scaling: square, three channels.

    Args:
        images: uint8 (N, H, W, C), C 1 (grey, repeated to three channels) or 3.
        size: height and width of the output in pixels.

    Returns:
        float32 (N, size, size, 3), 0 to 255.

    Raises:
        ValueError: if the images have another form; see `check_images`.
    """
    check_images(images)
    resized = resize(images, size, size)
    return np.repeat(resized, 3, axis=-1) if resized.shape[-1] == 1 else resized


def check_images(images: np.ndarray) -> None:
    """Check images for a feature extractor.

    Args:
        images: expected to be uint8 (N, H, W, 1) or (N, H, W, 3), without an empty axis.

    Raises:
        ValueError: if they have another type or shape.
    """
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        given = images.dtype if isinstance(images, np.ndarray) else type(images).__name__
        raise ValueError(
            f"Features need uint8 images (0 to 255), got {given}; convert images in [0, 1] with "
            "np.round(255 * images).astype(np.uint8)."
        )
    if images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise ValueError(
            f"Features need images of shape (N, H, W, 1) or (N, H, W, 3), got {images.shape}."
        )
    if 0 in images.shape:
        raise ValueError(f"Images of shape {images.shape} are empty; give at least one image.")
