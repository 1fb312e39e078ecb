"""Images: where they are found, how their files are read, how they come in batches.

`load` is the old name of `load_images`, and goes after release 0.1.
"""

from keras_draw.data.images import ImageData
from keras_draw.data.sources import TrainingData, check, load_images, load_training, names

load = load_images

__all__ = ["ImageData", "TrainingData", "check", "load", "load_images", "load_training", "names"]
