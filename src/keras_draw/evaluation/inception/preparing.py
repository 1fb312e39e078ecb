"""Prepare images for Inception: resize, three channels, scale. With NumPy, or on a GPU.

NumPy resizes fewer than 1,000 images per second on one core, so a GPU would wait for it. Both
variants agree up to the rounding of float32.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from keras_draw.evaluation.inception.definition import SIZE
from keras_draw.evaluation.inception.resize import (
    Interpolation,
    check_images,
    interpolation,
    resize_to_colour,
)
from keras_draw.models.devices import spread

Prepare = Callable[[np.ndarray], Any]
"""uint8 (N, H, W, 1 or 3) -> float32 (N, 299, 299, 3)."""


def on_host(offset: float, scale: float) -> Prepare:
    """Return a function that computes (resize_to_colour(x) - offset) / scale with NumPy."""

    def prepare(images: np.ndarray) -> np.ndarray:
        x = resize_to_colour(images, SIZE)
        x -= np.float32(offset)
        x /= np.float32(scale)
        return x

    return prepare


def on_device(offset: float, scale: float) -> Prepare:
    """Return the same function for XLA; only the bytes of the small images go to the device."""

    def prepare(images: jax.Array) -> jax.Array:
        x = images.astype(jnp.float32)
        x = _along(x, 2, interpolation(x.shape[2], SIZE))
        x = _along(x, 1, interpolation(x.shape[1], SIZE))
        x = jnp.repeat(x, 3, axis=-1) if x.shape[-1] == 1 else x
        return (x - np.float32(offset)) / np.float32(scale)

    run = jax.jit(prepare)

    def checked(images: np.ndarray) -> Any:
        check_images(images)
        return run(spread(images))

    return checked


def _along(x: jax.Array, axis: int, by: Interpolation) -> jax.Array:
    """Interpolate along one axis: first + (second - first) * share."""
    first, second = jnp.take(x, by.lower, axis), jnp.take(x, by.upper, axis)
    share = by.share.reshape(-1, *(1,) * (x.ndim - 1 - axis))
    return first + (second - first) * share
