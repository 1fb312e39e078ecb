"""Packs a network's weights into bytes for a page, and unpacks them to measure the rounding."""

import math
from typing import Any, Literal, NamedTuple

import numpy as np

from keras_draw.config import DRAWConfig
from keras_draw.models.draw import DRAW
from keras_draw.models.specs import WeightSpec
from keras_draw.models.weights import specs

Format = Literal["float16", "int8"]
SMALL = 4096
"""Weights with at most this many values stay float32, which costs almost nothing."""
LARGEST_LEVEL = 127
"""Largest int8 value that is used, the same on both sides of zero."""
LARGEST_HALF = float(np.finfo(np.float16).max)
"""Largest finite float16."""
ALIGNED = 4
"""Arrays begin at multiples of this many bytes, as JavaScript's typed arrays require."""


class Packed(NamedTuple):
    """Packed weights."""

    header: dict[str, dict[str, Any]]
    """for each weight by name: `shape`; `type`, float32, float16 or int8; `at`, its offset in the
    bytes; and for int8 `scale`, the offset of the scales of its columns."""
    content: bytes


def type_of(spec: WeightSpec, weights: Format) -> str:
    """The packed type of a weight: small weights are float32, and only kernels become int8."""
    if math.prod(spec.shape) <= SMALL:
        return "float32"
    return weights if spec.kernel else "float16"


def packed_bytes(config: DRAWConfig, weights: Format) -> int:
    """About how many bytes `pack` makes of a network, without loading its weights."""
    sizes = {"float32": 4, "float16": 2, "int8": 1}
    return sum(math.prod(spec.shape) * sizes[type_of(spec, weights)] for spec in specs(config))


def pack(config: DRAWConfig, named: dict[str, np.ndarray], weights: Format) -> Packed:
    """Pack all weights of a network.

    Args:
        config: the network's configuration.
        named: the result of `weights_of`.
        weights: `float16`, or `int8` with a separate scale for each column of a kernel.

    Returns:
        The bytes, little-endian and in row-major order, and a header with their layout.

    Raises:
        ValueError: if a weight is not finite, or too large for float16.
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
            raise ValueError(f"The network's weight {spec.name} has values that are not finite.")
        if kind == "int8":
            levels, scale = quantized(value)
            found |= {"at": put(levels), "scale": put(scale.astype("<f4"))}
        else:
            if kind == "float16" and largest > LARGEST_HALF:
                raise ValueError(
                    f"The network's weight {spec.name} has the value {largest:.3g}, more than the "
                    f"{LARGEST_HALF:.0f} that float16 allows."
                )
            found["at"] = put(value.astype("<f2" if kind == "float16" else "<f4"))
        header[spec.name] = found
    return Packed(header, bytes(content))


def unpacked(packed: Packed) -> dict[str, np.ndarray]:
    """Unpack weights as a page does, to measure the cost of packing.

    Args:
        packed: the result of `pack`.

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
    """Quantize a kernel to integers from -127 to 127 with a scale for each column.

    Args:
        value: the kernel (..., I, O).

    Returns:
        The integers, int8 of the same shape, and the scales, float32 (..., 1, O). Their product
        approximates the kernel.

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
