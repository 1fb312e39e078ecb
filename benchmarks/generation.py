"""How long drawing takes: one image, many images, and the command from a cold start.

python benchmarks/generation.py runs/thesis-conditional --json
"""

import keras_draw  # selects Keras's backend

# isort: split
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import tyro
from common import median, report, timings

STAGES = """
import time
begun = time.perf_counter()
import keras_draw, keras, jax, numpy
imported = time.perf_counter()
model = keras_draw.load({network!r})
loaded = time.perf_counter()
model.generate(64)
print(imported - begun, loaded - imported, time.perf_counter() - loaded)
"""


@dataclass(frozen=True)
class Options:
    """Measure drawing with a trained network."""

    network: tyro.conf.Positional[str]
    """A run folder, a .keras file, or the name of a preset."""
    count: int = 4096
    """Number of images for the rate."""
    json: bool = False
    """Print one JSON object."""


def cold_start(network: str) -> float:
    """Seconds of `keras-draw generate` in a new process."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "samples.png"
        words = [sys.executable, "-c", "from keras_draw.cli import main; main()"]
        begun = time.perf_counter()
        subprocess.run([*words, "generate", network, "--out", out], check=True, capture_output=True)
        return time.perf_counter() - begun


def measure(options: Options) -> dict[str, object]:
    """All times and rates, medians of several runs."""
    model = keras_draw.load(options.network)
    one = timings(lambda: model.generate(1), 30)
    many = timings(lambda: model.generate(options.count), 5)
    stages = subprocess.run(
        [sys.executable, "-c", STAGES.format(network=options.network)],
        check=True,
        capture_output=True,
        text=True,
    )
    imports, loading, first = (float(word) for word in stages.stdout.split())
    return {
        "milliseconds_for_one_image": 1000 * median(one),
        "images_per_second": options.count / median(many),
        "cold_start_seconds": median([cold_start(options.network) for _ in range(3)]),
        "of_which_imports_seconds": imports,
        "of_which_loading_seconds": loading,
        "of_which_first_drawing_seconds": first,
    }


def main() -> None:
    """Measure and print."""
    options = tyro.cli(Options)
    result = measure(options)
    report(result, as_json=options.json)


if __name__ == "__main__":
    main()
