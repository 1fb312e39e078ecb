"""Execute the runs of a sweep with Ray, which decides where and when each run is executed.

Each run is a Ray task in its own process. It works in its run folder, as it would locally, and
returns the reason if it fails. The calling process holds the sweep's lock and writes all other
files.
"""

import contextlib
import logging
import math
import os
import platform
import re
import socket
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import ray
from ray.exceptions import RayError, RayTaskError

from keras_draw.files import expanded
from keras_draw.sweeps.executors import RayOptions
from keras_draw.sweeps.folder import Failure, SweepFolder, failed
from keras_draw.sweeps.one_run import Ended, Job, do
from keras_draw.sweeps.progress import SweepProgress
from keras_draw.sweeps.spec import SweepRun
from keras_draw.training.locks import holder
from keras_draw.training.runs import RunFolder
from keras_draw.training.stopping import stopping_gently, taking_longer

MAX_RETRIES = 3
"""How often a run is restarted after its worker was lost."""
POLL = 1.0
"""Seconds between two checks of the runs."""
GRACE = 1.0
"""Seconds that runs get to end when the sweep is stopped; their progress is always on disk."""
SHUTDOWN = 20.0
"""Seconds that Ray gets in addition to end its own processes; it takes 2 on an idle machine."""
LOCK_WAIT = 60.0
"""Seconds that a run waits for the lock of a lost worker."""
OBJECT_STORE = 100 * 2**20
"""Size in bytes; only the reasons of failed runs pass through it."""


class Stopped(Exception):
    """Something other than this sweep stopped a worker: Ray starts its run again."""


class _Task(NamedTuple):
    """What a worker needs in addition to the run."""

    job: Job
    directory: str
    """the caller's working directory, which relative paths in a SPEC refer to."""
    argv: list[str]
    """the caller's command line, for the run's provenance."""


@contextlib.contextmanager
def connected(options: RayOptions) -> Iterator[None]:
    """Connect to Ray for the block: to the process's current one, a cluster, or a new local one.

    Raises:
        ConnectionError: if Ray does not answer at the address, or cannot be started.
        ValueError: if Ray is local and this machine lacks the resources that a run needs.
    """
    if ray.is_initialized():
        yield
        return
    address = options.address or os.environ.get("RAY_ADDRESS") or "local"
    with taking_longer(SHUTDOWN), stopping_gently():  # restores the signal handlers; Ray sets one
        _connect(address)
        try:
            if address == "local" and not _at_once(options):
                has = ray.cluster_resources()
                raise ValueError(
                    f"Each run needs {_given(options)}, but this machine has "
                    f"{has.get('CPU', 0):g} CPUs and {has.get('GPU', 0):g} GPUs: ask for "
                    "less per run."
                )
            yield
        finally:
            ray.shutdown()


def over_ray(job: Job, todo: list[SweepRun], shown: SweepProgress, *, options: RayOptions) -> Ended:
    """Execute runs as soon as Ray has resources for them; call this within `connected`.

    Args:
        job: what the runs share.
        todo: the runs.
        shown: reports each run that begins.
        options: the resources of each run.

    Yields:
        Each run as it ends, with the reason if it failed, else None.
    """
    shown.say(_stated(options))
    folder = SweepFolder(job.out)
    task = _Task(_absolute(job), str(Path.cwd()), sys.argv)
    work = ray.remote(**requirements(options))(_work)
    waiting = {work.options(name=run.name).remote(task, run): run for run in todo}
    workers: dict[str, str] = {}
    try:
        while waiting:
            ended, _ = ray.wait(list(waiting), timeout=POLL)
            _follow(folder, list(waiting.values()), workers, shown)
            for reference in ended:
                run = waiting.pop(reference)
                if run.name not in workers:
                    shown.begin(run)
                yield run, _outcome(reference)
    finally:
        _cancel(list(waiting), shown)


def requirements(options: RayOptions) -> dict[str, Any]:
    """Return Ray's options for every run: resources, environment, and restarts.

    Libraries read the number of threads from the environment when they are loaded: XLA's CPU client
    reads NPROC, OpenMP and BLAS read OMP_NUM_THREADS. The variables must therefore be set before
    the process starts, so each run gets its own process. When it ends, all memory is freed, too.

    Args:
        options: the resources of each run.
    """
    threads = str(options.cpus_per_run)
    variables = {k: v for k, v in os.environ.items() if k.startswith("KERAS_")}
    variables |= {"NPROC": threads, "OMP_NUM_THREADS": threads}
    if not options.gpus_per_run:
        variables |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    elif options.gpus_per_run < 1:  # JAX would reserve three quarters of a GPU's memory
        share = 0.75 * options.gpus_per_run
        variables["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{share:.3f}"
    return {
        "num_cpus": options.cpus_per_run,
        "num_gpus": options.gpus_per_run,
        "runtime_env": {"env_vars": variables},
        "max_calls": 1,
        "max_retries": MAX_RETRIES,
        "retry_exceptions": [Stopped],
    }


def _connect(address: str) -> None:
    """Connect to Ray, or start it, without its log, dashboard and usage statistics."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # By default Ray restarts a run that needs too much memory for ever.
    os.environ.setdefault("RAY_task_oom_retries", str(MAX_RETRIES))
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address == "local":
        options |= {"include_dashboard": False, "object_store_memory": OBJECT_STORE}
    try:
        _knock(address)
        with warnings.catch_warnings():
            # JAX warns because it is loaded; this is harmless, since Ray's forks exec immediately.
            warnings.filterwarnings("ignore", r"os\.fork\(\) was called", RuntimeWarning)
            # Ray announces a change in what tasks without GPUs see; `requirements` states it.
            warnings.filterwarnings("ignore", "Tip: In future versions of Ray", FutureWarning)
            ray.init(address=address, **options)
    except (OSError, RuntimeError, ValueError, ImportError) as error:
        ray.shutdown()
        why = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        if address == "local":
            raise ConnectionError(
                f"Ray could not be started on this machine ({why}): use --executor local, or give "
                "the --address of a cluster."
            ) from error
        raise ConnectionError(
            f"Ray does not answer at {address} ({why}): give --address auto on a machine of the "
            "cluster, or its head's HOST:PORT, or use --executor local."
        ) from error


def _knock(address: str) -> None:
    """Check that an address accepts connections; Ray itself would try for five minutes."""
    parts = re.fullmatch(r"(?:ray://)?\[?([^/]+?)\]?:(\d+)", address)
    if parts:
        socket.create_connection((parts[1], int(parts[2])), timeout=10).close()


def _given(options: RayOptions) -> str:
    cpus, gpus = options.cpus_per_run, options.gpus_per_run
    return f"{cpus} CPU{'s' * (cpus != 1)} and {gpus:g} GPU{'s' * (gpus != 1)}"


def _at_once(options: RayOptions) -> int:
    """How many runs the machines of the cluster can execute at the same time."""
    count = 0
    for node in ray.nodes():
        has = node["Resources"] if node["Alive"] else {}
        fit = has.get("CPU", 0) // options.cpus_per_run
        if options.gpus_per_run:
            fit = min(fit, has.get("GPU", 0) / options.gpus_per_run)
        count += math.floor(fit)
    return count


def _stated(options: RayOptions) -> str:
    count = _at_once(options)
    if not count:
        return f"Ray: no machine has {_given(options)} yet; the runs wait until one does."
    unused = ray.cluster_resources().get("GPU", 0) if not options.gpus_per_run else 0
    hint = " (available GPUs are not used: see --gpus-per-run)" if unused else ""
    return f"Ray: up to {count} run{'s' * (count != 1)} at once, each with {_given(options)}{hint}."


def _absolute(job: Job) -> Job:
    """Return the same job with absolute paths."""

    def path(given: str | None) -> str | None:
        return str(expanded(given).absolute()) if given else None

    out = str(SweepFolder(job.out).path.absolute())
    return job._replace(out=out, data_dir=path(job.data_dir), weights=path(job.weights))


def _follow(
    folder: SweepFolder, runs: list[SweepRun], workers: dict[str, str], shown: SweepProgress
) -> None:
    """Report each run whose lock is now held by a new worker."""
    for run in runs:
        worker = holder(folder.run(run).lock)
        before = workers.get(run.name)
        if not worker or worker == before:
            continue
        if before:
            shown.say(f"{run.name}: its worker was lost; another one continues the run")
        else:
            shown.begin(run)
        workers[run.name] = worker


def _outcome(reference: Any) -> Failure | None:
    """Return why a run failed or could not be executed; None if it is finished."""
    try:
        failure: Failure | None = ray.get(reference)
    except RayTaskError as error:  # the task failed before or after the run itself
        return failed(error.cause or error)
    except RayError as error:
        lost = RuntimeError(
            f"Ray gave up on the run; it retries at most {MAX_RETRIES} times when a worker is "
            f"lost: {error}"
        )
        lost.__cause__ = error
        return failed(lost)
    return failure


def _cancel(references: list[Any], shown: SweepProgress) -> None:
    """Stop all runs; active ones get a moment to save their progress."""
    if not references:
        return
    shown.say("Stopping; the progress of the runs is kept.")
    for reference in references:
        ray.cancel(reference)
    _, left = ray.wait(references, num_returns=len(references), timeout=GRACE)
    for reference in left:
        ray.cancel(reference, force=True)


def _work(task: _Task, run: SweepRun) -> Failure | None:
    """Execute one run; this is called in a worker."""
    sys.argv = task.argv
    with contextlib.suppress(OSError):  # machines without it can still use absolute paths
        os.chdir(task.directory)
    folder = SweepFolder(task.job.out)
    try:
        if not folder.spec.is_file():
            return failed(FileNotFoundError(
                f"{folder} is not visible on {platform.node()}: give --out a folder that every "
                "machine of the cluster sees under the same path."
            ))  # fmt: skip
        _wait_for(folder.run(run))
        return do(task.job, run)
    except KeyboardInterrupt as stopped:
        raise Stopped(str(stopped)) from None


def _wait_for(target: RunFolder) -> None:
    """Wait until an earlier worker, which was lost or is just ending, releases the run folder."""
    until = time.monotonic() + LOCK_WAIT
    while target.is_locked and time.monotonic() < until:
        time.sleep(POLL)
