"""How to make a run or a sweep again: commands that hold no place of this machine."""

import dataclasses
import shlex
from typing import Any

from keras_draw.config import Architecture, TrainConfig
from keras_draw.places import placeless
from keras_draw.training.recipes import RECIPES
from keras_draw.training.runs import RunConfig

_ARCHITECTURE = [f.name for f in dataclasses.fields(Architecture)]


def train_command(config: RunConfig, folder: str) -> str:
    """The shortest `keras-draw train` that means a configuration.

    Args:
        config: of the run.
        folder: for `--run-dir`.

    Returns:
        With a recipe, where that is shorter than naming every field that is not the default.

    Example:
        >>> train_command(RunFolder("runs/a").read_config(), "runs/a")     # doctest: +SKIP
        'keras-draw train --recipe laptop-conditional --run-dir runs/a'
    """
    found = [_options(config, "", Architecture(), TrainConfig(), conditional=False, shape=None)]
    found += [
        _options(
            config, recipe.name, recipe.architecture, recipe.training,
            conditional=recipe.conditional, shape=recipe.image_shape,
        )
        for recipe in RECIPES.values()
    ]  # fmt: skip
    return " ".join(["keras-draw train", *min(found, key=len), "--run-dir", shlex.quote(folder)])


def _options(
    config: RunConfig, recipe: str, architecture: Architecture, training: TrainConfig, *,
    conditional: bool, shape: tuple[int, int, int] | None,
) -> list[str]:  # fmt: skip
    """Options beside a base, so that it means a configuration."""
    options = ["--recipe", recipe] if recipe else []
    asked = config.model.to_json() | config.training.to_json()
    asked["dataset"] = placeless(config.training.dataset)
    base = architecture.to_json() | training.to_json()
    for name in (*_ARCHITECTURE, *training.to_json()):
        if asked[name] != base[name]:
            options += _option(name, asked[name])
    if (config.model.num_classes > 0) != conditional:
        options += _option("conditional", not conditional)
    if asked["dataset"].startswith("folder:") and config.model.image_shape != shape:
        options += ["--image-shape", *map(str, config.model.image_shape)]
    return options


def _option(name: str, value: Any) -> list[str]:
    plain = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{plain}" if value else f"--no-{plain}"]
    return [f"--{plain}", shlex.quote(str(value))]


def evaluate_command(
    run: str, *, dataset: str = "", options: tuple[int, float, int] | None = None,
    extractor: str = "",
) -> str:  # fmt: skip
    """The `keras-draw evaluate` that measures a run as it was measured.

    Args:
        run: a folder or preset.
        dataset: what it was measured on; empty for what `evaluate` takes itself.
        options: K, threshold and seed; None for the defaults.
        extractor: NAME[:TAP]; empty for what `evaluate` takes itself.
    """
    words = ["keras-draw evaluate", shlex.quote(run)]
    if dataset:
        words += _option("dataset", placeless(dataset))
    defaults = {"samples": 100, "threshold": 0.9, "seed": 0}
    for (name, default), value in zip(defaults.items(), options or (), strict=False):
        words += _option(name, value) if value != default else []
    return " ".join([*words, *(_option("extractor", extractor) if extractor else [])])
