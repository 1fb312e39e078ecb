"""Images: finding them, reading their files, and putting them into batches.

Names load on first use, so `data/specs.py` can interpret a specification without importing a
numerical library. `load` is the old name of `load_images`; it will be removed in 0.3.
"""

from typing import TYPE_CHECKING, Any

from keras_draw.lazily import lazily

if TYPE_CHECKING:
    from keras_draw.data.images import ImageData
    from keras_draw.data.sources import TrainingData, check, load_images, load_training, names

    load = load_images

_HOMES = {
    "ImageData": "keras_draw.data.images",
    "TrainingData": "keras_draw.data.sources",
    "check": "keras_draw.data.sources",
    "load_images": "keras_draw.data.sources",
    "load_training": "keras_draw.data.sources",
    "names": "keras_draw.data.sources",
}

__all__ = ["ImageData", "TrainingData", "check", "load", "load_images", "load_training", "names"]

_load, __dir__ = lazily(__name__, {**_HOMES, "load": "keras_draw.data.sources"})


def __getattr__(name: str) -> Any:
    return _load("load_images" if name == "load" else name)
