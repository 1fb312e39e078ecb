"""Training speed: images per second, and as a share of the machine's fastest matrix product.

python benchmarks/train_step.py --json
python benchmarks/train_step.py --memory 8 16 32 64 128
"""

import keras_draw  # selects Keras's backend

# isort: split
import time
from dataclasses import dataclass
from typing import Annotated, Literal

import jax
import keras
import numpy as np
import tyro
from common import fastest_product, median, report, training_operations

from keras_draw.config import Cell, Likelihood
from keras_draw.models.keeping import compiling
from keras_draw.training.allocator import keep_freed_memory


@dataclass(frozen=True)
class Options:
    """Measure the training step that `fit` runs, on images of noise."""

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
    cell: Cell = "lstm"
    """The recurrent cell."""
    likelihood: Likelihood = "bernoulli"
    """The likelihood p(x | canvas)."""
    share_recurrent: bool = True
    """Share one cell over all timesteps."""
    share_heads: bool = True
    """Share one set of heads over all timesteps."""
    remat_segment: int = 0
    """Timesteps per rematerialised segment; 0 is off."""
    dtype: Literal["float32", "mixed_bfloat16"] = "float32"
    """Keras dtype policy."""
    rounds: int = 10
    """Rounds of five steps and two products of 2048 x 2048; the best of each give the fraction."""
    memory: Annotated[tuple[int, ...], tyro.conf.arg()] = ()
    """Measure memory instead of time: XLA's memory for a step at these T, with and without
    segments."""
    json: bool = False
    """Print one JSON object."""


def config_of(options: Options, **changes: object) -> keras_draw.DRAWConfig:
    """The configuration of the network that the options describe."""
    fields = {
        "image_shape": options.image_shape,
        "timesteps": options.timesteps,
        "latent_dim": options.latent,
        "hidden_dim": options.hidden,
        "read": options.read,
        "write": options.write,
        "cell": options.cell,
        "likelihood": options.likelihood,
        "share_recurrent": options.share_recurrent,
        "share_heads": options.share_heads,
        "remat_segment": options.remat_segment,
    }
    return keras_draw.DRAWConfig(**(fields | changes))


def step_of(config: keras_draw.DRAWConfig, options: Options):
    """The training step as `fit` compiles it, with its state and a batch."""
    model = keras_draw.DRAW(config, dtype=options.dtype)
    model.compile(keras.optimizers.Adam(1e-3, global_clipnorm=5.0))
    x = np.random.default_rng(0).random((options.batch, *config.image_shape), dtype=np.float32)
    model.optimizer.build(model.trainable_variables)
    state = tuple(
        [v.value for v in group]
        for group in (
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
            model.metrics_variables,
        )
    )
    return compiling.get()(model.train_step), state, (jax.numpy.asarray(x),)


def time_steps(options: Options) -> dict[str, object]:
    """Milliseconds per step, images per second, share of the fastest matrix product."""
    config = config_of(options)
    step, state, batch = step_of(config, options)
    keep_freed_memory()
    begun = time.perf_counter()
    logs, state = step(state, batch)
    jax.block_until_ready(logs)
    compile_seconds = time.perf_counter() - begun
    rates = fastest_product()
    library = max(rates, key=lambda name: rates[name])
    seconds, products = [], []
    for _ in range(options.rounds):  # in turns, so that both see the same machine
        products.append(fastest_product(repeats=2, only=library)[library])
        for _ in range(5):
            begun = time.perf_counter()
            logs, state = step(state, batch)
            jax.block_until_ready((logs, state))
            seconds.append(time.perf_counter() - begun)
    per_step = median(seconds)
    operations = training_operations(config) * options.batch
    return {
        "images_per_second": options.batch / per_step,
        "milliseconds_per_step": 1000 * per_step,
        "matrix_product_fraction": operations / min(seconds) / max(products),
        "matrix_product_fraction_of_medians": operations / per_step / median(products),
        "first_step_seconds": compile_seconds,
        "operations_per_step": operations,
        "fastest_product_gflops": {k: v / 1e9 for k, v in rates.items()},
    }


def measure_memory(options: Options) -> dict[str, object]:
    """XLA's temporary memory for one training step, in megabytes."""
    found: dict[str, dict[int, float]] = {"plain": {}, "segments": {}}
    for t in options.memory:
        root = max(d for d in range(1, t + 1) if t % d == 0 and d * d <= t)
        for kind, segment in (("plain", 0), ("segments", t // root)):
            config = config_of(options, timesteps=t, remat_segment=segment)
            step, state, batch = step_of(config, options)
            analysis = step.lower(state, batch).compile().memory_analysis()
            found[kind][t] = round(analysis.temp_size_in_bytes / 1e6, 1)
    return {"temporary_megabytes": found}


def main() -> None:
    """Measure and print."""
    options = tyro.cli(Options)
    result = measure_memory(options) if options.memory else time_steps(options)
    report(result, as_json=options.json)


if __name__ == "__main__":
    main()
