"""The folder of a sweep: its files, the state of its runs, and the runs that are active."""

import contextlib
import os
import shutil
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from keras_draw.files import TEMPORARY, expanded, remove_unfinished
from keras_draw.places import without_folders
from keras_draw.sweeps.only_table import only_in_table, with_rows
from keras_draw.sweeps.spec import Sweep, SweepRun, check_same_sweep, read_sweep
from keras_draw.sweeps.standing import TRAINING_SHARE, Standing, standing
from keras_draw.sweeps.table import check_measured, settings, write_results
from keras_draw.training.runs import RunFolder, read_json, write_json

Failure = dict[str, Any]
"""Why a run failed, as stored in `outcomes/NAME.json`."""
Standings = Mapping[str, Standing]
"""Name of a run -> its state."""


class Now(NamedTuple):
    """The current activity in a sweep."""

    at_work: dict[str, str]
    """name of an active run -> its stage, such as `training, epoch 3 of 20`."""
    seconds_left: float | None
    """estimate for the whole sweep; None until there is one."""


def failed(error: BaseException) -> Failure:
    """Describe a failure: the reason in one line, and the traceback.

    Both may be shared in files, so they contain no folders of this machine.
    """
    reason = " ".join(str(error).split())[:1000] or type(error).__name__
    lines = "".join(traceback.format_exception(error))[-20_000:]
    return {
        "status": "failed",
        "reason": without_folders(reason),
        "traceback": without_folders(lines),
    }


def finished_of(found: Standings) -> dict[str, Standing]:
    """Return the runs that are finished."""
    return {name: one for name, one in found.items() if one.row is not None}


class SweepStatus(NamedTuple):
    """The state of a sweep."""

    name: str
    finished: list[str]
    """names of finished runs."""
    failed: dict[str, str]
    """name of a run -> why it failed."""
    waiting: list[str]
    """names of all other runs, including active ones."""
    running: bool
    """whether a process is working on the sweep."""
    now: Now | None
    """the current activity; None if there is none."""
    of_files: bool
    """whether its images are folders or files; `sweep.json` holds only their names."""
    only_table: bool
    """whether only its table is stored; the state of the runs is then as its rows say."""

    @property
    def words(self) -> list[str]:
        """Lines of text: the number of runs in each state, and each active run."""
        count = len(self.finished) + len(self.failed) + len(self.waiting)
        said = [f"{self.name}: {len(self.finished)} of {count} runs finished, {len(self.failed)} "
                f"failed, {len(self.waiting)} to do."]  # fmt: skip
        said += [
            "Only the table is stored (results.csv): the run folders are missing, so this sweep "
            "cannot be continued here."
        ] * self.only_table
        if not (self.now and self.now.at_work):
            return said + ["A process is working on it; no run is active now."] * self.running
        at_work, left = self.now
        words = f"; {in_words(left)} left in total" if left is not None else ""
        said += [f"Active: {len(at_work)} run{'s' * (len(at_work) != 1)}{words}."]
        return said + [f"  {name}: {stage}" for name, stage in at_work.items()]


class SweepFolder:
    """The paths and files of one sweep.

    Args:
        path: the sweep's folder.

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
        """Return the run's folder."""
        return RunFolder(self.runs / run.name)

    def check(self, sweep: Sweep) -> None:
        """Check that the folder holds this sweep, is empty, or does not exist. Creates nothing.

        Raises:
            FileExistsError: if it is a file, or holds other files.
            ValueError: if it holds a different sweep.
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
                f"{self} holds other files ({min(others)}, ...) but no sweep; choose an empty or "
                "new folder."
            )

    def create(self) -> None:
        """Create the folder if it does not exist.

        Raises:
            PermissionError: if it cannot be written to.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except PermissionError:
            raise PermissionError(f"{self} cannot be created; choose another folder.") from None
        if not os.access(self.path, os.W_OK):
            raise PermissionError(f"{self} cannot be written to; choose another folder.")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder for this process within the block.

        Raises:
            BlockingIOError: if another process holds the lock.
        """
        with self._lock.locked():
            remove_unfinished(self.outcomes, every=True)  # left by a killed process
            # earlier versions stored their progress in these
            (self.path / "progress.json").unlink(missing_ok=True)
            shutil.rmtree(self.path / "stages", ignore_errors=True)
            yield

    def write_spec(self, sweep: Sweep) -> None:
        """Write `sweep.json`, which is a SPEC file itself, and create the folder `runs/`."""
        write_json(self.spec, sweep.shareable().to_json())
        self.runs.mkdir(exist_ok=True)

    def keep(self, run: SweepRun, failure: Failure | None) -> None:
        """Store why a run failed, or remove an earlier failure; the run folder holds the rest."""
        path = self._outcome(run)
        if failure is None:
            path.unlink(missing_ok=True)
            return
        self.outcomes.mkdir(exist_ok=True)
        write_json(path, failure)

    def standings(self, sweep: Sweep, known: Standings | None = None) -> dict[str, Standing]:
        """Return the state of every run, from its run folder and its file in `outcomes/`.

        Args:
            sweep: the sweep that is asked for.
            known: states that are already known and are not read again.

        Raises:
            ValueError: if a file in `outcomes/` is damaged.
        """
        sweep, known = sweep.shareable(), known or {}
        return {run.name: known.get(run.name) or self._standing(sweep, run) for run in sweep.runs()}

    def _standing(self, sweep: Sweep, run: SweepRun) -> Standing:
        stored = self._stored(sweep, run)
        found = standing(run, self.run(run), sweep.evaluation)
        return found._replace(**stored) if found.row is None else found

    def _stored(self, sweep: Sweep, run: SweepRun) -> dict[str, Any]:
        """Read why a run failed; or its row, which earlier versions stored for finished runs."""
        path = self._outcome(run)
        if not path.is_file():
            return {}
        found = read_json(path)
        status, why = found.get("status"), "it holds neither measurements nor a reason for failure"
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
            f"{path} is damaged: {why}. Delete it and run the sweep again: the training is kept."
        )

    def _outcome(self, run: SweepRun) -> Path:
        return self.outcomes / f"{run.name}.json"

    def write_results(self, sweep: Sweep, known: Standings | None = None) -> None:
        """Write `results.csv`, with a row for every run that finished or failed."""
        found, rows = self.standings(sweep, known), []
        for run in sweep.shareable().runs():
            one = found[run.name]
            if one.row is not None:
                rows.append({**settings(run), "status": "finished", **one.row})
            elif one.reason is not None:
                rows.append({**settings(run), "status": "failed", "reason": one.reason})
        write_results(self.results, rows)

    def status(self, known: Standings | None = None) -> SweepStatus:
        """Return the state of the sweep. This only reads, and needs no lock.

        Args:
            known: states that are already known and are not read again.

        Raises:
            FileNotFoundError: if there is no sweep here.
            ValueError: if a file is damaged.
        """
        if not self.spec.is_file():
            raise FileNotFoundError(
                f"{self} is not a sweep: it has no sweep.json (`keras-draw sweep run` makes one)."
            )
        sweep = read_sweep(self.spec)
        table = only_in_table(self.results, self.runs, self.outcomes)
        running, found = self._lock.is_locked, with_rows(self.standings(sweep, known), table)
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
            only_table=bool(table),
        )

    def _now(self, runs: list[SweepRun], found: Standings) -> Now:
        """Return the active runs, and an estimate of the time left, from the time spent so far.

        Runs that have failed since the sweep's process began are not tried again by it.
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
    """Format a duration for people.

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
