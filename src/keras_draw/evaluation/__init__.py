"""Measuring trained networks: arrays in, named numbers out."""

from typing import TYPE_CHECKING

from keras_draw.lazily import lazily

if TYPE_CHECKING:
    from keras_draw.evaluation.evaluating import evaluate

__all__ = ["evaluate"]

__getattr__, __dir__ = lazily(__name__, {"evaluate": "keras_draw.evaluation.evaluating"})
