"""How the network looks at the image and touches the canvas: here, all of it at once."""

from typing import NamedTuple

from keras_draw.models.outputs import Tensor
from keras_draw.models.precision import product


class WriteWeights(NamedTuple):
    """The Dense layer from the decoder to the canvas."""

    kernel: Tensor
    """(H, D)."""
    bias: Tensor
    """(D,)."""


def read(error: Tensor) -> Tensor:
    """What of the glimpse r_t = [x, x_hat_t] is new at this timestep: the error image.

    The image itself never changes; its share of the encoder's gates is computed once, before the
    first timestep, and reaches the cell as part of `drive`.

    Args:
        error: x_hat_t = x - sigmoid(c_{t-1}) (B, D).

    Returns:
        (B, D).

    Source: Gregor et al. 2015, Eq. 17.
    """
    return error


def write(weights: WriteWeights, h_dec: Tensor) -> Tensor:
    """The stroke that is added to the canvas.

    Args:
        weights: the Dense layer's.
        h_dec: the decoder's output (B, H).

    Returns:
        Logits (B, D).

    Source: Gregor et al. 2015, Eq. 18.
    """
    return product(h_dec, weights.kernel) + weights.bias
