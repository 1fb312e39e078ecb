"""DRAW for Keras 3: a network that paints an image in T strokes.

    from keras_draw import DRAW, DRAWConfig

Names load on first use, so the command line's help does not wait for a numerical library. If
`KERAS_BACKEND` is not set and Keras is not imported yet, it runs on JAX.
"""

import os
import sys
from typing import TYPE_CHECKING, Any

from keras_draw.backends import check_backend
from keras_draw.lazily import lazily

if "keras" not in sys.modules:  # once Keras is imported, its backend is settled
    os.environ.setdefault("KERAS_BACKEND", "jax")

if TYPE_CHECKING:
    from keras_draw.config import Architecture, DRAWConfig, TrainConfig
    from keras_draw.models.draw import DRAW
    from keras_draw.training.loading import load
    from keras_draw.training.train import train

__version__ = "0.2.0"

_HOMES = {
    "DRAW": "keras_draw.models.draw",
    "Architecture": "keras_draw.config",
    "DRAWConfig": "keras_draw.config",
    "TrainConfig": "keras_draw.config",
    "load": "keras_draw.training.loading",
    "train": "keras_draw.training.train",
}

__all__ = ["DRAW", "Architecture", "DRAWConfig", "TrainConfig", "__version__", "load", "train"]

_load, __dir__ = lazily(__name__, _HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES and _HOMES[name] != "keras_draw.config":
        check_backend()
    return _load(name)
