"""How the network looks at the image and touches the canvas: all of it at once, or a window.

A window is a grid of N x N Gaussian filters that the decoder places, spaces and focuses. Reading
and writing each have one of their own, or none. Pixels are counted as in the paper, from 1: across
from 1 to the width A, down from 1 to the height B.
"""

from typing import NamedTuple

import keras
from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models.outputs import Tensor, Window
from keras_draw.models.precision import product

PARAMETERS = 5
"""What places a window: centre across and down, log variance, log stride, log intensity."""
LARGEST_LOG = 20.0
"""Logarithms are kept within this: windows of a width from 0.00005 to 20,000 pixels."""
FARTHEST = 1e6
"""Centres are kept within this many pixels of the image, so that their squares stay finite."""

Looks = dict[str, Window]
"""`"read"` and `"write"`: the windows of a timestep, as far as the network has any."""


class WindowWeights(NamedTuple):
    """The Dense layer from the decoder to a window's parameters."""

    kernel: Tensor
    """(H, 5)."""
    bias: Tensor
    """(5,)."""


class WriteWeights(NamedTuple):
    """The Dense layer from the decoder to the canvas, or to the patch that a window writes."""

    kernel: Tensor
    """(H, P), or (H, N N channels of the canvas) with a window."""
    bias: Tensor
    """(P,), or (N N channels,)."""
    window: WindowWeights | None = None


def read(
    config: DRAWConfig, weights: WindowWeights | None, x: Tensor, error: Tensor, h_dec: Tensor
) -> tuple[Tensor, Looks]:
    """What of the glimpse r_t is new at this timestep.

    Without a window r_t = [x, x_hat_t], of which only the error image is new: the image itself
    never changes, so that its share of the encoder's gates is computed once, before the first
    timestep, and reaches the cell as part of `drive`. With one, both are seen through it.

    Args:
        config: sizes of window and image.
        weights: the window's, or None to read the whole image.
        x: the images (B, D).
        error: x_hat_t, x less the image that c_{t-1} has painted (B, D).
        h_dec: the decoder's output of the timestep before (B, H).

    Returns:
        (B, D), or (B, 2 N N channels): the image's glimpse, then the error's; and the window.

    Source: Gregor et al. 2015, Eqs. 17 and 27.
    """
    if weights is None or config.read is None:
        return error, {}
    window, n = place(config, weights, h_dec, config.read), config.read

    def glimpses(window: Window, x: Tensor, error: Tensor) -> Tensor:
        banks = filterbanks(config, window, n)
        seen = [window.gamma[:, None] * look(config, *banks, image) for image in (x, error)]
        return ops.concatenate(seen, axis=-1)

    # Filters are made again in the backward pass: cheaper than to keep those of every timestep.
    return keras.remat(glimpses)(window, x, error), {"read": window}


def write(config: DRAWConfig, weights: WriteWeights, h_dec: Tensor) -> tuple[Tensor, Looks]:
    """The stroke that is added to the canvas.

    Args:
        config: sizes of window and image.
        weights: the Dense layer's, and the window's if there is one.
        h_dec: the decoder's output (B, H).

    Returns:
        What the canvas gets (B, P), and the window.

    Source: Gregor et al. 2015, Eqs. 18, 28 and 29.
    """
    patch = product(h_dec, weights.kernel) + weights.bias
    if weights.window is None or config.write is None:
        return patch, {}
    window, n = place(config, weights.window, h_dec, config.write), config.write

    def added(window: Window, patch: Tensor) -> Tensor:
        return touch(*filterbanks(config, window, n), patch) / window.gamma[:, None]

    return keras.remat(added)(window, patch), {"write": window}


def place(config: DRAWConfig, weights: WindowWeights, h_dec: Tensor, n: int) -> Window:
    """Where the decoder puts a window.

    Args:
        config: size of the image.
        weights: the window's.
        h_dec: the decoder's output (B, H).
        n: N, filters on a side.

    Returns:
        The window's parameters, each (B,). A window of one filter has no stride: zero.

    Source: Gregor et al. 2015, Eqs. 21 to 24.
    """
    height, width, _ = config.image_shape
    parameters = product(h_dec, weights.kernel) + weights.bias
    gx, gy, *logs = ops.unstack(parameters, PARAMETERS, axis=-1)
    log_var, log_delta, log_gamma = (ops.clip(a, -LARGEST_LOG, LARGEST_LOG) for a in logs)
    span = (max(height, width) - 1) / (n - 1) if n > 1 else 0.0
    return Window(
        x=(width + 1) / 2 * (gx + 1),
        y=(height + 1) / 2 * (gy + 1),
        sigma=ops.exp(log_var / 2),
        delta=span * ops.exp(log_delta),
        gamma=ops.exp(log_gamma),
    )


def filterbanks(config: DRAWConfig, window: Window, n: int) -> tuple[Tensor, Tensor]:
    """The filters of a window, down and across.

    Args:
        config: size of the image.
        window: its parameters, each (B,).
        n: N, filters on a side.

    Returns:
        F_Y (B, N, height) and F_X (B, N, width).
    """
    height, width, _ = config.image_shape
    return (
        filterbank(window.y, window.delta, window.sigma, n, height),
        filterbank(window.x, window.delta, window.sigma, n, width),
    )


def filterbank(centre: Tensor, delta: Tensor, sigma: Tensor, n: int, size: int) -> Tensor:
    """N Gaussian filters over one axis of the image, each of sum 1.

    Args:
        centre: of the grid, in pixels counted from 1 (B,).
        delta: stride between filters, pixels (B,).
        sigma: standard deviation of a filter, pixels (B,).
        n: N.
        size: pixels of the axis.

    Returns:
        (B, N, size). A filter that lies off the image, however far, sees the nearest pixels.

    Example:
        >>> one = np.ones(1, "float32")
        >>> filterbank(3 * one, one, 1e-4 * one, 1, 4)[0, 0].tolist()
        [0.0, 0.0, 1.0, 0.0]

    Source: Gregor et al. 2015, Eqs. 19, 20, 25 and 26.
    """
    dtype = ops.dtype(centre)
    grid = ops.arange(1, n + 1, dtype=dtype) - (n / 2 + 0.5)
    mu = ops.clip(centre[:, None] + grid * delta[:, None], -FARTHEST, FARTHEST)
    pixels = ops.arange(1, size + 1, dtype=dtype)
    # A softmax is the exponential over its sum, without 0 / 0 where all exponentials vanish.
    far = ops.square((pixels - mu[..., None]) / sigma[:, None, None])
    return ops.softmax(-far / 2, axis=-1)


def look(config: DRAWConfig, f_y: Tensor, f_x: Tensor, image: Tensor) -> Tensor:
    """F_Y image F_X^T for every channel.

    Args:
        config: size of the image.
        f_y: (B, N, height).
        f_x: (B, N, width).
        image: (B, D).

    Returns:
        (B, N N channels).
    """
    (height, width, channels), n = config.image_shape, f_x.shape[1]
    rows = ops.matmul(f_y, ops.reshape(image, (-1, height, width * channels)))
    rows = _transposed(ops.reshape(rows, (-1, n, width, channels)))
    patch = ops.matmul(ops.reshape(rows, (-1, n * channels, width)), ops.swapaxes(f_x, 1, 2))
    patch = _transposed(ops.reshape(patch, (-1, n, channels, n)))
    return ops.reshape(patch, (-1, n * n * channels))


def touch(f_y: Tensor, f_x: Tensor, patch: Tensor) -> Tensor:
    """F_Y^T patch F_X for every channel of the canvas: `look` the other way.

    Args:
        f_y: (B, N, height).
        f_x: (B, N, width).
        patch: (B, N N channels).

    Returns:
        (B, height width channels).
    """
    (_, n, height), width = f_y.shape, f_x.shape[2]
    channels = patch.shape[1] // n**2
    rows = _transposed(ops.reshape(patch, (-1, n, n, channels)))
    rows = ops.matmul(ops.reshape(rows, (-1, n * channels, n)), f_x)
    rows = _transposed(ops.reshape(rows, (-1, n, channels, width)))
    image = ops.matmul(ops.swapaxes(f_y, 1, 2), ops.reshape(rows, (-1, n, width * channels)))
    return ops.reshape(image, (-1, height * width * channels))


def _transposed(a: Tensor) -> Tensor:
    """The last two axes exchanged; with one channel only the shape changes."""
    if 1 in a.shape[-2:]:
        return ops.reshape(a, (-1, a.shape[1], a.shape[3], a.shape[2]))
    return ops.swapaxes(a, -1, -2)
