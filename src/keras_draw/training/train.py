"""Train a network into a run folder, from the start or where it stood."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from keras_draw.config import Architecture, Devices, DRAWConfig, TrainConfig
from keras_draw.data import TrainingData, load_training
from keras_draw.files import sha256_of
from keras_draw.models.inputs import check_images
from keras_draw.models.memory import check_training_fits
from keras_draw.training import checkpoint, starting
from keras_draw.training.building import check_callbacks
from keras_draw.training.distribution import Crew, together
from keras_draw.training.fitting import Interrupted, fit
from keras_draw.training.results import TrainResult, fields
from keras_draw.training.runs import RunConfig, RunFolder
from keras_draw.training.showing import Display, display_of

__all__ = ["Interrupted", "TrainResult", "check_same", "fields", "resume", "train"]


def train(
    architecture: Architecture | None,
    training: TrainConfig,
    *,
    conditional: bool = False,
    start_from: str | Path | None = None,
    run_dir: str | Path,
    image_shape: tuple[int, int, int] | None = None,
    data_dir: str | Path | None = None,
    strict: bool = False,
    overwrite: bool = False,
    progress: bool | Display = True,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    devices: Devices | None = None,
) -> TrainResult:
    """Train a new network.

    Args:
        architecture: the network; None: that of `start_from`, with its condition.
        training: data, optimiser, schedule.
        conditional: give the network the labels.
        start_from: a trained network, as `load` takes it, whose weights this one begins with
            instead of random ones; see docs/runs.md.
        run_dir: the folder that receives everything; see docs/runs.md.
        image_shape: height, width and channels that a folder's pictures are brought to.
        data_dir: where named data sets are looked for first.
        strict: refuse a folder of pictures if one cannot be read.
        overwrite: replace a run that is in the folder, once the first step of this one is done.
        progress: show a bar with time left, or lines where there is no terminal; or what shows it.
        callbacks: more of Keras's; what they carry from epoch to epoch is not kept.
        devices: what to train on; all accelerators of this machine if not given.

    Returns:
        What was reached.

    Raises:
        ValueError: if configuration, data, callbacks and `start_from` do not fit, or the memory
            cannot hold them.
        MemoryError: if the memory is full nevertheless.
        FileExistsError: if the folder holds a run, or something else.
        PermissionError: if the folder cannot be written to.
        BlockingIOError: if another process trains in it.
        FileNotFoundError: if the data are not on this machine, or there is no such network.
        Interrupted: on Ctrl-C or SIGTERM, after saving.
        Diverged: if the loss became NaN or infinite.

    Example:
        >>> train(Architecture(), TrainConfig(epochs=1), run_dir="runs/one")     # doctest: +SKIP
    """
    check_callbacks(training, callbacks)
    source = starting.source_of(start_from) if start_from else None
    if architecture is None:
        if source is None:
            raise ValueError("architecture is None, and there is no start_from to take it from.")
        architecture = source.config.architecture
        conditional = conditional or source.config.num_classes > 0
    if source and training.dataset.startswith("folder:"):
        image_shape = image_shape or source.config.image_shape
    display = display_of(progress)
    display.phase(f"reading {training.dataset}")
    data = load_training(
        training.dataset,
        validation=training.validation,
        seed=training.seed,
        data_dir=data_dir,
        image_shape=image_shape,
        strict=strict,
    )
    if conditional and data.train.labels is None:
        raise ValueError(
            f"{data.train.no_labels}, which a conditional network needs: train without "
            "the condition, or on a labelled set."
        )
    if conditional and data.train.num_classes < 2:
        raise ValueError(
            f"{data.train.name} has one class, {data.train.class_names[0]}, and a conditional "
            "network needs two or more: train without the condition."
        )
    model_config = DRAWConfig(
        **architecture.to_json(),
        image_shape=data.train.image_shape,
        num_classes=data.train.num_classes if conditional else 0,
        class_names=data.train.class_names if conditional else (),
    )
    check_images(model_config, data.train.images)
    if source:
        starting.check_fits(source, model_config, data.train.name)
    config = RunConfig(model_config, training, source.start if source else None)
    run = RunFolder(run_dir)
    with together(devices or Devices(), training.batch_size, _said(config, data)) as crew:
        check_training_fits(
            model_config,
            training.batch_size,
            precision=training.precision,
            averages=training.ema_momentum > 0,
            devices=crew.count,
        )
        start = starting.weights_of(source) if source else None
        if crew.is_first:
            run.create(overwrite=overwrite)
        with _locked(run, crew):
            if crew.is_first:  # another process may have been here just before
                run.check_free(overwrite=overwrite)
            return fit(run, config, data, callbacks, start=start, display=display, crew=crew)


def resume(
    run_dir: str | Path,
    *,
    config: RunConfig | None = None,
    data_dir: str | Path | None = None,
    progress: bool | Display = True,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    devices: Devices | None = None,
) -> TrainResult:
    """Go on where a run stood; an epoch that was interrupted is done again.

    Args:
        run_dir: the run folder.
        config: what the run is asked to be: the same but for more epochs. Its own if not given.
        data_dir: where named data sets are looked for first.
        progress: as in `train`.
        callbacks: as in `train`.
        devices: as in `train`; on another number of them than before it goes on the same but for
            rounding.

    Returns:
        What was reached.

    Raises:
        ValueError: if `config` differs in anything but more epochs, the data are others, or a file
            of the run is damaged.
        FileNotFoundError: if there is no run.
        PermissionError, FileExistsError: if the folder cannot be written to.
        BlockingIOError: if another process trains in it.
    """
    run = RunFolder(run_dir)
    stored = run.read_config()
    config = (config or stored)._replace(start=stored.start)
    check_same(stored, config)
    if not (devices and devices.process):  # the first one writes
        run.check_writable()
    check_callbacks(config.training, callbacks)
    display = display_of(progress)
    display.phase(f"reading {config.training.dataset}")
    data = load_training(
        config.training.dataset,
        validation=config.training.validation,
        seed=config.training.seed,
        data_dir=data_dir,
        image_shape=config.model.image_shape,
    )
    said = _said(config, data, run)
    size = config.training.batch_size
    with together(devices or Devices(), size, said) as crew, _locked(run, crew):
        check_same(run.read_config(), config)  # another process may have been here just before
        if crew.is_first:
            run.finish_clearing()
        start = starting.kept(run, config)
        return fit(
            run, config, data, callbacks, resumed=True, start=start, display=display, crew=crew
        )


def _said(
    config: RunConfig, data: TrainingData, resumed: RunFolder | None = None
) -> dict[str, Any]:
    """What every process of one training must be about to do."""
    digest = "none"
    if resumed and resumed.checkpoint.is_file():
        digest = sha256_of(resumed.checkpoint)
    return {
        "run": "a run that goes on" if resumed else "a new run",
        **checkpoint.configuration(config),
        "epochs": config.training.epochs,
        "training images": data.train.checksum,
        "validation images": data.validation.checksum if data.validation else "none",
        "checkpoint": digest,
    }


def _locked(run: RunFolder, crew: Crew) -> contextlib.AbstractContextManager[None]:
    """The folder, held by the process that writes it."""
    return run.locked() if crew.is_first else contextlib.nullcontext()


def check_same(stored: RunConfig, asked: RunConfig) -> None:
    """Refuse to go on with another configuration.

    Raises:
        ValueError: naming the fields that differ. More epochs are allowed.
    """
    before = stored.model.to_json() | stored.training.to_json()
    after = asked.model.to_json() | asked.training.to_json()
    differing = {name for name in before if before[name] != after[name]}
    if "epochs" in differing and after["epochs"] > before["epochs"]:
        differing.remove("epochs")
    if differing:
        said = "; ".join(f"{n} was {before[n]!r}, not {after[n]!r}" for n in sorted(differing))
        raise ValueError(
            f"A run goes on as it began, with as many epochs or more: {said}. Leave these out, or "
            "start a new run."
        )
