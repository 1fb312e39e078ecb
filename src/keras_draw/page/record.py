"""The page's record of a network: its configuration, its classes, and facts about it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from keras_draw.config import DRAWConfig
from keras_draw.evaluation.record import Evaluation
from keras_draw.files import expanded
from keras_draw.models.draw import DRAW
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.places import placeless
from keras_draw.training.loading import load, load_run, run_of
from keras_draw.training.runs import RunFolder, read_json

BOX = 20 / 28
"""MNIST's digits fill a box of 20 pixels in a picture of 28."""
BOXES = {"mnist": BOX, "binarized_mnist": BOX, "digits": 1.0}
"""Data sets with centred pictures, and the share of the picture that their content fills."""
COSTS = {
    "code length": "",
    "density": " (of a density, so it can be negative)",
    "cost": " (for grey pixels a cross-entropy: a cost, not a likelihood)",
}
"""Meaning of a likelihood's cost -> a note for the page."""


class Source(NamedTuple):
    """A network for a page."""

    name: str
    model: DRAW
    dataset: str
    """its training data, without folders of this machine; empty if not known."""
    run: RunFolder | None
    """None for a `.keras` file."""

    @property
    def is_binary(self) -> bool:
        """Whether its pixels are 0 or 1."""
        named = self.dataset.partition("[")[0].partition(":")[0]
        return self.model.config.dynamic_binarization or named == "binarized_mnist"


def read_source(what: str | Path) -> Source:
    """Load a network and the facts that its run stores.

    Args:
        what: a run folder, a `.keras` file, or the name of a preset.

    Raises:
        FileNotFoundError: if nothing has that name.
        ValueError: if the network is damaged.
    """
    path = expanded(what)
    if path.suffix.lower() == ".keras" and path.is_file():
        return Source(path.stem, load(path), "", None)
    run = run_of(what)
    found = load_run(run)
    return Source(
        run.path.resolve().name, found.model, placeless(found.config.training.dataset), run
    )


def record_of(source: Source, *, name: str, weights: str, cost: str = "") -> dict[str, Any]:
    """The page's record of a network, as JSON values; the caller adds the weights' header.

    Args:
        source: the network.
        name: its name on this page.
        weights: number format of the packed weights.
        cost: the cost of packing them, in words.
    """
    config = source.model.config
    strokes = "1 stroke" if config.timesteps == 1 else f"{config.timesteps} strokes"
    named = source.dataset.partition("[")[0].partition(":")[0]
    meaning = likelihood_of(config).meaning(binary=source.is_binary)
    return {
        "name": name,
        "title": f"{name}, {strokes}",
        "config": config.to_json(),
        "values": source.model.count_params(),
        "binary": source.is_binary,
        "centre": named in BOXES,
        "box": BOXES.get(named, BOX),
        "classes": _classes(source),
        "cost": COSTS[meaning],
        "facts": [[key, value] for key, value in _facts(source, weights, cost) if value],
    }


def _facts(source: Source, weights: str, cost: str) -> Sequence[tuple[str, str]]:
    config = source.model.config
    height, width, channels = config.image_shape
    latents = config.timesteps * config.latent_dim
    colours = {1: "grey", 3: "colour"}.get(channels, f"{channels} channels")
    windows = [
        f"{verb} {n} × {n}" for verb, n in (("looks", config.read), ("paints", config.write)) if n
    ]
    return (
        ("Strokes", str(config.timesteps)),
        ("Latents", f"{config.latent_dim} per stroke, {latents} in all"),
        ("Cell", f"{config.cell}, {config.hidden_dim} hidden units"),
        ("Windows", ", ".join(windows)),
        ("Pictures", f"{width} × {height} pixels, {colours}"),
        ("Likelihood", config.likelihood),
        ("Trained on", _learned_from(source)),
        ("Measured", _measured(source, config)),
        ("Weights", f"{source.model.count_params():,}, stored as {weights}"),
        ("Rounding", cost),
    )


def _provenance(source: Source) -> dict[str, Any]:
    """The run's record of its training images; empty if there is none."""
    run = source.run
    found = read_json(run.provenance).get("data") if run and run.provenance.is_file() else None
    train = found.get("train") if isinstance(found, dict) else None
    return train if isinstance(train, dict) else {}


def _classes(source: Source) -> list[str]:
    config = source.model.config
    if config.class_names:
        return list(config.class_names)
    # Early versions kept them there alone.
    names: Any = _provenance(source).get("class_names")
    is_list = isinstance(names, list) and len(names) == config.num_classes
    if is_list and all(isinstance(name, str) for name in names):
        return names
    return list(config.classes)


def _learned_from(source: Source) -> str:
    known = _provenance(source)
    name = known.get("name")
    if not isinstance(name, str):
        return source.dataset
    count = known.get("images")
    return f"{count:,} images of {placeless(name)}" if isinstance(count, int) else placeless(name)


def _measured(source: Source, config: DRAWConfig) -> str:
    if source.run is None:
        return ""
    found = Evaluation.read(source.run.evaluation)
    bound = found.number("elbo")
    if bound is None:
        return ""
    what = (
        "cost"
        if found.text("note")
        else "−log p(x | class) ≤"
        if config.num_classes
        else "−log p(x) ≤"
    )
    return f"{what} {-bound:.2f} nats, {placeless(found.measured_on)}"
