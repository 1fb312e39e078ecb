"""The directory of a sweep: what it holds, what of it is done, and what runs in it just now."""

import contextlib
import os
import platform
import shutil
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from keras_draw.files import TEMPORARY, expanded, is_number
from keras_draw.places import without_folders
from keras_draw.sweeps.spec import Sweep, SweepRun, check_same_sweep, read_sweep
from keras_draw.sweeps.table import Row, check_measured, settings, write_results
from keras_draw.training.runs import RunFolder, read_json, write_json

Outcome = dict[str, Any]
"""What came of a run, as `outcomes/NAME.json` says: `finished` or `failed`."""


class Now(NamedTuple):
    """What a sweep is doing, as `progress.json` says."""

    at_work: dict[str, str]
    """name of a run that goes on -> its stage, such as `training, epoch 3 of 20`."""
    seconds_left: float | None
    """for the whole sweep; None before it can be told."""


class Told(NamedTuple):
    """How far a run is that another process does."""

    share: float | None
    """of the run that is over, 0 to 1; None before it can be told."""
    stage: str
    """as in `Now`."""
    worker: str
    """machine and process that do it."""


def finished(sweep: Sweep, found: Row) -> Outcome:
    """The outcome of a run that was measured.

    Args:
        sweep: its sweep, which says what was asked for.
        found: what was measured, as `results.measured` gives it.
    """
    evaluation = sweep.shareable().evaluation.to_json()
    return {"status": "finished", "evaluation": evaluation, "measured": found}


def failed(error: BaseException) -> Outcome:
    """The outcome of a run that failed: the reason in one line, and the traceback.

    Both go into files that may be sent: folders of this machine are left out.
    """
    reason = " ".join(str(error).split())[:1000] or type(error).__name__
    lines = "".join(traceback.format_exception(error))[-20_000:]
    return {
        "status": "failed",
        "reason": without_folders(reason),
        "traceback": without_folders(lines),
    }


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
    """what that process does."""
    of_files: bool
    """whether its images are folders or files of which `sweep.json` holds the names alone."""


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
        self.progress = self.path / "progress.json"
        self.runs = self.path / "runs"
        self.outcomes = self.path / "outcomes"
        self.stages = self.path / "stages"
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
            for left in self.outcomes.glob(f"{TEMPORARY}*"):  # by a process that was killed
                left.unlink()
            self.progress.unlink(missing_ok=True)  # what it says is over
            self.forget_told()
            yield

    def write_spec(self, sweep: Sweep) -> None:
        """Write `sweep.json`, a SPEC file itself, and make room for runs."""
        write_json(self.spec, sweep.shareable().to_json())
        for folder in (self.runs, self.outcomes):
            folder.mkdir(exist_ok=True)

    def keep(self, run: SweepRun, outcome: Outcome) -> None:
        """Keep what came of a run."""
        write_json(self.outcomes / f"{run.name}.json", outcome)

    def outcome(self, run: SweepRun, sweep: Sweep) -> Outcome | None:
        """What came of a run: None if nothing yet, or if something else is to be measured now.

        Raises:
            ValueError: if the file is damaged.
        """
        path = self.outcomes / f"{run.name}.json"
        if not path.is_file():
            return None
        found = read_json(path)
        status = found.get("status")
        if status == "failed" and isinstance(found.get("reason"), str):
            return found
        why = "it says neither what was measured nor why a run failed"
        if status == "finished" and isinstance(found.get("measured"), dict):
            try:
                check_measured(found["measured"])
            except ValueError as error:
                why = str(error)
            else:
                asked = sweep.shareable().evaluation.to_json()
                return found if found.get("evaluation") == asked else None
        raise ValueError(
            f"{path} is damaged: {why}. Remove it and run the sweep again: the training is kept."
        )

    def write_results(self, sweep: Sweep) -> None:
        """Write `results.csv`: a row for every run of the sweep that finished or failed."""
        rows, sweep = [], sweep.shareable()
        for run in sweep.runs():
            found = self.outcome(run, sweep)
            if found:
                said = {"status": found["status"], "reason": found.get("reason")}
                rows.append({**settings(run), **said, **found.get("measured", {})})
        write_results(self.results, rows)

    def write_now(self, now: Now) -> None:
        """Write `progress.json`."""
        with contextlib.suppress(OSError):  # nothing depends on it
            write_json(self.progress, now._asdict())

    def tell(self, run: SweepRun, share: float | None, stage: str) -> None:
        """Say from another process how far a run is: it is read by the one that holds the lock."""
        with contextlib.suppress(OSError):  # nothing depends on it
            self.stages.mkdir(exist_ok=True)
            told = Told(share, stage, f"{platform.node()}, process {os.getpid()}")
            write_json(self.stages / f"{run.name}.json", told._asdict())

    def told(self) -> dict[str, Told]:
        """What other processes said: name of a run -> how far it is."""
        said = {}
        for path in self.stages.glob("[!.]*.json"):
            with contextlib.suppress(OSError, ValueError, TypeError):
                told = Told(**read_json(path))
                texts = isinstance(told.stage, str) and isinstance(told.worker, str)
                if texts and (told.share is None or is_number(told.share)):
                    said[path.stem] = told
        return said

    def forget_told(self) -> None:
        """Remove what other processes said."""
        shutil.rmtree(self.stages, ignore_errors=True)

    def status(self) -> SweepStatus:
        """Where the sweep stands; reads, and disturbs nobody.

        Raises:
            FileNotFoundError: if there is no sweep here.
            ValueError: if a file is damaged.
        """
        if not self.spec.is_file():
            raise FileNotFoundError(
                f"{self} is no sweep: it has no sweep.json (`keras-draw sweep run` makes one)."
            )
        sweep = read_sweep(self.spec)
        outcomes = {run.name: self.outcome(run, sweep) for run in sweep.runs()}
        running = self._lock.is_locked
        return SweepStatus(
            name=sweep.name,
            finished=[n for n, o in outcomes.items() if o and o["status"] == "finished"],
            failed={n: o["reason"] for n, o in outcomes.items() if o and o["status"] == "failed"},
            waiting=[n for n, o in outcomes.items() if not o],
            running=running,
            now=self._now() if running else None,
            of_files=sweep.of_files,
        )

    def _now(self) -> Now | None:
        try:
            found = read_json(self.progress)
            at_work, left = found["at_work"], found["seconds_left"]
        except (OSError, KeyError, ValueError):  # it is replaced while it is read, or gone
            return None
        if not isinstance(at_work, dict) or not all(isinstance(v, str) for v in at_work.values()):
            return None
        return Now(at_work, float(left) if is_number(left) and left >= 0 else None)


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
