"""Configurations: frozen dataclasses that check their values when they are created.

Nothing here imports a numerical library, so `keras-draw --help` can read every field quickly.
"""

from keras_draw.config.base import Config, suggest, whole_number
from keras_draw.config.devices import Devices
from keras_draw.config.evaluation import EvaluateConfig
from keras_draw.config.network import Architecture, Cell, DRAWConfig, Likelihood, Objective
from keras_draw.config.training import TrainConfig

__all__ = [
    "Architecture",
    "Cell",
    "Config",
    "DRAWConfig",
    "Devices",
    "EvaluateConfig",
    "Likelihood",
    "Objective",
    "TrainConfig",
    "suggest",
    "whole_number",
]
