"""Feature extractors: uint8 images in, features out, labelled with how they were computed.

The label includes the preprocessing, since two ways of resizing give two FIDs, and a hash of the
weights.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from keras.ops import convert_to_numpy

from keras_draw.config import suggest
from keras_draw.evaluation.inception.definition import TAPS
from keras_draw.evaluation.inception.engines import EngineName, best_engine, compile_forward
from keras_draw.evaluation.inception.networks import NETWORKS, weights_file
from keras_draw.evaluation.inception.preparing import on_device, on_host
from keras_draw.evaluation.inception.resize import check_images
from keras_draw.evaluation.inception.weights import check_complete, read_weights, weights_hash
from keras_draw.models.devices import on_accelerator, used
from keras_draw.models.interruption import ctrl_c, look
from keras_draw.models.running import one_ahead

BATCH = 32
"""Number of images that go through a network at once."""
Features = Callable[[np.ndarray], Any]
"""uint8 (N, H, W, C) -> array (N, F), possibly still being computed by a device."""


@dataclass(frozen=True)
class Extractor:
    """A function from images to features, with the labels for numbers computed from them.

    Example:
        >>> means = from_callable(lambda images: images.mean((1, 2)), "means")
        >>> means(np.full((2, 4, 4, 1), 7, np.uint8))
        array([[7.],
               [7.]], dtype=float32)
    """

    name: str
    """name and tap, such as inception-2015:768."""
    features: int | None
    """F, values per image; None if unknown before the first call."""
    weights_hash: str
    """start of the SHA-256 of the weights used; `none` if there are none, or they are unknown."""
    preprocessing: str
    """description of the preprocessing of the images."""
    forward: Features = field(repr=False)
    """computes the features of one batch."""
    batch: int | None = BATCH
    """images per device and call; the last batch is padded. None: all images in one call."""

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Compute the features of images, batch by batch.

        Args:
            images: uint8 (N, H, W, C), C 1 or 3, 0 to 255.

        Returns:
            float32 (N, F).

        Raises:
            ValueError: if the images have another type or shape, or a feature is not finite.
        """
        check_images(images)
        batches = _batches(images, self.batch and self.batch * len(used()))
        under_way = ((self.forward(batch), count) for batch, count in batches)
        with ctrl_c():
            made = [convert_to_numpy(out)[:count] for out, count in one_ahead(under_way)]
        found = np.concatenate(made).astype(np.float32)
        if found.ndim != 2 or len(found) != len(images):
            raise ValueError(
                f"{self.name} returned features of shape {found.shape} for {len(images)} images; "
                "expected one row per image."
            )
        if not np.isfinite(found).all():
            raise ValueError(
                f"{self.name} returned features that are not finite; check its weights."
            )
        return found


def _batches(images: np.ndarray, size: int | None) -> Iterator[tuple[np.ndarray, int]]:
    """Batches of one size, so a network compiles once, each with its number of real images."""
    if size is None:
        yield images, len(images)
        return
    # A power of two: small groups need no large batch, and there are few sizes to compile.
    size = min(size, 1 << (len(images) - 1).bit_length())
    for begin in range(0, len(images), size):
        look()
        batch = images[begin : begin + size]
        filling = np.repeat(batch[-1:], size - len(batch), axis=0)
        yield np.concatenate([batch, filling]), len(batch)


DIGITS = "digits-classifier"


def extractor(
    spec: str,
    weights: Path | None = None,
    engine: EngineName = "auto",
    *,
    force: bool = False,
) -> Extractor:
    """A feature extractor by name.

    Args:
        spec: `NAME[:TAP]`. NAME is inception-2015 (the FID literature's network),
            keras-inception (the ImageNet network of `keras.applications`) or digits-classifier;
            TAP is the number of features of an Inception network: 64, 192, 768 or 2048 (default).
        weights: a file of weights, or a folder that contains one under its usual name. Default:
            `KERAS_DRAW_WEIGHTS` (a file or folder), then our cache and Keras's; if they are in
            none of these, they are downloaded.
        engine: the engine that runs the network, see `engines.compile_forward`.
        force: let digits-classifier accept pictures of other kinds.

    Returns:
        The extractor.

    Raises:
        ValueError: if the name or tap is unknown, or the weights are damaged, belong to another
            network or do not reach the tap.
        FileNotFoundError: if there are no weights at the given place, or none at all and
            `KERAS_DRAW_OFFLINE` is set.
        ConnectionError: if they cannot be downloaded.

    Example:
        >>> extractor("inception-2015:768").features  # doctest: +SKIP
        768

    Source: Heusel et al. 2017 (arXiv 1706.08500) for the use; Szegedy et al. 2015
    (arXiv 1512.00567) for the network.
    """
    name, _, tap_given = spec.partition(":")
    if name not in (*NETWORKS, DIGITS):
        raise ValueError(f"There is no extractor {name!r}: {suggest(name, (*NETWORKS, DIGITS))}")
    if name == DIGITS:
        from keras_draw.evaluation.digits import digits_extractor

        if tap_given:
            raise ValueError(f"{DIGITS} has one layer of features; leave out ':{tap_given}'.")
        return digits_extractor(force=force)
    tap = _tap(tap_given or "2048")
    path = weights_file(name, weights)
    found = read_weights(path)
    check_complete(found, tap, path.name)
    network = NETWORKS[name]
    engine = best_engine() if engine == "auto" else engine
    run = compile_forward(found, tap, network.last_pool, engine)
    preparation = on_device if engine == "xla" and on_accelerator() else on_host
    prepare = preparation(network.offset, network.scale)

    def forward(images: np.ndarray) -> Any:
        return run(prepare(images))

    digest = weights_hash(found, tap)
    return Extractor(f"{name}:{tap}", tap, digest, network.preprocessing, forward)


def _tap(given: str) -> int:
    if given not in map(str, TAPS):
        raise ValueError(
            f"There is no tap {given!r}; Inception's features are {', '.join(map(str, TAPS))}."
        )
    return int(given)


def from_callable(function: Features, name: str, weights_hash: str = "none") -> Extractor:
    """Turn any function of images into an extractor.

    Args:
        function: uint8 (N, H, W, C) -> (N, F); called once, with all images.
        name: label for its numbers.
        weights_hash: identifies its weights.

    Returns:
        The extractor.

    Raises:
        ValueError: if it is not callable, or has no name.
    """
    if not callable(function) or not name:
        raise ValueError(
            "An extractor needs a function from uint8 images to features, and a name; got "
            f"{type(function).__name__} and {name!r}."
        )
    return Extractor(name, None, weights_hash, "its own", function, batch=None)
