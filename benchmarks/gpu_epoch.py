"""An epoch of MNIST's size entirely on the device: images, order, binarization, steps.

python benchmarks/gpu_epoch.py --json
python benchmarks/gpu_epoch.py --images 512 --steps 2 --epochs 1 --batches 128  # on a CPU

Written for GPUs. There, an epoch is 469 x T timesteps in sequence, each with small products, and
the time to launch kernels dominates. The data set is copied to the device once. The order of each
epoch is drawn on the device, batches are gathered on it, and `steps` training steps are scanned in
one dispatch.
"""

import keras_draw  # selects Keras's backend

# isort: split
import time
from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
import keras
import numpy as np
import tyro
from common import fastest_product, median, report, training_operations

from keras_draw.training import recipes
from keras_draw.training.allocator import keep_freed_memory


@dataclass(frozen=True)
class Options:
    """Measure an epoch of a recipe for MNIST on images of noise."""

    recipe: str = "paper-mnist"
    """The network: any recipe for 28 x 28 grey pixels."""
    dtype: Literal["float32", "mixed_bfloat16"] = "float32"
    """Keras dtype policy."""

    images: int = 60_000
    """Images in the data set."""
    batches: tuple[int, ...] = (128, 256, 512)
    """Batch sizes."""
    steps: int = 67
    """Training steps per dispatch."""
    epochs: int = 5
    """Timed epochs, of which the median is reported."""
    json: bool = False
    """Print one JSON object."""


def epoch_of(model: keras_draw.DRAW, batch_size: int, steps: int) -> Any:
    """A function that trains for one epoch: (state, (images[, labels]), key) -> state."""

    def several(state: Any, data: Any, rows: Any) -> Any:
        def one(state: Any, rows: Any) -> tuple[Any, None]:
            return model.train_step(state, tuple(part[rows] for part in data))[1], None

        return jax.lax.scan(one, state, rows)[0]

    dispatch = jax.jit(several, donate_argnums=0)
    shuffle = jax.jit(jax.random.permutation, static_argnums=1)

    def epoch(state: Any, data: Any, key: Any) -> Any:
        count = len(data[0]) // batch_size
        rows = shuffle(key, len(data[0]))[: count * batch_size].reshape(count, batch_size)
        for i in range(0, count, steps):
            state = dispatch(state, data, rows[i : i + steps])
        return jax.block_until_ready(state)

    return epoch


def measure(options: Options, batch_size: int) -> dict[str, float]:
    """Seconds per epoch, and lower bounds on that time."""
    recipe = recipes.get(options.recipe)
    config = keras_draw.DRAWConfig(
        **recipe.architecture.to_json(),
        image_shape=(28, 28, 1),
        num_classes=10 if recipe.conditional else 0,
    )
    model = keras_draw.DRAW(config, dtype=options.dtype)
    model.compile(keras.optimizers.Adam(recipe.training.learning_rate, global_clipnorm=5.0))
    model.optimizer.build(model.trainable_variables)
    groups = (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )
    state = tuple([v.value for v in group] for group in groups)
    random = np.random.default_rng(0)
    images = jnp.asarray(random.integers(0, 256, (options.images, 28, 28, 1), np.uint8))
    data = (images, jnp.asarray(random.integers(0, 10, options.images)))
    data = data if recipe.conditional else data[:1]
    epoch = epoch_of(model, batch_size, options.steps)
    seconds = []
    for i in range(options.epochs + 1):  # the first compiles
        begun = time.perf_counter()
        state = epoch(state, data, jax.random.key(i))
        seconds.append(time.perf_counter() - begun)
    operations = training_operations(config) * options.images
    return {
        "seconds_per_epoch": median(seconds[1:]),
        "first_epoch_seconds": seconds[0],
        "floor_seconds_by_operations": operations / max(fastest_product(4096).values()),
        "timesteps_in_sequence": float(options.images // batch_size * config.timesteps),
    }


def main() -> None:
    """Measure and print."""
    options = tyro.cli(Options)
    keep_freed_memory()
    found = {f"batch {size}": measure(options, size) for size in options.batches}
    result = {**found, "images": options.images, "steps_per_dispatch": options.steps}
    report(result, as_json=options.json)


if __name__ == "__main__":
    main()
