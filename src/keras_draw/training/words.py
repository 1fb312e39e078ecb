"""The text that a training prints: its settings at the start, its results at the end."""

import math
import os

import keras

from keras_draw.config import DRAWConfig, TrainConfig
from keras_draw.config.classes import in_words
from keras_draw.data import TrainingData
from keras_draw.data.sources import has_test_split, name_of, test_split_of
from keras_draw.data.specs import parse
from keras_draw.models.describing import described
from keras_draw.models.eight_bit import EightBit
from keras_draw.models.likelihoods import likelihood_of
from keras_draw.models.memory import FLOAT, weight_bytes
from keras_draw.printed import command, counted, short_time
from keras_draw.training.forecast import read_history
from keras_draw.training.results import TrainResult
from keras_draw.training.runs import RunConfig, RunFolder
from keras_draw.training.showing import Unit

NATS = "nats per image"
_OF_SHIFTED = (
    "",
    "The training losses are of shifted images, so do not compare them with others.",
)


def unit_of(config: DRAWConfig) -> Unit:
    """The unit in which the loss of a network is printed.

    Args:
        config: of the network.

    Returns:
        Bits/dim if the loss is a code length of 8-bit images; no unit for the thesis's objective;
        otherwise nats per image.
    """
    if config.objective == "thesis":
        return Unit("(the thesis's objective)")
    if isinstance(likelihood_of(config), EightBit):
        return Unit("bits/dim", 1 / (config.num_pixels * math.log(2)))
    return Unit(NATS)


def opening(
    run: RunFolder, config: RunConfig, data: TrainingData, *, steps: int, done: int
) -> list[str]:
    """Describe a training at its start: data, network, device, run folder.

    Args:
        run: the run folder.
        config: configuration of the network and the training.
        data: the images.
        steps: steps per epoch.
        done: number of finished epochs, if the run is resumed.

    Returns:
        Lines to print.
    """
    training = config.training
    shape = " x ".join(map(str, data.train.image_shape))
    images = f"{len(data.train):,} of {name_of(training.dataset)}, {shape}"
    if data.validation is not None:
        images += f"; {len(data.validation):,} more for validation"
    said = {
        "images": images,
        "classes": "" if training.shifted else _classes(config.model, data),
        "shifts": _shifts(training),
        "network": described(config.model),
        "weights": f"{weight_bytes(config.model) // FLOAT:,}, {training.precision}",
        "start": _start(config),
        "device": device(),
        "training": f"{counted(training.epochs, 'epoch')} of {counted(steps, 'step')}, "
        f"{training.batch_size:,} images each" + (f"; {done:,} done" if done else ""),
        "run": str(run),
    }
    return [f"{name:10}{value}" for name, value in said.items() if value]


def _start(config: RunConfig) -> str:
    if config.start is None:
        return ""
    return f"from {config.start.network} (weights {config.start.sha256[:12]})"


def _shifts(training: TrainConfig) -> str:
    if not training.shifted:
        return ""
    share = f"{100 * training.shifted:.3g} %"
    return f"{share} of the training images, by one pixel; the network is told how"


def _classes(config: DRAWConfig, data: TrainingData) -> str:
    names = data.train.class_names
    if not names:
        return ""
    if not config.num_classes:
        return f"{len(names)}, not used by the network (to use them: --conditional)"
    return f"{len(names)}, given to the network: {in_words(config.classes)}"


def device() -> str:
    """The backend and device that Keras computes on, in words.

    Example:
        >>> device()                                        # doctest: +SKIP
        'JAX on 2 CPU cores'
    """
    backend = keras.backend.backend()
    names = {"jax": "JAX", "torch": "PyTorch", "tensorflow": "TensorFlow"}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    kind = f"{cores} CPU core{'s' * (cores != 1)}"
    if backend == "jax":
        import jax

        if (first := jax.devices()[0]).platform != "cpu":
            kind = f"{first.device_kind} ({first.platform})"
    return f"{names.get(backend, backend)} on {kind}"


def closing(result: TrainResult) -> list[str]:
    """Describe a finished training: a table of its results, and the commands to run next.

    Args:
        result: the result; its run folder is read.

    Returns:
        Lines to print.
    """
    run = RunFolder(result.run_dir)
    config = run.read_config()
    kept = f"epoch {result.best_epoch} (kept)"
    return [
        "",
        f"Trained for {counted(result.epochs, 'epoch')} in {short_time(result.seconds)}: {run}",
        "",
        *_table(read_history(run.history), result.best_epoch, kept, unit_of(config.model)),
        *(_OF_SHIFTED if config.training.shifted else ()),
        "",
        "Next:",
        *(f"  {line}" for line in next_commands(run, config.training)),
    ]


def _table(history: dict[str, list[float]], epoch: int, title: str, unit: Unit) -> list[str]:
    row = {name: values[epoch - 1] for name, values in history.items()}
    validated = "val_loss" in row
    heads = ["train", *(["validation"] if validated else [])]
    lines = [f"{title:28}" + "".join(f"{head:>12}" for head in heads)]
    rows = {"loss": unit, "reconstruction": Unit(NATS), "kl": Unit(NATS)}
    for name, (said, factor) in rows.items():
        values = [row[name], *([row[f"val_{name}"]] if validated else [])]
        numbers = "".join(f"{value * factor:12,.2f}" for value in values)
        title = {"kl": "KL to the prior"}.get(name, name)
        lines.append(f"  {title:26}{numbers}  {said}")
    return lines


def next_commands(run: RunFolder, training: TrainConfig) -> list[str]:
    """Commands to try on a trained run.

    Args:
        run: the run folder.
        training: configuration of its training, which names the data set.

    Returns:
        Commands that can be pasted into a shell. None evaluates if no images were held out.
    """
    asked, held_out = parse(training.dataset), has_test_split(training.dataset)
    images = test_split_of(asked.text) if held_out else f"{asked.kind}:{asked.rest}"
    name = run.path.resolve().name
    return [
        command("generate", run.path),
        command(
            "reconstruct", run.path, "--dataset", f"{images}[:8]", "--out", f"{name}-again.png"
        ),
        *([command("evaluate", run.path)] if held_out else []),
        command("report", run.path),
    ]
