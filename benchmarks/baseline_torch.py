"""Compares keras-draw's training and drawing speed with a PyTorch DRAW of the same mathematics.

python benchmarks/baseline_torch.py --json
python benchmarks/baseline_torch.py --read 5 --write 5 --json

The baseline is `torch_draw.py` with fused Adam, both eager and through `torch.compile`. `hoisted`
multiplies the image once before the loop, as ours does; with attention there is nothing to hoist.
Before the timing, loss and gradients of both are compared on the same weights, images and noise.
"""

import keras_draw  # selects Keras's backend

# isort: split
import dataclasses
import itertools
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import jax
import numpy as np
import torch
import tyro
from common import median, multiply_adds, report, timings
from torch_draw import Parameters, Windows, draw, loss_of
from train_step import Options as StepOptions
from train_step import config_of, step_of

from keras_draw.models import recurrence
from keras_draw.models.objective import objective
from keras_draw.training.allocator import keep_freed_memory


def sizes_of(config: keras_draw.DRAWConfig) -> Windows:
    """Image shape and window sizes of our network, for the baseline."""
    return Windows(config.image_shape, config.read, config.write)


def parameters_of(model: keras_draw.DRAW) -> Parameters:
    """Our weights (shared, standard cells, unconditional), converted to the baseline's."""
    ours = {w.name: np.asarray(w.value) for w in model.trainable_weights}
    return {
        name: torch.tensor(np.concatenate([ours[part] for part in parts]), requires_grad=True)
        for name, parts in parts_of(model).items()
    }


def parts_of(model: keras_draw.DRAW) -> dict[str, list[str]]:
    """For each of the baseline's weights, the names of ours that it concatenates by rows."""
    ours = [w.name for w in model.trainable_weights]
    found: dict[str, list[str]] = {}
    for name in sorted(ours, key=lambda n: "static" not in n):
        theirs = name.replace("_static", "").removesuffix("_kernel")
        found.setdefault(theirs, []).append(name)
    return found


def largest_differences(
    model: keras_draw.DRAW, x: np.ndarray, noise: np.ndarray
) -> dict[str, float]:
    """Largest differences of loss and gradients, relative to the largest value of each."""
    tensors = model._tensors()
    names = [w.name for w in model.trainable_weights]

    def bound(weights):
        found = recurrence.unroll(model.config, {**tensors, **weights}, x, None, noise)
        return objective(model.config, found).loss

    loss, gradients = jax.jit(jax.value_and_grad(bound))({n: tensors[n] for n in names})
    found = {}
    for kind, hoisted in kinds_of(model.config).items():
        p = parameters_of(model)
        sizes = sizes_of(model.config)
        value = loss_of(p, torch.from_numpy(x), torch.from_numpy(noise), sizes, hoisted=hoisted)
        value.backward()
        found[f"loss ({kind})"] = abs(value.item() - float(loss)) / abs(float(loss))
        for name, parts in parts_of(model).items():
            ours = np.concatenate([np.asarray(gradients[part]) for part in parts])
            theirs = p[name].grad.numpy()
            found[f"{name} ({kind})"] = float(abs(ours - theirs).max() / abs(theirs).max())
    return found


def kinds_of(config: keras_draw.DRAWConfig) -> dict[str, bool]:
    """The baselines: plain, and with the image hoisted if the network reads the whole image."""
    return {"plain": False} | ({"hoisted": True} if config.read is None else {})


def torch_step(config: keras_draw.DRAWConfig, batch: int, *, hoisted: bool, loss=loss_of):
    """A training step of the baseline: noise, loss, gradients, clipping, fused Adam.

    Args:
        config: the network's configuration.
        batch: images per batch.
        hoisted: multiply the image once before the loop.
        loss: `loss_of`, or its compiled version.
    """
    p = parameters_of(keras_draw.DRAW(config))
    optimizer = torch.optim.Adam(p.values(), lr=1e-3, fused=True)
    images = np.random.default_rng(0).random((batch, config.num_pixels), dtype=np.float32)
    x = torch.from_numpy(images)

    def step():
        noise = torch.randn(config.timesteps, batch, config.latent_dim)
        optimizer.zero_grad()
        loss(p, x, noise, sizes_of(config), hoisted=hoisted).backward()
        torch.nn.utils.clip_grad_norm_(p.values(), 5.0)
        optimizer.step()

    return step


@dataclass(frozen=True)
class Options:
    """Compare training and drawing with PyTorch, in turns and in one process."""

    batch: int = 128
    """Images per batch."""
    timesteps: int = 10
    """T, the number of timesteps."""
    latent: int = 100
    """Z, latents per timestep."""
    hidden: int = 256
    """Units of each cell."""
    image_shape: tuple[int, int, int] = (28, 28, 1)
    """Height, width (pixels) and channels."""
    read: int | None = None
    """N of the reading window; None: the whole image."""
    write: int | None = None
    """N of the writing window; None: the whole canvas."""
    dtype: Literal["float32", "mixed_bfloat16"] = "float32"
    """Our dtype policy; the baseline stays float32."""
    compile: bool = True
    """Also time `torch.compile`, which needs a C++ compiler and about a minute."""
    rounds: int = 6
    """Rounds; in each, every candidate takes five steps."""
    json: bool = False
    """Print one JSON object."""


def step_options(options: Options) -> StepOptions:
    """The options of our training step, for the same network and batch."""
    fields = {field.name for field in dataclasses.fields(StepOptions)}
    return StepOptions(**{k: v for k, v in vars(options).items() if k in fields})


def ours_step(options: Options):
    """Our training step as `fit` runs it, and the seconds of its first call."""
    settings = step_options(options)
    step, state, batch = step_of(config_of(settings), settings)
    holder = [state]

    def run():
        logs, holder[0] = step(holder[0], batch)
        jax.block_until_ready((logs, holder[0]))

    return run, first_call(run)


def first_call(step) -> float:
    """Seconds of the first call, including tracing and compiling."""
    begun = time.perf_counter()
    step()
    return time.perf_counter() - begun


def generation(model: keras_draw.DRAW, p: Parameters, count: int = 1024) -> dict[str, float]:
    """Images per second that each network decodes from latents, 256 at a time."""
    z = np.random.default_rng(0).standard_normal(
        (count, model.config.timesteps, model.config.latent_dim), dtype=np.float32
    )
    theirs, sizes = torch.from_numpy(z.swapaxes(0, 1).copy()), sizes_of(model.config)

    def eager():
        return torch.cat([draw(p, part, sizes) for part in theirs.split(256, dim=1)]).numpy()

    difference = float(abs(eager() - model.decode(z).reshape(count, -1)).max())
    return {
        "images_per_second": count / min(timings(lambda: model.decode(z), 7)),
        "torch_images_per_second": count / min(timings(eager, 7)),
        "largest_difference": difference,
    }


def candidates(options: Options) -> tuple[dict[str, Callable[[], None]], dict[str, float]]:
    """The steps to time, by name, and the seconds of the first call of the compiled ones."""
    config = config_of(step_options(options))
    ours, seconds = ours_step(options)
    steps, compiling = {"ours": ours}, {"ours": seconds}
    for kind, hoisted in kinds_of(config).items():
        steps[kind] = torch_step(config, options.batch, hoisted=hoisted)
    if options.compile:
        hoisted = config.read is None
        loss = torch.compile(loss_of)
        steps["compiled"] = torch_step(config, options.batch, hoisted=hoisted, loss=loss)
        compiling["compiled"] = first_call(steps["compiled"])
    return steps, compiling


def speeds(options: Options, steps: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Images per second by candidate and, for PyTorch, number of threads; measured in turns."""
    cores = sorted({1, os.cpu_count() or 1})
    seconds: dict[str, list[float]] = {}
    for _ in range(options.rounds):
        seconds.setdefault("ours", []).extend(timings(steps["ours"], 5))
        for kind, threads in itertools.product(steps.keys() - {"ours"}, cores):
            torch.set_num_threads(threads)
            seconds.setdefault(f"{kind}, {threads} threads", []).extend(timings(steps[kind], 5))
            time.sleep(0.05)  # PyTorch's threads keep spinning for a moment
    torch.set_num_threads(max(cores))
    return {k: options.batch / median(v) for k, v in seconds.items()}


def compare(options: Options) -> dict[str, object]:
    """Check that both compute the same, then measure the speeds."""
    config = config_of(step_options(options))
    model = keras_draw.DRAW(config, seed=1)
    random = np.random.default_rng(1)
    x = random.random((options.batch, config.num_pixels), dtype=np.float32)
    noise = random.standard_normal(
        (config.timesteps, options.batch, config.latent_dim), dtype=np.float32
    )
    differences = largest_differences(model, x, noise)
    keep_freed_memory()
    steps, compiling = candidates(options)
    speed = speeds(options, steps)
    best = {k: max(v for name, v in speed.items() if name.startswith(k)) for k in steps}
    return {
        "images_per_second": best,
        "speedup": {k: best["ours"] / v for k, v in best.items() if k != "ours"},
        "first_step_seconds": compiling,
        "all": speed,
        "largest_relative_difference": max(differences.values()),
        "differences": differences,
        "generation": generation(model, parameters_of(model)),
        "multiply_adds_per_image": multiply_adds(config),
        "torch": torch.__version__,
    }


def main() -> None:
    """Measure and print."""
    options = tyro.cli(Options)
    result = compare(options)
    report(result, as_json=options.json)


if __name__ == "__main__":
    main()
