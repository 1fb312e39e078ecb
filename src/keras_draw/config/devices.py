"""The devices that a training uses, on one machine or several."""

from dataclasses import dataclass

from keras_draw.config.base import Config

HIGHEST_PORT = 65_535


@dataclass(frozen=True, kw_only=True)
class Devices(Config):
    """The devices and processes of one training; docs/distributed.md shows every setup.

    Example:
        >>> Devices(coordinator="10.0.0.1:4321", processes=2, process=0).address
        ('10.0.0.1', 4321)
    """

    devices: int = 0
    """Devices of this machine that share every batch. 0: as many GPUs or TPUs as divide the batch
    evenly, or one device on a machine without them."""
    coordinator: str = ""
    """HOST:PORT of process 0, for the other processes of this training. Run the same command on
    every machine, each with its own --process."""
    processes: int = 0
    """With --coordinator: number of processes that train together, usually one per machine."""
    process: int | None = None
    """With --coordinator: number of this process, from 0. Process 0 writes the run folder."""
    distributed: bool = False
    """Read coordinator, processes and process from the launcher: Slurm, Open MPI or Kubernetes."""

    @property
    def is_alone(self) -> bool:
        """Whether this process trains alone, without other processes."""
        return not (self.coordinator or self.distributed)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the coordinator; requires `coordinator` to be set."""
        host, _, port = self.coordinator.rpartition(":")
        return host.removeprefix("[").removesuffix("]"), int(port)

    def _validate(self) -> None:
        if self.devices < 0:
            raise ValueError(f"devices is {self.devices}; expected 1 or more, or 0 for all.")
        if not self.coordinator:
            if self.processes or self.process is not None:
                raise ValueError(
                    "processes and process need a coordinator, the HOST:PORT where the processes "
                    "meet (or give only --distributed, if Slurm or a similar launcher started "
                    "this)."
                )
            return
        if self.distributed:
            raise ValueError(
                "distributed reads the coordinator from the environment, but a coordinator was "
                "given, too: leave one of them out."
            )
        host, _, port = self.coordinator.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port[:9]) <= HIGHEST_PORT:
            raise ValueError(
                f"coordinator is {self.coordinator!r}; expected HOST:PORT, such as 10.0.0.1:4321."
            )
        if self.processes < 2:
            raise ValueError(
                f"processes is {self.processes}; with a coordinator give the number of processes, "
                "2 or more."
            )
        if self.process is None or not 0 <= self.process < self.processes:
            raise ValueError(
                f"process is {self.process}; give the number of this process, from 0 to "
                f"{self.processes - 1}."
            )
