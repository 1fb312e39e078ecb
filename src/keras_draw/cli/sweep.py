"""`keras-draw sweep`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tyro

from keras_draw.cli.common import DataDir, Flag, Offline, Ray, WhichExecutor, check_weights, say
from keras_draw.printed import command
from keras_draw.sweeps.executors import RayOptions


@dataclass(frozen=True)
class SweepRun:
    """Train and evaluate every unfinished run of a sweep; see docs/experiments.md."""

    spec: tyro.conf.Positional[str]
    """A JSON file with the recipe, changes, varied fields, seeds and evaluation."""
    out: str
    """Folder for runs and results.csv. A sweep that is already there continues."""
    weights: str = ""
    """File or folder of the extractor's weights, searched before KERAS_DRAW_WEIGHTS."""
    data_dir: DataDir = ""
    offline: Offline = False
    executor: WhichExecutor = "local"
    ray: Ray = field(default_factory=RayOptions)
    seeds_together: Flag = False
    """Train runs that differ only in their seed as one program, for GPUs that one small network
    does not fill; memory must hold all of them."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Run the sweep, and return its result."""
        from keras_draw.sweeps.spec import read_sweep

        sweep = read_sweep(self.spec)
        check_weights(self.weights, sweep.evaluation.extractor)

        from keras_draw.sweeps.sweeping import run_sweep

        result = run_sweep(
            sweep,
            self.out,
            data_dir=self.data_dir or None,
            weights=Path(self.weights) if self.weights else None,
            executor=self.executor,
            ray=self.ray,
            seeds_together=self.seeds_together,
        )
        say_result(result)
        return {**result._asdict(), "exit_code": int(bool(result.failed))}


@dataclass(frozen=True)
class SweepStatus:
    """Show the progress of a sweep, also while it runs."""

    out: tyro.conf.Positional[str]
    """The folder of the sweep."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Print and return the progress."""
        from keras_draw.sweeps.folder import SweepFolder

        status = SweepFolder(self.out).status()
        for line in status.words:
            say(line)
        if status.waiting and not (status.running or status.now or status.only_table):
            out = Path(self.out)
            again = command("sweep", "run", out / "sweep.json", "--out", out)
            say(f"Nothing is running. To continue: {again}")
            if status.of_files:
                say("(or give the original SPEC, if its images are stored elsewhere)")
        _say_failed(status.failed)
        now = status.now._asdict() if status.now else None
        return {**status._asdict(), "now": now}


def say_result(result: Any) -> None:
    """Print the result of a sweep.

    Args:
        result: a `sweeps.SweepResult`.
    """
    say(f"{result.finished} runs finished, {len(result.failed)} failed: {result.results}")
    _say_failed(result.failed)


def _say_failed(failed: dict[str, str]) -> None:
    for name, reason in failed.items():
        say(f"  failed: {name}: {reason}")
