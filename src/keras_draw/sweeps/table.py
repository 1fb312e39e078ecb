"""`results.csv`: the table of a sweep with one row per run, and a reader that checks each row."""

import contextlib
import csv
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from keras_draw.config.ranges import LARGEST_INT
from keras_draw.evaluation.measures import COLUMNS
from keras_draw.evaluation.record import Evaluation
from keras_draw.files import expanded, is_number, write_csv
from keras_draw.printed import finite
from keras_draw.sweeps.spec import SweepRun

Row = dict[str, Any]
"""Column -> text, number, Boolean, or None for an empty cell."""

SETTINGS: dict[str, type] = {
    "run": str,
    "status": str,
    "reason": str,
    "timesteps": int,
    "latent_dim": int,
    "hidden_dim": int,
    "conditional": bool,
    "objective": str,
    "dataset": str,
    "epochs": int,
    "seed": int,
}
"""Columns that describe a run; columns for other varied fields follow them."""
MADE_BY: dict[str, type] = {
    "evaluated_on": str,
    "evaluated_images": int,
    "extractor": str,
    "weights_hash": str,
}
TIMING = ("training_seconds", "training_images_per_second")
"""Columns that depend on the machine and on interruptions."""
_TYPES: dict[str, type] = {**SETTINGS, **dict.fromkeys(COLUMNS, float), **MADE_BY,
                           **dict.fromkeys(TIMING, float)}  # fmt: skip
_NEEDED = ("run", "timesteps", "latent_dim", "hidden_dim", "conditional", "objective", "dataset",
           "epochs", "seed")  # fmt: skip
_NEEDED_WHEN_FINISHED = ("evaluated_on", "evaluated_images")
_STATUS = ("finished", "failed")
_MOST_SAID = 5
"""An error describes this many bad rows, and counts the others."""
_EXPECTED = {int: "a whole number", float: "a finite number", bool: "true or false"}


def settings(run: SweepRun) -> Row:
    """Return the columns that describe a run, including any other fields that vary.

    Args:
        run: a run of the sweep.
    """
    asked = {**run.architecture.to_json(), **run.training.to_json(), **run.varied}
    asked |= {"run": run.name, "conditional": run.conditional}
    others = [name for name in sorted(run.varied) if name not in SETTINGS]
    return {name: asked.get(name) for name in (*SETTINGS, *others)}


def measured(found: Evaluation, provenance: dict[str, Any]) -> Row:
    """Return the columns with the measurements of a run.

    Args:
        found: the run's evaluation.
        provenance: the content of its `provenance.json`.
    """
    row = {column: found.get(one.names[0]) for column, one in COLUMNS.items()}
    row = {k: v[-1] if isinstance(v, list) else v for k, v in row.items()}
    timing = {
        "training_seconds": provenance.get("seconds"),
        "training_images_per_second": provenance.get("images_per_second"),
    }
    said: Row = finite({
        **row,
        "evaluated_on": found["dataset"],
        "evaluated_images": found["images"],
        "extractor": found.get("extractor"),
        "weights_hash": found.get("weights_hash"),
        **{name: value if is_number(value) else None for name, value in timing.items()},
    })  # fmt: skip
    return said


def check_measured(row: Row) -> None:
    """Refuse a stored row with invalid values.

    Args:
        row: a result of `measured`, read back from a file.

    Raises:
        ValueError: if a column is unknown, missing or invalid; names the column.
    """
    for name, value in row.items():
        kind = _TYPES.get(name)
        if name in SETTINGS or kind is None:
            raise ValueError(f"{name} is not a column of measurements")
        needed = name in _NEEDED_WHEN_FINISHED
        missing = value is None and not needed
        fits = _is_text(value, needed=needed) if kind is str else _is_of_use(value)
        fits = fits and not (kind is int and isinstance(value, float))
        if not (fits or missing):
            expected = _EXPECTED.get(kind, "text")
            raise ValueError(f"{name} is {str(value)[:60]!r}, expected {expected}")
    for name in _NEEDED_WHEN_FINISHED:
        if name not in row:
            raise ValueError(f"{name} is missing")


def write_results(path: Path, rows: Iterable[Row]) -> None:
    """Write the table. If writing fails, an existing file is left as it is.

    Args:
        path: the file.
        rows: one row per run; missing columns become empty cells.
    """
    rows = list(rows)
    others = sorted({name for row in rows for name in row} - set(_TYPES))
    columns = [*SETTINGS, *others, *list(_TYPES)[len(SETTINGS) :]]
    write_csv(path, [columns, *([_cell(row.get(name)) for name in columns] for row in rows)])


def read_results(path: str | Path) -> list[Row]:
    """Read a table, which may have been edited by hand.

    Args:
        path: a `results.csv`.

    Returns:
        One row per run. Numbers are parsed. Values are None for empty cells, and for measures that
        an older table does not have.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if columns are missing or rows are invalid; names the lines.
    """
    path = expanded(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no table {path}; `keras-draw sweep run` writes one.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            lines = [(reader.line_num, cells) for cells in reader if cells]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not a table of comma-separated values: {error}.") from None
    missing = [name for name in _TYPES if name not in header and name not in COLUMNS]
    if missing or len(set(header)) < len(header):
        what = f"lacks the columns {', '.join(missing)}" if missing else "names a column twice"
        raise ValueError(f"{path} {what}; let `keras-draw sweep run` write it again.")
    rows, bad, names = [], [], set()
    for number, cells in lines:
        try:
            row = _row(header, cells)
            if row["run"] in names:
                raise ValueError(f"the run {row['run']!r} already has a row")
        except ValueError as error:
            bad.append(f"line {number}: {error}")
            continue
        names.add(row["run"])
        rows.append(row)
    if bad:
        more = f"; and {len(bad) - _MOST_SAID} more" if len(bad) > _MOST_SAID else ""
        raise ValueError(
            f"{path} has bad rows ({'; '.join(bad[:_MOST_SAID])}{more}): correct them, or let "
            "`keras-draw sweep run` write the table again."
        )
    return rows


def _row(header: list[str], cells: list[str]) -> Row:
    if len(cells) != len(header):
        raise ValueError(f"{len(cells)} values, not {len(header)}")
    row: Row = {
        name: _value(name, cell.strip()) if cell.strip() else None
        for name, cell in zip(header, cells, strict=True)
    }
    row |= {name: None for name in COLUMNS if name not in row}
    if row["status"] not in _STATUS:
        raise ValueError(f"status is {row['status']!r}, expected {' or '.join(_STATUS)}")
    more = _NEEDED_WHEN_FINISHED if row["status"] == "finished" else ()
    for name in (*_NEEDED, *more):
        if row[name] is None:
            raise ValueError(f"{name} is empty")
    for name in ("timesteps", "latent_dim"):
        if row[name] < 1:
            raise ValueError(f"{name} is {row[name]}, expected 1 or more")
    return row


def _value(name: str, cell: str) -> Any:
    kind = _TYPES.get(name)
    if kind is str:
        return cell
    if kind is None:
        return _plain(cell)
    found: Any = None
    if kind is bool:
        found = {"true": True, "false": False}.get(cell.lower())
    else:
        make: Callable[[str], Any] = kind
        with contextlib.suppress(ValueError):
            number = make(cell)
            found = number if _is_of_use(number) else None
    if found is None:
        raise ValueError(f"{name} is {cell!r}, expected {_EXPECTED[kind]}")
    return found


def _plain(cell: str) -> Any:
    """Parse a number or Boolean; return any other cell as text."""
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    return found if isinstance(found, bool) or _is_of_use(found) else cell


def _is_text(value: Any, *, needed: bool) -> bool:
    """Whether a value is text and, if needed, not blank: a blank text would be an empty cell."""
    return isinstance(value, str) and bool(value.strip() or not needed)


def _is_of_use(value: Any) -> bool:
    """Whether a value is a finite number; a whole number must also fit into an array."""
    return is_number(value) and not (isinstance(value, int) and abs(value) > LARGEST_INT)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).encode("utf-8", "backslashreplace").decode()  # file names may not be UTF-8
