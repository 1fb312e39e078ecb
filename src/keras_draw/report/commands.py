"""Commands that reproduce a run or a sweep, without folders of this machine."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

from keras_draw.config import Architecture, EvaluateConfig, TrainConfig
from keras_draw.data.sources import test_split_of
from keras_draw.evaluation.extractors import DIGITS
from keras_draw.places import placeless
from keras_draw.printed import command
from keras_draw.report.subject import Subject
from keras_draw.sweeps.spec import Sweep
from keras_draw.thesis import timesteps
from keras_draw.training.keras_file import config_of
from keras_draw.training.named import presets
from keras_draw.training.recipes import RECIPES
from keras_draw.training.runs import RunConfig


def train_command(config: RunConfig, folder: str) -> str:
    """The shortest `keras-draw train` command for a configuration.

    Args:
        config: the configuration of the run.
        folder: the value of `--run-dir`.

    Returns:
        The command. It names a recipe if that is shorter than naming all changed fields.

    Example:
        >>> train_command(RunFolder("runs/a").read_config(), "runs/a")     # doctest: +SKIP
        'keras-draw train --recipe laptop-conditional --run-dir runs/a'
    """
    options = (_options(config, base) for base in _bases(config))
    return command("train", *min(options, key=len), "--run-dir", folder)


class _Base(NamedTuple):
    """Defaults that a `train` command starts from."""

    words: tuple[str, ...]
    """the options that select these defaults."""
    architecture: Architecture
    training: TrainConfig
    conditional: bool = False
    image_shape: tuple[int, int, int] | None = None


def _bases(config: RunConfig) -> Iterator[_Base]:
    """The possible bases of a command: the defaults, a network, every recipe."""
    start: tuple[str, ...] = ()
    if config.start is None:
        yield _Base((), Architecture(), TrainConfig())
    else:
        start = ("--start-from", config.start.network)
        if config.start.network in presets():  # otherwise its architecture is unknown here
            model = config_of(config.start.network)
            yield _Base(start, model.architecture, TrainConfig(), model.num_classes > 0)
    for recipe in RECIPES.values():
        words = ("--recipe", recipe.name, *start)
        yield _Base(
            words, recipe.architecture, recipe.training, recipe.conditional, recipe.image_shape
        )


def _options(config: RunConfig, base: _Base) -> list[str]:
    """The options that turn a base into the given configuration."""
    options = list(base.words)
    asked = config.model.to_json() | config.training.to_json()
    asked["dataset"] = placeless(config.training.dataset)
    usual = base.architecture.to_json() | base.training.to_json()
    for name in usual:
        if asked[name] != usual[name]:
            options += _option(name, asked[name])
    if (config.model.num_classes > 0) != base.conditional:
        options += _option("conditional", not base.conditional)
    if asked["dataset"].startswith("folder:") and config.model.image_shape != base.image_shape:
        options += ["--image-shape", *map(str, config.model.image_shape)]
    return options


def _option(name: str, value: Any) -> list[str]:
    plain = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{plain}" if value else f"--no-{plain}"]
    return [f"--{plain}", str(value)]


def evaluate_command(run: str, asked: EvaluateConfig | None = None) -> str:
    """The `keras-draw evaluate` command that measures a run as before.

    Args:
        run: a run folder or a preset.
        asked: the configuration of the evaluation; the default one if None. Only values that
            differ from the defaults become options.

    Example:
        >>> evaluate_command("runs/a", EvaluateConfig(dataset="folder:/home/ada/photos", seed=1))
        'keras-draw evaluate runs/a --dataset folder:photos --seed 1'
    """
    words, usual = list[str](), EvaluateConfig().to_json()
    for name, value in asked.to_json().items() if asked else ():
        if value != usual[name]:
            words += _option(name, placeless(value) if name == "dataset" else value)
    return command("evaluate", run, *words)


def run_commands(subject: Subject) -> list[str]:
    """The commands that train, measure and report a run again.

    Args:
        subject: the run.
    """
    folder, asked = f"runs/{subject.name}", subject.evaluation.asked
    if asked.dataset == test_split_of(subject.config.training.dataset):
        asked = dataclasses.replace(asked, dataset="")
    if asked.extractor == DIGITS and subject.config.model.image_shape == (28, 28, 1):
        asked = dataclasses.replace(asked, extractor="")
    report = command("report", folder)
    return [train_command(subject.config, folder), evaluate_command(folder, asked), report]


def sweep_commands(sweep: Sweep, name: str) -> list[str]:
    """The commands that run and report a sweep again.

    Args:
        sweep: the sweep's specification.
        name: the name of its folder.
    """
    folder = f"runs/{name}"
    first = _experiment(sweep) or ["sweep", "run", "sweep.json"]
    return [command(*first, "--out", folder), command("report", folder)]


def experiment_command(sweep: Sweep) -> str:
    """The `keras-draw experiment` command for a sweep that is a figure of the thesis.

    Args:
        sweep: the sweep's specification.

    Returns:
        The command; empty for other sweeps.
    """
    words = _experiment(sweep)
    return command(*words) if words else ""


def _experiment(sweep: Sweep) -> list[str]:
    """The words of `experiment_command`; none for other sweeps."""
    name, scale, objective, *_ = [*sweep.name.split(", "), "", "", ""]
    extractor, asked = sweep.evaluation.extractor, tuple(sweep.vary.get("timesteps", ()))
    options: dict[str, Any] = {"scale": scale, "objective": objective, "extractor": extractor}
    for given in ((), asked):
        with contextlib.suppress(KeyError, ValueError):  # another figure
            figure = timesteps.sweep_of(name, timesteps=given, seeds=sweep.seeds, **options)
            if sweep == figure:
                words = ["experiment", name, "--scale", scale, "--objective", objective]
                words += ["--timesteps", *map(str, given)] if given else []
                words += ["--seeds", *map(str, sweep.seeds)]
                return [*words, *(["--extractor", extractor] if extractor else [])]
    return []
