"""`keras-draw recipes`."""

import textwrap
from dataclasses import dataclass
from typing import Any

from keras_draw.cli.common import Flag, say
from keras_draw.training.recipes import RECIPES, Recipe

UNKNOWN = "not measured"
INDENT: Any = {"initial_indent": " " * 24, "subsequent_indent": " " * 24}


@dataclass(frozen=True)
class Recipes:
    """List the recipes (named configurations): their data, training time and results."""

    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Print the list, and return it by name."""
        say(f"{'recipe':23} {'data':16} time on two CPU cores\n{'':23} results")
        for recipe in RECIPES.values():
            took, reaches = recipe.took or UNKNOWN, recipe.reaches or UNKNOWN
            say(f"{recipe.name:23} {recipe.training.dataset:16} {took}")
            say("\n".join(textwrap.wrap(f"{recipe.summary}; {reaches}", 79, **INDENT)))
        say("Results are on images that were not trained on; nats are per image.")
        say("Train one with keras-draw train --recipe NAME.")
        return {"recipes": {name: _fields(recipe) for name, recipe in RECIPES.items()}}


def table() -> str:
    """The recipes for the help of `--recipe`, one line each."""
    lines = ["A named configuration to start from. Other options override it.", ""]
    for recipe in RECIPES.values():
        known = ", ".join(text for text in (recipe.took, recipe.reaches) if text) or UNKNOWN
        lines.append(f"- {recipe.name} ({recipe.training.dataset}): {known}")
    return "\n".join([*lines, "", "keras-draw recipes shows more about each."])


def _fields(recipe: Recipe) -> dict[str, Any]:
    return {
        "summary": recipe.summary,
        "dataset": recipe.training.dataset,
        "conditional": recipe.conditional,
        "epochs": recipe.training.epochs,
        "took": recipe.took or None,
        "reaches": recipe.reaches or None,
    }
