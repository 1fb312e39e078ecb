"""Every benchmark runs at its smallest size and prints one JSON object."""

import json
import math
import os
import subprocess
import sys

import pytest
from conftest import ROOT

SMALL = ["--batch", "4", "--timesteps", "2", "--latent", "2", "--hidden", "4", "--rounds", "1"]
ARGUMENTS = {
    "train_step": SMALL,
    "baseline_torch": [*SMALL, "--read", "2", "--write", "2", "--no-compile"],
    "devices_on_paper": [],
    "evaluation_speed": ["--images", "4", "--drawn", "9", "--batches", "4", "--repeats", "1"],
    "features": ["--batch", "1", "--rounds", "1"],
    "generation": ["mnist", "--count", "4"],
    "gpu_epoch": ["--images", "8", "--steps", "2", "--epochs", "1", "--batches", "4"],
    "input_pipeline": ["--images", "64", "--batch", "4"],
    "scaling": ["--timesteps", "1", "2", "--batches", "2", "4", "--memory", "4", "--steps", "1"],
}
"""By script: its smallest size."""
SHARED = {"common", "torch_draw"}
"""Modules that the scripts import."""


def test_every_script_is_run():
    assert {path.stem for path in (ROOT / "benchmarks").glob("*.py")} == set(ARGUMENTS) | SHARED


@pytest.mark.slow
@pytest.mark.parametrize("name", ARGUMENTS)
def test_prints_one_object(name):
    if name == "baseline_torch":
        pytest.importorskip("torch", reason="torch is not installed: there is no baseline")
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / f"{name}.py", *ARGUMENTS[name], "--json"],
        capture_output=True,
        text=True,
        env=os.environ | {"KERAS_BACKEND": "jax"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    if name == "devices_on_paper":  # measures nothing
        assert found["paper-mnist"]["8"]["efficiency"] < 1
        return
    assert {"processor", "device", "jax", "load_average"} <= set(found)
    numbers = [v for v in found.values() if isinstance(v, int | float)]
    assert all(math.isfinite(v) for v in numbers)
