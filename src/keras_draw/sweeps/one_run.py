"""Train and evaluate one run of a sweep in its run folder, with any executor."""

from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

from keras_draw.evaluation.evaluating import silent
from keras_draw.evaluation.run_evaluation import evaluate_run
from keras_draw.sweeps.alone import alone
from keras_draw.sweeps.folder import Failure, SweepFolder, failed
from keras_draw.sweeps.spec import Sweep, SweepRun
from keras_draw.sweeps.standing import TRAINING_SHARE, as_asked, standing
from keras_draw.training.runs import RunFolder
from keras_draw.training.stopping import stopping_gently
from keras_draw.training.train import resume, train

Ended = Generator[tuple[SweepRun, Failure | None], None, None]
"""Yields each run as it ends, with the reason if it failed, else None."""


class Job(NamedTuple):
    """What the runs of a sweep share."""

    sweep: Sweep
    out: str
    """the sweep's folder."""
    data_dir: str | None
    """folder in which named data sets are looked for first."""
    weights: str | None
    """path of the extractor's weights."""


def do(job: Job, run: SweepRun, *, is_trained: bool = False) -> Failure | None:
    """Train and evaluate one run, continuing from the state of its run folder.

    Args:
        job: what all runs of the sweep share.
        run: a run of the sweep.
        is_trained: only evaluate; the run is trained already.

    Returns:
        Why the run failed, for any error; None if it is finished.

    Raises:
        KeyboardInterrupt: on Ctrl-C or SIGTERM; the progress so far is kept in the run folder.
    """
    target = SweepFolder(job.out).run(run)
    with alone():
        try:
            with stopping_gently():
                if not is_trained:
                    train_run(job, run, target)
                with target.locked():  # shows other processes that the run is active
                    _evaluate(job, run, target)
        except Exception as error:  # one failed run must not stop the others
            return failed(error)
    return None


def train_run(job: Job, run: SweepRun, target: RunFolder) -> None:
    """Train one run, continuing from the state of its run folder; arguments as in `do`."""
    common: dict[str, Any] = {"data_dir": job.data_dir, "progress": False}
    if target.exists:
        is_over = standing(run, target, job.sweep.evaluation).share >= TRAINING_SHARE
        if target.checkpoint.exists() or not is_over:
            resume(target.path, config=as_asked(run, target.read_config()), **common)
        return
    train(
        run.architecture,
        run.training,
        conditional=run.conditional,
        run_dir=target.path,
        image_shape=run.image_shape,
        **common,
    )


def _evaluate(job: Job, run: SweepRun, target: RunFolder) -> None:
    asked = job.sweep.evaluation
    said = ["it does not hold what was asked for."]
    evaluate_run(
        target.path,
        asked,
        weights=Path(job.weights) if job.weights else None,
        data_dir=job.data_dir,
        watch=silent,
        tell=said.append,
    )
    if standing(run, target, asked).row is None:
        raise OSError(f"{target.evaluation} is not finished: {said[-1]}")
