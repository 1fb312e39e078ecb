"""Train and evaluate the runs of a sweep, one after the other, into one directory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from keras_draw.config import DRAWConfig
from keras_draw.data import load as load_data
from keras_draw.evaluation.extractors import extractor as extractor_of
from keras_draw.experiments.evaluation import evaluate_run
from keras_draw.experiments.results import Row, measured
from keras_draw.experiments.sweep import Sweep, SweepRun
from keras_draw.experiments.sweep_folder import SweepFolder
from keras_draw.experiments.sweep_progress import Epochs, SweepProgress
from keras_draw.training.runs import RunConfig, RunFolder, read_json
from keras_draw.training.stopping import stopping_gently
from keras_draw.training.train import Interrupted, check_same, resume, train


class SweepResult(NamedTuple):
    """What a sweep reached."""

    out: str
    finished: int
    """runs, with those of earlier calls."""
    failed: dict[str, str]
    """name of a run -> why."""
    results: str
    """the table, `results.csv`."""


def run_sweep(
    sweep: Sweep,
    out: str | Path,
    *,
    data_dir: str | Path | None = None,
    weights: Path | None = None,
    progress: bool = True,
) -> SweepResult:
    """Do what of a sweep is not done yet; a run that was interrupted goes on where it stood.

    Args:
        sweep: what to do.
        out: the directory: a new one, or this sweep's.
        data_dir: where named data sets are looked for first.
        weights: the extractor's.
        progress: show a bar with time left, or a line a run where there is no terminal.

    Returns:
        What was reached. A run that failed is tried again by the next call.

    Raises:
        ValueError: if the directory holds another sweep, or the extractor is unknown.
        FileNotFoundError: if images or the extractor's weights are not on this machine.
        FileExistsError: if the directory holds other things.
        PermissionError: if it cannot be written to.
        BlockingIOError: if another process works on it.
        Interrupted: on Ctrl-C or SIGTERM; what was reached is kept.

    Example:
        >>> run_sweep(Sweep(recipe="demo", seeds=(0, 1)), "runs/two")     # doctest: +SKIP
    """
    folder = SweepFolder(out)
    folder.check(sweep)
    runs = sweep.runs()
    todo = _todo(runs, sweep, folder)
    if todo:
        _check_at_the_door(sweep, todo, data_dir, weights)
    folder.create()
    with folder.locked():
        todo = _todo(runs, sweep, folder)  # another process may have been at work
        folder.write_spec(sweep)
        folder.write_results(sweep)
        with SweepProgress(folder, todo, len(runs), show=progress) as shown:
            for run in todo:
                try:
                    _do(run, sweep, folder, shown, data_dir, weights)
                    folder.write_results(sweep)
                except KeyboardInterrupt:
                    finished = len(folder.status().finished)
                    raise Interrupted(
                        f"Stopped; {finished} of {len(runs)} runs are finished. Go on with: "
                        f"keras-draw sweep run {folder.spec} --out {folder}"
                    ) from None
        status = folder.status()
    return SweepResult(str(folder), len(status.finished), status.failed, str(folder.results))


def _todo(runs: list[SweepRun], sweep: Sweep, folder: SweepFolder) -> list[SweepRun]:
    """Runs that are not finished."""
    found = [(run, folder.outcome(run, sweep)) for run in runs]
    return [run for run, outcome in found if not outcome or outcome["status"] != "finished"]


def _check_at_the_door(
    sweep: Sweep, todo: list[SweepRun], data_dir: str | Path | None, weights: Path | None
) -> None:
    """Refuse at once what would make every run fail."""
    if sweep.evaluation.extractor:
        extractor_of(sweep.evaluation.extractor, weights)
    datasets = {(run.training.dataset, run.image_shape) for run in todo}
    if len(datasets) == 1:
        ((dataset, image_shape),) = datasets
        load_data(dataset, data_dir=data_dir, image_shape=image_shape)
    if sweep.evaluation.dataset:
        shape = todo[0].image_shape
        is_folder = sweep.evaluation.dataset.startswith("folder:")
        load_data(
            sweep.evaluation.dataset, data_dir=data_dir, image_shape=shape if is_folder else None
        )


def _do(
    run: SweepRun,
    sweep: Sweep,
    folder: SweepFolder,
    shown: SweepProgress,
    data_dir: str | Path | None,
    weights: Path | None,
) -> None:
    """Train and measure one run, and keep what came of it, be it an error."""
    shown.begin(run)
    try:
        with stopping_gently():
            _train(run, folder.run(run), Epochs(shown), data_dir)
            found = _evaluate(sweep, folder.run(run), shown.watch, data_dir, weights)
    except Exception as error:  # whatever it is, the other runs go on
        shown.end(f"failed: {folder.keep_failure(run, error)}", is_whole=False)
        return
    folder.keep_finished(run, sweep, found)
    shown.end("finished")


def _train(run: SweepRun, target: RunFolder, callback: Epochs, data_dir: str | Path | None) -> None:
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
    return read_json(target.provenance).get("epochs", 0) >= epochs


def _evaluate(
    sweep: Sweep,
    target: RunFolder,
    watch: Callable[[str, int], Callable[[], None]],
    data_dir: str | Path | None,
    weights: Path | None,
) -> Row:
    asked = sweep.evaluation
    found = evaluate_run(
        target.path,
        dataset=asked.dataset,
        samples=asked.samples,
        threshold=asked.threshold,
        extractor=asked.extractor,
        weights=weights,
        seed=asked.seed,
        data_dir=data_dir,
        watch=watch,
    )
    return measured(found, read_json(target.provenance))
