"""The table of a sweep's runs, with numbers as people read them."""

from collections.abc import Callable, Sequence

from keras_draw.evaluation.measures import COLUMNS, NAMED
from keras_draw.places import placeless, without_folders
from keras_draw.report.origin import spent
from keras_draw.report.page import Column, Table
from keras_draw.sweeps.folder import SweepStatus
from keras_draw.sweeps.spec import Sweep
from keras_draw.sweeps.table import Row, settings


def results_table(
    sweep: Sweep, rows: Sequence[Row], status: SweepStatus, label: Callable[[Row], str]
) -> Table:
    """All runs of a sweep: finished, failed, and those that wait.

    Args:
        sweep: what was asked for.
        rows: of `results.csv`.
        status: of the sweep's folder.
        label: what is special about a run.
    """
    found = {row["run"]: row for row in rows}
    totals = {one.of for one in COLUMNS.values()}
    shown = [
        column
        for column, one in COLUMNS.items()
        if one.name not in totals and any(row[column] is not None for row in rows)
    ]
    timed = any(row["training_seconds"] is not None for row in rows)
    failed = any(row["status"] == "failed" for row in rows)
    lines = []
    for run in sweep.runs():
        row = found.get(run.name, {})
        now = status.now.at_work.get(run.name, "") if status.now else ""
        line = [label(row or settings(run)), row.get("status") or now or "to do"]
        line += [without_folders(row.get("reason") or "")] if failed else []
        seconds = row.get("training_seconds")
        line += ["" if seconds is None else spent(seconds)] if timed else []
        line += [_number(name, row) for name in shown]
        lines.append(line)
    columns = [Column("run"), Column("status")]
    columns += [Column("why it failed")] if failed else []
    columns += [Column("training", "time", numeric=True)] if timed else []
    columns += [Column(COLUMNS[n].title, COLUMNS[n].unit, numeric=True) for n in shown]
    return Table(_caption(rows), columns, lines)


def _number(name: str, row: Row) -> str:
    value, measure = row.get(name), COLUMNS[name]
    if value is None:
        return ""
    of = row.get(NAMED[measure.of].column) if measure.of else None
    return measure.said(value) + (f" of {of:.0f}" if of is not None else "")


def _caption(rows: Sequence[Row]) -> str:
    on = {f"{r['evaluated_images']:,} images of {placeless(r['evaluated_on'])}"
          for r in rows if r["evaluated_on"]}  # fmt: skip
    by = {row["extractor"] for row in rows if row["extractor"]}
    words = f"Measured on {', '.join(sorted(on))}" if on else "No run has been measured yet"
    return words + (f"; FID and KID by {', '.join(sorted(by))}" if by else "")
