"""Where the runs of a sweep are done: here, one at a time, or over Ray.

Nothing here imports a numerical library, so that the command line's help reads the options at once.
"""

import dataclasses
from dataclasses import dataclass
from typing import Literal, get_args

from keras_draw.config import Config, suggest
from keras_draw.printed import quoted

Executor = Literal["local", "ray"]
INSTALL = "pip install 'keras-draw[ray]'"


@dataclass(frozen=True, kw_only=True)
class RayOptions(Config):
    """With the executor `ray`: what every run is given, and where.

    Example:
        >>> RayOptions(cpus_per_run=4).words
        ' --executor ray --cpus-per-run 4'
    """

    cpus_per_run: int = 1
    """With ray: cores of a run, which computes with as many threads; as many runs go on at once as
    there are cores for."""
    gpus_per_run: float = 0.0
    """With ray: GPUs of a run: 0 (it computes on CPUs), 1, or a share such as 0.5, so that two runs
    use one."""
    address: str = ""
    """With ray: auto for the cluster that this machine belongs to, or its address, such as
    10.0.0.1:6379. RAY_ADDRESS if not given; without both, a Ray of its own starts on this
    machine."""

    def _validate(self) -> None:
        if self.cpus_per_run < 1:
            raise ValueError(f"cpus_per_run is {self.cpus_per_run}; a run needs 1 or more.")
        if not 0 <= self.gpus_per_run <= 1:
            raise ValueError(
                f"gpus_per_run is {self.gpus_per_run:g}; a run uses one GPU at most: expected 0, "
                "1, or a share of one between them."
            )

    @property
    def words(self) -> str:
        """As options of the command."""
        given = [
            f"--{field.name.replace('_', '-')} {quoted(str(value))}"
            for field in dataclasses.fields(self)
            if (value := getattr(self, field.name)) != field.default
        ]
        return " ".join([" --executor ray", *given])


DEFAULTS = RayOptions()


def check_executor(executor: Executor, ray: RayOptions) -> None:
    """Refuse an executor that is not there, or options that it would not heed.

    Raises:
        ValueError: if it is unknown, if Ray is not installed, or if options of Ray are given to
            another.
    """
    if executor not in get_args(Executor):
        raise ValueError(f"executor is {executor!r}; {suggest(str(executor), get_args(Executor))}")
    if executor == "local":
        if ray != DEFAULTS:
            raise ValueError(
                "cpus_per_run, gpus_per_run and address are for the executor ray: add --executor "
                "ray, or leave them out."
            )
        return
    try:
        import ray as _  # noqa: F401
    except ImportError:
        raise ValueError(
            f"ray is not installed; install it with: {INSTALL}, or leave --executor local."
        ) from None
