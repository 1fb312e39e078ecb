"""Checks and settings before Keras is imported: its backend, and what it imports in turn."""

import contextlib
import importlib.abc
import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from keras_draw.config import suggest

TRAINABLE = ("jax", "tensorflow", "torch")


def check_backend() -> None:
    """Check that Keras's backend can train a network here.

    It is the one that `KERAS_BACKEND` names, or else the one that Keras runs on.

    Raises:
        ImportError: if it is unknown, cannot train, or is not installed. The message is one
            sentence.

    Example:
        >>> check_backend()
    """
    name = os.environ.get("KERAS_BACKEND", _running() or "jax")
    so = "unset KERAS_BACKEND, or set it to jax"
    if name in ("numpy", "openvino"):
        raise ImportError(f"KERAS_BACKEND is {name!r}, on which Keras cannot train: {so}.")
    if name not in TRAINABLE:
        hint = suggest(name, TRAINABLE) if name else f"{so}."
        raise ImportError(f"KERAS_BACKEND is {name!r}, which is not a Keras backend: {hint}")
    if not _is_installed(name):
        raise ImportError(f"KERAS_BACKEND is {name!r}, which is not installed: {so}.")


def _running() -> str:
    """The backend that Keras runs on; "" if Keras is not imported yet."""
    keras = sys.modules.get("keras")
    return str(keras.config.backend()) if keras and hasattr(keras, "config") else ""


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ValueError:  # imported, but without a spec
        return True


@contextlib.contextmanager
def keras_alone() -> Iterator[None]:
    """Within the block, import Keras without scikit-learn and pyplot, in half the time.

    Keras imports both if they are installed, for its wrappers and plots. Use this in programs that
    need neither. Other modules can still import them as usual.

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


class _NotForKeras(importlib.abc.Loader):
    """An import hook that refuses two packages while Keras is being imported.

    It finds them and does not load them, because torch only asks whether they are there.
    """

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Take over the two packages; None leaves every other import to other finders."""
        keras = getattr(sys.modules.get("keras"), "__spec__", None)
        if name in ("sklearn", "matplotlib.pyplot") and getattr(keras, "_initializing", False):
            return ModuleSpec(name, self)
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Refuse the import.

        Raises:
            ModuleNotFoundError: always.
        """
        name = module.__name__
        raise ModuleNotFoundError(f"{name} is not imported along with Keras", name=name)
