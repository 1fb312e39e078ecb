"""A pure function, compiled where the backend can: for everything outside `fit`."""

from collections.abc import Callable
from typing import Any

import keras


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, compiled by XLA on JAX, and free of gradients on torch.

    Args:
        function: takes and returns arrays, and has no effects.

    Returns:
        A function of the same arguments.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.jit(function)
    if backend == "torch":
        import torch

        return torch.no_grad()(function)
    return function
