"""`keras-draw page`: one HTML file that runs trained networks in a browser, without a server."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from keras_draw.evaluation.evaluating import Watch, silent
from keras_draw.files import check_output, expanded, write_bytes
from keras_draw.page.build import page_of
from keras_draw.page.packing import Format, pack, packed_bytes, weights_of
from keras_draw.page.record import Source, read_source, record_of
from keras_draw.page.rounding import Cost, cost_of
from keras_draw.training.loading import PRESETS

MOST_MB = 64
"""Megabytes that a network may take in a page: more is too slow to open, too much for phones."""
MEGABYTE = 1_000_000
BASE64 = 4 / 3
"""What bytes become as letters."""


class OnPage(NamedTuple):
    """A network, as it is on a page."""

    name: str
    bytes: int
    """of the page."""
    weights: str
    cost: Cost | None
    """what rounding cost; measured for int8 alone."""


class Page(NamedTuple):
    """What was written."""

    out: str
    bytes: int
    networks: list[OnPage]


def page(
    networks: Sequence[str | Path],
    *,
    out: str = "",
    weights: Format = "float16",
    data_dir: str = "",
    overwrite: bool = False,
    force: bool = False,
    watch: Watch = silent,
) -> Page:
    """Write a page that draws.

    Args:
        networks: run folders, `.keras` files, names of presets; the page begins with the first.
        out: a .html. If empty: `page.html` in the folder of a single run, where an older one is
            replaced; `page-NAME.html` here for a single preset or file; `page.html` here for more.
        weights: what they are kept as. What int8 costs in nats is measured, and said on the page.
        data_dir: where named data sets are looked for first, to measure that.
        overwrite: replace `out` if it exists.
        force: write networks that are too large for a page, too.
        watch: hears of the progress.

    Returns:
        What was written.

    Raises:
        FileNotFoundError: if there is no network of that name, or no folder for the page.
        FileExistsError: if the page exists and is not to be replaced.
        PermissionError: if it cannot be written.
        ValueError: if a network is damaged, or too large for a page.

    Example:
        >>> page(["mnist"]).out             # doctest: +SKIP
        'page-mnist.html'
    """
    if not networks:
        raise ValueError("No network was given: give a run folder, a .keras file or a preset.")
    if out:
        check_output(expanded(out), (".html",), overwrite=overwrite)
    step = watch("page", len(networks) + 1)
    sources = [read_source(what) for what in networks]
    target, is_own = (expanded(out), False) if out else _own_place(sources)
    check_output(target, (".html",), overwrite=overwrite or is_own)
    names = _apart([source.name for source in sources])
    if not force:
        for source, name in zip(sources, names, strict=True):
            _check_size(source, name, weights)
    step()
    records, contents, written = [], [], []
    for source, name in zip(sources, names, strict=True):
        record, content, cost = _record(source, name, weights, data_dir)
        records.append(record)
        contents.append(content)
        written.append(OnPage(name, round(BASE64 * len(content)), weights, cost))
        step()
    title = "A network that draws" if len(names) > 1 else f"{names[0]} · a network that draws"
    html = page_of(records, contents, title).encode("utf-8", "backslashreplace")
    write_bytes(target, html)
    return Page(str(target), len(html), written)


def _record(
    source: Source, name: str, weights: Format, data_dir: str
) -> tuple[dict[str, Any], bytes, Cost | None]:
    """What the page is told of a network, its weights, and what rounding them cost."""
    packed = pack(source.model.config, weights_of(source.model), weights)
    cost = cost_of(source, packed, data_dir=data_dir) if weights == "int8" else None
    record = record_of(source, name=name, weights=weights, cost=str(cost or ""))
    return record | {"weights": packed.header}, packed.content, cost


def _own_place(sources: list[Source]) -> tuple[Path, bool]:
    """Where a page goes that nobody placed, and whether an older one there is ours."""
    if len(sources) > 1:
        return Path("page.html"), False
    (source,) = sources
    if source.run is None or source.run.path.parent == PRESETS:
        return Path(f"page-{source.name}.html"), False
    return source.run.page, True


def _apart(names: list[str]) -> list[str]:
    """The names, with a number where two are the same.

    Example:
        >>> _apart(["a", "b", "a"])
        ['a', 'b', 'a (2)']
    """
    found: list[str] = []
    for name in names:
        tries = [name, *(f"{name} ({k})" for k in range(2, len(names) + 2))]
        found.append(next(each for each in tries if each not in found))
    return found


def _check_size(source: Source, name: str, weights: Format) -> None:
    size = BASE64 * packed_bytes(source.model.config, weights) / MEGABYTE
    if size > MOST_MB:
        smaller = ", make them smaller with --weights int8" if weights == "float16" else ""
        raise ValueError(
            f"The weights of {name} would take {size:,.0f} MB of the page, and more than {MOST_MB} "
            f"is too much for many browsers: use a smaller network{smaller}, or go on with --force."
        )
