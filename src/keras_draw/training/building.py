"""From a run's configuration to a compiled network and Keras's callbacks."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import keras

from keras_draw.config import TrainConfig
from keras_draw.config.ranges import LARGEST_COUNT
from keras_draw.models.draw import DRAW
from keras_draw.training.runs import RunConfig


@contextlib.contextmanager
def precision_put_back() -> Iterator[None]:
    """Leave JAX as it was: `build` lets it compute in float64 where a run asks for that."""
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    before = jax.config.jax_enable_x64
    try:
        yield
    finally:
        if not before:
            jax.config.update("jax_enable_x64", False)


def allow_precision(precision: str) -> None:
    """Let JAX compute in float64, if that is the precision."""
    if precision == "float64" and keras.backend.backend() == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)


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
    allow_precision(training.precision)
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


def check_callbacks(training: TrainConfig, more: Sequence[keras.callbacks.Callback]) -> None:
    """Refuse a callback beside the configuration's own that would undo what one of them does.

    Args:
        training: the configuration.
        more: what a person gives besides.

    Raises:
        ValueError: if it swaps weight averages, as the configuration does it by itself.
    """
    if any(isinstance(callback, keras.callbacks.SwapEMAWeights) for callback in more):
        why = (
            f"and ema_momentum={training.ema_momentum:g} brings one already, which the second "
            "would undo: leave it out."
            if training.ema_momentum
            else "but no averages are kept: leave it out, and set ema_momentum, which brings it."
        )
        raise ValueError(f"callbacks hold a SwapEMAWeights, {why}")
