"""Train and evaluate the runs of a sweep in one folder."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from keras_draw.data import load_images
from keras_draw.evaluation.extractors import extractor as extractor_of
from keras_draw.models.interruption import look
from keras_draw.printed import command
from keras_draw.sweeps import seeds
from keras_draw.sweeps.executors import DEFAULTS, Executor, RayOptions, check_executor
from keras_draw.sweeps.folder import Standings, SweepFolder
from keras_draw.sweeps.one_run import Ended, Job, do
from keras_draw.sweeps.only_table import check_no_rows_are_lost
from keras_draw.sweeps.progress import SweepProgress
from keras_draw.sweeps.same_images import check_same_images
from keras_draw.sweeps.spec import Sweep, SweepRun
from keras_draw.training.stopping import stopping_gently
from keras_draw.training.train import Interrupted

Through = Callable[[Job, list[SweepRun], SweepProgress], Ended]
"""A function that executes runs: it reports those that begin, and yields those that end."""


class SweepResult(NamedTuple):
    """The outcome of a sweep."""

    out: str
    """path of the sweep's folder."""
    finished: int
    """number of finished runs, including those of earlier calls."""
    failed: dict[str, str]
    """name of a run -> why it failed."""
    results: str
    """path of the table, `results.csv`."""


def run_sweep(
    sweep: Sweep,
    out: str | Path,
    *,
    data_dir: str | Path | None = None,
    weights: Path | None = None,
    executor: Executor = "local",
    ray: RayOptions = DEFAULTS,
    seeds_together: bool = False,
    progress: bool = True,
) -> SweepResult:
    """Execute the runs of a sweep that are not finished; interrupted runs are resumed.

    Args:
        sweep: the sweep.
        out: the sweep's folder: a new one, or one that holds this sweep.
        data_dir: folder in which named data sets are looked for first.
        weights: path of the extractor's weights.
        executor: `local`: one run after another, each with all cores; `ray`: several runs at the
            same time, on the machines of a Ray cluster, all of which must see the folder under the
            same path.
        ray: resources of each run, and the cluster, for the executor `ray`.
        seeds_together: train runs that differ only in their seed as one program; needs the executor
            `local`.
        progress: show the state of the runs and the time left, or one line per event if there is
            no terminal.

    Returns:
        The outcome. Failed runs are tried again by the next call.

    Raises:
        ValueError: if the folder holds a different sweep, runs made from other images of the same
            name, or a table of finished runs without any run folder; if the extractor is unknown,
            Ray is not installed, or this machine does not have the resources that a run needs.
        FileNotFoundError: if images or the extractor's weights are not on this machine.
        FileExistsError: if the folder holds other files.
        PermissionError: if the folder cannot be written to.
        BlockingIOError: if another process is working on the sweep.
        ConnectionError: if Ray does not answer at the address, or cannot be started.
        Interrupted: on Ctrl-C or SIGTERM; the progress so far is kept.

    Example:
        >>> sweep = Sweep(recipe="demo", changes={"epochs": 1}, seeds=(0,))
        >>> run_sweep(sweep, "runs/one-seed").finished
        1
    """
    check_executor(executor, ray)
    if seeds_together:
        seeds.check_together(executor)
    folder = SweepFolder(out)
    folder.check(sweep)
    check_no_rows_are_lost(folder.results, folder.runs, folder.outcomes)
    runs = sweep.runs()
    standings = folder.standings(sweep)
    todo = _todo(runs, standings)
    finished = [run for run in runs if standings[run.name].row and folder.run(run).exists]
    check_same_images(sweep, finished, folder, data_dir)
    if todo:
        _check_at_the_door(sweep, todo, data_dir, weights)
    job = Job(sweep, str(out), str(data_dir) if data_dir else None, str(weights or "") or None)
    with _through(executor if todo else "local", ray, seeds_together) as through:
        folder.create()
        with folder.locked():
            found = folder.standings(sweep)  # another process may have worked on it meanwhile
            todo = _todo(runs, found)
            folder.write_spec(sweep)
            folder.write_results(sweep, found)
            try:
                with SweepProgress(folder, found, show=progress) as shown:
                    _keep_what_ends(through(job, todo, shown), sweep, folder, shown)
            except KeyboardInterrupt:
                done = len(folder.status().finished)
                options = ray.words if executor == "ray" else seeds.WORDS * seeds_together
                raise Interrupted(
                    f"Stopped; {done} of {len(runs)} runs are finished. "
                    f"{_how_to_go_on(sweep, folder, options)}"
                ) from None
            status = folder.status()
    return SweepResult(str(folder), len(status.finished), status.failed, str(folder.results))


def _how_to_go_on(sweep: Sweep, folder: SweepFolder, options: str) -> str:
    if sweep.shareable() != sweep:
        return "Continue with the same command: the folder stores names of images, not their paths."
    return f"Continue with: {command('sweep', 'run', folder.spec, '--out', folder.path)}{options}"


def _todo(runs: list[SweepRun], found: Standings) -> list[SweepRun]:
    """Return the runs that are not finished."""
    return [run for run in runs if found[run.name].row is None]


def _check_at_the_door(
    sweep: Sweep, todo: list[SweepRun], data_dir: str | Path | None, weights: Path | None
) -> None:
    """Refuse immediately what would make every run fail."""
    if sweep.evaluation.extractor:
        extractor_of(sweep.evaluation.extractor, weights)
    datasets = {(run.training.dataset, run.image_shape) for run in todo}
    if len(datasets) == 1:
        ((dataset, image_shape),) = datasets
        load_images(dataset, data_dir=data_dir, image_shape=image_shape)
    if sweep.evaluation.dataset:
        shape = todo[0].image_shape
        is_folder = sweep.evaluation.dataset.startswith("folder:")
        load_images(
            sweep.evaluation.dataset, data_dir=data_dir, image_shape=shape if is_folder else None
        )


@contextlib.contextmanager
def _through(executor: Executor, ray: RayOptions, together: bool) -> Iterator[Through]:
    """Provide the function that executes the runs; with Ray, connected to a cluster."""
    if executor == "local":
        yield seeds.seeds_together if together else locally
        return
    from keras_draw.sweeps import ray_executor

    with ray_executor.connected(ray):
        yield partial(ray_executor.over_ray, options=ray)


def locally(job: Job, todo: list[SweepRun], shown: SweepProgress) -> Ended:
    """Execute one run after another in this process, each with all cores.

    Args:
        job: what the runs share.
        todo: the runs.
        shown: reports each run that begins.

    Yields:
        Each run as it ends, with the reason if it failed, else None.
    """
    for run in todo:
        look()
        shown.begin(run)
        yield run, do(job, run)


def _keep_what_ends(ended: Ended, sweep: Sweep, folder: SweepFolder, shown: SweepProgress) -> None:
    """Record each run as it ends, and rewrite the table."""
    with stopping_gently(), contextlib.closing(ended):
        for run, failure in ended:
            folder.keep(run, failure)
            found = folder.standings(sweep, shown.over)
            folder.write_results(sweep, found)
            shown.end(run, f"failed: {failure['reason']}" if failure else "finished", found)
