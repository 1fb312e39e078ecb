"""The recurrent cells, a class each: its weights, the state it starts from, its step.

A cell's inputs come in two parts. What does not change over time (the image, the class) meets the
static kernel before the first timestep and reaches the step as `drive`, bias included; what changes
is given as `inputs` and meets `kernel` there.
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
"""A cell's weights by their keys; in its step those of one timestep."""


@dataclass(frozen=True)
class Cell(ABC):
    """What every recurrent cell can do; what one can do of its own is in its class.

    Args:
        config: sizes, and where the biases start.
    """

    config: DRAWConfig

    gates: ClassVar[tuple[str, ...]]
    """The blocks of H columns that drive, bias and static kernel have, in this order."""
    forget: ClassVar[str]
    """The gate that keeps the past: its bias starts at `forget_bias`, the others' at zero."""
    state: ClassVar[type[Any]]
    """A NamedTuple of arrays (B, H); its field `h` is what the cell puts out."""

    @abstractmethod
    def kernels(self, layer: Layer, changing: int, fans: int) -> list[WeightSpec]:
        """The weights that the step uses.

        Args:
            layer: to make them with.
            changing: I, how many inputs change over time.
            fans: inputs plus outputs of one gate's Dense layer over everything it sees.
        """

    @abstractmethod
    def step(self, weights: Weights, drive: Tensor, inputs: list[Tensor], state: Any) -> Any:
        """One timestep.

        Args:
            weights: one timestep's, those of `kernels`; each kernel is for one product.
            drive: bias and unchanging inputs, already multiplied (B, gates H), or (gates H,).
            inputs: arrays (B, I_k) whose I_k add up to I.
            state: of the timestep before.

        Returns:
            The new state.
        """

    def specs(self, layer: Layer, *, static: int, changing: int) -> list[WeightSpec]:
        """All weights of the cell.

        Args:
            layer: to make them with.
            static: S, how many inputs do not change over time; there may be none.
            changing: I, how many do.
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
        """The weights of a start that is learned: `c0`, `h0`, as the state has fields."""
        size = (self.config.hidden_dim,)
        return [layer.weight(f"{name}0", size, each_stroke=False) for name in self.state._fields]

    def drive(self, weights: Weights, static: Tensor | None) -> Tensor:
        """The share of bias and unchanging inputs in the gates.

        Args:
            weights: the cell's, of all timesteps where they are not shared.
            static: the unchanging inputs (B, S), or None if there are none.

        Returns:
            (B, gates H), or (gates H,) without static inputs; with a leading T if the weights have
            one, in one product for all timesteps.
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
            weights: those of `start_specs`, if the start is learned.
            batch: B.
            dtype: of the state.

        Returns:
            The learned start, or zeros.
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
    """The standard LSTM: gates see the last output h.

    Its weights in each step: `kernel` (I + H, 4H), rows: the inputs, then h.

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
        # What the gates make of it is computed again in the backward pass: cheaper than to keep
        # eight arrays of every timestep.
        return keras.remat(_lstm_state)(drive + product(past, weights["kernel"]), state.c)


def _lstm_state(gates: Tensor, c: Tensor) -> CellState:
    c, o = _gated(gates, c)
    return CellState(c, o * tanh(c))


def _gated(gates: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """The new memory, and the opened output gate."""
    i, f, o, candidate = ops.split(gates, 4, axis=-1)
    return ops.sigmoid(f) * c + ops.sigmoid(i) * tanh(candidate), ops.sigmoid(o)


class CellGated(Cell):
    """The thesis's cell: gates see the memory C, and a Dense layer reads it out.

    Its weights in each step: `kernel` (I + H, 4H), rows: the inputs, then C; `output_kernel` (H, H)
    and `output_bias` (H,), from C to h.

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
    """The gated recurrent unit, all of whose state is h: h' = (1 - update) candidate + update h.

    The reset gate meets h before the candidate's product, as in the paper and in Keras's GRU with
    `reset_after=False`. The update gate keeps the past, so that its bias starts at `forget_bias`.

    Its weights in each step: `kernel` (I + H, 2H), rows: the inputs, then h; `candidate_kernel`
    (I + H, H), rows: the inputs, then h as far as it is not reset.

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
    """The opened update gate, and what the reset gate leaves of h."""
    update, reset = ops.split(gates, 2, axis=-1)
    return ops.sigmoid(update), ops.sigmoid(reset) * h


def _mixed(update: Tensor, candidate: Tensor, h: Tensor) -> Tensor:
    return (1 - update) * tanh(candidate) + update * h


CELLS: dict[str, type[Cell]] = {"lstm": LSTM, "cell-gated": CellGated, "gru": GRU}


def cell_of(config: DRAWConfig) -> Cell:
    """The cell that a configuration names.

    Example:
        >>> cell_of(DRAWConfig(image_shape=(8, 8, 1), cell="gru")).gates
        ('update', 'reset', 'candidate')
    """
    return CELLS[config.cell](config)
