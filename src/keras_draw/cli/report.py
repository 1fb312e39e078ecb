"""`keras-draw report` and `compare`."""

from dataclasses import dataclass
from typing import Annotated, Any

import tyro

from keras_draw.cli.common import DataDir, Flag, Offline, progress, say_page


@dataclass(frozen=True)
class Report:
    """Write one HTML page about a run, a preset or a sweep; everything is inside the file."""

    what: tyro.conf.Positional[str]
    """A run folder, the directory of a sweep, or the name of a preset."""
    out: str = ""
    """Where to: a .html; report.html in the folder (an older one is replaced), and
    report-NAME.html here for a preset, if not given."""
    dataset: str = ""
    """Images to show reconstructions of, such as mnist:test; the test split of a named data set
    if not given and found."""
    data_dir: DataDir = ""
    offline: Offline = False
    overwrite: Flag = False
    """Replace the output if it exists."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Gather, draw, write."""
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
        what = f"The report of the {made.kind} is {made.out}: {made.pictures} pictures"
        say_page(what, made.bytes)
        return made._asdict()


@dataclass(frozen=True)
class Compare:
    """Write one HTML page about runs side by side: samples, numbers, curves, settings."""

    runs: Annotated[
        tuple[str, ...],
        tyro.conf.Positional,
        tyro.conf.arg(metavar="RUN RUN [RUN ...]", help_behavior_hint=""),
    ]
    """Run folders or names of presets, 2 to 12. Nothing is measured: evaluate them first."""
    out: str = "compare.html"
    """Where to: a .html, with everything inside the file."""
    overwrite: Flag = False
    """Replace the output if it exists."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Gather, draw, write."""
        from keras_draw.report.compare import compare

        with progress() as watch:
            made = compare(self.runs, out=self.out, overwrite=self.overwrite, watch=watch)
        what = f"The comparison of {len(made.runs)} runs is {made.out}: {made.pictures} pictures"
        say_page(what, made.bytes)
        return made._asdict()
