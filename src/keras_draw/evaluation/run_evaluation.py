"""Evaluate a run and store the results in its folder as `evaluation.json`."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from keras_draw.config import DRAWConfig, EvaluateConfig
from keras_draw.data import load_images
from keras_draw.data.sources import has_test_split, test_split_of, was_trained_on
from keras_draw.evaluation.cache import cache_folder
from keras_draw.evaluation.evaluating import Watch, evaluate
from keras_draw.evaluation.extractors import DIGITS, Extractor
from keras_draw.evaluation.extractors import extractor as extractor_of
from keras_draw.evaluation.record import OPTIONS, Evaluation
from keras_draw.models.draw import DRAW
from keras_draw.places import placeless
from keras_draw.training.loading import PRESETS, file_of, load_hashed, load_run, run_of
from keras_draw.training.provenance import surroundings
from keras_draw.training.runs import RunFolder, read_json, write_json

Tell = Callable[[str], None]
"""Receives a message for the user."""


def quiet(text: str) -> None:
    """A `Tell` that ignores all messages."""


def evaluate_run(
    run_dir: str | Path,
    asked: EvaluateConfig,
    *,
    weights: Path | None,
    data_dir: str | Path | None,
    watch: Watch,
    again: bool = False,
    tell: Tell = quiet,
) -> Evaluation:
    """Evaluate a network. For a run, store the result in its folder as `evaluation.json`.

    Values that an earlier call measured with the same weights, images and options are reused. If
    the evaluation is interrupted, finished parts are kept. A run may go on training meanwhile: the
    result records which weights were measured.

    Args:
        run_dir: a run folder, the name of a preset, a `.keras` file or an address, as for
            `keras_draw.load`. Results are only stored for runs.
        asked: options, and the images to measure on, which are required for a file or an address.
        weights: the extractor's weights.
        data_dir: first folder to search for named data sets.
        watch: called with the progress of every part.
        again: measure everything again, and ignore earlier results.
        tell: receives messages, such as which values were reused, or that the result could not be
            stored.

    Returns:
        The result of `evaluation.evaluate`, with `made_from`, and with `measured`: time and
        machine.

    Raises:
        ValueError: if images or options do not fit, or a file is damaged.
        FileNotFoundError: if the run or the images do not exist.
    """
    run, model, weights_hash, spec = _subject(run_dir, asked, tell)
    shape = model.config.image_shape if spec.startswith("folder:") else None
    features = _extractor(asked.extractor, weights, model.config)
    data = load_images(spec, data_dir=data_dir, image_shape=shape)
    made_from = {
        "images": data.checksum,
        "classes": _hash(data.class_names) if model.config.num_classes else "",
        "weights": weights_hash,
        "network": _hash(_measured_by(model.config)),
        "extractor": [features.name, features.weights_hash] if features else None,
        "options": [getattr(asked, name) for name in OPTIONS],
    }
    done = None if again or run is None else _known(run.evaluation, made_from)
    before, now, parts = done.get("measured") if done else None, _measured(), list[str]()
    keeper = _Keeper(run, tell)

    def listening(part: str, steps: int) -> Callable[[], None]:
        parts.append(part)
        return watch(part, steps)

    def whole(found: Evaluation) -> Evaluation:
        about = {"dataset": placeless(data.name), "made_from": made_from}
        return Evaluation({**found, **about, "measured": now if parts else before})

    found = evaluate(
        model,
        data,
        samples=asked.samples,
        threshold=asked.threshold,
        extractor=features,
        seed=asked.seed,
        watch=listening,
        done=done,
        on_part=lambda found: keeper.keep(whole(found)),
        cache=cache_folder(),
    )
    if parts:
        keeper.keep(whole(found))
    if done and run:
        tell(_said(before, parts, run.evaluation))
    return whole(found)


def _subject(
    what: str | Path, asked: EvaluateConfig, tell: Tell
) -> tuple[RunFolder | None, DRAW, str, str]:
    """The run (or None), the network, the hash of its weights, and the images to measure on."""
    if file := file_of(what):
        if not asked.dataset:
            raise ValueError(
                f"{what} does not record a data set: give --dataset, the images to measure on."
            )
        return None, *load_hashed(file), asked.dataset
    run = run_of(what)
    model, config, digest = load_run(run)
    trained_on = config.training.dataset
    if not asked.dataset and not has_test_split(trained_on):
        raise ValueError(
            f"{what} was trained on {trained_on}, and no images were held out: give the images to "
            "measure on."
        )
    spec = asked.dataset or test_split_of(trained_on)
    if was_trained_on(spec, trained_on):
        tell(f"Note: the network was trained on {trained_on}, which includes images measured here.")
    return run, model, digest, spec


class _Keeper:
    """Writes `evaluation.json`; if that fails, the evaluation goes on with a message."""

    def __init__(self, run: RunFolder | None, tell: Tell) -> None:
        self.run, self.tell = run, tell
        self.told = False

    def keep(self, found: Evaluation) -> None:
        if self.run is None or self.run.path.parent == PRESETS:
            return
        try:
            write_json(self.run.evaluation, found.to_json())
        except OSError as error:
            if not self.told:
                self.tell(f"{self.run.evaluation} could not be written ({error.strerror}): the "
                          "results are printed, but not stored.")  # fmt: skip
            self.told = True


def _known(path: Path, made_from: dict[str, Any]) -> Evaluation | None:
    """The results of an earlier call with the same inputs; None if there are none."""
    if not path.is_file():
        return None
    try:
        before = read_json(path)
    except ValueError as error:
        raise ValueError(f"{error} Measure again with --again, or remove the file.") from None
    was = before.get("made_from")
    if not isinstance(was, dict):
        return None
    added = {name: made_from[name] for name in ("network", "classes")}  # earlier versions lack them
    if {**added, **was} != made_from:
        return None
    return Evaluation.from_json(before, str(path))


def _measured_by(config: DRAWConfig) -> dict[str, Any]:
    """The fields that a measurement depends on, in addition to the weights."""
    return {k: v for k, v in config.to_json().items() if k != "class_names"}


def _hash(of: Any) -> str:
    return hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()


def _measured() -> dict[str, Any]:
    found = surroundings()
    return {"when": found["started"]} | {n: found[n] for n in ("machine", "backend", "versions")}


def _said(before: Any, parts: list[str], path: Path) -> str:
    """A message about which values were reused, and when and where they were measured."""
    where = f"{path.name} of {path.parent.name}"
    what = (
        f"Measured now: {', '.join(parts)}. All other results"
        if parts
        else "Nothing was measured: all results"
    )
    said = f"{what} are from {where}, for the same weights, images and options"
    if isinstance(before, dict):
        versions = before.get("versions")
        version = versions.get("keras-draw") if isinstance(versions, dict) else None
        said += (
            f", measured {before.get('when')} on {before.get('machine')} by keras-draw {version}"
        )
    else:
        said += ", without a time of measurement"
    return f"{said}. To measure again, use --again."


def _extractor(spec: str, weights: Path | None, config: DRAWConfig) -> Extractor | None:
    fits = config.image_shape == (28, 28, 1)
    if spec.startswith(DIGITS) and not fits:
        h, w, c = config.image_shape
        raise ValueError(
            f"{DIGITS} is for grey pictures of 28 x 28, but this network draws {h} x {w} x {c}: "
            "choose another extractor, or none."
        )
    return extractor_of(spec or DIGITS, weights) if spec or fits else None
