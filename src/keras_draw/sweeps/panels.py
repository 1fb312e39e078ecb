"""Turn a sweep's table into the panels of a figure."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_draw.evaluation.measures import NAMED, Measure
from keras_draw.figures.curves import Curve, Panel
from keras_draw.places import shareable
from keras_draw.sweeps.table import Row

_SHORT = {"timesteps": "T", "latent_dim": "Z", "hidden_dim": "hidden"}
_WORDS: dict[tuple[str, Any], str] = {
    ("conditional", False): "unconditional",
    ("conditional", True): "conditional",
    ("share_recurrent", True): "one cell for all timesteps",
    ("share_recurrent", False): "a cell per timestep",
    ("likelihood", "bernoulli"): "cross-entropy",
    ("likelihood", "gaussian"): "squared error",
    ("kl_weight", 0.0): "without KL",
    ("kl_weight", 1.0): "with KL",
}
"""(field, value) -> text for a legend, where field and value alone would be unclear."""


MAIN = tuple(
    NAMED[name]
    for name in ("elbo", "cross_entropy", "fid", "inactive_variables", "label_agreement")
)
"""The measures of a sweep that matter most."""


def has(shown: Measure, rows: Sequence[Row]) -> bool:
    """Whether any row has a value of this measure."""
    return any(row[shown.column] is not None for row in rows)


def panel(
    shown: Measure,
    rows: Sequence[Row],
    *,
    across: str = "timesteps",
    apart: Sequence[str] = ("conditional",),
) -> Panel:
    """Turn a column of the table into a panel.

    Args:
        shown: the measure; it must have a column.
        rows: finished runs, at least one of them with a value.
        across: the column on the horizontal axis.
        apart: columns whose values get separate curves.

    Raises:
        ValueError: if FIDs come from different extractors or numbers of images.
    """
    # Kinds of runs without values keep an empty curve, so colours are the same in all panels.
    kinds = sorted({_kind(row, apart) for row in rows}, key=lambda kind: [*map(_order, kind)])
    differing = [i for i in range(len(apart)) if len({kind[i] for kind in kinds}) > 1]
    rows = [row for row in rows if row[shown.column] is not None]
    unit = shown.unit
    if shown.name == "fid":
        made_by = sorted({_made_by(row) for row in rows})
        if len(made_by) > 1:
            kinds_of_fid = "; ".join(
                f"{extractor} (weights {weights}), {count:,} images of {name}"
                for extractor, weights, count, name in made_by
            )
            raise ValueError(
                f"The table holds FIDs of several kinds ({kinds_of_fid}), which cannot be "
                "compared: evaluate all runs in the same way."
            )
        extractor, _, count, _ = made_by[0]
        unit = f"{unit}\n({extractor},\n{count:,} images)"
    if shown.of:
        totals = sorted({int(row[NAMED[shown.of].column] or 0) for row in rows})
        unit = f"{unit}, of {totals[0]}" if len(totals) == 1 else unit
    curves = []
    for kind in kinds:
        some = [row for row in rows if _kind(row, apart) == kind]
        label = ", ".join(in_short(apart[i], kind[i]) for i in differing)
        x = np.array([row[across] for row in some], dtype=None if some else int)
        curves.append(Curve(label, x, np.array([row[shown.column] for row in some])))
    return Panel(shown.title, unit, curves, from_zero=shown.from_zero)


def in_short(field: str, value: Any) -> str:
    """Return a short text about a field and its value, for a legend.

    Example:
        >>> in_short("timesteps", 4), in_short("conditional", False), in_short("read", 5)
        ('T 4', 'unconditional', 'read 5')
    """
    if (field, value) in _WORDS:
        return _WORDS[field, value]
    said = str(value).lower() if isinstance(value, bool | None) else shareable([str(value)])[0]
    return f"{_SHORT.get(field, field)} {said}"


def _made_by(row: Row) -> tuple[str, str, int, str]:
    """What FIDs must have in common to be compared."""
    said = (str(row.get(name) or "unknown") for name in ("extractor", "weights_hash"))
    return *said, row["evaluated_images"], str(row.get("evaluated_on"))


def _kind(row: Row, apart: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row.get(field) for field in apart)


def _order(value: Any) -> tuple[bool, float, str]:
    """Sort key: numbers by size, then all other values alphabetically."""
    is_number = isinstance(value, int | float)
    return (not is_number, value if is_number else 0.0, str(value))
