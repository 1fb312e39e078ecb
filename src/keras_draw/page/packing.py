"""A network's weights as one row of bytes, small enough for a page; and back, to be measured."""

import math
from typing import Any, Literal, NamedTuple

import numpy as np

from keras_draw.config import DRAWConfig
from keras_draw.models.draw import DRAW
from keras_draw.models.specs import WeightSpec
from keras_draw.models.weights import specs

Format = Literal["float16", "int8"]
SMALL = 4096
"""Weights of at most so many values stay float32: it costs next to nothing."""
LARGEST_LEVEL = 127
"""Of int8, the same on both sides of zero."""
LARGEST_HALF = float(np.finfo(np.float16).max)
ALIGNED = 4
"""Every array begins at a multiple of so many bytes, as JavaScript's typed arrays must."""


class Packed(NamedTuple):
    """Weights, packed."""

    header: dict[str, dict[str, Any]]
    """of each weight by name: `shape`; `type`, float32, float16 or int8; `at`, its place in the
    bytes; and for int8 `scale`, the place of its columns' scales."""
    content: bytes


def type_of(spec: WeightSpec, weights: Format) -> str:
    """What a weight is packed as: small ones as float32; int8 is for what multiplies."""
    if math.prod(spec.shape) <= SMALL:
        return "float32"
    return weights if spec.kernel else "float16"


def packed_bytes(config: DRAWConfig, weights: Format) -> int:
    """How many bytes `pack` makes of a network, to the byte's order, before it is loaded."""
    sizes = {"float32": 4, "float16": 2, "int8": 1}
    return sum(math.prod(spec.shape) * sizes[type_of(spec, weights)] for spec in specs(config))


def pack(config: DRAWConfig, named: dict[str, np.ndarray], weights: Format) -> Packed:
    """Pack all weights of a network.

    Args:
        config: the network's.
        named: what `weights_of` gives.
        weights: `float16`; or `int8`, where each column of a kernel has a scale of its own.

    Returns:
        Bytes, and what lies where in them: little-endian, rows first.

    Raises:
        ValueError: if a weight is no number, or too large for float16.
    """
    content, header = bytearray(), {}

    def put(values: np.ndarray) -> int:
        content.extend(bytes(-len(content) % ALIGNED))
        at = len(content)
        content.extend(np.ascontiguousarray(values).tobytes())
        return at

    for spec in specs(config):
        value = named[spec.name]
        kind = type_of(spec, weights)
        found: dict[str, Any] = {"shape": list(spec.shape), "type": kind}
        largest = float(np.abs(value).max())
        if not np.isfinite(largest):
            raise ValueError(f"The network's weight {spec.name} holds what is no number.")
        if kind == "int8":
            levels, scale = quantized(value)
            found |= {"at": put(levels), "scale": put(scale.astype("<f4"))}
        else:
            if kind == "float16" and largest > LARGEST_HALF:
                raise ValueError(
                    f"The network's weight {spec.name} holds {largest:.3g}, more than the "
                    f"{LARGEST_HALF:.0f} that float16 can."
                )
            found["at"] = put(value.astype("<f2" if kind == "float16" else "<f4"))
        header[spec.name] = found
    return Packed(header, bytes(content))


def unpacked(packed: Packed) -> dict[str, np.ndarray]:
    """The weights as a page has them, to measure what packing cost.

    Args:
        packed: what `pack` gave.

    Returns:
        float32 arrays by name.
    """
    found = {}
    for name, one in packed.header.items():
        shape: list[int] = one["shape"]
        dtype = {"float32": "<f4", "float16": "<f2", "int8": "i1"}[one["type"]]
        values = _read(packed.content, dtype, one["at"], shape)
        if "scale" in one:
            columns = [*shape[:-2], 1, shape[-1]]
            values = values * _read(packed.content, "<f4", one["scale"], columns)
        found[name] = values.astype("float32")
    return found


def _read(content: bytes, dtype: str, at: int, shape: list[int]) -> np.ndarray:
    return np.frombuffer(content, dtype, math.prod(shape), at).reshape(shape)


def quantized(value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A kernel as whole numbers from -127 to 127, and the scale of each of its columns.

    Args:
        value: (..., I, O).

    Returns:
        int8 of the same shape, and float32 (..., 1, O): their product is nearly the kernel.

    Example:
        >>> levels, scale = quantized(np.array([[1.0, 0.0], [-0.5, 0.0]]))
        >>> levels.tolist(), (levels * scale).round(2).tolist()
        ([[127, 0], [-64, 0]], [[1.0, 0.0], [-0.5, 0.0]])
    """
    largest = np.abs(value).max(axis=-2, keepdims=True).astype("float32")
    scale = np.where(largest > 0, largest / LARGEST_LEVEL, 1).astype("float32")
    return np.round(value / scale).astype("int8"), scale


def weights_of(model: DRAW) -> dict[str, np.ndarray]:
    """The network's weights by name, as float32."""
    by_name = {variable.name: variable for variable in model.weights}
    return {
        spec.name: np.asarray(by_name[spec.name].numpy(), "float32") for spec in specs(model.config)
    }
