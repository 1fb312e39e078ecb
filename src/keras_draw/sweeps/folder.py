"""The directory of a sweep: what it holds, what of it is done, and what runs in it just now."""

import contextlib
import os
import shutil
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from keras_draw.files import TEMPORARY, expanded, remove_unfinished
from keras_draw.places import without_folders
from keras_draw.sweeps.spec import Sweep, SweepRun, check_same_sweep, read_sweep
from keras_draw.sweeps.standing import TRAINING_SHARE, Standing, standing
from keras_draw.sweeps.table import check_measured, settings, write_results
from keras_draw.training.runs import RunFolder, read_json, write_json

Failure = dict[str, Any]
"""Why a run failed, as `outcomes/NAME.json` says."""
Standings = Mapping[str, Standing]
"""Name of a run -> where it stands."""


class Now(NamedTuple):
    """What goes on in a sweep."""

    at_work: dict[str, str]
    """name of a run that goes on -> its stage, such as `training, epoch 3 of 20`."""
    seconds_left: float | None
    """for the whole sweep, about; None before it can be told."""


def failed(error: BaseException) -> Failure:
    """That a run failed: the reason in one line, and the traceback.

    Both go into files that may be sent: folders of this machine are left out.
    """
    reason = " ".join(str(error).split())[:1000] or type(error).__name__
    lines = "".join(traceback.format_exception(error))[-20_000:]
    return {
        "status": "failed",
        "reason": without_folders(reason),
        "traceback": without_folders(lines),
    }


def finished_of(found: Standings) -> dict[str, Standing]:
    """Those runs that are finished."""
    return {name: one for name, one in found.items() if one.row is not None}


class SweepStatus(NamedTuple):
    """Where a sweep stands."""

    name: str
    finished: list[str]
    """names of runs."""
    failed: dict[str, str]
    """name of a run -> why."""
    waiting: list[str]
    """runs that are neither; those that go on just now are among them."""
    running: bool
    """whether a living process works on it."""
    now: Now | None
    """what goes on in it; None if nothing does."""
    of_files: bool
    """whether its images are folders or files of which `sweep.json` holds the names alone."""

    @property
    def words(self) -> list[str]:
        """How many runs stand where, and a line for each that goes on."""
        count = len(self.finished) + len(self.failed) + len(self.waiting)
        said = [f"{self.name}: {len(self.finished)} of {count} runs finished, {len(self.failed)} "
                f"failed, {len(self.waiting)} to do."]  # fmt: skip
        if not (self.now and self.now.at_work):
            return said + ["A process works on it; no run goes on just now."] * self.running
        at_work, left = self.now
        words = f"; {in_words(left)} left for all" if left is not None else ""
        said += [f"At work: {len(at_work)} run{'s' * (len(at_work) != 1)}{words}."]
        return said + [f"  {name}: {stage}" for name, stage in at_work.items()]


class SweepFolder:
    """Paths and files of one sweep.

    Args:
        path: the directory.

    Example:
        >>> SweepFolder("runs/sweep").results           # doctest: +SKIP
        PosixPath('runs/sweep/results.csv')
    """

    def __init__(self, path: str | Path) -> None:
        self.path = expanded(path)
        self.spec = self.path / "sweep.json"
        self.results = self.path / "results.csv"
        self.report = self.path / "report.html"
        self.runs = self.path / "runs"
        self.outcomes = self.path / "outcomes"
        self._lock = RunFolder(self.path)

    def __str__(self) -> str:
        return str(self.path)

    def run(self, run: SweepRun) -> RunFolder:
        """The run's own folder."""
        return RunFolder(self.runs / run.name)

    def check(self, sweep: Sweep) -> None:
        """See that the directory is this sweep's, or empty, or not there; makes nothing.

        Raises:
            FileExistsError: if it is a file, or holds other things.
            ValueError: if it holds another sweep.
        """
        if self.path.exists() and not self.path.is_dir():
            raise FileExistsError(f"{self} is a file; give the name of a folder.")
        if self.spec.is_file():
            check_same_sweep(read_sweep(self.spec), sweep, str(self))
            return
        others = [
            p.name
            for p in (self.path.iterdir() if self.path.exists() else ())
            if p != self._lock.lock and not p.name.startswith(TEMPORARY)
        ]
        if others:
            raise FileExistsError(
                f"{self} holds other things ({min(others)}, ...) and no sweep; choose an empty or "
                "new folder."
            )

    def create(self) -> None:
        """Make the directory, if it is not there.

        Raises:
            PermissionError: if it cannot be written to.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except PermissionError:
            raise PermissionError(f"{self} cannot be made here; choose another folder.") from None
        if not os.access(self.path, os.W_OK):
            raise PermissionError(f"{self} cannot be written to; choose another folder.")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory for this process.

        Raises:
            BlockingIOError: if another living process holds it.
        """
        with self._lock.locked():
            remove_unfinished(self.outcomes, every=True)  # by a process that was killed
            # of earlier versions, which kept here how far they were
            (self.path / "progress.json").unlink(missing_ok=True)
            shutil.rmtree(self.path / "stages", ignore_errors=True)
            yield

    def write_spec(self, sweep: Sweep) -> None:
        """Write `sweep.json`, a SPEC file itself, and make room for runs."""
        write_json(self.spec, sweep.shareable().to_json())
        self.runs.mkdir(exist_ok=True)

    def keep(self, run: SweepRun, failure: Failure | None) -> None:
        """Keep why a run failed, or that it did not: its folder says all else."""
        path = self._outcome(run)
        if failure is None:
            path.unlink(missing_ok=True)
            return
        self.outcomes.mkdir(exist_ok=True)
        write_json(path, failure)

    def standings(self, sweep: Sweep, known: Standings | None = None) -> dict[str, Standing]:
        """Where every run stands: by its own folder, else by its file in `outcomes/`.

        Args:
            sweep: what is asked for.
            known: runs that are not looked at again.

        Raises:
            ValueError: if a file of `outcomes/` is damaged.
        """
        sweep, known = sweep.shareable(), known or {}
        return {run.name: known.get(run.name) or self._standing(sweep, run) for run in sweep.runs()}

    def _standing(self, sweep: Sweep, run: SweepRun) -> Standing:
        stored = self._stored(sweep, run)
        found = standing(run, self.run(run), sweep.evaluation)
        return found._replace(**stored) if found.row is None else found

    def _stored(self, sweep: Sweep, run: SweepRun) -> dict[str, Any]:
        """Why a run failed; or its row, where an earlier version kept it of a finished run."""
        path = self._outcome(run)
        if not path.is_file():
            return {}
        found = read_json(path)
        status, why = found.get("status"), "it says neither what was measured nor why a run failed"
        if status == "failed" and isinstance(found.get("reason"), str):
            return {"reason": found["reason"]}
        if status == "finished" and isinstance(found.get("measured"), dict):
            try:
                check_measured(found["measured"])
            except ValueError as error:
                why = str(error)
            else:
                is_asked = found.get("evaluation") == sweep.evaluation.to_json()
                return {"row": found["measured"]} if is_asked else {}
        raise ValueError(
            f"{path} is damaged: {why}. Remove it and run the sweep again: the training is kept."
        )

    def _outcome(self, run: SweepRun) -> Path:
        return self.outcomes / f"{run.name}.json"

    def write_results(self, sweep: Sweep, known: Standings | None = None) -> None:
        """Write `results.csv`: a row for every run of the sweep that finished or failed."""
        found, rows = self.standings(sweep, known), []
        for run in sweep.shareable().runs():
            one = found[run.name]
            if one.row is not None:
                rows.append({**settings(run), "status": "finished", **one.row})
            elif one.reason is not None:
                rows.append({**settings(run), "status": "failed", "reason": one.reason})
        write_results(self.results, rows)

    def status(self, known: Standings | None = None) -> SweepStatus:
        """Where the sweep stands; reads, and disturbs nobody.

        Args:
            known: runs that are not looked at again.

        Raises:
            FileNotFoundError: if there is no sweep here.
            ValueError: if a file is damaged.
        """
        if not self.spec.is_file():
            raise FileNotFoundError(
                f"{self} is no sweep: it has no sweep.json (`keras-draw sweep run` makes one)."
            )
        sweep = read_sweep(self.spec)
        running, found = self._lock.is_locked, self.standings(sweep, known)
        finished, now = finished_of(found), self._now(sweep.runs(), found)
        left = {name: one for name, one in found.items() if name not in finished}
        return SweepStatus(
            name=sweep.name,
            finished=[*finished],
            failed={n: one.reason for n, one in left.items() if one.reason is not None},
            waiting=[name for name, one in left.items() if one.reason is None],
            running=running,
            now=now if running or now.at_work else None,
            of_files=sweep.of_files,
        )

    def _now(self, runs: list[SweepRun], found: Standings) -> Now:
        """What goes on, and how long what is left will take if it takes as long as what is over.

        Runs that have failed since the sweep's process began are over.
        """
        at_work: dict[str, str] = {}
        seconds = done = left = 0.0
        for run in runs:
            one = found[run.name]
            seconds += one.seconds
            done += run.work * TRAINING_SHARE * one.epochs / run.training.epochs
            if one.row is not None:
                continue
            if self.run(run).is_locked:
                at_work[run.name] = one.stage
            elif self._has_just_failed(run):
                continue
            left += run.work * (1 - one.share)
        at_once = max(len(at_work), 1)
        return Now(at_work, seconds / done * left / at_once if done else None)

    def _has_just_failed(self, run: SweepRun) -> bool:
        with contextlib.suppress(OSError):
            return self._outcome(run).stat().st_mtime > self._lock.lock.stat().st_mtime
        return False


def in_words(seconds: float) -> str:
    """A time as a person says it.

    Example:
        >>> in_words(4000)
        'about 1 hour 7 minutes'
    """
    if seconds < 90:
        return f"about {seconds:.0f} seconds"
    minutes = round(seconds / 60)
    hours = minutes // 60
    if not hours:
        return f"about {minutes} minutes"
    return f"about {hours} hour{'s' * (hours > 1)} {minutes % 60} minutes"
