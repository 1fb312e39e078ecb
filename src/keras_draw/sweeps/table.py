"""`results.csv`: one tidy table of a sweep, a row a run, and a reader that names its bad rows."""

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
"""Column -> text, number, true or false, or None where there is nothing."""

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
"""What a run was asked to be; then the other fields that vary."""
MADE_BY: dict[str, type] = {
    "evaluated_on": str,
    "evaluated_images": int,
    "extractor": str,
    "weights_hash": str,
}
TIMING = ("training_seconds", "training_images_per_second")
"""The columns that another machine, or an interruption, changes."""
_TYPES: dict[str, type] = {**SETTINGS, **dict.fromkeys(COLUMNS, float), **MADE_BY,
                           **dict.fromkeys(TIMING, float)}  # fmt: skip
_NEEDED = ("run", "timesteps", "latent_dim", "hidden_dim", "conditional", "objective", "dataset",
           "epochs", "seed")  # fmt: skip
_NEEDED_WHEN_FINISHED = ("evaluated_on", "evaluated_images")
_STATUS = ("finished", "failed")
_MOST_SAID = 5
"""Bad rows that are named; the others are counted."""
_EXPECTED = {int: "a whole number", float: "a finite number", bool: "true or false"}


def settings(run: SweepRun) -> Row:
    """The columns that say what a run was asked to be, with what varies besides.

    Args:
        run: of the sweep.
    """
    asked = {**run.architecture.to_json(), **run.training.to_json(), **run.varied}
    asked |= {"run": run.name, "conditional": run.conditional}
    others = [name for name in sorted(run.varied) if name not in SETTINGS]
    return {name: asked.get(name) for name in (*SETTINGS, *others)}


def measured(found: Evaluation, provenance: dict[str, Any]) -> Row:
    """The columns that say what came of a run.

    Args:
        found: what `evaluate` found.
        provenance: its `provenance.json`.
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
    """Refuse a stored row whose values are not what a table can hold.

    Args:
        row: what `measured` gave, read back.

    Raises:
        ValueError: naming the column.
    """
    for name, value in row.items():
        kind = _TYPES.get(name)
        if name in SETTINGS or kind is None:
            raise ValueError(f"{name} is no column of what is measured")
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
    """Write the table, whole or not at all.

    Args:
        path: the file.
        rows: a row a run; what a row lacks stays empty.
    """
    rows = list(rows)
    others = sorted({name for row in rows for name in row} - set(_TYPES))
    columns = [*SETTINGS, *others, *list(_TYPES)[len(SETTINGS) :]]
    write_csv(path, [columns, *([_cell(row.get(name)) for name in columns] for row in rows)])


def read_results(path: str | Path) -> list[Row]:
    """Read a table, also one that was edited by hand.

    Args:
        path: a `results.csv`.

    Returns:
        A row a run: numbers as numbers, None where a cell is empty, or where the table is older
        than a measure.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if columns are missing, or rows are bad: names them, by their line.
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
        raise ValueError(f"{path} is no table of comma-separated values: {error}.") from None
    missing = [name for name in _TYPES if name not in header and name not in COLUMNS]
    if missing or len(set(header)) < len(header):
        what = f"lacks the columns {', '.join(missing)}" if missing else "names a column twice"
        raise ValueError(f"{path} {what}; let `keras-draw sweep run` write it again.")
    rows, bad, names = [], [], set()
    for number, cells in lines:
        try:
            row = _row(header, cells)
            if row["run"] in names:
                raise ValueError(f"the run {row['run']!r} has a row already")
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
    """A number, true or false where it is one, else text."""
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    return found if isinstance(found, bool) or _is_of_use(found) else cell


def _is_text(value: Any, *, needed: bool) -> bool:
    """Whether it is text, and not blank where it must not be: that is an empty cell."""
    return isinstance(value, str) and bool(value.strip() or not needed)


def _is_of_use(value: Any) -> bool:
    """Whether it is a finite number, and fits an array if it is a whole one."""
    return is_number(value) and not (isinstance(value, int) and abs(value) > LARGEST_INT)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).encode("utf-8", "backslashreplace").decode()  # names of files may be no text
