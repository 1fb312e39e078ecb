"""The table of a sweep's runs, with numbers as people read them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from keras_draw.places import placeless, without_folders
from keras_draw.report.evaluation import said
from keras_draw.report.origin import spent
from keras_draw.report.page import Column, Table
from keras_draw.sweeps.folder import SweepStatus
from keras_draw.sweeps.spec import Sweep
from keras_draw.sweeps.table import Row, settings


class _Shown(NamedTuple):
    name: str
    unit: str
    decimals: int = 2


COLUMNS = {
    "elbo_nats_per_image": _Shown("elbo", "nats per image"),
    "bits_per_dim": _Shown("code length", "bits per dim", 4),
    "log_likelihood_nats_per_image": _Shown("elbo, importance-weighted", "nats per image"),
    "fid": _Shown("FID", "of samples"),
    "label_agreement": _Shown("label agreement", "share", 3),
    "cross_entropy_nats_per_pixel": _Shown("cross-entropy", "nats per pixel", 4),
    "inactive_variables": _Shown("inactive", "of all latents", 0),
    "reconstruction_nats_per_image": _Shown("reconstruction", "nats per image"),
    "kl_nats_per_image": _Shown("KL", "nats per image"),
    "variance_law": _Shown("variance law", "no unit", 3),
    "squared_error_per_pixel": _Shown("squared error", "per pixel", 4),
    "fid_reconstructions": _Shown("FID", "of reconstructions"),
    "kid": _Shown("KID", "of samples"),
    "precision": _Shown("precision", "share", 3),
    "recall": _Shown("recall", "share", 3),
    "density": _Shown("density", "about 1 at best", 3),
    "coverage": _Shown("coverage", "share", 3),
}
"""Of results.csv, in this order; one that no run has is left out."""


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
    shown = [name for name in COLUMNS if any(row[name] is not None for row in rows)]
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
    columns += [Column(COLUMNS[n].name, COLUMNS[n].unit, numeric=True) for n in shown]
    return Table(_caption(rows), columns, lines)


def _number(name: str, row: Row) -> str:
    value, of = row.get(name), row.get("latent_variables")
    if value is None:
        return ""
    with_total = name == "inactive_variables" and of is not None
    return said(value, COLUMNS[name].decimals) + (f" of {of:.0f}" if with_total else "")


def _caption(rows: Sequence[Row]) -> str:
    on = {f"{r['evaluated_images']:,} images of {placeless(r['evaluated_on'])}"
          for r in rows if r["evaluated_on"]}  # fmt: skip
    by = {row["extractor"] for row in rows if row["extractor"]}
    words = f"Measured on {', '.join(sorted(on))}" if on else "No run has been measured yet"
    return words + (f"; FID and KID by {', '.join(sorted(by))}" if by else "")
