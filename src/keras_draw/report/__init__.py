"""`keras-draw report`: one HTML page about a run, a preset or a sweep, with everything in it."""

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
    """What was written."""

    out: str
    kind: str
    """`"run"`, `"preset"` or `"sweep"`."""
    bytes: int
    pictures: int
    sections: list[str]


def report(
    what: str | Path,
    *,
    out: str = "",
    dataset: str = "",
    data_dir: str = "",
    overwrite: bool = False,
    watch: Watch = silent,
) -> Report:
    """Write a report. Nothing is trained; samples are drawn from the weights, with a fixed seed.

    Args:
        what: a run folder, the name of a preset, or the directory of a sweep.
        out: a .html; `report.html` in the folder, where an older one is replaced, and
            `report-NAME.html` here for a preset, if empty.
        dataset: images to show reconstructions of, for a run; the test split of a named data set
            if empty.
        data_dir: where named data sets are looked for first.
        overwrite: replace `out` if it exists.
        watch: hears of the progress.

    Returns:
        What was written.

    Raises:
        FileNotFoundError: if there is nothing of that name, or no folder for the page.
        FileExistsError: if the page exists and is not to be replaced.
        PermissionError: if it cannot be written.
        ValueError: if the folder is no run and no sweep, or a file in it is damaged.

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
            raise ValueError("--dataset is for the report of a run; a sweep's shows samples alone.")
        page = sweep_page(SweepFolder(folder), watch)
    else:
        step = watch("report", 4)
        run = RunFolder(folder)
        live = target.parent.resolve() == run.path.resolve() and run.page.is_file()
        page = run_page(run, images=dataset, data_dir=data_dir, step=step, live=live)
    content = page.encode("utf-8", "backslashreplace")
    write_bytes(target, content)
    # What is read of files is escaped in the page: these tags are its template's.
    sections = re.findall("<h2 [^>]*>(.*)</h2>", page)
    return Report(str(target), kind, len(content), page.count("<img "), sections)


def _subject(what: str | Path) -> tuple[Path, str]:
    """The folder, and which of the three it is."""
    path = expanded(what)
    if SweepFolder(path).spec.is_file():
        return path, "sweep"
    if RunFolder(path).exists:
        return path, "run"
    if str(what) in presets():
        return PRESETS / str(what), "preset"
    known = f"a run folder, the directory of a sweep, or a preset ({', '.join(presets())})"
    if path.is_dir():
        raise ValueError(
            f"{path} is neither a run (it has no config.json) nor a sweep (no sweep.json): give "
            f"{known}."
        )
    raise FileNotFoundError(f"There is no folder or preset {str(what)!r}: give {known}.")
