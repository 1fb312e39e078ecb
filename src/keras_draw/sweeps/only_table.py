"""A sweep of which only the table is stored, without the run folders."""

from collections.abc import Mapping
from pathlib import Path

from keras_draw.printed import counted
from keras_draw.sweeps.standing import Standing
from keras_draw.sweeps.table import Row, read_results

Rows = dict[str, Row]
"""Name of a run -> its row."""


def only_in_table(results: Path, runs: Path, outcomes: Path) -> Rows:
    """Return the rows that nothing but the table of a sweep holds.

    Args:
        results: the sweep's `results.csv`.
        runs: its folder of run folders.
        outcomes: its folder of outcomes, where earlier versions stored rows, too.

    Returns:
        The rows. None if no run in them is finished, or if any run folder is there: then a run
        whose folder is missing is to be repeated.

    Raises:
        ValueError: if the table is damaged.
    """
    if not results.is_file() or any(path.is_dir() for path in runs.glob("*")):
        return {}
    kept = {path.stem for path in outcomes.glob("*.json")}
    rows = {row["run"]: row for row in read_results(results) if row["run"] not in kept}
    return rows if finished_in(rows) else {}


def finished_in(rows: Rows) -> list[str]:
    """Return the names of finished runs."""
    return [name for name, row in rows.items() if row["status"] == "finished"]


def with_rows(found: Mapping[str, Standing], rows: Rows) -> dict[str, Standing]:
    """Return the states of runs, of those in a table as it says."""
    return {name: _as_in(rows[name], one) if name in rows else one for name, one in found.items()}


def _as_in(row: Row, one: Standing) -> Standing:
    if row["status"] == "finished":
        return one._replace(row=row)
    return one._replace(reason=row["reason"] or "unknown")


def check_no_rows_are_lost(results: Path, runs: Path, outcomes: Path) -> None:
    """Refuse to run a sweep that would replace rows which nothing else holds.

    Args:
        results: as in `only_in_table`.
        runs: as in `only_in_table`.
        outcomes: as in `only_in_table`.

    Raises:
        ValueError: if there are such rows, or they cannot be read.
    """
    advice = f"choose another folder for --out, or remove {results.name} to begin again"
    try:
        finished = finished_in(only_in_table(results, runs, outcomes))
    except ValueError:
        raise ValueError(
            f"{results} is damaged, and without run folders it cannot be written again: {advice}."
        ) from None
    if finished:
        raise ValueError(
            f"{results} holds the rows of {counted(len(finished), 'finished run')} whose run "
            f"folders are missing, and a sweep in this folder would replace them: {advice}."
        )
