"""The results of an evaluation as a table, for notebooks and reports."""

from collections.abc import Mapping
from typing import Any

from keras_draw.evaluation.measures import MEASURES
from keras_draw.files import is_number

HEADS = ("measure", "unit", "value")


def rows(found: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Title, unit and value of every measured total, in the order of `MEASURES`.

    Args:
        found: an `Evaluation`, or a dict with the same names.
    """
    said = []
    for one in MEASURES:
        value: Any = found.get(one.name)
        error: Any = found.get(f"{one.name}_standard_error")
        if not one.total or not is_number(value):
            continue
        beside = f" ± {one.said(error)}" if is_number(error) else ""
        said.append((one.title, one.unit, one.said(value) + beside))
    return said


def html(found: Mapping[str, Any], title: str) -> str:
    """The table as HTML.

    Args:
        found: as in `rows`; its texts are escaped.
        title: heading of the table.
    """
    from keras_draw.figures.inline import table

    notes = [found.get("note") or "", found.get("fid_note") or ""]
    left_out = found.get("left_out") or {}
    missing = (f"not measured: {name} ({why})" for name, why in left_out.items())
    return table(title, HEADS, rows(found), [*filter(None, notes), *missing])
