"""Training on shifted images: the network is told the shift as a class, and keeps only "unmoved".

Source: Jun et al. 2020, "Distribution Augmentation for Generative Modeling".
"""

import dataclasses

from keras import ops

from keras_draw.config import DRAWConfig, TrainConfig
from keras_draw.data.shifting import SHIFTS
from keras_draw.models.draw import DRAW
from keras_draw.models.one_class import Values, for_every_class, of_class
from keras_draw.training.runs import RunConfig

_NAMES = tuple(f"{down:+d}{right:+d}" for down, right in SHIFTS)


def check_shifts(training: TrainConfig, *, conditional: bool) -> None:
    """Refuse shifted images for a network that has classes of its own.

    Raises:
        ValueError: in that case.
    """
    if training.shifted and conditional:
        raise ValueError(
            f"shifted is {training.shifted:g}, but this network is conditional, so it cannot be "
            "told the shift as its class: set shifted to 0, or train it unconditionally."
        )


def in_training(config: RunConfig) -> DRAWConfig:
    """The network that is trained: with the shifts as its classes, if images are shifted.

    Raises:
        ValueError: as `check_shifts`.
    """
    check_shifts(config.training, conditional=config.model.num_classes > 0)
    if not config.training.shifted:
        return config.model
    return dataclasses.replace(config.model, num_classes=len(SHIFTS), class_names=_NAMES)


def is_told_shifts(config: DRAWConfig) -> bool:
    """Whether the classes of a network are the shifts."""
    return config.class_names == _NAMES


def keep(trained: DRAW, kept: DRAW) -> None:
    """Give a network the weights of the one in training; those of unmoved images, if it is told.

    Args:
        trained: the network of `in_training`.
        kept: the network of the run.
    """
    if trained.config == kept.config:
        kept.set_weights(trained.get_weights())
        return
    values = {v.name: ops.convert_to_numpy(v) for v in trained.weights}
    values = of_class(trained.config, values, SHIFTS.index((0, 0)))
    for variable in kept.weights:
        variable.assign(values[variable.name])


def put_into(model: DRAW, values: Values, *, shifted: bool) -> None:
    """Assign all trainable weights of the network in training.

    Other weights stay as they are, so with `initial_canvas="mean"` the canvas starts at the mean of
    the new images.

    Args:
        model: the network of `in_training`.
        values: the weights of a network that passed `check_fits`.
        shifted: whether images are shifted; the weights of every shift then start at zero.
    """
    if shifted:
        values = for_every_class(model.config, values)
    for variable in model.trainable_variables:
        variable.assign(values[variable.name])
