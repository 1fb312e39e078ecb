"""Public names of a package that load on first use, so help does not wait for a backend."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def lazily(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], Any]]:
    """A package's `__getattr__` and `__dir__` (PEP 562).

    Args:
        package: the package's name.
        homes: public name -> the module that defines it.

    Returns:
        Both functions; the package assigns them to those names.
    """

    def get(name: str) -> Any:
        if name in homes:
            return getattr(importlib.import_module(homes[name]), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get, lambda: sorted(homes)
