"""How the network reads the image and writes the canvas: as a whole, or through a window.

A window is a grid of N x N Gaussian filters; the decoder sets its position, stride and width.
Reading and writing each have their own window, or none. Pixels are counted from 1, as in the paper:
from 1 to the width A across, from 1 to the height B down.
"""

from typing import NamedTuple

import keras
from keras import ops

from keras_draw.config import DRAWConfig
from keras_draw.models.outputs import Tensor, Window
from keras_draw.models.precision import product

PARAMETERS = 5
"""Parameters of a window: centre across and down, log variance, log stride, log intensity."""
LARGEST_LOG = 20.0
"""Logarithms are clipped to this, which allows windows of 0.00005 to 20,000 pixels in width."""
FARTHEST = 1e6
"""Centres of filters are clipped to this many pixels, so their squares stay finite."""

Looks = dict[str, Window]
"""`"read"` and `"write"` -> the windows of a timestep; windows the network lacks are left out."""


class WindowWeights(NamedTuple):
    """The Dense layer from the decoder to a window's parameters."""

    kernel: Tensor
    """(H, 5)."""
    bias: Tensor
    """(5,)."""


class WriteWeights(NamedTuple):
    """The Dense layer from the decoder to the canvas, or to the patch that a window writes."""

    kernel: Tensor
    """(H, P); with a window (H, N * N * channels of the canvas)."""
    bias: Tensor
    """(P,); with a window (N * N * channels,)."""
    window: WindowWeights | None = None
    """None if the network writes on the whole canvas."""


def read(
    config: DRAWConfig, weights: WindowWeights | None, x: Tensor, error: Tensor, h_dec: Tensor
) -> tuple[Tensor, Looks]:
    """The part of the glimpse r_t that is new at this timestep.

    Without a window, r_t = [x, x_hat_t], and only the error image is new. The image itself never
    changes, so its contribution to the encoder's gates is computed once, before the first timestep,
    and reaches the cell as part of `drive`. With a window, both are read through it.

    Args:
        config: sizes of window and image.
        weights: weights of the window, or None to read the whole image.
        x: the images (B, D).
        error: x_hat_t, x minus the image that c_{t-1} shows (B, D).
        h_dec: the decoder's output at the previous timestep (B, H).

    Returns:
        The error (B, D), or the glimpses of image and error (B, 2 * N * N * channels); and the
        window.

    Source: Gregor et al. 2015, Eqs. 17 and 27.
    """
    if weights is None or config.read is None:
        return error, {}
    window, n = place(config, weights, h_dec, config.read), config.read

    def glimpses(window: Window, x: Tensor, error: Tensor) -> Tensor:
        banks = filterbanks(config, window, n)
        seen = [window.gamma[:, None] * look(config, *banks, image) for image in (x, error)]
        return ops.concatenate(seen, axis=-1)

    # Filters are recomputed in the backward pass: cheaper than keeping those of every timestep.
    return keras.remat(glimpses)(window, x, error), {"read": window}


def write(config: DRAWConfig, weights: WriteWeights, h_dec: Tensor) -> tuple[Tensor, Looks]:
    """The stroke to add to the canvas.

    Args:
        config: sizes of window and image.
        weights: weights of the Dense layer, and of the window if there is one.
        h_dec: the decoder's output (B, H).

    Returns:
        The stroke (B, P), and the window.

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
    """The window that the decoder places.

    Args:
        config: size of the image.
        weights: weights of the window.
        h_dec: the decoder's output (B, H).
        n: N, filters per side.

    Returns:
        The parameters of the window, each (B,). The stride of a single filter is zero.

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
    """The vertical and horizontal filters of a window.

    Args:
        config: size of the image.
        window: its parameters, each (B,).
        n: N, filters per side.

    Returns:
        F_Y (B, N, height) and F_X (B, N, width).
    """
    height, width, _ = config.image_shape
    return (
        filterbank(window.y, window.delta, window.sigma, n, height),
        filterbank(window.x, window.delta, window.sigma, n, width),
    )


def filterbank(centre: Tensor, delta: Tensor, sigma: Tensor, n: int, size: int) -> Tensor:
    """N Gaussian filters over one axis of the image, each with sum 1.

    Args:
        centre: centre of the grid, in pixels counted from 1 (B,).
        delta: stride between filters in pixels (B,).
        sigma: standard deviation of a filter in pixels (B,).
        n: N, number of filters.
        size: number of pixels along the axis.

    Returns:
        (B, N, size). A filter outside the image, at any distance, sees the nearest pixels.

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
    # A softmax is the exponential over its sum, but avoids 0 / 0 if all exponentials underflow.
    far = ops.square((pixels - mu[..., None]) / sigma[:, None, None])
    return ops.softmax(-far / 2, axis=-1)


def look(config: DRAWConfig, f_y: Tensor, f_x: Tensor, image: Tensor) -> Tensor:
    """Read a patch: F_Y image F_X^T for every channel.

    Args:
        config: size of the image.
        f_y: (B, N, height).
        f_x: (B, N, width).
        image: (B, D).

    Returns:
        (B, N * N * channels).
    """
    (height, width, channels), n = config.image_shape, f_x.shape[1]
    rows = ops.matmul(f_y, ops.reshape(image, (-1, height, width * channels)))
    rows = _transposed(ops.reshape(rows, (-1, n, width, channels)))
    patch = ops.matmul(ops.reshape(rows, (-1, n * channels, width)), ops.swapaxes(f_x, 1, 2))
    patch = _transposed(ops.reshape(patch, (-1, n, channels, n)))
    return ops.reshape(patch, (-1, n * n * channels))


def touch(f_y: Tensor, f_x: Tensor, patch: Tensor) -> Tensor:
    """Write a patch, the transpose of `look`: F_Y^T patch F_X for every channel of the canvas.

    Args:
        f_y: (B, N, height).
        f_x: (B, N, width).
        patch: (B, N * N * channels).

    Returns:
        (B, height * width * channels).
    """
    (_, n, height), width = f_y.shape, f_x.shape[2]
    channels = patch.shape[1] // n**2
    rows = _transposed(ops.reshape(patch, (-1, n, n, channels)))
    rows = ops.matmul(ops.reshape(rows, (-1, n * channels, n)), f_x)
    rows = _transposed(ops.reshape(rows, (-1, n, channels, width)))
    image = ops.matmul(ops.swapaxes(f_y, 1, 2), ops.reshape(rows, (-1, n, width * channels)))
    return ops.reshape(image, (-1, height * width * channels))


def _transposed(a: Tensor) -> Tensor:
    """Swap the last two axes; if one of them has length 1, a reshape is enough."""
    if 1 in a.shape[-2:]:
        return ops.reshape(a, (-1, a.shape[1], a.shape[3], a.shape[2]))
    return ops.swapaxes(a, -1, -2)
