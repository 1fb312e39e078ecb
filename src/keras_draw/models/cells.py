"""The recurrent cells, one class each: weights, initial state, step.

The inputs of a cell have two parts. Static inputs (the image, the class) are multiplied by the
static kernel once, before the first timestep, and reach the step as `drive`, including the bias.
Changing inputs are passed to the step as `inputs` and multiplied by `kernel` there.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models.outputs import CellState, HiddenState, Tensor
from keras_draw.models.precision import product, tanh
from keras_draw.models.specs import Initializer, Layer, WeightSpec

Weights = dict[str, Tensor]
"""A cell's weights by key; in a step, those of one timestep."""


@dataclass(frozen=True)
class Cell(ABC):
    """Base class of all recurrent cells.

    Args:
        config: gives the sizes and the initial biases.
    """

    config: DRAWConfig

    gates: ClassVar[tuple[str, ...]]
    """Names of the blocks of H columns in drive, bias and static kernel, in this order."""
    forget: ClassVar[str]
    """The gate that keeps the past: its bias starts at `forget_bias`, the others at zero."""
    state: ClassVar[type[Any]]
    """A NamedTuple of arrays (B, H); its field `h` is the output of the cell."""

    @abstractmethod
    def kernels(self, layer: Layer, changing: int, fans: int) -> list[WeightSpec]:
        """The weights that the step uses.

        Args:
            layer: builds the weight specifications.
            changing: I, the number of changing inputs.
            fans: inputs plus outputs of one gate, seen as a Dense layer over all its inputs.
        """

    @abstractmethod
    def step(self, weights: Weights, drive: Tensor, inputs: list[Tensor], state: Any) -> Any:
        """One timestep.

        Args:
            weights: the weights of `kernels` for one timestep; use each kernel in one product only.
            drive: bias plus the product of the static inputs (B, gates * H), or (gates * H,).
            inputs: changing inputs, arrays (B, I_k) whose I_k add up to I.
            state: state of the previous timestep.

        Returns:
            The new state.
        """

    def specs(self, layer: Layer, *, static: int, changing: int) -> list[WeightSpec]:
        """All weights of the cell.

        Args:
            layer: builds the weight specifications.
            static: S, the number of static inputs; may be 0.
            changing: I, the number of changing inputs.
        """
        columns = len(self.gates) * self.config.hidden_dim
        fans = static + changing + 2 * self.config.hidden_dim
        first, *others = self.kernels(layer, changing, fans)
        hoisted = [
            layer.kernel("static_kernel", static, columns, fans=fans, each_stroke=False)
        ] if static else []  # fmt: skip
        bias = layer.weight("bias", (columns,), self._biases(), each_stroke=False)
        return [*hoisted, first, bias, *others]

    def start_specs(self, layer: Layer) -> list[WeightSpec]:
        """The weights of a learned initial state: one per field, such as `c0` and `h0`."""
        size = (self.config.hidden_dim,)
        return [layer.weight(f"{name}0", size, each_stroke=False) for name in self.state._fields]

    def drive(self, weights: Weights, static: Tensor | None) -> Tensor:
        """The contribution of bias and static inputs to the gates.

        Args:
            weights: the cell's weights; for all timesteps if they are not shared.
            static: the static inputs (B, S), or None if there are none.

        Returns:
            (B, gates * H), or (gates * H,) without static inputs. If the weights have a leading T,
            so does the result, computed in one product for all timesteps.
        """
        bias = weights["bias"]
        if static is None:
            return bias
        kernel = weights["static_kernel"]
        if len(kernel.shape) == 2:
            return product(static, kernel) + bias
        return product(static[None], kernel) + bias[:, None]

    def start(self, weights: Weights, batch: int, dtype: str) -> Any:
        """The state before the first timestep.

        Args:
            weights: the weights of `start_specs`, if the initial state is learned.
            batch: B.
            dtype: of the state.

        Returns:
            The learned initial state, or zeros.
        """
        shape = (batch, self.config.hidden_dim)
        learned = (weights.get(f"{name}0") for name in self.state._fields)
        return self.state(
            *(
                ops.zeros(shape, dtype)
                if value is None
                else ops.broadcast_to(ops.cast(value, dtype), shape)
                for value in learned
            )
        )

    def _biases(self) -> Initializer:
        def start(shape: tuple[int, ...], dtype: str | None = None) -> Tensor:
            block = (*shape[:-1], shape[-1] // len(self.gates))
            values = [self.config.forget_bias * (name == self.forget) for name in self.gates]
            return ops.concatenate([ops.full(block, value, dtype) for value in values], axis=-1)

        return start


class LSTM(Cell):
    """The standard LSTM: the gates see the previous output h.

    Weights in each step: `kernel` (I + H, 4H), with rows for the inputs, then h.

    Source: Gregor et al. 2015, section 2.1 (Gers et al. 2000, without peepholes).
    """

    gates = ("input", "forget", "output", "candidate")
    forget = "forget"
    state = CellState

    def kernels(self, layer: Layer, changing: int, fans: int) -> list[WeightSpec]:
        """As in `Cell`."""
        h = self.config.hidden_dim
        return [layer.kernel("kernel", changing + h, 4 * h, fans=fans)]

    def step(
        self, weights: Weights, drive: Tensor, inputs: list[Tensor], state: CellState
    ) -> CellState:
        """As in `Cell`."""
        past = ops.concatenate([*inputs, state.h], axis=-1)
        # The gates are recomputed in the backward pass: cheaper than keeping eight arrays per
        # timestep.
        return keras.remat(_lstm_state)(drive + product(past, weights["kernel"]), state.c)


def _lstm_state(gates: Tensor, c: Tensor) -> CellState:
    c, o = _gated(gates, c)
    return CellState(c, o * tanh(c))


def _gated(gates: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """The new memory, and the opened output gate."""
    i, f, o, candidate = ops.split(gates, 4, axis=-1)
    return ops.sigmoid(f) * c + ops.sigmoid(i) * tanh(candidate), ops.sigmoid(o)


class CellGated(Cell):
    """The thesis's cell: the gates see the memory C, and a Dense layer reads it out.

    Weights in each step: `kernel` (I + H, 4H), with rows for the inputs, then C; `output_kernel`
    (H, H) and `output_bias` (H,), from C to h.

    Source: Ballestrazzi 2019, listing of section 1.2.1.
    """

    gates = ("input", "forget", "output", "candidate")
    forget = "forget"
    state = CellState

    def kernels(self, layer: Layer, changing: int, fans: int) -> list[WeightSpec]:
        """As in `Cell`."""
        h = self.config.hidden_dim
        return [
            layer.kernel("kernel", changing + h, 4 * h, fans=fans),
            layer.kernel("output_kernel", h, h, fans=2 * h),
            layer.weight("output_bias", (h,)),
        ]

    def step(
        self, weights: Weights, drive: Tensor, inputs: list[Tensor], state: CellState
    ) -> CellState:
        """As in `Cell`."""
        past = ops.concatenate([*inputs, state.c], axis=-1)
        c, o = keras.remat(_gated)(drive + product(past, weights["kernel"]), state.c)
        h = tanh(product(c, weights["output_kernel"]) + weights["output_bias"])
        return CellState(c, o * h)


class GRU(Cell):
    """The gated recurrent unit, whose only state is h: h' = (1 - update) candidate + update h.

    The reset gate multiplies h before the product of the candidate, as in the paper and in Keras's
    GRU with `reset_after=False`. The update gate keeps the past, so its bias starts at
    `forget_bias`.

    Weights in each step: `kernel` (I + H, 2H), with rows for the inputs, then h;
    `candidate_kernel` (I + H, H), with rows for the inputs, then h after the reset gate.

    Source: Cho et al. 2014 (arXiv 1406.1078), section 2.3.
    """

    gates = ("update", "reset", "candidate")
    forget = "update"
    state = HiddenState

    def kernels(self, layer: Layer, changing: int, fans: int) -> list[WeightSpec]:
        """As in `Cell`."""
        h = self.config.hidden_dim
        return [
            layer.kernel("kernel", changing + h, 2 * h, fans=fans),
            layer.kernel("candidate_kernel", changing + h, h, fans=fans),
        ]

    def step(
        self, weights: Weights, drive: Tensor, inputs: list[Tensor], state: HiddenState
    ) -> HiddenState:
        """As in `Cell`."""
        for_gates, for_candidate = ops.split(drive, [2 * self.config.hidden_dim], axis=-1)
        past = ops.concatenate([*inputs, state.h], axis=-1)
        gates = for_gates + product(past, weights["kernel"])
        update, kept = keras.remat(_opened)(gates, state.h)
        past = ops.concatenate([*inputs, kept], axis=-1)
        candidate = for_candidate + product(past, weights["candidate_kernel"])
        return HiddenState(keras.remat(_mixed)(update, candidate, state.h))


def _opened(gates: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """The opened update gate, and h multiplied by the opened reset gate."""
    update, reset = ops.split(gates, 2, axis=-1)
    return ops.sigmoid(update), ops.sigmoid(reset) * h


def _mixed(update: Tensor, candidate: Tensor, h: Tensor) -> Tensor:
    return (1 - update) * tanh(candidate) + update * h


CELLS: dict[str, type[Cell]] = {"lstm": LSTM, "cell-gated": CellGated, "gru": GRU}


def cell_of(config: DRAWConfig) -> Cell:
    """The cell that a configuration selects.

    Example:
        >>> cell_of(DRAWConfig(image_shape=(8, 8, 1), cell="gru")).gates
        ('update', 'reset', 'candidate')
    """
    return CELLS[config.cell](config)
