"""Feature extraction speed: images per second for Inception's 2048 features, vs. plain Keras.

python benchmarks/features.py --json
"""

import keras_draw  # noqa: F401  (selects Keras's backend)

# isort: split
import time
from dataclasses import dataclass

import jax
import keras
import numpy as np
import tyro
from common import report

from keras_draw.evaluation.extractors import BATCH
from keras_draw.evaluation.inception.definition import SIZE
from keras_draw.evaluation.inception.engines import EngineName, best_engine, compile_forward
from keras_draw.evaluation.inception.keras_file import weights_of


@dataclass(frozen=True)
class Options:
    """Compare the extractors' forward pass with that of `keras.applications` on XLA."""

    engine: EngineName = "auto"
    """The engine that runs the network: auto, xla or onnxruntime."""
    batch: int = BATCH
    """Images per batch."""
    rounds: int = 5
    """Timed batches of each, in turns, of which the fastest is reported."""
    json: bool = False
    """Print one JSON object."""


def random_network(seed: int = 0) -> keras.Model:
    """Keras's Inception-v3 with random kernels, scaled by He's rule to preserve activations."""
    model = keras.applications.InceptionV3(weights=None, include_top=False, pooling="avg")
    random = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            shape = layer.kernel.shape
            spread = np.sqrt(2 / np.prod(shape[:3]))
            layer.kernel.assign(random.standard_normal(shape, np.float32) * spread)
        elif isinstance(layer, keras.layers.BatchNormalization):
            layer.beta.assign(0.1 * random.standard_normal(layer.beta.shape))
            layer.moving_mean.assign(0.1 * random.standard_normal(layer.beta.shape))
            layer.moving_variance.assign(random.uniform(0.5, 1.5, layer.beta.shape))
    return model


def plain_forward(model: keras.Model):
    """Keras's own model, compiled by XLA: float32 images -> features."""
    state = (
        [v.value for v in model.trainable_variables],
        [v.value for v in model.non_trainable_variables],
    )
    run = jax.jit(lambda state, x: model.stateless_call(*state, x, training=False)[0])
    return lambda images: np.asarray(run(state, images))


def measure(options: Options) -> dict[str, object]:
    """Images per second of both, their ratio, and the largest difference of their features."""
    model = random_network()
    engine = best_engine() if options.engine == "auto" else options.engine
    forward = compile_forward(weights_of(model), 2048, "avg", engine)
    plain = plain_forward(model)

    def ours(images):
        return np.asarray(forward(images))

    images = np.random.default_rng(1).uniform(-1, 1, (options.batch, SIZE, SIZE, 3))
    images = images.astype(np.float32)
    expected = plain(images)
    # Differences relative to the feature or, if it is near 0, to the mean feature.
    size = np.maximum(np.abs(expected), np.abs(expected).mean())
    agreement = (np.abs(ours(images) - expected) / size).max()
    seconds: dict[str, list[float]] = {"ours": [], "plain": []}
    for _ in range(options.rounds):
        for name, run in (("ours", ours), ("plain", plain)):
            begun = time.perf_counter()
            run(images)
            seconds[name].append(time.perf_counter() - begun)
    fastest = {name: min(found) for name, found in seconds.items()}
    return {
        "images_per_second": options.batch / fastest["ours"],
        "plain_images_per_second": options.batch / fastest["plain"],
        "speedup": fastest["plain"] / fastest["ours"],
        "agreement": float(agreement),
        "engine": engine,
        "batch": options.batch,
        "features": 2048,
        "rounds": options.rounds,
    }


def main() -> None:
    """Measure and print."""
    options = tyro.cli(Options)
    result = measure(options)
    report(result, as_json=options.json)


if __name__ == "__main__":
    main()
