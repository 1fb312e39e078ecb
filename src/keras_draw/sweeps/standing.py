"""The state of a run in a sweep, read from the files in its run folder and stored nowhere else."""

import contextlib
import dataclasses
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from keras_draw.config import DRAWConfig, TrainConfig
from keras_draw.data.sources import name_of, test_split_of
from keras_draw.data.specs import bounds_of, parse
from keras_draw.evaluation.record import Evaluation
from keras_draw.places import placeless
from keras_draw.sweeps.spec import MOST_RUNS, SweepEvaluation, SweepRun
from keras_draw.sweeps.table import Row, check_measured, measured
from keras_draw.training.forecast import read_history
from keras_draw.training.provenance import read_provenance
from keras_draw.training.runs import RunConfig, RunFolder

TRAINING_SHARE = 0.9
"""Approximate share of a run's time that training takes; the rest is evaluation."""
_PARTS = {
    "elbo": "bound", "mse_per_timestep": "strokes", "kl_per_latent": "latents",
    "log_likelihood": "likelihood", "fid": "samples", "fid_reconstructions": "reconstructions",
    "label_agreement": "labels",
}  # fmt: skip
"""Key of `evaluation.json` that is present once a part was measured -> the part, in order."""
_WITH = {"kl_per_latent": "variance_law", "fid_reconstructions": "fid"}
"""Key -> the entry of `left_out` that also leaves this key out."""


class Standing(NamedTuple):
    """The state of a run."""

    share: float = 0.0
    """share of the run that is done, 0 to 1."""
    stage: str = "starting"
    """the current stage, such as `training, epoch 3 of 20`."""
    row: Row | None = None
    """the measurements, once the run is finished."""
    reason: str | None = None
    """why it failed, if it did."""
    seconds: float = 0.0
    """training time so far, as far as it is known."""
    epochs: int = 0
    """number of epochs that took this time."""


def standing(run: SweepRun, target: RunFolder, asked: SweepEvaluation) -> Standing:
    """Determine the state of a run from its folder. This only reads, and needs no lock.

    A run is finished when its training is over and `evaluation.json` holds all that was asked for,
    measured with the current weights. Damaged files count as missing; the run reports them when it
    is resumed.

    Args:
        run: a run of the sweep.
        target: its run folder.
        asked: what is to be measured.
    """
    try:
        config, took = target.read_config(), read_provenance(target)
        if target.is_clearing or _placeless(config) != _placeless(as_asked(run, config)):
            return Standing()
    except (OSError, ValueError):
        return Standing()
    history, written, of = _history(target), int(took.get("epochs", 0)), run.training.epochs
    epochs = max(len(history.get("loss", ())), written)
    seconds, counted = _spent(target, took, epochs)
    if epochs > written or not (epochs >= of or _has_stopped(history, run.training)):
        share, stage = min(epochs / of, 1.0), f"training, epoch {min(epochs + 1, of)} of {of}"
        return Standing(TRAINING_SHARE * share, stage, seconds=seconds, epochs=counted)
    here = Standing(TRAINING_SHARE, "measuring bound", seconds=seconds, epochs=counted)
    try:
        found = Evaluation.read(target.evaluation)
        if not _is_as_asked(found, run, target, asked):
            return here
        parts = _parts(found)
        if missing := [key for key in parts if key not in found]:
            share = 1 - (1 - TRAINING_SHARE) * len(missing) / len(parts)
            return here._replace(share=share, stage=f"measuring {_PARTS[missing[0]]}")
        row = measured(found, took)
        check_measured(row)
    except (LookupError, OSError, ValueError):  # a value is missing or invalid
        return here
    return here._replace(share=1.0, stage="finished", row=row)


def as_asked(run: SweepRun, stored: RunConfig) -> RunConfig:
    """Return the configuration that a run's `config.json` must hold.

    Args:
        run: a run of the sweep.
        stored: the stored configuration, for the fields that depend on the images.
    """
    model = DRAWConfig(
        **run.architecture.to_json(),
        image_shape=stored.model.image_shape,
        num_classes=stored.model.num_classes,
        class_names=stored.model.class_names,
    )
    return RunConfig(model, run.training)


def extractor_name(asked: str, image_shape: tuple[int, int, int]) -> str | None:
    """Return the name in `evaluation.json` of the extractor that a sweep uses; None for none.

    Example:
        >>> extractor_name("inception-2015", (32, 32, 3)), extractor_name("", (28, 28, 1))
        ('inception-2015:2048', 'digits-classifier')
    """
    if not asked and image_shape != (28, 28, 1):
        return None
    name, _, tap = (asked or "digits-classifier").partition(":")
    return name if name == "digits-classifier" else f"{name}:{tap or 2048}"


def _history(target: RunFolder) -> dict[str, list[float]]:
    try:
        return read_history(target.history)
    except (OSError, ValueError):  # `provenance.json` is enough
        return {}


def _has_stopped(history: dict[str, list[float]], training: TrainConfig) -> bool:
    """Whether a training was stopped early, by the rule of Keras's EarlyStopping."""
    losses = history.get("val_loss") if training.patience else None
    return losses is not None and len(losses) - 1 - losses.index(min(losses)) >= training.patience


def _spent(target: RunFolder, took: dict[str, Any], epochs: int) -> tuple[float, int]:
    """Return the seconds that a run has trained, and the number of epochs that took this time.

    `provenance.json` states both for training sessions that have ended. For a session that is still
    active, or was killed, the times of two files are used: the lock is written when a session
    begins, and the history after each epoch.
    """
    seconds, before = took.get("seconds", 0.0), int(took.get("epochs", 0))
    with contextlib.suppress(OSError):
        session = target.history.stat().st_mtime - target.lock.stat().st_mtime
        if epochs > before and session > 0:
            return seconds + session, epochs
    return seconds, before if seconds else 0


def _is_as_asked(
    found: Evaluation, run: SweepRun, target: RunFolder, asked: SweepEvaluation
) -> bool:
    """Whether an evaluation was made with these settings and the current weights."""
    made_from = found.get("made_from")
    if not isinstance(made_from, dict):
        return False
    by, shape = made_from.get("extractor"), target.read_config().model.image_shape
    on = asked.dataset or test_split_of(run.training.dataset)
    return (
        found.get("dataset") in _names(on)
        and made_from.get("options") == [asked.samples, asked.threshold, asked.seed]
        and (by[0] if isinstance(by, list) and by else None)
        == extractor_name(asked.extractor, shape)
        and made_from.get("weights") == _sha256(target.best)
    )


def _names(on: str) -> set[str]:
    """The names that these images can have in `evaluation.json`, wherever a folder lies now."""
    found = {placeless(on), placeless(name_of(on))}
    parsed = parse(on)
    if parsed.kind == "folder" and not parsed.part:  # a folder with parts of its own
        found.add(placeless(name_of(f"folder:{parsed.rest}:train{bounds_of(parsed)}")))
    return found


def _parts(found: Evaluation) -> list[str]:
    """Return the keys that an evaluation must hold: all but those it leaves out on purpose."""
    left_out = found.get("left_out")
    if not isinstance(left_out, dict):
        return [*_PARTS]
    return [key for key in _PARTS if _WITH.get(key, key) not in left_out]


def _placeless(config: RunConfig) -> RunConfig:
    """Remove the path of the images, which may change before a run is resumed."""
    return config._replace(training=dataclasses.replace(config.training, dataset=""))


def _sha256(path: Path) -> str:
    about = path.stat()
    return _sha256_of(path, (about.st_mtime_ns, about.st_size, about.st_ino))


@lru_cache(maxsize=MOST_RUNS)
def _sha256_of(path: Path, unchanged: tuple[int, int, int]) -> str:
    """SHA-256 of a file, cached as long as its time, size and inode stay the same."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
