"""What the benchmarks share: counting operations, the machine's fastest product, timing."""

import json
import os
import platform
import statistics
import time

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import numpy as np

from keras_draw import DRAWConfig


def multiply_adds(config: DRAWConfig) -> int:
    """Multiply-adds of one image's forward pass (docs/performance.md)."""
    t, z, h = config.timesteps, config.latent_dim, config.hidden_dim
    past, glimpse, reading = h, config.num_pixels, 0
    patch, writing = config.num_pixels, 0
    channels = config.image_shape[2]
    if config.read:
        glimpse, reading = 2 * config.read**2 * channels, _window(config, config.read, images=2)
    if config.write:
        patch, writing = config.write**2 * channels, _window(config, config.write, images=1)
    step = (glimpse + h + past) * 4 * h + 2 * z * h + (z + past) * 4 * h + h * patch
    step += reading + writing
    step += z * z if config.latent_dense else 0
    step += 2 * h * h if config.cell == "cell-gated" else 0
    return _hoisted(config) + t * step


def _window(config: DRAWConfig, n: int, *, images: int) -> int:
    """Its five parameters, and so many images or patches through its filters."""
    height, width, channels = config.image_shape
    return 5 * config.hidden_dim + images * channels * (n * height * width + n * n * width)


def _hoisted(config: DRAWConfig) -> int:
    """The image's share of the gates, where it is read whole."""
    if config.read:
        return 0
    return (
        config.num_pixels
        * 4
        * config.hidden_dim
        * (1 if config.share_recurrent else config.timesteps)
    )


def training_operations(config: DRAWConfig) -> int:
    """Operations of one image's training step: three forward passes less the image's gradient."""
    return 2 * (3 * multiply_adds(config) - _hoisted(config))


def fastest_product(size: int = 2048, repeats: int = 5, only: str = "") -> dict[str, float]:
    """Operations per second of a float32 product, by library; the best of some repeats."""
    random = np.random.default_rng(0)
    a, b = (random.random((size, size), dtype=np.float32) for _ in range(2))
    on_device = [jnp.asarray(a), jnp.asarray(b)]
    multiply = jax.jit(jnp.matmul)
    candidates = {
        "XLA": lambda: multiply(*on_device).block_until_ready(),
        "NumPy": lambda: a @ b,
    }
    try:
        import torch

        tensors = [torch.from_numpy(a), torch.from_numpy(b)]
        candidates["torch"] = lambda: torch.mm(*tensors)
    except ImportError:
        pass
    chosen = {only: candidates[only]} if only else candidates
    return {name: 2 * size**3 / min(timings(run, repeats)) for name, run in chosen.items()}


def timings(run, repeats: int) -> list[float]:
    """Seconds of each of some calls, after one that is not counted."""
    run()
    found = []
    for _ in range(repeats):
        begun = time.perf_counter()
        run()
        found.append(time.perf_counter() - begun)
    return found


def report(result: dict[str, object], *, as_json: bool) -> None:
    """Print what was measured, and on what."""
    result = result | machine()
    if as_json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name}: {value}")


def median(values: list[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def machine() -> dict[str, object]:
    """What was measured on, and whether it was busy with something else."""
    return {
        "processor": f"{platform.machine()}, {os.cpu_count()} cores",
        "device": str(jax.devices()[0]),
        "jax": jax.__version__,
        "load_average": os.getloadavg()[0],
    }
