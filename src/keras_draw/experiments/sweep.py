"""A sweep: a base recipe, what varies, seeds, and what is measured; to and from a SPEC file.

Nothing here imports a numerical library: a SPEC is refused before anything is loaded.
"""

import dataclasses
import hashlib
import itertools
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from keras_draw.config import Architecture, Config, TrainConfig, suggest
from keras_draw.ranges import LARGEST_COUNT, digits
from keras_draw.training import recipes
from keras_draw.training.runs import read_json

MOST_RUNS = 10_000
"""More in one grid are taken for a slip."""
_ARCHITECTURE = {f.name for f in dataclasses.fields(Architecture)}
_TRAINING = {f.name for f in dataclasses.fields(TrainConfig)}
FIELDS = _ARCHITECTURE | _TRAINING | {"conditional"}
"""What a sweep may change or vary."""
_FILES = ("folder:", "npz:")


class SweepRun(NamedTuple):
    """One run of a sweep."""

    name: str
    """such as `timesteps-4_seed-0`: its folder below `runs/`."""
    varied: dict[str, Any]
    """the values of what varies."""
    architecture: Architecture
    training: TrainConfig
    conditional: bool
    image_shape: tuple[int, int, int] | None
    """height, width, channels that a folder's pictures are brought to."""

    @property
    def work(self) -> float:
        """About how long it takes beside others, no unit.

        The image is multiplied once, and as much again about twice in every timestep.
        """
        return self.training.epochs * (1.0 + 2.0 * self.architecture.timesteps)


@dataclass(frozen=True, kw_only=True)
class SweepEvaluation(Config):
    """What is measured of every run, as `keras-draw evaluate` does."""

    dataset: str = ""
    """Images to measure on; the test split of the training set if empty."""
    samples: int = 0
    """K of the importance-weighted likelihood; 0 leaves it out."""
    threshold: float = 0.9
    """Posterior variance above which a latent counts as inactive."""
    extractor: str = ""
    """NAME[:TAP] of the features for FID; digits-classifier where the images fit it, if empty."""
    seed: int = 0
    """Of all draws."""

    def _validate(self) -> None:
        if self.samples < 0 or self.seed < 0:
            raise ValueError(
                f"samples is {self.samples} and seed {self.seed}; both must be 0 or more."
            )
        if self.threshold <= 0:
            raise ValueError(f"threshold is {self.threshold}; a variance must be above 0.")


@dataclass(frozen=True, kw_only=True)
class Sweep(Config):
    """A grid of runs and what is measured of them.

    Example:
        >>> sweep = Sweep(recipe="demo", vary={"timesteps": [1, 2, 4]}, total_latents=8)
        >>> [run.architecture.latent_dim for run in sweep.runs()]
        [8, 4, 2]
    """

    recipe: str
    """The base: a named recipe."""
    name: str = "sweep"
    """For people."""
    changes: dict[str, Any] = field(default_factory=dict)
    """Fields of the recipe that every run has otherwise: those of `train --help`."""
    vary: dict[str, Any] = field(default_factory=dict)
    """Field -> list of its values; every combination is a run."""
    total_latents: int | None = None
    """T times Z of every run; Z follows from T. None: Z is the recipe's, changed or varied."""
    seeds: tuple[int, ...] = (0,)
    """Training seeds; every combination is run with each."""
    evaluation: SweepEvaluation = field(default_factory=SweepEvaluation)
    """What is measured."""

    def __post_init__(self) -> None:
        recipes.get(_text("recipe", self.recipe))
        _text("name", self.name)
        for name in ("changes", "vary"):
            object.__setattr__(self, name, _fields(name, getattr(self, name)))
        vary = {name: _values(f"vary[{name!r}]", v) for name, v in self.vary.items()}
        object.__setattr__(self, "vary", vary)
        object.__setattr__(self, "seeds", tuple(_values("seeds", self.seeds)))
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
            raise ValueError(f"{both[0]} is in changes and in vary; leave one of them out.")
        if total is not None and "latent_dim" in {**self.changes, **self.vary}:
            raise ValueError(
                "latent_dim follows from total_latents and timesteps; leave latent_dim or "
                "total_latents out."
            )
        count = math.prod(len(v) for v in self.vary.values()) * len(self.seeds)
        if count > MOST_RUNS:
            raise ValueError(
                f"The grid has {count} runs, more than {MOST_RUNS}: make it smaller, or several "
                "sweeps of it."
            )
        runs = self.runs()  # every combination makes sense, or the sweep is refused
        if not self.evaluation.dataset:
            files = {r.training.dataset for r in runs if r.training.dataset.startswith(_FILES)}
            if files:
                raise ValueError(
                    f"Runs are trained on {min(files)}, which has no test split: say in evaluation "
                    "which dataset to measure on."
                )

    def runs(self) -> list[SweepRun]:
        """Every run, in the grid's order, seeds fastest.

        Returns:
            One or more.
        """
        grid = itertools.product(*self.vary.values(), self.seeds)
        return [self._run(dict(zip(self.vary, values, strict=False)), values[-1])
                for values in grid]  # fmt: skip

    def _run(self, varied: dict[str, Any], seed: int) -> SweepRun:
        recipe = recipes.get(self.recipe)
        asked = self.changes | varied | {"seed": seed}
        conditional = asked.pop("conditional", recipe.conditional)
        if not isinstance(conditional, bool):
            raise ValueError(f"conditional is {conditional!r}; expected true or false.")
        changes = {k: v for k, v in asked.items() if k in _ARCHITECTURE}
        architecture = Architecture.from_json(recipe.architecture.to_json() | changes)
        if self.total_latents is not None:
            latent_dim = latents_per_timestep(self.total_latents, architecture.timesteps)
            architecture = dataclasses.replace(architecture, latent_dim=latent_dim)
        training = recipe.training.to_json() | {k: asked[k] for k in asked if k in _TRAINING}
        return SweepRun(
            name="_".join(_slug(k, v) for k, v in [*sorted(varied.items()), ("seed", seed)]),
            varied=varied,
            architecture=architecture,
            training=TrainConfig.from_json(training),
            conditional=conditional,
            image_shape=recipe.image_shape,
        )


def latents_per_timestep(total: int, timesteps: int) -> int:
    """Z, so that T times Z is `total`.

    Raises:
        ValueError: if T does not divide it, with the nearest T that do.

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
    """The divisors of `total` next to `timesteps`, below and above, where there are any.

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
        ValueError: if it is no JSON object, or no sweep; says which field.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no file {path}; a sweep is a JSON file as docs/experiments.md shows."
        )
    return Sweep.from_json(read_json(path))


def check_same_sweep(stored: Sweep, asked: Sweep, where: str) -> None:
    """Refuse to go on with another sweep. Values, seeds and what is measured may change.

    Args:
        stored: the sweep of a directory.
        asked: what it is asked to be.
        where: the directory, for the message.

    Raises:
        ValueError: naming what differs.
    """
    before, after = _base(stored), _base(asked)
    differing = [n for n in {**before, **after} if before.get(n) != after.get(n)]
    if differing:
        said = "; ".join(f"{n} was {before.get(n)!r}, not {after.get(n)!r}" for n in differing)
        raise ValueError(
            f"{where} holds another sweep: {said}. Only values of what varies, seeds and the "
            "evaluation may change; choose another folder."
        )


def _base(sweep: Sweep) -> dict[str, Any]:
    return {
        "recipe": sweep.recipe,
        "total_latents": sweep.total_latents,
        "vary": sorted(sweep.vary),
        **{f"changes[{name!r}]": value for name, value in sorted(sweep.changes.items())},
    }


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is {value!r}; expected text.")
    return value


def _fields(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is {value!r}; expected an object of fields.")
    for key in value:
        if key == "seed":
            raise ValueError(f"{name} has the field 'seed'; give the seeds as a list in seeds.")
        if key not in FIELDS:
            raise ValueError(f"{name} has the field {key!r}: {suggest(str(key), FIELDS)}")
    return dict(value)


def _values(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name} is {value!r}; expected a list of values.")
    if not value:
        raise ValueError(f"{name} is an empty list, so that the grid has no runs; give a value.")
    for i, one in enumerate(value):
        if one is not None and not isinstance(one, str | int | float):
            raise ValueError(f"{name} holds {one!r}; expected numbers, texts, true or false.")
        if one in value[:i]:
            raise ValueError(f"{name} holds {one!r} twice; give each value once.")
    return list(value)


def _slug(name: str, value: Any) -> str:
    """A field and its value as part of a folder's name, another one for another value."""
    said = str(value).lower() if isinstance(value, bool) else str(value)
    plain = re.sub(r"[^A-Za-z0-9.-]+", "-", said)[:40]
    if plain != said:
        plain += "-" + hashlib.sha256(said.encode()).hexdigest()[:8]
    return f"{name}-{plain}"
