"""Train a network into a run folder, with Keras's `fit` as the loop."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import keras

from keras_draw.config import Architecture, DRAWConfig, TrainConfig
from keras_draw.data import TrainingData, load_training
from keras_draw.data.batches import Batches
from keras_draw.files import replacing
from keras_draw.models.draw import DRAW
from keras_draw.models.inputs import check_images
from keras_draw.models.memory import check_training_fits, explained_when_full
from keras_draw.printed import quoted
from keras_draw.training import checkpoint
from keras_draw.training.allocator import keep_freed_memory
from keras_draw.training.building import build, keras_callbacks, network
from keras_draw.training.callbacks import Keeper, Samples, Watch, write_history
from keras_draw.training.runs import RunConfig, RunFolder, read_json, surroundings, write_json
from keras_draw.training.stopping import stopping_gently


class TrainResult(NamedTuple):
    """What a training reached. Losses are those of the last epoch."""

    run_dir: str
    epochs: int
    best_epoch: int
    loss: float
    """the objective."""
    reconstruction: float
    """nats per image."""
    kl: float
    """nats per image."""
    val_loss: float | None
    val_reconstruction: float | None
    val_kl: float | None
    images_per_second: float
    """training images, without the first epoch of the session, which compiles."""
    seconds: float
    """time spent training, in all sessions."""


class Interrupted(KeyboardInterrupt):
    """Training was asked to stop; what was reached is saved."""


def train(
    architecture: Architecture,
    training: TrainConfig,
    *,
    conditional: bool = False,
    run_dir: str | Path,
    image_shape: tuple[int, int, int] | None = None,
    data_dir: str | Path | None = None,
    strict: bool = False,
    overwrite: bool = False,
    progress: bool = True,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> TrainResult:
    """Train a network from the start.

    Args:
        architecture: the network.
        training: data, optimiser, schedule.
        conditional: give the network the labels.
        run_dir: the folder that receives everything; see docs/runs.md.
        image_shape: height, width and channels that a folder's pictures are brought to.
        data_dir: where named data sets are looked for first.
        strict: refuse a folder of pictures if one cannot be read.
        overwrite: replace a run that is in the folder.
        progress: show a bar with time left, or a line an epoch where there is no terminal.
        callbacks: more of Keras's; what they carry from epoch to epoch is not kept.

    Returns:
        What was reached.

    Raises:
        ValueError: if configuration and data do not fit, or the memory cannot hold them.
        MemoryError: if the memory is full nevertheless.
        FileExistsError: if the folder holds a run, or something else.
        FileNotFoundError: if the data are not on this machine.
        Interrupted: on Ctrl-C or SIGTERM, after saving.
        Diverged: if the loss became NaN or infinite.

    Example:
        >>> train(Architecture(), TrainConfig(epochs=1), run_dir="runs/one")     # doctest: +SKIP
    """
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
            f"{data.train.name} has no labels, which a conditional network needs: train without "
            "the condition, or on a labelled set."
        )
    model_config = DRAWConfig(
        **architecture.to_json(),
        image_shape=data.train.image_shape,
        num_classes=data.train.num_classes if conditional else 0,
    )
    check_training_fits(model_config, training.batch_size)
    check_images(model_config, data.train.images)
    run = RunFolder(run_dir)
    run.create(overwrite=overwrite)
    with run.locked():
        run.clear()
        config = RunConfig(model_config, training)
        run.write_config(config)
        write_json(run.provenance, {**surroundings(), **_described(data)})
        return _fit(run, config, data, callbacks, progress=progress)


def resume(
    run_dir: str | Path,
    *,
    config: RunConfig | None = None,
    data_dir: str | Path | None = None,
    progress: bool = True,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> TrainResult:
    """Go on where a run stood; an epoch that was interrupted is done again.

    Args:
        run_dir: the run folder.
        config: what the run is asked to be: the same but for more epochs. Its own if not given.
        data_dir: where named data sets are looked for first.
        progress: as in `train`.
        callbacks: as in `train`.

    Returns:
        What was reached.

    Raises:
        ValueError: if `config` differs in anything but more epochs, or the data are others.
        FileNotFoundError: if there is no run.
    """
    run = RunFolder(run_dir)
    stored = run.read_config()
    config = config or stored
    check_same(stored, config)
    with run.locked():
        data = load_training(
            config.training.dataset,
            validation=config.training.validation,
            seed=config.training.seed,
            data_dir=data_dir,
            image_shape=config.model.image_shape,
        )
        run.write_config(config)
        return _fit(run, config, data, callbacks, progress=progress)


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


def _fit(
    run: RunFolder,
    config: RunConfig,
    data: TrainingData,
    more: Sequence[keras.callbacks.Callback],
    *,
    progress: bool,
) -> TrainResult:
    training = config.training
    keep_freed_memory()
    conditional = config.model.num_classes > 0
    batches = Batches(data.train, training.batch_size, seed=training.seed, labels=conditional)
    model = build(config, len(batches))
    if config.model.initial_canvas != "zero":
        model.adapt(data.train.images)
    state, callback_states = _starting_point(run, model, data)
    watch = Watch(len(batches), len(data.train), training.epochs, show=progress)
    watched = "loss" if data.validation is None else "val_loss"
    stateful = keras_callbacks(training)
    keeper = Keeper(run, batches, stateful, watched, network(config), state, callback_states)
    callbacks = [*stateful, keeper, watch, *more]
    if training.sample_every:
        callbacks.append(Samples(run, training.sample_every))
    validation = None
    if data.validation is not None:
        size = max(training.batch_size, 256)
        validation = Batches(data.validation, size, shuffle=False, labels=conditional)
    begun = time.perf_counter()
    try:
        with stopping_gently(), explained_when_full("choose a smaller batch_size or network"):
            if not state.stopped and state.epoch < training.epochs:
                watch.start(state.epoch)
                model.fit(
                    batches,
                    validation_data=validation,
                    initial_epoch=state.epoch,
                    epochs=training.epochs,
                    callbacks=callbacks,
                    shuffle=False,  # Keras would draw from a global generator: Batches does it
                    verbose=0,
                )
    except KeyboardInterrupt:
        watch.stop()
        done = keeper.progress.epoch
        saved = f"{done} epochs are saved" if done else "no epoch had ended yet"
        raise Interrupted(
            f"Stopped; {saved}. Go on with: keras-draw train --resume {quoted(run.path)}"
        ) from None
    finally:
        watch.stop()
        _finish(run, config, keeper.progress, watch, time.perf_counter() - begun)
    return _result(run, keeper.progress)


def _starting_point(
    run: RunFolder, model: DRAW, data: TrainingData
) -> tuple[checkpoint.Progress, list[dict[str, Any]] | None]:
    """Where training begins: at the checkpoint, or at the beginning."""
    checksum = data.train.checksum
    if not run.checkpoint.exists():
        return checkpoint.Progress(0, [], None, 0, False, checksum, 0.0), None
    state, callback_states = checkpoint.restore(run.checkpoint, model)
    if state.dataset_checksum != checksum:
        raise ValueError(
            f"The images of {data.train.name} are not those that this run began with (another "
            "checksum); bring the old ones back, or start a new run."
        )
    write_history(run.history, state.history)
    return state, callback_states


def _described(data: TrainingData) -> dict[str, Any]:
    sets = {"train": data.train, "validation": data.validation}
    return {
        "data": {
            use: {
                "name": images.name,
                "source": images.source,
                "images": len(images),
                "class_names": list(images.class_names),
                "sha256": images.checksum,
                **({"note": images.note} if images.note else {}),
            }
            for use, images in sets.items()
            if images is not None
        }
    }


def _finish(
    run: RunFolder, config: RunConfig, state: checkpoint.Progress, watch: Watch, seconds: float
) -> None:
    """Write the network to use, from the best weights, and what the run took."""
    provenance = read_json(run.provenance) if run.provenance.exists() else surroundings()
    provenance["seed"] = config.training.seed
    provenance["epochs"] = state.epoch
    provenance["seconds"] = round(provenance.get("seconds", 0.0) + seconds, 1)
    if watch.durations:
        provenance["images_per_second"] = round(watch.images_per_second, 1)
    write_json(run.provenance, provenance)
    if not run.best.exists():
        return
    model = network(config)
    model.load_weights(run.best)
    with replacing(run.model) as temporary:
        model.save(temporary, overwrite=True)


def _result(run: RunFolder, state: checkpoint.Progress) -> TrainResult:
    provenance = read_json(run.provenance)
    last = state.history[-1]
    names = ("loss", "reconstruction", "kl", "val_loss", "val_reconstruction", "val_kl")
    return TrainResult(
        run_dir=str(run),
        epochs=state.epoch,
        best_epoch=state.best_epoch,
        images_per_second=provenance.get("images_per_second", 0.0),
        seconds=provenance["seconds"],
        **cast(Any, {name: last.get(name) for name in names}),
    )


def fields(result: TrainResult) -> dict[str, Any]:
    """The result as plain values, without those that there are none of."""
    return {name: value for name, value in result._asdict().items() if value is not None}
