"""Evaluation against its parts: the K-draw likelihood and FID, as shares of the network's own rate.

python benchmarks/evaluation_speed.py binarized-mnist-attention --json
"""

import keras_draw  # selects Keras's backend

# isort: split
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import tyro
from common import report

from keras_draw.data.images import as_uint8
from keras_draw.evaluation.comparison import between, group_of
from keras_draw.evaluation.extractors import Extractor, extractor
from keras_draw.evaluation.frechet import frechet_distance
from keras_draw.models import recurrence
from keras_draw.models.devices import on_accelerator
from keras_draw.models.running import Runner
from keras_draw.models.weighting import log_mean_weights

clock = time.perf_counter if on_accelerator() else time.process_time
"""On a processor only the time that this process computes: others may run beside it."""


@dataclass(frozen=True)
class Options:
    """Measure evaluation of a trained network; the best of some repeats counts."""

    network: tyro.conf.Positional[str] = "binarized-mnist-attention"
    """A run folder, a .keras file, or the name of a preset."""
    images: int = 1000
    """Images whose likelihood is measured."""
    samples: int = 4
    """K, draws for each: the rate does not depend on it."""
    drawn: int = 2000
    """Images that are drawn for FID."""
    extractor: str = "digits-classifier"
    """As for `keras-draw fid`."""
    batches: tuple[int, ...] = (64, 128, 256, 512)
    """Sizes of batches at which the network alone is measured."""
    repeats: int = 3
    """Of everything, after one that is not counted."""
    json: bool = False
    """Print one JSON object."""


def seconds(run: Callable[[], object], repeats: int) -> float:
    """Of the fastest call, after one that is not counted."""
    run()
    found = []
    for _ in range(repeats):
        begun = clock()
        run()
        found.append(clock() - begun)
    return min(found)


def best_rate(make: Callable[[int], Callable[[], object]], options: Options) -> tuple[float, int]:
    """Images per second at the best size of batches, and the size."""
    return max((size / seconds(make(size), options.repeats), size) for size in options.batches)


def forward(model: keras_draw.DRAW, size: int) -> Callable[[], object]:
    """All strokes over a batch that is on the device, to the canvas and no farther."""
    config, random = model.config, np.random.default_rng(0)
    run = jax.jit(lambda *arrays: recurrence.unroll(config, *arrays[:2], None, arrays[2]).canvas)
    x = jnp.asarray(random.random((size, config.num_pixels)) > 0.8, jnp.float32)
    shape = (config.timesteps, size, config.latent_dim)
    noise = jnp.asarray(random.standard_normal(shape), jnp.float32)
    return lambda: run(model._tensors(), x, noise).block_until_ready()


def painting(model: keras_draw.DRAW, size: int) -> Callable[[], object]:
    """The decoder over a batch of latents that is on the device."""
    config = model.config
    run = jax.jit(lambda weights, z: recurrence.decode(config, weights, None, z).canvas)
    shape = (config.timesteps, size, config.latent_dim)
    z = jnp.asarray(np.random.default_rng(0).standard_normal(shape), jnp.float32)
    return lambda: run(model._tensors(), z).block_until_ready()


def likelihood(model: keras_draw.DRAW, options: Options) -> dict[str, object]:
    """The importance-weighted likelihood."""
    rate, size = best_rate(partial(forward, model), options)
    shape = (options.images, *model.config.image_shape)
    x = (np.random.default_rng(0).random(shape) > 0.8).astype("float32")
    rows = options.images * options.samples

    def measure() -> object:
        return log_mean_weights(model, x, samples=options.samples)

    reached = rows / seconds(measure, options.repeats)
    stream, Runner.stream = Runner.stream, free  # what the host does, when devices take no time
    host = rows / seconds(measure, options.repeats)
    Runner.stream = stream
    return {
        "forward_images_per_second": rate,
        "forward_batch": size,
        "forward_image_timesteps_per_second": rate * model.config.timesteps,
        "likelihood_images_per_second": reached,
        "likelihood_share": reached / rate,
        "likelihood_host_alone_images_per_second": host,
    }


def free(_runner, _key, _function, _constants, batches, _size, _count):
    """Stands in for `Runner.stream`: takes batches, and computes nothing."""
    for rows, _noise in batches:
        yield np.zeros(len(rows), "float32")


def fid(model: keras_draw.DRAW, options: Options) -> dict[str, object]:
    """Samples to FID, with the reference's features known already."""
    features = extractor(options.extractor)
    drawn = as_uint8(model.generate(options.drawn))
    draw_rate, _ = best_rate(partial(painting, model), options)
    feature_rate = batch_rate(features, drawn, options.repeats)
    reference = group_of(as_uint8(model.generate(options.drawn, seed=1)), features)

    def group() -> object:
        return group_of(as_uint8(model.generate(options.drawn)), features)

    made = group()
    repeats = options.repeats
    distance = seconds(lambda: frechet_distance(reference.statistics, made.statistics), repeats)
    groups = seconds(group, repeats)
    all_measures = seconds(lambda: between(reference, made, features), repeats)
    ideal = options.drawn * (1 / draw_rate + 1 / feature_rate)
    return {
        "drawing_images_per_second": draw_rate,
        "features_images_per_second": feature_rate,
        "fid_seconds": groups + distance,
        "fid_share": ideal / (groups + distance),
        "fid_kid_and_neighbours_share": ideal / (groups + all_measures),
        "extractor": options.extractor,
    }


def batch_rate(features: Extractor, images: np.ndarray, repeats: int) -> float:
    """Images per second of the extractor's network over one batch at a time."""
    batch = images[: features.batch]
    return len(batch) / seconds(lambda: np.asarray(features.forward(batch)), repeats)


def main() -> None:
    """Measure and print."""
    options = tyro.cli(Options)
    model = keras_draw.load(options.network)
    result = likelihood(model, options)
    if options.drawn:
        result |= fid(model, options)
    report(result, as_json=options.json)


if __name__ == "__main__":
    main()
