"""Images: where they are found, how their files are read, how they come in batches."""

from keras_draw.data.sources import ImageData, TrainingData, check, load, load_training, names

__all__ = ["ImageData", "TrainingData", "check", "load", "load_training", "names"]
