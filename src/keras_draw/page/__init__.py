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
"""Most megabytes of a network on a page: more is slow to open and too much for phones."""
MEGABYTE = 1_000_000
BASE64 = 4 / 3
"""Characters of base64 text per byte."""


class OnPage(NamedTuple):
    """A network on a page."""

    name: str
    """its name on the page."""
    bytes: int
    """size of its weights in the page."""
    weights: str
    """number format of its weights."""
    cost: Cost | None
    """the cost of rounding; measured only for int8."""


class Page(NamedTuple):
    """A page that was written."""

    out: str
    """path of the page."""
    bytes: int
    """size of the page."""
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
    """Write a live page: an HTML file that runs networks in a browser.

    Args:
        networks: run folders, `.keras` files or names of presets. The page starts with the first.
        out: the .html to write. If empty: `page.html` in the folder of a single run, where an older
            one is replaced; `page-NAME.html` in the current folder for a single preset or file;
            `page.html` in the current folder for several networks.
        weights: number format of the weights. The cost of int8 in nats is measured and shown on the
            page.
        data_dir: the folder where named data sets are searched first, for that measurement.
        overwrite: replace `out` if it exists.
        force: also write networks that are too large for a page.
        watch: called to report progress.

    Returns:
        The path and size of the page, and its networks.

    Raises:
        FileNotFoundError: if no network has one of the names, or the page's folder is missing.
        FileExistsError: if the page exists and may not be replaced.
        PermissionError: if it cannot be written.
        ValueError: if no network is given, or one is damaged or too large for a page.

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
    """The page's record of a network, its packed weights, and the cost of rounding them."""
    packed = pack(source.model.config, weights_of(source.model), weights)
    cost = cost_of(source, packed, data_dir=data_dir) if weights == "int8" else None
    record = record_of(source, name=name, weights=weights, cost=str(cost or ""))
    return record | {"weights": packed.header}, packed.content, cost


def _own_place(sources: list[Source]) -> tuple[Path, bool]:
    """The default path of a page, and whether an existing file there may be replaced."""
    if len(sources) > 1:
        return Path("page.html"), False
    (source,) = sources
    if source.run is None or source.run.path.parent == PRESETS:
        return Path(f"page-{source.name}.html"), False
    return source.run.page, True


def _apart(names: list[str]) -> list[str]:
    """The names, with a number added to repeated ones.

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
            f"The weights of {name} would take {size:,.0f} MB of the page; more than {MOST_MB} MB "
            f"is too much for many browsers: use a smaller network{smaller}, or give --force."
        )
