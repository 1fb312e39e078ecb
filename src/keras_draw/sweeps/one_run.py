"""One run of a sweep, trained and measured in its folder, whoever asked for it."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, NamedTuple

import keras

from keras_draw.config import DRAWConfig
from keras_draw.evaluation.run_evaluation import evaluate_run
from keras_draw.sweeps.alone import alone
from keras_draw.sweeps.folder import Outcome, SweepFolder, failed, finished
from keras_draw.sweeps.spec import Sweep, SweepRun
from keras_draw.sweeps.table import Row, measured
from keras_draw.training.provenance import read_provenance
from keras_draw.training.runs import RunConfig, RunFolder
from keras_draw.training.stopping import stopping_gently
from keras_draw.training.train import check_same, resume, train

Tell = Callable[[float, str], None]
"""(share of the run that is over, what it does now): how a run says how far it is."""
Ended = Generator[tuple[SweepRun, Outcome], None, None]
"""Runs with what came of them, as they end."""
TRAINING_SHARE = 0.9
"""Of a run's time, about; the rest is evaluation."""


class Job(NamedTuple):
    """What the runs of a sweep share."""

    sweep: Sweep
    out: str
    """the sweep's directory."""
    data_dir: str | None
    """where named data sets are looked for first."""
    weights: str | None
    """the extractor's."""


def do(job: Job, run: SweepRun, tell: Tell) -> Outcome:
    """Train and measure one run, going on where its folder stands.

    Args:
        job: what it shares with the others.
        run: of the sweep.
        tell: hears how far it is.

    Returns:
        What was measured, or why it failed: any error of the run's own is an outcome.

    Raises:
        KeyboardInterrupt: on Ctrl-C or SIGTERM; what was reached is kept in the run's folder.
    """
    target = SweepFolder(job.out).run(run)
    with alone():
        try:
            with stopping_gently():
                _train(run, target, Epochs(tell), job.data_dir)
                return finished(job.sweep, _evaluate(job, target, tell))
        except Exception as error:  # whatever it is, the other runs go on
            return failed(error)


class Epochs(keras.callbacks.Callback):
    """Tells of every epoch."""

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self.tell = tell

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Tell that it begins."""
        self._tell(epoch, epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Tell that it is over."""
        self._tell(epoch, epoch + 1)

    def _tell(self, epoch: int, done: int) -> None:
        epochs = self.params["epochs"]
        self.tell(TRAINING_SHARE * done / epochs, f"training, epoch {epoch + 1} of {epochs}")


def _train(run: SweepRun, target: RunFolder, callback: Epochs, data_dir: str | None) -> None:
    common: dict[str, Any] = {"data_dir": data_dir, "progress": False, "callbacks": [callback]}
    if not target.exists:
        train(
            run.architecture,
            run.training,
            conditional=run.conditional,
            run_dir=target.path,
            image_shape=run.image_shape,
            **common,
        )
        return
    stored = target.read_config().model
    model = DRAWConfig(
        **run.architecture.to_json(),
        image_shape=stored.image_shape,
        num_classes=stored.num_classes,
    )
    if _is_trained(target, run.training.epochs):
        check_same(target.read_config(), RunConfig(model, run.training))
        return
    resume(target.path, config=RunConfig(model, run.training), **common)


def _is_trained(target: RunFolder, epochs: int) -> bool:
    """Whether a training is over and its checkpoint was removed, so that it cannot go on."""
    if target.checkpoint.exists() or not target.provenance.exists():
        return False
    trained: int = read_provenance(target).get("epochs", 0)
    return trained >= epochs


def _evaluate(job: Job, target: RunFolder, tell: Tell) -> Row:
    def watch(part: str, steps: int) -> Callable[[], None]:
        tell(TRAINING_SHARE, f"measuring {part}")
        return lambda: None

    found = evaluate_run(
        target.path,
        job.sweep.evaluation,
        weights=Path(job.weights) if job.weights else None,
        data_dir=job.data_dir,
        watch=watch,
    )
    return measured(found, read_provenance(target))
