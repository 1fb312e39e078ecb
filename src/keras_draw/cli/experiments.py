"""`keras-draw experiment`: tables and figures of the thesis, reproduced."""

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
    """Table 2.1 and Figure 2.3: FID of MNIST to MNIST, to noise, and to a few images repeated."""

    out: str = "runs/fid-properties"
    """Folder for the table (csv) and the plot (png)."""
    dataset: str = "mnist:train"
    """A split. Its first 2 x count images are used."""
    count: int = 1000
    """Images per group."""
    image_shape: ImageShape = None
    """Height, width (pixels) and channels that a folder's pictures are cropped and resized to."""

    def run(self) -> dict[str, Any]:
        """Measure, write the table and the plot, and print the results."""
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
        say(f"FID by {found['extractor']}, {self.count} images of {self.dataset} against")
        for group, what in (("second half", f"the next {self.count}"), ("noise", "noise")):
            beside = f" (thesis: {thesis[group]})" if thesis else ""
            say(f"  {what:24} {found[group]:.4f}{beside}")
        for k, value in found["by_distinct_images"].items():
            say(f"  {k:5} of them, repeated   {value:.4f}")
        say(f"{found['note']} Table and plot are in {self.out}.".strip())
        return found


@dataclass(frozen=True)
class FidJudged:
    """Is FID a good metric? Rank correlations with other measures, and samples ordered by FID."""

    sweeps: tyro.conf.Positional[tuple[str, ...]]
    """Folders of sweeps. Only FIDs by the same extractor on the same images are ranked together. A
    stored sweep needs only results.csv and sweep.json, except for the contact sheet."""
    out: str = "runs/fid-judged"
    """Folder for rank-correlations.csv, the figures and the contact sheets."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Rank the runs, draw the figures, and print the correlations."""
        if not self.sweeps:
            raise ValueError("No sweep was given; give one or more folders of sweeps.")
        from keras_draw.evaluation.measures import COLUMNS
        from keras_draw.thesis.judging import judge

        found = judge(self.sweeps, self.out)
        kind = None
        for one in found["correlations"]:
            if (one["made_by"], one["networks"]) != kind:
                kind = one["made_by"], one["networks"]
                say(f"FID on {kind[0]}; networks: {kind[1]}. Agreement of its order with that of:")
            name = COLUMNS[one["measure"]].title
            say(f"  {name:32} {one['agreement']:+.2f}  ({one['runs']} runs)")
        names = [Path(file).name for file in found["files"]]
        say(f"Table and figures are in {self.out}: {', '.join(names)}.")
        return found


@dataclass(frozen=True)
class Collapse:
    """Does a KL weight keep all latents inactive? Compares it with eigenvalues of the data."""

    dataset: tyro.conf.Positional[str]
    """Images, such as mnist:train[:12000]."""
    beta: float = 1.0
    """Weight of the KL relative to a cross-entropy summed over pixels: kl_weight under objective
    elbo; kl_weight times pixels / (T Z) under objective thesis, or times pixels / T if its
    kl_reduction is sum."""
    by_class: Flag = False
    """Also look at each class separately, for conditional networks."""
    show: int = 10
    """Number of eigenvalues to show, the largest ones."""
    data_dir: DataDir = ""
    offline: Offline = False
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Compute the eigenvalues, and print and return them."""
        from keras_draw.thesis.collapse import collapse

        groups = collapse(
            self.dataset,
            beta=self.beta,
            by_class=self.by_class,
            shown=self.show,
            data_dir=self.data_dir or None,
        )
        say(f"{self.dataset}, KL weight {self.beta:g}: inactive latents stay inactive unless an")
        say("eigenvalue is above the weight. Each eigenvalue above it is a direction in which")
        say("latents can become active.")
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
    """the figure's name, for its file and as a subcommand of `experiment`."""

    scale: Literal["smoke", "laptop", "full"] = "laptop"
    """smoke: seconds, on digits of 8 x 8; laptop: about an hour per seed on two cores; full: the
    thesis's own size. docs/experiments.md lists images and epochs."""
    objective: Objective = "elbo"
    """The training objective."""
    timesteps: tuple[int, ...] = ()
    """The values of T. If not given: powers of two, depending on the scale. Finished runs are
    kept."""
    seeds: tuple[int, ...] = (0,)
    """Training seeds; several show the spread. Finished runs are kept."""
    extractor: str = ""
    """NAME[:TAP] of the features for FID. If not given: digits-classifier for MNIST; for colour
    inception-2015:768 if its weights are found, else none."""
    weights: str = ""
    """File or folder of the extractor's weights, searched before KERAS_DRAW_WEIGHTS."""
    out: str = ""
    """Folder for runs, results.csv and the figure. If not given: runs/FIGURE-SCALE-OBJECTIVE."""
    table: tuple[str, ...] = ()
    """A stored results.csv: draw the figure from it, next to it or in --out, without training.
    Several tables, such as one per objective, make one figure in --out."""
    data_dir: DataDir = ""
    offline: Offline = False
    executor: WhichExecutor = "local"
    ray: Ray = field(default_factory=RayOptions)
    json: Flag = False
    """Print the result as one JSON object on stdout."""
    given: Given = frozenset()

    def run(self) -> dict[str, Any]:
        """Run the sweep and draw the figure, or draw it from a stored table."""
        from keras_draw.thesis import timesteps as room

        if self.table:
            for name in sorted(self.given - {"table", "out", "json", "offline"}):
                raise ValueError(
                    f"--{name.replace('_', '-')} is for training, but --table draws a stored "
                    "table: leave out one of them."
                )
            tables = [Path(table).expanduser() for table in self.table]
            if len(tables) > 1 and not self.out:
                raise ValueError(
                    "There are several tables; give the folder for their figure with --out."
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
    """One recurrent cell for all timesteps compared with one per timestep, on MNIST."""

    name = "sharing"


class Likelihoods(_Timesteps):
    """Cross-entropy compared with squared error as the reconstruction cost, on MNIST."""

    name = "likelihoods"


class KL(_Timesteps):
    """Training with and without the KL, on MNIST: its effect on reconstruction and samples."""

    name = "kl"


TIMESTEPS = (Figure33, Figure41, Sharing, Likelihoods, KL)
