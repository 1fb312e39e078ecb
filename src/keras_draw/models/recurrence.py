"""The recurrence: one stroke, and the one scan that repeats it over T timesteps.

Pure functions over arrays: weights and noise come in, nothing is drawn or stored here. Training,
reconstruction and evaluation scan `stroke`; generation scans its lower half, `paint`.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models import gathered, windows
from keras_draw.models.cells import CELLS
from keras_draw.models.outputs import CellState, Painting, Posterior, State, Tensor, Unroll
from keras_draw.models.precision import product
from keras_draw.models.weights import (
    DecoderWeights,
    PosteriorWeights,
    StepWeights,
    add_drive,
    decoder_weights,
    stacked_names,
    step_weights,
)

Kept = dict[str, Any]
"""What is kept of every timestep, by its name in `Unroll`: arrays with a leading T."""
ENCODER_ONLY = ("encoder", "posterior", "read")
"""Names of the weights that generation does without begin so."""


def stroke(
    config: DRAWConfig, weights: StepWeights, state: State, x: Tensor, noise: Tensor
) -> tuple[State, Posterior, windows.Looks]:
    """One timestep: look at what is missing, encode it, draw a latent, paint.

    Args:
        config: which cell, which windows.
        weights: this timestep's weights.
        state: canvas and recurrent states of the timestep before.
        x: the images (B, D).
        noise: standard normal (B, Z).

    Returns:
        The new state, the posterior with its draw, and the windows.

    Source: Gregor et al. 2015, Eqs. 3 to 8 (METHOD: the thesis's listing of section 3.1).
    """
    read, paint_with = weights
    error = x - ops.sigmoid(state.canvas)
    glimpse, looked = windows.read(config, read.window, x, error, state.decoder.h)
    encoder = CELLS[config.cell](read.cell, read.drive, [glimpse, state.decoder.h], state.encoder)
    posterior = reparameterise(read.posterior, encoder.h, noise)
    canvas, decoder, wrote = paint(config, paint_with, state.canvas, state.decoder, posterior.z)
    return State(canvas, encoder, decoder), posterior, looked | wrote


def reparameterise(weights: PosteriorWeights, h_enc: Tensor, noise: Tensor) -> Posterior:
    """A draw from q(z_t | h_enc) as a differentiable function of noise.

    Args:
        weights: this timestep's.
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
    canvas: Tensor,
    decoder: CellState,
    z: Tensor,
) -> tuple[Tensor, CellState, windows.Looks]:
    """The decoder's half of a timestep: all that generation needs.

    Args:
        config: which cell, which window.
        weights: this timestep's weights.
        canvas: logits painted so far (B, D).
        decoder: the decoder's state of the timestep before.
        z: latents (B, Z).

    Returns:
        The new canvas and decoder state, and the window.

    Source: Gregor et al. 2015, Eqs. 7 and 8.
    """
    if weights.latent is not None:
        z = product(z, weights.latent.kernel) + weights.latent.bias
    decoder = CELLS[config.cell](weights.cell, weights.drive, [z], decoder)
    added, wrote = windows.write(config, weights.write, decoder.h)
    return canvas + added, decoder, wrote


def unroll(
    config: DRAWConfig,
    weights: dict[str, Tensor],
    x: Tensor,
    y: Tensor | None,
    noise: Tensor,
    *,
    all_canvases: bool = False,
) -> Unroll:
    """All T strokes over a batch of images.

    Args:
        config: the network.
        weights: all weights by name; kernels in the compute dtype.
        x: images in [0, 1] (B, D).
        y: one-hot classes (B, K), or None.
        noise: standard normal (T, B, Z).
        all_canvases: keep c_1..c_T instead of c_T alone, and the windows.

    Returns:
        Images, canvas, posteriors and draws, batch first.
    """
    unchanging = [x] if config.read is None else []
    unchanging += [] if y is None else [y]
    static = ops.concatenate(unchanging, axis=-1) if unchanging else None
    weights = add_drive(add_drive(weights, "encoder", static), "decoder", y)

    def body(state: State, step: StepWeights, noise: Tensor, x: Tensor) -> tuple[State, Kept]:
        state, posterior, looks = stroke(config, step, state, x, noise)
        kept = posterior._asdict()
        return state, kept | {"canvas": state.canvas, "windows": looks} if all_canvases else kept

    start = initial_state(config, weights, ops.shape(x)[0], x.dtype)
    state, kept = _over_time(config, weights, step_weights, body, start, noise, x)
    kept = {"canvas": state.canvas} | _batch_first(kept)
    return Unroll(x, **kept)


def decode(
    config: DRAWConfig,
    weights: dict[str, Tensor],
    y: Tensor | None,
    z: Tensor,
    *,
    all_canvases: bool = False,
) -> Painting:
    """The decoder alone, fed with given latents: generation.

    Args:
        config: the network.
        weights: all weights by name; kernels in the compute dtype.
        y: one-hot classes (B, K), or None.
        z: latents of every timestep (T, B, Z).
        all_canvases: give c_1..c_T instead of c_T alone, and the windows.

    Returns:
        The canvas, batch first.

    Source: Gregor et al. 2015, section 2.3.
    """
    weights = add_drive(
        {name: w for name, w in weights.items() if not name.startswith(ENCODER_ONLY)},
        "decoder",
        y,
    )

    def body(
        state: tuple[Tensor, CellState], step: DecoderWeights, z: Tensor
    ) -> tuple[tuple[Tensor, CellState], Kept]:
        canvas, decoder, wrote = paint(config, step, *state, z)
        return (canvas, decoder), {"canvas": canvas, "windows": wrote} if all_canvases else {}

    start = initial_state(config, weights, ops.shape(z)[1], z.dtype)
    state, kept = _over_time(
        config, weights, decoder_weights, body, (start.canvas, start.decoder), z
    )
    return Painting(**({"canvas": state[0], "windows": {}} | _batch_first(kept)))


def initial_state(config: DRAWConfig, weights: dict[str, Tensor], batch: int, dtype: str) -> State:
    """Canvas and recurrent states before the first stroke.

    Args:
        config: the network.
        weights: those of `initial_canvas` and the learned states are used, where there are any.
        batch: B.
        dtype: of the state.

    Returns:
        Zeros, or the learned or adapted starts.
    """

    def start(name: str, size: int) -> Tensor:
        if name in weights:
            return ops.broadcast_to(ops.cast(weights[name], dtype), (batch, size))
        return ops.zeros((batch, size), dtype)

    h = config.hidden_dim
    return State(
        canvas=start("initial_canvas", config.num_pixels),
        encoder=CellState(start("encoder_c0", h), start("encoder_h0", h)),
        decoder=CellState(start("decoder_c0", h), start("decoder_h0", h)),
    )


def _over_time(
    config: DRAWConfig,
    weights: dict[str, Tensor],
    grouped: Callable[[dict[str, Tensor]], Any],
    body: Callable[..., tuple[Any, Kept]],
    start: Any,
    inputs: Tensor,
    *constants: Tensor,
) -> tuple[Any, Kept]:
    """Scan `body` over the timesteps, giving each its own weights and its row of `inputs`."""
    stacked = {name: weights[name] for name in stacked_names(config) & weights.keys()}
    shared = {name: w for name, w in weights.items() if name not in stacked}

    def step(shared: dict[str, Any], constants: tuple[Tensor, ...], state: Any, row: Any) -> Any:
        own, step_input = row
        return body(state, grouped({**shared, **own}), step_input, *constants)

    if not config.remat_segment:
        return gathered.scan(step, shared, constants, start, (stacked, inputs))

    def segment(state: Any, rows: Any) -> tuple[Any, Any]:
        return gathered.scan(step, shared, constants, state, rows)

    length = config.remat_segment
    split = keras.tree.map_structure(
        lambda a: ops.reshape(a, (-1, length, *a.shape[1:])), (stacked, inputs)
    )
    state, kept = ops.scan(keras.remat(segment), start, split)
    return state, keras.tree.map_structure(lambda a: ops.reshape(a, (-1, *a.shape[2:])), kept)


def _batch_first(kept: Kept) -> Kept:
    return keras.tree.map_structure(lambda a: ops.swapaxes(a, 0, 1), kept)
