"""`keras-draw experiment`: tables and figures of the thesis, made again."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from keras_draw.cli.common import Features, Flag, Ray, WhichExecutor, progress, say
from keras_draw.cli.sweep import say_result
from keras_draw.config import Objective
from keras_draw.experiments.executors import RayOptions


@dataclass(frozen=True, kw_only=True)
class FidProperties(Features):
    """Table 2.1 and Figure 2.3: FIDs of MNIST to MNIST, to noise, and to few images repeated."""

    out: str = "runs/fid-properties"
    """Folder for the table (csv) and the plot (png)."""
    dataset: str = "mnist:train"
    """A split; its first 2 x count images are used."""
    count: int = 1000
    """Images of each group."""

    def run(self) -> dict[str, Any]:
        """Measure, write, say."""
        from keras_draw.experiments.fid_properties import fid_properties

        with progress() as watch:
            found = fid_properties(
                self.out, dataset=self.dataset, count=self.count, watch=watch, **self.options
            )
        thesis = found.get("thesis", {})
        say(f"FID by {found['extractor']}, of {self.count} images of {self.dataset} against")
        for group, what in (("second half", f"the next {self.count}"), ("noise", "noise")):
            beside = f" (thesis: {thesis[group]})" if thesis else ""
            say(f"  {what:24} {found[group]:.4f}{beside}")
        for k, value in found["by_distinct_images"].items():
            say(f"  {k:5} of them, repeated   {value:.4f}")
        say(f"{found['note']} Table and plot are in {self.out}.".strip())
        return found


@dataclass(frozen=True, kw_only=True)
class _Timesteps:
    """Options of a figure that is a sweep over timesteps."""

    scale: Literal["smoke", "laptop", "full"] = "laptop"
    """smoke: seconds, on digits of 8 x 8; laptop: about an hour a seed on two cores; full: the
    thesis's own size. docs/experiments.md says images and epochs."""
    objective: Objective = "elbo"
    """What is trained."""
    timesteps: tuple[int, ...] = ()
    """Every T; the scale's own powers of two if not given. Those that are done are kept."""
    seeds: tuple[int, ...] = (0,)
    """Training seeds; more of them show the spread. Those that are done are kept."""
    extractor: str = ""
    """NAME[:TAP] of the features for FID; digits-classifier for MNIST, inception-2015:768 for
    colour if its weights are found, else none."""
    weights: str = ""
    """File or folder of the extractor's weights, looked at before KERAS_DRAW_WEIGHTS."""
    out: str = ""
    """Folder for runs, results.csv and the figure; runs/FIGURE-SCALE-OBJECTIVE if not given."""
    table: str = ""
    """A stored results.csv: the figure is drawn from it, beside it or into --out, and nothing is
    trained."""
    data_dir: str = ""
    """Folder of data sets, looked in before KERAS_DRAW_DATA and Keras's download cache."""
    executor: WhichExecutor = "local"
    ray: Ray = field(default_factory=RayOptions)
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def _make(self, name: str) -> dict[str, Any]:
        """Run the sweep and draw, or draw alone."""
        from keras_draw.experiments import timesteps as room

        if self.table:
            table = Path(self.table).expanduser()
            picture = (Path(self.out).expanduser() if self.out else table.parent) / f"{name}.png"
            room.draw(name, table, picture)
            return self._told(table, picture)
        weights = Path(self.weights) if self.weights else None
        options: dict[str, Any] = {
            "scale": self.scale,
            "objective": self.objective,
            "timesteps": self.timesteps,
            "seeds": self.seeds,
        }
        sweep = room.sweep_of(name, extractor=self.extractor, **options)
        if not self.extractor:
            found = room.default_extractor(sweep, weights)
            sweep = room.sweep_of(name, extractor=found, **options)
        out = self.out or f"runs/{name}-{self.scale}-{self.objective}"
        result, figure = room.run_experiment(
            name, sweep, out, weights=weights, data_dir=self.data_dir or None,
            executor=self.executor, ray=self.ray,
        )  # fmt: skip
        say_result(result)
        told = self._told(Path(result.results), figure) if figure else {"figure": None}
        return {**result._asdict(), **told, "exit_code": int(bool(result.failed))}

    def _told(self, table: Path, figure: Path) -> dict[str, Any]:
        from keras_draw.experiments.timesteps import without_fid

        note = without_fid(table)
        say(f"The figure is {figure}. {note}".strip())
        return {"figure": str(figure), "note": note}


@dataclass(frozen=True, kw_only=True)
class Figure33(_Timesteps):
    """Figure 3.3: reconstruction, FID and inactive variables of CIFAR-10 against timesteps."""

    def run(self) -> dict[str, Any]:
        """Make it."""
        return self._make("fig-3.3")


@dataclass(frozen=True, kw_only=True)
class Figure41(_Timesteps):
    """Figure 4.1: reconstruction and FID of MNIST against timesteps, conditional or not."""

    def run(self) -> dict[str, Any]:
        """Make it."""
        return self._make("fig-4.1")
