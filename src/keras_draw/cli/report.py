"""`keras-draw report` and `compare`."""

from dataclasses import dataclass
from typing import Annotated, Any

import tyro

from keras_draw.cli.common import DataDir, Flag, Offline, progress, say_page


@dataclass(frozen=True)
class Report:
    """Write a report about a run, a preset or a sweep, as a single HTML file."""

    what: tyro.conf.Positional[str]
    """A run folder, the folder of a sweep, or the name of a preset."""
    out: str = ""
    """The .html to write. If not given: report.html in the folder (an older one is replaced), or
    report-NAME.html in the current folder for a preset."""
    dataset: str = ""
    """Images to reconstruct, such as mnist:test. If not given: the test split of a named data set,
    if it is on this machine."""
    data_dir: DataDir = ""
    offline: Offline = False
    overwrite: Flag = False
    """Replace the output if it exists."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Write the report, and return what was written."""
        from keras_draw.report import report

        with progress() as watch:
            made = report(
                self.what,
                out=self.out,
                dataset=self.dataset,
                data_dir=self.data_dir,
                overwrite=self.overwrite,
                watch=watch,
            )
        what = f"Wrote the report of the {made.kind} to {made.out}: {made.pictures} pictures"
        say_page(what, made.bytes)
        return made._asdict()


@dataclass(frozen=True)
class Compare:
    """Compare runs side by side in a single HTML file: samples, numbers, curves, settings."""

    runs: Annotated[
        tuple[str, ...],
        tyro.conf.Positional,
        tyro.conf.arg(metavar="RUN RUN [RUN ...]", help_behavior_hint=""),
    ]
    """2 to 12 run folders or names of presets. Nothing is measured: evaluate them first."""
    out: str = "compare.html"
    """The .html to write; everything is in this one file."""
    overwrite: Flag = False
    """Replace the output if it exists."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Write the page, and return what was written."""
        from keras_draw.report.compare import compare

        with progress() as watch:
            made = compare(self.runs, out=self.out, overwrite=self.overwrite, watch=watch)
        runs = f"{len(made.runs)} runs"
        what = f"Wrote the comparison of {runs} to {made.out}: {made.pictures} pictures"
        say_page(what, made.bytes)
        return made._asdict()
