"""`keras-draw report`: a self-contained HTML page about a run, a preset or a sweep."""

import re
from pathlib import Path
from typing import NamedTuple

from keras_draw.evaluation.evaluating import Watch, silent
from keras_draw.files import check_output, expanded, write_bytes
from keras_draw.report.run import run_page
from keras_draw.report.sweep import sweep_page
from keras_draw.sweeps.folder import SweepFolder
from keras_draw.training.loading import PRESETS, presets
from keras_draw.training.runs import RunFolder


class Report(NamedTuple):
    """A report that was written."""

    out: str
    """path of the page."""
    kind: str
    """`"run"`, `"preset"` or `"sweep"`."""
    bytes: int
    """size of the page."""
    pictures: int
    """number of pictures on the page."""
    sections: list[str]
    """headings of the page."""


def report(
    what: str | Path,
    *,
    out: str = "",
    dataset: str = "",
    data_dir: str = "",
    overwrite: bool = False,
    watch: Watch = silent,
) -> Report:
    """Write a report. Nothing is trained; samples are drawn from the weights with a fixed seed.

    Args:
        what: a run folder, the name of a preset, or the folder of a sweep.
        out: the .html to write. If empty: `report.html` in the folder, where an older one is
            replaced, or `report-NAME.html` in the current folder for a preset.
        dataset: images to reconstruct, for a run. If empty: the test split of a named data set.
        data_dir: the folder where named data sets are searched first.
        overwrite: replace `out` if it exists.
        watch: called to report progress.

    Returns:
        The path, size and content of the page.

    Raises:
        FileNotFoundError: if nothing has that name, or the page's folder is missing.
        FileExistsError: if the page exists and may not be replaced.
        PermissionError: if it cannot be written.
        ValueError: if the folder is neither a run nor a sweep, or one of its files is damaged.

    Example:
        >>> report("mnist").out             # doctest: +SKIP
        'report-mnist.html'
    """
    folder, kind = _subject(what)
    own = RunFolder(folder).report
    target = expanded(out) if out else own
    if kind == "preset" and not out:
        target = Path(f"report-{folder.name}.html")
    check_output(target, (".html",), overwrite=overwrite or target == own)
    if kind == "sweep":
        if dataset:
            raise ValueError("--dataset is for the report of a run; a sweep's shows only samples.")
        page = sweep_page(SweepFolder(folder), watch)
    else:
        step = watch("report", 4)
        run = RunFolder(folder)
        live = target.parent.resolve() == run.path.resolve() and run.page.is_file()
        page = run_page(run, images=dataset, data_dir=data_dir, step=step, live=live)
    content = page.encode("utf-8", "backslashreplace")
    write_bytes(target, content)
    # Text from files is escaped in the page, so these tags come from the template.
    sections = re.findall("<h2 [^>]*>(.*)</h2>", page)
    return Report(str(target), kind, len(content), page.count("<img "), sections)


def _subject(what: str | Path) -> tuple[Path, str]:
    """The folder, and whether it is a run, a preset or a sweep."""
    path = expanded(what)
    if SweepFolder(path).spec.is_file():
        return path, "sweep"
    if RunFolder(path).exists:
        return path, "run"
    if str(what) in presets():
        return PRESETS / str(what), "preset"
    known = f"a run folder, the folder of a sweep, or a preset ({', '.join(presets())})"
    if path.is_dir():
        raise ValueError(
            f"{path} is neither a run (it has no config.json) nor a sweep (no sweep.json): give "
            f"{known}."
        )
    raise FileNotFoundError(f"There is no folder or preset {str(what)!r}: give {known}.")
