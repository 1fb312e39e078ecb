"""Log a training to TensorBoard: the losses of every epoch, and samples.

    pip install tensorboardX tensorboard
    python examples/log_to_tensorboard.py [OUT]
    tensorboard --logdir OUT

`TensorBoardX` is a Keras callback like any other: give it to `model.fit` or `keras_draw.train`.
(Keras has its own callback, `keras.callbacks.TensorBoard`, which needs TensorFlow.)

It writes to OUT (runs/examples/log-to-tensorboard if not given):

    events/  the event files for TensorBoard
"""

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tensorboardX import SummaryWriter

from keras_draw import DRAW, DRAWConfig
from keras_draw.data import load_images
from keras_draw.figures.grids import square_grid


class TensorBoardX(keras.callbacks.Callback):
    """Writes all logged values of every epoch, and samples.

    Args:
        folder: the folder for event files.
        every: epochs between two grids of samples.
    """

    def __init__(self, folder: Path, every: int = 5) -> None:
        super().__init__()
        self.writer, self.every = SummaryWriter(str(folder)), every

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the epoch's values: `loss`, and `reconstruction` and `kl` in nats per image."""
        for name, value in (logs or {}).items():
            self.writer.add_scalar(name, float(value), epoch + 1)
        if (epoch + 1) % self.every == 0:
            picture = np.asarray(square_grid(self.model.generate(20)))
            self.writer.add_image("samples", picture, epoch + 1, dataformats="HWC")

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Close the event file."""
        self.writer.close()


def main(out: Path = Path("runs/examples/log-to-tensorboard"), *, epochs: int = 20) -> None:
    """Train on scikit-learn's digits and log the training."""
    digits = load_images("digits")
    config = DRAWConfig(
        image_shape=digits.image_shape, num_classes=digits.num_classes, hidden_dim=64,
        likelihood="gaussian", sigma=0.15, initial_canvas="mean",
    )  # fmt: skip
    model = DRAW(config)
    model.compile("adam")
    log = TensorBoardX(out / "events")
    model.fit(
        digits.images, digits.labels, batch_size=64, epochs=epochs, verbose=2, callbacks=[log]
    )
    print(f"To view it: tensorboard --logdir {out}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
