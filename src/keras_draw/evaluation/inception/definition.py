"""Inception-v3, once: what is convolved with what, in the words of the 2015-12-05 graph.

The network is data (`stages`) and one function that walks over it (`forward`); what a convolution
or a pool is, an engine says (`engines.py`). Two networks share it: the literature's FID network
(Szegedy et al. 2015, arXiv 1512.00567, as frozen on 2015-12-05), whose last block pools by the
maximum, and that of `keras.applications`, whose last block pools by the average.
"""

from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

SIZE = 299
"""height and width of the network's input, in pixels."""
TAPS = {64: "pool", 192: "pool_1", 768: "mixed_7", 2048: "mixed_10"}
"""features -> the stage after which they are averaged over the image."""

Weights = dict[str, np.ndarray]
"""`LAYER/weights` (out, height, width, in) and `LAYER/bias` (out,), float32, batch norm folded."""


class Conv(NamedTuple):
    """A convolution with bias and relu."""

    name: str
    """of the 2015 graph, `/` as `_`."""
    filters: int
    kernel: tuple[int, int] = (1, 1)
    """height, width."""
    stride: int = 1
    padding: Literal["SAME", "VALID"] = "SAME"


class Pool(NamedTuple):
    """A pool over 3 x 3 pixels; an average leaves padding out of its count."""

    kind: Literal["avg", "max"]
    stride: int = 1
    padding: Literal["SAME", "VALID"] = "SAME"


class Fork(NamedTuple):
    """Branches over the same input, their channels put one behind the other."""

    branches: tuple[tuple[Any, ...], ...]
    """each a chain of `Conv`, `Pool` and `Fork`."""


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
    """The whole network, stage by stage, each a chain of operations.

    Args:
        last_pool: of the last block: `max` in the 2015 graph, `avg` in `keras.applications`.
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
    """What can convolve and pool. Tensors are whatever the engine makes of them."""

    def conv(self, x: Any, conv: Conv) -> Any:
        """Convolution, bias, relu."""

    def pool(self, x: Any, pool: Pool) -> Any:
        """Maximum, or average without the padding."""

    def concat(self, parts: list[Any]) -> Any:
        """Channels one behind the other."""

    def average(self, x: Any) -> Any:
        """The mean over the image: (N, F)."""


def forward(engine: Engine, images: Any, tap: int, last_pool: Literal["avg", "max"] = "max") -> Any:
    """Images to features, up to a tap.

    Args:
        engine: what convolves and pools.
        images: a tensor of the engine, of images 299 x 299 x 3 as the network expects them.
        tap: one of `TAPS`.
        last_pool: as in `stages`.

    Returns:
        A tensor of the engine: features (N, tap).
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
    """The engine that convolves nothing: its tensors are numbers of channels."""

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
    """The convolutions up to a tap, in the network's order.

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
