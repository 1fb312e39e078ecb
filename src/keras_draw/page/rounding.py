"""The cost of rounding a network's weights, in nats: the bound before and after."""

from typing import NamedTuple

import numpy as np

from keras_draw.data import load_images
from keras_draw.data.images import as_uint8
from keras_draw.data.sources import test_split_of
from keras_draw.models.draw import DRAW
from keras_draw.page.packing import Packed, unpacked
from keras_draw.page.record import Source
from keras_draw.pixels import as_fractions

IMAGES = 1000
"""Number of test images on which the cost is measured."""
DRAWN = 500
"""Without test images, the number of images that the network draws itself."""


class Cost(NamedTuple):
    """The mean of −elbo over images, in nats, before and after rounding."""

    before: float
    after: float
    images: str
    """a description of the images."""

    def __str__(self) -> str:
        change = f"{self.after - self.before:+.2f}".replace("-", "−")
        return (
            f"{change} nats per image ({self.before:.2f} before, {self.after:.2f} after), "
            f"measured on {self.images}"
        )


def cost_of(source: Source, packed: Packed, *, data_dir: str = "") -> Cost:
    """Measure the cost of packing a network's weights.

    Args:
        source: the network.
        packed: its packed weights.
        data_dir: the folder where named data sets are searched first.

    Returns:
        The cost on 1,000 images of the test split, or on 500 images that the network draws if the
        test split is not available.
    """
    x, y, images = _images(source, data_dir)
    rounded = DRAW(source.model.config)
    by_name = {variable.name: variable for variable in rounded.weights}
    for name, value in unpacked(packed).items():
        by_name[name].assign(value)
    before, after = (float(-each.elbo(x, y).elbo.mean()) for each in (source.model, rounded))
    return Cost(before, after, images)


def _images(source: Source, data_dir: str) -> tuple[np.ndarray, np.ndarray | None, str]:
    """Images to measure on, their labels for a conditional network, and a description."""
    model, config = source.model, source.model.config
    spec = test_split_of(source.dataset) if source.dataset else ""
    if spec and not spec.startswith(("folder:", "npz:")):
        try:
            found = load_images(spec, data_dir=data_dir or None)
        except (FileNotFoundError, ValueError, ConnectionError):
            found = None
        if found is not None and found.image_shape == config.image_shape:
            labels = found.labels if config.num_classes else None
            if labels is not None or not config.num_classes:
                # Spread over the data set, which may be sorted.
                rows = np.linspace(0, len(found) - 1, min(IMAGES, len(found))).astype(int)
                labels = labels if labels is None else labels[rows]
                return found.images[rows], labels, f"{len(rows):,} images of {found.name}"
    x = as_uint8(model.generate(DRAWN, seed=1))
    y = np.arange(DRAWN) % config.num_classes if config.num_classes else None
    if source.is_binary:
        x = np.round(as_fractions(x))
    return x, y, f"{DRAWN} images that it drew itself"
