"""Where the runs of a sweep are executed: in this process, one at a time, or with Ray.

Nothing here imports a numerical library, so the help of the command line stays fast.
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
    """Options of the executor `ray`: the resources of each run, and the cluster.

    Example:
        >>> RayOptions(cpus_per_run=4).words
        ' --executor ray --cpus-per-run 4'
    """

    cpus_per_run: int = 1
    """With ray: cores, and threads, of each run. As many runs are executed at the same time as the
    cores allow."""
    gpus_per_run: float = 0.0
    """With ray: GPUs of each run: 0 (it uses CPUs only), 1, or a share such as 0.5, with which two
    runs share a GPU."""
    address: str = ""
    """With ray: auto for the cluster that this machine belongs to, or its address, such as
    10.0.0.1:6379. Default: RAY_ADDRESS; if that is not set, Ray is started on this machine."""

    def _validate(self) -> None:
        if self.cpus_per_run < 1:
            raise ValueError(f"cpus_per_run is {self.cpus_per_run}; a run needs 1 or more.")
        if not 0 <= self.gpus_per_run <= 1:
            raise ValueError(
                f"gpus_per_run is {self.gpus_per_run:g}; a run uses at most one GPU: expected 0, "
                "1, or a share between them."
            )

    @property
    def words(self) -> str:
        """These options as they are written on the command line."""
        given = [
            f"--{field.name.replace('_', '-')} {quoted(str(value))}"
            for field in dataclasses.fields(self)
            if (value := getattr(self, field.name)) != field.default
        ]
        return " ".join([" --executor ray", *given])


DEFAULTS = RayOptions()


def check_executor(executor: Executor, ray: RayOptions) -> None:
    """Refuse an executor that is not available, or options that it would ignore.

    Raises:
        ValueError: if the executor is unknown, if Ray is not installed, or if Ray's options are
            given with another executor.
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
            f"ray is not installed; install it with: {INSTALL}, or use --executor local."
        ) from None
