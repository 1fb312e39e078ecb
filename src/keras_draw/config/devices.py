"""What a training computes on: the devices of one machine, or of several."""

from dataclasses import dataclass

from keras_draw.config.base import Config

HIGHEST_PORT = 65_535


@dataclass(frozen=True, kw_only=True)
class Devices(Config):
    """What one training computes on; docs/distributed.md shows every way.

    Example:
        >>> Devices(coordinator="10.0.0.1:4321", processes=2, process=0).address
        ('10.0.0.1', 4321)
    """

    devices: int = 0
    """Devices of this machine that share every batch (0: all GPUs or TPUs that share it evenly, one
    on a machine that has none)."""
    coordinator: str = ""
    """HOST:PORT at which the other processes of this training find process 0; the same command runs
    on every machine, with its own --process."""
    processes: int = 0
    """With --coordinator: how many processes train together, usually one on each machine."""
    process: int | None = None
    """With --coordinator: which of them this is, from 0; process 0 writes the run folder."""
    distributed: bool = False
    """Take coordinator, processes and process from what started this command: Slurm, Open MPI or
    Kubernetes."""

    @property
    def is_alone(self) -> bool:
        """Whether this process trains without others."""
        return not (self.coordinator or self.distributed)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the coordinator."""
        host, _, port = self.coordinator.rpartition(":")
        return host.removeprefix("[").removesuffix("]"), int(port)

    def _validate(self) -> None:
        if self.devices < 0:
            raise ValueError(f"devices is {self.devices}; expected 1 or more, or 0 for all.")
        if not self.coordinator:
            if self.processes or self.process is not None:
                raise ValueError(
                    "processes and process need a coordinator, HOST:PORT, at which the processes "
                    "meet (or give --distributed alone, where Slurm or the like started this)."
                )
            return
        if self.distributed:
            raise ValueError(
                "distributed takes the coordinator from the environment, and one was given "
                "besides: leave one of them out."
            )
        host, _, port = self.coordinator.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port[:9]) <= HIGHEST_PORT:
            raise ValueError(
                f"coordinator is {self.coordinator!r}; expected HOST:PORT, such as 10.0.0.1:4321."
            )
        if self.processes < 2:
            raise ValueError(
                f"processes is {self.processes}; with a coordinator give how many there are, 2 or "
                "more."
            )
        if self.process is None or not 0 <= self.process < self.processes:
            raise ValueError(
                f"process is {self.process}; give which of the {self.processes} this is, from 0 to "
                f"{self.processes - 1}."
            )
