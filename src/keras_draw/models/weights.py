"""Which weights a network has, how they start, and how one timestep sees them."""

import math
import zlib
from collections.abc import Callable
from typing import NamedTuple

import keras
from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models.cells import CellWeights
from keras_draw.models.outputs import Tensor
from keras_draw.models.precision import product
from keras_draw.models.windows import PARAMETERS, WindowWeights, WriteWeights

Initializer = Callable[..., Tensor]

START_SCALE = 0.1
"""Where the discretized logistic's scale starts, in units of the image's range 0..1: on a grey
canvas black and white cost 5 nats, evenly spread levels 8.7 bits; no first gradient is huge."""


class WeightSpec(NamedTuple):
    """One weight of the network."""

    name: str
    shape: tuple[int, ...]
    """with a leading T if there is one of each per timestep."""
    initializer: Initializer
    stacked: bool
    """whether the leading axis is T, to be scanned."""
    trainable: bool = True


class PosteriorWeights(NamedTuple):
    """The Dense layers from the encoder to mu and log_var, side by side."""

    kernel: Tensor
    """(H, 2Z)."""
    bias: Tensor
    """(2Z,)."""


class LatentWeights(NamedTuple):
    """The thesis's linear Dense layer between the latents and the decoder."""

    kernel: Tensor
    """(Z, Z)."""
    bias: Tensor
    """(Z,)."""


class EncoderWeights(NamedTuple):
    """What one timestep's upper half uses."""

    cell: CellWeights
    drive: Tensor
    """share of the class, and of the image where no window reads it, in the gates, with the bias
    (B, 4H); (4H,) if there is neither."""
    posterior: PosteriorWeights
    window: WindowWeights | None


class DecoderWeights(NamedTuple):
    """What one timestep's lower half uses: all that generation needs."""

    cell: CellWeights
    drive: Tensor
    """share of the class in the gates, with the bias (B, 4H), or (4H,) without classes."""
    latent: LatentWeights | None
    write: WriteWeights


class StepWeights(NamedTuple):
    """What one timestep uses."""

    encoder: EncoderWeights
    decoder: DecoderWeights


def specs(config: DRAWConfig, seed: int) -> list[WeightSpec]:
    """Every weight of the network that a configuration describes.

    Kernels start Glorot-uniform over all the inputs of their layer, one gate at a time, as one
    Dense layer per gate would; biases at zero, the forget gates' at `forget_bias`.

    Args:
        config: the network.
        seed: of the random starts; each weight's own seed is made from it and its name.

    Returns:
        The weights, in the order in which they are used.
    """
    d, h, z, k = (
        config.num_pixels,
        config.hidden_dim,
        config.latent_dim,
        config.num_classes,
    )
    per_step = {
        "recurrent": () if config.share_recurrent else (config.timesteps,),
        "heads": () if config.share_heads else (config.timesteps,),
    }

    def kernel(name: str, kind: str, rows: int, columns: int, *, fans: int) -> WeightSpec:
        shape = (*per_step[kind], rows, columns)
        start = _glorot(math.sqrt(6 / fans), seed, name)
        return WeightSpec(name, shape, start, bool(per_step[kind]))

    def bias(name: str, kind: str, size: int, start: Initializer | str = "zeros") -> WeightSpec:
        initializer = keras.initializers.get(start)
        return WeightSpec(name, (*per_step[kind], size), initializer, bool(per_step[kind]))

    def cell(name: str, static: int, changing: int) -> list[WeightSpec]:
        fans = static + changing + h
        parts = [
            kernel(f"{name}_static_kernel", "recurrent", static, 4 * h, fans=fans),
            kernel(f"{name}_kernel", "recurrent", changing, 4 * h, fans=fans),
            bias(f"{name}_bias", "recurrent", 4 * h, _forget_gates_at(config.forget_bias)),
        ]
        if config.cell == "cell-gated":
            parts.append(kernel(f"{name}_output_kernel", "recurrent", h, h, fans=2 * h))
            parts.append(bias(f"{name}_output_bias", "recurrent", h))
        return [part for part in parts if 0 not in part.shape]

    def dense(
        name: str, inputs: int, outputs: int, *, blocks: int = 1, start: Initializer | str = "zeros"
    ) -> list[WeightSpec]:
        fans = inputs + outputs // blocks
        return [
            kernel(f"{name}_kernel", "heads", inputs, outputs, fans=fans),
            bias(f"{name}_bias", "heads", outputs, start),
        ]

    def window(name: str) -> list[WeightSpec]:
        return dense(name, h, PARAMETERS, start=_window_of(config.initial_window))

    c = config.image_shape[2]
    image, glimpse = (d, d) if config.read is None else (0, 2 * config.read**2 * c)
    patch = d if config.write is None else config.write**2 * c
    return [
        *(window("read") if config.read else []),
        *cell("encoder", static=image + k, changing=glimpse + h + h),
        *dense("posterior", h, 2 * z, blocks=2),
        *(dense("latent", z, z) if config.latent_dense else []),
        *cell("decoder", static=k, changing=z + h),
        *dense("canvas", h, patch),
        *(window("write") if config.write else []),
        *_starts(config),
        *_scales(config),
    ]


def _starts(config: DRAWConfig) -> list[WeightSpec]:
    """Where canvas and states begin, as far as they do not begin at zero."""
    zeros = keras.initializers.Zeros()
    found = []
    if config.initial_canvas != "zero":
        trainable = config.initial_canvas == "learned"
        shape = (config.num_pixels,)
        found.append(WeightSpec("initial_canvas", shape, zeros, False, trainable))
    if config.learned_initial_state:
        names = ("encoder_c0", "encoder_h0", "decoder_c0", "decoder_h0")
        found += [WeightSpec(name, (config.hidden_dim,), zeros, False) for name in names]
    return found


def _scales(config: DRAWConfig) -> list[WeightSpec]:
    """The likelihood's own weights: one for every pixel and channel, the same at all timesteps."""
    if config.likelihood != "discretized-logistic":
        return []
    start = keras.initializers.Constant(math.log(START_SCALE))
    return [WeightSpec("log_scale", (config.num_pixels,), start, False)]


def _glorot(limit: float, seed: int, name: str) -> Initializer:
    own_seed = (zlib.crc32(name.encode()) + seed) % 2**31
    return keras.initializers.RandomUniform(-limit, limit, seed=own_seed)


def _forget_gates_at(value: float) -> Initializer:
    def start(shape: tuple[int, ...], dtype: str | None = None) -> Tensor:
        quarter = (*shape[:-1], shape[-1] // 4)
        zeros = ops.zeros(quarter, dtype)
        forget = ops.full(quarter, value, dtype)
        return ops.concatenate([zeros, forget, zeros, zeros], axis=-1)

    return start


def _window_of(share: float) -> Initializer:
    def start(shape: tuple[int, ...], dtype: str | None = None) -> Tensor:
        parameters = ops.convert_to_tensor([0.0, 0.0, 0.0, math.log(share), 0.0], dtype)
        return ops.broadcast_to(parameters, shape)

    return start


def stacked_names(config: DRAWConfig) -> set[str]:
    """The weights, and drives, that have a leading T axis: one of each per timestep."""
    stacked = {spec.name for spec in specs(config, seed=0) if spec.stacked}
    return stacked if config.share_recurrent else stacked | {"encoder_drive", "decoder_drive"}


def add_drive(weights: dict[str, Tensor], cell: str, static: Tensor | None) -> dict[str, Tensor]:
    """Replace what meets a cell's unchanging inputs by the share these have in its gates.

    Args:
        weights: all weights by name.
        cell: `"encoder"` or `"decoder"`.
        static: the unchanging inputs (B, S), or None if there are none.

    Returns:
        The weights without the cell's bias and static kernel, and with its drive: (B, 4H), or
        (4H,) without static inputs; with a leading T if recurrent weights are not shared, in one
        product for all timesteps.
    """
    weights = dict(weights)
    bias = weights.pop(f"{cell}_bias")
    if static is None:
        return weights | {f"{cell}_drive": bias}
    kernel = weights.pop(f"{cell}_static_kernel")
    if len(kernel.shape) == 2:
        return weights | {f"{cell}_drive": product(static, kernel) + bias}
    return weights | {f"{cell}_drive": product(static[None], kernel) + bias[:, None]}


def step_weights(named: dict[str, Tensor]) -> StepWeights:
    """The weights of one timestep by name (no T axis left), grouped as the step reads them."""
    posterior = PosteriorWeights(named["posterior_kernel"], named["posterior_bias"])
    encoder = EncoderWeights(
        _cell(named, "encoder"), named["encoder_drive"], posterior, _window(named, "read")
    )
    return StepWeights(encoder, decoder_weights(named))


def decoder_weights(named: dict[str, Tensor]) -> DecoderWeights:
    """The decoder's half of `step_weights`."""
    latent = None
    if "latent_kernel" in named:
        latent = LatentWeights(named["latent_kernel"], named["latent_bias"])
    write = WriteWeights(named["canvas_kernel"], named["canvas_bias"], _window(named, "write"))
    return DecoderWeights(_cell(named, "decoder"), named["decoder_drive"], latent, write)


def _window(named: dict[str, Tensor], name: str) -> WindowWeights | None:
    if f"{name}_kernel" not in named:
        return None
    return WindowWeights(named[f"{name}_kernel"], named[f"{name}_bias"])


def _cell(named: dict[str, Tensor], name: str) -> CellWeights:
    return CellWeights(
        named[f"{name}_kernel"],
        named.get(f"{name}_output_kernel"),
        named.get(f"{name}_output_bias"),
    )
