"""The `digits-classifier`: a small network trained on MNIST that ships with the package.

It allows a Fréchet distance and a label agreement for pictures of digits without a download. It
only knows digits of 28 x 28 pixels: pictures of other sizes are refused unless forced, and its
numbers mean nothing for pictures of other things. Its weights were trained by
`scripts/train_digits_classifier.py`.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_draw.data.formats import read_npz
from keras_draw.evaluation.extractors import DIGITS, Extractor
from keras_draw.models.compiled import compiled
from keras_draw.models.devices import spread

WEIGHTS = Path(__file__).parent / "digits-classifier.npz"
SIZE = 28
FEATURES = 128
"""Values per image: the channels of the last convolution, averaged over the image."""
PREPROCESSING = "x / 255"
TEST_ACCURACY = 0.9917
"""Share of MNIST's 10,000 test images that it classifies correctly."""
BATCH = 256


def network() -> keras.Model:
    """The untrained classifier: images (N, 28, 28, 1) in [0, 1] -> features (N, 128), logits."""
    x = images = keras.Input((SIZE, SIZE, 1))
    for filters, strides in ((32, 1), (32, 2), (64, 1), (64, 2), (FEATURES, 1)):
        x = keras.layers.Conv2D(filters, 3, strides, padding="same", activation="relu")(x)
    features = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(images, [features, keras.layers.Dense(10)(features)])


def digits_extractor(*, force: bool = False) -> Extractor:
    """The classifier's features as an extractor.

    Args:
        force: accept other pictures; they are converted to 28 x 28 grey by nearest pixels.

    Returns:
        The extractor. Unless forced, it raises ValueError for other pictures.

    Example:
        >>> digits_extractor()(np.zeros((2, 28, 28, 1), np.uint8)).shape
        (2, 128)
    """

    def forward(images: np.ndarray) -> Any:
        return _forward(digit_images(images, force=force))[0]

    return Extractor(DIGITS, FEATURES, weights_hash(), PREPROCESSING, forward, batch=BATCH)


def classify_digits(images: np.ndarray, *, force: bool = False) -> np.ndarray:
    """Classify pictures of digits.

    Args:
        images: uint8 (N, 28, 28, 1).
        force: as in `digits_extractor`.

    Returns:
        int64 (N,), 0 to 9.
    """
    images = digit_images(images, force=force)
    found = [_forward(images[i : i + BATCH])[1] for i in range(0, len(images), BATCH)]
    return np.concatenate([keras.ops.convert_to_numpy(logits).argmax(axis=-1) for logits in found])


def digit_images(images: np.ndarray, *, force: bool) -> np.ndarray:
    """Check that pictures fit the classifier, or convert them.

    Args:
        images: uint8 (N, H, W, C).
        force: convert other pictures to 28 x 28 grey instead of refusing them.

    Returns:
        uint8 (N, 28, 28, 1).

    Raises:
        ValueError: if they are not uint8 (N, H, W, C), or not 28 x 28 grey and not forced.
    """
    if images.dtype != np.uint8 or images.ndim != 4 or 0 in images.shape:
        raise ValueError(
            f"Images have shape {images.shape} and type {images.dtype}; expected uint8 "
            "(N, H, W, C)."
        )
    if images.shape[1:] == (SIZE, SIZE, 1):
        return images
    if not force:
        h, w, c = images.shape[1:]
        raise ValueError(
            f"{DIGITS} is for grey digits of 28 x 28 pixels, but these pictures are {h} x {w} x "
            f"{c}: its numbers would mean nothing. Use another extractor (or --force)."
        )
    rows, columns = (np.arange(SIZE) * n // SIZE for n in images.shape[1:3])
    return images[:, rows][:, :, columns].mean(axis=-1, keepdims=True).astype(np.uint8)


def _forward(images: np.ndarray) -> Any:
    return _run()(spread(images.astype("float32") / 255))


@cache
def _run() -> Callable[..., Any]:
    model = network()
    found = read_npz(WEIGHTS, tuple(f"weight-{i}" for i in range(len(model.weights))))
    model.set_weights([found[f"weight-{i}"] for i in range(len(model.weights))])
    return compiled(model)


@cache
def weights_hash() -> str:
    """The start of the SHA-256 of the shipped file: 16 hexadecimal digits."""
    return hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:16]
