"""Describe a network: one line of text, or a table of its parts and weights."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from keras_draw.config import DRAWConfig
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.specs import WeightSpec
from keras_draw.models.weights import specs
from keras_draw.models.windows import PARAMETERS

CELLS = {"lstm": "LSTM", "cell-gated": "cell-gated LSTM", "gru": "GRU"}
HEADS = ("Layer (type)", "Output shape", "Weights", "Param #")


class Described(Protocol):
    """The attributes of a `DRAW` that a description needs."""

    config: DRAWConfig
    name: str
    weights: list[Any]
    trainable_weights: list[Any]
    non_trainable_weights: list[Any]
    optimizer: Any


class Row(NamedTuple):
    """One part of the network, as a row of the table."""

    layer: str
    """name and type, such as `encoder (LSTM)`."""
    output: str
    """shape of its output in one stroke; empty if it has none."""
    weights: str
    """names and shapes of its weights; a leading T if each timestep has its own."""
    numbers: int
    """number of parameters in these weights."""


def described(config: DRAWConfig) -> str:
    """The main settings of a network as a short phrase.

    Example:
        >>> described(DRAWConfig(image_shape=(28, 28, 1), read=5))
        '8 strokes, 8 latents each, LSTM of 256, bernoulli; reads through 5 x 5 filters'
    """
    windows = [
        f"{what} through {n} x {n} filters"
        for what, n in (("reads", config.read), ("writes", config.write))
        if n
    ]
    attention = f"; {' and '.join(windows)}" if windows else ""
    return (
        f"{config.timesteps} strokes, {config.latent_dim} latents each, "
        f"{CELLS[config.cell]} of {config.hidden_dim}, {config.likelihood}{attention}"
    )


def titled(network: Described) -> str:
    """The name, image shape and main settings of a network, in one line.

    Args:
        network: a `DRAW`.
    """
    config = network.config
    shape = " x ".join(map(str, config.image_shape))
    classes = f", {config.num_classes} classes" if config.num_classes else ""
    return f"DRAW {network.name!r} for {shape} images{classes}: {described(config)}"


def rows(network: Described) -> list[Row]:
    """The parts of a network, in the order a stroke uses them.

    Args:
        network: a `DRAW`.

    Returns:
        One row per part. Their `numbers` add up to `keras.Model.count_params()`.
    """
    config = network.config
    found: dict[str, list[WeightSpec]] = {}
    for spec in specs(config):
        found.setdefault(spec.layer, []).append(spec)
    kinds = _kinds(config)
    listed = [Row(*kinds[layer], _shapes(own), _count(own)) for layer, own in found.items()]
    counted = sum(row.numbers for row in listed)
    rest = sum(math.prod(w.shape) for w in network.weights) - counted
    return [*listed, *([Row("training steps", "", "a counter", rest)] if rest else [])]


def _kinds(config: DRAWConfig) -> dict[str, tuple[str, str]]:
    """Layer -> its name and type, and the shape of its output in one stroke."""
    h, z, cell = config.hidden_dim, config.latent_dim, CELLS[config.cell]
    likelihood = likelihood_of(config)
    n = config.write
    canvas = f"(None, {likelihood.canvas_size})"
    patch = f"(None, {n}, {n}, {likelihood.channels})" if n else canvas
    return {
        "read": ("read window (Dense)", f"(None, {PARAMETERS})"),
        "encoder": (f"encoder ({cell})", f"(None, {h})"),
        "posterior": ("posterior (Dense: mu, log_var)", f"(None, {2 * z})"),
        "latent": ("latent (Dense)", f"(None, {z})"),
        "decoder": (f"decoder ({cell})", f"(None, {h})"),
        "canvas": ("canvas (Dense)", patch),
        "write": ("write window (Dense)", f"(None, {PARAMETERS})"),
        "initial": (
            f"initial canvas ({config.initial_canvas})",
            f"(None, {likelihood.canvas_size})",
        ),
        "": (f"likelihood ({config.likelihood})", ""),
    }


def _shapes(own: list[WeightSpec]) -> str:
    return "\n".join(f"{spec.key} {tuple(spec.shape)}" for spec in own)


def _count(own: list[WeightSpec]) -> int:
    return sum(math.prod(spec.shape) for spec in own)


def totals(network: Described) -> list[str]:
    """The lines below the table: Keras's parameter counts, and how to read the shapes.

    Args:
        network: a `DRAW`.
    """
    said = {
        "Total params": network.weights,
        "Trainable params": network.trainable_weights,
        "Non-trainable params": network.non_trainable_weights,
    }
    optimizer = getattr(network, "optimizer", None)
    if optimizer is not None and optimizer.built:
        said["Optimizer params"] = optimizer.variables
    lines = [f"{name}: {_sized(weights)}" for name, weights in said.items()]
    t = network.config.timesteps
    each = any(spec.stacked for spec in specs(network.config))
    apart = (
        f"; a weight whose shape starts with {t} has one copy per stroke"
        if each
        else ", which share all weights"
    )
    return [*lines, f"Output shapes are for one of the {t} strokes{apart}."]


def _sized(weights: list[Any]) -> str:
    count = sum(math.prod(w.shape) for w in weights)
    size, unit = float(4 * count), "B"
    for larger in ("KB", "MB", "GB"):
        if size >= 1024:
            size, unit = size / 1024, larger
    return f"{count:,} ({size:.2f} {unit})"


def summary(
    network: Described,
    line_length: int | None = None,
    positions: Any = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Any = None,
) -> None:
    """Print a table of the network's parts, with the shapes and counts of their weights.

    Args:
        network: a `DRAW`.
        line_length: characters per line; default: the width of the terminal.
        positions: ignored; accepted for compatibility with `keras.Model.summary`.
        print_fn: called with the whole text instead of printing it.
        expand_nested: ignored.
        show_trainable: ignored.
        layer_range: ignored.

    Example:
        >>> load("mnist").summary()                         # doctest: +SKIP
    """
    from rich.console import Console, Group  # imported late: drawing does not need it
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(titled(network)), title_justify="left", show_lines=True)
    for head in HEADS:
        table.add_column(head, justify="right" if head == HEADS[-1] else "left")
    for row in rows(network):
        table.add_row(*map(Text, (row.layer, row.output, row.weights, f"{row.numbers:,}")))
    whole = Group(table, Text("\n".join(totals(network))))
    if print_fn is None:
        Console(width=line_length, highlight=False).print(whole)
        return
    console = Console(width=line_length or 100, color_system=None, force_jupyter=False)
    with console.capture() as captured:
        console.print(whole)
    print_fn(captured.get())


def html(network: Described) -> str:
    """The table that `summary` prints, as HTML for a notebook.

    Args:
        network: a `DRAW`.
    """
    from keras_draw.figures.inline import table

    cells = [(r.layer, r.output, r.weights, f"{r.numbers:,}") for r in rows(network)]
    return table(titled(network), HEADS, cells, totals(network))
