"""Log a training to Weights & Biases: configuration, the losses of every epoch, and samples.

    pip install wandb
    python examples/log_to_wandb.py [OUT]

Without an account: WANDB_MODE=offline writes everything to OUT, and `wandb sync` uploads it later.
`WeightsAndBiases` is a Keras callback like any other: give it to `model.fit` or `keras_draw.train`.

It writes to OUT (runs/examples/log-to-wandb if not given):

    wandb/  the run in W&B's format
"""

import sys
from pathlib import Path
from typing import Any

import keras
import wandb

from keras_draw import DRAW, DRAWConfig
from keras_draw.data import load_images
from keras_draw.figures.grids import square_grid


class WeightsAndBiases(keras.callbacks.Callback):
    """Logs the network's configuration, all logged values of every epoch, and samples.

    Args:
        run: the result of `wandb.init`.
        every: epochs between two grids of samples.
    """

    def __init__(self, run: Any, every: int = 5) -> None:
        super().__init__()
        self.run, self.every = run, every

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Log the network's configuration."""
        self.run.config.update(self.model.config.to_json())

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Log the epoch's values: `loss`, and `reconstruction` and `kl` in nats per image."""
        values: dict[str, Any] = {name: float(value) for name, value in (logs or {}).items()}
        if (epoch + 1) % self.every == 0:
            values["samples"] = wandb.Image(square_grid(self.model.generate(20)))
        self.run.log(values, step=epoch + 1)


def main(out: Path = Path("runs/examples/log-to-wandb"), *, epochs: int = 20) -> None:
    """Train on scikit-learn's digits and log the training."""
    out.mkdir(parents=True, exist_ok=True)
    digits = load_images("digits")
    config = DRAWConfig(
        image_shape=digits.image_shape, num_classes=digits.num_classes, hidden_dim=64,
        likelihood="gaussian", sigma=0.15, initial_canvas="mean",
    )  # fmt: skip
    model = DRAW(config)
    model.compile("adam")
    with wandb.init(project="keras-draw", dir=out) as run:
        log = WeightsAndBiases(run)
        model.fit(
            digits.images, digits.labels, batch_size=64, epochs=epochs, verbose=2, callbacks=[log]
        )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
