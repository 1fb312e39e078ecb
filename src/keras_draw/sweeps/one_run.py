"""One run of a sweep, trained and measured in its folder, whoever asked for it."""

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
"""Runs as they end, with why they failed, if they did."""


class Job(NamedTuple):
    """What the runs of a sweep share."""

    sweep: Sweep
    out: str
    """the sweep's directory."""
    data_dir: str | None
    """where named data sets are looked for first."""
    weights: str | None
    """the extractor's."""


def do(job: Job, run: SweepRun, *, is_trained: bool = False) -> Failure | None:
    """Train and measure one run, going on where its folder stands. The folder says how far it is.

    Args:
        job: what it shares with the others.
        run: of the sweep.
        is_trained: measure it alone.

    Returns:
        Why it failed: any error of the run's own. None if it is finished.

    Raises:
        KeyboardInterrupt: on Ctrl-C or SIGTERM; what was reached is kept in the run's folder.
    """
    target = SweepFolder(job.out).run(run)
    with alone():
        try:
            with stopping_gently():
                if not is_trained:
                    train_run(job, run, target)
                with target.locked():  # whoever asks sees that it is at work
                    _evaluate(job, run, target)
        except Exception as error:  # whatever it is, the other runs go on
            return failed(error)
    return None


def train_run(job: Job, run: SweepRun, target: RunFolder) -> None:
    """Train one run from the start, or go on where its folder stands; arguments as in `do`."""
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
    said = ["it does not say what was asked for."]
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
