"""The two recurrent cells: the standard LSTM, and the thesis's, whose gates see the memory C.

A cell's inputs come in two parts. What does not change over time (the image, the class) has met its
kernel before the first timestep and arrives as `drive` (B, 4H), bias included; what changes is
given as `inputs` and meets `kernel` here. Gates stand in the order input, forget, output,
candidate.
"""

from typing import NamedTuple

import keras
from keras import ops

from keras_draw.models.outputs import CellState, Tensor
from keras_draw.models.precision import product, tanh


class CellWeights(NamedTuple):
    """The weights that a cell uses at each timestep."""

    kernel: Tensor
    """rows: the inputs, then the cell's own past (I + H, 4H)."""
    output_kernel: Tensor | None = None
    """cell-gated only: C -> h (H, H)."""
    output_bias: Tensor | None = None
    """cell-gated only (H,)."""


def lstm(weights: CellWeights, drive: Tensor, inputs: list[Tensor], state: CellState) -> CellState:
    """One step of the standard LSTM: gates see the last output h.

    Args:
        weights: the cell's weights, without the two of the cell-gated cell.
        drive: bias and unchanging inputs, already multiplied (B, 4H).
        inputs: arrays (B, I_k) whose I_k add up to I.
        state: memory and output of the timestep before.

    Returns:
        The new memory and output.

    Source: Gregor et al. 2015, section 2.1 (Gers et al. 2000, without peepholes).
    """
    past = ops.concatenate([*inputs, state.h], axis=-1)
    # What the gates make of it is computed again in the backward pass: cheaper than to keep eight
    # arrays of every timestep.
    return keras.remat(_lstm_state)(drive + product(past, weights.kernel), state.c)


def _lstm_state(gates: Tensor, c: Tensor) -> CellState:
    c, o = _gated(gates, c)
    return CellState(c, o * tanh(c))


def cell_gated(
    weights: CellWeights, drive: Tensor, inputs: list[Tensor], state: CellState
) -> CellState:
    """One step of the thesis's cell: gates see the memory C, and a Dense layer reads it out.

    Args:
        weights: the cell's weights, with `output_kernel` and `output_bias`.
        drive: bias and unchanging inputs, already multiplied (B, 4H).
        inputs: arrays (B, I_k) whose I_k add up to I.
        state: memory and output of the timestep before.

    Returns:
        The new memory and output.

    Source: Ballestrazzi 2019, listing of section 1.2.1.
    """
    past = ops.concatenate([*inputs, state.c], axis=-1)
    c, o = keras.remat(_gated)(drive + product(past, weights.kernel), state.c)
    h = tanh(product(c, weights.output_kernel) + weights.output_bias)
    return CellState(c, o * h)


def _gated(gates: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """The new memory, and the opened output gate."""
    i, f, o, candidate = ops.split(gates, 4, axis=-1)
    return ops.sigmoid(f) * c + ops.sigmoid(i) * tanh(candidate), ops.sigmoid(o)


CELLS = {"lstm": lstm, "cell-gated": cell_gated}
