"""The 256 levels of an 8-bit image: what each costs under a logistic, and who has no others.

The mass of what lies beyond black and white belongs to black and white, so that the probabilities
of the levels add up to 1, and their negative logarithm is a code length.
"""

import numpy as np
from keras import ops

from keras_draw.models.outputs import Tensor

WHITE = 255
"""The highest of the 256 levels."""
SMALLEST_SCALE = 0.1
"""Added to a logistic's scale, in levels. PixelCNN++ clips it at 0.12 levels (log -7 in its range
of -1..1), but a scale that is clipped has no gradient to come back by."""
LARGEST_LOG_SCALE = 10.0
"""Where the logarithm of the scale is clipped: black and white have half of the mass each."""
START_SCALE = 0.1
"""Where scales start, in units of the image's range 0..1: on a grey canvas black and white cost 5
nats, evenly spread levels 8.7 bits; no first gradient is huge."""
OFF_LEVEL = 1e-3
"""How far floats may be from one of the 256 levels, in levels: float32 has them so."""
ROWS = 1000
"""Images whose levels are looked at in one go."""


def level_nats(x: Tensor, mean: Tensor, log_scale: Tensor) -> Tensor:
    """-log of the mass that a logistic gives the level of every pixel, nats.

    Args:
        x: pixels k / 255, taken for the nearest level.
        mean: of the logistic, in units of the image's range 0..1.
        log_scale: log of its scale, in the same units.

    Returns:
        The shape that the three have together; finite for every finite mean and scale.

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
    """A pixel as the logistic of `level_nats` draws it.

    Args:
        uniform: in [0, 1).
        mean: as there.
        log_scale: as there.

    Returns:
        Levels k / 255 in [0, 1], the shape that the three have together.
    """
    scale = WHITE * ops.exp(ops.minimum(log_scale, LARGEST_LOG_SCALE)) + SMALLEST_SCALE
    logistic = ops.log(uniform) - ops.log1p(-uniform)  # infinite at the ends
    return ops.round(ops.clip(WHITE * mean + scale * logistic, 0.0, WHITE)) / WHITE


def check_levels(x: np.ndarray, likelihood: str) -> None:
    """Refuse floats that no 8-bit image holds: of them there is no code length.

    Args:
        x: floats in [0, 1], images first.
        likelihood: whose images these are, for the sentence.

    Raises:
        ValueError: if one lies off the levels k / 255.
    """
    for start in range(0, len(x), ROWS):
        levels = x[start : start + ROWS] * WHITE
        off = levels[np.abs(levels - np.round(levels)) > OFF_LEVEL]
        if off.size:
            raise ValueError(
                f"Images hold the value {off[0]:g} / 255; likelihood {likelihood!r} is for "
                "uint8, or floats on its 256 levels k / 255: convert them, as "
                "np.round(255 * x).astype('uint8') does."
            )
