"""Specifications of weights: name, shape, initial value and role."""

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import keras

from keras_draw.models.outputs import Tensor

Initializer = Callable[..., Tensor]
Owner = Literal["encoder", "decoder", "likelihood"]
"""The part that needs a weight. Generation needs neither the encoder's nor the likelihood's."""


class WeightSpec(NamedTuple):
    """The specification of one weight of the network."""

    layer: str
    """the layer it belongs to, such as `encoder`; empty for weights of the likelihood."""
    key: str
    """its name within the layer, such as `kernel`."""
    shape: tuple[int, ...]
    """with a leading T if every timestep has its own copy."""
    initializer: Initializer
    owner: Owner
    kernel: bool
    """whether it is a factor of a matrix product. Kernels are cast to the compute dtype, other
    weights to the state dtype."""
    each_stroke: bool
    """whether every stroke uses it; otherwise it is used before the first stroke or after the
    last."""
    stacked: bool
    """whether the leading axis is T and is scanned over."""
    trainable: bool = True

    @property
    def name(self) -> str:
        """The weight's name in the network and in its files."""
        return f"{self.layer}_{self.key}" if self.layer else self.key


@dataclass(frozen=True)
class Layer:
    """A builder for the weight specifications of one layer.

    Args:
        name: prefix of the names of its weights; may be empty.
        owner: the part of the network that needs the layer.
        copies: T if every timestep has its own weights, None if all share them.
        seed: the network's seed.
    """

    name: str
    owner: Owner
    copies: int | None = None
    seed: int = 0

    def kernel(
        self, key: str, rows: int, columns: int, *, fans: int, each_stroke: bool = True
    ) -> WeightSpec:
        """A kernel, a factor of a matrix product; it starts Glorot-uniform.

        Args:
            key: its name within the layer.
            rows: number of inputs.
            columns: number of outputs.
            fans: inputs plus outputs of the Dense layer that the kernel is part of.
            each_stroke: as in `WeightSpec`.
        """
        spec = self.weight(key, (rows, columns), "zeros", each_stroke=each_stroke)
        # Its own seed, so its initial value does not depend on which other weights exist.
        seed = (zlib.crc32(spec.name.encode()) + self.seed) % 2**31
        limit = math.sqrt(6 / fans)
        start = keras.initializers.RandomUniform(-limit, limit, seed=seed)
        return spec._replace(initializer=start, kernel=True)

    def weight(
        self,
        key: str,
        shape: tuple[int, ...],
        start: Initializer | str = "zeros",
        *,
        each_stroke: bool = True,
        trainable: bool = True,
    ) -> WeightSpec:
        """Any other weight: a bias, an initial state, a scale.

        Args:
            key: its name within the layer.
            shape: its shape in one timestep.
            start: a Keras initializer, or its name.
            each_stroke: as in `WeightSpec`.
            trainable: whether training changes it.
        """
        return WeightSpec(
            layer=self.name,
            key=key,
            shape=shape if self.copies is None else (self.copies, *shape),
            initializer=keras.initializers.get(start),
            owner=self.owner,
            kernel=False,
            each_stroke=each_stroke,
            stacked=self.copies is not None,
            trainable=trainable,
        )

    def dense(
        self,
        inputs: int,
        outputs: int,
        *,
        blocks: int = 1,
        start: Initializer | str = "zeros",
    ) -> list[WeightSpec]:
        """Kernel and bias of a Dense layer, or of several layers side by side.

        Args:
            inputs: number of inputs, which all the layers share.
            outputs: number of outputs of all layers together.
            blocks: number of layers.
            start: initializer of the bias, or its name.
        """
        return [
            self.kernel("kernel", inputs, outputs, fans=inputs + outputs // blocks),
            self.weight("bias", (outputs,), start),
        ]
