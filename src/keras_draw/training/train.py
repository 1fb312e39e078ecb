"""Train a network in a run folder: start a new run, or resume one."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from keras_draw.config import Architecture, Devices, DRAWConfig, TrainConfig
from keras_draw.data import TrainingData, load_training
from keras_draw.data.specs import PATHS, parse
from keras_draw.files import sha256_of
from keras_draw.models.inputs import check_images
from keras_draw.models.memory import check_training_fits
from keras_draw.printed import quoted
from keras_draw.training import checkpoint, starting
from keras_draw.training.building import check_callbacks
from keras_draw.training.distribution import Crew, together
from keras_draw.training.fitting import Interrupted, fit
from keras_draw.training.optimizers import check_optimizer
from keras_draw.training.provenance import read_provenance
from keras_draw.training.results import TrainResult, fields
from keras_draw.training.runs import RunConfig, RunFolder
from keras_draw.training.shifts import check_shifts
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
        architecture: the network; None for that of `start_from`, with its condition.
        training: data set, optimizer, schedule.
        conditional: give the labels to the network.
        start_from: a trained network, named as for `load`; training starts from its weights
            instead of random ones. See docs/runs.md.
        run_dir: the run folder for all files; see docs/runs.md.
        image_shape: height, width and channels to which the pictures of a folder are converted.
        data_dir: first folder to search for named data sets.
        strict: refuse a folder if one of its pictures cannot be read.
        overwrite: replace an existing run in the folder, once the first step of this one is done.
        progress: show a bar with the time left (lines if there is no terminal), or a display to
            use.
        callbacks: further Keras callbacks; their state is not saved for a resumed run. With
            `shifted` they see the network in training, whose class 0 is "unmoved".
        devices: devices to train on; default: all accelerators of this machine.

    Returns:
        The result of the training.

    Raises:
        ValueError: if configuration, data, callbacks or `start_from` do not fit, or need more than
            the memory.
        MemoryError: if the memory is exhausted nevertheless.
        FileExistsError: if the folder contains a run, or something else.
        PermissionError: if the folder cannot be written to.
        BlockingIOError: if another process is training in it.
        FileNotFoundError: if the data or the network to start from are not on this machine.
        Interrupted: on Ctrl-C or SIGTERM, after saving.
        Diverged: if the loss became NaN or infinite.

    Example:
        >>> result = train(Architecture(timesteps=2), TrainConfig(epochs=1), run_dir="runs/one")
        >>> result.epochs, result.run_dir
        (1, 'runs/one')
    """
    check_callbacks(training, callbacks)
    source = starting.source_of(start_from) if start_from else None
    if architecture is None:
        if source is None:
            raise ValueError("architecture is None, and there is no start_from to take it from.")
        architecture = source.config.architecture
        conditional = conditional or source.config.num_classes > 0
    check_shifts(training, conditional=conditional)
    check_optimizer(architecture, training)
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
            f"{data.train.no_labels}, which a conditional network needs: train an unconditional "
            "one, or use a labelled data set."
        )
    if conditional and data.train.num_classes < 2:
        raise ValueError(
            f"{data.train.name} has only one class, {data.train.class_names[0]}, but a conditional "
            "network needs at least two: train an unconditional one."
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
            if crew.is_first:  # another process may have used the folder in the meantime
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
    """Resume a run from its last finished epoch; an interrupted epoch is repeated.

    Args:
        run_dir: the run folder.
        config: the requested configuration: that of the run, possibly with more epochs. Default:
            the run's own.
        data_dir: first folder to search for named data sets.
        progress: as in `train`.
        callbacks: as in `train`.
        devices: as in `train`; with another number of devices than before, results only differ by
            rounding.

    Returns:
        The result of the training.

    Raises:
        ValueError: if `config` differs in anything other than more epochs, the data have changed,
            or a file of the run is damaged.
        FileNotFoundError: if there is no run.
        PermissionError, FileExistsError: if the folder cannot be written to.
        BlockingIOError: if another process is training in it.
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
        check_same(run.read_config(), config)  # another process may have changed it meanwhile
        if crew.is_first:
            run.finish_clearing()
        _check_checkpoint(run)
        start = starting.kept(run, config)
        return fit(
            run, config, data, callbacks, resumed=True, start=start, display=display, crew=crew
        )


def _check_checkpoint(run: RunFolder) -> None:
    """Refuse to resume a run whose checkpoint is gone: it would start anew, over its weights.

    Raises:
        ValueError: in that case, or if its provenance is damaged. A run that was stopped in its
            first epoch has no checkpoint yet.
    """
    read_provenance(run)
    if run.history.exists() and not run.checkpoint.exists():
        raise ValueError(
            f"{run} has no {run.checkpoint.name}, so it cannot go on where it stopped: restore the "
            f"file, or train its network on in a new folder, with --start-from {quoted(run.path)}."
        )


def _said(
    config: RunConfig, data: TrainingData, resumed: RunFolder | None = None
) -> dict[str, Any]:
    """What all processes of one training must agree on: names and plain values."""
    digest = "none"
    if resumed and resumed.checkpoint.is_file():
        digest = sha256_of(resumed.checkpoint)
    return {
        "run": "a resumed run" if resumed else "a new run",
        **checkpoint.configuration(config),
        "epochs": config.training.epochs,
        "training images": data.train.checksum,
        "validation images": data.validation.checksum if data.validation else "none",
        "checkpoint": digest,
    }


def _locked(run: RunFolder, crew: Crew) -> contextlib.AbstractContextManager[None]:
    """Lock the folder if this is the process that writes to it."""
    return run.locked() if crew.is_first else contextlib.nullcontext()


def check_same(stored: RunConfig, asked: RunConfig) -> None:
    """Refuse to resume a run with a different configuration.

    More epochs are allowed, and another path of the images: their content is compared later.

    Args:
        stored: the configuration of the run.
        asked: the requested configuration.

    Raises:
        ValueError: if they differ; the message lists the fields.
    """
    before = stored.model.to_json() | stored.training.to_json()
    after = asked.model.to_json() | asked.training.to_json()
    differing = {name for name in before if before[name] != after[name]}
    if "epochs" in differing and after["epochs"] > before["epochs"]:
        differing.remove("epochs")
    if "dataset" in differing and _is_moved(before["dataset"], after["dataset"]):
        differing.remove("dataset")
    if differing:
        said = "; ".join(f"{n} was {before[n]!r}, not {after[n]!r}" for n in sorted(differing))
        raise ValueError(
            f"A resumed run can only change to more epochs: {said}. Leave these options out, or "
            "start a new run."
        )


def _is_moved(before: str, after: str) -> bool:
    """Whether two specifications differ only in the path of a file or folder."""
    was, now = parse(before), parse(after)
    return was.kind in PATHS and was._replace(rest="", text="") == now._replace(rest="", text="")
