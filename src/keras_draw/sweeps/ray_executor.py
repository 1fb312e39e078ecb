"""The runs of a sweep over Ray: which machine does which run, and when, is Ray's to decide.

A run is one Ray task in a process of its own. It works in the run's folder, as it would here, and
returns why it failed; the process that called holds the sweep's lock and writes all else.
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
from keras_draw.training.stopping import stopping_gently

MAX_RETRIES = 3
"""Times that a run is begun again because its worker was lost."""
POLL = 1.0
"""Seconds between two looks at how far the runs are."""
GRACE = 1.0
"""Seconds that runs are given to end by themselves when the sweep is stopped; what they reached is
on disk at every moment."""
LOCK_WAIT = 60.0
"""Seconds that a run waits for a lost worker's lock."""
OBJECT_STORE = 100 * 2**20
"""Bytes: nothing but a row of a table goes through it."""


class Stopped(Exception):
    """A worker was told to end, and not by this sweep: Ray begins its run again."""


class _Task(NamedTuple):
    """What a worker needs besides the run."""

    job: Job
    directory: str
    """the caller's working directory, which relative paths in a SPEC start from."""
    argv: list[str]
    """the caller's, which a run's provenance names."""


@contextlib.contextmanager
def connected(options: RayOptions) -> Iterator[None]:
    """Have a Ray for the block: the one that the process has already, a cluster, or one of its own.

    Raises:
        ConnectionError: if there is none at the address, or none can be started.
        ValueError: if this machine, on its own, does not have what a run is to be given.
    """
    if ray.is_initialized():
        yield
        return
    address = options.address or os.environ.get("RAY_ADDRESS") or "local"
    with stopping_gently():  # puts back the handlers of signals, of which Ray sets one
        _connect(address)
        try:
            if address == "local" and not _at_once(options):
                has = ray.cluster_resources()
                raise ValueError(
                    f"A run is to have {_given(options)}, but this machine has "
                    f"{has.get('CPU', 0):g} CPUs and {has.get('GPU', 0):g} GPUs: give a run less."
                )
            yield
        finally:
            ray.shutdown()


def over_ray(job: Job, todo: list[SweepRun], shown: SweepProgress, *, options: RayOptions) -> Ended:
    """Do runs as Ray has room for them, within `connected`.

    Args:
        job: what they share.
        todo: the runs.
        shown: says what begins.
        options: what a run is given.

    Yields:
        A run, and why it failed, if it did, in the order in which they end.
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
    """What Ray is told about every run: resources, environment, and what to do if it is lost.

    The number of threads is read from the environment when a process loads its libraries: XLA's
    CPU client takes NPROC, OpenMP and BLAS take OMP_NUM_THREADS. So it has to be there before the
    process begins, and a run gets a process of its own, whose end also frees all memory.

    Args:
        options: what a run is given.
    """
    threads = str(options.cpus_per_run)
    variables = {k: v for k, v in os.environ.items() if k.startswith("KERAS_")}
    variables |= {"NPROC": threads, "OMP_NUM_THREADS": threads}
    if not options.gpus_per_run:
        variables |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    elif options.gpus_per_run < 1:  # JAX takes three quarters of a GPU's memory at once
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
    """Join a Ray, or start one, without its log, its dashboard and its reports to its makers."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # a run that the machine's memory cannot hold: Ray's default is to begin it again for ever
    os.environ.setdefault("RAY_task_oom_retries", str(MAX_RETRIES))
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address == "local":
        options |= {"include_dashboard": False, "object_store_memory": OBJECT_STORE}
    try:
        _knock(address)
        with warnings.catch_warnings():
            # JAX's, since it is loaded here: what Ray starts is other programs, at once
            warnings.filterwarnings("ignore", r"os\.fork\(\) was called", RuntimeWarning)
            # Ray's, about a change to come in what tasks without GPUs see: `requirements` says it
            warnings.filterwarnings("ignore", "Tip: In future versions of Ray", FutureWarning)
            ray.init(address=address, **options)
    except (OSError, RuntimeError, ValueError, ImportError) as error:
        ray.shutdown()
        why = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        if address == "local":
            raise ConnectionError(
                f"No Ray could be started on this machine ({why}): leave --executor local, or give "
                "the --address of one that runs."
            ) from error
        raise ConnectionError(
            f"No Ray answers at {address} ({why}): give --address auto on a machine of the "
            "cluster, or its head's HOST:PORT, or leave --executor local."
        ) from error


def _knock(address: str) -> None:
    """See that somebody is there at all; Ray itself would try for five minutes."""
    parts = re.fullmatch(r"(?:ray://)?\[?([^/]+?)\]?:(\d+)", address)
    if parts:
        socket.create_connection((parts[1], int(parts[2])), timeout=10).close()


def _given(options: RayOptions) -> str:
    cpus, gpus = options.cpus_per_run, options.gpus_per_run
    return f"{cpus} CPU{'s' * (cpus != 1)} and {gpus:g} GPU{'s' * (gpus != 1)}"


def _at_once(options: RayOptions) -> int:
    """Runs that the machines of the cluster have room for at once."""
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
        return f"Ray: no machine has {_given(options)} yet; runs wait until one does."
    unused = ray.cluster_resources().get("GPU", 0) if not options.gpus_per_run else 0
    hint = " (GPUs that are there stay unused: --gpus-per-run)" if unused else ""
    return f"Ray: up to {count} run{'s' * (count != 1)} at once, each with {_given(options)}{hint}."


def _absolute(job: Job) -> Job:
    """The same with paths that do not depend on the working directory."""

    def path(given: str | None) -> str | None:
        return str(expanded(given).absolute()) if given else None

    out = str(SweepFolder(job.out).path.absolute())
    return job._replace(out=out, data_dir=path(job.data_dir), weights=path(job.weights))


def _follow(
    folder: SweepFolder, runs: list[SweepRun], workers: dict[str, str], shown: SweepProgress
) -> None:
    """See whose worker has taken the run's lock, for the first time or again."""
    for run in runs:
        worker = holder(folder.run(run).lock)
        before = workers.get(run.name)
        if not worker or worker == before:
            continue
        if before:
            shown.say(f"{run.name}: its worker was lost; it goes on with another")
        else:
            shown.begin(run)
        workers[run.name] = worker


def _outcome(reference: Any) -> Failure | None:
    """Why a run failed or could not be done; None if it is finished."""
    try:
        failure: Failure | None = ray.get(reference)
    except RayTaskError as error:  # not the run itself: the way to it
        return failed(error.cause or error)
    except RayError as error:
        lost = RuntimeError(
            f"Ray gave the run up, after {MAX_RETRIES} more attempts where a worker was lost: "
            f"{error}"
        )
        lost.__cause__ = error
        return failed(lost)
    return failure


def _cancel(references: list[Any], shown: SweepProgress) -> None:
    """Stop what goes on or waits; what goes on may save what it reached."""
    if not references:
        return
    shown.say("Stopping; what the runs reached is kept.")
    for reference in references:
        ray.cancel(reference)
    _, left = ray.wait(references, num_returns=len(references), timeout=GRACE)
    for reference in left:
        ray.cancel(reference, force=True)


def _work(task: _Task, run: SweepRun) -> Failure | None:
    """In a worker: do one run."""
    sys.argv = task.argv
    with contextlib.suppress(OSError):  # on machines that do not have it, paths are absolute
        os.chdir(task.directory)
    folder = SweepFolder(task.job.out)
    try:
        if not folder.spec.is_file():
            return failed(FileNotFoundError(
                f"{folder} is not to be seen on {platform.node()}: give --out a folder that every "
                "machine of the cluster sees under the same path."
            ))  # fmt: skip
        _wait_for(folder.run(run))
        return do(task.job, run)
    except KeyboardInterrupt as stopped:
        raise Stopped(str(stopped)) from None


def _wait_for(target: RunFolder) -> None:
    """Give a worker that was lost with its machine, or just ends, time to let its folder go."""
    until = time.monotonic() + LOCK_WAIT
    while target.is_locked and time.monotonic() < until:
        time.sleep(POLL)
