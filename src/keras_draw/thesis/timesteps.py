"""The thesis's Figures 3.3 and 4.1, and comparisons: the effect of T, with T times Z fixed.

Source: Ballestrazzi 2019, chapters 3 and 4. Figures are drawn from `results.csv` alone.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_draw.config import Objective
from keras_draw.data.fetching import how_to_get
from keras_draw.evaluation.extractors import DIGITS
from keras_draw.evaluation.inception.networks import find_weights
from keras_draw.evaluation.measures import NAMED
from keras_draw.figures import curves
from keras_draw.figures.curves import against_timesteps
from keras_draw.places import placeless
from keras_draw.sweeps.executors import DEFAULTS, Executor, RayOptions
from keras_draw.sweeps.panels import has, panel
from keras_draw.sweeps.spec import Sweep, SweepEvaluation
from keras_draw.sweeps.sweeping import SweepResult, run_sweep
from keras_draw.sweeps.table import Row, read_results
from keras_draw.thesis.catalogue import EXPERIMENTS, TimestepsExperiment

INCEPTION = "inception-2015"


def sweep_of(
    name: str,
    *,
    scale: str = "laptop",
    objective: Objective = "elbo",
    timesteps: tuple[int, ...] = (),
    seeds: tuple[int, ...] = (0,),
    extractor: str = "",
) -> Sweep:
    """Return the sweep behind a figure.

    Args:
        name: one of `EXPERIMENTS`.
        scale: `smoke`, `laptop` or `full`.
        objective: the training objective.
        timesteps: the values of T; () for those of the scale.
        seeds: training seeds.
        extractor: extractor of the features for FID.

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
    """Return the default extractor for the FID of a figure.

    Args:
        sweep: the sweep behind the figure.
        weights: path of Inception's weights; None to look in the usual places.

    Returns:
        `digits-classifier` for MNIST; Inception with 768 features for CIFAR-10, if its weights are
        found; else "", for no FID.

    Raises:
        FileNotFoundError: if `weights` is given and Inception's weights are not found.
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
    """Execute the runs of a figure's sweep that are not finished, and draw the figure.

    Args:
        name: one of `EXPERIMENTS`.
        sweep: from `sweep_of`.
        out: the sweep's folder; the figure is written there as NAME.png.
        weights: path of the extractor's weights.
        data_dir: folder in which named data sets are looked for first.
        executor: as in `sweeping.run_sweep`.
        ray: as in `sweeping.run_sweep`.
        progress: as in `sweeping.run_sweep`.

    Returns:
        The outcome of the sweep, and the path of the figure; None if no run is finished.
    """
    result = run_sweep(
        sweep, out, data_dir=data_dir, weights=weights, executor=executor, ray=ray,
        progress=progress,
    )  # fmt: skip
    if not result.finished:
        return result, None
    picture = Path(result.out) / f"{name}.png"
    draw(name, [Path(result.results)], picture)
    return result, picture


def draw(name: str, tables: Sequence[Path], out: Path) -> None:
    """Draw a figure from tables, without training anything.

    Args:
        name: one of `EXPERIMENTS`.
        tables: a sweep's `results.csv`, or those of several sweeps that differ in the objective.
        out: the figure, a .png; an older one is replaced.

    Raises:
        ValueError: if a table has invalid rows, no run is finished, a table lacks the field that
            the figure compares, or FIDs come from different extractors.
        OSError: if a table does not exist, or the figure cannot be written.
    """
    experiment = EXPERIMENTS[name]
    rows = [row for table in tables for row in _finished(table, experiment)]
    apart = ("objective", *experiment.vary)
    shown = [NAMED[name] for name in experiment.panels]
    panels = [panel(one, rows, apart=apart) for one in shown if has(one, rows)]
    if not panels:
        raise ValueError(
            f"{tables[0]} holds no finished run with a value to draw; continue the sweep first."
        )
    curves.save_figure(against_timesteps(panels, _title(experiment, rows)), out, overwrite=True)


def without_fid(tables: Sequence[Path]) -> str:
    """Explain why a figure has no FID; "" if it has one."""
    if any(row["fid"] is not None for table in tables for row in read_results(table)):
        return ""
    return (
        f"FID is left out: there is no extractor for these images. {DIGITS} is for grey images of "
        f"28 x 28; images in colour need the weights of {INCEPTION}. {how_to_get(INCEPTION)}"
    )


def _finished(table: Path, experiment: TimestepsExperiment) -> list[Row]:
    rows = [row for row in read_results(table) if row["status"] == "finished"]
    missing = [name for name in experiment.vary if any(name not in row for row in rows)]
    if missing:
        raise ValueError(
            f"{table} has no column {missing[0]!r}, which this figure compares; give the table of "
            "the figure's own sweep."
        )
    return rows


def _title(experiment: TimestepsExperiment, rows: list[Row]) -> str:
    def said(values: set[Any]) -> str:
        return ", ".join(map(str, sorted(values)))

    runs = Counter(
        (r["timesteps"], r["objective"], *[r[name] for name in experiment.vary]) for r in rows
    ).values()
    count = f"{min(runs)} to {max(runs)}" if min(runs) < max(runs) else f"{max(runs)}"
    over = f"; mean of {count} seeds, band: lowest to highest" if max(runs) > 1 else ""
    return (
        f"{said({placeless(row['dataset']) for row in rows})}: T·Z = "
        f"{said({row['timesteps'] * row['latent_dim'] for row in rows})}, hidden "
        f"{said({row['hidden_dim'] for row in rows})}, objective "
        f"{said({row['objective'] for row in rows})}, {said({row['epochs'] for row in rows})} "
        f"epochs{over}"
    )
