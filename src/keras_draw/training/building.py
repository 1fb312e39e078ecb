"""Build a compiled network and Keras's callbacks from a run's configuration."""

import contextlib
from collections.abc import Iterator, Sequence

import keras

from keras_draw.config import DRAWConfig, TrainConfig
from keras_draw.models.draw import DRAW
from keras_draw.training.optimizers import optimizer_of
from keras_draw.training.runs import RunConfig
from keras_draw.training.shifts import in_training


@contextlib.contextmanager
def precision_put_back() -> Iterator[None]:
    """Restore JAX's float64 setting after the block: `build` enables float64 if a run needs it."""
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
    """Allow JAX to compute in float64, if that is the precision."""
    if precision == "float64" and keras.backend.backend() == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)


def network(config: RunConfig) -> DRAW:
    """The untrained network of the run."""
    return _untrained(config.model, config.training)


def _untrained(model: DRAWConfig, training: TrainConfig) -> DRAW:
    return DRAW(model, seed=training.seed, dtype=training.precision)


def build(config: RunConfig, steps: int) -> DRAW:
    """The untrained network that is trained, compiled.

    Args:
        config: configuration of the network and the training.
        steps: steps per epoch, for the learning-rate schedule.
    """
    training = config.training
    allow_precision(training.precision)
    model = _untrained(in_training(config), training)
    model.compile(optimizer_of(model.config, training, steps))
    model.optimizer.build(model.trainable_variables)
    return model


def keras_callbacks(training: TrainConfig) -> list[keras.callbacks.Callback]:
    """The Keras callbacks that a configuration needs."""
    found: list[keras.callbacks.Callback] = []
    if training.ema_momentum:
        # Only for validation: a swap at the end of an epoch would hide the raw weights.
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
    """Refuse a further callback that would undo the work of the configuration's own.

    Args:
        training: the training configuration.
        more: further callbacks from the user.

    Raises:
        ValueError: if one is SwapEMAWeights, which the configuration adds automatically.
    """
    if any(isinstance(callback, keras.callbacks.SwapEMAWeights) for callback in more):
        why = (
            f"but ema_momentum={training.ema_momentum:g} already adds one, which a second one "
            "would undo: leave it out."
            if training.ema_momentum
            else "but no averages are kept: leave it out, and set ema_momentum, which adds it."
        )
        raise ValueError(f"callbacks contain a SwapEMAWeights, {why}")
