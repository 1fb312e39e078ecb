"""From a conditional network to the unconditional network of one of its classes, and back.

A class enters only the drives of the two cells, linearly: as a row of the static kernel that is
added to the bias. So one class's row can be added for good.
"""

import numpy as np

from keras_draw.config import DRAWConfig

Values = dict[str, np.ndarray]
"""Weights by name."""

_CELLS = ("encoder", "decoder")


def of_class(config: DRAWConfig, values: Values, label: int) -> Values:
    """The weights of the unconditional network that paints and bounds one class.

    Args:
        config: of the conditional network.
        values: its weights.
        label: the class, 0 to K-1.

    Returns:
        Weights of the network with `num_classes` of 0, which computes the same as the conditional
        one given that class.
    """
    found = dict(values)
    for cell in _CELLS:
        kernel = found.pop(f"{cell}_static_kernel")
        inputs = kernel.shape[-2] - config.num_classes
        found[f"{cell}_bias"] = found[f"{cell}_bias"] + kernel[..., inputs + label, :]
        if inputs:
            found[f"{cell}_static_kernel"] = kernel[..., :inputs, :]
    return found


def for_every_class(config: DRAWConfig, values: Values) -> Values:
    """The weights of a conditional network that computes the same for every class.

    Args:
        config: of the conditional network.
        values: weights of the network with `num_classes` of 0.

    Returns:
        These weights, with zeros where the classes enter.
    """
    found = dict(values)
    for cell in _CELLS:
        bias, name = found[f"{cell}_bias"], f"{cell}_static_kernel"
        rows = np.zeros((*bias.shape[:-1], config.num_classes, bias.shape[-1]), bias.dtype)
        found[name] = np.concatenate([found[name], rows], axis=-2) if name in found else rows
    return found
