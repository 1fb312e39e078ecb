"""Train the classifier that ships as `digits-classifier`, and print its accuracy.

python scripts/train_digits_classifier.py --out src/keras_draw/evaluation/digits-classifier.npz

It trains on MNIST's 60,000 training images, each shifted by up to 2 pixels every time it is used,
with Adam and a cosine schedule. The test images are used only once, at the end, and no choice
depends on them.
"""

# isort: split
import math
import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tyro

from keras_draw.data import load_images
from keras_draw.evaluation import digits
from keras_draw.files import replacing

SHIFT = 2
"""Largest shift of an image in each direction, in pixels."""


@dataclass(frozen=True)
class Options:
    """Train and write the weights."""

    out: Path
    """The .npz to write."""
    epochs: int = 8
    """Passes over the images."""
    batch: int = 128
    """Images per step."""
    seed: int = 0
    """Seed of weights, order and shifts."""


class Shifted(keras.utils.PyDataset):
    """Batches of images, each shifted at random."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, options: Options) -> None:
        super().__init__(workers=1)
        self.images = np.pad(images, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)))
        self.labels, self.options = labels, options
        self.random = np.random.default_rng(options.seed)
        self.order = self.random.permutation(len(labels))

    def __len__(self) -> int:
        return math.ceil(len(self.labels) / self.options.batch)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.order[index * self.options.batch :][: self.options.batch]
        down, right = self.random.integers(0, 2 * SHIFT + 1, (2, len(rows), 1, 1))
        pixels = np.arange(digits.SIZE)
        x = self.images[rows[:, None, None], pixels[:, None] + down, pixels + right]
        return x.astype("float32") / 255, self.labels[rows]

    def on_epoch_end(self) -> None:
        self.order = self.random.permutation(len(self.labels))


def main() -> None:
    """Train, write the weights, and print the accuracy."""
    options = tyro.cli(Options)
    keras.utils.set_random_seed(options.seed)
    train, test = load_images("mnist:train"), load_images("mnist:test")
    batches = Shifted(train.images, train.labels, options)
    model = digits.network()
    classifier = keras.Model(model.inputs, model.outputs[1])
    schedule = keras.optimizers.schedules.CosineDecay(2e-3, options.epochs * len(batches))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(keras.optimizers.Adam(schedule), loss, metrics=["accuracy"])
    begun = time.perf_counter()
    classifier.fit(batches, epochs=options.epochs, shuffle=False, verbose=2)
    seconds = time.perf_counter() - begun
    weights = {f"weight-{i}": w for i, w in enumerate(model.get_weights())}
    with replacing(options.out) as temporary:
        np.savez_compressed(temporary, **weights)
    _, accuracy = classifier.evaluate(
        test.images.astype("float32") / 255, test.labels, batch_size=500, verbose=0
    )
    print(
        f"{accuracy:.4f} of {len(test)} test images; {seconds:.0f} seconds; "
        f"{sum(w.size for w in weights.values())} weights, {options.out.stat().st_size} bytes"
    )


if __name__ == "__main__":
    main()
