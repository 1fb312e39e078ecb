"""Compile pure functions outside `fit`, if the backend can."""

from collections.abc import Callable
from typing import Any

import keras


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Prepare a pure function: compiled by XLA on JAX, without gradients on torch.

    Args:
        function: a function from arrays to arrays, without side effects.

    Returns:
        A function with the same arguments.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.jit(function)
    if backend == "torch":
        import torch

        return torch.no_grad()(function)
    return function
