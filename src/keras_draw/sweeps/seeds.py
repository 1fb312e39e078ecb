"""Runs that differ only in their seed, trained in one program: for GPUs that one does not fill."""

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
"""The option of the command."""


def check_together(executor: Executor) -> None:
    """Refuse what cannot train seeds together.

    Raises:
        ValueError: if the executor is another than `local`, or Keras's backend than JAX.
    """
    if executor != "local":
        raise ValueError(
            f"seeds_together trains in this process, and the executor is {executor}, which gives "
            "every run a process of its own: leave one of them out."
        )
    if not on_jax():
        raise ValueError("seeds_together needs the backend jax (KERAS_BACKEND).")


def seeds_together(job: Job, todo: list[SweepRun], shown: SweepProgress) -> Ended:
    """Do runs in this process, those that differ only in their seed at once.

    Each goes on where its folder stands, and leaves there what it would have left alone, to
    rounding. They are measured one after the other.

    Args:
        job: what they share.
        todo: the runs.
        shown: says what begins.

    Yields:
        A run, and why it failed, if it did.
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
    """Runs that differ only in their seed."""
    found: dict[Any, list[SweepRun]] = {}
    for run in todo:
        training = dataclasses.replace(run.training, seed=0)
        key = (run.architecture, training, run.conditional, run.image_shape)
        found.setdefault(key, []).append(run)
    return list(found.values())


def _train(job: Job, group: list[SweepRun]) -> dict[str, Failure]:
    """Train runs together; gives why those failed that did."""
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
