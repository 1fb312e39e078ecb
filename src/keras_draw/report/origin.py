"""Where a run comes from and how it is made again: configuration, commands, surroundings."""

import dataclasses
import json
import shlex
from typing import Any

from keras_draw.config import DRAWConfig
from keras_draw.data.sources import test_split_of
from keras_draw.places import placeless
from keras_draw.report.commands import evaluate_command, train_command
from keras_draw.report.page import Code, Column, Folded, Section, Table, Text
from keras_draw.report.subject import Subject


def described(config: DRAWConfig) -> str:
    """A network in a few words.

    Example:
        >>> described(DRAWConfig(image_shape=(8, 8, 1), read=5, write=5))
        'T 8, Z 8, hidden 256, read 5, write 5'
    """
    words = [f"T {config.timesteps}", f"Z {config.latent_dim}", f"hidden {config.hidden_dim}"]
    words += [f"{n} {v}" for n in ("read", "write") if (v := getattr(config, n)) is not None]
    return ", ".join([*words, *(["conditional"] if config.num_classes else [])])


def spent(seconds: float) -> str:
    """A time that was measured.

    Example:
        >>> spent(7715.8), spent(62), spent(17.8)
        ('2 h 8 min 36 s', '1 min 2 s', '17.8 s')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min {rest} s" if hours else f"{minutes} min {rest} s"


def known(subject: Subject) -> dict[str, str]:
    """What the provenance says, as texts, without what it does not say.

    Args:
        subject: the run.
    """
    found = subject.provenance
    versions = found.get("versions")
    pairs = versions.items() if isinstance(versions, dict) else ()
    pieces = {
        "on": found.get("machine"),
        "started": str(found.get("started") or "")[:10],
        "made with": ", ".join(f"{n} {v}" for n, v in pairs),
        "backend": found.get("backend"),
        "git commit": found.get("git_commit"),
    }
    data = found.get("data")
    for use, one in (data if isinstance(data, dict) else {}).items():
        if isinstance(one, dict):
            name = placeless(str(one.get("name")))
            pieces[f"{use} images"] = (
                f"{one.get('images')} of {name}; SHA-256 {str(one.get('sha256'))[:16]}…"
            )
    return {name: str(value) for name, value in pieces.items() if value}


def configuration(subject: Subject) -> Section:
    """What is not the default, and everything, folded.

    Args:
        subject: the run.
    """
    rows = []
    for config in subject.config:
        for field in dataclasses.fields(config):
            value, default = getattr(config, field.name), field.default
            if value != default:
                usual = "" if default is dataclasses.MISSING else _plain(default)
                rows.append((field.name, placeless(_plain(value)), usual))
    columns = [Column("field"), Column("value"), Column("default")]
    whole = {
        "model": subject.config.model.to_json(),
        "training": subject.config.training.to_json(),
    }
    whole["training"]["dataset"] = placeless(whole["training"]["dataset"])
    return Section(
        "configuration",
        "Configuration",
        [
            Table("What is not the default", columns, rows),
            Folded(
                "The whole configuration", Code(json.dumps(whole, indent=2, ensure_ascii=False))
            ),
        ],
    )


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return " × ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool | None) else str(value)


def again(subject: Subject) -> Section:
    """Commands, and what the run was made with.

    Args:
        subject: the run.
    """
    found, lines = subject.evaluation, [train_command(subject.config, f"runs/{subject.name}")]
    if found:
        usual = test_split_of(subject.config.training.dataset)
        dataset = found.text("dataset")
        lines.append(
            evaluate_command(
                f"runs/{subject.name}",
                dataset="" if dataset == usual else dataset,
                options=found.made_from.get("options"),
                extractor=_extractor(subject),
            )
        )
    else:
        lines.append(evaluate_command(f"runs/{subject.name}"))
    lines.append(f"keras-draw report {shlex.quote(f'runs/{subject.name}')}")
    said = "These weights ship with keras-draw as the preset of this name. " * subject.is_preset
    rows = list(known(subject).items())
    blocks: list[Any] = [
        Text(f"{said}To train, measure and report it again:"),
        Code("\n".join(lines)),
    ]
    if rows:
        blocks.append(Table("Where it comes from", [Column("what"), Column("known")], rows))
    return Section("again", "Make it again", blocks)


def _extractor(subject: Subject) -> str:
    used = subject.evaluation.text("extractor")
    usual = "digits-classifier" if subject.config.model.image_shape == (28, 28, 1) else ""
    return "" if used == usual else used
