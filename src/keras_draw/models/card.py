"""Write a model card for the Hub: a network's description and evaluation, as Markdown."""

import json
import re
from collections.abc import Mapping
from typing import Any

from keras_draw.config import DRAWConfig
from keras_draw.config.classes import in_words
from keras_draw.files import is_number
from keras_draw.printed import command

PICTURE = "samples.png"
"""File name of the card's picture in the repository."""
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~!&$])")


def model_card(
    config: DRAWConfig,
    name: str,
    *,
    evaluation: Mapping[str, Any] | None = None,
    picture: bool = False,
    license: str = "",
) -> str:
    """The model card of a network.

    Args:
        config: the network's configuration.
        name: name of the repository, `user/name`.
        evaluation: values by name, with their `units`, as in `evaluation.json`.
        picture: whether the repository contains a picture.
        license: of the weights, as the Hub's identifier.

    Returns:
        Markdown, with the YAML header that the Hub expects. Texts that come from files are escaped.

    Example:
        >>> print(model_card(DRAWConfig(image_shape=(8, 8, 1)), "ada/digits"))  # doctest: +SKIP
    """
    title = name.partition("/")[2] or name
    parts = [
        _heading(config, license),
        f"# {_plain(title)}",
        _what(config),
        f"![Samples]({PICTURE})" if picture else "",
        _use(config, name),
        "## Configuration\n\n" + _table(("setting", "value"), _settings(config)),
        _measured(evaluation or {}),
        "keras-draw reads only the weights and the plain values of the configuration from "
        "`model.keras`. Nothing in the file is executed.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(config: DRAWConfig, license: str) -> str:
    lines = ["library_name: keras-draw"]
    if not config.num_classes:  # the Hub has no tag for conditional generation
        lines += ["pipeline_tag: unconditional-image-generation"]
    lines += [f"license: {json.dumps(license)}"] if license else []
    lines += ["tags:", "- keras", "- draw", "- vae", "- image-generation"]
    return "\n".join(["---", *lines, "---"])


def _what(config: DRAWConfig) -> str:
    height, width, channels = config.image_shape
    kind = {1: "grey ", 3: "colour "}.get(channels, "")
    said = (
        f"A DRAW network ([arXiv 1502.04623](https://arxiv.org/abs/1502.04623)) that paints {kind}"
        f"images of {height} x {width} pixels in {config.timesteps} strokes"
    )
    if config.num_classes:
        classes = _plain(in_words(config.classes))
        said += f". It is conditional on {config.num_classes} classes: {classes}"
    return said + "."


def _use(config: DRAWConfig, name: str) -> str:
    address = f"hf://{name}"
    asked = ", y=0" if config.num_classes else ""
    return (
        "## Use\n\n```\npip install 'keras-draw[hub]'\n"
        f"{command('generate', address)}\n```\n\n"
        f'```python\nfrom keras_draw import load\n\nmodel = load("{address}")\n'
        f"images = model.generate(16{asked})  # (16, {', '.join(map(str, config.image_shape))}), "
        "in [0, 1]\n```"
    )


def _settings(config: DRAWConfig) -> list[tuple[str, str]]:
    """The main settings, then those that differ from the defaults, without the class names."""
    first = ("image_shape", "num_classes", "timesteps", "latent_dim", "hidden_dim", "likelihood")
    values, usual = config.to_json(), DRAWConfig(image_shape=config.image_shape).to_json()
    said = {*first, "class_names"}
    names = [*first, *(n for n in values if n not in said and values[n] != usual[n])]
    return [(f"`{name}`", _value(values[name])) for name in names]


def _measured(evaluation: Mapping[str, Any]) -> str:
    """A table of all numbers of an evaluation that have a unit, except values per timestep."""
    units = evaluation.get("units")
    units = units if isinstance(units, Mapping) else {}
    rows = []
    for name, unit in units.items():
        value = evaluation.get(name)
        if not is_number(value):
            continue
        error = evaluation.get(f"{name}_standard_error")
        said = _value(value) + (f" ± {_value(error)}" if is_number(error) else "")
        rows.append((_plain(str(name).replace("_", " ")), said, _plain(str(unit))))
    if not rows:
        return ""
    count, dataset = evaluation.get("images"), evaluation.get("dataset")
    on = f"{count:,} images of {_plain(str(dataset))}" if isinstance(count, int) else "Images"
    said = f"Measured by `keras-draw evaluate` on {on}."
    if isinstance(evaluation.get("extractor"), str):
        said += (
            f" FID and KID compare {evaluation.get('count_a')} real and "
            f"{evaluation.get('count_b')} generated images by the features of "
            f"{_plain(evaluation['extractor'])}."
        )
    note = _plain(str(evaluation.get("note") or ""))
    parts = ["## Evaluation", said, _table(("measure", "value", "unit"), rows), note]
    return "\n\n".join(part for part in parts if part)


def _table(heading: tuple[str, ...], rows: list[Any]) -> str:
    lines = [heading, ("---",) * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.5g}" if abs(value) < 1e4 else f"{value:,.0f}"
    if isinstance(value, list):
        return " x ".join(map(_value, value)) if all(map(is_number, value)) else _plain(str(value))
    return _plain(str(value))


def _plain(text: str) -> str:
    """Text on one line, with the special characters of Markdown and HTML escaped."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
