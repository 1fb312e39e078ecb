"""A model card: what a network is and what was measured of it, as Markdown for the Hub."""

import json
import re
from collections.abc import Mapping
from typing import Any

from keras_draw.config import DRAWConfig
from keras_draw.config.classes import in_words
from keras_draw.files import is_number
from keras_draw.printed import command

PICTURE = "samples.png"
"""What a card's picture is called beside it."""
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~!&$])")


def model_card(
    config: DRAWConfig,
    name: str,
    *,
    evaluation: Mapping[str, Any] | None = None,
    picture: bool = False,
    license: str = "",
) -> str:
    """The card of a network.

    Args:
        config: the network's.
        name: as the Hub knows it, `user/name`.
        evaluation: values by name, with their `units`, as `evaluation.json` holds them.
        picture: whether there is one beside the card.
        license: of the weights, by the Hub's short names.

    Returns:
        Markdown, with the Hub's heading of YAML. Texts that come from files mean nothing in it but
        themselves.

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
        "Only the configuration's plain values and the weights are read of `model.keras`: nothing "
        "in it is executed.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(config: DRAWConfig, license: str) -> str:
    lines = ["library_name: keras-draw"]
    if not config.num_classes:  # the Hub has no word for classes on demand
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
        said += f", of one of {config.num_classes} classes on demand: {classes}"
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
    """What differs from the defaults, after what every network is asked for; not the classes."""
    first = ("image_shape", "num_classes", "timesteps", "latent_dim", "hidden_dim", "likelihood")
    values, usual = config.to_json(), DRAWConfig(image_shape=config.image_shape).to_json()
    said = {*first, "class_names"}
    names = [*first, *(n for n in values if n not in said and values[n] != usual[n])]
    return [(f"`{name}`", _value(values[name])) for name in names]


def _measured(evaluation: Mapping[str, Any]) -> str:
    """Every number of an evaluation that has a unit; those of single timesteps are left out."""
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
            f" FID and KID are by the features of {_plain(evaluation['extractor'])}, of "
            f"{evaluation.get('count_a')} real and {evaluation.get('count_b')} drawn images."
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
    """Text in one line in which no character is Markdown's or HTML's."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
