"""Which of Keras's backends a network can be trained on, asked before Keras is imported."""

import importlib.util
import os

from keras_draw.config import suggest

TRAINABLE = ("jax", "tensorflow", "torch")


def check_backend() -> None:
    """Refuse the backend that `KERAS_BACKEND` names, if nothing can be trained on it here.

    Raises:
        ImportError: in one sentence: it is unknown, cannot train, or is not installed.

    Example:
        >>> check_backend()
    """
    name = os.environ.get("KERAS_BACKEND", "jax")
    so = "unset KERAS_BACKEND, or set it to jax"
    if name in ("numpy", "openvino"):
        raise ImportError(f"KERAS_BACKEND is {name!r}, on which Keras cannot train: {so}.")
    if name not in TRAINABLE:
        hint = suggest(name, TRAINABLE) if name else f"{so}."
        raise ImportError(f"KERAS_BACKEND is {name!r}, which is no backend of Keras: {hint}")
    if not _is_installed(name):
        raise ImportError(f"KERAS_BACKEND is {name!r}, which is not installed: {so}.")


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ValueError:  # imported, by something that left no spec
        return True
