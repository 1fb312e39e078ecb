"""How far a run of a sweep is: what the files in its folder say, of which nothing is kept again."""

import contextlib
import dataclasses
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from keras_draw.config import DRAWConfig, TrainConfig
from keras_draw.data.sources import name_of, test_split_of
from keras_draw.evaluation.record import Evaluation
from keras_draw.places import placeless
from keras_draw.sweeps.spec import MOST_RUNS, SweepEvaluation, SweepRun
from keras_draw.sweeps.table import Row, check_measured, measured
from keras_draw.training.forecast import read_history
from keras_draw.training.provenance import read_provenance
from keras_draw.training.runs import RunConfig, RunFolder

TRAINING_SHARE = 0.9
"""Of a run's time, about; the rest is evaluation."""
_PARTS = {
    "elbo": "bound", "mse_per_timestep": "strokes", "kl_per_latent": "latents",
    "log_likelihood": "likelihood", "fid": "samples", "fid_reconstructions": "reconstructions",
    "label_agreement": "labels",
}  # fmt: skip
"""What of `evaluation.json` tells that a part was measured -> the part, in their order."""
_WITH = {"kl_per_latent": "variance_law", "fid_reconstructions": "fid"}
"""What is left out together with another."""


class Standing(NamedTuple):
    """Where a run stands."""

    share: float = 0.0
    """of it that is over, 0 to 1."""
    stage: str = "starting"
    """what comes next, such as `training, epoch 3 of 20`."""
    row: Row | None = None
    """what was measured, once it is finished."""
    reason: str | None = None
    """why it failed, if it did."""
    seconds: float = 0.0
    """that it trained, as far as that is known."""
    epochs: int = 0
    """that these were spent on."""


def standing(run: SweepRun, target: RunFolder, asked: SweepEvaluation) -> Standing:
    """Where a run stands by its folder. Reads, and disturbs nobody.

    A run is finished when its training is over and `evaluation.json` holds all that was asked for
    of the weights that are there. What is damaged is not there: the run says so when it goes on.

    Args:
        run: of the sweep.
        target: its folder.
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
    except (LookupError, OSError, ValueError):  # it lacks a value, or holds others
        return here
    return here._replace(share=1.0, stage="finished", row=row)


def as_asked(run: SweepRun, stored: RunConfig) -> RunConfig:
    """What a run's `config.json` has to say, with what only its images tell.

    Args:
        run: of the sweep.
        stored: what it says.
    """
    model = DRAWConfig(
        **run.architecture.to_json(),
        image_shape=stored.model.image_shape,
        num_classes=stored.model.num_classes,
        class_names=stored.model.class_names,
    )
    return RunConfig(model, run.training)


def extractor_name(asked: str, image_shape: tuple[int, int, int]) -> str | None:
    """How `evaluation.json` names the extractor that a sweep asks for; None if there is none.

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
    except (OSError, ValueError):  # what `provenance.json` says will do
        return {}


def _has_stopped(history: dict[str, list[float]], training: TrainConfig) -> bool:
    """Whether a training came to an early end, as Keras's EarlyStopping has it."""
    losses = history.get("val_loss") if training.patience else None
    return losses is not None and len(losses) - 1 - losses.index(min(losses)) >= training.patience


def _spent(target: RunFolder, took: dict[str, Any], epochs: int) -> tuple[float, int]:
    """Seconds that a run trained, and the epochs that they were spent on.

    Of sessions that have ended `provenance.json` says both. The last session took its lock when it
    began and wrote the history after its last epoch: so the times of these files say it of one that
    goes on, or was killed.
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
    """Whether an evaluation was made with these settings, of the weights that are there."""
    made_from = found.get("made_from")
    if not isinstance(made_from, dict):
        return False
    by, shape = made_from.get("extractor"), target.read_config().model.image_shape
    on = asked.dataset or test_split_of(run.training.dataset)
    return (
        found.get("dataset") in (placeless(on), placeless(name_of(on)))
        and made_from.get("options") == [asked.samples, asked.threshold, asked.seed]
        and (by[0] if isinstance(by, list) and by else None)
        == extractor_name(asked.extractor, shape)
        and made_from.get("weights") == _sha256(target.best)
    )


def _parts(found: Evaluation) -> list[str]:
    """What an evaluation has to hold, by what it says that it leaves out."""
    left_out = found.get("left_out")
    if not isinstance(left_out, dict):
        return [*_PARTS]
    return [key for key in _PARTS if _WITH.get(key, key) not in left_out]


def _placeless(config: RunConfig) -> RunConfig:
    """Without the place of the images, which may be another when a run goes on."""
    return config._replace(training=dataclasses.replace(config.training, dataset=""))


def _sha256(path: Path) -> str:
    about = path.stat()
    return _sha256_of(path, (about.st_mtime_ns, about.st_size, about.st_ino))


@lru_cache(maxsize=MOST_RUNS)
def _sha256_of(path: Path, unchanged: tuple[int, int, int]) -> str:
    """Of a file, read once as long as its time, size and number are the same."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
