"""The report of a sweep: what varies, what came of it, what its networks draw."""

import contextlib
import json
import shlex
from typing import Any, NamedTuple

from keras_draw.evaluation.evaluate import Watch
from keras_draw.evaluation.record import Evaluation
from keras_draw.figures.curves import STYLES, against_timesteps
from keras_draw.figures.latents import HeatMap, kl_heat_maps
from keras_draw.places import placeless, without_folders
from keras_draw.report.commands import evaluate_command
from keras_draw.report.evaluation import said
from keras_draw.report.origin import spent
from keras_draw.report.page import (
    Code,
    Column,
    Fact,
    Folded,
    Page,
    Pictures,
    Section,
    Strip,
    Strips,
    Table,
    Text,
    inline_figure,
)
from keras_draw.report.pictures import COLUMNS, SEED, strip
from keras_draw.report.results import results_table
from keras_draw.sweeps import panels
from keras_draw.sweeps.folder import SweepFolder, SweepStatus
from keras_draw.sweeps.panels import in_short
from keras_draw.sweeps.spec import Sweep, read_sweep
from keras_draw.sweeps.table import Row, read_results
from keras_draw.thesis import timesteps
from keras_draw.training.loading import load

MOST_STRIPS = 40
"""Runs on the contact sheet."""
MOST_MAPS = 24
"""Heat maps."""


class _Subject(NamedTuple):
    folder: SweepFolder
    sweep: Sweep
    status: SweepStatus
    rows: list[Row]
    """of runs that finished or failed, in the grid's order."""

    @property
    def finished(self) -> list[Row]:
        return [row for row in self.rows if row["status"] == "finished"]

    def label(self, row: Row) -> str:
        """What is special about a run."""
        words = [in_short(field, row.get(field)) for field in self.sweep.vary]
        words += [f"seed {row['seed']}"] if len(self.sweep.seeds) > 1 or not words else []
        return ", ".join(words)


def sweep_page(folder: SweepFolder, watch: Watch) -> Page:
    """The report of a sweep, be it done or not.

    Args:
        folder: the sweep's.
        watch: hears of the progress.

    Raises:
        ValueError: if a file of the sweep is damaged.
    """
    sweep = read_sweep(folder.spec)
    table = read_results(folder.results) if folder.results.is_file() else []
    names = {run.name for run in sweep.runs()}
    rows = [row for row in table if row["run"] in names]
    subject = _Subject(folder, sweep, folder.status(), rows)
    sections = [
        _figures(subject),
        _runs(subject),
        _samples(subject, watch),
        _latents(subject),
        _configuration(subject),
        _again(subject),
    ]
    return Page(
        name=folder.path.resolve().name,
        title=sweep.name,
        lead=_lead(sweep),
        facts=_facts(subject),
        sections=[section for section in sections if section.blocks],
    )


def _lead(sweep: Sweep) -> str:
    varied = [f"{name} {_listed(values)}" for name, values in sweep.vary.items()]
    words = f"{len(sweep.runs())} runs of the recipe {sweep.recipe}"
    words += f": {' × '.join(varied)}" if varied else ""
    words += f"; T · Z = {sweep.total_latents}" if sweep.total_latents else ""
    seeds = "seed" if len(sweep.seeds) == 1 else "seeds"
    return f"{words}; {seeds} {_listed(list(sweep.seeds))}."


def _listed(values: list[Any]) -> str:
    return ", ".join(str(v).lower() if isinstance(v, bool) else placeless(str(v)) for v in values)


def _facts(subject: _Subject) -> list[Fact]:
    status, done = subject.status, subject.finished
    total = len(status.finished) + len(status.failed) + len(status.waiting)
    rest = [f"{len(status.failed)} failed"] if status.failed else []
    rest += [f"{len(status.waiting)} to do"] if status.waiting else []
    rest += ["in work when this page was made"] if status.running else []
    facts = [Fact("runs", f"{len(done)} of {total}", "finished", ", ".join(rest))]
    for column, what, unit, sign in (
        ("fid", "lowest FID", "squared distance of features", -1),
        ("elbo_nats_per_image", "highest elbo", "nats per image", 1),
        ("label_agreement", "highest label agreement", "share of samples", 1),
    ):
        some = [row for row in done if row[column] is not None]
        if some:
            best = max(some, key=lambda row: sign * row[column])
            value = f"{best[column]:.1%}" if column == "label_agreement" else said(best[column])
            facts.append(Fact(what, value, unit, subject.label(best)))
    seconds = [row["training_seconds"] for row in done if row["training_seconds"] is not None]
    if seconds:
        facts.append(Fact("time of training", spent(sum(seconds)), f"of {len(seconds)} runs"))
    return facts


def _figures(subject: _Subject) -> Section:
    """Panels against what varies, where that can be drawn; else the table has to do."""
    rows = subject.finished
    across = _across(subject.sweep, rows)
    if not across:
        return Section("figure", "What it shows", [])
    apart = [f for f in subject.sweep.vary if f != across and len({r.get(f) for r in rows}) > 1]
    kinds = {tuple(row.get(field) for field in apart) for row in rows}
    if len(kinds) > len(STYLES):
        return Section("figure", "What it shows", [])
    what = "timesteps T" if across == "timesteps" else across
    pictures, notes = [], []
    for shown in panels.MAIN:
        if not panels.has(shown, rows):
            continue
        try:
            drawn = panels.panel(shown, rows, across=across, apart=apart)
        except ValueError as error:  # FIDs of several kinds
            notes.append(Text(f"No panel of {shown.title}: {error}"))
            continue
        alt = f"{shown.title} ({shown.unit}) against {what}, a curve for each of {len(kinds)} kinds"
        pictures.append(
            inline_figure(lambda drawn=drawn: against_timesteps([drawn], xlabel=what), alt)
        )
    over = "; the line is the mean over seeds, the band goes from the lowest to the highest"
    over = over if len(subject.sweep.seeds) > 1 else ""
    text = Text(f"{len(rows)} finished runs{over}. Elbo and agreement: more is better; "
                "cross-entropy and Fréchet distance: less is better.")  # fmt: skip
    return Section("figure", "What it shows", [text, Pictures(pictures), *notes])


def _across(sweep: Sweep, rows: list[Row]) -> str:
    """The field that values are drawn against: T, or the first other that has several numbers."""
    for field in sorted(sweep.vary, key=lambda name: name != "timesteps"):
        values = {row.get(field) for row in rows}
        numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        if len(values) > 1 and len(numbers) == len(values) and min(numbers) > 0:
            return field
    return ""


def _runs(subject: _Subject) -> Section:
    table = results_table(subject.sweep, subject.rows, subject.status, subject.label)
    return Section("runs", "Runs", [table])


def _samples(subject: _Subject, watch: Watch) -> Section:
    """A strip a run, by FID."""
    rows = sorted(subject.finished, key=lambda row: (row["fid"] is None, row["fid"] or 0.0))
    strips: list[Strip] = []
    blocks: list[Any] = []
    step = watch("samples", min(len(rows), MOST_STRIPS))
    for row in rows[:MOST_STRIPS]:
        label = f"FID {said(row['fid'])}" if row["fid"] is not None else "FID not measured"
        try:
            images = load(subject.folder.runs / row["run"]).generate(COLUMNS, seed=SEED)
        except (FileNotFoundError, ValueError) as error:
            why = without_folders(" ".join(str(error).split()))
            blocks.append(Text(f"No samples of {subject.label(row)}: {why}"))
            continue
        alt = f"{len(images)} samples of the run {subject.label(row)}"
        strips.append(Strip(label, subject.label(row), strip(images, alt)))
        step()
    if strips:
        order = "the lowest FID first" if rows[0]["fid"] is not None else "in the sweep's order"
        more = f" {len(rows) - MOST_STRIPS} more are not shown." if len(rows) > MOST_STRIPS else ""
        text = f"{COLUMNS} samples of every finished run, {order}; seed {SEED}.{more}"
        blocks = [Text(text), Strips(strips), *blocks]
    return Section("samples", "Samples", blocks)


def _latents(subject: _Subject) -> Section:
    """Heat maps, where an evaluation kept them."""
    maps = []
    for row in subject.finished:
        found = Evaluation.read(subject.folder.runs / row["run"] / "evaluation.json")
        kl = found.numbers("kl_per_latent")
        if kl is not None:
            maps.append(HeatMap(subject.label(row), kl))
    missing = len(subject.finished) - len(maps)
    blocks: list[Any] = []
    if maps:
        figure = inline_figure(
            lambda: kl_heat_maps(maps[:MOST_MAPS]),
            f"{len(maps[:MOST_MAPS])} heat maps: KL of every latent (up) of every timestep "
            "(across), one for each run",
            "Dark cells carry nothing. One scale of colours for all.",
        )
        blocks += [figure]
    if missing:
        asked = subject.sweep.evaluation
        command = evaluate_command(
            f"runs/{subject.folder.path.resolve().name}/runs/NAME",
            dataset=asked.dataset,
            options=(asked.samples, asked.threshold, asked.seed),
            extractor=asked.extractor,
        )
        were = "1 run was" if missing == 1 else f"{missing} runs were"
        text = f"{were} evaluated before the KL of every latent was kept. This adds it:"
        blocks += [Text(text), Code(command)]
    return Section("latents", "Use of the latents", blocks)


def _configuration(subject: _Subject) -> Section:
    sweep = subject.sweep
    rows = [("recipe", sweep.recipe)]
    rows += [(f"varied: {name}", _listed(values)) for name, values in sweep.vary.items()]
    rows += [(name, _listed([value])) for name, value in sweep.changes.items()]
    if sweep.total_latents:
        rows.append(("T · Z", str(sweep.total_latents)))
    rows.append(("seeds", _listed(list(sweep.seeds))))
    asked = sweep.evaluation.to_json()
    asked["dataset"] = asked["dataset"] or "the test split"
    asked["extractor"] = asked["extractor"] or "the one that fits the images"
    rows += [(f"evaluation: {name}", _listed([value])) for name, value in asked.items()]
    spec = placeless(json.dumps(sweep.to_json(), indent=2, ensure_ascii=False))
    table = Table("Everything else is the recipe's", [Column("field"), Column("value")], rows)
    return Section("configuration", "Configuration", [table, Folded("sweep.json", Code(spec))])


def _again(subject: _Subject) -> Section:
    name = shlex.quote(f"runs/{subject.folder.path.resolve().name}")
    experiment = _experiment(subject.sweep)
    first = experiment or f"keras-draw sweep run sweep.json --out {name}"
    lines = [f"{first} --out {name}" if experiment else first, f"keras-draw report {name}"]
    text = "The sweep goes on where it stood."
    if not experiment:
        text = "sweep.json is above. " + text
    return Section("again", "Make it again", [Text(text), Code("\n".join(lines))])


def _experiment(sweep: Sweep) -> str:
    """The figure of the thesis that a sweep is, as a command; empty if it is another one."""
    name, scale, objective, *_ = [*sweep.name.split(", "), "", "", ""]
    extractor, asked = sweep.evaluation.extractor, tuple(sweep.vary.get("timesteps", ()))
    options: dict[str, Any] = {"scale": scale, "objective": objective, "extractor": extractor}
    for given in ((), asked):
        with contextlib.suppress(KeyError, ValueError):  # what does not fit is not this figure
            figure = timesteps.sweep_of(name, timesteps=given, seeds=sweep.seeds, **options)
            if sweep == figure:
                words = ["keras-draw experiment", name, "--scale", scale, "--objective", objective]
                words += ["--timesteps", *map(str, given)] if given else []
                words += ["--seeds", *map(str, sweep.seeds)]
                return " ".join([*words, *(["--extractor", extractor] if extractor else [])])
    return ""
