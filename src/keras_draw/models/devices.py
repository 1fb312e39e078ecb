"""Which devices compute, and which rows of a batch each of them has.

Weights lie whole on every device; the rows of a batch are shared. Rows that the devices do not
divide are shared all the same: XLA fills the shares up and leaves what it filled in out of every
sum, so that nothing is masked by hand.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

AXIS = "batch"
"""Of a mesh of devices: its only one, as `keras.distribution.DataParallel` calls it."""

_chosen: list[tuple[Any, ...]] = []
_meshes: list[Any] = []


def on_jax() -> bool:
    """Whether Keras computes with JAX."""
    return bool(keras.backend.backend() == "jax")


@contextlib.contextmanager
def using(devices: Sequence[Any]) -> Iterator[None]:
    """Within the block networks draw and measure on these devices of this process.

    Args:
        devices: JAX's.
    """
    _chosen.append(tuple(devices))
    try:
        yield
    finally:
        _chosen.pop()


def used() -> tuple[Any, ...]:
    """The devices of this process that compute: all GPUs or TPUs; on a machine without, one."""
    if _chosen:
        return _chosen[-1]
    if not on_jax():
        return (None,)
    import jax

    found = jax.local_devices()
    return tuple(found[:1] if found[0].platform == "cpu" else found)


def mesh(devices: Sequence[Any]) -> Any:
    """JAX's mesh of devices along the batch."""
    import jax

    return jax.sharding.Mesh(np.array(devices), (AXIS,))


def mesh_of(variables: Sequence[Any]) -> Any | None:
    """The mesh that a network's variables lie on, or None where they lie on one device."""
    if not variables or not on_jax():
        return None
    import jax

    sharding = variables[0].value.sharding
    is_shared = isinstance(sharding, jax.sharding.NamedSharding) and sharding.num_devices > 1
    return sharding.mesh if is_shared else None


def rows(mesh: Any, count: int | None = None) -> Any:
    """JAX's sharding of `count` rows: shared where the devices divide them, else whole on each.

    Without a count, for use inside a compiled function, they are shared in any case.
    """
    import jax

    is_even = count is None or count % mesh.size == 0
    spec = jax.sharding.PartitionSpec(*mesh.axis_names[:1] if is_even else ())
    return jax.sharding.NamedSharding(mesh, spec)


def shared(mesh: Any | None, batch: Any) -> Any:
    """Inside a compiled step: the rows of a batch, shared by the devices of a mesh.

    Args:
        mesh: of one axis; nothing is done without one, or where it has more.
        batch: arrays whose first axis are rows; None where there is none.
    """
    if mesh is None or len(mesh.axis_names) > 1:
        return batch
    import jax

    sharding = rows(mesh)
    return jax.tree.map(lambda a: jax.lax.with_sharding_constraint(a, sharding), batch)


@contextlib.contextmanager
def sharing(mesh: Any) -> Iterator[None]:
    """Around what is compiled for a mesh; `are_sharing` is true within it."""
    _meshes.append(mesh)
    try:
        yield
    finally:
        _meshes.pop()


def are_sharing() -> bool:
    """Whether what is being compiled has the rows of its batch on several devices."""
    return bool(_meshes)


def shared_now(batch: Any) -> Any:
    """As `shared`, by the devices that what is being compiled is for."""
    return shared(_meshes[-1] if _meshes else None, batch)


def spread(batch: np.ndarray) -> Any:
    """A batch on all devices that compute, its rows shared where they divide them."""
    devices = used()
    if len(devices) == 1:
        return ops.convert_to_tensor(batch)
    import jax

    return jax.device_put(batch, rows(mesh(devices), len(batch)))


def everywhere(arrays: Any) -> Any:
    """Arrays, in any structure, whole on all devices that compute."""
    devices = used()
    if len(devices) == 1:
        return arrays
    import jax

    return jax.device_put(arrays, jax.sharding.NamedSharding(mesh(devices), _whole()))


def here(array: Any) -> Any:
    """A variable's array as this process alone can use it, where it lies on other machines too."""
    if not on_jax():
        return array
    import jax

    if isinstance(array, jax.core.Tracer) or array.is_fully_addressable:
        return array
    return array.addressable_data(0)


def _whole() -> Any:
    import jax

    return jax.sharding.PartitionSpec()
