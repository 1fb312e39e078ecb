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
    """Train and evaluate every run of a sweep that is not finished yet; see docs/experiments.md."""

    spec: tyro.conf.Positional[str]
    """A JSON file that says recipe, changes, what varies, seeds and evaluation."""
    out: str
    """Folder for runs and results.csv; a sweep that is in it goes on."""
    weights: str = ""
    """File or folder of the extractor's weights, looked at before KERAS_DRAW_WEIGHTS."""
    data_dir: DataDir = ""
    offline: Offline = False
    executor: WhichExecutor = "local"
    ray: Ray = field(default_factory=RayOptions)
    seeds_together: Flag = False
    """Train runs that differ only in their seed in one program, for GPUs that one small network
    does not fill; needs memory for all of them."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Run it."""
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
    """Say where a sweep stands; may be asked while it runs."""

    out: tyro.conf.Positional[str]
    """The sweep's folder."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Look, and say."""
        from keras_draw.sweeps.folder import SweepFolder

        status = SweepFolder(self.out).status()
        for line in status.words:
            say(line)
        if status.waiting and not (status.running or status.now):
            out = Path(self.out)
            again = command("sweep", "run", out / "sweep.json", "--out", out)
            say(f"Nothing runs; go on with: {again}")
            if status.of_files:
                say("(or with the SPEC that it began with, where its images lie elsewhere)")
        _say_failed(status.failed)
        now = status.now._asdict() if status.now else None
        return {**status._asdict(), "now": now}


def say_result(result: Any) -> None:
    """What a sweep reached, in words.

    Args:
        result: `sweeps.SweepResult`.
    """
    say(f"{result.finished} runs are finished, {len(result.failed)} failed: {result.results}")
    _say_failed(result.failed)


def _say_failed(failed: dict[str, str]) -> None:
    for name, reason in failed.items():
        say(f"  failed: {name}: {reason}")
