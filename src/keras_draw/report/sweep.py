"""The report of a sweep: what is read from it, and the values for its template."""

from functools import partial
from operator import itemgetter
from typing import NamedTuple

from keras_draw.evaluation.evaluating import Watch
from keras_draw.evaluation.measures import COLUMNS, MEASURES, NAMED, Measure
from keras_draw.evaluation.record import Evaluation
from keras_draw.figures.curves import STYLES, against_timesteps
from keras_draw.figures.latents import HeatMap, kl_heat_maps
from keras_draw.report import pictures
from keras_draw.report.commands import evaluate_command, experiment_command, sweep_commands
from keras_draw.report.page import Picture, inline_figure, rendered
from keras_draw.sweeps import panels
from keras_draw.sweeps.folder import SweepFolder, SweepStatus
from keras_draw.sweeps.panels import in_short
from keras_draw.sweeps.spec import Sweep, read_sweep
from keras_draw.sweeps.table import Row, read_results, settings
from keras_draw.training.loading import load

MOST_STRIPS = 40
"""Most runs on the contact sheet."""
MOST_MAPS = 24
"""Most heat maps."""
LOOKED_FOR = ("fid", "elbo", "label_agreement")
"""Measures whose best run appears at the top of the page."""


class Subject(NamedTuple):
    """A sweep, and everything that was read from it."""

    folder: SweepFolder
    sweep: Sweep
    status: SweepStatus
    rows: list[Row]
    """results of the runs that finished or failed, in the grid's order."""

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.path.resolve().name

    @property
    def finished(self) -> list[Row]:
        """The rows of finished runs."""
        return [row for row in self.rows if row["status"] == "finished"]

    @property
    def failed(self) -> list[Row]:
        """The rows of failed runs."""
        return [row for row in self.rows if row["status"] == "failed"]

    @property
    def kept(self) -> list[Row]:
        """The rows of finished runs whose run folders are here."""
        return [row for row in self.finished if (self.folder.runs / row["run"]).is_dir()]

    def label(self, row: Row) -> str:
        """A run's label: the values of the varied fields, and the seed if there are several."""
        words = [in_short(field, row.get(field)) for field in self.sweep.vary]
        words += [f"seed {row['seed']}"] if len(self.sweep.seeds) > 1 or not words else []
        return ", ".join(words)


def sweep_page(folder: SweepFolder, watch: Watch) -> str:
    """Render the report of a finished or unfinished sweep as HTML.

    Args:
        folder: the folder of the sweep.
        watch: called to report progress.

    Raises:
        ValueError: if a file of the sweep is damaged.
    """
    sweep = read_sweep(folder.spec)
    table = read_results(folder.results) if folder.results.is_file() else []
    names = {run.name for run in sweep.runs()}
    rows = [row for row in table if row["run"] in names]
    subject = Subject(folder, sweep, folder.status(), rows)
    evaluated = {(row["evaluated_on"], row["evaluated_images"]) for row in rows}
    return rendered(
        "sweep.html",
        subject=subject,
        best=_best(subject),
        panels=_panels(subject),
        measures=NAMED,
        measured_on=sorted(on for on in evaluated if on[0]),
        shown=_shown(subject),
        runs=_runs(subject),
        strips=_strips(subject, watch),
        seed=pictures.SEED,
        maps=_maps(subject),
        evaluate=evaluate_command(f"runs/{subject.name}/runs/NAME", sweep.evaluation),
        experiment=experiment_command(sweep),
        commands=sweep_commands(sweep, subject.name),
    )


def _best(subject: Subject) -> list[tuple[Measure, Row]]:
    """The best run by each measure in `LOOKED_FOR`."""
    found = []
    for measure in map(NAMED.__getitem__, LOOKED_FOR):
        some = [row for row in subject.finished if row[measure.column] is not None]
        if some:
            most = max if measure.more_is_better else min
            found.append((measure, most(some, key=itemgetter(measure.column))))
    return found


class Panels(NamedTuple):
    """Figures of the main measures against a varied field."""

    across: str
    """the field on the x axis."""
    kinds: int
    """number of curves in each figure."""
    drawn: list[tuple[Measure, Picture]]
    refused: list[tuple[Measure, ValueError]]
    """measures that cannot be drawn, and why."""


def _panels(subject: Subject) -> Panels | None:
    """The figures; None if no varied field fits, or there are too many curves."""
    rows = subject.finished
    across = _across(subject.sweep, rows)
    apart = [f for f in subject.sweep.vary if f != across and len({r.get(f) for r in rows}) > 1]
    kinds = {tuple(row.get(field) for field in apart) for row in rows}
    if not across or len(kinds) > len(STYLES):
        return None
    xlabel = "timesteps T" if across == "timesteps" else across
    found = Panels(across, len(kinds), [], [])
    for measure in panels.MAIN:
        if not panels.has(measure, rows):
            continue
        try:
            panel = panels.panel(measure, rows, across=across, apart=apart)
        except ValueError as error:  # FIDs of several kinds
            found.refused.append((measure, error))
        else:
            figure = inline_figure(partial(against_timesteps, [panel], xlabel=xlabel))
            found.drawn.append((measure, figure))
    return found


def _across(sweep: Sweep, rows: list[Row]) -> str:
    """The field for the x axis: T, or the first other field with several positive numbers."""
    for field in sorted(sweep.vary, key=lambda name: name != "timesteps"):
        values = {row.get(field) for row in rows}
        numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        if len(values) > 1 and len(numbers) == len(values) and min(numbers) > 0:
            return field
    return ""


def _shown(subject: Subject) -> list[Measure]:
    """The measures that any run has, without totals that other measures state as "of N"."""
    parts = {measure.of for measure in MEASURES}
    return [
        measure
        for column, measure in COLUMNS.items()
        if measure.name not in parts and any(row[column] is not None for row in subject.rows)
    ]


def _runs(subject: Subject) -> list[tuple[str, str, Row]]:
    """All runs, including waiting ones: label, stage (of a running one) and row of results."""
    now, rows = subject.status.now, {row["run"]: row for row in subject.rows}
    stages = now.at_work if now else {}
    return [
        (
            subject.label(rows.get(run.name) or settings(run)),
            stages.get(run.name, ""),
            rows.get(run.name, {}),
        )
        for run in subject.sweep.runs()
    ]


class Strip(NamedTuple):
    """A row of samples of one run."""

    row: Row
    picture: Picture | None
    """None if the run cannot be loaded."""
    why: str = ""
    """the error in that case."""


def _strips(subject: Subject, watch: Watch) -> list[Strip]:
    """Samples of the finished runs whose folders are here, the lowest FID first."""
    rows = sorted(subject.kept, key=lambda row: (row["fid"] is None, row["fid"] or 0.0))
    rows = rows[:MOST_STRIPS]
    step = watch("samples", len(rows))
    strips = []
    for row in rows:
        try:
            model = load(subject.folder.runs / row["run"])
            strips.append(Strip(row, pictures.strip(model)))
        except (FileNotFoundError, ValueError) as error:
            strips.append(Strip(row, None, " ".join(str(error).split())))
        step()
    return strips


class Maps(NamedTuple):
    """Heat maps of the KL of every latent, for the runs in `Subject.kept`."""

    picture: Picture | None
    missing: int
    """number of these runs whose evaluation did not store it."""


def _maps(subject: Subject) -> Maps:
    maps, kept = [], subject.kept
    for row in kept:
        path = subject.folder.runs / row["run"] / "evaluation.json"
        kl = Evaluation.read(path).numbers("kl_per_latent")
        if kl is not None:
            maps.append(HeatMap(subject.label(row), kl))
    missing, shown = len(kept) - len(maps), maps[:MOST_MAPS]
    if not shown:
        return Maps(None, missing)
    figure = inline_figure(partial(kl_heat_maps, shown))
    return Maps(figure._replace(images=len(shown)), missing)
