"""Which devices compute, and which rows of a batch each of them gets.

Every device holds a full copy of the weights; the rows of a batch are split among them. The number
of rows need not be a multiple of the number of devices: XLA pads the shards and excludes the
padding from every sum, so nothing needs masking here.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

AXIS = "batch"
"""Name of the only axis of a device mesh, the same as in `keras.distribution.DataParallel`."""

_chosen: list[tuple[Any, ...]] = []
_meshes: list[Any] = []


def on_jax() -> bool:
    """Whether Keras runs on JAX."""
    return bool(keras.backend.backend() == "jax")


def on_accelerator() -> bool:
    """Return whether a GPU or TPU computes, on JAX."""
    return on_jax() and used()[0].platform != "cpu"


@contextlib.contextmanager
def using(devices: Sequence[Any]) -> Iterator[None]:
    """Inside the block, networks draw and measure on these devices of this process.

    Args:
        devices: JAX devices.
    """
    _chosen.append(tuple(devices))
    try:
        yield
    finally:
        _chosen.pop()


def used() -> tuple[Any, ...]:
    """The devices of this process that compute: all GPUs or TPUs, or else one CPU device."""
    if _chosen:
        return _chosen[-1]
    if not on_jax():
        return (None,)
    import jax

    found = jax.local_devices()
    return tuple(found[:1] if found[0].platform == "cpu" else found)


def mesh(devices: Sequence[Any]) -> Any:
    """A JAX mesh of these devices along the batch axis."""
    import jax

    return jax.sharding.Mesh(np.array(devices), (AXIS,))


def mesh_of(variables: Sequence[Any]) -> Any | None:
    """The mesh that holds a network's variables, or None if they are on a single device."""
    if not variables or not on_jax():
        return None
    import jax

    sharding = variables[0].value.sharding
    is_shared = isinstance(sharding, jax.sharding.NamedSharding) and sharding.num_devices > 1
    return sharding.mesh if is_shared else None


def rows(mesh: Any, count: int | None = None) -> Any:
    """The JAX sharding of `count` rows: split if the devices divide them evenly, else replicated.

    Without a count, for use inside a compiled function, rows are always split.
    """
    import jax

    is_even = count is None or count % mesh.size == 0
    spec = jax.sharding.PartitionSpec(*mesh.axis_names[:1] if is_even else ())
    return jax.sharding.NamedSharding(mesh, spec)


def shared(mesh: Any | None, batch: Any) -> Any:
    """Split the rows of a batch over the devices of a mesh, inside a compiled step.

    Args:
        mesh: a mesh with one axis. With None or more axes, the batch is returned unchanged.
        batch: a structure of arrays whose first axis is the rows; it may contain None.
    """
    if mesh is None or len(mesh.axis_names) > 1:
        return batch
    import jax

    sharding = rows(mesh)
    return jax.tree.map(lambda a: jax.lax.with_sharding_constraint(a, sharding), batch)


@contextlib.contextmanager
def sharing(mesh: Any) -> Iterator[None]:
    """Mark the code inside the block as compiled for a mesh: `are_sharing` returns True there."""
    _meshes.append(mesh)
    try:
        yield
    finally:
        _meshes.pop()


def are_sharing() -> bool:
    """Whether the function being compiled has its batch split over several devices."""
    return bool(_meshes)


def shared_now(batch: Any) -> Any:
    """Like `shared`, for the devices that the current program is compiled for."""
    return shared(_meshes[-1] if _meshes else None, batch)


def spread(batch: np.ndarray) -> Any:
    """Put a batch on all computing devices, split by rows if they divide evenly."""
    devices = used()
    if len(devices) == 1:
        return ops.convert_to_tensor(batch)
    import jax

    return jax.device_put(batch, rows(mesh(devices), len(batch)))


def everywhere(arrays: Any) -> Any:
    """Put full copies of arrays, in any structure, on all computing devices."""
    devices = used()
    if len(devices) == 1:
        return arrays
    import jax

    return jax.device_put(arrays, jax.sharding.NamedSharding(mesh(devices), _whole()))


def here(array: Any) -> Any:
    """A variable's array, as far as this process holds it if it also lies on other machines."""
    if not on_jax():
        return array
    import jax

    if isinstance(array, jax.core.Tracer) or array.is_fully_addressable:
        return array
    return array.addressable_data(0)


def wait_for(arrays: Any) -> None:
    """Wait until arrays are computed. A computation that failed is not reported.

    Args:
        arrays: a structure of arrays.
    """
    if not on_jax():
        return
    import jax

    with contextlib.suppress(Exception):  # whoever reads the arrays gets the error
        jax.block_until_ready(arrays)


def _whole() -> Any:
    import jax

    return jax.sharding.PartitionSpec()
