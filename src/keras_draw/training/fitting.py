"""Run Keras's `fit` in a run folder, for a new or a resumed run, and write the results."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import keras

from keras_draw.data import TrainingData
from keras_draw.data.batches import Batches
from keras_draw.data.images import ImageData
from keras_draw.data.shifting import ShiftedBatches
from keras_draw.models.draw import DRAW
from keras_draw.models.memory import explained_when_full
from keras_draw.models.one_class import Values
from keras_draw.models.saving import save_network
from keras_draw.printed import command, quoted
from keras_draw.training import checkpoint
from keras_draw.training.allocator import keep_freed_memory
from keras_draw.training.building import build, keras_callbacks, network, precision_put_back
from keras_draw.training.callbacks import Clock, Keeper, Samples, write_history
from keras_draw.training.distribution import Crew
from keras_draw.training.provenance import add_time, complete, described, surroundings
from keras_draw.training.results import TrainResult, result_of
from keras_draw.training.runs import RunConfig, RunFolder
from keras_draw.training.shifts import put_into
from keras_draw.training.showing import Display, display_of
from keras_draw.training.starting import packed
from keras_draw.training.stopping import stopping_gently
from keras_draw.training.watching import Watch
from keras_draw.training.words import opening, unit_of


class Interrupted(KeyboardInterrupt):
    """Raised if training was stopped by a signal; all finished epochs are saved."""


class _Beginning(keras.callbacks.Callback):
    """Starts the new run in its folder: immediately, or after the first step if it replaces a run.

    Args:
        begin: starts the run.
        replaces: whether there is a run to replace.
    """

    def __init__(self, begin: Callable[[], None], *, replaces: bool) -> None:
        super().__init__()
        self.begin = begin
        self.is_over = False
        if not replaces:
            self.on_train_batch_end(0)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the run, unless it is started already."""
        if not self.is_over:
            self.begin()
            self.is_over = True


@precision_put_back()
def fit(
    run: RunFolder,
    config: RunConfig,
    data: TrainingData,
    more: Sequence[keras.callbacks.Callback],
    *,
    resumed: bool = False,
    start: Values | None = None,
    display: Display,
    crew: Crew,
) -> TrainResult:
    """Train in a run folder that is locked by this process, or by process 0 of its crew.

    Args:
        run: the run folder.
        config: configuration of the network and the training.
        data: the images.
        more: further callbacks, in addition to the run's own.
        resumed: resume the run in the folder; otherwise start a new one that replaces it.
        start: weights to begin with; None for random ones.
        display: shows the progress, if this is process 0.
        crew: the devices and processes.

    Returns:
        The result of the training.

    Raises:
        ValueError: if a file of the run is damaged, or the images have changed.
        Interrupted: on Ctrl-C or SIGTERM, after saving.
        Diverged: if the loss became NaN or infinite.
        MemoryError: if the memory is exhausted.
    """
    training = config.training
    keep_freed_memory()
    display = display if crew.is_first else display_of(False)
    display.phase("building the network")
    batches, validation = _batches(config, data)
    with crew.scope():
        model = build(config, len(batches))
    if config.model.initial_canvas != "zero":
        model.adapt(data.train.images)
    if start:
        put_into(model, start, shifted=training.shifted > 0)
    keeper = _keeper(run, config, data, batches, model, resumed=resumed, crew=crew)
    state = keeper.progress
    watch = _watch(config, data, batches, keeper, display)
    beginning = _beginning(run, config, data, start, resumed=resumed, crew=crew)
    clock = Clock(lambda seconds: _add_time(run, config, keeper, watch, seconds))
    callbacks = [*keeper.others, keeper, beginning, watch, *more]
    crew.advise(f"resume from the last finished epoch with --resume {quoted(run.path)}.")
    if crew.is_first:
        callbacks.append(clock)
        if training.sample_every:
            samples = Samples(run, training.sample_every)
            samples.make_good(model, state.epoch)
            callbacks.append(samples)
    try:
        with stopping_gently(), explained_when_full("choose a smaller batch_size or network"):
            if not state.stopped and state.epoch < training.epochs:
                display.open()
                display.opening(opening(run, config, data, steps=len(batches), done=state.epoch))
                display.phase("compiling")
                model.fit(
                    crew.shared(batches),
                    validation_data=crew.shared(validation),
                    initial_epoch=state.epoch,
                    epochs=training.epochs,
                    callbacks=callbacks,
                    shuffle=False,  # Keras would use a global generator; Batches shuffles instead
                    verbose=0,
                )
    except BaseException as error:
        display.close()
        with contextlib.suppress(Exception):  # report the original error, not a later one
            if beginning.is_over and crew.is_first:
                _finish(run, keeper)
                clock.record()
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted(_stopped(run, keeper, is_begun=beginning.is_over)) from None
        raise
    display.close()
    if crew.is_first:
        _finish(run, keeper)
        return result_of(run, keeper.progress, clock.record())
    return result_of(run, keeper.progress, {"seconds": clock.seconds()})


def _batches(config: RunConfig, data: TrainingData) -> tuple[Batches, Batches | None]:
    """Batches of the training images and of the validation images (None if there are none)."""
    training, conditional = config.training, config.model.num_classes > 0

    def batches(images: ImageData, size: int, share: float, *, shuffle: bool) -> Batches:
        if training.shifted:
            return ShiftedBatches(images, size, share=share, seed=training.seed, shuffle=shuffle)
        return Batches(images, size, seed=training.seed, shuffle=shuffle, labels=conditional)

    size = training.batch_size
    train = batches(data.train, size, training.shifted, shuffle=True)
    if data.validation is None:
        return train, None
    return train, batches(data.validation, max(size, 256), 0.0, shuffle=False)


def _keeper(
    run: RunFolder, config: RunConfig, data: TrainingData, batches: Batches, model: DRAW, *,
    resumed: bool, crew: Crew,
) -> Keeper:  # fmt: skip
    """The callback that saves the run, with its progress restored from a checkpoint if resumed."""
    stateful, kept = keras_callbacks(config.training), network(config)
    made_with = checkpoint.configuration(config)
    state = checkpoint.Progress(0, [], None, 0, False, data.train.checksum, 0.0, made_with)
    callback_states = None
    if resumed:
        if run.checkpoint.exists():
            state, callback_states = _restored(run, model, kept, stateful, state)
            _check_goes_on(run, config, state)
            if crew.is_first:
                write_history(run.history, state.history)
        if crew.is_first:
            complete(run, data, state.epoch)
    watched = "loss" if data.validation is None else "val_loss"
    return Keeper(
        run, batches, stateful, watched, kept, state, callback_states, writes=crew.is_first
    )


def _watch(
    config: RunConfig, data: TrainingData, batches: Batches, keeper: Keeper, display: Display
) -> Watch:
    return Watch(
        len(batches),
        len(data.train),
        len(data.validation) if data.validation else 0,
        config.training.epochs,
        unit=unit_of(config.model),
        display=display,
        history=keeper.progress.history,
    )


def _beginning(
    run: RunFolder, config: RunConfig, data: TrainingData, start: Values | None, *,
    resumed: bool, crew: Crew,
) -> _Beginning:  # fmt: skip
    if not crew.is_first:
        return _Beginning(lambda: None, replaces=False)
    if resumed:
        return _Beginning(lambda: run.write_config(config), replaces=False)
    provenance = {**surroundings(), **crew.described(), **described(data)}
    file = packed(start) if start else None
    return _Beginning(lambda: run.begin(config, provenance, file), replaces=run.exists)


def _stopped(run: RunFolder, keeper: Keeper, *, is_begun: bool) -> str:
    if not is_begun:
        return f"Stopped before the first step; the existing run in {run} is unchanged."
    done = keeper.progress.epoch
    saved = f"{done} epochs are saved" if done else "no epoch had ended yet"
    return f"Stopped; {saved}. Continue with: {command('train', '--resume', run.path)}"


def _restored(
    run: RunFolder,
    model: DRAW,
    kept: DRAW,
    callbacks: list[keras.callbacks.Callback],
    beginning: checkpoint.Progress,
) -> tuple[checkpoint.Progress, list[dict[str, Any]]]:
    """Restore a run: its checkpoint into `model`, its best weights into `kept`.

    Returns:
        Its progress, and the states of Keras's callbacks.

    Raises:
        ValueError: if the checkpoint or the best weights are damaged or belong to another run.
    """
    state, callback_states = checkpoint.restore(run.checkpoint, model, callbacks)
    if state.dataset_checksum != beginning.dataset_checksum:
        raise ValueError(
            f"The images are not those that {run} was started with (their checksum differs); "
            "restore the old ones, or start a new run."
        )
    before, now = state.configuration, beginning.configuration
    differing = sorted(name for name in before.keys() & now if before[name] != now[name])
    if differing:
        said = "; ".join(f"{n} was {before[n]!r}, not {now[n]!r}" for n in differing)
        raise ValueError(f"{run.checkpoint} has a different configuration: {said}.")
    if len(state.history) != state.epoch or state.epoch < 1:
        raise ValueError(
            f"{run.checkpoint} is damaged: its history does not have one row per epoch."
        )
    try:
        kept.load_weights(run.best)
    except Exception:  # Keras and h5py fail in many ways
        raise ValueError(
            f"{run.best}, the file of the best weights, is missing or damaged; restore it, or "
            "start again with --overwrite."
        ) from None
    return state._replace(configuration=now), callback_states


def _check_goes_on(run: RunFolder, config: RunConfig, state: checkpoint.Progress) -> None:
    """Refuse more epochs for a run that early stopping ended.

    Raises:
        ValueError: in that case.
    """
    epochs, asked = run.read_config().training.epochs, config.training.epochs
    if state.stopped and asked > epochs:
        raise ValueError(
            f"{run} was stopped early after epoch {state.epoch}, so it cannot be resumed to "
            f"{asked} epochs: train its network on in a new folder, with --start-from "
            f"{quoted(run.path)}."
        )


def _finish(run: RunFolder, keeper: Keeper) -> None:
    """Write the final network with the best weights."""
    if run.best.is_file():
        keeper.network.load_weights(run.best)
        save_network(keeper.network, run.model)


def _add_time(
    run: RunFolder, config: RunConfig, keeper: Keeper, watch: Watch, seconds: float
) -> dict[str, Any]:
    return add_time(
        run,
        seed=config.training.seed,
        epochs=keeper.progress.epoch,
        seconds=seconds,
        images_per_second=watch.images_per_second or None,
    )
