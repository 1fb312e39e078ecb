"""Does the device wait for data? Compares the time of a batch with the time of a training step.

python benchmarks/input_pipeline.py --json
"""

# isort: split
import time
from dataclasses import dataclass

import numpy as np
import tyro
from common import median, report
from train_step import Options as StepOptions
from train_step import time_steps

from keras_draw.data.batches import Batches
from keras_draw.data.images import ImageData


@dataclass(frozen=True)
class Options:
    """Measure batches of MNIST's size (images of noise) and the training step that uses them."""

    images: int = 60_000
    """Images in the data set."""
    batch: int = 128
    """Images per batch."""
    json: bool = False
    """Print one JSON object."""


def measure(options: Options) -> dict[str, object]:
    """Milliseconds per batch (including shuffling) and per step, and their ratio."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (options.images, 28, 28, 1), np.uint8)
    labels = random.integers(0, 10, options.images)
    data = ImageData(pixels, labels, tuple("0123456789"), name="noise")
    batches = Batches(data, options.batch, labels=True)
    seconds = []
    for epoch in range(3):
        batches.epoch = epoch
        for i in range(len(batches)):
            begun = time.perf_counter()
            batches[i]
            seconds.append(time.perf_counter() - begun)
    step = time_steps(StepOptions(batch=options.batch))["milliseconds_per_step"]
    batch = 1000 * float(np.mean(seconds))
    return {
        "milliseconds_per_batch": batch,
        "milliseconds_per_batch_median": 1000 * median(seconds),
        "milliseconds_per_step": step,
        "share_of_step": batch / float(step),
    }


def main() -> None:
    """Measure and print."""
    options = tyro.cli(Options)
    result = measure(options)
    report(result, as_json=options.json)


if __name__ == "__main__":
    main()
