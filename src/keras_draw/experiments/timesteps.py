"""The thesis's Figures 3.3 and 4.1: what more timesteps bring, T times Z held fixed.

Source: Ballestrazzi 2019, chapters 3 and 4. Its figures are made again from `results.csv` alone.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_draw import plots
from keras_draw.config import Objective
from keras_draw.evaluation.extractors import DIGITS, NETWORKS, find_weights
from keras_draw.experiments.executors import DEFAULTS, Executor, RayOptions
from keras_draw.experiments.results import Row, read_results
from keras_draw.experiments.sweep import Sweep, SweepEvaluation
from keras_draw.experiments.sweeping import SweepResult, run_sweep
from keras_draw.figures import Curve, Panel, against_timesteps

INCEPTION = "inception-2015"
_POWERS = (1, 2, 4, 8, 16, 32, 64)
_SMOKE: dict[str, Any] = {
    "dataset": "digits[:200]", "hidden_dim": 4, "epochs": 1, "batch_size": 64, "ema_momentum": 0.0,
}  # fmt: skip


class Scale(NamedTuple):
    """How much of an experiment is done."""

    timesteps: tuple[int, ...]
    changes: dict[str, Any]
    """of the recipe."""
    evaluated_on: str = ""
    """the test split if empty."""


class Shown(NamedTuple):
    """A panel: a column of the table."""

    column: str
    title: str
    unit: str
    from_zero: bool = False


class TimestepsExperiment(NamedTuple):
    """A figure of the thesis."""

    recipe: str
    total_latents: int
    """T times Z."""
    vary: dict[str, list[Any]]
    """besides T."""
    panels: tuple[Shown, ...]
    scales: dict[str, Scale]


_CROSS_ENTROPY = Shown(
    "cross_entropy_nats_per_pixel", "reconstruction", "cross-entropy, nats per pixel"
)
_FID = Shown("fid", "generation", "Fréchet distance", from_zero=True)
EXPERIMENTS = {
    "fig-3.3": TimestepsExperiment(
        recipe="thesis-cifar10",
        total_latents=128,
        vary={},
        panels=(
            _CROSS_ENTROPY._replace(unit="binary cross-entropy,\nnats per pixel and channel"),
            _FID,
            Shown("inactive_variables", "use of the latents", "inactive variables", from_zero=True),
        ),
        scales={
            "smoke": Scale((1, 2), _SMOKE),
            "laptop": Scale(
                _POWERS[:-1],
                {
                    "dataset": "cifar10:train[:10000]", "hidden_dim": 128, "epochs": 12,
                    "ema_momentum": 0.99,
                },
                "cifar10:test[:1000]",
            ),
            "full": Scale(_POWERS, {"hidden_dim": 128}),
        },
    ),
    "fig-4.1": TimestepsExperiment(
        recipe="thesis-mnist",
        total_latents=64,
        vary={"conditional": [False, True]},
        panels=(_CROSS_ENTROPY, _FID),
        scales={
            "smoke": Scale((1, 2), _SMOKE),
            "laptop": Scale(
                _POWERS[:-1],
                {
                    "dataset": "mnist:train[:12000]", "hidden_dim": 256, "epochs": 10,
                    "ema_momentum": 0.99,
                },
            ),
            "full": Scale(_POWERS, {"hidden_dim": 256}),
        },
    ),
}  # fmt: skip


def sweep_of(
    name: str,
    *,
    scale: str = "laptop",
    objective: Objective = "elbo",
    timesteps: tuple[int, ...] = (),
    seeds: tuple[int, ...] = (0,),
    extractor: str = "",
) -> Sweep:
    """The sweep behind a figure.

    Args:
        name: one of `EXPERIMENTS`.
        scale: smoke, laptop or full.
        objective: what is trained.
        timesteps: every T; the scale's if empty.
        seeds: of training.
        extractor: of the features for FID.

    Raises:
        ValueError: if a T does not divide T times Z.

    Example:
        >>> [run.architecture.latent_dim for run in sweep_of("fig-3.3", scale="full").runs()]
        [128, 64, 32, 16, 8, 4, 2]
    """
    experiment = EXPERIMENTS[name]
    size = experiment.scales[scale]
    return Sweep(
        name=f"{name}, {scale}, {objective}",
        recipe=experiment.recipe,
        changes={"sample_every": 0, "objective": objective} | size.changes,
        vary={"timesteps": list(timesteps or size.timesteps), **experiment.vary},
        total_latents=experiment.total_latents,
        seeds=seeds,
        evaluation=SweepEvaluation(dataset=size.evaluated_on, extractor=extractor),
    )


def default_extractor(sweep: Sweep, weights: Path | None = None) -> str:
    """The extractor that a figure's FID is made with where none is asked for.

    Args:
        sweep: the figure's.
        weights: where Inception's weights may be, besides the usual places.

    Returns:
        digits-classifier for MNIST; 768 features of Inception for colour, if its weights are
        found; else nothing.
    """
    dataset = sweep.runs()[0].training.dataset
    if dataset.startswith("mnist"):
        return DIGITS
    if not dataset.startswith("cifar10"):
        return ""
    try:
        find_weights(INCEPTION, weights)
    except FileNotFoundError:
        if weights is not None:
            raise
        return ""
    return f"{INCEPTION}:768"


def run_experiment(
    name: str,
    sweep: Sweep,
    out: str | Path,
    *,
    weights: Path | None = None,
    data_dir: str | Path | None = None,
    executor: Executor = "local",
    ray: RayOptions = DEFAULTS,
    progress: bool = True,
) -> tuple[SweepResult, Path | None]:
    """Do what of a figure's sweep is not done yet, and draw the figure.

    Args:
        name: one of `EXPERIMENTS`.
        sweep: from `sweep_of`.
        out: the sweep's directory; receives the figure as NAME.png.
        weights: the extractor's.
        data_dir: where named data sets are looked for first.
        executor: as in `sweeping.run_sweep`, as are the next two.
        ray: what a run gets.
        progress: whether to show any.

    Returns:
        What the sweep reached, and the figure; none where no run finished.
    """
    result = run_sweep(
        sweep, out, data_dir=data_dir, weights=weights, executor=executor, ray=ray,
        progress=progress,
    )  # fmt: skip
    if not result.finished:
        return result, None
    picture = Path(result.out) / f"{name}.png"
    draw(name, Path(result.results), picture)
    return result, picture


def draw(name: str, table: Path, out: Path) -> None:
    """Draw a figure from a table; nothing is trained.

    Args:
        name: one of `EXPERIMENTS`.
        table: a sweep's `results.csv`.
        out: a .png; an older one is replaced.

    Raises:
        ValueError: if the table has bad rows, none that finished, or FIDs of several extractors.
        OSError: if there is no table, or the picture cannot be written.
    """
    rows = [row for row in read_results(table) if row["status"] == "finished"]
    panels = [_panel(shown, rows) for shown in EXPERIMENTS[name].panels if _has(shown, rows)]
    if not panels:
        raise ValueError(f"{table} holds no finished run with a value to draw; run the sweep on.")
    plots.save_figure(against_timesteps(panels, _title(rows)), out, overwrite=True)


def without_fid(table: Path) -> str:
    """Why a figure has no FID, in words; empty if it has one."""
    if any(row["fid"] is not None for row in read_results(table)):
        return ""
    return (
        f"FID is left out: no extractor fits these images. {DIGITS} is for grey pictures of 28 x "
        f"28; for colour {NETWORKS[INCEPTION].how_to_get}, and give it with --weights."
    )


def _has(shown: Shown, rows: list[Row]) -> bool:
    return any(row[shown.column] is not None for row in rows)


def _panel(shown: Shown, rows: list[Row]) -> Panel:
    rows = [row for row in rows if row[shown.column] is not None]
    unit = shown.unit
    if shown.column == "fid":
        made_by = sorted({f"{r['extractor']}, {r['evaluated_images']:,} images" for r in rows})
        if len(made_by) > 1:
            raise ValueError(
                f"The table holds FIDs of several kinds ({'; '.join(made_by)}), which cannot be "
                "compared: evaluate all runs alike."
            )
        unit = f"{unit}\n({made_by[0]})".replace(", ", ",\n")
    if shown.column == "inactive_variables":
        totals = sorted({int(row["latent_variables"] or 0) for row in rows})
        unit = f"{unit}, of {totals[0]}" if len(totals) == 1 else unit
    curves = []
    kinds = sorted({row["conditional"] for row in rows})
    for kind in kinds:
        some = [row for row in rows if row["conditional"] == kind]
        label = ("conditional" if kind else "unconditional") if len(kinds) > 1 else ""
        timesteps = np.array([row["timesteps"] for row in some])
        curves.append(Curve(label, timesteps, np.array([row[shown.column] for row in some])))
    return Panel(shown.title, unit, curves, from_zero=shown.from_zero)


def _title(rows: list[Row]) -> str:
    def said(values: set[Any]) -> str:
        return ", ".join(map(str, sorted(values)))

    seeds = {row["seed"] for row in rows}
    over = f"; mean of {len(seeds)} seeds, band: lowest to highest" if len(seeds) > 1 else ""
    return (
        f"{said({row['dataset'] for row in rows})}: T·Z = "
        f"{said({row['timesteps'] * row['latent_dim'] for row in rows})}, hidden "
        f"{said({row['hidden_dim'] for row in rows})}, objective "
        f"{said({row['objective'] for row in rows})}, {said({row['epochs'] for row in rows})} "
        f"epochs{over}"
    )
