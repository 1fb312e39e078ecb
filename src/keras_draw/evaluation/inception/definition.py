"""A single definition of Inception-v3, with the layer names of the 2015-12-05 graph.

The network is data (`stages`), and one function walks over it (`forward`). An engine implements
convolution and pooling (`engines.py`). Two networks share the definition: the FID network of the
literature (Szegedy et al. 2015, arXiv 1512.00567, as frozen on 2015-12-05), whose last block uses
max pooling, and that of `keras.applications`, whose last block uses average pooling.
"""

from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

SIZE = 299
"""Height and width of the network's input, in pixels."""
TAPS = {64: "pool", 192: "pool_1", 768: "mixed_7", 2048: "mixed_10"}
"""Number of features -> the stage whose output is averaged over the image."""

Weights = dict[str, np.ndarray]
"""`LAYER/weights` (out, height, width, in) and `LAYER/bias` (out,), float32, batch norm folded."""


class Conv(NamedTuple):
    """A convolution with bias and ReLU."""

    name: str
    """name in the 2015 graph, with `_` for `/`."""
    filters: int
    kernel: tuple[int, int] = (1, 1)
    """height, width."""
    stride: int = 1
    padding: Literal["SAME", "VALID"] = "SAME"


class Pool(NamedTuple):
    """Pooling over 3 x 3 pixels; an average does not count padding."""

    kind: Literal["avg", "max"]
    stride: int = 1
    padding: Literal["SAME", "VALID"] = "SAME"


class Fork(NamedTuple):
    """Branches over the same input, whose outputs are concatenated along the channels."""

    branches: tuple[tuple[Any, ...], ...]
    """each branch is a chain of `Conv`, `Pool` and `Fork`."""


def _block_a(name: str, pool_filters: int) -> Fork:
    return Fork(
        (
            (Conv(f"{name}_conv", 64),),
            (Conv(f"{name}_tower_conv", 48), Conv(f"{name}_tower_conv_1", 64, (5, 5))),
            (
                Conv(f"{name}_tower_1_conv", 64),
                Conv(f"{name}_tower_1_conv_1", 96, (3, 3)),
                Conv(f"{name}_tower_1_conv_2", 96, (3, 3)),
            ),
            (Pool("avg"), Conv(f"{name}_tower_2_conv", pool_filters)),
        )
    )


def _block_b(name: str, inner: int) -> Fork:
    return Fork(
        (
            (Conv(f"{name}_conv", 192),),
            (
                Conv(f"{name}_tower_conv", inner),
                Conv(f"{name}_tower_conv_1", inner, (1, 7)),
                Conv(f"{name}_tower_conv_2", 192, (7, 1)),
            ),
            (
                Conv(f"{name}_tower_1_conv", inner),
                Conv(f"{name}_tower_1_conv_1", inner, (7, 1)),
                Conv(f"{name}_tower_1_conv_2", inner, (1, 7)),
                Conv(f"{name}_tower_1_conv_3", inner, (7, 1)),
                Conv(f"{name}_tower_1_conv_4", 192, (1, 7)),
            ),
            (Pool("avg"), Conv(f"{name}_tower_2_conv", 192)),
        )
    )


def _block_c(name: str, pool: Literal["avg", "max"]) -> Fork:
    def crossed(tower: str) -> Fork:
        return Fork(
            (
                (Conv(f"{tower}_mixed_conv", 384, (1, 3)),),
                (Conv(f"{tower}_mixed_conv_1", 384, (3, 1)),),
            )
        )

    return Fork(
        (
            (Conv(f"{name}_conv", 320),),
            (Conv(f"{name}_tower_conv", 384), crossed(f"{name}_tower")),
            (
                Conv(f"{name}_tower_1_conv", 448),
                Conv(f"{name}_tower_1_conv_1", 384, (3, 3)),
                crossed(f"{name}_tower_1"),
            ),
            (Pool(pool), Conv(f"{name}_tower_2_conv", 192)),
        )
    )


_GRID_REDUCTION_17 = Fork(
    (
        (Conv("mixed_3_conv", 384, (3, 3), 2, "VALID"),),
        (
            Conv("mixed_3_tower_conv", 64),
            Conv("mixed_3_tower_conv_1", 96, (3, 3)),
            Conv("mixed_3_tower_conv_2", 96, (3, 3), 2, "VALID"),
        ),
        (Pool("max", 2, "VALID"),),
    )
)

_GRID_REDUCTION_8 = Fork(
    (
        (Conv("mixed_8_tower_conv", 192), Conv("mixed_8_tower_conv_1", 320, (3, 3), 2, "VALID")),
        (
            Conv("mixed_8_tower_1_conv", 192),
            Conv("mixed_8_tower_1_conv_1", 192, (1, 7)),
            Conv("mixed_8_tower_1_conv_2", 192, (7, 1)),
            Conv("mixed_8_tower_1_conv_3", 192, (3, 3), 2, "VALID"),
        ),
        (Pool("max", 2, "VALID"),),
    )
)


def stages(last_pool: Literal["avg", "max"] = "max") -> dict[str, tuple[Any, ...]]:
    """The whole network, stage by stage; each stage is a chain of operations.

    Args:
        last_pool: pooling of the last block: `max` in the 2015 graph, `avg` in
            `keras.applications`.
    """
    return {
        "conv": (Conv("conv", 32, (3, 3), 2, "VALID"),),
        "conv_1": (Conv("conv_1", 32, (3, 3), 1, "VALID"),),
        "conv_2": (Conv("conv_2", 64, (3, 3)),),
        "pool": (Pool("max", 2, "VALID"),),
        "conv_3": (Conv("conv_3", 80, (1, 1), 1, "VALID"),),
        "conv_4": (Conv("conv_4", 192, (3, 3), 1, "VALID"),),
        "pool_1": (Pool("max", 2, "VALID"),),
        "mixed": (_block_a("mixed", 32),),
        "mixed_1": (_block_a("mixed_1", 64),),
        "mixed_2": (_block_a("mixed_2", 64),),
        "mixed_3": (_GRID_REDUCTION_17,),
        "mixed_4": (_block_b("mixed_4", 128),),
        "mixed_5": (_block_b("mixed_5", 160),),
        "mixed_6": (_block_b("mixed_6", 160),),
        "mixed_7": (_block_b("mixed_7", 192),),
        "mixed_8": (_GRID_REDUCTION_8,),
        "mixed_9": (_block_c("mixed_9", "avg"),),
        "mixed_10": (_block_c("mixed_10", last_pool),),
    }


class Engine(Protocol):
    """An implementation of the operations; the type of its tensors is up to the engine."""

    def conv(self, x: Any, conv: Conv) -> Any:
        """Apply convolution, bias and ReLU."""

    def pool(self, x: Any, pool: Pool) -> Any:
        """Apply max pooling, or average pooling that does not count padding."""

    def concat(self, parts: list[Any]) -> Any:
        """Concatenate along the channels."""

    def average(self, x: Any) -> Any:
        """Average over the image: (N, F)."""


def forward(engine: Engine, images: Any, tap: int, last_pool: Literal["avg", "max"] = "max") -> Any:
    """Compute features of images, up to a tap.

    Args:
        engine: implements the operations.
        images: the engine's tensor of preprocessed images (N, 299, 299, 3).
        tap: one of `TAPS`.
        last_pool: as in `stages`.

    Returns:
        The engine's tensor of features (N, tap).
    """
    x = images
    for name, chain in stages(last_pool).items():
        x = _chain(engine, x, chain)
        if name == TAPS[tap]:
            break
    return engine.average(x)


def _chain(engine: Engine, x: Any, chain: tuple[Any, ...]) -> Any:
    for step in chain:
        if isinstance(step, Conv):
            x = engine.conv(x, step)
        elif isinstance(step, Pool):
            x = engine.pool(x, step)
        else:
            x = engine.concat([_chain(engine, x, branch) for branch in step.branches])
    return x


class _Shapes:
    """An engine that only tracks shapes: its tensors are numbers of channels."""

    def __init__(self) -> None:
        self.layers: dict[str, tuple[int, int, int, int]] = {}

    def conv(self, x: int, conv: Conv) -> int:
        self.layers[conv.name] = (conv.filters, *conv.kernel, x)
        return conv.filters

    def pool(self, x: int, pool: Pool) -> int:
        return x

    def concat(self, parts: list[int]) -> int:
        return sum(parts)

    def average(self, x: int) -> int:
        return x


def layer_shapes(tap: int = 2048) -> dict[str, tuple[int, int, int, int]]:
    """The convolutions up to a tap, in the order of the network.

    Args:
        tap: one of `TAPS`.

    Returns:
        Layer name -> shape of its weights: (out, height, width, in).

    Example:
        >>> list(layer_shapes(64).items())[:2]
        [('conv', (32, 3, 3, 3)), ('conv_1', (32, 3, 3, 32))]
    """
    shapes = _Shapes()
    forward(shapes, 3, tap)
    return shapes.layers
