"""Sweeps: grids of runs, described in a SPEC file, trained in one folder, read as one table."""

from typing import TYPE_CHECKING

from keras_draw.lazily import lazily

if TYPE_CHECKING:
    from keras_draw.sweeps.spec import Sweep, SweepEvaluation, read_sweep
    from keras_draw.sweeps.sweeping import run_sweep
    from keras_draw.sweeps.table import read_results

_HOMES = {
    "Sweep": "keras_draw.sweeps.spec",
    "SweepEvaluation": "keras_draw.sweeps.spec",
    "read_results": "keras_draw.sweeps.table",
    "read_sweep": "keras_draw.sweeps.spec",
    "run_sweep": "keras_draw.sweeps.sweeping",
}

__all__ = ["Sweep", "SweepEvaluation", "read_results", "read_sweep", "run_sweep"]

__getattr__, __dir__ = lazily(__name__, _HOMES)
