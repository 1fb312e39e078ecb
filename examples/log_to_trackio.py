"""Log a training to trackio, whose dashboard runs on your own machine.

    pip install trackio
    python examples/log_to_trackio.py
    trackio show --project keras-draw

`Trackio` is a Keras callback like any other: give it to `model.fit` or `keras_draw.train`.

trackio stores its runs in its own folder (TRACKIO_DIR, or ~/.cache/huggingface/trackio).
"""

from typing import Any

import keras
import numpy as np
import trackio

from keras_draw import DRAW, DRAWConfig
from keras_draw.data import load_images
from keras_draw.figures.grids import square_grid


class Trackio(keras.callbacks.Callback):
    """Logs the network's configuration, all logged values of every epoch, and samples.

    Args:
        project: name of the project that groups the runs.
        every: epochs between two grids of samples.
    """

    def __init__(self, project: str = "keras-draw", every: int = 5) -> None:
        super().__init__()
        self.project, self.every = project, every

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin a run, and log the network's configuration."""
        trackio.init(project=self.project, config=self.model.config.to_json())

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Log the epoch's values: `loss`, and `reconstruction` and `kl` in nats per image."""
        values: dict[str, Any] = {name: float(value) for name, value in (logs or {}).items()}
        if (epoch + 1) % self.every == 0:
            values["samples"] = trackio.Image(np.asarray(square_grid(self.model.generate(20))))
        trackio.log(values, step=epoch + 1)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """End the run."""
        trackio.finish()


def main(*, epochs: int = 20) -> None:
    """Train on scikit-learn's digits and log the training."""
    digits = load_images("digits")
    config = DRAWConfig(
        image_shape=digits.image_shape, num_classes=digits.num_classes, hidden_dim=64,
        likelihood="gaussian", sigma=0.15, initial_canvas="mean",
    )  # fmt: skip
    model = DRAW(config)
    model.compile("adam")
    model.fit(
        digits.images, digits.labels, batch_size=64, epochs=epochs, verbose=2, callbacks=[Trackio()]
    )


if __name__ == "__main__":
    main()
