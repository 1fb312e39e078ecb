"""The optimizer of a training: Keras's Adam, or its Muon, with the learning rate's schedule."""

from typing import Any

import keras

from keras_draw.config import Architecture, DRAWConfig, TrainConfig
from keras_draw.config.ranges import LARGEST_COUNT
from keras_draw.models.weights import specs


def check_optimizer(architecture: Architecture, training: TrainConfig) -> None:
    """Refuse Muon for cells of which every timestep has its own: a stack of kernels is no matrix.

    Raises:
        ValueError: in that case.
    """
    if training.optimizer == "muon" and not architecture.share_recurrent:
        raise ValueError(
            "optimizer is muon, which trains recurrent kernels that all timesteps share, but "
            "share_recurrent is false: set optimizer to adam, or share_recurrent to true."
        )


def optimizer_of(
    config: DRAWConfig, training: TrainConfig, steps: int
) -> keras.optimizers.Optimizer:
    """The optimizer that a configuration describes.

    Args:
        config: of the network in training.
        training: the training configuration.
        steps: steps per epoch, for the learning-rate schedule.

    Source: Muon is from Jordan et al. 2024; its step is scaled as in Liu et al. 2025, "Muon is
    Scalable for LLM Training", to be about as large as Adam's.
    """
    rate: Any = training.learning_rate
    if training.schedule == "cosine":
        decay_steps = min(training.epochs * steps, LARGEST_COUNT)
        rate = keras.optimizers.schedules.CosineDecay(rate, decay_steps)
    weight_decay = training.weight_decay or None
    common = {
        "weight_decay": weight_decay,
        "global_clipnorm": training.clip_norm or None,
        "use_ema": training.ema_momentum > 0,
        "ema_momentum": training.ema_momentum,
    }
    if training.optimizer == "muon":
        recurrent = "|".join(_recurrent_kernels(config))
        all_others = f"(^|/)(?!({recurrent})$)[^/]*$"
        return keras.optimizers.Muon(
            rate, adam_weight_decay=weight_decay, exclude_layers=[all_others], **common
        )
    optimizer = keras.optimizers.AdamW if weight_decay else keras.optimizers.Adam
    return optimizer(rate, **common)


def _recurrent_kernels(config: DRAWConfig) -> list[str]:
    """Names of the cells' kernels, without those of images and classes, which never change."""
    return [
        spec.name
        for spec in specs(config)
        if spec.layer in ("encoder", "decoder") and spec.kernel and spec.each_stroke
    ]
