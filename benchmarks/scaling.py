"""Does the cost grow with the work? Time over T and batch size, memory and compile time over T.

python benchmarks/scaling.py --json
python benchmarks/scaling.py --plot docs/images/scaling.png
"""

# isort: split
import time
from dataclasses import dataclass, replace
from pathlib import Path

import jax
import numpy as np
import tyro
from common import median, report
from train_step import Options as StepOptions
from train_step import config_of, measure_memory, step_of

from keras_draw.figures import curves
from keras_draw.training.allocator import keep_freed_memory


@dataclass(frozen=True)
class Options:
    """Measure training steps of Z 8, hidden 256 on 28 x 28 images, varying one value at a time."""

    timesteps: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    """Values of T, with a batch of 128."""
    batches: tuple[int, ...] = (16, 32, 64, 128, 256, 512, 1024)
    """Batch sizes, with T 8."""
    memory: tuple[int, ...] = (16, 64, 256)
    """Values of T for the memory, with and without rematerialised segments."""
    steps: int = 10
    """Timed steps, of which the median is reported."""
    plot: Path | None = None
    """A .png for a plot of the measurements."""
    json: bool = False
    """Print one JSON object."""


def time_of(options: StepOptions, steps: int) -> tuple[float, float]:
    """Seconds per step, and seconds to trace and compile it."""
    step, state, batch = step_of(config_of(options), options)
    begun = time.perf_counter()
    compiled = step.lower(state, batch).compile()
    compile_seconds = time.perf_counter() - begun
    seconds = []
    for i in range(steps + 2):
        begun = time.perf_counter()
        logs, state = compiled(state, batch)
        jax.block_until_ready((logs, state))
        if i >= 2:
            seconds.append(time.perf_counter() - begun)
    return median(seconds), compile_seconds


def exponent(sizes: list[int], values: list[float]) -> float:
    """The exponent with which the values grow, fitted to the upper half of the sizes."""
    half = len(sizes) // 2
    return float(np.polyfit(np.log(sizes[half:]), np.log(values[half:]), 1)[0])


def measure(options: Options) -> dict[str, object]:
    """All measurements, by T and by batch size."""
    keep_freed_memory()
    base = StepOptions(timesteps=8, latent=8)
    by_t = {t: time_of(replace(base, timesteps=t), options.steps) for t in options.timesteps}
    by_batch = {b: time_of(replace(base, batch=b), options.steps)[0] for b in options.batches}
    milliseconds = {t: 1000 * found[0] for t, found in by_t.items()}
    return {
        "milliseconds_by_timesteps": milliseconds,
        "milliseconds_by_batch": {b: 1000 * s for b, s in by_batch.items()},
        "compile_seconds_by_timesteps": {t: found[1] for t, found in by_t.items()},
        "exponent_in_timesteps": exponent(list(milliseconds), list(milliseconds.values())),
        "exponent_in_batch": exponent(list(by_batch), list(by_batch.values())),
        **measure_memory(replace(base, memory=options.memory)),
    }


def draw(result: dict[str, object], path: Path) -> None:
    """Draw four panels: time over T, time over batch size, memory and compile time over T."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), layout="constrained")
    panels = figure.subplots(2, 2).ravel()
    memory = result["temporary_megabytes"]
    shown = [
        ("timesteps T", "ms per step", {"": result["milliseconds_by_timesteps"]}),
        ("images per batch", "ms per step", {"": result["milliseconds_by_batch"]}),
        ("timesteps T", "temporary memory (MB)", memory),
        ("timesteps T", "seconds to compile", {"": result["compile_seconds_by_timesteps"]}),
    ]
    for panel, (x, y, lines) in zip(panels, shown, strict=True):
        for (name, values), style in zip(lines.items(), ("o-", "s--"), strict=False):
            panel.plot(list(values), list(values.values()), style, label=name)
        panel.set_xscale("log", base=2)
        panel.set(xlabel=x, ylabel=y)
        if y.startswith("seconds"):
            panel.set_ylim(bottom=0)
        else:
            panel.set_yscale("log", base=2)
        if len(lines) > 1:
            panel.legend()
        panel.grid(alpha=0.3)
    curves.save_figure(figure, path, overwrite=True)


def main() -> None:
    """Measure, plot and print."""
    options = tyro.cli(Options)
    result = measure(options)
    if options.plot:
        draw(result, options.plot)
    report(result, as_json=options.json)


if __name__ == "__main__":
    main()
