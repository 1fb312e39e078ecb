"""Draw with a network: reconstructions, new images, interpolations.

These functions are also methods of `DRAW`: `network` is then the model itself.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from keras_draw.config import DRAWConfig, whole_number
from keras_draw.models.inputs import check_labels
from keras_draw.models.memory import FLOAT, check_fits
from keras_draw.models.outputs import Painting, Strokes, Unroll
from keras_draw.models.running import Network
from keras_draw.pixels import as_array

P = ParamSpec("P")
R = TypeVar("R")


def _final(draw: Callable[P, R]) -> Callable[P, R]:
    """Give a clear error when a function that returns final images is asked for strokes."""

    @wraps(draw)
    def method(*args: P.args, **kwargs: P.kwargs) -> R:
        if asked := sorted(kwargs.keys() & {"steps", "windows"}):
            name = draw.__name__
            raise TypeError(
                f"{name}() does not accept {' and '.join(asked)}: it returns final images only. "
                f"Call {name}_strokes() for the images after every timestep and the windows."
            )
        return draw(*args, **kwargs)

    return method


@_final
def reconstruct(
    network: Network, x: Any, y: Any = None, *, seed: int = 0, batch_size: int = 256
) -> np.ndarray:
    """Reconstruct images: encode each one and paint it again.

    Args:
        network: a `DRAW`.
        x: images (N, H, W, C).
        y: labels, as indices or class names, for a conditional network.
        seed: seed of the latents' noise.
        batch_size: images at a time.

    Returns:
        float32 in [0, 1], (N, H, W, C).

    Raises:
        ValueError: if images or labels do not fit.

    Example:
        >>> model.reconstruct(images[:5], labels[:5]).shape
        (5, 8, 8, 1)
    """
    return _images(network.config, network.runner.unroll(x, y, seed, batch_size))


def reconstruct_strokes(
    network: Network, x: Any, y: Any = None, *, seed: int = 0, batch_size: int = 256
) -> Strokes:
    """Reconstruct images stroke by stroke; arguments as in `reconstruct`.

    Returns:
        The images after every timestep, float32 in [0, 1], (N, T, H, W, C), and the windows that
        the network read and wrote through, each value (N, T). A window the network does not have
        is None.

    Example:
        >>> model.reconstruct_strokes(images[:5], labels[:5]).images.shape      # four strokes
        (5, 4, 8, 8, 1)
    """
    found = network.runner.unroll(x, y, seed, batch_size, all_canvases=True)
    return _strokes(network.config, found)


@_final
def generate(
    network: Network, n: int, y: Any = None, *, seed: int = 0, batch_size: int = 256
) -> np.ndarray:
    """Generate new images: draw latents from N(0, I) and decode them.

    Args:
        network: a `DRAW`.
        n: number of images.
        y: labels (n,), as indices or class names, or one label for all. Without labels, a
            conditional network draws the classes in turn.
        seed: the same seed gives the same images; the first images do not depend on `n`.
        batch_size: images at a time.

    Returns:
        float32 in [0, 1], (n, H, W, C).

    Raises:
        ValueError: if `n` or labels are out of range.

    Example:
        >>> model.generate(16, y=9, seed=1).shape
        (16, 8, 8, 1)
    """
    return _images(network.config, _generated(network, n, y, seed, batch_size))


def generate_strokes(
    network: Network, n: int, y: Any = None, *, seed: int = 0, batch_size: int = 256
) -> Strokes:
    """Generate new images stroke by stroke; arguments as in `generate`.

    Returns:
        The images after every timestep, float32 in [0, 1], (n, T, H, W, C), and the window that
        the network wrote through, each value (n, T), or None if it has none. `read` is always
        None.

    Example:
        >>> drawn = model.generate_strokes(16, y=9)
        >>> np.array_equal(drawn.images[:, -1], model.generate(16, y=9))
        True
    """
    found = _generated(network, n, y, seed, batch_size, all_canvases=True)
    return _strokes(network.config, found)


@_final
def decode(network: Network, z: Any, y: Any = None, *, batch_size: int = 256) -> np.ndarray:
    """Decode given latents into images.

    Args:
        network: a `DRAW`.
        z: latents (N, T, Z), finite.
        y: labels, as indices or class names, for a conditional network.
        batch_size: images at a time.

    Returns:
        float32 in [0, 1], (N, H, W, C).

    Raises:
        ValueError: if latents or labels do not fit, or a latent is not finite.

    Example:
        >>> mu = model.encode(images[:5], labels[:5]).mu
        >>> model.decode(mu, labels[:5]).shape
        (5, 8, 8, 1)
    """
    z, y = _latents(network.config, z, y)
    return _images(network.config, network.runner.decode(z, y, batch_size))


def decode_strokes(network: Network, z: Any, y: Any = None, *, batch_size: int = 256) -> Strokes:
    """Decode given latents stroke by stroke; arguments as in `decode`.

    Returns:
        As in `generate_strokes`, with N images.
    """
    z, y = _latents(network.config, z, y)
    return _strokes(network.config, network.runner.decode(z, y, batch_size, all_canvases=True))


def interpolate(
    network: Network, x_a: Any, x_b: Any, n: int, y_a: Any = None, y_b: Any = None
) -> np.ndarray:
    """Interpolate between pairs of images, linearly in the posterior means of all timesteps.

    Args:
        network: a `DRAW`.
        x_a: images to start from (N, H, W, C).
        x_b: images to end at (N, H, W, C).
        n: number of images per pair, both ends included; 2 or more.
        y_a: labels of `x_a`, for a conditional network.
        y_b: labels of `x_b`; default: those of `x_a`. Labels are interpolated like latents.

    Returns:
        float32 in [0, 1], (N, n, H, W, C): the decoded steps from each `x_a` to its `x_b`.

    Raises:
        ValueError: if images or labels do not fit, or there are not as many `x_a` as `x_b`.

    Example:
        >>> model.interpolate(images[:2], images[2:4], 10, labels[:2], labels[2:4]).shape
        (2, 10, 8, 8, 1)
    """
    config, runner = network.config, network.runner
    n = whole_number("n", n, at_least=2)
    y_b = y_a if y_b is None else y_b
    ends = [runner.unroll(x, y, None, 256).z for x, y in ((x_a, y_a), (x_b, y_b))]
    if ends[0].shape != ends[1].shape:
        raise ValueError(
            f"There are {len(ends[0])} images to start from and {len(ends[1])} to end at; "
            "give the same number of each."
        )
    share = np.linspace(0, 1, n).reshape(1, n, 1, 1)
    z = (1 - share) * ends[0][:, None] + share * ends[1][:, None]
    labels = [check_labels(config, y, len(z)) for y in (y_a, y_b)]
    y = None
    if labels[0] is not None and labels[1] is not None:
        y = (1 - share[..., 0]) * labels[0][:, None] + share[..., 0] * labels[1][:, None]
        y = y.reshape(-1, config.num_classes)
    painted = runner.decode(z.reshape(-1, *z.shape[2:]), y, 256)
    return _images(config, painted).reshape(len(z), n, *config.image_shape)


def _generated(
    network: Network, n: int, y: Any, seed: int, batch_size: int, *, all_canvases: bool = False
) -> Painting:
    config = network.config
    n, seed = whole_number("n", n, at_least=1), whole_number("seed", seed)
    kept = config.num_pixels * (config.timesteps if all_canvases else 1)
    needed = FLOAT * n * (2.0 * kept + 4.0 * config.timesteps * config.latent_dim)
    check_fits(needed, f"Drawing {n} images at once", "draw fewer, with several seeds")
    if y is None and config.num_classes:
        y = np.arange(n) % config.num_classes
    y = check_labels(config, y, n)
    z = network.runner.noise(n, seed)
    return network.runner.decode(z, y, batch_size, all_canvases=all_canvases)


def _latents(config: DRAWConfig, z: Any, y: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Check latents and their labels."""
    z = as_array(z, "Latents")
    expected = (config.timesteps, config.latent_dim)
    if z.ndim != 3 or z.shape[1:] != expected or len(z) == 0:
        raise ValueError(
            f"Latents have shape {z.shape}; this network takes (N, T, Z) with T and Z "
            f"{expected[0]} and {expected[1]}."
        )
    if z.dtype.kind not in "iuf" or not np.isfinite(z).all():
        raise ValueError(
            f"Latents of type {z.dtype} contain values that are not finite numbers; expected "
            "finite floats."
        )
    return z, check_labels(config, y, len(z))


def _images(config: DRAWConfig, painted: Painting | Unroll) -> np.ndarray:
    logits = painted.canvas
    sigmoid = 0.5 + 0.5 * np.tanh(logits / 2)  # does not overflow for large logits
    return sigmoid.astype("float32").reshape(*logits.shape[:-1], *config.image_shape)


def _strokes(config: DRAWConfig, painted: Painting | Unroll) -> Strokes:
    windows = painted.windows
    return Strokes(_images(config, painted), windows.get("read"), windows.get("write"))
