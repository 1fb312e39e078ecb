"""Train runs that differ only in their seed as one program: for GPUs that one run does not fill."""

import dataclasses
from collections.abc import Callable
from typing import Any

from keras_draw.models.devices import on_jax, used, using
from keras_draw.models.interruption import look
from keras_draw.sweeps.alone import alone
from keras_draw.sweeps.executors import Executor
from keras_draw.sweeps.folder import Failure, SweepFolder, failed
from keras_draw.sweeps.one_run import Ended, Job, do, train_run
from keras_draw.sweeps.progress import SweepProgress
from keras_draw.sweeps.spec import SweepRun
from keras_draw.training.building import allow_precision, precision_put_back
from keras_draw.training.in_step import in_step
from keras_draw.training.provenance import say_together
from keras_draw.training.stopping import stopping_gently

WORDS = " --seeds-together"
"""The option of `keras-draw sweep run`."""


def check_together(executor: Executor) -> None:
    """Check that this executor and Keras's backend can train seeds together.

    Raises:
        ValueError: if the executor is not `local`, or the backend is not JAX.
    """
    if executor != "local":
        raise ValueError(
            f"seeds_together trains runs in one process, but the executor {executor} starts a "
            "process for each run: leave one of them out."
        )
    if not on_jax():
        raise ValueError("seeds_together needs the backend jax (KERAS_BACKEND).")


def seeds_together(job: Job, todo: list[SweepRun], shown: SweepProgress) -> Ended:
    """Execute runs in this process; train those that differ only in their seed together.

    Each run continues from the state of its run folder. Up to rounding, the folder then holds what
    it would hold after training the run alone. Runs are evaluated one after another.

    Args:
        job: what all runs of the sweep share.
        todo: the runs.
        shown: reports each run that begins.

    Yields:
        Each finished run, with the reason if it failed.
    """
    for group in _groups(todo):
        look()
        for run in group:
            shown.begin(run)
        together = len(group) > 1
        failures = _train(job, group) if together else {}
        for run in group:
            look()
            yield run, failures.get(run.name) or do(job, run, is_trained=together)


def _groups(todo: list[SweepRun]) -> list[list[SweepRun]]:
    """Group runs that differ only in their seed."""
    found: dict[Any, list[SweepRun]] = {}
    for run in todo:
        training = dataclasses.replace(run.training, seed=0)
        key = (run.architecture, training, run.conditional, run.image_shape)
        found.setdefault(key, []).append(run)
    return list(found.values())


def _train(job: Job, group: list[SweepRun]) -> dict[str, Failure]:
    """Train runs together; return the reasons of those that failed, by name."""
    folder, names = SweepFolder(job.out), [run.name for run in group]

    def training(run: SweepRun) -> Callable[[], None]:
        target = folder.run(run)

        def train() -> None:
            try:
                train_run(job, run, target)
            finally:
                say_together(target, names)

        return train

    with alone(), stopping_gently(), precision_put_back(), using(used()[:1]):
        allow_precision(group[0].training.precision)
        errors = in_step([training(run) for run in group])
    return {
        run.name: failed(error)
        for run, error in zip(group, errors, strict=True)
        if error is not None
    }
