"""`Sweep`: a recipe, the fields that vary, seeds, and the evaluation; read from a SPEC file.

Nothing here imports a numerical library, so a bad SPEC is refused immediately.
"""

import dataclasses
import itertools
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from keras_draw.config import Architecture, Config, EvaluateConfig, TrainConfig
from keras_draw.config.ranges import LARGEST_COUNT, digits
from keras_draw.files import expanded
from keras_draw.places import shareable
from keras_draw.sweeps.spec_values import (
    ARCHITECTURE,
    TRAINING,
    fields_of,
    slug_of,
    text_of,
    values_of,
)
from keras_draw.training import recipes
from keras_draw.training.optimizers import check_optimizer
from keras_draw.training.runs import read_json
from keras_draw.training.shifts import check_shifts

MOST_RUNS = 10_000
"""A larger grid is refused, as a probable mistake."""
_FILES = ("folder:", "npz:")


class SweepRun(NamedTuple):
    """One run of a sweep."""

    name: str
    """such as `timesteps-4_seed-0`; also the name of its folder in `runs/`."""
    varied: dict[str, Any]
    """field -> value, for the fields that vary."""
    architecture: Architecture
    training: TrainConfig
    conditional: bool
    image_shape: tuple[int, int, int] | None
    """height, width, channels that a folder's pictures are resized to."""

    @property
    def work(self) -> float:
        """Approximate duration relative to other runs, no unit.

        Per epoch, the product with the image costs 1, and each timestep costs about 2.
        """
        return self.training.epochs * (1.0 + 2.0 * self.architecture.timesteps)


@dataclass(frozen=True, kw_only=True)
class SweepEvaluation(EvaluateConfig):
    """What is measured for every run, as by `keras-draw evaluate`."""

    samples: int = 0
    """K, the number of samples for the importance-weighted likelihood; 0 leaves it out."""


@dataclass(frozen=True, kw_only=True)
class Sweep(Config):
    """A grid of runs, and what is measured for each of them.

    Example:
        >>> sweep = Sweep(recipe="demo", vary={"timesteps": [1, 2, 4]}, total_latents=8)
        >>> [run.architecture.latent_dim for run in sweep.runs()]
        [8, 4, 2]
    """

    recipe: str
    """The name of the recipe that all runs are based on."""
    name: str = "sweep"
    """A title."""
    changes: dict[str, Any] = field(default_factory=dict)
    """Field -> value, for fields that differ from the recipe in every run; see `train --help`."""
    vary: dict[str, Any] = field(default_factory=dict)
    """Field -> list of values; every combination is a run."""
    total_latents: int | None = None
    """T times Z for every run, so Z follows from T. None: Z is an ordinary field."""
    seeds: tuple[int, ...] = (0,)
    """Training seeds; every combination is trained with each seed."""
    evaluation: SweepEvaluation = field(default_factory=SweepEvaluation)
    """What is measured for every run."""

    def __post_init__(self) -> None:
        recipes.get(text_of("recipe", self.recipe))
        text_of("name", self.name)
        for name in ("changes", "vary"):
            object.__setattr__(self, name, fields_of(name, getattr(self, name)))
        vary = {name: values_of(f"vary[{name!r}]", v) for name, v in self.vary.items()}
        object.__setattr__(self, "vary", vary)
        object.__setattr__(self, "seeds", tuple(values_of("seeds", self.seeds)))
        if isinstance(self.evaluation, dict):
            evaluation = SweepEvaluation.from_json(self.evaluation)
            object.__setattr__(self, "evaluation", evaluation)
        if not isinstance(self.evaluation, SweepEvaluation):
            raise ValueError(f"evaluation is {self.evaluation!r}; expected an object of fields.")
        self._validate()

    def _validate(self) -> None:
        total = self.total_latents
        if total is not None and (not isinstance(total, int) or total is True or total < 1):
            raise ValueError(f"total_latents is {total!r}; expected a whole number of 1 or more.")
        if total is not None and total > LARGEST_COUNT:
            raise ValueError(f"total_latents has {digits(total)} digits; choose fewer latents.")
        both = sorted(set(self.changes) & set(self.vary))
        if both:
            raise ValueError(f"{both[0]} is in both changes and vary; leave one of them out.")
        if total is not None and "latent_dim" in {**self.changes, **self.vary}:
            raise ValueError(
                "latent_dim follows from total_latents and timesteps; leave latent_dim or "
                "total_latents out."
            )
        count = math.prod(len(v) for v in self.vary.values()) * len(self.seeds)
        if count > MOST_RUNS:
            raise ValueError(
                f"The grid has {count} runs, more than {MOST_RUNS}: make it smaller, or split it "
                "into several sweeps."
            )
        runs = self.runs()  # refuses the sweep if any combination is invalid
        if not self.evaluation.dataset:
            files = {r.training.dataset for r in runs if r.training.dataset.startswith(_FILES)}
            if files:
                raise ValueError(
                    f"Runs are trained on {min(files)}, which has no test split: name a dataset to "
                    "measure on in evaluation."
                )

    def runs(self) -> list[SweepRun]:
        """Return every run, in the order of the grid; seeds vary fastest.

        Returns:
            At least one run.
        """
        grid = itertools.product(*self.vary.values(), self.seeds)
        datasets = self.vary.get("dataset", [])
        short = dict(zip(map(str, datasets), shareable(list(map(str, datasets))), strict=True))
        return [self._run(dict(zip(self.vary, values, strict=False)), values[-1], short)
                for values in grid]  # fmt: skip

    @property
    def of_files(self) -> bool:
        """Whether any of its images come from folders or files rather than named data sets."""
        specs = [self.evaluation.dataset, *(run.training.dataset for run in self.runs())]
        return any(spec.startswith(_FILES) for spec in specs)

    def shareable(self) -> "Sweep":
        """Return the same sweep without paths: folders and files of images by name only.

        Its runs keep their names.
        """

        def without(fields: dict[str, Any]) -> dict[str, Any]:
            spec = fields.get("dataset")
            return fields | {"dataset": shareable([spec])[0]} if isinstance(spec, str) else fields

        vary = self.vary
        if "dataset" in vary:
            vary = vary | {"dataset": shareable(list(map(str, vary["dataset"])))}
        evaluation = SweepEvaluation.from_json(without(self.evaluation.to_json()))
        return dataclasses.replace(
            self, changes=without(self.changes), vary=vary, evaluation=evaluation
        )

    def _run(self, varied: dict[str, Any], seed: int, short: dict[str, str]) -> SweepRun:
        recipe = recipes.get(self.recipe)
        asked = self.changes | varied | {"seed": seed}
        conditional = asked.pop("conditional", recipe.conditional)
        if not isinstance(conditional, bool):
            raise ValueError(f"conditional is {conditional!r}; expected true or false.")
        changes = {k: v for k, v in asked.items() if k in ARCHITECTURE}
        architecture = Architecture.from_json(recipe.architecture.to_json() | changes)
        if self.total_latents is not None:
            latent_dim = latents_per_timestep(self.total_latents, architecture.timesteps)
            architecture = dataclasses.replace(architecture, latent_dim=latent_dim)
        training = recipe.training.to_json() | {k: asked[k] for k in asked if k in TRAINING}
        settings = TrainConfig.from_json(training)
        check_shifts(settings, conditional=conditional)
        check_optimizer(architecture, settings)
        return SweepRun(
            name="_".join(
                slug_of(k, short.get(v, v) if k == "dataset" else v)
                for k, v in [*sorted(varied.items()), ("seed", seed)]
            ),
            varied=varied,
            architecture=architecture,
            training=settings,
            conditional=conditional,
            image_shape=recipe.image_shape,
        )


def latents_per_timestep(total: int, timesteps: int) -> int:
    """Return Z such that T times Z is `total`.

    Raises:
        ValueError: if T does not divide `total`; names the nearest T that do.

    Example:
        >>> latents_per_timestep(128, 16)
        8
    """
    if total % timesteps:
        near = " and ".join(map(str, nearest_divisors(total, timesteps)))
        raise ValueError(
            f"timesteps {timesteps} does not divide total_latents {total}; the nearest that do: "
            f"{near}."
        )
    return total // timesteps


def nearest_divisors(total: int, timesteps: int) -> tuple[int, ...]:
    """Return the nearest divisors of `total`: one up to `timesteps` and one above, if any.

    Example:
        >>> nearest_divisors(128, 10)
        (8, 16)
    """
    low = [d for d in range(1, math.isqrt(total) + 1) if total % d == 0]
    divisors = sorted({*low, *(total // d for d in low)})
    below = [d for d in divisors if d <= timesteps][-1:]
    return (*below, *[d for d in divisors if d > timesteps][:1])


def read_sweep(path: str | Path) -> Sweep:
    """Read a SPEC file.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is not a JSON object, or not a sweep; names the field.
    """
    path = expanded(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no file {path}; give the JSON file that describes the sweep."
        )
    return Sweep.from_json(read_json(path))


def check_same_sweep(stored: Sweep, asked: Sweep, where: str) -> None:
    """Refuse to continue a folder with a different sweep. Values, seeds and evaluation may change.

    Args:
        stored: the sweep that the folder holds.
        asked: the sweep that is asked for.
        where: the folder, for the message.

    Raises:
        ValueError: if they are different sweeps; names the differences.
    """
    before, after = _base(stored.shareable()), _base(asked.shareable())
    differing = [n for n in {**before, **after} if before.get(n) != after.get(n)]
    if differing:
        said = "; ".join(f"{n} was {before.get(n)!r}, not {after.get(n)!r}" for n in differing)
        raise ValueError(
            f"{where} holds a different sweep: {said}. Only the values in vary, the seeds and the "
            "evaluation may change; choose another folder."
        )


def _base(sweep: Sweep) -> dict[str, Any]:
    return {
        "recipe": sweep.recipe,
        "total_latents": sweep.total_latents,
        "vary": sorted(sweep.vary),
        **{f"changes[{name!r}]": value for name, value in sorted(sweep.changes.items())},
    }
