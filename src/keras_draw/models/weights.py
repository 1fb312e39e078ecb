"""Which weights a network has, and how one timestep sees them."""

import math
from functools import lru_cache
from typing import NamedTuple

from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models.cells import cell_of
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.outputs import Tensor
from keras_draw.models.specs import Initializer, Layer, Owner, WeightSpec
from keras_draw.models.windows import PARAMETERS, WindowWeights, WriteWeights

Weights = dict[str, Tensor]
"""Weights by name, or the weights of one layer by key."""


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
    """The weights of one timestep's upper half."""

    cell: Weights
    """by key; see the cell's class."""
    posterior: PosteriorWeights
    window: WindowWeights | None
    """None if the network reads the whole image."""


class DecoderWeights(NamedTuple):
    """The weights of one timestep's lower half: all that generation needs."""

    cell: Weights
    """by key; see the cell's class."""
    latent: LatentWeights | None
    """None without `latent_dense`."""
    write: WriteWeights


@lru_cache
def specs(config: DRAWConfig, seed: int = 0) -> tuple[WeightSpec, ...]:
    """All weights of the network that a configuration describes.

    Kernels are initialised Glorot-uniform, as if each gate were a Dense layer over all its inputs.
    Biases start at zero, those of the forget gates at `forget_bias`.

    Args:
        config: the network's configuration.
        seed: seed of the random initial values; each weight's own seed is derived from it and the
            weight's name.

    Returns:
        The weights, in the order they are used. Files of trained networks rely on their names and
        order.
    """
    h, z, k = config.hidden_dim, config.latent_dim, config.num_classes
    cell, likelihood = cell_of(config), likelihood_of(config)
    recurrent = None if config.share_recurrent else config.timesteps
    heads = None if config.share_heads else config.timesteps

    def head(name: str, owner: Owner) -> Layer:
        return Layer(name, owner, heads, seed)

    def window(name: str, owner: Owner) -> list[WeightSpec]:
        return head(name, owner).dense(h, PARAMETERS, start=_window_of(config.initial_window))

    d, c = config.num_pixels, config.image_shape[2]
    image, glimpse = (d, d) if config.read is None else (0, 2 * config.read**2 * c)
    patch = config.write**2 * likelihood.channels if config.write else likelihood.canvas_size
    encoder = Layer("encoder", "encoder", recurrent, seed)
    decoder = Layer("decoder", "decoder", recurrent, seed)
    return (
        *(window("read", "encoder") if config.read else []),
        *cell.specs(encoder, static=image + k, changing=glimpse + h),
        *head("posterior", "encoder").dense(h, 2 * z, blocks=2),
        *(head("latent", "decoder").dense(z, z) if config.latent_dense else []),
        *cell.specs(decoder, static=k, changing=z),
        *head("canvas", "decoder").dense(h, patch),
        *(window("write", "decoder") if config.write else []),
        *_starts(config),
        *likelihood.specs(Layer("", "likelihood", seed=seed)),
    )


def _starts(config: DRAWConfig) -> list[WeightSpec]:
    """The weights of the initial canvas and states, if these do not start at zero."""
    found = []
    if config.initial_canvas != "zero":
        size = (likelihood_of(config).canvas_size,)
        trainable = config.initial_canvas == "learned"
        found.append(
            Layer("initial", "decoder").weight(
                "canvas", size, each_stroke=False, trainable=trainable
            )
        )
    if config.learned_initial_state:
        for half in (Layer("encoder", "encoder"), Layer("decoder", "decoder")):
            found += cell_of(config).start_specs(half)
    return found


def _window_of(share: float) -> Initializer:
    def start(shape: tuple[int, ...], dtype: str | None = None) -> Tensor:
        parameters = ops.convert_to_tensor([0.0, 0.0, 0.0, math.log(share), 0.0], dtype)
        return ops.broadcast_to(parameters, shape)

    return start


def of_layer(config: DRAWConfig, named: Weights, layer: str) -> Weights:
    """Select the weights of one layer, by key.

    Args:
        config: the network's configuration.
        named: weights by name: all of the network's, or some.
        layer: as in `WeightSpec`.
    """
    own = [spec for spec in specs(config) if spec.layer == layer and spec.name in named]
    return {spec.key: named[spec.name] for spec in own}


def likelihood_weights(config: DRAWConfig, named: Weights) -> Weights:
    """The likelihood's weights, by key."""
    return of_layer(config, named, "")


def encoder_weights(config: DRAWConfig, named: Weights) -> EncoderWeights:
    """Group one timestep's weights, by name and without a T axis, for the step's upper half."""
    window = of_layer(config, named, "read")
    return EncoderWeights(
        of_layer(config, named, "encoder"),
        PosteriorWeights(**of_layer(config, named, "posterior")),
        WindowWeights(**window) if window else None,
    )


def decoder_weights(config: DRAWConfig, named: Weights) -> DecoderWeights:
    """Group one timestep's weights, by name and without a T axis, for the step's lower half."""
    latent, window = of_layer(config, named, "latent"), of_layer(config, named, "write")
    return DecoderWeights(
        of_layer(config, named, "decoder"),
        LatentWeights(**latent) if latent else None,
        WriteWeights(
            **of_layer(config, named, "canvas"),
            window=WindowWeights(**window) if window else None,
        ),
    )
