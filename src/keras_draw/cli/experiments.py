"""`keras-draw experiment`: tables and figures of the thesis, made again."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import tyro

from keras_draw.cli.common import (
    DataDir,
    Features,
    Flag,
    Given,
    ImageShape,
    Offline,
    Ray,
    WhichExecutor,
    progress,
    say,
)
from keras_draw.cli.sweep import say_result
from keras_draw.config import Objective
from keras_draw.sweeps.executors import RayOptions


@dataclass(frozen=True, kw_only=True)
class FidProperties(Features):
    """Table 2.1 and Figure 2.3: FIDs of MNIST to MNIST, to noise, and to few images repeated."""

    out: str = "runs/fid-properties"
    """Folder for the table (csv) and the plot (png)."""
    dataset: str = "mnist:train"
    """A split; its first 2 x count images are used."""
    count: int = 1000
    """Images of each group."""
    image_shape: ImageShape = None
    """Height, width (pixels) and channels that a folder's pictures are cropped and resized to."""

    def run(self) -> dict[str, Any]:
        """Measure, write, say."""
        from keras_draw.thesis.fid_properties import fid_properties

        with progress() as watch:
            found = fid_properties(
                self.out,
                dataset=self.dataset,
                count=self.count,
                image_shape=self.image_shape,
                watch=watch,
                **self.options,
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


@dataclass(frozen=True)
class FidJudged:
    """Is FID a good metric? Its rank correlation with other measures, and samples in its order."""

    sweeps: tyro.conf.Positional[tuple[str, ...]]
    """Folders of sweeps; only FIDs of the same images and extractor are ranked together. Of a
    stored one results.csv and sweep.json are enough, but for the contact sheet."""
    out: str = "runs/fid-judged"
    """Folder for rank-correlations.csv, the figures and the contact sheets."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Rank, draw, say."""
        if not self.sweeps:
            raise ValueError("No sweep was named; give one folder of a sweep or more.")
        from keras_draw.evaluation.measures import COLUMNS
        from keras_draw.thesis.judging import judge

        found = judge(self.sweeps, self.out)
        kind = None
        for one in found["correlations"]:
            if (one["made_by"], one["networks"]) != kind:
                kind = one["made_by"], one["networks"]
                say(f"FID on {kind[0]}; networks: {kind[1]}. How its order agrees with that of:")
            name = COLUMNS[one["measure"]].title
            say(f"  {name:32} {one['agreement']:+.2f}  ({one['runs']} runs)")
        names = [Path(file).name for file in found["files"]]
        say(f"Table and figures are in {self.out}: {', '.join(names)}.")
        return found


@dataclass(frozen=True)
class Collapse:
    """Does a weight of the KL put all latents to sleep? Eigenvalues of the data, against it."""

    dataset: tyro.conf.Positional[str]
    """Images, such as mnist:train[:12000]."""
    beta: float = 1.0
    """The KL's weight against a cross-entropy summed over pixels: kl_weight under the objective
    elbo; under thesis kl_weight times pixels / (T Z), or pixels / T with kl_reduction sum."""
    by_class: Flag = False
    """Look at every class by itself as well, for conditional networks."""
    show: int = 10
    """Eigenvalues that are shown, the largest ones."""
    data_dir: DataDir = ""
    offline: Offline = False
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Measure, say."""
        from keras_draw.thesis.collapse import collapse

        groups = collapse(
            self.dataset,
            beta=self.beta,
            by_class=self.by_class,
            shown=self.show,
            data_dir=self.data_dir or None,
        )
        say(f"{self.dataset}, weight of the KL {self.beta:g}: latents that sleep are held asleep")
        say("unless an eigenvalue is above the weight; each that is, is a way to wake up.")
        for name, one in groups.items():
            values = " ".join(f"{value:.2f}" for value in one.eigenvalues)
            say(f"  {name:10} {one.images:6} images, {one.unstable:3} above: {values} ...")
        return {
            name: {**one._asdict(), "eigenvalues": one.eigenvalues.tolist()}
            for name, one in groups.items()
        }


@dataclass(frozen=True, kw_only=True)
class _Timesteps:
    """Options of a figure that is a sweep over timesteps."""

    name: ClassVar[str]
    """of the figure: its file, and its key among the experiments."""

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
    table: tuple[str, ...] = ()
    """A stored results.csv: the figure is drawn from it, beside it or into --out, and nothing is
    trained. Of several, such as one per objective, one figure is drawn into --out."""
    data_dir: DataDir = ""
    offline: Offline = False
    executor: WhichExecutor = "local"
    ray: Ray = field(default_factory=RayOptions)
    json: Flag = False
    """Print the result as one JSON object on stdout."""
    given: Given = frozenset()

    def run(self) -> dict[str, Any]:
        """Run the sweep and draw, or draw alone."""
        from keras_draw.thesis import timesteps as room

        if self.table:
            for name in sorted(self.given - {"table", "out", "json", "offline"}):
                raise ValueError(
                    f"--{name.replace('_', '-')} is for a training, and with --table a stored "
                    "table is drawn: leave one of them out."
                )
            tables = [Path(table).expanduser() for table in self.table]
            if len(tables) > 1 and not self.out:
                raise ValueError(
                    "There are several tables; say with --out which folder their figure is for."
                )
            picture = Path(self.out or tables[0].parent).expanduser() / f"{self.name}.png"
            room.draw(self.name, tables, picture)
            return self._told(tables, picture)
        weights = Path(self.weights) if self.weights else None
        options: dict[str, Any] = {
            "scale": self.scale,
            "objective": self.objective,
            "timesteps": self.timesteps,
            "seeds": self.seeds,
        }
        sweep = room.sweep_of(self.name, extractor=self.extractor, **options)
        if not self.extractor:
            found = room.default_extractor(sweep, weights)
            sweep = room.sweep_of(self.name, extractor=found, **options)
        out = self.out or f"runs/{self.name}-{self.scale}-{self.objective}"
        result, figure = room.run_experiment(
            self.name, sweep, out, weights=weights, data_dir=self.data_dir or None,
            executor=self.executor, ray=self.ray,
        )  # fmt: skip
        say_result(result)
        told = self._told([Path(result.results)], figure) if figure else {"figure": None}
        return {**result._asdict(), **told, "exit_code": int(bool(result.failed))}

    def _told(self, tables: list[Path], figure: Path) -> dict[str, Any]:
        from keras_draw.thesis.timesteps import without_fid

        note = without_fid(tables)
        say(f"The figure is {figure}. {note}".strip())
        return {"figure": str(figure), "note": note}


class Figure33(_Timesteps):
    """Figure 3.3: reconstruction, FID and inactive variables of CIFAR-10 against timesteps."""

    name = "fig-3.3"


class Figure41(_Timesteps):
    """Figure 4.1: reconstruction and FID of MNIST against timesteps, conditional or not."""

    name = "fig-4.1"


class Sharing(_Timesteps):
    """One recurrent cell for all timesteps against a cell per timestep, on MNIST."""

    name = "sharing"


class Likelihoods(_Timesteps):
    """Cross-entropy against squared error as the reconstruction's cost, on MNIST."""

    name = "likelihoods"


class KL(_Timesteps):
    """With the KL against without, on MNIST: what becomes of reconstruction and samples."""

    name = "kl"


TIMESTEPS = (Figure33, Figure41, Sharing, Likelihoods, KL)
