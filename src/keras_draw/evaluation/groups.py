"""Groups of images by name: the images that a name stands for."""

from pathlib import Path

import numpy as np

from keras_draw.data import load_images
from keras_draw.data.images import as_uint8
from keras_draw.evaluation.taken import Taken
from keras_draw.training.loading import load

DRAWN = 1000
"""Images that are drawn where no count is given."""


def images_of(
    taken: Taken,
    *,
    count: int,
    seed: int,
    data_dir: str | Path | None,
    image_shape: tuple[int, int, int] | None,
) -> np.ndarray:
    """The images of a group that has some: drawn, or read.

    Args:
        taken: a network or images.
        count: how many; 0: all, and 1000 where they are drawn.
        seed: of what is drawn.
        data_dir: where named data sets are looked for first.
        image_shape: height, width and channels that a folder's pictures are brought to.

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
        raise ValueError(
            f"{taken.spec} has {len(images)} images, fewer than the {count} asked for."
        )
    return images[: count or None]


def is_folder(spec: str) -> bool:
    """Whether a specification is of a folder of pictures."""
    return spec.startswith("folder:")
