"""What the benchmarks share: counting operations, the machine's fastest product, timing."""

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
    """Multiply-adds of one image's forward pass (docs/performance.md)."""
    kernels = [spec for spec in specs(config) if spec.kernel and spec.each_stroke]
    channels = {"read": 2 * config.image_shape[2], "write": likelihood_of(config).channels}
    step = sum(math.prod(spec.shape[-2:]) for spec in kernels)
    for name, n in (("read", config.read), ("write", config.write)):
        step += channels[name] * _filters(config, n) if n else 0
    return _hoisted(config) + config.timesteps * step


def _filters(config: DRAWConfig, n: int) -> int:
    """One channel of an image or patch through a window's filters."""
    height, width, _ = config.image_shape
    return n * height * width + n * n * width


def _hoisted(config: DRAWConfig) -> int:
    """The image's and the class's share of the gates, where they are multiplied once."""
    return sum(
        math.prod(spec.shape) for spec in specs(config) if spec.kernel and not spec.each_stroke
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
    """Print what was measured and on what; a warning where the machine was busy."""
    result = result | machine()
    if os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1):
        print("The machine was busy; these times are too long.", file=sys.stderr)
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
