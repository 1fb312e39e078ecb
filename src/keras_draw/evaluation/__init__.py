"""Evaluation of trained networks: arrays in, named numbers out."""

from typing import TYPE_CHECKING

from keras_draw.lazily import lazily

if TYPE_CHECKING:
    from keras_draw.evaluation.evaluating import evaluate
    from keras_draw.evaluation.record import Evaluation

_HOMES = {
    "Evaluation": "keras_draw.evaluation.record",
    "evaluate": "keras_draw.evaluation.evaluating",
}

__all__ = ["Evaluation", "evaluate"]

__getattr__, __dir__ = lazily(__name__, _HOMES)
