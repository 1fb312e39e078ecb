"""Measuring trained networks: arrays in, named numbers out."""

from keras_draw.evaluation.evaluate import evaluate

__all__ = ["evaluate"]
