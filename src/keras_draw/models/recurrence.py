"""The recurrence: one stroke, and the scan that repeats it over T timesteps.

Pure functions over arrays: weights and noise are arguments; nothing is sampled or stored here.
Training, reconstruction and evaluation scan `stroke`; generation scans its lower half, `paint`.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models import gathered, windows
from keras_draw.models.cells import cell_of
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.outputs import Painting, Posterior, Recurrent, State, Tensor, Unroll
from keras_draw.models.precision import product
from keras_draw.models.specs import Owner
from keras_draw.models.weights import (
    DecoderWeights,
    EncoderWeights,
    PosteriorWeights,
    Weights,
    decoder_weights,
    encoder_weights,
    of_layer,
    specs,
)

Kept = dict[str, Any]
"""Values kept from every timestep, by their name in `Unroll`: arrays with a leading T."""
Drives = dict[str, Tensor]
"""Cell -> contribution of bias and static inputs to its gates; see `Cell.drive`."""


def stroke(
    config: DRAWConfig,
    weights: tuple[EncoderWeights, DecoderWeights],
    drives: Drives,
    state: State,
    x: Tensor,
    noise: Tensor,
) -> tuple[State, Posterior, windows.Looks]:
    """One timestep: read what is still missing, encode it, draw latents, paint.

    Args:
        config: selects cell, windows and likelihood.
        weights: weights of this timestep.
        drives: drives of both cells at this timestep.
        state: canvas and recurrent states of the previous timestep.
        x: the images (B, D).
        noise: standard normal (B, Z).

    Returns:
        The new state, the posterior with its draw, and the windows.

    Source: Gregor et al. 2015, Eqs. 3 to 8 and the listing in section 3.1 of the thesis.
    """
    read, paint_with = weights
    error = x - likelihood_of(config).mean(state.canvas)
    glimpse, looked = windows.read(config, read.window, x, error, state.decoder.h)
    seen = [glimpse, state.decoder.h]
    encoder = cell_of(config).step(read.cell, drives["encoder"], seen, state.encoder)
    posterior = reparameterise(read.posterior, encoder.h, noise)
    canvas, decoder, wrote = paint(
        config, paint_with, drives["decoder"], state.canvas, state.decoder, posterior.z
    )
    return State(canvas, encoder, decoder), posterior, looked | wrote


def reparameterise(weights: PosteriorWeights, h_enc: Tensor, noise: Tensor) -> Posterior:
    """Sample from q(z_t | h_enc), as a differentiable function of noise.

    Args:
        weights: weights of this timestep.
        h_enc: the encoder's output (B, H).
        noise: standard normal (B, Z).

    Returns:
        Mean, log variance and draw, each (B, Z).

    Source: Gregor et al. 2015, Eqs. 1, 2 and 6.
    """
    heads = product(h_enc, weights.kernel) + weights.bias
    mu, log_var = ops.split(heads, 2, axis=-1)
    return Posterior(mu, log_var, mu + ops.exp(log_var / 2) * noise)


def paint(
    config: DRAWConfig,
    weights: DecoderWeights,
    drive: Tensor,
    canvas: Tensor,
    decoder: Recurrent,
    z: Tensor,
) -> tuple[Tensor, Recurrent, windows.Looks]:
    """The decoder's half of a timestep: all that generation needs.

    Args:
        config: selects cell and window.
        weights: weights of this timestep.
        drive: drive of the decoder at this timestep.
        canvas: what has been painted so far (B, P).
        decoder: state of the decoder at the previous timestep.
        z: latents (B, Z).

    Returns:
        The new canvas and decoder state, and the window.

    Source: Gregor et al. 2015, Eqs. 7 and 8.
    """
    if weights.latent is not None:
        z = product(z, weights.latent.kernel) + weights.latent.bias
    decoder = cell_of(config).step(weights.cell, drive, [z], decoder)
    added, wrote = windows.write(config, weights.write, decoder.h)
    return canvas + added, decoder, wrote


def unroll(
    config: DRAWConfig,
    weights: Weights,
    x: Tensor,
    y: Tensor | None,
    noise: Tensor,
    *,
    all_canvases: bool = False,
    drives: Drives | None = None,
) -> Unroll:
    """Run all T strokes over a batch of images.

    Args:
        config: the network's configuration.
        weights: all weights by name; kernels in the compute dtype.
        x: images in [0, 1] (B, D).
        y: one-hot classes (B, K), or None.
        noise: standard normal (T, B, Z).
        all_canvases: return the image of every timestep instead of c_T, and the windows.
        drives: the result of `drives_of` for these images, if it is known; y is not used then.

    Returns:
        Images, canvas, posteriors and draws, batch first.
    """
    drives = drives_of(config, weights, x, y) if drives is None else drives

    def body(
        state: State, step: Weights, drives: Drives, noise: Tensor, x: Tensor
    ) -> tuple[State, Kept]:
        halves = encoder_weights(config, step), decoder_weights(config, step)
        state, posterior, looks = stroke(config, halves, drives, state, x, noise)
        return state, posterior._asdict() | _painted(config, state.canvas, looks, all_canvases)

    start = initial_state(config, weights, ops.shape(x)[0], x.dtype)
    owners: tuple[Owner, ...] = ("encoder", "decoder")
    state, kept = _over_time(config, weights, owners, body, start, drives, noise, x)
    kept = {"canvas": state.canvas} | _batch_first(kept)
    return Unroll(x, **kept)


def decode(
    config: DRAWConfig,
    weights: Weights,
    y: Tensor | None,
    z: Tensor,
    *,
    all_canvases: bool = False,
) -> Painting:
    """Run only the decoder on given latents, as in generation.

    Args:
        config: the network's configuration.
        weights: all weights by name; kernels in the compute dtype.
        y: one-hot classes (B, K), or None.
        z: latents of every timestep (T, B, Z).
        all_canvases: return the image of every timestep instead of c_T, and the windows.

    Returns:
        The canvas, batch first.

    Source: Gregor et al. 2015, section 2.3.
    """
    drives = {"decoder": _drive(config, weights, "decoder", y)}

    def body(
        state: tuple[Tensor, Recurrent], step: Weights, drives: Drives, z: Tensor
    ) -> tuple[tuple[Tensor, Recurrent], Kept]:
        half = decoder_weights(config, step)
        canvas, decoder, wrote = paint(config, half, drives["decoder"], *state, z)
        return (canvas, decoder), _painted(config, canvas, wrote, all_canvases)

    start = initial_state(config, weights, ops.shape(z)[1], z.dtype)
    begin = (start.canvas, start.decoder)
    state, kept = _over_time(config, weights, ("decoder",), body, begin, drives, z)
    return Painting(**({"canvas": state[0], "windows": {}} | _batch_first(kept)))


def drives_of(config: DRAWConfig, weights: Weights, x: Tensor, y: Tensor | None) -> Drives:
    """Compute the drives of both cells, which do not depend on the noise.

    Arguments as in `unroll`. In a drive that depends on images or classes, the axis before the last
    is that of the images; see `Cell.drive`.
    """
    unchanging = [x] if config.read is None else []
    unchanging += [] if y is None else [y]
    static = ops.concatenate(unchanging, axis=-1) if unchanging else None
    return {
        "encoder": _drive(config, weights, "encoder", static),
        "decoder": _drive(config, weights, "decoder", y),
    }


def _drive(config: DRAWConfig, weights: Weights, cell: str, static: Tensor | None) -> Tensor:
    return cell_of(config).drive(of_layer(config, weights, cell), static)


def _painted(config: DRAWConfig, canvas: Tensor, looks: windows.Looks, keep: bool) -> Kept:
    """The image and windows of a timestep to keep, if any."""
    if not keep:
        return {}
    return {"canvas": likelihood_of(config).logits(canvas), "windows": looks}


def initial_state(config: DRAWConfig, weights: Weights, batch: int, dtype: str) -> State:
    """Canvas and recurrent states before the first stroke.

    Args:
        config: the network's configuration.
        weights: all weights by name; the initial canvas and learned states are used, if any.
        batch: B.
        dtype: of the state.

    Returns:
        The learned or adapted initial values; zeros if there are none.
    """
    shape = (batch, likelihood_of(config).canvas_size)
    canvas = of_layer(config, weights, "initial").get("canvas")
    return State(
        ops.zeros(shape, dtype)
        if canvas is None
        else ops.broadcast_to(ops.cast(canvas, dtype), shape),
        *(
            cell_of(config).start(of_layer(config, weights, cell), batch, dtype)
            for cell in ("encoder", "decoder")
        ),
    )


def _over_time(
    config: DRAWConfig,
    weights: Weights,
    owners: tuple[Owner, ...],
    body: Callable[..., tuple[Any, Kept]],
    start: Any,
    drives: Drives,
    inputs: Tensor,
    *constants: Tensor,
) -> tuple[Any, Kept]:
    """Scan `body` over the timesteps, giving each its own weights, drives and row of `inputs`."""
    used = [spec for spec in specs(config) if spec.each_stroke and spec.owner in owners]

    def those(*, kernel: bool, stacked: bool) -> Weights:
        found = [spec for spec in used if spec.kernel == kernel and spec.stacked == stacked]
        return {spec.name: weights[spec.name] for spec in found}

    shared, others = (those(kernel=kernel, stacked=False) for kernel in (True, False))
    stacked, own = (those(kernel=kernel, stacked=True) for kernel in (True, False))
    all_drives, own_drives = (drives, {}) if config.share_recurrent else ({}, drives)

    def step(kernels: dict[str, Any], seen_by_all: Any, state: Any, row: Any) -> Any:
        (own, own_drives, step_input), (others, all_drives, constants) = row, seen_by_all
        weights = {**kernels, **others, **own}
        return body(state, weights, {**all_drives, **own_drives}, step_input, *constants)

    seen_by_all, rows = (others, all_drives, constants), (own, own_drives, inputs)
    if not config.remat_segment:
        kernels = gathered.Kernels(shared, stacked)
        return gathered.scan(step, kernels, seen_by_all, start, rows)

    def segment(state: Any, row: Any) -> tuple[Any, Any]:
        stacked, rows = row
        return gathered.scan(step, gathered.Kernels(shared, stacked), seen_by_all, state, rows)

    length = config.remat_segment
    split = keras.tree.map_structure(
        lambda a: ops.reshape(a, (-1, length, *a.shape[1:])), (stacked, rows)
    )
    state, kept = ops.scan(keras.remat(segment), start, split)
    return state, keras.tree.map_structure(lambda a: ops.reshape(a, (-1, *a.shape[2:])), kept)


def _batch_first(kept: Kept) -> Kept:
    return keras.tree.map_structure(lambda a: ops.swapaxes(a, 0, 1), kept)
