"""Compare a training on one device, on several, and by two processes: how far weights differ.

    python scripts/compare_devices.py --recipe thesis-mnist
    python scripts/compare_devices.py --recipe demo --steps 10 --json

It runs the first steps of a recipe on as many of its images as they need. The size of the last
batch is not a multiple of the number of devices. The devices are virtual ones on this machine's
CPU, so eight take as long as one. Each training runs in its own process; the last one in two.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from keras_draw.training import recipes

COMMAND = [sys.executable, "-c", "from keras_draw.cli import main; main()", "train"]
TIME = 3600


def words(recipe: str, steps: int, precision: str) -> list[str]:
    """The options of a training with the given number of steps and an uneven last batch."""
    training = recipes.get(recipe).training
    images = training.batch_size * (steps - 1) + training.batch_size // 2 + 1
    dataset = f"{training.dataset.partition('[')[0]}[:{images}]"
    given = ["--recipe", recipe, "--dataset", dataset, "--epochs", "1", "--patience", "0"]
    given += ["--precision", precision or training.precision]
    return [*given, "--validation", "0", "--schedule", "constant", "--sample-every", "0"]


def train(run: Path, options: list[str], devices: int = 1, processes: int = 1) -> None:
    """Train into a run folder, with the given numbers of devices and processes."""
    environment = os.environ | {"JAX_NUM_CPU_DEVICES": str(devices), "JAX_PLATFORMS": "cpu"}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = []
    for process in range(processes):
        more = ["--run-dir", str(run), "--devices", str(devices)]
        if processes > 1:
            more += ["--coordinator", f"127.0.0.1:{port}"]
            more += ["--processes", str(processes), "--process", str(process)]
        started.append(subprocess.Popen([*COMMAND, *options, *more], env=environment))
    try:
        if any(process.wait(TIME) for process in started):
            sys.exit("A training failed.")
    finally:
        for process in started:
            process.kill()


def largest_difference(run: Path, other: Path) -> float:
    """The largest absolute difference of any network weight after the last step."""
    with np.load(run / "checkpoint.npz") as a, np.load(other / "checkpoint.npz") as b:
        names = [name for name in a.files if name.startswith("weights/")]
        kinds = [name for name in names if a[name].dtype.kind == "f"]
        return max(float(np.abs(a[name] - b[name]).max()) for name in kinds)


def main() -> None:
    """Train in every way, compare, and print the differences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="thesis-mnist")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--precision", default="", help="the recipe's if not given")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    options = words(asked.recipe, asked.steps, asked.precision)
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        one = Path(scratch) / "one"
        train(one, options)
        for name, devices, processes in (("4", 4, 1), ("8", 8, 1), ("2 processes", 1, 2)):
            run = Path(scratch) / name.replace(" ", "-")
            train(run, options, devices, processes)
            found[name] = largest_difference(one, run)
    if asked.json:
        said = {"recipe": asked.recipe, "steps": asked.steps, "precision": asked.precision}
        print(json.dumps({**said, "difference": found}))
        return
    print(f"{asked.recipe}, {asked.steps} steps: largest difference of any weight from one device")
    for name, difference in found.items():
        print(f"{name:>12}  {difference:.1e}")


if __name__ == "__main__":
    main()
