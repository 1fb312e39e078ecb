"""What runs end to end: the demo, sweeps, and the tables and figures of the thesis."""

from typing import TYPE_CHECKING

from keras_draw.lazily import lazily

if TYPE_CHECKING:
    from keras_draw.experiments.results import read_results
    from keras_draw.experiments.sweep import Sweep, SweepEvaluation, read_sweep
    from keras_draw.experiments.sweeping import run_sweep

_HOMES = {
    "Sweep": "keras_draw.experiments.sweep",
    "SweepEvaluation": "keras_draw.experiments.sweep",
    "read_results": "keras_draw.experiments.results",
    "read_sweep": "keras_draw.experiments.sweep",
    "run_sweep": "keras_draw.experiments.sweeping",
}

__all__ = ["Sweep", "SweepEvaluation", "read_results", "read_sweep", "run_sweep"]

__getattr__, __dir__ = lazily(__name__, _HOMES)
