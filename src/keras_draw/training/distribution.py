"""One training on several devices, on one machine or on many.

All processes do the same work in step, but only process 0 writes. Every device holds all weights,
and the rows of a batch are split among the devices, so the mathematics is the same as on one device
(docs/distributed.md).
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import keras
import numpy as np

from keras_draw import __version__
from keras_draw.config import Devices
from keras_draw.data.batches import Batches
from keras_draw.models import devices as models_devices
from keras_draw.training.lifelines import Lifelines
from keras_draw.training.rollcall import PATIENCE, call_the_roll


@dataclass(frozen=True)
class Crew:
    """The processes and devices of a training, as seen by one of the processes.

    Example:
        >>> Crew().is_first
        True
    """

    process: int = 0
    processes: int = 1
    devices: tuple[Any, ...] = ()
    """JAX devices of all processes; empty if Keras uses its single default device."""
    lifelines: Lifelines | None = None
    """connections to the other processes; None for a single process."""

    @property
    def is_first(self) -> bool:
        """Whether this process writes."""
        return self.process == 0

    @property
    def count(self) -> int:
        """Total number of devices."""
        return max(1, len(self.devices))

    def scope(self) -> Any:
        """A context manager; networks created in it are placed on all devices."""
        if not self._is_shared:
            return contextlib.nullcontext()
        return keras.distribution.DataParallel(devices=list(self.devices)).scope()

    def shared(self, batches: Batches | None) -> Any:
        """Batches whose rows are split among the devices."""
        if batches is None or not self._is_shared:
            return batches
        return SharedBatches(batches, models_devices.mesh(self.devices))

    def advise(self, advice: str) -> None:
        """Set what the user can do if another process is lost: the end of the error message."""
        if self.lifelines:
            self.lifelines.advice = advice

    def described(self) -> dict[str, Any]:
        """The devices, for a run's provenance; empty for a single device."""
        if not self._is_shared:
            return {}
        kind, processes = self.devices[0].device_kind, self.processes
        return {"devices": {"count": self.count, "kind": kind, "processes": processes}}

    @property
    def _is_shared(self) -> bool:
        return self.count > 1


class SharedBatches(keras.utils.PyDataset):
    """Batches that are already placed on all devices; each device gets only its own rows.

    If the rows of a batch cannot be split evenly, each device gets all of them; the step then
    splits them.

    Args:
        batches: batches of NumPy arrays.
        mesh: JAX mesh of all devices.
    """

    def __init__(self, batches: Batches, mesh: Any) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self.batches, self.mesh = batches, mesh

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        import jax

        arrays = self.batches[index]
        sharding = models_devices.rows(self.mesh, len(arrays[0]))

        def placed(array: np.ndarray) -> Any:
            array = array.astype(jax.dtypes.canonicalize_dtype(array.dtype), copy=False)
            return jax.make_array_from_callback(array.shape, sharding, lambda at: array[at])

        return tuple(map(placed, arrays))

    @property
    def whole(self) -> tuple[np.ndarray, np.ndarray | None]:
        """All images and labels of the underlying batches."""
        return self.batches.whole

    def on_epoch_end(self) -> None:
        """Called by Keras at the end of an epoch."""
        self.batches.on_epoch_end()


@contextlib.contextmanager
def together(where: Devices, batch_size: int, said: dict[str, Any]) -> Iterator[Crew]:
    """Inside the block, this process trains on the requested devices, together with the others.

    Args:
        where: devices and processes.
        batch_size: images per step.
        said: names and plain values that must be the same in every process.

    Yields:
        The crew, once all processes have arrived and agree.

    Raises:
        ValueError: if there are too few devices, a batch cannot be split evenly, processes differ,
            or several devices are requested and Keras's backend is not JAX.
        TimeoutError: if a process does not arrive.
        ConnectionError: if the processes lose each other. (Usually the process then ends
            immediately, with exit code 1 and a message, because JAX cannot be used any more.)
    """
    if not models_devices.on_jax():
        if where.devices > 1 or not where.is_alone:
            raise ValueError(
                "Several devices or processes need the jax backend, but the current one is "
                f"{keras.backend.backend()}; set KERAS_BACKEND=jax."
            )
        yield Crew()
        return
    where = _found_by_environment(where) if where.distributed else where
    if where.is_alone:
        found = _of_this_machine(where.devices, batch_size)
        with models_devices.using(found):
            yield Crew(devices=found if len(found) > 1 else ())
        return
    versions = {name: metadata.version(name) for name in ("keras", "jax", "numpy")}
    said = {"keras-draw": __version__, **versions, "devices": where.devices, **said}
    with _stdout_kept(), _joined(where, said) as lifelines:
        devices = _of_all(where)
        _check_shared(batch_size, len(devices))
        own = [device for device in devices if device.process_index == where.process]
        with models_devices.using(own):
            yield Crew(where.process or 0, where.processes, tuple(devices), lifelines)


def _of_this_machine(asked: int, batch_size: int) -> tuple[Any, ...]:
    """As many devices as requested; by default, as many as can split a batch evenly."""
    if not asked:
        found = models_devices.used()
        count = max(n for n in range(1, len(found) + 1) if batch_size % n == 0)
        return found[:count]
    import jax

    found = tuple(jax.local_devices())
    _check_there(asked, len(found), "this machine")
    _check_shared(batch_size, asked)
    return found[:asked]


def _of_all(where: Devices) -> list[Any]:
    """The devices of all processes, those of process 0 first."""
    import jax

    found = []
    for process in range(where.processes):
        own = [device for device in jax.devices() if device.process_index == process]
        count = where.devices or (1 if own[0].platform == "cpu" else len(own))
        _check_there(count, len(own), f"the machine of process {process}")
        found += own[:count]
    return found


def _check_there(asked: int, there: int, where: str) -> None:
    if asked > there:
        import jax

        many = "device" if there == 1 else "devices"
        trial = (
            "; for a trial, JAX can split a CPU into several devices: set JAX_NUM_CPU_DEVICES to "
            "their number"
            if jax.default_backend() == "cpu"
            else ""
        )
        raise ValueError(
            f"devices is {asked}, but {where} has {there} {many} ({jax.default_backend()}): give "
            f"{there} or fewer{trial}."
        )


def _check_shared(batch_size: int, count: int) -> None:
    if batch_size % count:
        lower = batch_size - batch_size % count
        nearest = f"{lower} or {lower + count}" if lower else f"{count}"
        raise ValueError(
            f"batch_size is {batch_size}, which cannot be split evenly over {count} devices: "
            f"choose {nearest}, or another number of devices."
        )


def _found_by_environment(where: Devices) -> Devices:
    """Coordinator and process numbers from Slurm, Open MPI or Kubernetes."""
    from jax._src.clusters import ClusterEnv

    try:
        address, count, process, _ = ClusterEnv.auto_detect_unset_distributed_params(
            os.environ.get("JAX_COORDINATOR_ADDRESS"), None, None, None, None, int(PATIENCE)
        )
    except Exception as error:  # many kinds, if variables of the scheduler are missing
        raise ValueError(
            f"The processes of this training could not be detected ({error}): give --coordinator, "
            "--processes and --process."
        ) from None
    if address is None or count is None or process is None:
        raise ValueError(
            "distributed is set, but no scheduler was detected that lists the processes: start "
            "the training with Slurm (srun), Open MPI (mpirun) or as an indexed Job of "
            "Kubernetes, or give --coordinator, --processes and --process."
        )
    if count == 1:
        return Devices(devices=where.devices)
    return Devices(
        devices=where.devices, coordinator=address, processes=int(count), process=int(process)
    )


@contextlib.contextmanager
def _joined(where: Devices, said: dict[str, Any]) -> Iterator[Lifelines]:
    import jax

    links, place = call_the_roll(where, said)
    lifelines = Lifelines(links, where.process or 0, jax.distributed.shutdown)
    lifelines.start()
    try:
        jax.distributed.initialize(
            place.address,
            where.processes,
            where.process,
            local_device_ids=_own_devices(where, place.on_host, place.are_on_host),
            cluster_detection_method="deactivate",
            initialization_timeout=int(PATIENCE),
        )
        yield lifelines
    except BaseException as error:
        lifelines.part(" ".join(str(error).split()) or "it was interrupted.")
        if isinstance(error, RuntimeError):  # raised by JAX
            raise ConnectionError(
                f"The processes of this training cannot go on together ({_first_line(error)}); "
                f"{lifelines.advice}"
            ) from error
        raise
    lifelines.part(None)


def _own_devices(where: Devices, on_host: int, are_on_host: int) -> list[int] | None:
    """The GPUs of this process, if it shares its machine with other processes; None for all."""
    if are_on_host == 1:
        return None
    count = where.devices or 1
    return list(range(on_host * count, (on_host + 1) * count))


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


@contextlib.contextmanager
def _stdout_kept() -> Iterator[None]:
    """Send what foreign code prints to stderr: stdout is reserved for results."""
    try:
        kept = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # stdout or stderr is closed
        yield
        return
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
