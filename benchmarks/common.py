"""Shared by the benchmarks: operation counts, the machine's fastest matrix product, timing."""

import json
import math
import os
import platform
import statistics
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import numpy as np

from keras_draw import DRAWConfig
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.weights import specs


def multiply_adds(config: DRAWConfig) -> int:
    """Multiply-adds of the forward pass for one image (docs/performance.md)."""
    kernels = [spec for spec in specs(config) if spec.kernel and spec.each_stroke]
    channels = {"read": 2 * config.image_shape[2], "write": likelihood_of(config).channels}
    step = sum(math.prod(spec.shape[-2:]) for spec in kernels)
    for name, n in (("read", config.read), ("write", config.write)):
        step += channels[name] * _filters(config, n) if n else 0
    return _hoisted(config) + config.timesteps * step


def _filters(config: DRAWConfig, n: int) -> int:
    """Multiply-adds of a window's filters for one channel of an image or patch."""
    height, width, _ = config.image_shape
    return n * height * width + n * n * width


def _hoisted(config: DRAWConfig) -> int:
    """Multiply-adds of image and class, which are multiplied only once, before the scan."""
    return sum(
        math.prod(spec.shape) for spec in specs(config) if spec.kernel and not spec.each_stroke
    )


def training_operations(config: DRAWConfig) -> int:
    """Operations of a training step per image: three forward passes minus the image's gradient."""
    return 2 * (3 * multiply_adds(config) - _hoisted(config))


def fastest_product(size: int = 2048, repeats: int = 5, only: str = "") -> dict[str, float]:
    """Operations per second of a float32 matrix product, by library; the best of `repeats`.

    Args:
        size: rows and columns of the matrices.
        repeats: timed products of each library.
        only: measure only this library.
    """
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
    """Seconds of each of `repeats` calls, after one untimed call."""
    run()
    found = []
    for _ in range(repeats):
        begun = time.perf_counter()
        run()
        found.append(time.perf_counter() - begun)
    return found


def report(result: dict[str, object], *, as_json: bool) -> None:
    """Print the measurements and the machine, with a warning if the machine was busy."""
    result = result | machine()
    if os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1):
        print("The machine was busy; the times are too long.", file=sys.stderr)
    if as_json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name}: {value}")


def median(values: list[float]) -> float:
    """The median of the values."""
    return statistics.median(values)


def machine() -> dict[str, object]:
    """The machine and its load, which shows whether it was busy with something else."""
    return {
        "processor": f"{platform.machine()}, {os.cpu_count()} cores",
        "device": str(jax.devices()[0]),
        "jax": jax.__version__,
        "load_average": os.getloadavg()[0],
    }
