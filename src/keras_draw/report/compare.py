"""`keras-draw compare`: an HTML page of runs side by side: curves, samples, numbers, settings."""

import dataclasses
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from keras_draw.evaluation.evaluating import Watch, silent
from keras_draw.evaluation.measures import MEASURES, Measure
from keras_draw.figures.curves import CURVES
from keras_draw.figures.overlaid import overlaid_curves
from keras_draw.files import check_output, expanded, is_number, write_bytes
from keras_draw.places import placeless
from keras_draw.report import pictures
from keras_draw.report.commands import evaluate_command
from keras_draw.report.page import Picture, inline_figure, number, plain, rendered, spent
from keras_draw.report.subject import Subject, read_subject
from keras_draw.training.loading import run_of

MOST_RUNS = 12
NOTHING = "–"
"""Content of a cell without a value."""
KINDS = ("likelihood", "objective", "image_shape", "dynamic_binarization")
"""Fields that must agree for losses and bounds to be comparable."""


class Comparison(NamedTuple):
    """A comparison that was written."""

    out: str
    """path of the page."""
    runs: list[str]
    """names of the runs on the page."""
    bytes: int
    """size of the page."""
    pictures: int
    """number of pictures on the page."""
    differs: dict[str, list[Any]]
    """setting -> its value in each run, for settings that differ."""
    measured: dict[str, list[float | None]]
    """measure -> its value for each run; None if it was not measured."""


class Side(NamedTuple):
    """One of the compared runs."""

    label: str
    """its number and name."""
    subject: Subject
    samples: Picture | None
    """None before the end of the first epoch."""


def compare(
    runs: Sequence[str | Path],
    *,
    out: str = "compare.html",
    overwrite: bool = False,
    watch: Watch = silent,
) -> Comparison:
    """Write a page that compares two or more runs. Nothing is trained or measured.

    Args:
        runs: run folders or names of presets.
        out: the .html to write.
        overwrite: replace `out` if it exists.
        watch: called to report progress.

    Returns:
        The path, size and content of the page.

    Raises:
        FileNotFoundError: if nothing has one of the names, or the page's folder is missing.
        FileExistsError: if the page exists and may not be replaced.
        ValueError: if fewer than two runs are given, one is given twice, or a file is damaged.

    Example:
        >>> compare(["binarized-mnist", "binarized-mnist-attention"]).out    # doctest: +SKIP
        'compare.html'
    """
    if not 2 <= len(runs) <= MOST_RUNS:
        raise ValueError(
            f"{len(runs)} run{'s' * (len(runs) != 1)} to compare; give 2 to {MOST_RUNS}, each a "
            "run folder or a preset."
        )
    folders = [run_of(run) for run in runs]
    places = [folder.path.resolve() for folder in folders]
    for i, place in enumerate(places):
        if place in places[:i]:
            raise ValueError(f"{runs[i]} is given twice; compare it with another run.")
    target = expanded(out)
    check_output(target, (".html",), overwrite=overwrite)
    step = watch("runs", len(runs))
    sides = []
    for i, folder in enumerate(folders, start=1):
        subject = read_subject(folder, None, "")
        drawn = pictures.samples(subject.model) if subject.model else None
        sides.append(Side(f"{i} {subject.name}", subject, drawn))
        step()
    page = _page(sides)
    content = page.encode("utf-8", "backslashreplace")
    write_bytes(target, content)
    return Comparison(
        str(target),
        [side.label for side in sides],
        len(content),
        page.count("<img "),
        {name: values for name, values in _settings(sides).items() if not _same(values)},
        {m.name: [s.subject.evaluation.number(m.name) for s in sides] for m in _shown(sides)},
    )


def _page(sides: list[Side]) -> str:
    settings = _settings(sides)
    unmeasured = [side for side in sides if not side.subject.evaluation]
    return rendered(
        "compare.html",
        sides=sides,
        name=" · ".join(side.label for side in sides),
        numbers=_numbers(sides),
        curves=_curves(sides),
        differs={name: v for name, v in settings.items() if not _same(v)},
        kinds=[name for name in KINDS if not _same(settings[name])],
        seed=pictures.SEED,
        notes=_notes(sides),
        commands=[evaluate_command(side.subject.said) for side in unmeasured],
    )


def _settings(sides: list[Side]) -> dict[str, list[Any]]:
    """Every field of the configurations, with its formatted value in each run."""
    found: dict[str, list[Any]] = {}
    for side in sides:
        for part in (side.subject.config.model, side.subject.config.training):
            for field in dataclasses.fields(part):
                found.setdefault(field.name, []).append(plain(_listed(getattr(part, field.name))))
        start = side.subject.config.start
        found.setdefault("start_from", []).append(start.network if start else "")
    return found


def _listed(value: Any) -> Any:
    """A tuple of strings as a list, because `plain` formats tuples as shapes."""
    is_texts = isinstance(value, tuple) and all(isinstance(one, str) for one in value)
    return list(value) if is_texts else value


def _same(values: list[Any]) -> bool:
    return all(value == values[0] for value in values)


def _shown(sides: list[Side]) -> list[Measure]:
    """The measures that any run has, without totals that other measures state as "of N"."""
    parts = {measure.of for measure in MEASURES}
    found = [side.subject.evaluation for side in sides]
    return [
        measure
        for measure in MEASURES
        if measure.name not in parts and any(one.number(measure.name) is not None for one in found)
    ]


class Row(NamedTuple):
    """A row of the table of numbers."""

    title: str
    unit: str
    cells: list[str]


def _numbers(sides: list[Side]) -> list[Row]:
    """The table of numbers: how each run was trained and measured, and its results."""
    subjects = [side.subject for side in sides]
    made = [subject.provenance for subject in subjects]
    rows = [
        Row("epochs", "finished", [str(s.epochs or NOTHING) for s in subjects]),
        Row("training time", "", [_spent(one.get("seconds")) for one in made]),
        Row(
            "measured on",
            "",
            [_measured_on(subject) for subject in subjects],
        ),
    ]
    for measure in _shown(sides):
        better = {True: "; higher is better", False: "; lower is better", None: ""}
        unit = measure.unit + better[measure.more_is_better]
        rows.append(Row(measure.title, unit, [_value(measure, s) for s in subjects]))
    if any(subject.evaluation.text("extractor") for subject in subjects):
        by = [s.evaluation.made_by if s.evaluation.text("extractor") else NOTHING for s in subjects]
        rows.append(Row("FID and KID by", "", by))
    return rows


def _measured_on(subject: Subject) -> str:
    return placeless(subject.evaluation.measured_on) if subject.evaluation else "not evaluated"


def _value(measure: Measure, subject: Subject) -> str:
    found = subject.evaluation
    value = found.number(measure.name)
    if value is None:
        return NOTHING
    error = found.number(f"{measure.name}_standard_error")
    total = found.number(measure.of) if measure.of else None
    said = measure.said(value) + ("" if error is None else f" ± {measure.said(error)}")
    return said + ("" if total is None else f" of {number(total, 0)}")


def _spent(seconds: Any) -> str:
    return spent(seconds) if is_number(seconds) else NOTHING


def _curves(sides: list[Side]) -> dict[str, Picture]:
    histories = {side.label: side.subject.history for side in sides if side.subject.epochs}
    return {
        name: inline_figure(partial(overlaid_curves, histories, name))
        for name in CURVES
        if any(name in history for history in histories.values())
    }


def _notes(sides: list[Side]) -> list[str]:
    """Caveats for the reader of the numbers."""
    measured = [side for side in sides if side.subject.evaluation]
    found = [side.subject.evaluation for side in measured]
    notes = [
        f"The numbers of {side.label} are out of date: it has been trained further since."
        for side in measured
        if side.subject.is_stale
    ]
    if not _same([one.measured_on for one in found]):
        notes.append("The runs were measured on different images.")
    if not _same([one.made_by for one in found if one.text("extractor")]):
        notes.append("FID and KID are by different extractors and cannot be compared.")
    said: dict[str, list[str]] = {}
    for side in measured:
        said.setdefault(side.subject.evaluation.text("note"), []).append(side.label)
    return notes + [f"{', '.join(labels)}: {note}" for note, labels in said.items() if note]
