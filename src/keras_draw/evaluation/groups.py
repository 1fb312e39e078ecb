"""Load or draw the images of a named group."""

from pathlib import Path

import numpy as np

from keras_draw.data import load_images
from keras_draw.data.images import as_uint8
from keras_draw.evaluation.taken import Taken
from keras_draw.training.loading import load

DRAWN = 1000
"""Number of images drawn if no count is given."""


def images_of(
    taken: Taken,
    *,
    count: int,
    seed: int,
    data_dir: str | Path | None,
    image_shape: tuple[int, int, int] | None,
) -> np.ndarray:
    """The images of a group: drawn by a network, or read.

    Args:
        taken: a group of kind `"network"` or `"images"`.
        count: number of images; 0 means all, or 1000 if they are drawn.
        seed: seed of drawn images.
        data_dir: first folder to search for named data sets.
        image_shape: height, width and channels to which the pictures of a folder are converted.

    Returns:
        uint8 (N, H, W, C).

    Raises:
        ValueError: if there are fewer than `count`, or sizes differ without `image_shape`.
    """
    if taken.kind == "network":
        return as_uint8(load(taken.spec).generate(count or DRAWN, seed=seed))
    shape = image_shape if is_folder(taken.spec) else None
    images = as_uint8(load_images(taken.spec, data_dir=data_dir, image_shape=shape).images)
    if len(images) < count:
        raise ValueError(f"{taken.spec} has only {len(images)} images; {count} were requested.")
    return images[: count or None]


def is_folder(spec: str) -> bool:
    """Whether a specification means a folder of pictures."""
    return spec.startswith("folder:")
