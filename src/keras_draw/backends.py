"""What is settled before Keras is imported: can its backend train, and what comes along with it."""

import contextlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

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


@contextlib.contextmanager
def keras_alone() -> Iterator[None]:
    """Within the block Keras is imported without scikit-learn and pyplot, in half the time.

    Keras takes them along where they are installed, for wrappers and plots: this is for programs
    that use neither of these. Imported by anyone else, both are there as ever.

    Example:
        >>> with keras_alone():                             # doctest: +SKIP
        ...     import keras
    """
    finder = _NotForKeras()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _NotForKeras:
    """Says of two packages that they are not there, while Keras is being imported."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None: others may find it."""
        keras = getattr(sys.modules.get("keras"), "__spec__", None)
        if name in ("sklearn", "matplotlib.pyplot") and getattr(keras, "_initializing", False):
            raise ModuleNotFoundError(f"{name} is not imported along with Keras", name=name)
        return None
