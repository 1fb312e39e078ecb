"""Measuring trained networks: arrays in, named numbers out."""

from keras_draw.evaluation.evaluate import evaluate
from keras_draw.evaluation.record import Evaluation

__all__ = ["Evaluation", "evaluate"]
