"""From a run's configuration to a compiled network and Keras's callbacks."""

from typing import Any

import keras

from keras_draw.config import TrainConfig
from keras_draw.models.draw import DRAW
from keras_draw.ranges import LARGEST_COUNT
from keras_draw.training.runs import RunConfig


def network(config: RunConfig) -> DRAW:
    """The network, untrained."""
    return DRAW(config.model, seed=config.training.seed, dtype=config.training.precision)


def build(config: RunConfig, steps: int) -> DRAW:
    """The network, untrained and compiled.

    Args:
        config: network and training.
        steps: in each epoch, for the learning-rate schedule.
    """
    training = config.training
    if training.precision == "float64" and keras.backend.backend() == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    model = network(config)
    rate: Any = training.learning_rate
    if training.schedule == "cosine":
        decay_steps = min(training.epochs * steps, LARGEST_COUNT)
        rate = keras.optimizers.schedules.CosineDecay(rate, decay_steps)
    optimizer = keras.optimizers.AdamW if training.weight_decay else keras.optimizers.Adam
    model.compile(
        optimizer(
            rate,
            weight_decay=training.weight_decay or None,
            global_clipnorm=training.clip_norm or None,
            use_ema=training.ema_momentum > 0,
            ema_momentum=training.ema_momentum,
        )
    )
    model.optimizer.build(model.trainable_variables)
    return model


def keras_callbacks(training: TrainConfig) -> list[keras.callbacks.Callback]:
    """Those callbacks of Keras that a configuration asks for."""
    found: list[keras.callbacks.Callback] = []
    if training.ema_momentum:
        # Only for validation: its swaps at epoch ends would hide the weights that training needs.
        found.append(keras.callbacks.SwapEMAWeights())
    if training.schedule == "plateau":
        found.append(
            keras.callbacks.ReduceLROnPlateau(
                monitor="val_loss", factor=0.5, patience=training.plateau_patience
            )
        )
    if training.patience:
        found.append(keras.callbacks.EarlyStopping("val_loss", patience=training.patience))
    return found
