"""One training on several devices, of one machine or of many.

Every process does the same, in step: only process 0 writes. Weights lie whole on every device, and
the rows of a batch are shared by all of them, so that the mathematics is that of one device
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
    """The processes and devices of a training, as one of the processes sees them.

    Example:
        >>> Crew().is_first
        True
    """

    process: int = 0
    processes: int = 1
    devices: tuple[Any, ...] = ()
    """of all processes, JAX's; none where Keras computes on one device by itself."""
    lifelines: Lifelines | None = None

    @property
    def is_first(self) -> bool:
        """Whether this process writes."""
        return self.process == 0

    @property
    def count(self) -> int:
        """Devices in all."""
        return max(1, len(self.devices))

    def scope(self) -> Any:
        """Within it, a network that is made lies on all devices."""
        if not self._is_shared:
            return contextlib.nullcontext()
        return keras.distribution.DataParallel(devices=list(self.devices)).scope()

    def shared(self, batches: Batches | None) -> Any:
        """Batches as every device gets its rows of them."""
        if batches is None or not self._is_shared:
            return batches
        return SharedBatches(batches, models_devices.mesh(self.devices))

    def advise(self, advice: str) -> None:
        """What to do when another process is lost: the end of a sentence."""
        if self.lifelines:
            self.lifelines.advice = advice

    def described(self) -> dict[str, Any]:
        """For a run's provenance: nothing where there is one device."""
        if not self._is_shared:
            return {}
        kind, processes = self.devices[0].device_kind, self.processes
        return {"devices": {"count": self.count, "kind": kind, "processes": processes}}

    @property
    def _is_shared(self) -> bool:
        return self.count > 1


class SharedBatches(keras.utils.PyDataset):
    """Batches that lie on all devices already: each process reads no rows but its devices' own.

    A batch whose rows the devices do not divide lies whole on each of them; the step shares it.

    Args:
        batches: in NumPy.
        mesh: JAX's, of all devices.
    """

    def __init__(self, batches: Batches, mesh: Any) -> None:
        import jax

        super().__init__(workers=1, use_multiprocessing=False)
        self.batches, self.mesh = batches, mesh
        images, labels = batches.whole
        if labels is not None:
            labels = labels.astype(jax.dtypes.canonicalize_dtype(labels.dtype))
        self._arrays = (images,) if labels is None else (images, labels)

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        import jax

        rows = self.batches.rows(index)
        sharding = models_devices.rows(self.mesh, len(rows))

        def placed(array: np.ndarray) -> Any:
            shape = (len(rows), *array.shape[1:])
            return jax.make_array_from_callback(shape, sharding, lambda at: array[rows[at[0]]])

        return tuple(map(placed, self._arrays))

    @property
    def whole(self) -> tuple[np.ndarray, np.ndarray | None]:
        """As of the batches that are shared."""
        return self.batches.whole

    def on_epoch_end(self) -> None:
        """Keras calls this when an epoch is over."""
        self.batches.on_epoch_end()


@contextlib.contextmanager
def together(where: Devices, batch_size: int, said: dict[str, Any]) -> Iterator[Crew]:
    """Within the block this process trains on what it was asked to, with the others.

    Args:
        where: devices and processes.
        batch_size: images in each step.
        said: what must be the same in every process: names and plain values.

    Yields:
        The crew, all of whom have come and agree.

    Raises:
        ValueError: if there are too few devices, they cannot share a batch evenly, processes
            differ, or Keras's backend is not JAX.
        TimeoutError: if a process does not come.
        ConnectionError: if the processes lose each other. (Mostly the process ends at once then,
            with exit code 1 and a sentence: JAX could not be used any more.)
    """
    if not models_devices.on_jax():
        if where.devices > 1 or not where.is_alone:
            raise ValueError(
                "Several devices or processes need the backend jax (KERAS_BACKEND), and this is "
                f"{keras.backend.backend()}."
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
    """As many devices as were asked for; else as many as share a batch evenly."""
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
            "; to try it out, JAX makes several of a CPU where JAX_NUM_CPU_DEVICES says how many"
            if jax.default_backend() == "cpu"
            else ""
        )
        raise ValueError(
            f"devices is {asked}, and {where} has {there} {many} ({jax.default_backend()}): give "
            f"{there} or fewer{trial}."
        )


def _check_shared(batch_size: int, count: int) -> None:
    if batch_size % count:
        lower = batch_size - batch_size % count
        nearest = f"{lower} or {lower + count}" if lower else f"{count}"
        raise ValueError(
            f"batch_size is {batch_size}, which {count} devices cannot share evenly: choose "
            f"{nearest}, or other devices."
        )


def _found_by_environment(where: Devices) -> Devices:
    """Coordinator and numbers as Slurm, Open MPI or Kubernetes say them."""
    from jax._src.clusters import ClusterEnv

    try:
        address, count, process, _ = ClusterEnv.auto_detect_unset_distributed_params(
            os.environ.get("JAX_COORDINATOR_ADDRESS"), None, None, None, None, int(PATIENCE)
        )
    except Exception as error:  # whatever a scheduler's environment lacks
        raise ValueError(
            f"The processes of this training cannot be found ({error}): give --coordinator, "
            "--processes and --process."
        ) from None
    if address is None or count is None or process is None:
        raise ValueError(
            "distributed was asked for, and nothing here says who trains together: start it by "
            "Slurm (srun), Open MPI (mpirun) or as an indexed Job of Kubernetes, or give "
            "--coordinator, --processes and --process."
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
        if isinstance(error, RuntimeError):  # JAX's own
            raise ConnectionError(
                f"The processes of this training cannot go on together ({_first_line(error)}); "
                f"{lifelines.advice}"
            ) from error
        raise
    lifelines.part(None)


def _own_devices(where: Devices, on_host: int, are_on_host: int) -> list[int] | None:
    """Which GPUs this process takes where others on its machine take some, too."""
    if are_on_host == 1:
        return None
    count = where.devices or 1
    return list(range(on_host * count, (on_host + 1) * count))


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


@contextlib.contextmanager
def _stdout_kept() -> Iterator[None]:
    """What foreign code prints goes to stderr: stdout is for results."""
    try:
        kept = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # one of them is closed
        yield
        return
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
