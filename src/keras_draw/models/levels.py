"""The 256 levels of an 8-bit image: their cost under a logistic, sampling, and a check of images.

Black and white get the probability mass beyond them. So the probabilities of the levels add up to
1, and their negative logarithm is a code length.
"""

import numpy as np
from keras import ops

from keras_draw.models.outputs import Tensor

WHITE = 255
"""The highest of the 256 levels."""
SMALLEST_SCALE = 0.1
"""Added to a logistic's scale, in levels. PixelCNN++ clips the scale at 0.12 levels (log -7 in its
range of -1..1), but a clipped scale has no gradient and cannot recover."""
LARGEST_LOG_SCALE = 10.0
"""The log scale is clipped here, where black and white have half of the mass each."""
START_SCALE = 0.1
"""Initial scale, in units of the image range 0..1. On a grey canvas, black and white then cost 5
nats and uniformly distributed levels 8.7 bits on average, and no initial gradient is huge."""
OFF_LEVEL = 1e-3
"""How far floats may be from one of the 256 levels, in levels; float32 is well within this."""
ROWS = 1000
"""Number of images checked at a time."""


def level_nats(x: Tensor, mean: Tensor, log_scale: Tensor) -> Tensor:
    """-log of the probability that a logistic assigns to the level of each pixel, in nats.

    Args:
        x: pixels k / 255; each is rounded to the nearest level.
        mean: mean of the logistic, in units of the image range 0..1.
        log_scale: log of its scale, in the same units.

    Returns:
        An array with the broadcast shape of the three; finite for every finite mean and scale.

    Source: Salimans et al. 2017 (arXiv 1701.05517), section 2.1, with one component; Kingma et al.
    2016 (arXiv 1606.04934).
    """
    level = ops.round(x * WHITE)
    scale = WHITE * ops.exp(ops.minimum(log_scale, LARGEST_LOG_SCALE)) + SMALLEST_SCALE
    width = 1 / scale
    distance = (level - WHITE * mean) * width
    # The mass from a = distance - width / 2 to b = distance + width / 2 is a product:
    # sigmoid(b) - sigmoid(a) = sigmoid(b) * sigmoid(-a) * (1 - exp(a - b)).
    not_above = ops.softplus(-distance - width / 2)
    not_below = ops.softplus(distance - width / 2)
    between = -ops.log(-ops.expm1(-width))
    black, white = level <= 0, level >= WHITE
    ends = ops.where(black, not_above, not_below)
    return ops.where(black | white, ends, not_above + not_below + between)


def level_of(uniform: Tensor, mean: Tensor, log_scale: Tensor) -> Tensor:
    """Sample pixels from the logistic of `level_nats`.

    Args:
        uniform: random numbers in [0, 1).
        mean: as in `level_nats`.
        log_scale: as in `level_nats`.

    Returns:
        Levels k / 255 in [0, 1], with the broadcast shape of the three.
    """
    scale = WHITE * ops.exp(ops.minimum(log_scale, LARGEST_LOG_SCALE)) + SMALLEST_SCALE
    logistic = ops.log(uniform) - ops.log1p(-uniform)  # infinite at the ends
    return ops.round(ops.clip(WHITE * mean + scale * logistic, 0.0, WHITE)) / WHITE


def check_levels(x: np.ndarray, likelihood: str) -> None:
    """Refuse floats that no 8-bit image can hold: they have no code length.

    Args:
        x: floats in [0, 1]; the first axis is the images.
        likelihood: name of the likelihood, for the error message.

    Raises:
        ValueError: if a value is not on one of the levels k / 255.
    """
    for start in range(0, len(x), ROWS):
        levels = x[start : start + ROWS] * WHITE
        off = levels[np.abs(levels - np.round(levels)) > OFF_LEVEL]
        if off.size:
            raise ValueError(
                f"Images contain the value {off[0]:g} / 255; likelihood {likelihood!r} needs "
                "uint8, or floats on its 256 levels k / 255: convert the images with "
                "np.round(255 * x).astype('uint8')."
            )
