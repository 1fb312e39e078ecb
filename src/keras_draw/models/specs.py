"""What a weight is: its name, its shape, where it starts and what it is for."""

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import keras

from keras_draw.models.outputs import Tensor

Initializer = Callable[..., Tensor]
Owner = Literal["encoder", "decoder", "likelihood"]
"""Who needs a weight. Generation does without the encoder's, and without the likelihood's."""


class WeightSpec(NamedTuple):
    """One weight of the network."""

    layer: str
    """the part that it belongs to, such as `encoder`; empty for the likelihood's."""
    key: str
    """what that part calls it, such as `kernel`."""
    shape: tuple[int, ...]
    """with a leading T if there is one of each per timestep."""
    initializer: Initializer
    owner: Owner
    kernel: bool
    """whether it multiplies: in the compute dtype, where everything else has the state's."""
    each_stroke: bool
    """whether every stroke uses it; else what comes before the first, or after the last."""
    stacked: bool
    """whether the leading axis is T, to be scanned."""
    trainable: bool = True

    @property
    def name(self) -> str:
        """What the weight is called in the network and in its files."""
        return f"{self.layer}_{self.key}" if self.layer else self.key


@dataclass(frozen=True)
class Layer:
    """A part of the network that is about to say which weights it has.

    Args:
        name: first half of its weights' names; empty for none.
        owner: who needs it.
        copies: T if every timestep has its own, None if all share one.
        seed: the network's.
    """

    name: str
    owner: Owner
    copies: int | None = None
    seed: int = 0

    def kernel(
        self, key: str, rows: int, columns: int, *, fans: int, each_stroke: bool = True
    ) -> WeightSpec:
        """A weight that multiplies; it starts Glorot-uniform.

        Args:
            key: second half of its name.
            rows: the inputs it meets.
            columns: the outputs it makes.
            fans: all inputs plus all outputs of one Dense layer of which it is a part.
            each_stroke: as in `WeightSpec`.
        """
        spec = self.weight(key, (rows, columns), "zeros", each_stroke=each_stroke)
        # A seed of its own, so that no weight's start depends on which others there are.
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
        """Any other weight: a bias, a state to start from, a scale.

        Args:
            key: second half of its name.
            shape: of one timestep's.
            start: Keras's initializer, or its name.
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
        """Kernel and bias of a Dense layer, or of some side by side.

        Args:
            inputs: of each.
            outputs: of all together.
            blocks: how many Dense layers these are.
            start: of the bias.
        """
        return [
            self.kernel("kernel", inputs, outputs, fans=inputs + outputs // blocks),
            self.weight("bias", (outputs,), start),
        ]
