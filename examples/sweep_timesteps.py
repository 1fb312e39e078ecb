"""Train a grid of networks, read the table, and plot it: what is the effect of more timesteps?

    python examples/sweep_timesteps.py [OUT]

T strokes have Z latents each. T times Z is fixed, so all networks have the same number of latents.
You can run the script again, with more timesteps or seeds: finished runs are not repeated.

It writes to OUT (runs/examples/sweep-timesteps if not given):

    results.csv    one row per run, with units in the column names
    runs/          the run folder of every run; see docs/experiments.md
    timesteps.png  squared error and bound against T
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_draw.figures.curves import Curve, Panel, against_timesteps, save_figure
from keras_draw.sweeps import Sweep, read_results, run_sweep

LATENTS = 32
"""T times Z of every network. Every T must divide it."""


def main(
    out: Path = Path("runs/examples/sweep-timesteps"),
    *,
    timesteps: Sequence[int] = (1, 4, 16),
    seeds: Sequence[int] = (0, 1),
    epochs: int = 20,
) -> None:
    """Train with every T and seed on scikit-learn's digits, and plot the results."""
    sweep = Sweep(
        recipe="demo",
        changes={"epochs": epochs, "hidden_dim": 64},
        vary={"timesteps": list(timesteps)},
        total_latents=LATENTS,
        seeds=tuple(seeds),
    )
    result = run_sweep(sweep, out)

    rows = [row for row in read_results(result.results) if row["status"] == "finished"]
    for row in rows:
        print(f"T = {row['timesteps']:2}, Z = {row['latent_dim']:2}, seed {row['seed']}: "
              f"{row['elbo_nats_per_image']:.2f} nats per image")  # fmt: skip

    figure = against_timesteps(
        [
            panel(rows, "squared_error_per_pixel", "reconstruction", "squared error per pixel"),
            panel(rows, "elbo_nats_per_image", "bound", "log density, nats per image"),
        ],
        title=f"digits:test, T·Z = {LATENTS}, {epochs} epochs; mean of {len(seeds)} seeds",
    )
    save_figure(figure, out / "timesteps.png", overwrite=True)
    print(f"Look at timesteps.png in {out}.")


def panel(rows: list[dict[str, Any]], column: str, title: str, unit: str) -> Panel:
    """One column of the table against T; the band ranges from the worst to the best seed."""
    timesteps = np.array([row["timesteps"] for row in rows])
    return Panel(title, unit, [Curve("", timesteps, np.array([row[column] for row in rows]))])


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
