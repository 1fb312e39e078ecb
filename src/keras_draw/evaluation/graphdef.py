"""Constants of a frozen TensorFlow graph, read from the bytes: a GraphDef without TensorFlow.

Protocol buffers are fields of (number, kind, value), one behind the other. Only the few that lead
to a constant's numbers are followed, to a fixed depth; no length is believed beyond the bytes that
are there, and no array is made before its shape has been compared with the one expected.

Source: protobuf.dev, "Encoding"; tensorflow/core/framework/{graph,node_def,attr_value,tensor,
tensor_shape}.proto.
"""

import math
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

MAX_BYTES = 256 * 2**20
"""The 2015 Inception graph has 96 MB; larger files are not read."""
MAX_FIELDS = 1_000_000
"""More than this in one file would take long to walk; the 2015 graph has a few ten thousand."""
DT_FLOAT = 1

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Field(NamedTuple):
    """One field of a message."""

    number: int
    value: int | memoryview
    """a whole number (varint), or the bytes of anything else."""


class Node(NamedTuple):
    """One operation of a graph."""

    operation: str
    attributes: dict[str, memoryview]
    """name -> the bytes of an AttrValue."""


class Reader:
    """Walks over messages, within a budget of fields."""

    def __init__(self, budget: int = MAX_FIELDS) -> None:
        self.budget = budget

    def fields(self, message: memoryview) -> Iterator[Field]:
        """The fields of a message, in order.

        Raises:
            ValueError: if the message is cut off or is no protocol buffer, or if the budget is
                spent.
        """
        at = 0
        while at < len(message):
            self.budget -= 1
            if self.budget < 0:
                raise ValueError("it has too many fields")
            key, at = _varint(message, at)
            number, kind = key >> 3, key & 7
            if kind == _VARINT:
                whole, at = _varint(message, at)
                yield Field(number, whole)
                continue
            if kind == _BYTES:
                length, at = _varint(message, at)
            elif kind in (_FIXED32, _FIXED64):
                length = 4 if kind == _FIXED32 else 8
            else:
                raise ValueError(f"it has a field of the unknown kind {kind}")
            if length > len(message) - at:
                raise ValueError("it ends within a field")
            yield Field(number, message[at : at + length])
            at += length

    def messages(self, message: memoryview, number: int) -> Iterator[memoryview]:
        """The fields with this number that hold bytes."""
        for field in self.fields(message):
            if field.number == number and isinstance(field.value, memoryview):
                yield field.value

    def node(self, message: memoryview) -> tuple[str, Node]:
        """Name and content of a NodeDef."""
        name, operation, attributes = "", "", {}
        for number, value in self.fields(message):
            if isinstance(value, int):
                continue
            if number == 1:
                name = _text(value)
            elif number == 2:
                operation = _text(value)
            elif number == 5:
                key = b"".join(self.messages(value, 1))
                for attribute in self.messages(value, 2):
                    attributes[_text(memoryview(key))] = attribute
        return name, Node(operation, attributes)

    def constant(self, node: Node, shape: tuple[int, ...]) -> np.ndarray:
        """The numbers of a Const node, float32, if they have the shape expected."""
        value = node.attributes.get("value", memoryview(b""))
        tensor = next(self.messages(value, 8), None)
        if node.operation != "Const" or tensor is None:
            raise ValueError("it is not a constant")
        dtype, content, listed = 0, memoryview(b""), []
        stated: tuple[int, ...] = ()
        for number, part in self.fields(tensor):
            if isinstance(part, int):
                dtype = part if number == 1 else dtype
            elif number == 2:
                stated = self.shape(part)
            elif number == 4:
                content = part
            elif number == 5:
                listed.append(part)
        if dtype != DT_FLOAT or stated != shape:
            raise ValueError(f"it has the type {dtype} and the shape {stated}, not float {shape}")
        return _array(content or memoryview(b"".join(listed)), shape)

    def shape(self, message: memoryview) -> tuple[int, ...]:
        """The sizes of a TensorShapeProto."""
        sizes = []
        for dim in self.messages(message, 2):
            size = [f.value for f in self.fields(dim) if f.number == 1]
            sizes.append(size[-1] if size and isinstance(size[-1], int) else 0)
        return tuple(sizes)


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A whole number of seven bits a byte, and where the next thing begins."""
    found = 0
    for i, byte in enumerate(message[at : at + 10]):
        found |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            return found & 0xFFFF_FFFF_FFFF_FFFF, at + i + 1
    raise ValueError("it ends within a number, or has one of more than 64 bits")


def _text(value: memoryview) -> str:
    return bytes(value).decode("utf-8", "replace")


def _array(content: memoryview, shape: tuple[int, ...]) -> np.ndarray:
    """Little-endian floats; a single one stands for all."""
    count = math.prod(shape)
    if len(content) == 4:
        return np.full(shape, struct.unpack("<f", content)[0], np.float32)
    if len(content) != 4 * count:
        raise ValueError(f"it has {len(content)} bytes for {count} numbers of 4 bytes")
    return np.frombuffer(content, "<f4").reshape(shape).astype(np.float32)


def read_graph(path: Path) -> dict[str, Node]:
    """The nodes of a frozen graph (`.pb`). Nothing is run.

    Args:
        path: the file.

    Returns:
        Node name -> node.

    Raises:
        ValueError: if the file is too large, damaged or no GraphDef, or names a node twice.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"{path.name} has {size} bytes; no more than {MAX_BYTES} are read.")
    reader, nodes = Reader(), {}
    try:
        for message in reader.messages(memoryview(path.read_bytes()), 1):
            name, node = reader.node(message)
            if name in nodes:
                raise ValueError(f"it names the node {name[:60]!r} twice")
            nodes[name] = node
    except ValueError as error:
        raise ValueError(
            f"{path.name} is not a frozen TensorFlow graph, or damaged: {error}."
        ) from None
    return nodes


def constants(
    nodes: Mapping[str, Node], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, np.ndarray]:
    """The constants that are there, of those asked for.

    Args:
        nodes: of a graph.
        shapes: constant's name -> the shape that it must have.

    Returns:
        Name -> float32 of that shape; names that the graph lacks are left out.

    Raises:
        ValueError: if a node is no constant of floats, or has another shape; a clause, for a
            sentence that begins with the file.
    """
    reader, found = Reader(), {}
    for name, shape in shapes.items():
        if name in nodes:
            try:
                found[name] = reader.constant(nodes[name], shape)
            except ValueError as error:
                raise ValueError(f"the node {name} is not as expected: {error}") from None
    return found


def flag(node: Node | None, name: str, *, default: bool) -> bool:
    """An attribute that is true or false.

    Args:
        node: of a graph, or none.
        name: of the attribute.
        default: what holds where the node or the attribute is not there.

    Raises:
        ValueError: if the attribute is damaged; a clause, as from `constants`.
    """
    said = node.attributes.get(name) if node else None
    if said is None:
        return default
    values = [field.value for field in Reader(budget=16).fields(said) if field.number == 5]
    return bool(values[-1]) if values else default
